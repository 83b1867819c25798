//! Promises of the interpreter, told as short lives of small charts.

mod actions;
mod algorithm;
mod audience;
mod calendars;
mod clocks;
mod contracts;
mod fuel;
mod glass;
mod index;
mod inputs;
mod invokes;
mod live_tables;
mod personal;
mod place;
mod properties;
mod sealing;
mod sight;
mod signatures;
mod standing_in;
mod tables;
mod taking_over;
mod tasks;
mod ties;
mod timer_names;
mod timers;
mod units;

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::chart::Chart;
use crate::diagnostic::Sources;
use crate::identity::{Digest, InputKey, InstanceId};
use crate::lang::{Resolver, compile};
use crate::value::{Value, json};

/// One instance, stepped by hand.
pub(super) struct Life {
    pub chart: Chart,
    pub now: Timestamp,
    pub snapshot: Option<Snapshot>,
    pub facts: Facts,
    pub outcomes: Vec<Outcome>,
    /// The entry of each outcome.
    pub entries: Vec<Option<Entry>>,
    pub secret: Option<[u8; 32]>,
    /// What whoever acts proves themselves with.
    pub proof: Option<crate::chart::Proof>,
}

pub(super) fn moment(text: &str) -> Timestamp {
    text.parse().expect("a test's moment is RFC 3339")
}

pub(super) fn ada() -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, "ada");
    actor.roles = vec!["staff".into()];
    actor
}

struct NoFiles;

impl Resolver for NoFiles {
    fn resolve(&self, _path: &str) -> Option<Arc<str>> {
        None
    }
}

pub(super) fn compiled(yaml: &str) -> Chart {
    let mut sources = Sources::default();
    let main = sources.add("w.yaml", yaml);
    let compiled = compile(&mut sources, main, &NoFiles);
    compiled
        .chart
        .unwrap_or_else(|| panic!("{}", crate::diagnostic::concise(&sources, &compiled.diagnostics)))
}

impl Life {
    pub fn of(yaml: &str) -> Life {
        Life::on(compiled(yaml))
    }

    pub fn on(chart: Chart) -> Life {
        Life {
            chart,
            now: moment("2026-03-26T08:00:00Z"),
            snapshot: None,
            facts: Facts::default(),
            outcomes: Vec::new(),
            entries: Vec::new(),
            secret: None,
            proof: None,
        }
    }

    /// Started by Ada under the key `K` with this payload.
    pub fn begun(yaml: &str, payload: &str) -> Life {
        let mut life = Life::of(yaml);
        assert_eq!(life.start(payload), "taken");
        life
    }

    pub fn start(&mut self, payload: &str) -> String {
        let start = StartInput {
            key: "K".into(),
            number: None,
            payload: object(payload),
            parent: None,
            default_zone: "Europe/Berlin".into(),
            secret: self.secret,
        };
        self.take(ada(), None, InputKind::Start(Box::new(start)))
    }

    pub fn send(&mut self, event: &str) -> String {
        self.send_with(event, "{}")
    }

    pub fn send_with(&mut self, event: &str, payload: &str) -> String {
        self.send_as(ada(), event, payload)
    }

    pub fn send_as(&mut self, actor: Actor, event: &str, payload: &str) -> String {
        self.take(
            actor,
            None,
            InputKind::Event {
                name: event.into(),
                payload: object(payload),
                task: None,
            },
        )
    }

    pub fn take(&mut self, actor: Actor, reason: Option<&str>, kind: InputKind) -> String {
        let key = InputKey::of(&["test", &self.outcomes.len().to_string()]);
        let input = Input {
            signed: self.proof,
            key: Some(key),
            actor,
            reason: reason.map(Arc::from),
            kind,
        };
        match self.step(&input) {
            Ok(Stepped::Done(mut outcome)) => {
                let said = said(&outcome.verdict);
                let head = self.snapshot.as_ref().map_or(Digest::ZERO, |snapshot| snapshot.head);
                let entry = seal(&self.chart, &mut outcome, &input, head);
                if entry.is_some() {
                    self.snapshot = Some(outcome.next.clone());
                }
                self.outcomes.push(*outcome);
                self.entries.push(entry);
                said
            }
            Ok(Stepped::Needs(needs)) => format!(
                "needs {}",
                needs
                    .reads
                    .iter()
                    .map(|read| format!("{}/{}", read.workflow, read.key))
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
            Err(failure) => format!("{}: {}", failure.code, failure.message),
        }
    }

    pub fn step(&self, input: &Input) -> Result<Stepped, Failure> {
        step(&self.chart, self.snapshot.as_ref(), input, &self.facts, self.now)
    }

    /// Moves the clock and fires everything due on the way, in order.
    pub fn until(&mut self, text: &str) {
        let end = moment(text);
        loop {
            let snapshot = self.snapshot.as_ref().expect("the life has begun");
            let mut due: Vec<(Timestamp, Arc<str>)> = snapshot
                .timers
                .iter()
                .filter(|(_, timer)| !timer.spent && timer.remaining_us.is_none() && timer.due <= end)
                .map(|(name, timer)| (timer.due, name.clone()))
                .collect();
            due.sort();
            let Some((due, name)) = due.into_iter().next() else { break };
            self.now = self.now.max(due);
            self.take(Actor::engine(), None, InputKind::Timer { name, due });
        }
        self.now = end;
    }

    /// Active states without active children.
    pub fn states(&self) -> String {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        let paths: Vec<&str> = self
            .chart
            .atomic_states(&snapshot.active)
            .map(|state| &*self.chart.state(state).path)
            .collect();
        paths.join(" ")
    }

    pub fn data(&self, field: &str) -> String {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        crate::value::canonical::to_canonical(snapshot.data.get(field).unwrap_or(&Value::Null))
    }

    pub fn last(&self) -> &Outcome {
        self.outcomes.last().expect("something was taken")
    }

    pub fn entry(&self) -> &str {
        &self.entries.last().and_then(Option::as_ref).expect("it left a trace").bytes
    }
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refused(refusals) if matches!(refusals.as_slice(), [one] if matches!(one.kind, RefusalKind::Failed(_))) => {
            let RefusalKind::Failed(code) = refusals[0].kind else {
                unreachable!("it was matched")
            };
            format!("{code}: {}", refusals[0].sentence)
        }
        Verdict::Refused(refusals) => {
            let each = refusals.iter().map(|refusal| match &refusal.field {
                Some(field) => format!("{field} {}", refusal.sentence),
                None => refusal.sentence.clone(),
            });
            format!("refused: {}", each.collect::<Vec<_>>().join(" | "))
        }
        verdict => verdict.as_str().to_string(),
    }
}

pub(super) fn object(text: &str) -> crate::value::Object {
    json::read(text)
        .expect("a test's payload is JSON")
        .as_object()
        .expect("a payload is an object")
        .clone()
}

pub(super) fn absent(workflow: &str, key: &str) -> Fact {
    Fact {
        instance: InstanceId::of(workflow, key),
        sequence: 0,
        view: Value::Null,
    }
}
