//! The files that a definition names: schemas with `$ref`, tables by their names, their rows with `rows_from`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::grammar::KINDS;
use super::path::join;
use super::{Resolver, conduct, shape, table};
use crate::chart::Table;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Sources, Span, nearest};
use crate::yaml::{Node, Scalar, is_extension, parse};

/// Files one definition may name: more than any has.
pub const PINNED_FILES_MAX: usize = 200;

/// A kind of file that is named by its name alone.
struct Named {
    /// The key that names the kind.
    kind: &'static str,
    /// The folder in which such files may stand, besides the one of whoever names them.
    folder: &'static str,
    code: Code,
}

const TABLE: Named = Named {
    kind: "table",
    folder: "tables",
    code: Code::UnknownTable,
};

/// A calendar that another one extends.
const CALENDAR: Named = Named {
    kind: "calendar",
    folder: "calendars",
    code: Code::MissingFile,
};

/// The file that declares the marks of the workflows beside it.
const MARKS: &str = "marks.yaml";

/// An adapter's contract. There may be none.
const CONTRACT: Named = Named {
    kind: "adapter",
    folder: "adapters",
    code: Code::MissingFile,
};

/// A table that was asked for.
pub(super) enum TableSlot {
    /// Its file is being read.
    Reading,
    /// None where there is none that can be used, which was told.
    Read(Option<Arc<Table>>),
}

/// Reads each file once and keeps what was read.
pub(super) struct Loader<'a> {
    pub(super) sources: &'a mut Sources,
    /// The path of the main file, beside which tables are found.
    main: Arc<str>,
    resolver: &'a dyn Resolver,
    /// Path to tree; None for what was asked for and is not there.
    trees: BTreeMap<Arc<str>, Option<Node>>,
    /// By name.
    pub(super) tables: BTreeMap<Arc<str>, TableSlot>,
    /// Path to text, of every file read.
    pub(super) pinned: BTreeMap<Arc<str>, Arc<str>>,
    /// The paths of live tables, of which only the declaration is pinned.
    pub(super) live: BTreeSet<Arc<str>>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(sources: &'a mut Sources, main: &str, resolver: &'a dyn Resolver) -> Self {
        Loader {
            sources,
            main: main.into(),
            resolver,
            trees: BTreeMap::new(),
            tables: BTreeMap::new(),
            pinned: BTreeMap::new(),
            live: BTreeSet::new(),
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

    /// The tree of the table of that name, which is named at `place`; None with a diagnostic when there is none.
    pub(super) fn table(&mut self, name: &str, place: Span, out: &mut Diagnostics) -> Option<Node> {
        let node = self.named(&TABLE, &self.main.clone(), name, place, out)?;
        if let Some(table) = node.as_mapping().filter(|table| table::is_live(table)) {
            let path = self.sources.get(node.span.file).map_or("", |source| source.name());
            let path = Arc::<str>::from(path);
            self.pinned.insert(path.clone(), table::declaration(table).into());
            self.live.insert(path);
        }
        Some(node)
    }

    /// The tree of a calendar that another one extends; None with a diagnostic when there is none.
    pub(super) fn calendar(&mut self, name: &Scalar, out: &mut Diagnostics) -> Option<Node> {
        let source = self.sources.get(name.span.file);
        let from = source.map_or_else(String::new, |source| source.name().to_owned());
        self.named(&CALENDAR, &from, &name.text, name.span, out)
    }

    /// The tree of an adapter's contract. None where there is none, which is told only if another adapter's may be meant.
    pub(super) fn contract(&mut self, name: &Scalar, out: &mut Diagnostics) -> Option<Node> {
        let from = self.main.clone();
        let mut found = self.found(&CONTRACT, &from, &name.text);
        // beside the workflow another kind of file may have the adapter's name
        let folder = format!("{}/", CONTRACT.folder);
        found.retain(|(path, text)| path.contains(&folder) || begins_with(text, CONTRACT.kind));
        if let Some((path, text)) = found.first().cloned() {
            let node = self.take(&CONTRACT, &name.text, found, name.span, out)?;
            if !self.resolver.is_definition() {
                self.pinned.insert(path, conduct::left_out(&text, &node));
            }
            return Some(node);
        }
        let known = self.known(&join(&from, &format!("{folder}x")).unwrap_or_default());
        if let Some(meant) = nearest(&name.text, known.iter().map(String::as_str)) {
            let message = format!("the adapter `{}` has no contract, and `{meant}` has one", name.text);
            let diagnostic = Diagnostic::warning(Code::ContractMissing, name.span, message);
            out.push(
                diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(name.span, meant),
            );
        }
        None
    }

    /// The tree of the file of marks beside the workflow; None where there is none, which is no fault.
    pub(super) fn marks(&mut self, out: &mut Diagnostics) -> Option<Node> {
        let path: Arc<str> = join(&self.main, MARKS).filter(|path| **path != *self.main)?.into();
        let text = self.resolver.resolve(&path).filter(|text| begins_with(text, "marks"))?;
        let file = self.pin(&path, &text, Span::default(), out)?;
        Some(parsed(file, &text, "marks", out))
    }

    fn named(&mut self, named: &Named, from: &str, name: &str, place: Span, out: &mut Diagnostics) -> Option<Node> {
        let found = self.found(named, from, name);
        if found.is_empty() {
            out.push(self.unknown(named, from, name, place));
            return None;
        }
        self.take(named, name, found, place, out)
    }

    /// Files of that name, at the places where one of that kind may stand.
    fn found(&self, named: &Named, from: &str, name: &str) -> Vec<(Arc<str>, Arc<str>)> {
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        // a workflow is no table, though it may have the name of one
        let main = self.main.rsplit('/').next().and_then(|main| join(&self.main, main));
        let paths = named
            .folders(from)
            .into_iter()
            .filter(|_| is_name)
            .filter_map(|folder| join(from, &format!("{folder}{name}.yaml")))
            .filter(|path| Some(path) != main.as_ref());
        paths
            .filter_map(|path| {
                let text = self.resolver.resolve(&path)?;
                Some((Arc::<str>::from(path), text))
            })
            .collect()
    }

    /// The first of the files found, of which there is to be one.
    fn take(
        &mut self,
        named: &Named,
        name: &str,
        found: Vec<(Arc<str>, Arc<str>)>,
        place: Span,
        out: &mut Diagnostics,
    ) -> Option<Node> {
        let mut found = found.into_iter();
        let (path, text) = found.next()?;
        if let Some((other, _)) = found.next() {
            let message = format!("there are two {}s `{name}`: `{path}` and `{other}`", named.kind);
            out.push(Diagnostic::error(Code::NameClash, place, message).help("keep one of the two files"));
        }
        let file = self.pin(&path, &text, place, out)?;
        Some(parsed(file, &text, named.kind, out))
    }

    /// The names of the files in the folder of that path.
    fn known(&self, path: &str) -> Vec<String> {
        let files = self.resolver.names(path.strip_suffix('x').unwrap_or_default());
        let names = files.iter().filter_map(|file| file.strip_suffix(".yaml").map(str::to_owned));
        names.collect()
    }

    fn unknown(&self, named: &Named, from: &str, name: &str, place: Span) -> Diagnostic {
        let Named { kind, folder, code } = named;
        let folders = named
            .folders(from)
            .into_iter()
            .filter_map(|folder| join(from, &format!("{folder}x")));
        let known: Vec<String> = folders.flat_map(|path| self.known(&path)).collect();
        let diagnostic = Diagnostic::error(*code, place, format!("there is no {kind} `{name}`"));
        match nearest(name, known.iter().map(String::as_str)) {
            Some(meant) => diagnostic.help(format!("write `{meant}`, if that is meant")),
            None => diagnostic.help(format!(
                "a {kind} stands in `{name}.yaml` beside what names it, or in `{folder}/{name}.yaml`"
            )),
        }
    }

    /// The text of a file that a path names, with the file it became; None with a diagnostic when there is none.
    pub(super) fn text(&mut self, reference: &Scalar, out: &mut Diagnostics) -> Option<(FileId, Arc<str>)> {
        let from = self.sources.get(reference.span.file).map_or("", |source| source.name());
        let path = join(from, &reference.text);
        let found = path.and_then(|path| Some((Arc::<str>::from(&*path), self.resolver.resolve(&path)?)));
        let Some((path, text)) = found else {
            let message = format!("there is no file `{}`", reference.text);
            let help = "a path is relative to the file it stands in";
            out.push(Diagnostic::error(Code::MissingFile, reference.span, message).help(help));
            return None;
        };
        let file = self.pin(&path, &text, reference.span, out)?;
        Some((file, text))
    }

    fn read(&mut self, path: &Arc<str>, reference: &Scalar, out: &mut Diagnostics) -> Option<Node> {
        let Some(text) = self.resolver.resolve(path) else {
            let message = format!("there is no file `{path}`");
            let help = "a path is relative to the file it stands in";
            out.push(Diagnostic::error(Code::MissingFile, reference.span, message).help(help));
            return None;
        };
        let file = self.pin(path, &text, reference.span, out)?;
        Some(parsed(file, &text, "schema", out))
    }

    /// Takes a file into the definition; None with a diagnostic when there are too many.
    fn pin(&mut self, path: &Arc<str>, text: &Arc<str>, place: Span, out: &mut Diagnostics) -> Option<FileId> {
        if self.pinned.len() >= PINNED_FILES_MAX {
            let message = format!("more than {PINNED_FILES_MAX} files belong to this definition");
            out.push(Diagnostic::error(Code::MissingFile, place, message));
            return None;
        }
        self.pinned.insert(path.clone(), text.clone());
        Some(self.sources.add(path.clone(), text.clone()))
    }
}

impl Named {
    /// The folders in which a file of that name may stand, as seen from whoever names it: its own, the one for the kind in it, and, for
    /// one that stands in such a folder itself, the folder round it.
    fn folders(&self, from: &str) -> Vec<String> {
        let mut folders = vec![String::new(), format!("{}/", self.folder)];
        if from.rsplit('/').nth(1) == Some(self.folder) {
            folders.push("../".into());
        }
        folders
    }
}

/// The tree of a file of that kind; what is wrong with its shape is told.
fn parsed(file: FileId, text: &str, kind: &str, out: &mut Diagnostics) -> Node {
    let (node, problems) = parse(file, text);
    out.append(problems);
    if let Some(kind) = KINDS.iter().find(|known| known.key == kind) {
        shape::check(&node, kind.construct, out);
    }
    node
}

/// Whether the first key of a file names this kind.
fn begins_with(text: &str, kind: &str) -> bool {
    let (node, _) = parse(FileId(0), text);
    let first = node
        .as_mapping()
        .and_then(|mapping| mapping.iter().find(|entry| !is_extension(entry.name())));
    first.is_some_and(|entry| entry.name() == kind)
}
