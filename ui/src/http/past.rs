//! An instance as it stood at a moment.

use jiff::Timestamp;
use jiff::civil::DateTime;
use statewright_core::value::{Object, Value};
use statewright_engine::queries::{Past, PastMoment};
use statewright_engine::store::TrailRow;

use super::body::unfit;
use super::problem::{Answered, Problem};
use super::reply::instance_value;
use super::route::{Parameter, Place};
use super::service::Service;
use crate::json::{count, instant, object, texts};

pub const AT: Parameter = Parameter {
    name: "at",
    place: Place::Query,
    description: "As it stood at this moment, for whoever may read its trail: `2026-11-03T14:05`, in the deployment's zone, or `2026-11-03T13:05:00Z`. \
        A time that a change of clocks repeats is the first of the two",
    schema: r#"{"type": "string"}"#,
};

pub const ENTRY: Parameter = Parameter {
    name: "entry",
    place: Place::Query,
    description: "As it stood after the entry of this number, for whoever may read its trail",
    schema: r#"{"type": "integer", "minimum": 1}"#,
};

/// Which moment is asked for, if any is.
///
/// # Errors
/// 400 for what is neither, and for both at once.
pub fn past_moment(service: &Service, at: Option<&str>, entry: Option<&str>) -> Answered<Option<PastMoment>> {
    match (at, entry) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(unfit("at", "and `entry` each name a moment: give one of them")),
        (Some(at), None) => moment(service, at).map(|at| Some(PastMoment::At(at))),
        (None, Some(entry)) => {
            let number = entry.parse().ok().map(PastMoment::Entry);
            number.map(Some).ok_or_else(|| unfit("entry", "is the number of an entry"))
        }
    }
}

fn moment(service: &Service, given: &str) -> Answered<Timestamp> {
    let wrong = || {
        unfit(
            "at",
            "is a day with a time, such as 2026-11-03T14:05, or a moment such as 2026-11-03T13:05:00Z",
        )
    };
    if let Ok(at) = given.parse::<Timestamp>() {
        return Ok(at);
    }
    // a day alone has many moments
    let has_time = given.contains('T') || given.trim().contains(' ');
    let civil: DateTime = given.parse().ok().filter(|_| has_time).ok_or_else(wrong)?;
    let zone = service.engine.zone().map_err(Problem::from)?;
    zone.to_ambiguous_timestamp(civil).compatible().map_err(|_| wrong())
}

/// The instance as any other, and beside it what is said of the moment.
pub fn past_value(past: &Past) -> Value {
    let entry = |row: &TrailRow| object([("at", instant(row.at_us)), ("number", count(row.sequence))]);
    let then = object([
        ("at", Value::from_instant(past.at)),
        ("entry", entry(&past.entry)),
        ("erased", texts(&past.erased)),
        ("next", past.next.as_ref().map_or(Value::Null, entry)),
        ("stepped", Value::Boolean(past.is_stepped)),
        ("withheld", texts(&past.withheld)),
    ]);
    let mut members: Object = instance_value(&past.shown).as_object().cloned().unwrap_or_default();
    members.insert("as_it_stood".into(), then);
    Value::from_fields(members)
}
