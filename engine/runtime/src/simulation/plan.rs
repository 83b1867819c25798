//! A simulation, read.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::diagnostic::FileId;
use statewright_core::field::Fields;
use statewright_core::step::Actor;
use statewright_core::time::{BusinessCalendar, Distribution};

use crate::scenario::counterparts::Effect;
use crate::scenario::plan::{Setting, Who};
use crate::scenario::written::Written;

/// A simulation that can be run.
#[derive(Clone, Debug)]
pub struct Simulation {
    pub name: Arc<str>,
    pub title: Option<Arc<str>>,
    pub file: FileId,
    /// What everything random is drawn from.
    pub seed: u64,
    pub(super) setting: Setting,
    /// The workflows that are looked at; the setting holds those that they ask, too.
    pub(super) of: Vec<Arc<str>>,
    pub(super) arrivals: Vec<Arrival>,
    /// How long somebody works on a task, or how long it takes until somebody acts in another state.
    pub(super) durations: BTreeMap<Place, Distribution>,
    pub(super) choices: BTreeMap<Place, BTreeMap<Arc<str>, Choice>>,
    pub(super) behaviours: BTreeMap<Effect, Behaviour>,
    pub(super) groups: Vec<Group>,
    /// People of roles that nobody on the staff has, as many as are needed.
    pub(super) spares: Vec<Actor>,
    pub(super) until: Timestamp,
}

/// A workflow, and the path of one of its states.
pub(super) type Place = (Arc<str>, Arc<str>);

/// A stream of instances.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub name: Arc<str>,
    pub workflow: Arc<str>,
    pub every: Distribution,
    /// In whose hours they come.
    pub hours: Option<Arc<BusinessCalendar>>,
    pub times: Option<u64>,
    /// None: somebody who may.
    pub who: Option<Who>,
    pub with: Option<Written>,
}

/// An event that may be chosen.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub weight: u32,
    pub with: Option<Written>,
    pub reason: Option<Arc<str>>,
}

/// People of one role who work alike.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub role: Arc<str>,
    pub people: u32,
    /// None: around the clock.
    pub hours: Option<Arc<BusinessCalendar>>,
    pub unit: Option<Arc<str>>,
    pub organisation: Option<Arc<str>>,
    pub skills: Vec<Arc<str>>,
    /// With the roles that belong to it.
    pub roles: Vec<Arc<str>>,
}

/// How an action of an adapter behaves.
#[derive(Clone, Debug)]
pub(super) struct Behaviour {
    pub after: Distribution,
    pub returns: Option<Written>,
    /// Errors with their shares in ten thousandths.
    pub fails: Vec<(Option<Arc<str>>, u32)>,
    /// What the contract says of its answer.
    pub output: Fields,
}

impl Simulation {
    /// Whether a moment is within it.
    pub(super) fn holds(&self, moment_us: i64) -> bool {
        moment_us <= self.until.as_microsecond()
    }
}
