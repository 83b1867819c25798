//! Breaking the glass: an instance that somebody may see in need is opened to them, with a reason, for a time, and somebody else reviews
//! it. And who is given counts of instances, and none of them to see.
//!
//! # Invariants
//! - Whether an instance is open is told from its snapshot and the moment at which it is looked at: no job has to close it.
//! - The commit that opens it asks for its review.
//! - Whether somebody *might* open or count is told from the chart and the person alone: it says nothing of any instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::interrupt::{Interrupt, failure};
use super::machine::Machine;
use super::sight::{Shows, hidden};
use super::{Actor, ActorKind, Facts, Message, MessageKind, Needs, Refusal, RefusalKind, Snapshot, Verdict};
use crate::chart::{Attributes, Chart, Grant};
use crate::identity::{InputKey, InstanceId};
use crate::time::add_to_instant;
use crate::value::{Object, Value};

/// The workflow whose instances are reviews of openings. The engine brings it.
pub const ACCESS_REVIEW: &str = "access-review";

/// As whom the engine starts a review.
pub const GLASS_ADAPTER: &str = "break_glass";

/// How long the reason for an opening may be, in characters: a paragraph. It stands in two trails for ever.
pub const OPENING_REASON_CHARACTERS_MAX: usize = 1_000;

/// To how many people one instance is open at once: more than look after anybody. They stand in its snapshot.
pub const OPENINGS_MAX: usize = 100;

/// What somebody may have counted of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countable {
    /// Of fewer together nothing is said.
    pub least: u64,
    /// By which fields and over which; None: any.
    pub fields: Option<Vec<Arc<str>>>,
}

/// The key of the review of what an entry opened.
pub fn review_key(instance: InstanceId, sequence: u64) -> Arc<str> {
    format!("{instance}-{sequence}").into()
}

/// Whether somebody might open instances of this chart with a reason, were there one that its rule is about.
pub fn may_open(chart: &Chart, actor: &Actor) -> bool {
    let own = attributes(actor);
    actor.kind == ActorKind::Person && chart.grants_to(&own).any(|grant| matches!(grant, Grant::BreakGlass(_)))
}

/// The personal fields by which somebody might find instances of this chart, were there one that a rule shows them.
pub fn blind_fields_for(chart: &Chart, actor: &Actor) -> Vec<Arc<str>> {
    match actor.kind {
        ActorKind::Person => chart.blind_fields_to(&attributes(actor)),
        _ => Vec::new(),
    }
}

/// Of how many instances together somebody might be told; None: nothing is counted for them that they do not see.
pub fn counts_least(chart: &Chart, actor: &Actor) -> Option<u64> {
    let own = attributes(actor);
    let least = |grant| match grant {
        Grant::CountsOnly(least) => Some(least),
        Grant::Sight | Grant::BreakGlass(_) => None,
    };
    chart.grants_to(&own).filter_map(least).max()
}

/// What is counted of an instance for somebody, whether they see it or not; None: nothing. Of several rules the strictest number holds.
pub fn countable(
    chart: &Chart,
    snapshot: &Snapshot,
    actor: &Actor,
    facts: &Facts,
    now: Timestamp,
) -> Result<Option<Countable>, Needs> {
    if counts_least(chart, actor).is_none() {
        return Ok(None);
    }
    let machine = Machine::new(chart, snapshot.clone(), actor, None, facts, now);
    let mut found: Option<(u64, Shows)> = None;
    for access in &chart.access {
        let Grant::CountsOnly(least) = access.grant else { continue };
        if machine.is_meant(access).map_err(|_| machine.take_needs())? {
            let (most, shows) = found.unwrap_or((0, Shows::Nothing));
            found = Some((most.max(least), shows.and(access.show.as_deref())));
        }
    }
    if machine.lacks_facts() {
        return Err(machine.take_needs());
    }
    Ok(found.map(|(least, shows)| Countable {
        least,
        fields: shows.fields(),
    }))
}

/// Until when an instance is open to somebody who opened it; None: it is not.
pub fn open_until(snapshot: &Snapshot, actor: &Actor, now: Timestamp) -> Option<Timestamp> {
    let until = snapshot.openings.get(&actor.id)?.values().max()?;
    Some(*until).filter(|until| *until > now)
}

/// What is wrong with a reason for an opening. It is asked before anybody looks whether there is such an instance: else the answer would
/// tell it, and nobody would review that.
pub fn refuse_opening_reason(reason: Option<&str>) -> Option<Refusal> {
    let reason = reason.unwrap_or_default().trim();
    if reason.is_empty() {
        return Some(Refusal::new(RefusalKind::Reason, "a reason is needed"));
    }
    let long = reason.chars().count() > OPENING_REASON_CHARACTERS_MAX;
    long.then(|| {
        let sentence = format!("is longer than {OPENING_REASON_CHARACTERS_MAX} characters");
        Refusal::new(RefusalKind::Invalid, sentence).in_field("reason")
    })
}

pub(super) fn attributes(actor: &Actor) -> Attributes<'_> {
    let own = actor.on_behalf_of.iter().chain([&actor.id]);
    Attributes {
        identities: own.map(|id| &**id).collect(),
        roles: actor.roles.iter().map(|role| &**role).collect(),
        units: actor.unit.iter().map(|unit| &**unit).collect(),
        organisations: actor.organisation.iter().map(|organisation| &**organisation).collect(),
        skills: actor.skills.iter().map(|skill| &**skill).collect(),
    }
}

impl Machine<'_> {
    pub(super) fn take_opening(&mut self, reviewer: &Arc<str>) -> Result<Verdict, Interrupt> {
        let refused = |refusal| Ok(Verdict::Refused(vec![refusal]));
        let opened = self.opened_rules()?;
        if opened.is_empty() {
            let sees = self.actor.kind == ActorKind::Person && self.is_seen()?;
            return refused(match sees {
                true => Refusal::new(RefusalKind::Forbidden, self.not_among()),
                false => hidden(),
            });
        }
        if let Some(refusal) = refuse_opening_reason(self.reason.map(|reason| &**reason)) {
            return refused(refusal);
        }
        if self.sees_all_without_opening()? {
            let sentence = format!("{} sees it without opening it", self.actor.id);
            return refused(Refusal::new(RefusalKind::Conflict, sentence));
        }
        let now = self.now;
        self.next.openings.retain(|_, rules| rules.values().any(|until| *until > now));
        if self.next.openings.len() >= OPENINGS_MAX && !self.next.openings.contains_key(&self.actor.id) {
            let sentence = format!("it is open to {OPENINGS_MAX} people already");
            return refused(Refusal::new(RefusalKind::Conflict, sentence));
        }
        let until = opened.values().max().copied().unwrap_or(now);
        // what another rule opened before stays open for as long as it said
        let open = self.next.openings.entry(self.actor.id.clone()).or_default();
        open.retain(|_, until| *until > now);
        open.extend(opened);
        self.log.open_until = Some(until);
        self.ask_for_review(reviewer, until);
        Ok(Verdict::Taken)
    }

    /// The rules by which the actor may open it now, and until when each would.
    fn opened_rules(&self) -> Result<BTreeMap<u16, Timestamp>, Interrupt> {
        let mut opened = BTreeMap::new();
        if self.actor.kind != ActorKind::Person {
            return Ok(opened);
        }
        for (rule, access) in (0..).zip(&self.chart.access) {
            let Grant::BreakGlass(duration) = access.grant else { continue };
            if self.is_meant(access)? {
                let until = add_to_instant(self.now, duration, self.zone(), None);
                opened.insert(rule, until.map_err(|error| failure("SW-1002", error.to_string()))?);
            }
        }
        Ok(opened)
    }

    /// In the commit that opens it: an opening that nobody is asked to review is none.
    fn ask_for_review(&mut self, reviewer: &Arc<str>, until: Timestamp) {
        let send = self.next_ordinal();
        let (instance, sequence) = (self.next.instance, self.next.sequence);
        let moment = |at: Timestamp| Value::from_text(&at.to_string());
        let fields = [
            ("reviewer", Value::Text(reviewer.clone())),
            ("subject_workflow", Value::Text(self.next.workflow.clone())),
            ("subject_key", Value::Text(self.next.key.clone())),
            ("entry", Value::Integer(i64::try_from(sequence).unwrap_or(i64::MAX))),
            ("opened_by", Value::Text(self.actor.id.clone())),
            ("opened_at", moment(self.now)),
            ("open_until", moment(until)),
            (
                "why",
                self.reason.map_or(Value::Null, |reason| Value::from_text(reason.trim())),
            ),
        ];
        let with: Object = fields.into_iter().map(|(name, value)| (Arc::from(name), value)).collect();
        self.messages.push(Message {
            workflow: ACCESS_REVIEW.into(),
            to: review_key(instance, sequence),
            key: InputKey::of(&["review", &instance.to_string(), &send]),
            send,
            due: None,
            kind: MessageKind::Review { with },
        });
    }
}
