//! What is refused before the step, or in its place: for what the commit saw, for a key that is taken, to whoever sees nothing.

use jiff::Timestamp;
use statewright_core::step::{Failure, InputKind, Needs, Record, Refusal, RefusalKind, Stepped, Verdict, sees, step};

use super::{Conclusion, Group};
use crate::body::Party;
use crate::error::EngineError;
use crate::guarded::guarded;
use crate::intake::answer::Answer;

impl Group {
    pub(super) fn refuse_start(&mut self, refusals: Vec<Refusal>, now: Timestamp) {
        let request = &self.requests[self.steps.len()];
        let verdict = Verdict::Refused(refusals.clone());
        if let Some(snapshot) = self
            .current
            .as_ref()
            .or_else(|| self.before.as_ref().map(|instance| &*instance.snapshot))
        {
            self.changes.turn_away(&Party::of(snapshot), request, &verdict, now);
        }
        let conclusion = if request.reply.wants_answer() {
            Conclusion::Answer(Box::new(Answer::of_absent(&request.party(), verdict)))
        } else {
            Conclusion::Verdict(verdict)
        };
        self.start_refusals = refusals;
        self.conclude_untraced(conclusion);
    }

    /// Whoever may not start one is told that, and not whether there is one. Who may, and does not see this one, leaves nothing in its
    /// trail and learns no more than that the key is taken. The others find their attempt in its trail.
    pub(super) fn refuse_second_start(&mut self, now: Timestamp) -> Result<Option<Needs>, Failure> {
        let request = &self.requests[self.steps.len()];
        if let Some(known) = request.chart.as_ref().filter(|_| request.found.refusals.is_empty()) {
            let refusals = match guarded(|| step(&known.chart, None, &request.input, &self.facts, now))? {
                Stepped::Needs(needs) => return Ok(Some(needs)),
                Stepped::Done(outcome) => match outcome.verdict {
                    Verdict::Refused(refusals) => refusals,
                    _ => Vec::new(),
                },
            };
            if refusals.iter().any(Refusal::is_forbidden) {
                self.refuse_start(refusals, now);
                return Ok(None);
            }
            match self.is_seen(now)? {
                Err(needs) => return Ok(Some(needs)),
                Ok(true) => {}
                Ok(false) => {
                    self.refuse_taken_key(refusals, now);
                    return Ok(None);
                }
            }
        }
        let request = &self.requests[self.steps.len()];
        if !request.found.refusals.is_empty() {
            let refusals = request.found.refusals.clone();
            self.record_refusal(refusals, now)?;
            return Ok(None);
        }
        let Party { workflow, key } = request.party();
        let sentence = format!("{workflow}/{key} exists already");
        let refusal = Refusal {
            kind: RefusalKind::Conflict,
            sentence,
            field: None,
            instances: vec![format!("{workflow}/{key}")],
        };
        self.record_refusal(vec![refusal], now)?;
        Ok(None)
    }

    /// As if there were no instance; only if it could be started then, the key has to be called taken.
    fn refuse_taken_key(&mut self, mut refusals: Vec<Refusal>, now: Timestamp) {
        if refusals.is_empty() {
            let Party { key, .. } = self.requests[self.steps.len()].party();
            refusals.push(Refusal::new(
                RefusalKind::Conflict,
                format!("the key {key} is not free; choose another"),
            ));
        }
        self.refuse_start(refusals, now);
    }

    /// Whether the sender sees the instance as it is now; or what must be looked up to say so.
    pub(super) fn is_seen(&mut self, now: Timestamp) -> Result<Result<bool, Needs>, Failure> {
        let (known, snapshot) = self.standing()?;
        let input = &self.requests[self.steps.len()].input;
        let actor = &input.actor;
        if let InputKind::Task { task, .. } = &input.kind
            && snapshot.tasks.get(&task.name).is_some_and(|open| open.is_known_to(actor))
        {
            return Ok(Ok(true));
        }
        let answer = guarded(|| Ok(sees(&known.chart, snapshot, actor, &self.sight, now)))?;
        self.asks_sight = answer.is_err();
        Ok(answer)
    }

    /// The sender does not see the instance: it is told what it would be told if there were none.
    pub(super) fn conclude_hidden(&mut self) {
        let request = &self.requests[self.steps.len()];
        tracing::info!(instance = %self.instance, actor = %request.input.actor.id, "who does not see the instance sent it an event");
        let Party { workflow, key } = request.party();
        let refusals = Vec::new();
        self.conclude_error(EngineError::NoSuchInstance { workflow, key, refusals });
    }

    pub(super) fn record_refusal(&mut self, refusals: Vec<Refusal>, now: Timestamp) -> Result<(), Failure> {
        let input = Box::new(self.requests[self.steps.len()].input.clone());
        self.record(Record::Refused { input, refusals }, now)
    }
}
