//! Simulations: what is known of queues comes out of them, what a file says is what happens, and the same seed gives the same report.

mod adapters;
mod people;
mod queues;
mod reading;
mod ways;

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::diagnostic::{Sources, concise};
use statewright_core::lang::Resolver;
use statewright_core::value::Value;
use statewright_engine::simulation::{self, Report};

/// A desk at which something is done, once.
pub const DESK: &str = "workflow: desk
zone: Europe/Berlin
start: {by: [clerk]}
access: [{for: [clerk, boss, customer]}]
initial: counter
states:
  counter:
    task: {for: [clerk]}
    on: {DONE: {target: gone, by: [clerk]}}
  gone: {type: final}
";

/// Open from eight to four, on Mondays to Fridays.
pub const HOURS: &str = "calendar: office-hours
zone: Europe/Berlin
hours: {mon: [\"08:00-16:00\"], tue: [\"08:00-16:00\"], wed: [\"08:00-16:00\"], thu: [\"08:00-16:00\"], fri: [\"08:00-16:00\"]}
";

/// Files in memory.
pub struct Files(pub BTreeMap<String, Arc<str>>);

impl Resolver for Files {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        self.0.get(path).cloned()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let within = self.0.keys().filter_map(|path| path.strip_prefix(folder));
        within.filter(|rest| !rest.contains('/')).map(str::to_owned).collect()
    }
}

/// The report, or every problem of the file, a line each.
pub fn simulated(text: &str, files: &[(&str, &str)]) -> Result<Report, String> {
    let texts = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).into()));
    let files = Files(texts.collect());
    let mut sources = Sources::new();
    let main = sources.add("s.yaml", text);
    let (simulation, found) = simulation::read(&mut sources, main, &files);
    let simulation = simulation.ok_or_else(|| concise(&sources, &found))?;
    simulation::run(&simulation).expect("a thread for the simulation")
}

/// The report's document, of a simulation that came to its end.
pub fn ran(text: &str, files: &[(&str, &str)]) -> Value {
    let report = simulated(text, files).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(report.stopped(), None, "{}", report.words());
    report.value()
}

/// A simulation of the desk from Monday at eight.
pub fn at_the_desk(more: &str) -> String {
    format!("simulation: s\nof: desk\ngiven: {{clock: 2026-03-02 08:00}}\n{more}")
}

/// The row of a list whose `name` is this.
pub fn row<'v>(report: &'v Value, list: &str, name: &str, wanted: &str) -> &'v Value {
    let rows = report
        .field(list)
        .and_then(Value::as_list)
        .expect("the report has such a list");
    let found = rows
        .iter()
        .find(|row| row.field(name).and_then(Value::as_text) == Some(wanted));
    found.unwrap_or_else(|| panic!("there is no {wanted} among {rows:?}"))
}

/// A number by its path.
pub fn number(value: &Value, path: &str) -> i64 {
    let found = path.split('.').try_fold(value, |value, name| value.field(name));
    found
        .and_then(Value::as_integer)
        .unwrap_or_else(|| panic!("{path} is no number in {value:?}"))
}
