//! Tasks that the engine gives to people, and that are given back for them.
//!
//! Whom it gives a task is chosen outside, where it is known who works here, who is on shift and who holds how much. The choice comes back
//! as an input like a claim, with those it was made among beside it: so replay needs no roster.

use std::sync::Arc;

use jiff::Timestamp;

use super::audience::Audience;
use super::interrupt::{Interrupt, NoValue};
use super::log::Marked;
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, ActorKind, Effect, OpenTask, TaskRef, Verdict};
use crate::chart::{Lets, Reoffer, Retry, StateIndex};
use crate::identity::InstanceId;
use crate::time::Duration;
use crate::value::{Object, Value};

/// The adapter, of the engine's own, that gives back what a person holds. No workflow can name it: names there have no dot.
pub const TASKS_ADAPTER: &str = "statewright.tasks";

/// What it is asked.
pub const REOFFER: &str = "reoffer";

/// People of whom an entry says that they were considered: those who came first.
pub const CANDIDATES_KEPT_MAX: usize = 16;

/// People who gave a task back and are not given it again: who is beyond that may be.
const DECLINED_MAX: usize = 32;

/// Under what queues find a task that the engine is to give to somebody.
pub const SOUGHT: &str = "assign:sought";

/// The same for one that nobody could be given so far.
pub const OFFERED: &str = "assign:offered";

/// A mark, by its `user`, of each task that the engine gave: who was given one when tells whose turn it is. No workflow can write one: names
/// there have no dot.
pub const GIVEN: &str = "statewright.given";

/// The same of each task of this kind that somebody held when it ended.
pub const ENDED: &str = "statewright.ended";

/// What is not given back yet is tried again: for half an hour, then it waits for a person.
fn retry() -> Retry {
    Retry {
        attempts: 30,
        first: Duration::exact(1_000_000),
        most: Duration::exact(60_000_000),
    }
}

/// How far the engine has come with giving a task to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seeking {
    /// Somebody is to be found; of one that is held, as soon as it is free.
    Sought,
    /// There was nobody, and why: whoever it is for may claim it.
    Offered { at: Timestamp, why: Arc<str> },
    /// Its holder was found, and by what.
    Given { at: Timestamp, why: Arc<str> },
}

/// A task was given back for its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    pub at: Timestamp,
    /// Who held it.
    pub from: Arc<str>,
    /// What they left for the next one.
    pub note: Option<Arc<str>>,
}

/// What somebody holds is to be given back for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    pub holder: Arc<str>,
    /// What they have held since before this moment.
    pub until: Timestamp,
    /// What the next one should know.
    pub note: Option<Arc<str>>,
}

/// The engine's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Giving {
    /// None: there is nobody.
    pub to: Option<Actor>,
    /// For people: by what it was chosen, or why there is nobody.
    pub why: Arc<str>,
    /// How many there were to choose from.
    pub eligible: u64,
    /// The first of them, the best first.
    pub candidates: Vec<Candidate>,
    /// The shift that has them on duty, and the sequence at which it was seen: it must stand there still when the choice is committed.
    pub shift: Option<SeenShift>,
}

/// Somebody who could have been given a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub user: Arc<str>,
    /// Tasks that they held.
    pub load: u64,
    /// When they were last given a task, or ended one, as far as that was asked for; None: never.
    pub last_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenShift {
    pub instance: InstanceId,
    /// `workflow/key`, for people.
    pub name: Arc<str>,
    pub sequence: u64,
}

impl OpenTask {
    /// Under what the engine finds it, while it is to be given to somebody.
    pub fn sought_under(&self) -> Option<&'static str> {
        let seeking = self.seeking.as_ref();
        match seeking.filter(|_| self.holder.is_none() && self.held_since.is_none())? {
            Seeking::Sought | Seeking::Given { .. } => Some(SOUGHT),
            Seeking::Offered { .. } => Some(OFFERED),
        }
    }

    /// It is theirs from now on.
    pub(super) fn hold(&mut self, holder: Arc<str>, now: Timestamp) {
        self.holder = Some(holder);
        self.holder_since = Some(now);
        self.seek_again();
    }

    /// Nobody holds it any more: somebody is to be found anew.
    fn set_free(&mut self) {
        self.holder = None;
        self.holder_since = None;
        self.seek_again();
    }

    /// The same, and whoever held it did not want it.
    pub(super) fn decline(&mut self) {
        if let Some(holder) = self.holder.clone()
            && self.seeking.is_some()
            && !self.declined.contains(&holder)
            && self.declined.len() < DECLINED_MAX
        {
            self.declined.push(holder);
        }
        self.set_free();
    }

    /// Whom it is for has changed: somebody may be found where there was nobody.
    pub(super) fn retarget(&mut self, people: Audience) {
        if self.people != people {
            self.people = people;
            if self.holder.is_none() {
                self.seek_again();
            }
        }
    }

    /// Somebody may be found where there was nobody.
    fn seek_again(&mut self) {
        self.seeking = self.seeking.as_ref().map(|_| Seeking::Sought);
    }
}

impl Machine<'_> {
    /// The engine's choice of whom a task is given.
    pub(super) fn take_giving(&mut self, reference: &TaskRef, giving: &Giving) -> Result<Verdict, Interrupt> {
        let Some((state, open)) = self.given(reference).filter(|(_, open)| open.holder.is_none()) else {
            return Ok(Verdict::Stale);
        };
        let is_for = |to: &Actor| open.people.includes(to);
        let can_be = open.seeking.is_some() && giving.to.as_ref().is_none_or(is_for);
        if !can_be || self.actor.kind != ActorKind::Engine || self.paused_states().contains(state) {
            return Ok(Verdict::Stale);
        }
        let now = self.now;
        let Some(open) = self.next.tasks.get_mut(&reference.name) else {
            return Ok(Verdict::Stale);
        };
        let (at, why) = (now, giving.why.clone());
        match &giving.to {
            Some(to) => {
                open.hold(to.id.clone(), now);
                open.seeking = Some(Seeking::Given { at, why });
                self.log.marks.push(Marked::now(GIVEN.into(), of_user(&to.id)));
            }
            None if matches!(open.seeking, Some(Seeking::Offered { .. })) => return Ok(Verdict::Stale),
            None => open.seeking = Some(Seeking::Offered { at, why }),
        }
        Ok(Verdict::Taken)
    }

    /// Gives back what somebody holds, be it on hold or not: they will not come to it any more. What they took on since they were to give
    /// everything back is theirs.
    pub(super) fn take_hand_over(&mut self, reference: &TaskRef, hand_over: &HandOver) -> Result<Verdict, Interrupt> {
        let HandOver { holder, until, note } = hand_over;
        let is_meant =
            |open: &OpenTask| open.holder.as_ref() == Some(holder) && open.holder_since.is_none_or(|since| since <= *until);
        if self.given(reference).filter(|(_, open)| is_meant(open)).is_none() {
            return Ok(Verdict::Stale);
        }
        let at = self.now;
        if let Some(open) = self.next.tasks.get_mut(&reference.name) {
            open.handed_over = Some(HandedOver {
                at,
                from: holder.clone(),
                note: note.clone(),
            });
            open.set_free();
        }
        Ok(Verdict::Taken)
    }

    /// The task that the engine means: of a later opening nothing is known yet.
    fn given(&self, reference: &TaskRef) -> Option<(StateIndex, &OpenTask)> {
        let open = self.next.tasks.get(&reference.name)?;
        (reference.opened == Some(open.opened)).then_some((open.state, open))
    }

    /// Asks for everything that a person holds to be given back, once this step is committed.
    pub(super) fn reoffer(&mut self, reoffer: &Reoffer, lets: &[&Lets], locals: &Locals) -> Result<(), NoValue> {
        let holder = self.scope(lets, locals).text(&reoffer.holder)?;
        let note = match &reoffer.note {
            Some(note) => Some(self.scope(lets, locals).text(note)?).filter(|note| !note.trim().is_empty()),
            None => None,
        };
        let mut input = Object::from([
            ("holder".into(), Value::from_text(&holder)),
            ("key".into(), Value::Text(self.next.key.clone())),
            ("until".into(), Value::from_instant(self.now)),
            ("workflow".into(), Value::Text(self.next.workflow.clone())),
        ]);
        if let Some(note) = note {
            let kept: String = note.chars().take(super::NOTE_CHARACTERS_MAX).collect();
            input.insert("note".into(), Value::from_text(&kept));
        }
        self.ordinal += 1;
        let name = format!("{REOFFER}~{}", self.ordinal);
        let key: Arc<str> = format!("{}:{}:{name}", self.next.instance, self.next.sequence).into();
        self.effects.push(Effect {
            key: key.clone(),
            adapter: TASKS_ADAPTER.into(),
            action: REOFFER.into(),
            input: Value::from_fields(input),
            retry: Some(retry()),
            expires_at: None,
            require: None,
            once: false,
        });
        self.next.calls.insert(key, REOFFER.into());
        Ok(())
    }

    /// A task that is given to people has ended: who did it, where that decides who does it next, and since when they have been idle.
    pub(super) fn end_given(&mut self, state: StateIndex, path: &Arc<str>, open: &OpenTask, sticky: bool) {
        let finisher = (self.finishing == Some(state)).then(|| self.actor.id.clone());
        let Some(doer) = open.holder.clone().or(finisher) else {
            return;
        };
        self.log.marks.push(Marked::now(ENDED.into(), of_user(&doer)));
        if sticky {
            self.next.doers.insert(path.clone(), doer);
        }
    }
}

fn of_user(id: &Arc<str>) -> Value {
    Value::from_fields(Object::from([("user".into(), Value::Text(id.clone()))]))
}
