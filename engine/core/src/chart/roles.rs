//! The roles of a deployment: what belongs to which, what nobody may hold together, and which instances are shifts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::Channel;
use crate::diagnostic::Span;
use crate::field::Units;
use crate::identity::Digest;
use crate::time::{BusinessCalendar, Duration};

/// The engine's own role that sees every instance and every trail, all but what is personal. No workflow grants it.
pub const AUDITOR: &str = "auditor";

/// The engine's other role: deploys, keeps tokens and the directory, settles incidents.
pub const OPERATOR: &str = "operator";

/// The engine's role of programs that watch over it: figures and how it goes, and nothing of any instance.
pub const MONITOR: &str = "monitor";

/// The role that reviews openings, where the file of roles names no other.
pub const ACCESS_REVIEWER: &str = "privacy_officer";

/// Roles of one deployment: far more than a house has.
pub const ROLES_MAX: usize = 1_000;

/// As its file says it. It stands outside the definitions of workflows: which roles somebody had is recorded with what they did.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    pub roles: BTreeMap<Arc<str>, Role>,
    /// Nobody holds two of the same set, be it by what another role includes.
    pub apart: Vec<BTreeSet<Arc<str>>>,
    /// Empty: any unit.
    pub units: BTreeMap<Arc<str>, Unit>,
    pub roster: Option<Roster>,
    /// Role → those of whom a substitute has one; of a role that is not named anybody may be.
    pub substitutes: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Role → when nobody disturbs who has it.
    pub quiet_hours: BTreeMap<Arc<str>, QuietHours>,
    /// Who reviews openings; None: [`ACCESS_REVIEWER`].
    pub access_reviewer: Option<Arc<str>>,
}

/// A version of it: the digest of its source.
#[derive(Clone, Debug)]
pub struct RolesVersion {
    pub version: Digest,
    pub roles: Roles,
}

#[derive(Clone, Debug, Default)]
pub struct Role {
    pub title: Option<Arc<str>>,
    /// Who has this role has these as well.
    pub includes: Vec<Arc<str>>,
    pub second_factor: bool,
    pub session: Option<Duration>,
}

/// The hours at which those of a role are told nothing that rings. What stands in their inbox is there at once.
#[derive(Clone, Debug)]
pub struct QuietHours {
    /// Its business hours are the quiet ones.
    pub hours: BusinessCalendar,
    /// That may disturb all the same.
    pub channel: Option<Channel>,
}

#[derive(Clone, Debug, Default)]
pub struct Unit {
    pub title: Option<Arc<str>>,
    pub organisation: Option<Arc<str>>,
}

/// Which instances are shifts, and which of their fields say who works.
#[derive(Clone, Debug)]
pub struct Roster {
    pub workflow: Arc<str>,
    /// Names or paths of the states in which a shift is on.
    pub states: Vec<Arc<str>>,
    /// A user, or a list of users.
    pub person: Arc<str>,
    /// A moment before which nobody of it is on shift.
    pub from: Option<Arc<str>>,
    /// A moment from which on nobody of it is on shift any more.
    pub to: Option<Arc<str>>,
    /// Where they work; None: wherever they belong to.
    pub unit: Option<Arc<str>>,
    pub span: Span,
}

impl Roles {
    /// The units that there are, each with its title. Empty: any name is one.
    pub fn titled_units(&self) -> Units {
        self.units
            .iter()
            .map(|(name, unit)| (name.clone(), unit.title.clone()))
            .collect()
    }

    /// These roles and all that belong to them, in order, each once.
    pub fn expanded(&self, held: &[Arc<str>]) -> Vec<Arc<str>> {
        let mut all: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut waiting: Vec<Arc<str>> = held.to_vec();
        while let Some(role) = waiting.pop() {
            if all.insert(role.clone())
                && let Some(known) = self.roles.get(&role)
            {
                waiting.extend(known.includes.iter().cloned());
            }
        }
        all.into_iter().collect()
    }

    /// A role of `away` in which somebody with these roles may not stand in.
    pub fn not_substituted(&self, away: &[Arc<str>], substitute: &[Arc<str>]) -> Option<Arc<str>> {
        let held = self.expanded(substitute);
        let may = |role: &Arc<str>| {
            let rule = self.substitutes.get(role);
            rule.is_none_or(|roles| roles.iter().any(|role| held.contains(role)))
        };
        self.expanded(away).into_iter().find(|role| !may(role))
    }

    /// From when on somebody with these roles may be disturbed by one of these channels with what they were told at that moment. None: at
    /// once, or by none of them.
    pub fn quiet_until(&self, held: &[Arc<str>], via: &[Channel], at: Timestamp) -> Option<Timestamp> {
        let held = self.expanded(held);
        let rules: Vec<&QuietHours> = held.iter().filter_map(|role| self.quiet_hours.get(role)).collect();
        let disturbing = via.iter().filter(|channel| **channel != Channel::Inbox);
        let first = disturbing.map(|channel| free_from(&rules, *channel, at)).min()?;
        (first > at).then_some(first)
    }

    /// Two roles that nobody holds together, of those that these come to.
    pub fn apart(&self, held: &[Arc<str>]) -> Option<(Arc<str>, Arc<str>)> {
        let held: BTreeSet<Arc<str>> = self.expanded(held).into_iter().collect();
        self.apart.iter().find_map(|set| {
            let mut both = set.intersection(&held);
            Some((both.next()?.clone(), both.next()?.clone()))
        })
    }
}

/// The first moment at which none of these keeps the channel still.
fn free_from(rules: &[&QuietHours], channel: Channel, at: Timestamp) -> Timestamp {
    let mut free = at;
    // what one rule leaves free another may still keep
    for _ in 0..=rules.len() * usize::from(DAYS_OF_WEEK) {
        let kept = rules.iter().filter(|rule| rule.channel != Some(channel));
        let Some(end) = kept.filter_map(|rule| rule.hours.open_until(free).ok().flatten()).max() else {
            break;
        };
        free = end;
    }
    free
}

/// How often a rule can begin anew before the week is round.
const DAYS_OF_WEEK: u8 = 7;
