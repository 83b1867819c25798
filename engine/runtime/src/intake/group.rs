//! The inputs of one instance in one batch, stepped on top of one another into one write.

mod refusing;
mod repeating;

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{
    ClaimChange, Entry, Facts, Failure, InputKind, Needs, Outcome, Record, Refusal, Snapshot, Verdict, open_until, record,
};

use super::answer::Answer;
use super::changes::Changes;
use super::request::{Origin, Parcel, Request};
use super::sealed::{Sealed, readable, step_and_seal};
use crate::body::Party;
use crate::configuration::NEEDS_ROUNDS_MAX;
use crate::error::EngineError;
use crate::guarded::guarded;
use crate::instances::Instance;
use crate::registry::Known;

/// A step that always asks for one more read.
const READS_WITHOUT_END: &str = "SW-1902";
/// Something of the engine's own would take hold of a value that another instance holds.
const NOT_REFUSABLE: &str = "SW-1905";
/// A due timer that is still due after it was taken.
const TIMER_NOT_TAKEN: &str = "SW-1903";

/// Where a group's snapshot came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// From memory: what leaves no trace must be checked against the store before it is told.
    Kept,
    /// Nobody has looked: it is to begin, and will not be there. The commit finds out.
    Assumed,
    Loaded,
}

pub(super) struct Group {
    pub instance: InstanceId,
    pub requests: Vec<Request>,
    pub moves: u32,
    pub stumbles: u32,
    pub fresh: bool,
    pub source: Source,
    pub known: Option<Arc<Known>>,
    /// As the store has it.
    pub before: Option<Instance>,
    /// After the steps so far; None: as before.
    pub current: Option<Snapshot>,
    /// What became of each request, in their order.
    pub steps: Vec<Step>,
    pub changes: Changes,
    /// Requests that must not be stepped before what stands here is committed, in their order.
    pub later: Vec<Request>,
    /// What the step under way has seen so far, and how often it has asked.
    facts: Facts,
    rounds: u32,
    /// What the question has seen so far who sees the instance, where it is not the step that asks it.
    sight: Facts,
    /// Whether it is that question which asks for more.
    asks_sight: bool,
    /// Who was taken last in this batch.
    taken_from: Option<Arc<str>>,
    /// Why the start that an event needs was not taken.
    start_refusals: Vec<Refusal>,
}

/// What became of a request.
pub(super) struct Step {
    pub conclusion: Conclusion,
    /// Whether it stands in the write's trail; what does not is not fenced by it.
    pub traced: bool,
    pub sequence: u64,
    /// Values it took hold of.
    pub holds: Vec<(Arc<str>, Arc<str>)>,
}

pub(super) enum Conclusion {
    Answer(Box<Answer>),
    /// For whoever does not want more.
    Verdict(Verdict),
    Error(EngineError),
}

impl Conclusion {
    /// None if nothing came of the input.
    pub fn verdict(&self) -> Option<&Verdict> {
        match self {
            Conclusion::Answer(answer) => Some(&answer.verdict),
            Conclusion::Verdict(verdict) => Some(verdict),
            Conclusion::Error(_) => None,
        }
    }
}

impl Group {
    pub fn of(parcel: Parcel) -> Self {
        Group {
            instance: parcel.instance,
            requests: parcel.requests,
            moves: parcel.moves,
            stumbles: parcel.stumbles,
            fresh: parcel.fresh,
            source: Source::Loaded,
            known: None,
            before: None,
            current: None,
            steps: Vec::new(),
            changes: Changes::default(),
            later: Vec::new(),
            facts: Facts::default(),
            rounds: 0,
            sight: Facts::default(),
            asks_sight: false,
            taken_from: None,
            start_refusals: Vec::new(),
        }
    }

    /// Another parcel of the same instance, after what is here.
    pub fn join(&mut self, parcel: Parcel) {
        self.requests.extend(parcel.requests);
        self.moves = self.moves.max(parcel.moves);
        self.stumbles = self.stumbles.max(parcel.stumbles);
        self.fresh |= parcel.fresh;
    }

    /// Whether it can be stepped without a look at the store: what is to begin is seldom there.
    pub fn is_to_begin(&self) -> bool {
        let first = self.requests.first();
        first.is_some_and(|first| !self.fresh && first.begins())
    }

    /// Begins from what was found.
    pub fn begin(&mut self, before: Option<Instance>, source: Source) {
        self.known = before.as_ref().map(|instance| instance.known.clone());
        self.before = before;
        self.source = source;
    }

    /// Nothing can be stepped: every request is told why.
    pub fn fail(&mut self, error: &EngineError) {
        while self.steps.len() < self.requests.len() {
            self.conclude_error(error.clone());
        }
    }

    /// The request under way cannot go on.
    pub fn fail_one(&mut self, error: EngineError) {
        self.conclude_error(error);
    }

    /// The snapshot after the steps so far.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.current
            .as_ref()
            .or_else(|| self.before.as_ref().map(|instance| &*instance.snapshot))
    }

    /// What whoever asks for more is to be called with again.
    pub fn facts_mut(&mut self) -> &mut Facts {
        if self.asks_sight { &mut self.sight } else { &mut self.facts }
    }

    /// The chart whose reads the step under way asks for: the instance's own, or the one it would begin with.
    pub fn asking(&self) -> Option<&Arc<Known>> {
        let request = self.requests.get(self.steps.len());
        let starting = request.and_then(|request| request.chart.as_ref());
        let starting = starting.filter(|_| !self.asks_sight);
        starting.or(self.known.as_ref())
    }

    /// Steps one request after the other, until one needs more or none is left.
    pub fn advance(&mut self, now: Timestamp) -> Option<Needs> {
        while self.steps.len() < self.requests.len() {
            match self.take_next(now) {
                // What is found by fields and marks is found in the store, which does not know yet what this batch did to the instance.
                Ok(Some(needs)) if !needs.finds.is_empty() && self.current.is_some() => self.leave_for_later(),
                Ok(Some(needs)) => {
                    self.rounds += 1;
                    if self.rounds <= NEEDS_ROUNDS_MAX {
                        return Some(needs);
                    }
                    let message =
                        format!("the step asked for more {NEEDS_ROUNDS_MAX} times; reads whose keys depend on one another?");
                    self.conclude_error(EngineError::Failed {
                        code: READS_WITHOUT_END,
                        message,
                    });
                }
                Ok(None) => {}
                Err(failure) => self.conclude_error(failure.into()),
            }
        }
        None
    }

    fn leave_for_later(&mut self) {
        self.later = self.requests.split_off(self.steps.len());
        self.facts = Facts::default();
        self.sight = Facts::default();
        self.rounds = 0;
    }

    fn take_next(&mut self, now: Timestamp) -> Result<Option<Needs>, Failure> {
        self.asks_sight = false;
        let position = self.steps.len();
        let request = &self.requests[position];
        if self.changes.is_resumed() && matches!(request.origin, Origin::Message { .. }) {
            // It stays in the store, and is found again behind those that the pause held back.
            self.conclude_untraced(Conclusion::Verdict(Verdict::Deferred));
            return Ok(None);
        }
        if let Some(row) = request.found.repeated.clone() {
            return self.repeat_recorded(&row, now).map(|()| None);
        }
        if let Some(first) = self.same_key_before(position) {
            return self.repeat_of_batch(first, now).map(|()| None);
        }
        let starting = match request.input.kind {
            InputKind::Start(_) => true,
            InputKind::Place(_) => self.snapshot().is_none(),
            _ => false,
        };
        match (self.snapshot().is_some(), starting) {
            (false, true) => self.start(now),
            (true, true) if matches!(request.origin, Origin::IfAbsent) => {
                self.conclude_untraced(Conclusion::Verdict(Verdict::Stale));
                Ok(None)
            }
            (true, true) => self.refuse_second_start(now),
            (false, false) => {
                let Party { workflow, key } = request.party();
                let refusals = self.start_refusals.clone();
                self.conclude_error(EngineError::NoSuchInstance { workflow, key, refusals });
                Ok(None)
            }
            (true, false) => self.continue_with(now),
        }
    }

    fn start(&mut self, now: Timestamp) -> Result<Option<Needs>, Failure> {
        let request = &self.requests[self.steps.len()];
        if !request.found.refusals.is_empty() {
            // There is no instance in whose trail the refusal could stand.
            let refusals = request.found.refusals.clone();
            self.refuse_start(refusals, now);
            return Ok(None);
        }
        let Some(known) = request.chart.clone() else {
            return Err(Failure {
                code: "SW-1904",
                message: "a start without a chart".into(),
            });
        };
        let (outcome, entry) = match step_and_seal(&known.chart, None, &request.input, &self.facts, now)? {
            Sealed::Needs(needs) => return Ok(Some(needs)),
            Sealed::Done(outcome, entry) => (outcome, entry),
        };
        match outcome.verdict {
            Verdict::Refused(refusals) if entry.is_none() => self.refuse_start(refusals, now),
            _ => {
                self.known = Some(known);
                self.fold(outcome, entry, now);
            }
        }
        Ok(None)
    }

    fn continue_with(&mut self, now: Timestamp) -> Result<Option<Needs>, Failure> {
        let request = &self.requests[self.steps.len()];
        let (_, snapshot) = self.standing()?;
        let current = snapshot.sequence;
        let is_stale = request.expected.is_some_and(|expected| expected != current);
        // what is said before the step has asked who sees the instance
        let is_event = matches!(
            request.input.kind,
            InputKind::Event { .. } | InputKind::Task { .. } | InputKind::Withdraw { .. } | InputKind::Acknowledge { .. }
        );
        if is_event && (is_stale || !request.found.refusals.is_empty()) {
            match self.is_seen(now)? {
                Err(needs) => return Ok(Some(needs)),
                Ok(true) => {}
                Ok(false) => {
                    self.conclude_hidden();
                    return Ok(None);
                }
            }
        }
        let request = &self.requests[self.steps.len()];
        if is_stale {
            self.conclude_error(EngineError::StaleRevision { current });
            return Ok(None);
        }
        if let Some(refusal) = request.found.refusals.first() {
            if !request.may_be_refused() {
                return Err(Failure {
                    code: NOT_REFUSABLE,
                    message: refusal.sentence.clone(),
                });
            }
            let refusals = request.found.refusals.clone();
            self.record_refusal(refusals, now)?;
            return Ok(None);
        }
        let (known, snapshot) = self.standing()?;
        match step_and_seal(&known.chart, Some(snapshot), &request.input, &self.facts, now)? {
            Sealed::Needs(needs) => Ok(Some(needs)),
            Sealed::Done(outcome, _) if outcome.verdict.is_hidden() => {
                self.conclude_hidden();
                Ok(None)
            }
            Sealed::Done(outcome, entry) => {
                if self.leaves_timer_due(&outcome) {
                    let message = "the timer is due and armed, and the chart does not take it".into();
                    return Err(Failure {
                        code: TIMER_NOT_TAKEN,
                        message,
                    });
                }
                self.fold(outcome, entry, now);
                Ok(None)
            }
        }
    }

    /// A timer that would come again at once, for ever.
    fn leaves_timer_due(&self, outcome: &Outcome) -> bool {
        let Origin::Timer { name, due_us } = &self.requests[self.steps.len()].origin else {
            return false;
        };
        let armed = outcome.next.timers.get(name);
        armed.is_some_and(|timer| !timer.spent && timer.remaining_us.is_none() && timer.due.as_microsecond() == *due_us)
    }

    fn record(&mut self, what: Record, now: Timestamp) -> Result<(), Failure> {
        let request = &self.requests[self.steps.len()];
        let (known, snapshot) = self.standing()?;
        let (outcome, entry) = guarded(|| record(&known.chart, snapshot, &what, &request.input.actor, now))?;
        readable(&entry)?;
        self.fold(Box::new(outcome), Some(entry), now);
        Ok(())
    }

    /// The instance as it is now, and its chart.
    fn standing(&self) -> Result<(&Arc<Known>, &Snapshot), Failure> {
        let standing = self.known.as_ref().zip(self.snapshot());
        standing.ok_or_else(|| Failure {
            code: "SW-1904",
            message: "an instance without a chart".into(),
        })
    }

    /// Adds a finished step to the write.
    fn fold(&mut self, outcome: Box<Outcome>, entry: Option<Entry>, now: Timestamp) {
        let Some(known) = self.known.clone() else { return };
        let request = &self.requests[self.steps.len()];
        let traced = entry.is_some();
        let holds = held_by(&outcome);
        let facts = std::mem::take(&mut self.facts);
        // What changed nothing is compared too: a wake-up that saw an old view of its subject must not be consumed by it.
        self.changes.see(self.instance, &facts);
        self.changes.see_input(self.instance, request);
        self.changes.add(&outcome, entry, request, now);
        let verdict = outcome.verdict;
        if traced {
            self.current = Some(outcome.next);
        }
        let snapshot = self
            .current
            .as_ref()
            .or_else(|| self.before.as_ref().map(|instance| &*instance.snapshot));
        let sequence = snapshot.map_or(0, |snapshot| snapshot.sequence);
        let conclusion = match snapshot {
            Some(snapshot) if request.reply.wants_answer() => {
                let mut answer = Answer::of(&known.chart, snapshot, verdict.clone(), now);
                if let (InputKind::Open { .. }, Verdict::Taken) = (&request.input.kind, &verdict) {
                    answer.open_until = open_until(snapshot, &request.input.actor, now);
                }
                if !matches!(verdict, Verdict::Taken) {
                    answer.lost_to = self.taken_from.clone();
                }
                Conclusion::Answer(Box::new(answer))
            }
            _ => Conclusion::Verdict(verdict.clone()),
        };
        if matches!(verdict, Verdict::Taken) {
            let actor = &request.input.actor;
            self.taken_from = Some(actor.name.as_ref().unwrap_or(&actor.id).clone());
        }
        self.conclude(Step {
            conclusion,
            traced,
            sequence,
            holds,
        });
    }

    fn conclude_untraced(&mut self, conclusion: Conclusion) {
        self.conclude(Step {
            conclusion,
            traced: false,
            sequence: 0,
            holds: Vec::new(),
        });
    }

    fn conclude_error(&mut self, error: EngineError) {
        self.conclude_untraced(Conclusion::Error(error));
    }

    fn conclude(&mut self, step: Step) {
        self.steps.push(step);
        self.facts = Facts::default();
        self.sight = Facts::default();
        self.rounds = 0;
    }
}

fn held_by(outcome: &Outcome) -> Vec<(Arc<str>, Arc<str>)> {
    let held = outcome.claims.iter().filter_map(|claim| match claim {
        ClaimChange::Hold { name, value } => Some((name.clone(), value.clone())),
        ClaimChange::Release { .. } => None,
    });
    held.collect()
}
