//! What is done with a task, as its entry says it.

use std::sync::Arc;

use super::members::Members;
use super::personal::Sealer;
use super::record::write_actor;
use super::{Candidate, Giving, SeenShift, TaskAct, TaskRef};
use crate::value::Value;

pub(super) fn write_opened(task: &TaskRef, members: &mut Members<'_>) {
    if let Some(opened) = task.opened {
        members.number("opened", opened);
    }
}

pub(super) fn write(task: &TaskRef, act: &TaskAct, key: Option<&Arc<str>>, sealer: &mut Sealer<'_>, members: &mut Members<'_>) {
    let taken_from = match act {
        TaskAct::TakeOver { from, away } => Some((from, *away)),
        _ => None,
    };
    let giving = match act {
        TaskAct::Give(giving) => Some(&**giving),
        _ => None,
    };
    members.text("act", act.as_str());
    if let TaskAct::FollowUp { at: Some(at) } = act {
        members.moment("at", *at);
    }
    if taken_from.is_some_and(|(_, away)| away) {
        members.name("away").push_str("true");
    }
    if let Some(Giving {
        candidates, eligible, ..
    }) = giving
    {
        members.list("candidates", candidates, write_candidate);
        members.number("eligible", *eligible);
    }
    members.optional("from", taken_from.map(|(from, _)| from));
    let hand_over = match act {
        TaskAct::HandOver(hand_over) => Some(&**hand_over),
        _ => None,
    };
    if let Some(hand_over) = hand_over {
        members.text("holder", &hand_over.holder);
    }
    members.optional("key", key);
    members.text("kind", "task");
    if let Some(hand_over) = hand_over {
        // the language lets nothing personal into it: it stands with the tasks of others
        members.optional("note", hand_over.note.as_ref());
    }
    write_opened(task, members);
    if let Some(shift) = giving.and_then(|giving| giving.shift.as_ref()) {
        write_shift(shift, members.name("shift"));
    }
    members.text("task", &task.name);
    let text = match act {
        TaskAct::Comment { text } => Some(text),
        TaskAct::Release { note } => note.as_ref(),
        _ => None,
    };
    if let Some(text) = text {
        // whoever writes freely may name a person, where the workflow keeps any apart
        sealer.write_undeclared(&Value::Text(text.clone()), members.name("text"));
    }
    let to = match act {
        TaskAct::Assign { to } | TaskAct::Delegate { to } => Some(&**to),
        _ => giving.and_then(|giving| giving.to.as_ref()),
    };
    if let Some(to) = to {
        write_actor(to, members.name("to"));
    }
    if let Some(hand_over) = hand_over {
        members.moment("until", hand_over.until);
    }
    if let Some(giving) = giving {
        members.text("why", &giving.why);
    }
}

fn write_candidate(candidate: &Candidate, out: &mut String) {
    let mut members = Members::open(out);
    if let Some(last_at) = candidate.last_at {
        members.moment("last_at", last_at);
    }
    members.number("load", candidate.load);
    members.text("user", &candidate.user);
    members.close();
}

fn write_shift(shift: &SeenShift, out: &mut String) {
    let mut members = Members::open(out);
    members.instance("instance", &shift.instance);
    members.text("name", &shift.name);
    members.number("sequence", shift.sequence);
    members.close();
}
