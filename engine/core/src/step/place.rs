//! Putting an instance into states without playing the way there: the beginning of a scenario that is about what comes after.
//!
//! What the states have is as if they had been entered now: timers are armed, unique values held, invokes begun, and what follows by
//! itself (eventless transitions, ends that are reached) follows. The way there left nothing: no `exit` and no `entry` is run, for what
//! they would have assigned is given with the data, and what they would have sent was sent long ago. The entry's input is of a kind of its
//! own, so that a trail never passes off as lived what was placed.

use std::sync::Arc;

use super::agreed;
use super::interrupt::Interrupt;
use super::log::Marked;
use super::machine::Machine;
use super::sets::EntrySet;
use super::{PlacedMark, Placement, Refusal, RefusalKind, Status, Verdict};
use crate::chart::{StateIndex, StateKind};
use crate::value::{Object, Value};

impl Machine<'_> {
    pub(super) fn take_place(&mut self, placement: &Placement) -> Result<Verdict, Interrupt> {
        let entry = match self.placed(&placement.states) {
            Ok(entry) => entry,
            Err(sentence) => return Ok(Verdict::Refused(vec![unfit(sentence)])),
        };
        let fields = match self.placed_fields(&placement.start.payload) {
            Ok(fields) => fields,
            Err(refusals) => return Ok(Verdict::Refused(refusals)),
        };
        let marks = match self.placed_marks(&placement.marks) {
            Ok(marks) => marks,
            Err(refusals) => return Ok(Verdict::Refused(refusals)),
        };
        if self.next.sequence == 1 {
            self.next.data = Arc::new(self.chart.data.record(Object::new()));
            self.write_placed(fields);
            self.compute_defaults(None)?;
            self.settle_zone()?;
        } else {
            self.write_placed(fields);
            self.take_away(&entry)?;
        }
        self.log.marks.extend(marks);
        self.put_into(&entry)?;
        Ok(Verdict::Taken)
    }

    /// Marks as they are declared.
    fn placed_marks(&self, given: &[PlacedMark]) -> Result<Vec<Marked>, Vec<Refusal>> {
        let mut marks = Vec::with_capacity(given.len());
        let mut refusals = Vec::new();
        for PlacedMark { name, values, at } in given {
            match agreed::marked(self.chart, name, values.clone()) {
                Ok(values) => marks.push(Marked {
                    name: name.clone(),
                    values,
                    at: *at,
                }),
                Err(sentence) => refusals.push(unfit(sentence)),
            }
        }
        if refusals.is_empty() { Ok(marks) } else { Err(refusals) }
    }

    /// What is entered, or why these states cannot be active together.
    fn placed(&self, paths: &[Arc<str>]) -> Result<EntrySet, String> {
        let mut targets = Vec::with_capacity(paths.len());
        for path in paths {
            match self.chart.state_at(path) {
                Some(state) if matches!(state.kind, StateKind::History { .. }) => {
                    return Err(format!("`{path}` only remembers states; name one that can be active"));
                }
                Some(state) => targets.push(state.index),
                None => return Err(format!("`{}` has no state `{path}`", self.chart.workflow)),
            }
        }
        let entry = match targets.is_empty() {
            true => self.initial_entry_set(),
            false => self.entry_set_of(&targets),
        };
        for state in entry.states.iter() {
            let StateKind::Compound { .. } = self.chart.state(state).kind else {
                continue;
            };
            let mut children = self.chart.child_states(state).filter(|child| entry.states.contains(*child));
            if let (Some(one), Some(other)) = (children.next(), children.next()) {
                let path = |state: StateIndex| &self.chart.state(state).path;
                return Err(format!("`{}` and `{}` are never active together", path(one), path(other)));
            }
        }
        Ok(entry)
    }

    /// Fields of the data by their types; what is not given stays as it is.
    fn placed_fields(&self, given: &Object) -> Result<Object, Vec<Refusal>> {
        let mut fields = Object::new();
        let mut refusals = Vec::new();
        for (name, value) in given {
            match self.chart.data.get(name) {
                None => refusals.push(unfit(format!("`{}` has no field `{name}`", self.chart.workflow))),
                Some(_) if value.is_null() => _ = fields.insert(name.clone(), Value::Null),
                Some(field) => match field.accept(value) {
                    Ok(accepted) => _ = fields.insert(name.clone(), accepted),
                    Err(problems) => refusals.extend(problems.into_iter().map(Refusal::of_field)),
                },
            }
        }
        if refusals.is_empty() { Ok(fields) } else { Err(refusals) }
    }

    fn write_placed(&mut self, fields: Object) {
        for (name, value) in fields {
            let before = self.next.data.get(&name).cloned().unwrap_or(Value::Null);
            self.store_field(&name, before, value);
        }
    }

    /// Every state it was in is left, and with it its timers and invokes.
    fn take_away(&mut self, entry: &EntrySet) -> Result<(), Interrupt> {
        self.next.status = Status::Active;
        self.next.output = Value::Null;
        let active = self.next.active;
        for state in active.iter_back() {
            self.next.active.remove(state);
            self.end_all_of(state)?;
            if !entry.states.contains(state) {
                self.log.left.push(state);
            }
        }
        Ok(())
    }

    fn put_into(&mut self, entry: &EntrySet) -> Result<(), Interrupt> {
        for state in entry.states.iter() {
            self.next.active.insert(state);
            self.fresh.insert(state);
            self.log.entered.push(state);
        }
        for state in entry.states.iter() {
            self.reach_end(state)?;
        }
        Ok(())
    }
}

fn unfit(sentence: String) -> Refusal {
    Refusal::new(RefusalKind::Invalid, sentence)
}
