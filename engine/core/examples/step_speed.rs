//! How many events a second the pure stepper takes on one core: `cargo run --release -p statewright-core --example step_speed`.
//!
//! Each step is whole: guards, data, the canonical snapshot, the chained trail entry with its digests. Prints one JSON line a chart.

#![allow(clippy::disallowed_methods)] // it measures: time is what it is about

use std::sync::Arc;
use std::time::{Duration, Instant};

use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::lang::{Resolver, Unbuilt, compile};
use statewright_core::step::{Actor, ActorKind, Facts, Input, InputKind, Snapshot, StartInput, Stepped, step};
use statewright_core::value::Object;

const FLAT: &str = "workflow: flat
start: {by: [x]}
access: [{for: [x]}]
initial: a
states:
  a: {on: {NEXT: {target: b, by: [x]}}}
  b: {on: {NEXT: {target: c, by: [x]}}}
  c: {on: {NEXT: {target: d, by: [x]}}}
  d: {on: {NEXT: {target: e, by: [x]}}}
  e: {on: {NEXT: {target: a, by: [x]}}}
";

const NESTED: &str = "workflow: nested
start: {by: [x]}
access: [{for: [x]}]
type: parallel
states:
  left:
    initial: a
    states:
      a: {initial: one, on: {NEXT: {target: b, by: [x]}}, states: {one: {}, two: {}}}
      b: {initial: one, on: {NEXT: {target: a, by: [x]}}, states: {one: {}, two: {}}}
  right:
    initial: a
    states:
      a: {initial: one, on: {NEXT: {target: b, by: [x]}}, states: {one: {}, two: {}}}
      b: {initial: one, on: {NEXT: {target: a, by: [x]}}, states: {one: {}, two: {}}}
";

/// Long enough that starting the clock does not count.
const MEASURED: Duration = Duration::from_secs(2);

struct NoFiles;

impl Resolver for NoFiles {
    fn resolve(&self, _path: &str) -> Option<Arc<str>> {
        None
    }
}

fn compiled(yaml: &str) -> Chart {
    let mut sources = Sources::default();
    let main = sources.add("w.yaml", yaml);
    let compiled = compile(&mut sources, main, &NoFiles, Unbuilt::Refuse);
    compiled
        .chart
        .unwrap_or_else(|| panic!("{}", concise(&sources, &compiled.diagnostics)))
}

fn taken(chart: &Chart, before: Option<&Snapshot>, input: &Input, at: jiff::Timestamp) -> Snapshot {
    match step(chart, before, input, &Facts::default(), at) {
        Ok(Stepped::Done(outcome)) if outcome.entry.is_some() => outcome.next,
        other => panic!("not taken: {other:?}"),
    }
}

fn main() {
    let mut actor = Actor::plain(ActorKind::Person, "x");
    actor.roles = vec!["x".into()];
    let at = jiff::Timestamp::UNIX_EPOCH;
    for (name, yaml) in [("flat", FLAT), ("nested", NESTED)] {
        let chart = compiled(yaml);
        let start = StartInput {
            key: "K".into(),
            number: None,
            payload: Object::new(),
            parent: None,
            default_zone: "UTC".into(),
            secret: None,
        };
        let start = Input {
            key: None,
            actor: actor.clone(),
            reason: None,
            kind: InputKind::Start(Box::new(start)),
        };
        let next = Input {
            key: None,
            actor: actor.clone(),
            reason: None,
            kind: InputKind::Event {
                name: "NEXT".into(),
                payload: Object::new(),
            },
        };
        let mut snapshot = taken(&chart, None, &start, at);
        let begun = Instant::now();
        let mut steps = 0_u64;
        while begun.elapsed() < MEASURED {
            for _ in 0..100 {
                snapshot = taken(&chart, Some(&snapshot), &next, at);
            }
            steps += 100;
        }
        println!(
            "{{\"peer\":\"statewright\",\"w\":\"step\",\"chart\":\"{name}\",\"steps_s\":{}}}",
            (steps as f64 / begun.elapsed().as_secs_f64()) as u64
        );
    }
}
