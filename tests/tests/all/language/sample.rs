//! Small files of the language with what shows what they mean: a test file with the files that it uses, or a file that is checked alone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use statewright_core::diagnostic::{Code, Diagnostics, FileId, Severity, Sources, concise};
use statewright_core::lang::{Resolver, Use, compile, kind_of_file, uses};
use statewright_core::yaml::{Node, parse};
use statewright_engine::{scenario, simulation};
use statewright_tests::repository;

use super::rewrite::{Fates, rewritten};

/// Where the samples are, from the repository's root.
pub const FOLDER: &str = "tests/fixtures/language";

/// Every file of the samples by its path in the folder.
pub type Texts = BTreeMap<String, Arc<str>>;

/// A test file, or a file of which nothing runs.
pub struct Sample {
    pub main: String,
    /// The files that it is made of, itself among them.
    pub parts: Vec<Part>,
    /// What a simulation reports: another report is a simulation that fails.
    report: Option<String>,
}

/// A file of a sample.
pub struct Part {
    pub path: String,
    pub tree: Node,
    pub uses: Vec<Use>,
}

/// What came of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every scenario held, or nothing was to be told.
    Held,
    /// A scenario, or a test of a table, did not hold.
    Failed(String),
    /// The files have these errors.
    Refused(BTreeSet<Code>),
}

/// The samples' files, with another text for one of them, and which were asked for.
struct Files<'a> {
    texts: &'a Texts,
    other: Option<(&'a str, Arc<str>)>,
    asked: RefCell<BTreeSet<String>>,
}

impl Resolver for Files<'_> {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        let found = match &self.other {
            Some((other, text)) if *other == path => text.clone(),
            _ => self.texts.get(path)?.clone(),
        };
        self.asked.borrow_mut().insert(path.to_owned());
        Some(found)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let within = self.texts.keys().filter_map(|path| path.strip_prefix(folder));
        within.filter(|rest| !rest.contains('/')).map(str::to_owned).collect()
    }
}

/// Every file of the samples.
pub fn texts() -> Texts {
    let relative = |path: &Path| Some(path.strip_prefix(FOLDER).ok()?.to_str()?.to_owned());
    let files = repository::files();
    let paths = files.iter().filter_map(|path| Some((relative(path)?, path)));
    paths
        .map(|(name, path)| {
            let text = std::fs::read_to_string(repository::root().join(path)).expect("a sample can be read");
            (name, text.into())
        })
        .collect()
}

/// The samples, the shortest first. What others use is none of its own, unless it is shown to people, who see it alone.
pub fn samples(texts: &Texts) -> Vec<Sample> {
    let mains = texts
        .keys()
        .filter(|path| path.ends_with(".test.yaml") || is_shown(path) || is_simulation(&texts[*path]));
    let mut samples: Vec<Sample> = mains.map(|main| Sample::new(texts, main)).collect();
    samples.sort_by_key(|sample| sample.parts.iter().map(|part| part.tree.span.range().len()).sum::<usize>());
    samples
}

/// Whether a file holds what people are shown.
fn is_shown(path: &str) -> bool {
    path.starts_with("views/") || path.starts_with("portals/")
}

fn is_simulation(text: &str) -> bool {
    kind_of_file(text) == Some("simulation")
}

impl Sample {
    fn new(texts: &Texts, main: &str) -> Sample {
        let files = Files {
            texts,
            other: None,
            asked: RefCell::default(),
        };
        let (outcome, said) = look(&files, main);
        assert_eq!(outcome, Outcome::Held, "{FOLDER}/{main}:\n{said}");
        let mut paths = files.asked.into_inner();
        if is_shown(main) {
            // what is shown says nothing of what it shows
            paths.clear();
        }
        paths.insert(main.to_owned());
        let is_yaml = |path: &&String| path.ends_with(".yaml");
        Sample {
            main: main.to_owned(),
            parts: paths.iter().filter(is_yaml).map(|path| Part::new(texts, path)).collect(),
            report: is_simulation(&texts[main]).then_some(said),
        }
    }

    /// What comes of it with one of its files written anew.
    pub fn with(&self, texts: &Texts, part: &Part, fates: &Fates) -> Outcome {
        let files = Files {
            texts,
            other: Some((&part.path, rewritten(&part.tree, fates).into())),
            asked: RefCell::default(),
        };
        let (outcome, said) = look(&files, &self.main);
        match &self.report {
            Some(report) if outcome == Outcome::Held && *report != said => Outcome::Failed("another report".to_owned()),
            _ => outcome,
        }
    }
}

impl Part {
    fn new(texts: &Texts, path: &str) -> Part {
        let text = texts.get(path).map_or("", |text| &**text);
        let (tree, _) = parse(FileId(0), text);
        Part {
            path: path.to_owned(),
            uses: uses(&tree),
            tree,
        }
    }
}

/// Runs a test file, or checks a file of another kind; with what is said of it.
fn look(files: &Files<'_>, main: &str) -> (Outcome, String) {
    let mut sources = Sources::new();
    let text = files.resolve(main).unwrap_or_default();
    let simulates = is_simulation(&text);
    let file = sources.add(main, text);
    if simulates {
        return simulated(&mut sources, file, files);
    }
    if !main.ends_with(".test.yaml") {
        let found = compile(&mut sources, file, files).diagnostics;
        return (refused(&found), concise(&sources, &found));
    }
    let (test, found) = scenario::read(&mut sources, file, files);
    let Some(test) = test else {
        return (refused(&found), concise(&sources, &found));
    };
    let report = scenario::run(&test, &sources).expect("a thread for the scenarios");
    let failed = report.scenarios.iter().find(|scenario| !scenario.failures.is_empty());
    let outcome = failed.map_or(Outcome::Held, |failed| Outcome::Failed(failed.sentence.clone()));
    (outcome, report.words(&sources))
}

/// Runs a simulation; with its report.
fn simulated(sources: &mut Sources, file: FileId, files: &Files<'_>) -> (Outcome, String) {
    let (simulation, found) = simulation::read(sources, file, files);
    let Some(simulation) = simulation else {
        return (refused(&found), concise(sources, &found));
    };
    match simulation::run(&simulation).expect("a thread for the simulation") {
        Ok(report) => (Outcome::Held, format!("{}\n{:?}", report.words(), report.value())),
        Err(sentence) => (Outcome::Failed(sentence.clone()), sentence),
    }
}

/// A table's own tests are scenarios of that table.
fn refused(found: &Diagnostics) -> Outcome {
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let codes: BTreeSet<Code> = errors.map(|diagnostic| diagnostic.code).collect();
    match codes.len() {
        0 => Outcome::Held,
        1 if codes.contains(&Code::TableTestFails) => Outcome::Failed("the tests of a table".to_owned()),
        _ => Outcome::Refused(codes),
    }
}
