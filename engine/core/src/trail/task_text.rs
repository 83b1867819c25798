//! What was done with a task, read back from its entry.

use std::sync::Arc;

use jiff::Timestamp;

use super::EntryError;
use super::entry_text::actor_of;
use crate::step::{Candidate, Giving, HandOver, SeenShift, TaskAct};
use crate::value::{Object, Value};

pub(super) fn act_of(act: &str, fields: &Object) -> Result<TaskAct, EntryError> {
    let text = || fields.get("text").and_then(Value::as_text).map(Arc::<str>::from);
    let to = || match fields.get("to") {
        Some(to) => actor_of(to).map(Box::new),
        None => Err(EntryError("`input.to` is missing".into())),
    };
    Ok(match act {
        "claim" => TaskAct::Claim,
        "take_over" => TaskAct::TakeOver {
            from: text_of(fields, "from")?,
            away: fields.get("away").is_some(),
        },
        "release" => TaskAct::Release { note: text() },
        "assign" => TaskAct::Assign { to: to()? },
        "delegate" => TaskAct::Delegate { to: to()? },
        "acknowledge" => TaskAct::Acknowledge,
        "follow_up" => TaskAct::FollowUp {
            at: match fields.get("at").and_then(Value::as_text) {
                Some(at) => Some(at.parse().map_err(|_| EntryError("`input.at` is no moment".into()))?),
                None => None,
            },
        },
        "comment" => TaskAct::Comment {
            text: text().unwrap_or_default(),
        },
        "give" => TaskAct::Give(Box::new(giving_of(fields)?)),
        "hand_over" => TaskAct::HandOver(Box::new(HandOver {
            holder: text_of(fields, "holder")?,
            until: moment_of(fields, "until")?,
            note: fields.get("note").and_then(Value::as_text).map(Arc::from),
        })),
        other => return Err(EntryError(format!("`{other}` is nothing that is done with a task"))),
    })
}

fn giving_of(fields: &Object) -> Result<Giving, EntryError> {
    let candidates = fields.get("candidates").and_then(Value::as_list).unwrap_or(&[]);
    Ok(Giving {
        to: fields.get("to").map(actor_of).transpose()?,
        why: text_of(fields, "why")?,
        eligible: number_of(fields, "eligible")?,
        candidates: candidates.iter().map(candidate_of).collect::<Result<_, _>>()?,
        shift: fields.get("shift").map(shift_of).transpose()?,
    })
}

fn candidate_of(value: &Value) -> Result<Candidate, EntryError> {
    let fields = object_of(value)?;
    Ok(Candidate {
        user: text_of(fields, "user")?,
        load: number_of(fields, "load")?,
        last_at: match fields.get("last_at") {
            Some(_) => Some(moment_of(fields, "last_at")?),
            None => None,
        },
    })
}

fn shift_of(value: &Value) -> Result<SeenShift, EntryError> {
    let fields = object_of(value)?;
    Ok(SeenShift {
        instance: parsed(fields, "instance")?,
        name: text_of(fields, "name")?,
        sequence: number_of(fields, "sequence")?,
    })
}

fn object_of(value: &Value) -> Result<&Object, EntryError> {
    value
        .as_object()
        .ok_or_else(|| EntryError("a part of `input` is no object".into()))
}

fn text_of(fields: &Object, name: &str) -> Result<Arc<str>, EntryError> {
    let text = fields.get(name).and_then(Value::as_text).map(Arc::from);
    text.ok_or_else(|| EntryError(format!("`input.{name}` is missing")))
}

fn number_of(fields: &Object, name: &str) -> Result<u64, EntryError> {
    let number = fields.get(name).and_then(Value::as_integer);
    let number = number.and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| EntryError(format!("`input.{name}` is missing or no count")))
}

fn moment_of(fields: &Object, name: &str) -> Result<Timestamp, EntryError> {
    parsed(fields, name)
}

fn parsed<T: std::str::FromStr>(fields: &Object, name: &str) -> Result<T, EntryError> {
    let text = text_of(fields, name)?;
    text.parse().map_err(|_| EntryError(format!("`input.{name}` cannot be read")))
}
