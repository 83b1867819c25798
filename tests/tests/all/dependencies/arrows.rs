//! Arrows between the crates of the workspace point one way: core ← engine ← adapters ← ui ← tests.

use super::graph::{Graph, seeded};
use crate::assert_none;

/// The crates of the workspace, from the inside outwards: each may need only crates of a lower row.
const LAYERS: &[(&str, &[&str])] = &[
    ("core", &["statewright-core"]),
    ("engine", &["statewright-engine"]),
    (
        "adapters",
        &[
            "statewright-clamd",
            "statewright-dcs",
            "statewright-http",
            "statewright-mail",
            "statewright-simulators",
        ],
    ),
    ("ui", &["statewright"]),
    ("promises", &["statewright-promises"]),
    ("tests", &["statewright-tests"]),
];

/// What may not be anywhere in a crate's normal dependency tree, and why.
const ABSENT: &[(&str, &[&str], &str)] = &[
    (
        "statewright-core",
        &[
            "async-std",
            "axum",
            "hyper",
            "libsqlite3-sys",
            "mio",
            "reqwest",
            "rusqlite",
            "smol",
            "sqlx",
            "sqlx-core",
            "tokio",
            "tracing",
        ],
        "the core is pure: no clock, no input/output, no async, no log",
    ),
    (
        "statewright-engine",
        &[
            "alloy",
            "axum",
            "clap",
            "hyper",
            "lettre",
            "minijinja-embed",
            "reqwest",
            "tower-http",
        ],
        "the engine has no transport, no HTTP, no command line",
    ),
];

#[test]
fn arrows_point_inwards() {
    assert_none(&outward(&Graph::read()));
}

#[test]
fn what_must_be_absent_is_absent() {
    assert_none(&present(&Graph::read()));
}

#[test]
fn an_outward_arrow_is_found() {
    let graph = seeded(
        &[
            ("statewright-core", "0.1.0", "MIT"),
            ("statewright-engine", "0.1.0", "MIT"),
            ("statewright-http", "0.1.0", "MIT"),
            ("statewright-dcs", "0.1.0", "MIT"),
            ("statewright-new", "0.1.0", "MIT"),
        ],
        &[
            ("statewright-http", "statewright-dcs"),
            ("statewright-core", "statewright-engine"),
            ("statewright-engine", "statewright-core"),
        ],
    );
    assert_eq!(
        outward(&graph),
        [
            "statewright-core (core) may not need statewright-engine (engine): arrows point inwards",
            "statewright-http (adapters) may not need statewright-dcs (adapters): arrows point inwards",
            "statewright-new has no place yet: name its layer in tests/tests/all/dependencies/arrows.rs",
        ]
    );
}

#[test]
fn what_must_be_absent_is_found_however_deep() {
    let graph = seeded(
        &[
            ("statewright-core", "0.1.0", "MIT"),
            ("innocent", "1.0.0", "MIT"),
            ("tokio", "1.54.1", "MIT"),
            ("mio", "1.0.0", "MIT"),
        ],
        &[("statewright-core", "innocent"), ("innocent", "tokio"), ("tokio", "mio")],
    );
    assert_eq!(
        present(&graph),
        [
            "statewright-core > innocent > tokio > mio: the core is pure: no clock, no input/output, no async, no log",
            "statewright-core > innocent > tokio: the core is pure: no clock, no input/output, no async, no log",
        ]
    );
}

fn outward(graph: &Graph) -> Vec<String> {
    let mut problems = Vec::new();
    for package in graph.members() {
        let Some(own) = layer(&package.name) else {
            problems.push(format!(
                "{} has no place yet: name its layer in tests/tests/all/dependencies/arrows.rs",
                package.name
            ));
            continue;
        };
        for needed in graph.needs(&package.id) {
            if let Some(theirs) = layer(&needed.name).filter(|theirs| *theirs >= own) {
                let (from, to) = (LAYERS[own].0, LAYERS[theirs].0);
                problems.push(format!(
                    "{} ({from}) may not need {} ({to}): arrows point inwards",
                    package.name, needed.name
                ));
            }
        }
    }
    problems
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, crates)| crates.contains(&name))
}

fn present(graph: &Graph) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, absent, reason) in ABSENT {
        let tree = graph
            .members()
            .find(|package| package.name == *name)
            .map(|package| graph.tree(package))
            .unwrap_or_default();
        problems.extend(
            absent
                .iter()
                .filter_map(|absent| tree.get(absent))
                .map(|way| format!("{way}: {reason}")),
        );
    }
    problems
}
