//! The dependency graph of the workspace, as cargo resolves it from the lock file.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;
use statewright_tests::repository;

/// Every package of the lock file, for every platform, and which needs which.
#[derive(Deserialize)]
pub struct Graph {
    pub packages: Vec<Package>,
    pub workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    /// Null for members of the workspace.
    pub source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    /// Null for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

impl Graph {
    /// # Panics
    /// Where cargo cannot resolve the workspace from its lock file.
    pub fn read() -> Graph {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(repository::root())
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Graph::parse(&output.stdout)
    }

    pub fn parse(metadata: &[u8]) -> Graph {
        serde_json::from_slice(metadata).expect("cargo metadata has the shape of format version 1")
    }

    pub fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The packages not of this workspace.
    pub fn foreign(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| !self.workspace_members.contains(&package.id))
    }

    /// What a package needs itself to be built and to run; what only its tests need does not count.
    pub fn needs(&self, id: &str) -> Vec<&Package> {
        let edges = self
            .resolve
            .nodes
            .iter()
            .filter(|node| node.id == id)
            .flat_map(|node| &node.deps);
        let needed = edges.filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev")));
        needed
            .filter_map(|edge| self.packages.iter().find(|package| package.id == edge.pkg))
            .collect()
    }

    /// Everything in the normal dependency tree under a package, each with the shortest way to it: `core > tokio > mio`.
    pub fn tree(&self, package: &Package) -> BTreeMap<&str, String> {
        let by_id: BTreeMap<&str, &Package> = self.packages.iter().map(|package| (package.id.as_str(), package)).collect();
        let nodes: BTreeMap<&str, &Node> = self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut found = BTreeMap::new();
        let mut seen = BTreeSet::from([package.id.as_str()]);
        let mut front = vec![(package.id.as_str(), package.name.clone())];
        while !front.is_empty() {
            let mut next = Vec::new();
            for (id, way) in front {
                let edges = nodes.get(id).into_iter().flat_map(|node| &node.deps);
                for edge in edges.filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none())) {
                    if let Some(reached) = by_id
                        .get(edge.pkg.as_str())
                        .filter(|reached| seen.insert(reached.id.as_str()))
                    {
                        let way = format!("{way} > {}", reached.name);
                        found.insert(reached.name.as_str(), way.clone());
                        next.push((reached.id.as_str(), way));
                    }
                }
            }
            front = next;
        }
        found
    }
}

/// A small graph for seeded faults: packages as `(name, version, licence)`, and normal dependencies as `(from, to)`.
pub fn seeded(packages: &[(&str, &str, &str)], edges: &[(&str, &str)]) -> Graph {
    let package = |&(name, version, license): &(&str, &str, &str)| Package {
        id: name.to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        license: Some(license.to_owned()),
        source: None,
    };
    let edges_of = |from: &str| {
        let to = edges.iter().filter(|edge| edge.0 == from).map(|edge| edge.1);
        to.map(|to| Edge {
            pkg: to.to_owned(),
            dep_kinds: vec![EdgeKind { kind: None }],
        })
        .collect()
    };
    Graph {
        packages: packages.iter().map(package).collect(),
        workspace_members: packages
            .iter()
            .filter(|package| package.0.starts_with("statewright"))
            .map(|package| package.0.to_owned())
            .collect(),
        resolve: Resolve {
            nodes: packages
                .iter()
                .map(|package| Node {
                    id: package.0.to_owned(),
                    deps: edges_of(package.0),
                })
                .collect(),
        },
    }
}
