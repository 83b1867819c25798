//! An open task as it stands in a stored snapshot. The path of its state is the name it stands under.

use std::sync::Arc;

use jiff::Timestamp;

use super::members::Members;
use super::stored::{Read, Unreadable, missing, moment, text_of};
use super::{Audience, HandedOver, OpenTask, Reached, Seeking};
use crate::chart::StateIndex;
use crate::value::Value;
use crate::value::canonical::write_canonical;

pub(super) fn write(task: &OpenTask, out: &mut String) {
    let mut members = Members::open(out);
    members.optional("acknowledged", task.acknowledged.as_ref());
    members.moment("begun_at", task.begun_at);
    members.text("by", &task.by);
    members.texts("declined", task.declined.iter());
    optional_moment(&mut members, "due", task.due);
    members.text("event", &task.event);
    optional_moment(&mut members, "follow_up", task.follow_up);
    if task.follow_up_set {
        members.name("follow_up_set").push_str("true");
    }
    if let Some(handed_over) = &task.handed_over {
        let mut fields = Members::open(members.name("handed_over"));
        fields.moment("at", handed_over.at);
        fields.text("from", &handed_over.from);
        fields.optional("note", handed_over.note.as_ref());
        fields.close();
    }
    optional_moment(&mut members, "held_since", task.held_since);
    members.optional("holder", task.holder.as_ref());
    optional_moment(&mut members, "holder_since", task.holder_since);
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
    if let Some(seeking) = &task.seeking {
        write_seeking(seeking, members.name("seeking"));
    }
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
        holder_since: at("holder_since")?,
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
        seeking: value.field("seeking").map(seeking_of).transpose()?,
        declined: texts(value, "declined"),
        handed_over: value.field("handed_over").map(handed_over).transpose()?,
    })
}

fn write_seeking(seeking: &Seeking, out: &mut String) {
    let mut fields = Members::open(out);
    let (word, said) = match seeking {
        Seeking::Sought => ("sought", None),
        Seeking::Offered { at, why } => ("offered", Some((at, why))),
        Seeking::Given { at, why } => ("given", Some((at, why))),
    };
    if let Some((at, _)) = said {
        fields.moment("at", *at);
    }
    fields.text("is", word);
    fields.optional("why", said.map(|(_, why)| why));
    fields.close();
}

fn seeking_of(value: &Value) -> Read<Seeking> {
    let at = || moment(text_of(value, "at")?);
    let why = || text_of(value, "why").map(Arc::from);
    match text_of(value, "is")? {
        "sought" => Ok(Seeking::Sought),
        "offered" => Ok(Seeking::Offered { at: at()?, why: why()? }),
        "given" => Ok(Seeking::Given { at: at()?, why: why()? }),
        other => Err(Unreadable(format!("`{other}` says nothing of who is sought"))),
    }
}

fn handed_over(value: &Value) -> Read<HandedOver> {
    Ok(HandedOver {
        at: moment(text_of(value, "at")?)?,
        from: text_of(value, "from")?.into(),
        note: value.field("note").and_then(Value::as_text).map(Arc::from),
    })
}

fn texts(value: &Value, name: &str) -> Vec<Arc<str>> {
    let items = value.field(name).and_then(Value::as_list).unwrap_or(&[]);
    items.iter().filter_map(Value::as_text).map(Arc::from).collect()
}

fn number(value: &Value, name: &str) -> Read<i64> {
    value.field(name).and_then(Value::as_integer).ok_or_else(|| missing(name))
}

fn people(value: &Value) -> Read<Audience> {
    let read = value.field("people").and_then(Audience::read);
    read.ok_or_else(|| Unreadable("`people` cannot be read".into()))
}
