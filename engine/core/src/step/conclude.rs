//! The end of a step: all comes to rest, then timers, invokes, claims and subscriptions are brought into line.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::index::mark_index;
use super::interrupt::Interrupt;
use super::log::{Log, Marked};
use super::machine::Machine;
use super::{
    ArmedTimer, MarkChange, OpenTask, Outcome, Snapshot, Status, SubscriptionChange, TaskChange, TimerChange, Trace, Verdict,
};
use crate::chart::Chart;

impl Machine<'_> {
    /// Everything that follows by itself, then timers, invokes, claims and subscriptions as the configuration wants them.
    pub(super) fn conclude(&mut self) -> Result<(), Interrupt> {
        self.come_to_rest()?;
        self.check_index()?;
        self.settle_timers()?;
        self.settle_clocks()?;
        self.settle_tasks()?;
        self.settle_signatures()?;
        self.pause_invokes();
        self.hold_children()?;
        self.claims = self.settle_claims()?;
        self.subscriptions = self.settle_subscriptions();
        Ok(())
    }

    /// What was decided, once an input was taken and all is concluded.
    pub(super) fn into_outcome(mut self, before: Option<&Snapshot>) -> Outcome {
        let resumed = before.is_some_and(|before| {
            let was = before.paused(self.chart);
            let is = self.paused_states();
            was.iter().any(|state| !is.contains(state))
        });
        let timers = before.map_or_else(
            || timer_changes(&BTreeMap::new(), &self.next.timers),
            |before| timer_changes(&before.timers, &self.next.timers),
        );
        let nothing = BTreeMap::new();
        let tasks = task_changes(before.map_or(&nothing, |before| &before.tasks), &self.next.tasks);
        let marks = mark_changes(self.chart, &self.log);
        Outcome {
            verdict: Verdict::Taken,
            trace: Some(self.trace()),
            next: self.next,
            timers,
            effects: self.effects,
            abandoned: self.abandoned,
            messages: self.messages,
            claims: self.claims,
            subscriptions: self.subscriptions,
            tasks,
            notices: self.notices,
            marks,
            resumed,
        }
    }

    /// Invokes begin once all is at rest; one that cannot begin raises its error, and all comes to rest again.
    fn come_to_rest(&mut self) -> Result<(), Interrupt> {
        self.run_to_completion()?;
        loop {
            let fresh = self.fresh.without(&self.begun);
            if fresh.is_empty() && self.queue.is_empty() {
                return Ok(());
            }
            for state in fresh.iter() {
                self.begun.insert(state);
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

    /// What the entry will say beside what is decided.
    pub(super) fn trace(&mut self) -> Trace {
        self.keep_decisions();
        // its reads are recorded like all others
        let label = self.label();
        let seen = self.seen.get_mut();
        Trace {
            at: self.now,
            log: std::mem::take(&mut self.log),
            reads: std::mem::take(&mut seen.reads).into_iter().collect(),
            finds: std::mem::take(&mut seen.finds).into_iter().collect(),
            entropy: if seen.entropy_used { self.facts.entropy } else { None },
            calendar: self
                .facts
                .calendar
                .as_ref()
                .filter(|_| seen.calendar_used)
                .map(|calendar| (calendar.name.clone(), calendar.version)),
            tables: std::mem::take(&mut seen.tables_used),
            units: std::mem::take(&mut seen.units),
            label,
        }
    }
}

/// Marks and what takes them back, in the order in which they were written.
fn mark_changes(chart: &Chart, log: &Log) -> Vec<MarkChange> {
    let mut changes = Vec::with_capacity(log.marks.len() + log.marks_back.len());
    let mut back = log.marks_back.iter().peekable();
    for (position, Marked { name, values, at }) in log.marks.iter().enumerate() {
        while let Some((name, _)) = back.next_if(|(_, before)| *before <= position) {
            changes.push(MarkChange::Back { name: name.clone() });
        }
        changes.push(MarkChange::Put {
            name: name.clone(),
            values: values.clone(),
            index: mark_index(chart, name, values),
            at: *at,
        });
    }
    changes.extend(back.map(|(name, _)| MarkChange::Back { name: name.clone() }));
    changes
}

/// What queues show differently: a task that is on hold is in none.
fn task_changes(before: &BTreeMap<Arc<str>, OpenTask>, after: &BTreeMap<Arc<str>, OpenTask>) -> Vec<TaskChange> {
    let shown =
        |tasks: &BTreeMap<Arc<str>, OpenTask>, name: &Arc<str>| tasks.get(name).filter(|task| task.held_since.is_none()).cloned();
    let mut names: Vec<&Arc<str>> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| match (shown(before, name), shown(after, name)) {
            (was, Some(task)) if was.as_ref() != Some(&task) => Some(TaskChange::Open {
                name: name.clone(),
                task: Box::new(task),
            }),
            (Some(_), None) => Some(TaskChange::Gone { name: name.clone() }),
            _ => None,
        })
        .collect()
}

type Timers = BTreeMap<Arc<str>, ArmedTimer>;

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
