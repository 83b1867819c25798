//! The end of a step: all comes to rest, then timers, invokes, claims and subscriptions are brought into line, and the entry is
//! written.

use std::sync::Arc;

use super::interrupt::Interrupt;
use super::machine::Machine;
use super::record::{EntryParts, InputRecord};
use super::run::form_of;
use super::{ArmedTimer, Input, Outcome, Refusal, Snapshot, Status, SubscriptionChange, TimerChange, Verdict};
use crate::chart::{StateIndex, StateSet};
use crate::identity::Digest;

impl<'a> Machine<'a> {
    /// Everything that follows by itself, then timers, invokes, claims and subscriptions as the configuration wants them.
    pub(super) fn conclude(
        &mut self,
        before: Option<&Snapshot>,
        input: &'a Input,
        verdict: Verdict,
    ) -> Result<Outcome, Interrupt> {
        self.come_to_rest()?;
        self.settle_timers()?;
        self.pause_invokes();
        let claims = self.settle_claims()?;
        let subscriptions = self.settle_subscriptions();
        let resumed = before.is_some_and(|before| {
            let was = before.paused(self.chart);
            let is = self.paused_states();
            was.iter().any(|state| !is.contains(state))
        });
        let nothing = Default::default();
        let timers = timer_changes(before.map_or(&nothing, |before| &before.timers), &self.next.timers);
        let outcome = Outcome {
            verdict,
            next: self.next.clone(),
            entry: None,
            timers,
            effects: std::mem::take(&mut self.effects),
            abandoned: std::mem::take(&mut self.abandoned),
            messages: std::mem::take(&mut self.messages),
            claims,
            subscriptions,
            resumed,
        };
        Ok(self.with_entry(outcome, before.map_or(Digest::ZERO, |before| before.head), input))
    }

    /// Invokes begin once all is at rest; one that cannot begin raises its error, and all comes to rest again.
    fn come_to_rest(&mut self) -> Result<(), Interrupt> {
        self.run_to_completion()?;
        let mut begun = StateSet::default();
        loop {
            let fresh: Vec<StateIndex> = self.fresh.iter().filter(|state| !begun.contains(*state)).collect();
            if fresh.is_empty() && self.queue.is_empty() {
                return Ok(());
            }
            for state in fresh {
                begun.insert(state);
                self.begin_invokes_of(state)?;
            }
            self.run_to_completion()?;
        }
    }

    fn settle_subscriptions(&mut self) -> Vec<SubscriptionChange> {
        let mut wanted = std::mem::take(&mut self.seen.borrow_mut().watched);
        if self.next.status == Status::Done {
            wanted.clear();
        }
        let held = std::mem::replace(&mut self.next.subscriptions, wanted);
        let gone = held
            .difference(&self.next.subscriptions)
            .map(|instance| SubscriptionChange::Unwatch(*instance));
        let come = self
            .next
            .subscriptions
            .difference(&held)
            .map(|instance| SubscriptionChange::Watch(*instance));
        gone.chain(come).collect()
    }

    pub(super) fn with_entry(&mut self, mut outcome: Outcome, previous: Digest, input: &'a Input) -> Outcome {
        let stored = outcome.next.store(self.chart);
        let seen = self.seen.borrow();
        let refusals: &[Refusal] = match &outcome.verdict {
            Verdict::Refused(refusals) => refusals,
            _ => &[],
        };
        let parts = EntryParts {
            chart: self.chart,
            next: &outcome.next,
            previous,
            input: InputRecord::Input {
                input,
                form: form_of(self.chart, input),
            },
            actor: self.actor,
            at: self.now,
            verdict: outcome.verdict.as_str(),
            refusals,
            reads: seen.reads.iter().collect(),
            entropy: if seen.entropy_used { self.facts.entropy } else { None },
            label: self.label(),
            log: &self.log,
            timers: &outcome.timers,
            effects: &outcome.effects,
            messages: &outcome.messages,
            claims: &outcome.claims,
        };
        let entry = parts.write(stored);
        outcome.next.head = entry.digest;
        outcome.entry = Some(entry);
        outcome
    }
}

type Timers = std::collections::BTreeMap<Arc<str>, ArmedTimer>;

/// Rows to write and rows to take away: a timer that is spent or paused has none.
fn timer_changes(before: &Timers, after: &Timers) -> Vec<TimerChange> {
    let row = |timers: &Timers, name: &Arc<str>| {
        timers
            .get(name)
            .filter(|armed| !armed.spent && armed.remaining_us.is_none())
            .map(|armed| armed.due)
    };
    let mut names: Vec<&Arc<str>> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| match (row(before, name), row(after, name)) {
            (was, Some(due)) if was != Some(due) => Some(TimerChange::Arm { name: name.clone(), due }),
            (Some(_), None) => Some(TimerChange::Cancel { name: name.clone() }),
            _ => None,
        })
        .collect()
}
