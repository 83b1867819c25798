//! Views and portals: what people are shown, checked against the workflows that they show. (Reference, section 12.)
//!
//! A file in a folder `views` or `portals` finds workflows beside that folder; one that stands beside the workflows finds them there. One
//! that is deployed by itself is compared with what is live where it is deployed.

mod portal;
mod read;
mod shown;
mod sight;

use std::sync::Arc;

use super::path::join;
use super::{Resolver, compile};
use crate::chart::{Chart, People, Portal, View};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Sources, nearest};
use crate::yaml::{Mapping, Node, Scalar, is_extension, parse};

/// Where files of these kinds may stand besides beside the workflows.
const FOLDERS: [&str; 2] = ["views", "portals"];

/// What a view or a portal may name: what stands beside it, or is live where it is deployed.
pub trait Neighbours {
    fn workflow(&self, name: &str) -> Neighbour<Arc<Chart>>;
    /// Whom a view is for.
    fn view(&self, name: &str) -> Neighbour<People>;
}

/// What is found under a name.
pub enum Neighbour<T> {
    Found(T),
    /// It is there, and what is wrong with it is told elsewhere.
    Unusable,
    /// With the names that there are.
    Absent(Vec<String>),
}

impl<T> Neighbour<T> {
    /// None with a diagnostic where there is none, and without one where it is unusable.
    fn take(self, name: &Scalar, noun: &str, out: &mut Diagnostics) -> Option<T> {
        match self {
            Neighbour::Found(found) => Some(found),
            Neighbour::Unusable => None,
            Neighbour::Absent(known) => {
                out.push(unknown(name, noun, &known, Code::MissingFile));
                None
            }
        }
    }
}

/// Reads a view whose keys and shapes were checked. `beside`: what it is compared with; None: it is so where it is deployed.
pub(super) fn read_view(mapping: &Mapping, beside: Option<&dyn Neighbours>, out: &mut Diagnostics) -> Option<View> {
    shown::check(mapping, beside, out);
    read::view(mapping, out).filter(|_| !out.has_errors())
}

/// As [`read_view`], of a portal.
pub(super) fn read_portal(mapping: &Mapping, beside: Option<&dyn Neighbours>, out: &mut Diagnostics) -> Option<Portal> {
    portal::check(mapping, beside, out);
    read::portal(mapping, out).filter(|_| !out.has_errors())
}

/// Tells what is wrong with the view or the portal `main` of `sources` among these neighbours. What is wrong with it alone was told by
/// [`compile`].
pub fn check_among(sources: &Sources, main: FileId, neighbours: &dyn Neighbours) -> Diagnostics {
    let text = sources.get(main).map_or("", |source| source.text());
    let (node, _) = parse(main, text);
    let mut out = Diagnostics::new();
    if let Some(mapping) = node.as_mapping() {
        match (mapping.get("view"), mapping.get("portal")) {
            (Some(_), _) => _ = read_view(mapping, Some(neighbours), &mut out),
            (None, Some(_)) => _ = read_portal(mapping, Some(neighbours), &mut out),
            (None, None) => {}
        }
    }
    out.sorted()
}

/// Files that stand beside a view or a portal.
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

    /// Names of files, without their endings, in the folder of that path.
    fn names(&self, path: &str) -> Vec<String> {
        let path = join(self.from, path).unwrap_or_default();
        let files = self.files.names(path.strip_suffix('x').unwrap_or_default());
        let names = files.iter().filter_map(|file| file.strip_suffix(".yaml"));
        names.filter(|name| !name.ends_with(".test")).map(str::to_owned).collect()
    }
}

impl Neighbours for Beside<'_> {
    fn workflow(&self, name: &str) -> Neighbour<Arc<Chart>> {
        let path = join(self.from, &format!("{}{name}.yaml", self.home()));
        let text = path.as_ref().and_then(|path| self.files.resolve(path));
        let (Some(path), Some(text)) = (path, text.filter(|text| begins_with(text, "workflow"))) else {
            return Neighbour::Absent(self.names(&format!("{}x", self.home())));
        };
        let mut sources = Sources::new();
        let main = sources.add(path, text);
        match compile(&mut sources, main, self.files).chart {
            Some(chart) => Neighbour::Found(Arc::new(chart)),
            None => Neighbour::Unusable,
        }
    }

    fn view(&self, name: &str) -> Neighbour<People> {
        let folders = [self.home().to_owned(), format!("{}views/", self.home())];
        let files = folders
            .iter()
            .filter_map(|folder| join(self.from, &format!("{folder}{name}.yaml")));
        let found = files.filter_map(|path| self.files.resolve(&path));
        match found.into_iter().find(|text| begins_with(text, "view")) {
            Some(text) => match parse(FileId::default(), &text).0.as_mapping() {
                Some(mapping) => Neighbour::Found(read::people(mapping, &mut Diagnostics::new())),
                None => Neighbour::Unusable,
            },
            None => Neighbour::Absent(folders.iter().flat_map(|folder| self.names(&format!("{folder}x"))).collect()),
        }
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
