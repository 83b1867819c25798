//! Views and portals: what people are shown, checked against the workflows that they show. (Reference, section 12.)
//!
//! Nothing is drawn from them yet. A file in a folder `views` or `portals` finds workflows beside that folder; one that stands beside the
//! workflows finds them there.

mod portal;
mod shown;
mod sight;

use std::sync::Arc;

pub(super) use portal::read as read_portal;
pub(super) use shown::read as read_view;

use super::path::join;
use super::{Resolver, compile};
use crate::chart::Chart;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Sources, nearest};
use crate::yaml::{Mapping, Node, Scalar, is_extension, parse};

/// Where files of these kinds may stand besides beside the workflows.
const FOLDERS: [&str; 2] = ["views", "portals"];

/// What stands beside a view or a portal.
pub(super) struct Beside<'a> {
    /// The path of the file that is read.
    from: &'a str,
    files: &'a dyn Resolver,
}

impl<'a> Beside<'a> {
    pub(super) fn new(from: &'a str, files: &'a dyn Resolver) -> Self {
        Beside { from, files }
    }

    /// The folder of the workflows, as it is seen from the file.
    fn home(&self) -> &'static str {
        match self.from.rsplit('/').nth(1) {
            Some(folder) if FOLDERS.contains(&folder) => "../",
            _ => "",
        }
    }

    /// The chart of a workflow that a file names. None with a diagnostic where there is no such file, and without one where it has
    /// problems of its own, which are told when it is looked at.
    fn workflow(&self, name: &Scalar, out: &mut Diagnostics) -> Option<Chart> {
        let path = join(self.from, &format!("{}{}.yaml", self.home(), name.text))?;
        let found = self.files.resolve(&path).filter(|text| begins_with(text, "workflow"));
        let Some(text) = found else {
            let known = self.names(&format!("{}x", self.home()));
            out.push(unknown(name, "workflow", &known, Code::MissingFile));
            return None;
        };
        let mut sources = Sources::new();
        let main = sources.add(path, text);
        compile(&mut sources, main, self.files).chart
    }

    /// The tree of a view that a portal names; None with a diagnostic where there is none.
    fn view(&self, name: &Scalar, out: &mut Diagnostics) -> Option<Node> {
        let folders = [self.home().to_owned(), format!("{}views/", self.home())];
        for folder in &folders {
            let path = join(self.from, &format!("{folder}{}.yaml", name.text))?;
            if let Some(text) = self.files.resolve(&path).filter(|text| begins_with(text, "view")) {
                let mut sources = Sources::new();
                let file = sources.add(path, text.clone());
                return Some(parse(file, &text).0);
            }
        }
        let known: Vec<String> = folders.iter().flat_map(|folder| self.names(&format!("{folder}x"))).collect();
        out.push(unknown(name, "view", &known, Code::MissingFile));
        None
    }

    /// Names of files, without their endings, in the folder of that path.
    fn names(&self, path: &str) -> Vec<String> {
        let path = join(self.from, path).unwrap_or_default();
        let files = self.files.names(path.strip_suffix('x').unwrap_or_default());
        let names = files.iter().filter_map(|file| file.strip_suffix(".yaml"));
        names.filter(|name| !name.ends_with(".test")).map(str::to_owned).collect()
    }
}

/// Whether the first key of a file names this kind.
fn begins_with(text: &Arc<str>, kind: &str) -> bool {
    let (node, _) = parse(Default::default(), text);
    let first = node
        .as_mapping()
        .and_then(|mapping| mapping.iter().find(|entry| !is_extension(entry.name())));
    first.is_some_and(|entry| entry.name() == kind)
}

/// A name that is none of those known.
fn unknown<'n, S: AsRef<str> + 'n>(name: &Scalar, noun: &str, known: impl IntoIterator<Item = &'n S>, code: Code) -> Diagnostic {
    let diagnostic = Diagnostic::error(code, name.span, format!("there is no {noun} `{}`", name.text));
    match nearest(&name.text, known.into_iter().map(AsRef::as_ref)) {
        Some(meant) => diagnostic
            .help(format!("write `{meant}`, if that is meant"))
            .repair(name.span, meant),
        None => diagnostic.help(format!("name a {noun} that is there")),
    }
}

/// The scalars of a list.
fn scalars<'m>(mapping: &'m Mapping, key: &str) -> impl Iterator<Item = &'m Scalar> {
    let items = mapping.get(key).and_then(Node::as_sequence).unwrap_or_default();
    items.iter().filter_map(Node::as_scalar)
}

fn scalar<'m>(mapping: &'m Mapping, key: &str) -> Option<&'m Scalar> {
    mapping.get(key).and_then(Node::as_scalar)
}
