//! What people are shown of a task: what is to be done, why it is here, and what happens if nobody acts.

use std::sync::Arc;

use jiff::Timestamp;

use super::interrupt::{Interrupt, NoValue};
use super::machine::Machine;
use super::scope::Locals;
use super::timer::timer_name;
use super::view::in_words;
use super::{Actor, Audience, Facts, Needs, OpenTask, Seeking, Snapshot, TimerOf, Visibility};
use crate::chart::{Chart, Rung, RungCondition, StateIndex, Task, TimerMoment};
use crate::expression::Expression;
use crate::value::Value;

/// An open task, for whoever may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskShown {
    /// Path of its state.
    pub name: Arc<str>,
    pub opened: u64,
    pub opened_at: Timestamp,
    pub title: String,
    pub help: Option<String>,
    /// 9 comes first.
    pub priority: u8,
    pub due: Option<Timestamp>,
    pub follow_up: Option<Timestamp>,
    pub holder: Option<Arc<str>>,
    pub taking_over: TakingOver,
    /// What whoever held it before left for the next one.
    pub note: Option<Arc<str>>,
    pub acknowledged: Option<Arc<str>>,
    /// On hold, and why.
    pub held: Option<Arc<str>>,
    /// Why it is here, and with whom: what led to it first.
    pub why: Vec<TaskReason>,
    /// What happens if nobody acts, the earliest first.
    pub next: Vec<Upcoming>,
    /// What stands beside the form, as far as the actor sees it.
    pub show: Vec<(Arc<str>, Value)>,
    /// The events of its own state: its buttons.
    pub events: Vec<Arc<str>>,
}

/// Whether the actor could take a task from its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakingOver {
    /// It is not for them, it is on hold, nobody holds it, or they do themselves.
    Never,
    /// While its holder is away.
    WhileAway,
    /// Its ladder has brought it to them.
    Now,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskReason {
    pub at: Timestamp,
    /// A sentence for people.
    pub what: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    pub at: Timestamp,
    /// What happens then, as a sentence for people.
    pub what: String,
}

/// The open tasks that an actor may see, in the order of the chart.
pub fn tasks(
    chart: &Chart,
    snapshot: &Snapshot,
    actor: &Actor,
    visible: &Visibility,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<TaskShown>, Needs> {
    let machine = Machine::new(chart, snapshot.clone(), actor, None, facts, now);
    let mut shown = Vec::new();
    for (name, open) in &snapshot.tasks {
        let Some(task) = &chart.state(open.state).task else { continue };
        let sees = *visible != Visibility::Hidden || open.is_known_to(actor);
        if sees {
            shown.push(
                machine
                    .task_shown(name, open, task, visible)
                    .map_err(|_| machine.take_needs())?,
            );
        }
    }
    if machine.lacks_facts() {
        return Err(machine.take_needs());
    }
    shown.sort_by_key(|task| chart.state_at(&task.name).map(|state| state.index));
    Ok(shown)
}

/// What the task of a state is called, as far as its own instance can say it.
pub fn task_title(chart: &Chart, snapshot: &Snapshot, path: &str, now: Timestamp) -> String {
    let facts = Facts::default();
    let actor = Actor::engine();
    let machine = Machine::new(chart, snapshot.clone(), &actor, None, &facts, now);
    let in_words_of_state = || {
        chart
            .state_at(path)
            .map_or_else(|| in_words(path), |state| in_words(&state.name))
    };
    machine.task_title(path).unwrap_or_else(|_| in_words_of_state())
}

/// The id of whom the task of a state is to be given before all others, as far as its own instance can say it.
pub fn first_choice(chart: &Chart, snapshot: &Snapshot, path: &str, now: Timestamp) -> Option<Arc<str>> {
    let first = chart.state_at(path)?.task.as_ref()?.assignment.as_ref()?.first.as_ref()?;
    let (facts, actor) = (Facts::default(), Actor::engine());
    let machine = Machine::new(chart, snapshot.clone(), &actor, None, &facts, now);
    match machine.scope(&[], &Locals::default()).template(first) {
        Ok(Value::Text(user)) => Some(user),
        Ok(_) | Err(_) => None,
    }
}

impl Machine<'_> {
    /// The title of an open task; of one that is not open, or whose title has no value, its name in words.
    pub(super) fn task_title(&self, path: &str) -> Result<String, Interrupt> {
        let Some(state) = self.chart.state_at(path) else {
            return Ok(in_words(path));
        };
        let titles = state.task.iter().filter_map(|task| task.title.as_ref()).chain(&state.title);
        for title in titles {
            match self.scope(&[], &Locals::default()).text(title) {
                Ok(title) => return Ok(title),
                Err(NoValue::Needs) => return Err(Interrupt::Needs),
                Err(NoValue::Fault(_)) => {}
            }
        }
        Ok(in_words(&state.name))
    }

    fn task_shown(&self, name: &Arc<str>, open: &OpenTask, task: &Task, visible: &Visibility) -> Result<TaskShown, Interrupt> {
        let state = self.chart.state(open.state);
        let events = state
            .on
            .iter()
            .filter_map(|index| super::offers::for_people(self.chart.transition(*index)));
        let mut events: Vec<Arc<str>> = events.map(|(event, _)| event.clone()).collect();
        events.dedup();
        let help = task.help.as_ref().map(|help| self.scope(&[], &Locals::default()).text(help));
        let held = self.paused_states().contains(open.state).then(|| self.why_paused(open.state));
        Ok(TaskShown {
            name: name.clone(),
            opened: open.opened,
            opened_at: open.opened_at,
            title: self.task_title(name)?,
            help: match help {
                Some(Err(NoValue::Needs)) => return Err(Interrupt::Needs),
                Some(Ok(help)) => Some(help),
                Some(Err(NoValue::Fault(_))) | None => None,
            },
            priority: open.priority,
            due: open.due,
            follow_up: open.follow_up,
            holder: open.holder.clone(),
            taking_over: match held.is_some() {
                true => TakingOver::Never,
                false => open.taking_over(self.actor),
            },
            note: open.handed_over.as_ref().and_then(|handed_over| handed_over.note.clone()),
            acknowledged: open.acknowledged.clone(),
            why: why(open, task),
            next: if held.is_some() {
                Vec::new()
            } else {
                self.upcoming(name, open, task)
            },
            held,
            show: self.beside(task, visible)?,
            events,
        })
    }

    /// Names that the actor does not see, and what has no value, are left out.
    fn beside(&self, task: &Task, visible: &Visibility) -> Result<Vec<(Arc<str>, Value)>, Interrupt> {
        let mut beside = Vec::new();
        for name in &task.show {
            let first = name.split('.').next().unwrap_or_default();
            let sees = match visible {
                Visibility::Hidden => false,
                Visibility::Shown { fields: None } => true,
                Visibility::Shown { fields: Some(fields) } => fields.iter().any(|field| **field == *first),
            };
            let Some(expression) = Expression::parse(name).ok().filter(|_| sees) else {
                continue;
            };
            match self.scope(&[], &Locals::default()).value(&expression) {
                Ok(value) => beside.push((name.clone(), value)),
                Err(NoValue::Needs) => return Err(Interrupt::Needs),
                Err(NoValue::Fault(_)) => {}
            }
        }
        Ok(beside)
    }

    fn upcoming(&self, path: &Arc<str>, open: &OpenTask, task: &Task) -> Vec<Upcoming> {
        let mut upcoming: Vec<Upcoming> = Vec::new();
        for (position, rung) in task.ladder.iter().enumerate() {
            let armed = self
                .next
                .timers
                .get(&TimerOf::Task { path, rung: position }.name())
                .filter(|armed| !armed.spent);
            let holds = match rung.during {
                RungCondition::Open => true,
                RungCondition::Unacknowledged => open.acknowledged.is_none(),
                RungCondition::Unclaimed => open.acknowledged.is_none() && open.holder.is_none(),
            };
            if let Some(armed) = armed.filter(|_| holds) {
                upcoming.push(Upcoming {
                    at: armed.due,
                    what: self.rung_in_words(rung),
                });
            }
        }
        for state in std::iter::once(open.state).chain(self.chart.ancestors(open.state)) {
            upcoming.extend(self.timers_in_words(state));
        }
        upcoming.sort_by_key(|upcoming| upcoming.at);
        upcoming
    }

    fn rung_in_words(&self, rung: &Rung) -> String {
        let mut what: Vec<String> = Vec::new();
        let people = self.audience(&rung.people, &[], &Locals::default()).unwrap_or_default();
        if !people.any_of.is_empty() {
            let via: Vec<&str> = rung.via.iter().map(|channel| channel.as_str()).collect();
            what.push(format!("goes to {} as well ({})", in_people(&people), via.join(", ")));
        }
        if rung.take {
            what.push("is taken from whoever holds it".into());
        }
        if let Some(event) = &rung.raise {
            what.push(format!("raises {event}"));
        }
        what.join("; ")
    }

    /// Timers that lead out of where the task is.
    fn timers_in_words(&self, state: StateIndex) -> Vec<Upcoming> {
        let leads = |timer: &crate::chart::Timer| {
            let branches = &self.chart.transition(timer.transition).branches;
            branches.iter().find_map(|branch| branch.targets.first().copied())
        };
        let timers = self.chart.state(state).after.iter();
        let timers = timers.filter(|timer| !matches!(timer.when, TimerMoment::Every { .. }));
        timers
            .filter_map(|timer| {
                let armed = self.next.timers.get(&timer_name(self.chart, state, timer))?;
                let target = leads(timer).filter(|_| !armed.spent && armed.remaining_us.is_none())?;
                Some(Upcoming {
                    at: armed.due,
                    what: format!("goes on to {}", in_words(&self.chart.state(target).name)),
                })
            })
            .collect()
    }
}

impl OpenTask {
    fn taking_over(&self, actor: &Actor) -> TakingOver {
        let is_anothers = self.holder.as_ref().is_some_and(|holder| *holder != actor.id);
        match is_anothers && self.is_for(actor) {
            false => TakingOver::Never,
            true if self.has_reached(actor) => TakingOver::Now,
            true => TakingOver::WhileAway,
        }
    }
}

fn why(open: &OpenTask, task: &Task) -> Vec<TaskReason> {
    let mut why = vec![TaskReason {
        at: open.opened_at,
        what: format!("{}, by {}", open.event, open.by),
    }];
    for reached in &open.reached {
        let during = task.ladder.get(reached.rung).map_or(RungCondition::Open, |rung| rung.during);
        let people = match reached.people.any_of.is_empty() {
            true => String::new(),
            false => format!(": went to {} as well", in_people(&reached.people)),
        };
        why.push(TaskReason {
            at: reached.at,
            what: format!("still {}{people}", during.as_str()),
        });
    }
    why.extend(open.handed_over.as_ref().map(|handed_over| {
        let note = handed_over.note.as_ref().map_or(String::new(), |note| format!(": {note}"));
        TaskReason {
            at: handed_over.at,
            what: format!("given back for {}{note}", handed_over.from),
        }
    }));
    why.extend(match (&open.seeking, &open.holder) {
        (Some(Seeking::Given { at, why }), Some(holder)) => Some(TaskReason {
            at: *at,
            what: format!("given to {holder}: {why}"),
        }),
        (Some(Seeking::Offered { at, why }), None) => Some(TaskReason {
            at: *at,
            what: format!("offered to all: {why}"),
        }),
        _ => None,
    });
    why.sort_by_key(|reason| reason.at);
    why
}

/// `lab supervisor`, `ada`, `nurse of ED`.
fn in_people(audience: &Audience) -> String {
    let patterns = audience.any_of.iter().map(|pattern| {
        let line = |line: &Option<Vec<Arc<str>>>| line.as_ref().map(|names| names.join(" or "));
        let who = [
            line(&pattern.role).map(|role| role.replace('_', " ")),
            line(&pattern.user),
            line(&pattern.skill),
        ];
        let of = [line(&pattern.unit), line(&pattern.organisation)];
        let who: Vec<String> = who.into_iter().flatten().collect();
        let of: Vec<String> = of.into_iter().flatten().collect();
        match (who.is_empty(), of.is_empty()) {
            (true, _) => of.join(" of "),
            (false, true) => who.join(" and "),
            (false, false) => format!("{} of {}", who.join(" and "), of.join(" of ")),
        }
    });
    patterns.collect::<Vec<_>>().join(", ")
}
