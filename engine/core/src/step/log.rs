//! What happens in a step, as it goes along, and what of it the entry says.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Fact;
use super::decision::Decision;
use crate::chart::{Proof, StateIndex, TransitionIndex};
use crate::field::Units;
use crate::identity::Digest;
use crate::value::Value;

/// How many notes one entry keeps: an entry is for reading.
const NOTES_MAX: usize = 100;

/// What happened in a step, as it goes along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    pub left: Vec<StateIndex>,
    pub entered: Vec<StateIndex>,
    /// Source and event of each transition taken.
    pub transitions: Vec<(StateIndex, Arc<str>)>,
    /// The same as the chart numbers them, each with its branch. The entry does not say it: it is for whoever holds the chart.
    pub choices: Vec<(TransitionIndex, usize)>,
    pub marks: Vec<Marked>,
    pub changes: Vec<Change>,
    /// Names of marks that are taken back, each with how many marks of this step stand before it.
    pub marks_back: Vec<(Arc<str>, usize)>,
    pub notes: Vec<Note>,
    /// What the actor signed.
    pub signature: Option<Signing>,
    /// Until when the instance is open to the actor.
    pub open_until: Option<Timestamp>,
    /// What tables answered, in the order in which they were first asked.
    pub decisions: Vec<Decision>,
}

/// A line for those who look for marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    pub name: Arc<str>,
    pub values: Value,
    /// When it is said to have been written, where that is not in this step.
    pub at: Option<Timestamp>,
}

impl Marked {
    pub fn now(name: Arc<str>, values: Value) -> Self {
        Marked { name, values, at: None }
    }
}

/// A signature given in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signing {
    pub means: String,
    pub over: Value,
    pub with: Proof,
    /// For which of several roles.
    pub role: Option<Arc<str>>,
    /// The how many-th it is, of how many.
    pub number: usize,
    pub of: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub field: Arc<str>,
    pub from: Value,
    pub to: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub kind: &'static str,
    pub text: String,
    pub place: String,
}

impl Log {
    /// Several changes of one field in one step are one: from what it was to what it is.
    pub fn change(&mut self, field: &Arc<str>, from: Value, to: Value) {
        match self.changes.iter_mut().find(|change| change.field == *field) {
            Some(change) => change.to = to,
            None => self.changes.push(Change {
                field: field.clone(),
                from,
                to,
            }),
        }
    }

    /// The same question to the same table has the same answer: it is kept once.
    pub fn decided(&mut self, decisions: Vec<Decision>) {
        for decision in decisions {
            if !self.decisions.contains(&decision) {
                self.decisions.push(decision);
            }
        }
    }

    pub fn note(&mut self, kind: &'static str, text: &str, place: &str) {
        let note = Note {
            kind,
            text: text.into(),
            place: place.into(),
        };
        if self.notes.len() < NOTES_MAX && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Keeps only what was noted: of an input that was not taken, nothing else happened.
    pub fn keep_notes(&mut self, other: Log) {
        self.notes = other.notes;
    }

    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty() || !self.left.is_empty() || !self.entered.is_empty() || !self.transitions.is_empty()
    }
}

/// A read's name, and the key that it was resolved to.
pub(super) type ReadPlace = (Arc<str>, Arc<str>);

/// What the entry of an outcome says beside the outcome itself: kept until it is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub(super) at: Timestamp,
    pub(super) log: Log,
    /// What the step saw of other instances: read name and resolved key, and what was found.
    pub(super) reads: Vec<(ReadPlace, Fact)>,
    /// What reads found that look for more than one: read name and request, and what was found.
    pub(super) finds: Vec<(ReadPlace, Value)>,
    pub(super) entropy: Option<[u8; 32]>,
    /// The name and the version of the calendar that was used.
    pub(super) calendar: Option<(Arc<str>, Digest)>,
    /// The names and the versions of the live tables that were asked.
    pub(super) tables: BTreeMap<Arc<str>, Digest>,
    /// The units that were seen: those given, or all where one was given that is none.
    pub(super) units: Units,
    /// What the customer sees; None: the name of the first active state, in words.
    pub(super) label: Option<Arc<str>>,
}

impl Trace {
    /// The transitions that were taken, each with the position of its branch, in order.
    pub fn taken(&self) -> &[(TransitionIndex, usize)] {
        &self.log.choices
    }
}
