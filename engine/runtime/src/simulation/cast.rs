//! Who there is: staff, who do one thing at a time in their hours, and others, of whom there are enough.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use statewright_core::step::{Actor, ActorKind};
use statewright_core::time::{BusinessCalendar, Calendar};

use super::plan::{Group, Simulation};

/// Everybody, each by their place.
pub(super) struct Cast {
    pub members: Vec<Member>,
}

pub(super) struct Member {
    pub actor: Actor,
    pub kind: MemberKind,
    hours: Option<Arc<BusinessCalendar>>,
    /// Since when they have nothing to do: who has waited longest for work gets it first.
    free_since: Timestamp,
    busy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberKind {
    /// Of the group at this place of the simulation.
    Staff(usize),
    /// Named by the simulation, and never busy.
    Given,
    /// One of as many as are needed.
    Spare,
}

impl Cast {
    pub(super) fn of(simulation: &Simulation) -> Cast {
        let begin = simulation.setting.given.clock;
        let member = |actor: Actor, kind, hours| Member {
            actor,
            kind,
            hours,
            free_since: begin,
            busy: false,
        };
        let mut members = Vec::new();
        for (place, group) in simulation.groups.iter().enumerate() {
            let people = (0..group.people).map(|_| group.hours.clone());
            let numbered = people.enumerate().map(|(number, hours)| {
                let actor = staff(simulation, place, number + 1);
                member(actor, MemberKind::Staff(place), hours)
            });
            members.extend(numbered);
        }
        let given = simulation.setting.given.people.values();
        members.extend(given.map(|actor| member(actor.clone(), MemberKind::Given, None)));
        members.extend(
            simulation
                .spares
                .iter()
                .map(|actor| member(actor.clone(), MemberKind::Spare, None)),
        );
        Cast { members }
    }

    /// Whom the engine is to know, since it gives them work: the staff.
    pub(super) fn staff(&self) -> impl Iterator<Item = &Actor> {
        let staff = self
            .members
            .iter()
            .filter(|member| matches!(member.kind, MemberKind::Staff(_)));
        staff.map(|member| &member.actor)
    }

    /// The staff that is there now.
    pub(super) fn at_work(&self, now: Timestamp) -> BTreeSet<Arc<str>> {
        let there = self
            .members
            .iter()
            .filter(|member| matches!(member.kind, MemberKind::Staff(_)) && member.is_there(now));
        there.map(|member| member.actor.id.clone()).collect()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Member> {
        self.members.get(place)
    }

    /// Those who are free now, in the order in which work is given: who has waited longest first.
    pub(super) fn free(&self, now: Timestamp) -> Vec<usize> {
        let mut free: Vec<usize> = (0..self.members.len())
            .filter(|place| self.members.get(*place).is_some_and(|member| member.is_free(now)))
            .collect();
        free.sort_by_key(|place| self.members.get(*place).map(|member| (member.free_since, *place)));
        free
    }

    pub(super) fn begin(&mut self, place: usize) {
        if let Some(member) = self.members.get_mut(place) {
            member.busy = matches!(member.kind, MemberKind::Staff(_));
        }
    }

    pub(super) fn end(&mut self, place: usize, now: Timestamp) {
        if let Some(member) = self.members.get_mut(place) {
            member.busy = false;
            member.free_since = now;
        }
    }

    /// When somebody comes to work next, of those who are not there now.
    pub(super) fn next_opening_us(&self, now: Timestamp) -> Option<i64> {
        let idle = self.members.iter().filter(|member| !member.busy && !member.is_there(now));
        let calendars = idle.filter_map(|member| member.hours.as_deref());
        // where hours begin is where the first microsecond of them has passed, less that
        let opens = calendars.filter_map(|hours| hours.add_business_time(now, 1).ok());
        opens.map(|moment| moment.as_microsecond() - 1).min()
    }
}

impl Member {
    pub(super) fn hours(&self) -> Option<&BusinessCalendar> {
        self.hours.as_deref()
    }

    fn is_there(&self, now: Timestamp) -> bool {
        self.hours.as_deref().is_none_or(|hours| hours.is_open(now).unwrap_or(false))
    }

    fn is_free(&self, now: Timestamp) -> bool {
        !self.busy && self.is_there(now)
    }

    /// When work of that length is done that they begin now: they go home in between.
    pub(super) fn done_at(&self, now: Timestamp, length_us: i64) -> Timestamp {
        later(now, length_us, self.hours.as_deref())
    }
}

/// That much later, counted in hours where there are any.
pub(super) fn later(from: Timestamp, length_us: i64, hours: Option<&BusinessCalendar>) -> Timestamp {
    let later = match hours {
        Some(hours) => hours.add_business_time(from, length_us).ok(),
        None => from.checked_add(SignedDuration::from_micros(length_us)).ok(),
    };
    later.unwrap_or(Timestamp::MAX)
}

/// How much of the time between two moments is worked in these hours.
pub(super) fn worked_us(from: Timestamp, to: Timestamp, hours: Option<&BusinessCalendar>) -> i64 {
    let elapsed = to.as_microsecond().saturating_sub(from.as_microsecond()).max(0);
    match hours {
        Some(hours) if to > from => hours.business_between(from, to).unwrap_or(elapsed),
        _ => elapsed,
    }
}

fn staff(simulation: &Simulation, place: usize, number: usize) -> Actor {
    let groups = &simulation.groups;
    let Some(group) = groups.get(place) else {
        return Actor::plain(ActorKind::Person, "nobody");
    };
    let alike = |other: &&Group| other.role == group.role;
    let before: u32 = groups.iter().take(place).filter(alike).map(|group| group.people).sum();
    Actor {
        roles: group.roles.clone(),
        unit: group.unit.clone(),
        organisation: group.organisation.clone(),
        skills: group.skills.clone(),
        ..Actor::plain(ActorKind::Person, format!("{}-{}", group.role, before as usize + number))
    }
}
