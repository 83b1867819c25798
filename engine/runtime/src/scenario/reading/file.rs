//! A whole file, with the definitions that it uses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::chart::{Chart, Roles};
use statewright_core::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Sources};
use statewright_core::lang::{self, Resolver, beside};
use statewright_core::yaml::{Mapping, Node, is_extension};

use super::addressee::roles_told;
use super::stand_ins::{StandIns, UsedCalendar};
use super::{Reader, deployed};
use crate::compiler::{Compiler, LanguageCompiler};
use crate::glass::review_source;
use crate::scenario::plan::{Definition, Given, Scenario, Setting, TestFile};

/// Reads the test file `main` of `sources` and the definitions that it uses, which are added to `sources`. There is a file exactly where
/// no error was found.
pub fn read(sources: &mut Sources, main: FileId, files: &dyn Resolver) -> (Option<TestFile>, Diagnostics) {
    let (tree, mut out) = lang::read_test(sources, main);
    let Some(root) = tree.as_ref().and_then(Node::as_mapping) else {
        return (None, out.sorted());
    };
    let stand_ins = StandIns::of(root, sources, main, files, &mut out);
    let Used {
        definitions,
        calendars,
        roles_file,
        live_tables,
        unusable,
        ..
    } = used(root, sources, main, &stand_ins, &mut out);
    let brought = brought(&definitions);
    stand_ins.check_needed(definitions.iter().map(|definition| &*definition.chart), &mut out);
    let calendars = stand_ins.calendars(calendars);
    let tables = deployed::from_the_beginning(live_tables, sources, &stand_ins, &mut out);
    let charts: Vec<&Chart> = definitions.iter().map(|definition| &*definition.chart).collect();
    let deployed = deployed::read(root, sources, main, files, &charts, &mut out);
    let mut reader = Reader::new(root, &definitions, brought.as_ref(), !unusable, out);
    reader.deployed = deployed;
    let given = match root.get("given") {
        Some(node) => reader.given(node),
        None => Given::nothing(Reader::BEGINNING),
    };
    let scenarios = reader.scenarios(root);
    let fragments = reader.fragments(root);
    let file = TestFile {
        name: root
            .get("test")
            .and_then(Node::as_scalar)
            .map_or_else(|| "".into(), |name| name.text.clone()),
        file: main,
        setting: Setting {
            definitions,
            brought,
            calendars,
            tables,
            roles_file,
            zone: reader.zone.clone(),
            given,
        },
        roles: std::mem::take(&mut reader.roles),
        scenarios,
        fragments,
    };
    let out = reader.out.sorted();
    let is_whole = !out.has_errors();
    (is_whole.then_some(file), out)
}

impl<'a> Reader<'a> {
    /// `is_whole`: everything that the file uses could be read.
    /// `brought`: what the engine adds to the definitions.
    pub(crate) fn new(
        root: &'a Mapping,
        definitions: &[Definition],
        brought: Option<&Definition>,
        is_whole: bool,
        out: Diagnostics,
    ) -> Reader<'a> {
        let charts = || definitions.iter().map(|definition| &definition.chart);
        Reader {
            out,
            named_under: "uses",
            zone: zone_of(charts().next().map(|chart| &**chart)),
            workflows: charts()
                .chain(brought.map(|definition| &definition.chart))
                .map(|chart| chart.workflow.clone())
                .collect(),
            is_whole,
            people: names_under(root.get("given").and_then(|given| given.get("people"))),
            roles: charts().flat_map(|chart| roles_told(chart)).collect(),
            fragments: root
                .get("fragments")
                .and_then(Node::as_mapping)
                .into_iter()
                .flatten()
                .map(|entry| entry.name())
                .collect(),
            deployed: deployed::Deployed::new(),
        }
    }
}

impl Reader<'_> {
    /// When nothing is said, it is Monday the 5th of January 2026, eight o'clock in Greenwich.
    pub(crate) const BEGINNING: Timestamp = Timestamp::constant(1_767_600_000, 0);

    fn scenarios(&mut self, root: &Mapping) -> Vec<Scenario> {
        let Some(node) = root.get("scenarios") else {
            let place = root.entries.first().map(|entry| entry.key.span).unwrap_or_default();
            self.missing(place, "a test file", "scenarios", "sentences with their steps");
            return Vec::new();
        };
        let entries = node.as_mapping().into_iter().flatten();
        let entries = entries.filter(|entry| !is_extension(entry.name()));
        entries
            .map(|entry| Scenario {
                sentence: entry.key.text.clone(),
                span: entry.key.span,
                steps: self.steps(&entry.value),
            })
            .collect()
    }

    fn fragments(&mut self, root: &Mapping) -> BTreeMap<Arc<str>, Vec<super::super::plan::Step>> {
        let entries = root.get("fragments").and_then(Node::as_mapping).into_iter().flatten();
        entries
            .filter(|entry| !is_extension(entry.name()))
            .map(|entry| (entry.key.text.clone(), self.steps(&entry.value)))
            .collect()
    }
}

impl Given {
    pub(crate) fn nothing(clock: Timestamp) -> Self {
        Given {
            clock,
            people: BTreeMap::new(),
            on_shift: None,
            instances: Vec::new(),
            adapters: BTreeMap::new(),
        }
    }
}

/// The definitions that a file is about.
#[derive(Default)]
pub(crate) struct Used {
    pub definitions: Vec<Definition>,
    pub calendars: Vec<UsedCalendar>,
    pub roles_file: Option<Arc<str>>,
    pub roles: Option<Roles>,
    /// The paths of the live tables that the workflows ask.
    pub live_tables: BTreeSet<Arc<str>>,
    /// A file of it is missing or has errors, which were told: what it would have held is not known.
    pub unusable: bool,
}

impl Used {
    /// Compiles a file, and takes what it holds.
    pub fn take(&mut self, path: String, text: Arc<str>, sources: &mut Sources, files: &dyn Resolver, out: &mut Diagnostics) {
        let file = sources.add(path, text);
        let compiled = lang::compile(sources, file, files);
        self.unusable |= compiled.diagnostics.has_errors();
        out.append(compiled.diagnostics);
        let is_roles = compiled.roles.is_some();
        if compiled.chart.is_some() {
            self.live_tables.extend(compiled.live_tables);
        }
        self.roles = compiled.roles.map(|version| version.roles).or(self.roles.take());
        match (compiled.chart, compiled.calendar, compiled.bundle) {
            (Some(chart), _, Some(bundle)) => self.definitions.push(Definition {
                source: bundle.canonical().into(),
                chart: Arc::new(chart),
            }),
            (None, Some(calendar), Some(bundle)) => self.calendars.push(UsedCalendar {
                bundle: bundle.canonical().into(),
                calendar,
            }),
            (None, None, Some(bundle)) if is_roles => self.roles_file = Some(bundle.canonical().into()),
            _ => {}
        }
    }
}

/// Compiles what `uses` names.
fn used(root: &Mapping, sources: &mut Sources, main: FileId, files: &dyn Resolver, out: &mut Diagnostics) -> Used {
    let from = sources.get(main).map_or("", |source| source.name()).to_owned();
    let mut used = Used::default();
    for scalar in root
        .get("uses")
        .and_then(Node::as_sequence)
        .into_iter()
        .flatten()
        .filter_map(Node::as_scalar)
    {
        let Some(path) = beside(&from, &scalar.text) else {
            let message = format!("`{}` is not the path of a file beside this one", scalar.text);
            out.push(Diagnostic::error(Code::MissingFile, scalar.span, message).help("write a path such as `lens-order.yaml`"));
            used.unusable = true;
            continue;
        };
        let Some(text) = files.resolve(&path) else {
            let message = format!("there is no file `{path}`");
            out.push(
                Diagnostic::error(Code::MissingFile, scalar.span, message).help("a path is relative to the file it stands in"),
            );
            used.unusable = true;
            continue;
        };
        used.take(path, text, sources, files, out);
    }
    used
}

/// The workflow of reviews, where something may be opened.
pub(crate) fn brought(definitions: &[Definition]) -> Option<Definition> {
    if !definitions.iter().any(|definition| definition.chart.has_glass()) {
        return None;
    }
    let source = review_source();
    let chart = LanguageCompiler.compile(&source).ok()?;
    Some(Definition {
        source: source.into(),
        chart: Arc::new(chart),
    })
}

/// The zone that a workflow names, if it names one and does not compute it.
fn zone_of(chart: Option<&Chart>) -> TimeZone {
    let named = chart.and_then(|chart| chart.zone.as_ref()).and_then(|zone| zone.literal());
    named
        .and_then(|name| statewright_core::time::zone(name).ok())
        .unwrap_or(TimeZone::UTC)
}

fn names_under(node: Option<&Node>) -> Vec<Arc<str>> {
    let entries = node.and_then(Node::as_mapping).into_iter().flatten();
    entries.map(|entry| entry.key.text.clone()).collect()
}
