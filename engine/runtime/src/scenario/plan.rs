//! A test file, read: what every scenario begins with, and its steps, each with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::chart::{Chart, Proof};
use statewright_core::diagnostic::{FileId, Span};
use statewright_core::step::Actor;
use statewright_core::time::Duration;

use super::written::Written;

/// A file of scenarios that can be run.
#[derive(Clone, Debug)]
pub struct TestFile {
    pub name: Arc<str>,
    pub file: FileId,
    pub(super) setting: Setting,
    /// Roles that somebody has or is told as.
    pub(super) roles: BTreeSet<Arc<str>>,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) fragments: BTreeMap<Arc<str>, Vec<Step>>,
}

/// What a world begins with.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub definitions: Vec<Definition>,
    /// That of the reviews of openings, which the engine brings with workflows that can be opened.
    pub brought: Option<Definition>,
    /// Calendars, each a bundle in its canonical form; deployed first.
    pub calendars: Vec<Arc<str>>,
    /// The live tables that the definitions ask, in the same form.
    pub tables: Vec<Arc<str>>,
    /// The file of roles, in the same form.
    pub roles_file: Option<Arc<str>>,
    /// Of moments that are written without one: that of the first workflow.
    pub zone: TimeZone,
    pub given: Given,
}

/// A workflow that is deployed before anything else happens.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// The bundle in its canonical form: what a store keeps.
    pub source: Arc<str>,
    pub chart: Arc<Chart>,
}

/// What every scenario begins with.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub clock: Timestamp,
    pub people: BTreeMap<Arc<str>, Actor>,
    /// Who is on shift all the time, whatever the roster says; None: it is asked.
    pub on_shift: Option<BTreeSet<Arc<str>>>,
    pub instances: Vec<Placed>,
    /// `adapter.action` → its answers, in order.
    pub adapters: BTreeMap<(Arc<str>, Arc<str>), Vec<Reply>>,
}

/// An instance that is put into states.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub span: Span,
    /// What it is called afterwards, beside its name.
    pub alias: Option<Arc<str>>,
    /// `workflow/key`, or an alias; `{n}` in it is the number of the copy.
    pub target: Arc<str>,
    pub states: Vec<Arc<str>>,
    pub data: Option<Written>,
    pub marks: Vec<GivenMark>,
    pub count: u64,
}

/// A mark that an instance has from before.
#[derive(Clone, Debug)]
pub(crate) struct GivenMark {
    pub name: Arc<str>,
    pub values: Written,
    /// None: when it is placed.
    pub at: Option<Timestamp>,
}

/// How an adapter answers.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// What it reports on the way.
    pub progress: Vec<OnTheWay>,
    pub said: Said,
    pub after: Duration,
    /// How often it answers so; None: from then on always.
    pub times: Option<u64>,
}

/// A step on the way to an answer.
#[derive(Clone, Debug)]
pub(crate) struct OnTheWay {
    pub after: Duration,
    pub fields: Written,
}

#[derive(Clone, Debug)]
pub(crate) enum Said {
    Returns(Option<Written>),
    /// For now: it may be tried again.
    Busy(Arc<str>),
    /// For good.
    Refuses {
        message: Arc<str>,
        detail: Option<Written>,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub sentence: Arc<str>,
    pub span: Span,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub span: Span,
    pub kind: StepKind,
}

#[derive(Clone, Debug)]
pub(super) enum StepKind {
    Start(Start),
    Send(Send),
    Wait(Duration),
    At(Timestamp),
    Place(Placed),
    Act(Acting),
    Open(Opening),
    Adapter(ByHand),
    Report(Reporting),
    Race(Race),
    Crash(Crash),
    /// Something comes into force, or is refused with these words.
    Deploy {
        deployable: Deployable,
        refused: Option<Arc<str>>,
    },
    Expect(Vec<Expectation>),
    Play {
        fragment: Arc<str>,
        /// None: for no instance in particular.
        targets: Option<Vec<Arc<str>>>,
    },
}

/// What stands outside of definitions, each a bundle in its canonical form.
#[derive(Clone, Debug)]
pub(super) enum Deployable {
    Calendar(Arc<str>),
    Table(Arc<str>),
}

#[derive(Clone, Debug)]
pub(super) struct Start {
    pub workflow: Arc<str>,
    pub alias: Option<Arc<str>>,
    pub common: Common,
}

/// An instance is opened with a reason.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    pub of: Arc<str>,
    /// What its review is called from then on.
    pub alias: Option<Arc<str>>,
    pub common: Common,
}

#[derive(Clone, Debug)]
pub(super) struct Send {
    pub event: Arc<str>,
    /// None: the instance that the fragment is played for.
    pub to: Option<Arc<str>>,
    /// The task that it finishes, by its state.
    pub task: Option<Arc<str>>,
    pub common: Common,
}

/// Something that a person does with a task.
#[derive(Clone, Debug)]
pub(super) struct Acting {
    pub act: Act,
    /// The task's state, by the end of its path.
    pub task: Arc<str>,
    /// None: the instance that the fragment is played for.
    pub of: Option<Arc<str>>,
    pub common: Common,
}

#[derive(Clone, Debug)]
pub(super) enum Act {
    Claim,
    Release,
    Acknowledge,
    DelegateTo(Who),
}

impl Setting {
    pub fn charts(&self) -> impl Iterator<Item = &Arc<Chart>> {
        let definitions = self.definitions.iter().chain(&self.brought);
        definitions.map(|definition| &definition.chart)
    }

    pub fn chart_of(&self, workflow: &str) -> Option<&Arc<Chart>> {
        self.charts().find(|chart| *chart.workflow == *workflow)
    }
}

impl Act {
    /// The verb of its step.
    pub fn as_str(&self) -> &'static str {
        match self {
            Act::Claim => "claim",
            Act::Release => "release",
            Act::Acknowledge => "acknowledge",
            Act::DelegateTo(_) => "delegate",
        }
    }
}

/// What starts and sends have in common.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub actor: Who,
    pub with: Option<Written>,
    pub reason: Option<Arc<str>>,
    pub sign: Option<Proof>,
    pub times: u64,
    pub wanted: Wanted,
    /// Instances that the refusal must name.
    pub blockers: Option<Vec<Arc<str>>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// Someone of `given.people`.
    Named(Arc<str>),
    Described(Box<Actor>),
}

/// What must become of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Taken,
    Ignored,
    /// With these words somewhere in the refusal.
    Refused(Arc<str>),
    /// In a race: whatever it is.
    Anything,
}

/// An adapter's answer, given by hand.
#[derive(Clone, Debug)]
pub(super) struct ByHand {
    pub adapter: Arc<str>,
    pub action: Arc<str>,
    pub of: Option<Arc<str>>,
    pub said: Said,
}

/// What an adapter reports beside an answer, by hand.
#[derive(Clone, Debug)]
pub(super) struct Reporting {
    pub adapter: Arc<str>,
    pub action: Arc<str>,
    pub of: Option<Arc<str>>,
    /// Whether it takes its answer back; else it is a step on the way.
    pub undone: bool,
    pub fields: Option<Written>,
    pub common: Common,
}

#[derive(Clone, Debug)]
pub(super) struct Race {
    /// Starts, sends, what is done with tasks, and answers by hand.
    pub inputs: Vec<Step>,
    /// Looked at after each order.
    pub expects: Vec<Step>,
    pub one: Option<Wanted>,
    pub other: Option<Wanted>,
}

/// Where the engine stops.
#[derive(Clone, Debug)]
pub(super) struct Crash {
    pub point: CrashPoint,
    pub adapter: Arc<str>,
    pub action: Arc<str>,
    pub of: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CrashPoint {
    /// The adapter was not told yet.
    Before,
    /// The adapter has done it, and the engine has not heard so.
    After,
}

/// One line of what is expected.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    pub span: Span,
    pub kind: ExpectationKind,
}

#[derive(Clone, Debug)]
pub(super) enum ExpectationKind {
    Clock(Timestamp),
    /// Of one instance, or of all of a workflow.
    Of {
        subject: Arc<str>,
        checks: Vec<Check>,
    },
    Effects(Written),
    Trail(Vec<(Arc<str>, Written)>),
    Incidents(Written),
    /// Every open task, in the order of the instances.
    Tasks(Written),
    /// What people were told, in the order of the instances and their trails.
    Notices(Written),
}

#[derive(Clone, Debug)]
pub(super) struct Check {
    pub span: Span,
    pub aspect: Aspect,
    pub wanted: Written,
}

/// What of an instance is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    In,
    Label,
    Data,
    Timers,
    Tasks,
    Clocks,
    Waiting,
    Children,
    Marks,
    Output,
    Paused,
    Effects,
    Sees,
    Count,
    Keys,
}
