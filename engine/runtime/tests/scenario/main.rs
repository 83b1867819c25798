//! The runner of scenarios: what it takes for right, what it finds, and in which words it says so.

mod course;
mod crashes;
mod deploying;
mod expectations;
mod faults;
mod glass;
mod people;
mod places;
mod races;
mod reading;
mod reports;
mod schedules;
mod stand_ins;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use statewright_core::diagnostic::{Sources, concise};
use statewright_core::lang::Resolver;
use statewright_engine::scenario::{self, Failed, FileReport};

/// A door, and a bell that is told of it.
pub const DOOR: &str = r#"
workflow: door
key: "{{ name }}"
zone: Europe/Berlin
data:
  name: string
  opened: {type: integer, default: 0}
  part: optional string
  lock: optional string
start: {by: [clerk], input: [name, optional lock]}
access: [{for: [clerk, guest]}]
initial: shut
states:
  shut:
    label: Shut
    unique: {lock: "{{ lock }}"}
    after: {yearly: {in: 1y, every: 1y, actions: [{mark: {inspected: {name: "{{ name }}"}}}]}}
    on:
      OPEN: {target: open, by: [clerk], actions: [{assign: {opened: "{{ opened + 1 }}"}}]}
      REPAIR: {target: repair, by: [clerk]}
      LOSE: {target: lost, by: [clerk]}
      RING: {by: [clerk], actions: [{send: {to: {workflow: bell, key: B}, event: RING, with: {door: "{{ name }}"}, id: ring}}]}
  open:
    label: Open
    after: {draught: {in: 10m, target: shut}}
    on:
      CLOSE: {target: shut, by: [clerk]}
      BRICK: {target: gone, by: [clerk], reason: required, guard: {if: opened >= 3, otherwise: "Opened only {{ opened }} times"}}
  repair:
    invoke:
      id: mend
      adapter: joiner
      action: mend
      input: {name: "{{ name }}"}
      timeout: 1d
      onDone: {target: shut, actions: [{assign: {part: "{{ event.result.part }}"}}]}
      onError: {target: open}
  lost: {invoke: {id: find, adapter: joiner, action: find}}
  gone: {type: final, output: {opened: "{{ opened }}"}}
"#;

pub const BELL: &str = "
workflow: bell
data: {last: optional string, rung: {type: integer, default: 0}}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: hung
states:
  hung:
    on:
      RING:
        by: [{workflow: door}]
        input: {door: string}
        actions: [{assign: {last: \"{{ event.door }}\", rung: \"{{ rung + 1 }}\"}}]
";

const GIVEN: &str = "test: t
uses: [door.yaml, bell.yaml]
given:
  clock: 2026-03-26 09:00
  people: {ann: [clerk], bob: {roles: [clerk], name: Bob}, gus: [guest]}
";

/// Files by name, and those of a folder on the disk.
pub struct Files {
    pub texts: BTreeMap<String, Arc<str>>,
    pub folder: Option<PathBuf>,
}

impl Resolver for Files {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        let text = self.texts.get(path).cloned();
        text.or_else(|| std::fs::read_to_string(self.folder.as_ref()?.join(path)).ok().map(Arc::from))
    }
}

impl Files {
    pub fn new(texts: &[(&str, &str)]) -> Files {
        let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).into()));
        Files {
            texts: texts.collect(),
            folder: None,
        }
    }
}

/// The file as it ran, or every problem of it, a line each.
pub fn ran(text: &str, files: &Files) -> Result<(FileReport, Sources), String> {
    let mut sources = Sources::new();
    let main = sources.add("t.test.yaml", text);
    let (file, found) = scenario::read(&mut sources, main, files);
    let file = file.ok_or_else(|| concise(&sources, &found))?;
    let report = scenario::run(&file, &sources).expect("a thread for the scenarios");
    Ok((report, sources))
}

/// The only scenario of a file about doors: `given` more, and its steps, each on its line.
pub fn file_of(given: &str, steps: &[&str]) -> String {
    let steps: Vec<String> = steps.iter().map(|step| format!("    - {step}\n")).collect();
    format!("{GIVEN}{given}scenarios:\n  s:\n{}", steps.concat())
}

/// What did not hold of it, a line each; with how many orders it was run.
pub fn run(given: &str, steps: &[&str]) -> (Vec<String>, usize) {
    let files = Files::new(&[("door.yaml", DOOR), ("bell.yaml", BELL)]);
    match ran(&file_of(given, steps), &files) {
        Ok((report, sources)) => {
            let scenario = report.scenarios.first().expect("there is one");
            let failures = scenario.failures.iter().map(|failed| line(failed, &sources));
            (failures.collect(), scenario.orders)
        }
        Err(problems) => (vec![problems], 0),
    }
}

/// `step: sentence; path: expected / actual`; the first step is 1, the scenario itself 0.
fn line(failed: &Failed, sources: &Sources) -> String {
    let source = sources.get(failed.span.file).expect("it is in the file");
    let first = source.text().lines().take_while(|line| *line != "scenarios:").count() + 2;
    let position = sources.position(failed.span);
    let mut line = format!("{}: {}", position.line as i64 - first as i64, failed.sentence);
    for difference in &failed.differences {
        line += &format!("; {}: {} / {}", difference.path, difference.expected, difference.actual);
    }
    line
}

/// A folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
