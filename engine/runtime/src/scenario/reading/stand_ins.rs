//! What stands in for tables and calendars while scenarios run: other files of the same name, under `given`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Sources, Span};
use statewright_core::lang::{self, Resolver, beside};
use statewright_core::time::CalendarVersion;
use statewright_core::yaml::{Mapping, Node, Scalar, is_extension, parse};

/// A calendar that `uses` names.
#[derive(Clone)]
pub(crate) struct UsedCalendar {
    pub calendar: CalendarVersion,
    /// As it is deployed.
    pub bundle: Arc<str>,
}

/// A file that stands in for another.
struct StandIn {
    place: Span,
    /// Of a table its text; of a calendar its bundle, as it is deployed.
    text: Arc<str>,
}

/// The files of a test, with what stands in for some of them.
pub(crate) struct StandIns<'f> {
    files: &'f dyn Resolver,
    tables: BTreeMap<Arc<str>, StandIn>,
    calendars: BTreeMap<Arc<str>, StandIn>,
    /// Tables that were asked for.
    asked: RefCell<BTreeSet<Arc<str>>>,
}

impl Resolver for StandIns<'_> {
    /// A table is replaced at the place at which it stands, so that it is found as the other one is.
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        let found = self.files.resolve(path)?;
        let file = path.rsplit('/').next().unwrap_or(path);
        let name = file.strip_suffix(".yaml").unwrap_or(file);
        match self.tables.get(name).filter(|_| name_of(&found, "table").is_some()) {
            Some(stand_in) => {
                self.asked.borrow_mut().insert(name.into());
                Some(stand_in.text.clone())
            }
            None => Some(found),
        }
    }

    fn names(&self, folder: &str) -> Vec<String> {
        self.files.names(folder)
    }
}

impl<'f> StandIns<'f> {
    /// Reads what stands under `given.tables` and `given.calendars`: names, and the files that stand in for them.
    pub(crate) fn of(
        root: &Mapping,
        sources: &mut Sources,
        main: FileId,
        files: &'f dyn Resolver,
        out: &mut Diagnostics,
    ) -> Self {
        let mut stand_ins = StandIns {
            files,
            tables: BTreeMap::new(),
            calendars: BTreeMap::new(),
            asked: RefCell::default(),
        };
        let from = sources.get(main).map_or("", |source| source.name()).to_owned();
        for (key, kind) in [("tables", "table"), ("calendars", "calendar")] {
            let given = root.get("given").and_then(|given| given.get(key)).and_then(Node::as_mapping);
            for entry in given.into_iter().flatten().filter(|entry| !is_extension(entry.name())) {
                let Some(path) = entry.value.as_scalar() else { continue };
                let Some(text) = read(kind, &entry.key, path, &from, sources, files, out) else {
                    continue;
                };
                let stand_in = StandIn {
                    place: entry.key.span,
                    text,
                };
                let of_kind = if kind == "table" {
                    &mut stand_ins.tables
                } else {
                    &mut stand_ins.calendars
                };
                of_kind.insert(entry.key.text.clone(), stand_in);
            }
        }
        stand_ins
    }

    /// Calendars as they are deployed, with what stands in for some of them.
    pub(crate) fn calendars(&self, used: Vec<UsedCalendar>) -> Vec<Arc<str>> {
        let kept = used
            .into_iter()
            .filter(|used| !self.calendars.contains_key(&used.calendar.name));
        let kept = kept.map(|used| used.bundle);
        kept.chain(self.calendars.values().map(|stand_in| stand_in.text.clone()))
            .collect()
    }

    /// What nobody asks for stands in for nothing: a name is misspelt, or a workflow has changed.
    pub(crate) fn check_needed<'c>(&self, charts: impl Iterator<Item = &'c Chart> + Clone, out: &mut Diagnostics) {
        let asked = self.asked.borrow();
        let idle = self.tables.iter().filter(|(name, _)| !asked.contains(*name));
        for (name, stand_in) in idle {
            let message = format!("no workflow under `uses` asks the table `{name}`");
            out.push(Diagnostic::error(Code::UnknownTable, stand_in.place, message).help("correct the name, or take it away"));
        }
        let counts = |name: &Arc<str>| charts.clone().any(|chart| chart.calendar.as_ref() == Some(name));
        for (name, stand_in) in self.calendars.iter().filter(|(name, _)| !counts(name)) {
            let message = format!("no workflow under `uses` counts along the calendar `{name}`");
            out.push(Diagnostic::error(Code::MissingFile, stand_in.place, message).help("correct the name, or take it away"));
        }
    }
}

/// The file that stands in for the one of that name; None with a diagnostic where it cannot.
fn read(
    kind: &str,
    name: &Scalar,
    path: &Scalar,
    from: &str,
    sources: &mut Sources,
    files: &dyn Resolver,
    out: &mut Diagnostics,
) -> Option<Arc<str>> {
    let found = beside(from, &path.text).and_then(|path| Some((files.resolve(&path)?, path)));
    let Some((text, found)) = found else {
        let message = format!("there is no file `{}` beside this one", path.text);
        out.push(
            Diagnostic::error(Code::MissingFile, path.span, message).help("name the file that stands in, by its path from here"),
        );
        return None;
    };
    let own = name_of(&text, kind);
    if own.as_deref() != Some(&*name.text) {
        let message = match own {
            Some(own) => format!("this is the {kind} `{own}`, and cannot stand in for `{}`", name.text),
            None => format!("this is no {kind}, and cannot stand in for one"),
        };
        let help = format!("begin the file with `{kind}: {}`", name.text);
        out.push(Diagnostic::error(Code::NameClash, path.span, message).help(help));
        return None;
    }
    let file = sources.add(found, text.clone());
    let compiled = lang::compile(sources, file, files);
    let is_whole = !compiled.diagnostics.has_errors();
    out.append(compiled.diagnostics);
    match kind {
        "table" => is_whole.then_some(text),
        _ => compiled.calendar.and(compiled.bundle).map(|bundle| bundle.canonical().into()),
    }
}

/// What a file of this kind calls itself.
fn name_of(text: &str, kind: &str) -> Option<Arc<str>> {
    let (node, _) = parse(FileId(0), text);
    let mapping = node.as_mapping()?;
    let first = mapping.iter().find(|entry| !is_extension(entry.name()))?;
    (first.name() == kind).then(|| Some(first.value.as_scalar()?.text.clone()))?
}
