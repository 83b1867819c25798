//! The compiled chart: what a workflow file means, with every name resolved to an index and every expression parsed.
//!
//! States and transitions live in arenas in document order, because SCXML decides ties by document order. A chart is made by
//! `lang`, is immutable, and is pinned by its hash in every instance.

mod access;
mod action;
mod assignment;
mod clock;
mod contract;
mod invoke;
mod ladder;
mod mark;
mod migration;
mod people;
mod read;
mod roles;
mod schedule;
mod shown;
mod signature;
mod state_set;
mod table;
mod task;
mod transition;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) use access::Attributes;
pub use access::{Access, Grant};
pub use action::{Action, Addressee, Call, Each, Notify, PathAssignment, Retry, Send, StartInstance, Undo, ValueTemplate, Verb};
pub use assignment::{Assignment, Preference, Reoffer};
pub use clock::Clock;
pub use contract::{ActionContract, Contract, EventContract, FAILURES, PROBLEM_MEMBERS, accept as accept_reported};
pub use invoke::{Children, Invoke, Work};
pub use ladder::{Channel, Rung, RungCondition, RungMoment};
pub use mark::{Marks, finds_marks};
pub use migration::{Migration, TimerPolicy, Timers};
pub use people::{Party, People, PersonPattern};
pub use read::{Find, FindSource, Read, ReadOf, Take};
pub use roles::{ACCESS_REVIEWER, AUDITOR, MONITOR, OPERATOR, QuietHours, ROLES_MAX, Role, Roles, RolesVersion, Roster, Unit};
pub use schedule::{Schedule, Scheduled};
pub use signature::{Proof, Signature, Signers};
pub use state_set::{STATES_MAX, StateSet, States};
pub use table::{
    Answer, Body, Bound, Combined, Combining, Condition, Decided, Decision, LookUp, Row, TABLE_LETS_MAX, Table, TableVersion,
};
pub use task::{PRIORITY_MAX, PRIORITY_NORMAL, Task, priority_of_word};
pub use transition::{Admission, Branch, EventPattern, Form, Guard, Reason, Transition, Trigger};
pub use view::{
    Brand, Column, DocumentKind, Lane, Measure, Order, PageContent, Path, Portal, PortalPage, PortalVersion, View, ViewKind,
    ViewOf, ViewVersion,
};

use crate::diagnostic::Span;
use crate::expression::{Expression, Template};
use crate::field::Fields;
use crate::identity::Digest;

/// The position of a state in [`Chart::states`]; the root is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateIndex(pub u16);

/// The position of a transition in [`Chart::transitions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransitionIndex(pub u16);

impl StateIndex {
    pub const ROOT: StateIndex = StateIndex(0);
}

/// Named expressions, in the order in which they were written.
pub type Lets = Vec<(Arc<str>, Expression)>;

/// The tables that a definition pins.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    pub by_name: BTreeMap<Arc<str>, Arc<Table>>,
    /// Inputs of decision tables, by table and name, that may be given personal data somewhere in this chart.
    pub personal_inputs: BTreeSet<(Arc<str>, Arc<str>)>,
}

#[derive(Clone, Debug)]
pub struct Chart {
    /// The digest that instances pin (reference §1.6).
    pub definition: Digest,
    pub workflow: Arc<str>,
    pub title: Option<Template>,
    pub description: Option<String>,
    /// None: `{{ number }}`, or what the starter gives.
    pub key: Option<Template>,
    /// None: the deployment's.
    pub zone: Option<Template>,
    pub calendar: Option<Arc<str>>,
    /// Fields that say who or what an instance is, in their order, to those who see them.
    pub called: Vec<Arc<str>>,
    pub data: Fields,
    pub lets: Lets,
    pub reads: BTreeMap<Arc<str>, Read>,
    pub tables: Tables,
    /// By adapter, of those that have one.
    pub contracts: BTreeMap<Arc<str>, Arc<Contract>>,
    /// What is declared of the marks that it writes and looks for; None: nothing.
    pub marks: Option<Arc<Marks>>,
    pub start: Start,
    pub access: Vec<Access>,
    /// In the order in which they are written.
    pub clocks: Vec<Clock>,
    /// In the order in which they are written.
    pub schedules: Vec<Schedule>,
    /// In the order in which they are written. Nothing moves instances by them yet.
    pub migrations: Vec<Migration>,
    pub states: Vec<State>,
    pub transitions: Vec<Transition>,
    /// Who stops others, and who goes on by itself: asked several times a step, and mostly no active state is among them.
    pub notable: Notable,
    /// Names of the fields that instances are found by, in the order in which they are declared.
    pub indexed: Vec<Arc<str>>,
    /// Names of the personal fields that instances are found by, as keyed digests, in the order in which they are declared.
    pub blind: Vec<Arc<str>>,
    /// Whether any field that an instance may be given is personal: then each has a secret until it is erased.
    pub holds_personal_data: bool,
}

impl Chart {
    /// Every action: of states on entering and leaving, and of transitions with their branches.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        let of_states = self.states.iter().flat_map(|state| state.entry.iter().chain(&state.exit));
        let of_transitions = self.transitions.iter().flat_map(|transition| {
            let branches = transition.branches.iter().flat_map(|branch| &branch.actions);
            transition.actions.iter().chain(branches)
        });
        of_states.chain(of_transitions)
    }

    /// Whether somebody may be told by this channel.
    pub fn tells_by(&self, channel: Channel) -> bool {
        let of_tasks = self
            .states
            .iter()
            .filter_map(|state| state.task.as_deref())
            .flat_map(|task| &task.ladder);
        let rungs = of_tasks.chain(self.clocks.iter().flat_map(|clock| &clock.ladder));
        let notices = self.actions().filter_map(|action| match &action.verb {
            Verb::Notify(notify) => Some(&notify.via),
            _ => None,
        });
        rungs.map(|rung| &rung.via).chain(notices).any(|via| via.contains(&channel))
    }

    /// Everybody who is named: who may, who sees, whom something is for, and who is told; each with where that is written.
    pub fn people(&self) -> Vec<(&People, Span)> {
        let head = self.states.first().map(|root| root.span).unwrap_or_default();
        let mut people = vec![(&self.start.by, head)];
        people.extend(self.access.iter().map(|access| (&access.people, head)));
        people.extend(self.transitions.iter().filter_map(|transition| {
            let admission = transition.admission.as_deref()?;
            Some((&admission.by, transition.span))
        }));
        let tasks = || self.states.iter().filter_map(|state| state.task.as_deref());
        people.extend(tasks().map(|task| (&task.people, task.span)));
        let rungs = tasks().flat_map(|task| &task.ladder);
        let rungs = rungs.chain(self.clocks.iter().flat_map(|clock| &clock.ladder));
        people.extend(rungs.map(|rung| (&rung.people, rung.span)));
        people.extend(self.actions().filter_map(|action| match &action.verb {
            Verb::Notify(notify) => Some((&notify.to, action.span)),
            _ => None,
        }));
        people
    }

    /// What is agreed on an action; None where the adapter has no contract.
    pub fn contract(&self, adapter: &str, action: &str) -> Option<&ActionContract> {
        self.contracts.get(adapter)?.actions.get(action).map(|contract| &**contract)
    }

    /// The first `call` under this id.
    pub fn call(&self, id: &str) -> Option<&Call> {
        self.actions().find_map(|action| match &action.verb {
            Verb::Call(call) if **call.id.as_ref().unwrap_or(&call.action) == *id => Some(call),
            _ => None,
        })
    }

    /// Whether its instances are found by their fields and states without looking at each.
    pub fn is_found_by_index(&self) -> bool {
        !self.indexed.is_empty() || !self.blind.is_empty() || self.sends_by_schedule()
    }

    /// Whether a schedule looks for its instances, be it by their states alone.
    pub fn sends_by_schedule(&self) -> bool {
        let sends = |schedule: &Schedule| matches!(schedule.work, Scheduled::Send { .. });
        self.schedules.iter().any(sends)
    }
}

/// States that have what few have.
#[derive(Clone, Debug, Default)]
pub struct Notable {
    /// They pause others.
    pub pausing: StateSet,
    /// They have eventless transitions.
    pub eventless: StateSet,
    /// They are a person's work.
    pub tasks: StateSet,
}

impl Notable {
    pub fn of(states: &[State]) -> Self {
        let with = |has: fn(&State) -> bool| states.iter().filter(|state| has(state)).map(|state| state.index).collect();
        Notable {
            pausing: with(|state| !state.pauses.is_empty()),
            eventless: with(|state| !state.always.is_empty()),
            tasks: with(|state| state.task.is_some()),
        }
    }
}

/// Who may start an instance, with which form, if what.
#[derive(Clone, Debug, Default)]
pub struct Start {
    pub by: People,
    pub form: Form,
    pub guards: Vec<Guard>,
    pub reason: Option<Reason>,
    pub sign: Option<Box<Signature>>,
}

#[derive(Clone, Debug)]
pub struct State {
    pub index: StateIndex,
    pub name: Arc<str>,
    /// From the root, joined by dots: `in_production.work.assembly`. The root's is empty.
    pub path: Arc<str>,
    pub parent: Option<StateIndex>,
    /// In document order; history states stand among them.
    pub children: Vec<StateIndex>,
    /// The root's is 0.
    pub depth: u16,
    pub kind: StateKind,
    pub label: Option<Template>,
    pub title: Option<Template>,
    pub description: Option<String>,
    pub tags: Vec<Arc<str>>,
    pub entry: Vec<Action>,
    pub exit: Vec<Action>,
    /// What it answers to, in document order.
    pub on: Vec<TransitionIndex>,
    pub always: Vec<TransitionIndex>,
    pub after: Vec<Timer>,
    pub invokes: Vec<Invoke>,
    pub task: Option<Box<Task>>,
    /// Name → value that only one active instance may hold.
    pub unique: Vec<(Arc<str>, Template)>,
    pub pauses: Vec<StateIndex>,
    /// Names of clocks that stand still while it is active.
    pub pauses_clocks: Vec<Arc<str>>,
    pub on_done: Option<TransitionIndex>,
    /// Of a final state.
    pub output: Option<ValueTemplate>,
    pub span: Span,
}

/// Whether one path is that of a state within the other's, however deep. The root, whose path is empty, is not told as an outer one.
pub fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    Atomic,
    /// Begins with this transition, whose targets are descendants.
    Compound {
        initial: TransitionIndex,
    },
    Parallel,
    Final,
    /// Its transition says where to go the first time.
    History {
        deep: bool,
        default: TransitionIndex,
    },
}

/// A named timer of a state; what it does stands in its transition.
#[derive(Clone, Debug)]
pub struct Timer {
    pub name: Arc<str>,
    pub when: TimerMoment,
    pub transition: TransitionIndex,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TimerMoment {
    /// From entering the state. The template gives a duration.
    In(Template),
    /// A moment or a date; follows its data. Null is not armed.
    At(Expression),
    /// Repeats: first after `first` (default: `every`), then every `every`, at most `times` times in all (none: until the state is left).
    Every {
        first: Option<Template>,
        every: Template,
        times: Option<u32>,
    },
}
