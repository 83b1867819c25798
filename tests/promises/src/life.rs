//! An instance stepped with whatever comes, and everything that must hold of it afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::lang::{Resolver, compile};
use statewright_core::step::{
    Actor, ActorKind, Entry, Fact, Facts, Input, InputKind, Outcome, Snapshot, Stepped, label, offers, seal, step, title, view,
};
use statewright_core::time::CalendarVersion;
use statewright_core::trail::{EntryText, Head, Replay, Replayed, verify_entries};
use statewright_core::value::{Value, canonical};

use crate::body::input_key;

/// Looks taken for one input: each read is asked for once.
const LOOKS_MAX: usize = 100;

struct NoFiles;

impl Resolver for NoFiles {
    fn resolve(&self, _path: &str) -> Option<Arc<str>> {
        None
    }
}

/// The chart of a workflow of our own.
pub(crate) fn compiled(yaml: &str) -> Chart {
    let mut sources = Sources::new();
    let main = sources.add("own.yaml", yaml);
    let compiled = compile(&mut sources, main, &NoFiles);
    let told = concise(&sources, &compiled.diagnostics);
    compiled.chart.unwrap_or_else(|| panic!("the workflow is right: {told}"))
}

/// Working days on both sides of a clock change.
fn calendar() -> Arc<CalendarVersion> {
    let text =
        "calendar: hours\nzone: Europe/Berlin\nhours: {mon: ['08:00-17:00'], fri: ['22:00-06:00']}\nholidays: [2026-04-03]\n";
    let mut sources = Sources::new();
    let main = sources.add("hours.yaml", text);
    let compiled = compile(&mut sources, main, &NoFiles);
    Arc::new(compiled.calendar.expect("the calendar is right"))
}

pub(crate) struct Life {
    chart: Arc<Chart>,
    /// Whatever the chart calls it.
    calendar: Arc<CalendarVersion>,
    now: Timestamp,
    snapshot: Option<Snapshot>,
    entries: Vec<Entry>,
    /// Inputs so far, with or without a trace.
    taken: usize,
}

impl Life {
    pub(crate) fn of(chart: Arc<Chart>) -> Life {
        Life {
            chart,
            calendar: calendar(),
            now: "2026-03-28T23:30:00+01:00".parse().expect("it is a moment"),
            snapshot: None,
            entries: Vec::new(),
            taken: 0,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn chart(&self) -> &Chart {
        &self.chart
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.snapshot.is_some()
    }

    /// Steps one input of a person, and keeps what comes of it.
    pub(crate) fn take(&mut self, reason: Option<Arc<str>>, kind: InputKind) {
        let input = Input {
            signed: None,
            key: Some(input_key(self.taken)),
            actor: self.actor(),
            reason,
            kind,
        };
        self.taken += 1;
        let Some(mut outcome) = self.stepped(&input) else { return };
        let head = self.snapshot.as_ref().map_or(Digest::ZERO, |snapshot| snapshot.head);
        let Some(entry) = seal(&self.chart, &mut outcome, &input, head) else {
            return;
        };
        self.entry_holds(&entry, &input);
        self.snapshot = Some(outcome.next.clone());
        self.entries.push(entry);
        self.shown();
    }

    /// The outcome; none where the step fails with a code. What is asked for is not there.
    fn stepped(&self, input: &Input) -> Option<Outcome> {
        let mut facts = Facts {
            entropy: Some([7; 32]),
            units: Some(Arc::default()),
            ..Facts::default()
        };
        for _ in 0..LOOKS_MAX {
            match step(&self.chart, self.snapshot.as_ref(), input, &facts, self.now) {
                Ok(Stepped::Done(outcome)) => return Some(*outcome),
                Ok(Stepped::Needs(needs)) => {
                    let before = facts.views.len() + usize::from(facts.calendar.is_some());
                    if needs.calendar.is_some() {
                        facts.calendar = Some(self.calendar.clone());
                    }
                    for read in needs.reads {
                        let fact = Fact {
                            instance: InstanceId::of(&read.workflow, &read.key),
                            sequence: 0,
                            view: Value::Null,
                        };
                        facts.views.insert((read.read, read.key), fact);
                    }
                    let after = facts.views.len() + usize::from(facts.calendar.is_some());
                    assert!(before < after, "nothing is asked for twice");
                }
                Err(failure) => {
                    assert!(failure.code.starts_with("SW-1") && !failure.message.is_empty(), "{failure:?}");
                    return None;
                }
            }
        }
        panic!("a step asks for no more than {LOOKS_MAX} looks")
    }

    /// Somebody with every role that the chart names.
    fn actor(&self) -> Actor {
        let mut actor = Actor::plain(ActorKind::Person, "ada");
        actor.roles = ["clerk", "staff", "a", "b"].map(Arc::from).to_vec();
        actor
    }

    fn entry_holds(&self, entry: &Entry, input: &Input) {
        let personal: BTreeMap<String, Value> = entry
            .personal
            .iter()
            .map(|(reference, text)| {
                (
                    reference.to_string(),
                    canonical::read_canonical(text).expect("a personal value is canonical"),
                )
            })
            .collect();
        let open = |reference: &str| personal.get(reference).cloned().unwrap_or(Value::Null);
        let read = EntryText::read_with(&entry.bytes, &open).expect("an entry is read back");
        assert_eq!(read.sequence(), Ok(entry.sequence));
        let again = read.as_input(Some([7; 32])).expect("an entry says what came");
        assert_eq!(
            (&again.key, &again.actor, &again.reason),
            (&input.key, &input.actor, &input.reason)
        );
        assert!(
            canonical::read_canonical_with(&entry.snapshot, &open).is_ok(),
            "a snapshot is canonical"
        );
    }

    /// What is shown of it to people.
    fn shown(&self) {
        let Some(snapshot) = &self.snapshot else { return };
        let _ = (label(&self.chart, snapshot, self.now), title(&self.chart, snapshot, self.now));
        let seen = view(&self.chart, snapshot, None, self.now);
        assert!(canonical::read_canonical(&canonical::to_canonical(&seen)).is_ok());
        let _ = offers(&self.chart, snapshot, &self.actor(), &Facts::default(), self.now);
    }

    /// The trail is whole, the same steps give the same bytes, and the stored snapshot is the one there is.
    pub(crate) fn end(&self) {
        let Some(snapshot) = &self.snapshot else { return };
        let head = Head {
            sequence: snapshot.sequence,
            digest: snapshot.head,
        };
        let bytes = self.entries.iter().map(|entry| (entry.sequence, &*entry.bytes));
        assert_eq!(verify_entries(snapshot.instance, bytes, Some(head)), []);
        let stored = snapshot.store(&self.chart);
        let restored = Snapshot::restore(&self.chart, &stored.canonical, snapshot.head, &stored.personal);
        assert_eq!(restored.as_ref(), Ok(snapshot));
        let mut personal: Vec<(Digest, String)> = self.entries.iter().flat_map(|entry| entry.personal.clone()).collect();
        personal.extend(stored.personal);
        let mut replay = Replay::begin(&self.chart, &personal);
        replay.know(self.calendar.clone());
        for entry in &self.entries {
            assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same), "{}", entry.bytes);
        }
    }
}
