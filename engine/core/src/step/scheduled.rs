//! What a schedule does at a planned moment, and how far it has come.
//!
//! How far a schedule has come is the record of an instance like any other (of the system's own workflow): every run is an entry of its
//! trail, and the commit that says that a run was begun also sends what it sends. So it is begun once, whoever tries.

use std::sync::Arc;

use jiff::Timestamp;

use super::index::conditions_of;
use super::interrupt::NoValue;
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, ActorKind, Facts, FoundBy, PendingSend, Snapshot, StartInput};
use crate::chart::{Chart, Schedule, Scheduled, ValueTemplate};
use crate::identity::{Digest, InstanceId};
use crate::time::parse_instant;
use crate::value::{Object, Value};

/// What a run does, worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// None: the workflow's own key.
    Start { key: Option<Arc<str>>, with: Object },
    Send {
        event: Arc<str>,
        with: Object,
        /// None: by a value that nobody has.
        conditions: Option<FoundBy>,
        states: Vec<Arc<str>>,
    },
}

/// How far a schedule has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The definition that it was planned by last, and what that says of when; once these words change, it is planned anew.
    pub definition: Digest,
    pub timing: Arc<str>,
    /// Every moment up to this one has been dealt with.
    pub until: Timestamp,
    /// A run that is under way: its moment, and the instance that was sent to last.
    pub sending: Option<(Timestamp, InstanceId)>,
    /// The last run's moment, and when it was begun.
    pub last: Option<(Timestamp, Timestamp)>,
    /// Missed runs that were not made up for, since it was first planned.
    pub skipped: u64,
    /// When this was written.
    pub at: Timestamp,
    /// It is in no definition that is live any more.
    pub ended: bool,
}

/// What is kept in the trail of a schedule.
#[derive(Clone, Debug)]
pub struct ScheduleAct {
    /// `schedule_planned`, `schedule_run`, `schedule_skipped`, `schedule_failed` or `schedule_ended`.
    pub name: &'static str,
    /// What else is to be said of it.
    pub members: Vec<(&'static str, Value)>,
    pub place: Place,
    /// The instance of this workflow that is started, and under which name the answer comes.
    pub started: Option<(Arc<str>, Arc<str>)>,
}

/// The key of the instance, of the system's own workflow, in whose trail the runs of a schedule stand.
pub fn schedule_key(workflow: &str, schedule: &str) -> String {
    format!("{PREFIX}{workflow}/{schedule}")
}

const PREFIX: &str = "schedule/";

/// The fields of the record and of the act.
const PLACE: &str = "place";
const STARTED: &str = "started";

/// Works out what a schedule does at one of its moments, in this zone.
///
/// # Errors
/// Why it cannot be worked out.
pub fn planned(chart: &Chart, schedule: &Schedule, at: Timestamp, zone: &str) -> Result<Planned, String> {
    let start = StartInput {
        key: "".into(),
        number: None,
        payload: Object::new(),
        parent: None,
        default_zone: zone.into(),
        secret: None,
    };
    let actor = Actor::plain(ActorKind::Schedule, schedule.name.clone());
    let facts = Facts::default();
    let machine = Machine::new(chart, super::run::blank(chart, &start, at), &actor, None, &facts, at);
    let moment = Object::from([("at".into(), Value::from_instant(at))]);
    let locals = Locals::from_fields(&Object::from([("schedule".into(), Value::from_fields(moment))]));
    let scope = machine.scope(&[], &locals);
    let said = |why: NoValue| match why {
        NoValue::Fault(sentence) => sentence,
        NoValue::Needs => "it asks for what only an instance can be told".to_owned(),
    };
    let free = |value: &ValueTemplate| scope.free(value).map_err(said);
    let carried = |with: &[(Arc<str>, ValueTemplate)]| -> Result<Object, String> {
        with.iter().map(|(name, value)| Ok((name.clone(), free(value)?))).collect()
    };
    match &schedule.work {
        Scheduled::Start { key, with } => Ok(Planned::Start {
            key: match key {
                Some(key) => Some(scope.text(key).map_err(said)?.into()),
                None => None,
            },
            with: carried(with)?,
        }),
        Scheduled::Send {
            conditions,
            states,
            event,
            with,
        } => Ok(Planned::Send {
            event: event.clone(),
            with: carried(with)?,
            conditions: conditions_of(conditions, free)?,
            states: states.clone(),
        }),
    }
}

impl Place {
    /// How far the schedule has come whose instance this is; None: it was never planned.
    pub fn of(snapshot: &Snapshot) -> Option<Place> {
        Place::read(snapshot.data.get(PLACE)?)
    }

    fn read(value: &Value) -> Option<Place> {
        let text = |name: &str| value.field(name).and_then(Value::as_text);
        let moment = |name: &str| text(name).and_then(parse_instant);
        Some(Place {
            definition: text("definition")?.parse().ok()?,
            timing: text("timing")?.into(),
            until: moment("until")?,
            sending: match (moment("sending"), text("sent_to")) {
                (Some(at), Some(last)) => Some((at, last.parse().ok()?)),
                _ => None,
            },
            last: moment("last").zip(moment("last_begun")),
            skipped: value
                .field("skipped")
                .and_then(Value::as_integer)
                .map_or(0, i64::unsigned_abs),
            at: moment("at")?,
            ended: value.field("ended").and_then(Value::as_boolean).unwrap_or(false),
        })
    }

    fn value(&self) -> Value {
        let moment = |moment: Timestamp| Value::from_text(&moment.to_string());
        let mut fields = Object::from([
            ("at".into(), moment(self.at)),
            ("definition".into(), Value::from_text(&self.definition.to_string())),
            ("timing".into(), Value::Text(self.timing.clone())),
            ("until".into(), moment(self.until)),
        ]);
        if let Some((at, last)) = self.sending {
            fields.insert("sending".into(), moment(at));
            fields.insert("sent_to".into(), Value::from_text(&last.to_string()));
        }
        if let Some((at, begun)) = self.last {
            fields.insert("last".into(), moment(at));
            fields.insert("last_begun".into(), moment(begun));
        }
        if self.skipped > 0 {
            let skipped = i64::try_from(self.skipped).unwrap_or(i64::MAX);
            fields.insert("skipped".into(), Value::Integer(skipped));
        }
        if self.ended {
            fields.insert("ended".into(), Value::Boolean(true));
        }
        Value::from_fields(fields)
    }
}

impl ScheduleAct {
    /// As it stands in the entry.
    pub fn value(&self) -> Value {
        let mut act: Object = self
            .members
            .iter()
            .map(|(name, value)| (Arc::from(*name), value.clone()))
            .collect();
        act.insert("act".into(), Value::from_text(self.name));
        act.insert(PLACE.into(), self.place.value());
        if let Some((workflow, key)) = &self.started {
            let started = Object::from([
                ("key".into(), Value::Text(key.clone())),
                ("workflow".into(), Value::Text(workflow.clone())),
            ]);
            act.insert(STARTED.into(), Value::from_fields(started));
        }
        Value::from_fields(act)
    }
}

/// The send under which the start that this entry makes is answered.
pub fn start_name(sequence: u64) -> Arc<str> {
    format!("{sequence}:0").into()
}

/// An act that says how far something has come leaves that in the record, and waits for what becomes of the start that it makes.
pub(super) fn keep_place(next: &mut Snapshot, act: &Value) {
    if let Some(place) = act.field(PLACE) {
        next.set_field(&PLACE.into(), place.clone());
    }
    let text = |name: &str| act.field(STARTED)?.field(name)?.as_text().map(Arc::from);
    if let (Some(workflow), Some(to)) = (text("workflow"), text("key")) {
        let send = PendingSend {
            workflow,
            id: "start".into(),
            to,
            invoke: None,
        };
        // of one that waits for a person for so long nobody needs to be told here
        if next.sends.len() < super::SENDS_PENDING_MAX {
            next.sends.insert(start_name(next.sequence), send);
        }
    }
}
