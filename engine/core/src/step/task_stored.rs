//! An open task as it stands in a stored snapshot. The path of its state is the name it stands under.

use std::sync::Arc;

use jiff::Timestamp;

use super::members::Members;
use super::stored::{Read, Unreadable, missing, moment, text_of};
use super::{Audience, OpenTask, Reached};
use crate::chart::StateIndex;
use crate::value::Value;
use crate::value::canonical::write_canonical;

pub(super) fn write(task: &OpenTask, out: &mut String) {
    let mut members = Members::open(out);
    members.optional("acknowledged", task.acknowledged.as_ref());
    members.moment("begun_at", task.begun_at);
    members.text("by", &task.by);
    optional_moment(&mut members, "due", task.due);
    members.text("event", &task.event);
    optional_moment(&mut members, "follow_up", task.follow_up);
    if task.follow_up_set {
        members.name("follow_up_set").push_str("true");
    }
    optional_moment(&mut members, "held_since", task.held_since);
    members.optional("holder", task.holder.as_ref());
    members.number("opened", task.opened);
    members.moment("opened_at", task.opened_at);
    write_canonical(&task.people.value(), members.name("people"));
    members.number("priority", u64::from(task.priority));
    members.list("reached", &task.reached, |reached, out| {
        let mut fields = Members::open(out);
        fields.moment("at", reached.at);
        write_canonical(&reached.people.value(), fields.name("people"));
        fields.number("rung", reached.rung as u64);
        fields.close();
    });
    members.close();
}

fn optional_moment(members: &mut Members<'_>, name: &str, at: Option<Timestamp>) {
    if let Some(at) = at {
        members.moment(name, at);
    }
}

pub(super) fn read(state: StateIndex, value: &Value) -> Read<OpenTask> {
    let optional = |name: &str| value.field(name).and_then(Value::as_text).map(Arc::<str>::from);
    let at = |name: &str| match value.field(name).and_then(Value::as_text) {
        Some(text) => moment(text).map(Some),
        None => Ok(None),
    };
    let reached = value.field("reached").and_then(Value::as_list).unwrap_or(&[]);
    Ok(OpenTask {
        state,
        opened: number(value, "opened")? as u64,
        opened_at: moment(text_of(value, "opened_at")?)?,
        event: text_of(value, "event")?.into(),
        by: text_of(value, "by")?.into(),
        begun_at: moment(text_of(value, "begun_at")?)?,
        due: at("due")?,
        follow_up: at("follow_up")?,
        follow_up_set: value.field("follow_up_set").is_some(),
        priority: number(value, "priority")? as u8,
        people: people(value)?,
        holder: optional("holder"),
        acknowledged: optional("acknowledged"),
        reached: reached
            .iter()
            .map(|value| {
                Ok(Reached {
                    rung: number(value, "rung")? as usize,
                    at: moment(text_of(value, "at")?)?,
                    people: people(value)?,
                })
            })
            .collect::<Read<_>>()?,
        held_since: at("held_since")?,
    })
}

fn number(value: &Value, name: &str) -> Read<i64> {
    value.field(name).and_then(Value::as_integer).ok_or_else(|| missing(name))
}

fn people(value: &Value) -> Read<Audience> {
    let read = value.field("people").and_then(Audience::read);
    read.ok_or_else(|| Unreadable("`people` cannot be read".into()))
}
