//! The workflows that ship, and the examples that were written before the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;

/// Files of a folder on disk; for schemas that are not there, one that takes anything.
struct Folder {
    root: PathBuf,
    stand_ins: bool,
}

impl Resolver for Folder {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        let found = std::fs::read_to_string(self.root.join(path)).ok().map(Arc::from);
        found.or_else(|| {
            (self.stand_ins && path.starts_with("schemas/"))
                .then(|| "schema: stand-in\ntype: object\nadditionalProperties: true\n".into())
        })
    }
}

/// What is told of every file of a folder, and how many files there are. What they name is looked for from `root`.
fn told_of(root: &Path, folder: &str, stand_ins: bool) -> (String, usize) {
    let within = root.join(folder);
    let listing = std::fs::read_dir(&within).unwrap_or_else(|error| panic!("{}: {error}", within.display()));
    let mut paths: Vec<PathBuf> = listing.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let mut told = String::new();
    for path in &paths {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a file's name is text");
        let name = if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        let mut sources = Sources::new();
        let main = sources.add(name, std::fs::read_to_string(path).expect("a listed file can be read"));
        let files = Folder {
            root: root.to_owned(),
            stand_ins,
        };
        let compiled = compile(&mut sources, main, &files);
        told.push_str(&concise(&sources, &compiled.diagnostics));
    }
    (told, paths.len())
}

#[test]
fn the_workflows_that_ship_have_no_problem() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows");
    for folder in [
        "lab",
        "lab/adapters",
        "lab/calendars",
        "lab/schemas",
        "lab/tables",
        "lab/views",
        "lab/portals",
        "clinic",
        "clinic/calendars",
        "clinic/tables",
        "clinic/views",
        "clinic/portals",
    ] {
        let (told, files) = told_of(&root, folder, false);
        assert_eq!(told, "");
        assert!(files > 1, "{folder}");
    }
}

/// What is told of the examples, each with its reason.
const DEVIATIONS: &[&str] = &[
    // The title and the unique value of an encounter hold the patient, which the rules for personal data refuse.
    "encounter.yaml:3:8: error[SW-0604]: personal data would stand in the title",
    "encounter.yaml:31:26: error[SW-0604]: personal data would stand in a unique value, which other instances are told of",
    // The reference asks for an object's properties.
    "impact-row.yaml:4:72: error[SW-0208]: an object needs `properties`",
    "z80-1.yaml:5:20: error[SW-0208]: an object needs `properties`",
    "z80-1.yaml:5:36: error[SW-0208]: an object needs `properties`",
    "marks.yaml:5:63: error[SW-0208]: an object needs `properties`",
    "marks.yaml:7:56: error[SW-0208]: an object needs `properties`",
    // What stands in for a table is a file of its own, so that it is checked as one.
    "encounter.test.yaml:16:21: error[SW-0202]: `triage-targets` takes text, and here stands a mapping",
    "encounter.test.yaml:17:13: error[SW-0202]: `triage` takes text, and here stands a mapping",
    "return-case.test.yaml:5:27: error[SW-0202]: `return-policy` takes text, and here stands a mapping",
    "sncr.test.yaml:6:28: error[SW-0202]: `failure-limits` takes text, and here stands a mapping",
    "sncr.test.yaml:6:88: error[SW-0202]: `sncr-policy` takes text, and here stands a mapping",
    // A task that a read finds is told from others by its instance and its name.
    "shift.yaml:42:224: error[SW-0410]: `item` has no field `id`",
    // A rung raises an event that the study's states do not answer to.
    "lens-order.yaml:34:59: warning[SW-0303]: no state answers to `LATE`",
    // Business time is counted along a calendar, and these studies name none.
    "impact-row.yaml:10:63: error[SW-0910]: business time needs a calendar, and the workflow names none",
    "milestone.yaml:36:99: error[SW-0910]: business time needs a calendar, and the workflow names none",
    "release-batch.yaml:30:103: error[SW-0910]: business time needs a calendar, and the workflow names none",
    // Instances are found by at least one indexed field.
    "release-batch.yaml:8:3: error[SW-0208]: the read `waiting` finds by states alone",
    // Days are written `d`, in test files too.
    "lens-order.test.yaml:31:14: error[SW-0210]: not a duration: `days` is written `d`",
];

#[test]
fn the_examples_use_nothing_but_the_language() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/language/examples");
    let folder = std::env::var_os("STATEWRIGHT_EXAMPLES").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        println!(
            "skipped: the language's examples are not in {}; STATEWRIGHT_EXAMPLES may name their folder",
            folder.display()
        );
        return;
    }
    let (told, files) = told_of(&folder, "", true);
    let others: Vec<&str> = told
        .lines()
        // tables that no example writes out
        .filter(|line| !line.contains("error[SW-0902]") && !DEVIATIONS.contains(line))
        .collect();
    assert_eq!(others.join("\n"), "");
    assert!(files >= 20, "{files} files");
}
