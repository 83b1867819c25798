//! Ladders: what happens when a task or a clock waits too long, rung by rung, each once.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::audience::{Audience, SUBJECTS_MAX};
use super::interrupt::Interrupt;
use super::machine::{Machine, Raised};
use super::scope::Locals;
use super::timer::later;
use super::{ArmedTimer, Notice, Reached, TimerOf, Verdict};
use crate::chart::{Rung, RungCondition, RungMoment, Task};
use crate::value::{Object, Value};

/// What a note is called in the trail that says why a rung that was due did nothing.
pub const NOT_NEEDED: &str = "not_needed";

/// What other notes about rungs are called in the trail.
const NOTE: &str = "ladder";

impl Machine<'_> {
    /// Brings the timers of a task's rungs into line with its beginning, its deadline and its holds.
    pub(super) fn settle_rungs(&mut self, path: &Arc<str>, task: &Task) -> Result<(), Interrupt> {
        let Some(open) = self.next.tasks.get(path) else {
            return Ok(());
        };
        let (begun_at, due, held) = (open.begun_at, open.due, open.held_since.is_some());
        for (position, rung) in task.ladder.iter().enumerate() {
            let moment = self.rung_moment(rung, begun_at, due, path)?;
            self.arm_rung(&TimerOf::Task { path, rung: position }.name(), moment, held);
        }
        Ok(())
    }

    /// None: there is no deadline that it could be a share of.
    pub(super) fn rung_moment(
        &mut self,
        rung: &Rung,
        begun_at: Timestamp,
        due: Option<Timestamp>,
        place: &str,
    ) -> Result<Option<Timestamp>, Interrupt> {
        match &rung.moment {
            RungMoment::After(duration) => self.moment_noted(duration, begun_at, NOTE, place),
            RungMoment::Share { percent, later: more } => {
                let Some(due) = due else { return Ok(None) };
                let whole = i128::from(due.as_microsecond()) - i128::from(begun_at.as_microsecond());
                let share = whole * i128::from(*percent) / 100;
                let at = later(begun_at, i64::try_from(share).unwrap_or(i64::MAX));
                match more {
                    Some(more) => self.moment_noted(more, at, NOTE, place),
                    None => Ok(Some(at)),
                }
            }
        }
    }

    /// A rung that fired stays as it is; another follows its moment, and stands still while it is on hold.
    pub(super) fn arm_rung(&mut self, name: &Arc<str>, moment: Option<Timestamp>, held: bool) {
        let now = self.now;
        if self.next.timers.get(name).is_some_and(|armed| armed.spent) {
            return;
        }
        let Some(due) = moment else {
            self.next.timers.remove(name);
            return;
        };
        let remaining_us = held.then(|| match self.next.timers.get(name).and_then(|armed| armed.remaining_us) {
            Some(remaining_us) => remaining_us,
            None => (due.as_microsecond() - now.as_microsecond()).max(0),
        });
        let armed = ArmedTimer {
            remaining_us,
            ..ArmedTimer::at(due)
        };
        self.next.timers.insert(name.clone(), armed);
    }

    /// A rung is due: it reaches people, takes the task from its holder, raises its event, unless its condition does not hold any more.
    pub(super) fn take_rung(&mut self, name: &Arc<str>, path: &str, position: usize) -> Result<Verdict, Interrupt> {
        let chart = self.chart;
        let Some((path, open)) = self.next.tasks.get_key_value(path) else {
            return Ok(Verdict::Stale);
        };
        let path = path.clone();
        let task = chart.state(open.state).task.as_deref();
        let Some(rung) = task.and_then(|task| task.ladder.get(position)) else {
            return Ok(Verdict::Stale);
        };
        let holds = open.acknowledged.is_none() || rung.during == RungCondition::Open;
        let holds = holds && (rung.during != RungCondition::Unclaimed || open.holder.is_none());
        let holder = open.holder.clone();
        if let Some(armed) = self.next.timers.get_mut(name) {
            armed.fired += 1;
            armed.spent = true;
        }
        self.set_event("escalated".into(), Cow::Owned(Object::new()));
        if !holds {
            let why = format!("not needed: the task is not {} any more", rung.during.as_str());
            self.log.note(NOT_NEEDED, &why, name);
            return Ok(Verdict::Taken);
        }
        let people = self.reached_people(rung, name)?;
        let title = self.task_title(&path)?;
        if !people.any_of.is_empty() {
            let text = match &holder {
                Some(holder) if !rung.take => format!("Waits, held by {holder}: {title}"),
                _ => format!("Waits: {title}"),
            };
            self.notices.push(Notice {
                audience: people.clone(),
                text,
                via: rung.via.clone(),
                thread: false,
            });
        }
        let mut too_many = false;
        if let Some(open) = self.next.tasks.get_mut(&path) {
            open.reached.push(Reached {
                rung: position,
                at: self.now,
                people,
            });
            too_many = open.subjects().len() > SUBJECTS_MAX;
            if let Some(reached) = open.reached.last_mut().filter(|_| too_many) {
                reached.people = Audience::default();
            }
            if rung.take {
                open.decline();
            }
        }
        if too_many {
            let sentence = format!("the task is for more than {SUBJECTS_MAX} names already: nobody is added");
            self.log.note(NOTE, &sentence, name);
        }
        self.raise_rung(rung, &path);
        Ok(Verdict::Taken)
    }

    pub(super) fn reached_people(&mut self, rung: &Rung, place: &str) -> Result<Audience, Interrupt> {
        let people = self.audience(&rung.people, &[], &Locals::default());
        Ok(self.value_or_note(people, NOTE, place)?.unwrap_or_default())
    }

    fn raise_rung(&mut self, rung: &Rung, path: &Arc<str>) {
        if let Some(event) = &rung.raise {
            let payload = Object::from([("task".into(), Value::Text(path.clone()))]);
            self.queue.push_back(Raised::Event {
                name: event.clone(),
                payload,
            });
        }
    }
}
