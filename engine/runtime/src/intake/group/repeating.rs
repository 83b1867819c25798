//! Inputs that come again under the key of one that was taken: answered as it was, and never taken twice.

use jiff::Timestamp;
use statewright_core::step::{Failure, Input, InputKind, Record, Verdict, repeats};

use super::{Conclusion, Group};
use crate::body::Party;
use crate::error::EngineError;
use crate::guarded::guarded;
use crate::intake::answer::Answer;
use crate::intake::request::Origin;
use crate::store::TrailRow;

impl Group {
    /// An earlier request of this batch with the same key.
    pub(super) fn same_key_before(&self, position: usize) -> Option<usize> {
        let key = self.requests[position].input.key?;
        (0..position).find(|earlier| self.requests[*earlier].input.key == Some(key) && self.steps[*earlier].traced)
    }

    pub(super) fn repeat_of_batch(&mut self, first: usize, now: Timestamp) -> Result<(), Failure> {
        let position = self.steps.len();
        if !asks_the_same(&self.requests[first].input, &self.requests[position].input) {
            self.conclude_error(EngineError::KeyReused);
            return Ok(());
        }
        let of = self.steps[first].sequence;
        let answer = match &self.steps[first].conclusion {
            Conclusion::Answer(answer) => Some(Answer {
                duplicate: true,
                ..(**answer).clone()
            }),
            _ => None,
        };
        self.repeat(of, answer, now)
    }

    pub(super) fn repeat_recorded(&mut self, row: &TrailRow, now: Timestamp) -> Result<(), Failure> {
        let request = &self.requests[self.steps.len()];
        let (Some(known), Some(snapshot)) = (&self.known, self.snapshot()) else {
            let Party { workflow, key } = request.party();
            self.conclude_error(EngineError::NoSuchInstance {
                workflow,
                key,
                refusals: Vec::new(),
            });
            return Ok(());
        };
        if matches!(request.origin, Origin::Caller) && !guarded(|| repeats(&known.chart, snapshot, &row.bytes, &request.input))? {
            self.conclude_error(EngineError::KeyReused);
            return Ok(());
        }
        let first_answer = !self.requests[self.steps.len()].is_unnamed();
        match Answer::of_entry(self.instance, row) {
            Ok(answer) if first_answer => self.repeat(row.sequence, Some(answer), now),
            Ok(answer) => {
                // Nobody repeated anything: the answer to its only time was lost between the database and this node.
                let answer = Answer {
                    duplicate: false,
                    ..answer
                };
                self.conclude_untraced(Conclusion::Answer(Box::new(answer)));
                Ok(())
            }
            Err(error) => {
                self.conclude_error(error);
                Ok(())
            }
        }
    }

    /// A repetition from outside is kept in the trail; one of the engine's own is only consumed, since its first had the effect.
    fn repeat(&mut self, of: u64, answer: Option<Answer>, now: Timestamp) -> Result<(), Failure> {
        let position = self.steps.len();
        let verdict = answer.as_ref().map_or(Verdict::Stale, |answer| answer.verdict.clone());
        match (self.requests[position].origin.clone(), self.requests[position].input.key) {
            (Origin::Caller, Some(key)) => self.record(Record::Duplicate { of, key }, now)?,
            (origin, _) => {
                self.changes.consume(&origin);
                self.conclude_untraced(Conclusion::Verdict(Verdict::Stale));
            }
        }
        if let Some(step) = self.steps.get_mut(position) {
            step.sequence = of;
            step.conclusion = match answer {
                Some(answer) if self.requests[position].reply.wants_answer() => Conclusion::Answer(Box::new(answer)),
                _ => Conclusion::Verdict(verdict),
            };
        }
        Ok(())
    }
}

/// Whether two inputs that came under one key ask for the same. What the engine drew for a start is not asked.
fn asks_the_same(first: &Input, second: &Input) -> bool {
    let same_kind = match (&first.kind, &second.kind) {
        (InputKind::Start(first), InputKind::Start(second)) => first.payload == second.payload && first.parent == second.parent,
        (first, second) => first == second,
    };
    same_kind && first.reason == second.reason
}
