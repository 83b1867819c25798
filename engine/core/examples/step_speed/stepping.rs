//! The stepper on the machines and payloads of XState's benchmark: an instance is started and sent five events of about 300 bytes.
//!
//! Pure steps are what XState does: the next snapshot and what is to be done, in memory. Sealed steps also make what a commit keeps:
//! the trail's entry and the snapshot in canonical bytes, digested and chained.

#![allow(clippy::disallowed_methods)] // it measures: time is what it is about

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::identity::Digest;
use statewright_core::lang::{Resolver, compile};
use statewright_core::step::{
    Actor, ActorKind, Facts, Input, InputKind, Outcome, Snapshot, StartInput, Stepped, Verdict, seal, step,
};
use statewright_core::value::{Object, Value, json};

const FLAT: &str = include_str!("../../../../tests/fixtures/bench/step-flat.yaml");
const NESTED: &str = include_str!("../../../../tests/fixtures/bench/step-nested.yaml");

const EVENTS: [&str; 5] = ["PAY", "PICK", "PACK", "SHIP", "DELIVER"];

/// Instances of one run and of the warm-up, and runs of which the median counts: those of the peer's script.
const INSTANCES: usize = 20_000;
const WARM_UP_INSTANCES: usize = 2_000;
const RUNS: usize = 5;

/// One JSON line for each machine, pure and sealed.
///
/// # Errors
/// What could not be stepped.
pub fn measure() -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for (chart, yaml) in [("flat", FLAT), ("nested", NESTED)] {
        let bench = Bench::of(yaml)?;
        for (mode, sealed) in [("pure", false), ("sealed", true)] {
            let steps = bench.steps_per_second(sealed)?;
            lines.push(format!(
                r#"{{"peer":"statewright","w":"step","chart":"{chart}","mode":"{mode}","trans_s":{steps},"inst_s":{}}}"#,
                steps / EVENTS.len()
            ));
        }
    }
    Ok(lines)
}

struct Bench {
    chart: Chart,
    start: Input,
    events: Vec<Input>,
    facts: Facts,
}

impl Bench {
    fn of(yaml: &str) -> Result<Bench, String> {
        let mut actor = Actor::plain(ActorKind::Person, "bench");
        actor.roles = vec!["bench".into()];
        let input = |kind| Input {
            signed: None,
            key: None,
            actor: actor.clone(),
            reason: None,
            kind,
        };
        let start = StartInput {
            key: "1".into(),
            number: None,
            payload: Object::new(),
            parent: None,
            default_zone: "UTC".into(),
            secret: None,
        };
        let events = EVENTS.iter().map(|event| {
            let payload = Object::from([("data".into(), payload(event)?)]);
            let name = (*event).into();
            Ok(input(InputKind::Event {
                name,
                payload,
                task: None,
            }))
        });
        Ok(Bench {
            chart: compiled(yaml)?,
            start: input(InputKind::Start(Box::new(start))),
            events: events.collect::<Result<_, String>>()?,
            facts: Facts::default(),
        })
    }

    fn steps_per_second(&self, sealed: bool) -> Result<usize, String> {
        self.run(WARM_UP_INSTANCES, sealed)?;
        let mut figures = Vec::new();
        for _ in 0..RUNS {
            let begun = Instant::now();
            self.run(INSTANCES, sealed)?;
            figures.push((INSTANCES * EVENTS.len()) as f64 / begun.elapsed().as_secs_f64());
        }
        figures.sort_by(f64::total_cmp);
        Ok(figures[RUNS / 2] as usize)
    }

    fn run(&self, instances: usize, sealed: bool) -> Result<(), String> {
        let at = Timestamp::UNIX_EPOCH;
        for _ in 0..instances {
            let mut snapshot: Option<Snapshot> = None;
            for input in std::iter::once(&self.start).chain(&self.events) {
                let mut outcome = self.taken(snapshot.as_ref(), input, at)?;
                if sealed {
                    let head = snapshot.as_ref().map_or(Digest::ZERO, |before| before.head);
                    seal(&self.chart, &mut outcome, input, head).ok_or("a step left no entry")?;
                }
                snapshot = Some(outcome.next);
            }
            let counted = snapshot.as_ref().and_then(|snapshot| snapshot.data.get("n"));
            if counted != Some(&Value::Integer(EVENTS.len() as i64)) {
                return Err(format!("not every event was counted: {snapshot:?}"));
            }
        }
        Ok(())
    }

    fn taken(&self, before: Option<&Snapshot>, input: &Input, at: Timestamp) -> Result<Outcome, String> {
        match step(&self.chart, before, input, &self.facts, at) {
            Ok(Stepped::Done(outcome)) if outcome.verdict == Verdict::Taken => Ok(*outcome),
            other => Err(format!("not taken: {other:?}")),
        }
    }
}

fn payload(event: &str) -> Result<Value, String> {
    let note = "x".repeat(90);
    let event = event.to_lowercase();
    let text = format!(
        r#"{{"event":"{event}","order_id":"1","customer":"c-123456","amount":129.95,"currency":"EUR","items":[{{"sku":"A-1","qty":2}},{{"sku":"B-2","qty":1}}],"address":{{"street":"Main 1","city":"Bern","zip":"3000"}},"note":"{note}"}}"#
    );
    json::read(&text).map_err(|error| error.to_string())
}

fn compiled(yaml: &str) -> Result<Chart, String> {
    let mut sources = Sources::default();
    let main = sources.add("step.yaml", yaml);
    let compiled = compile(&mut sources, main, &NoFiles);
    compiled.chart.ok_or_else(|| concise(&sources, &compiled.diagnostics))
}

struct NoFiles;

impl Resolver for NoFiles {
    fn resolve(&self, _path: &str) -> Option<Arc<str>> {
        None
    }
}
