//! A clock as it stands in a stored snapshot.

use std::sync::Arc;

use super::ClockState;
use super::members::Members;
use super::stored::{Read, missing, moment, text_of};
use crate::value::Value;

pub(super) fn write(clock: &ClockState, out: &mut String) {
    let mut members = Members::open(out);
    members.optional("acknowledged", clock.acknowledged.as_ref());
    members.moment("begun_at", clock.begun_at);
    flag(&mut members, "breached", clock.breached);
    flag(&mut members, "business", clock.business);
    flag(&mut members, "inside", clock.inside);
    if let Some(since) = clock.since {
        members.moment("since", since);
    }
    if let Some(target_us) = clock.target_us {
        members.name("target_us").push_str(&target_us.to_string());
    }
    members.name("used_us").push_str(&clock.used_us.to_string());
    members.close();
}

fn flag(members: &mut Members<'_>, name: &str, set: bool) {
    if set {
        members.name(name).push_str("true");
    }
}

pub(super) fn read(value: &Value) -> Read<ClockState> {
    let is = |name: &str| value.field(name).is_some();
    Ok(ClockState {
        begun_at: moment(text_of(value, "begun_at")?)?,
        used_us: value
            .field("used_us")
            .and_then(Value::as_integer)
            .ok_or_else(|| missing("used_us"))?,
        since: match value.field("since").and_then(Value::as_text) {
            Some(text) => Some(moment(text)?),
            None => None,
        },
        inside: is("inside"),
        target_us: value.field("target_us").and_then(Value::as_integer),
        business: is("business"),
        breached: is("breached"),
        acknowledged: value.field("acknowledged").and_then(Value::as_text).map(Arc::from),
    })
}
