//! Reads of other instances by key. (Reference, section 6.)

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lowering;
use super::value::Sink;
use crate::chart::{Read, ReadOf};
use crate::diagnostic::Code;
use crate::yaml::{Mapping, Node, is_extension};

/// Keys by which a read finds more than one instance, or something else than instances.
const OTHERS: [&str; 4] = ["keys", "where", "marks", "tasks"];

impl Lowering<'_> {
    /// The reads by key; `paths` are filled when every expression has been seen.
    pub(super) fn reads(&mut self, workflow: &Mapping) -> BTreeMap<Arc<str>, Read> {
        let mut reads = BTreeMap::new();
        for entry in workflow
            .get("reads")
            .and_then(Node::as_mapping)
            .into_iter()
            .flatten()
            .filter(|entry| !is_extension(entry.name()))
        {
            let Some(mapping) = entry.value.as_mapping() else { continue };
            if OTHERS.iter().chain(&["in"]).any(|key| mapping.get(key).is_some()) {
                continue;
            }
            let missing = ["workflow", "key"].into_iter().find(|key| mapping.get(key).is_none());
            if let Some(missing) = missing {
                let help = "a read names the `workflow` and the `key` of one instance";
                self.error(
                    Code::MissingKey,
                    entry.key.span,
                    format!("the read `{}` needs `{missing}`", entry.name()),
                    help,
                );
                continue;
            }
            // The key of a read is part of the facts that are kept with the input.
            let scope = self.scope.clone();
            let key = mapping
                .get("key")
                .and_then(|node| self.identity(node, &scope, Sink::Public("the key of a read, which is kept in the trail")));
            let workflow = mapping
                .get("workflow")
                .and_then(Node::as_scalar)
                .map(|scalar| scalar.text.clone());
            if let (Some(workflow), Some(key)) = (workflow, key) {
                let name = entry.key.text.clone();
                reads.insert(
                    name.clone(),
                    Read {
                        name,
                        workflow,
                        of: ReadOf::Key(key),
                        paths: Vec::new(),
                        span: entry.key.span,
                    },
                );
            }
        }
        reads
    }

    /// The children of every invoke are a read of its name, unless that is the name of something else.
    pub(super) fn add_child_reads(&mut self, reads: &mut BTreeMap<Arc<str>, Read>) {
        for (name, read) in std::mem::take(&mut self.child_reads) {
            reads.entry(name).or_insert(read);
        }
    }

    /// What expressions ask of each read's view.
    pub(super) fn fill_paths(&self, reads: &mut BTreeMap<Arc<str>, Read>) {
        for (name, read) in reads {
            read.paths = self.read_paths.get(name).into_iter().flatten().cloned().collect();
        }
    }
}
