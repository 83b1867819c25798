//! The files that a definition names with `$ref`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grammar::KINDS;
use super::path::join;
use super::{Resolver, shape, unbuilt::Unbuilt};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Sources};
use crate::yaml::{Node, Scalar, parse};

/// Files one definition may name: more than any has.
pub const PINNED_FILES_MAX: usize = 200;

/// Reads each file once and keeps what was read.
pub(super) struct Loader<'a> {
    pub(super) sources: &'a mut Sources,
    resolver: &'a dyn Resolver,
    /// Path to tree; None for what was asked for and is not there.
    trees: BTreeMap<Arc<str>, Option<Node>>,
    /// Path to text, of every file read.
    pub(super) pinned: BTreeMap<Arc<str>, Arc<str>>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(sources: &'a mut Sources, resolver: &'a dyn Resolver) -> Self {
        Loader {
            sources,
            resolver,
            trees: BTreeMap::new(),
            pinned: BTreeMap::new(),
        }
    }

    /// The tree of the schema file that a `$ref` names, with its path; None with a diagnostic when there is none.
    pub(super) fn schema(&mut self, reference: &Scalar, out: &mut Diagnostics) -> Option<(Arc<str>, Node)> {
        let from = self.sources.get(reference.span.file).map_or("", |source| source.name());
        let Some(path) = join(from, &reference.text) else {
            let message = format!("`{}` is not the path of a file beside this one", reference.text);
            out.push(
                Diagnostic::error(Code::MissingFile, reference.span, message).help("write a path such as `schemas/rx.yaml`"),
            );
            return None;
        };
        let path: Arc<str> = path.into();
        if !self.trees.contains_key(&path) {
            let tree = self.read(&path, reference, out);
            self.trees.insert(path.clone(), tree);
        }
        let tree = self.trees.get(&path).cloned().flatten();
        tree.map(|tree| (path, tree))
    }

    fn read(&mut self, path: &Arc<str>, reference: &Scalar, out: &mut Diagnostics) -> Option<Node> {
        if self.pinned.len() >= PINNED_FILES_MAX {
            let message = format!("more than {PINNED_FILES_MAX} files belong to this definition");
            out.push(Diagnostic::error(Code::MissingFile, reference.span, message));
            return None;
        }
        let Some(text) = self.resolver.resolve(path) else {
            let message = format!("there is no file `{path}`");
            let help = "a path is relative to the file it stands in";
            out.push(Diagnostic::error(Code::MissingFile, reference.span, message).help(help));
            return None;
        };
        let file = self.sources.add(path.clone(), text.clone());
        self.pinned.insert(path.clone(), text.clone());
        Some(self.parse_schema(file, &text, out))
    }

    fn parse_schema(&mut self, file: FileId, text: &str, out: &mut Diagnostics) -> Node {
        let (node, problems) = parse(file, text);
        out.append(problems);
        if let Some(schema) = KINDS.iter().find(|kind| kind.key == "schema") {
            shape::check(&node, schema.construct, Unbuilt::Refuse, out);
        }
        node
    }
}
