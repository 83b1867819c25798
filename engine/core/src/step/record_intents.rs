//! What an entry says of what is to happen after the commit: messages, effects, timers, tasks, notices, unique values.

use std::sync::Arc;

use jiff::Timestamp;

use super::members::Members;
use super::{ClaimChange, Effect, Message, MessageKind, Notice, SendVerdict, TaskChange, TimerChange};
use crate::value::Value;
use crate::value::canonical::write_canonical;

pub(super) fn write_claims(claims: &[ClaimChange], out: &mut String) {
    let mut members = Members::open(out);
    let pick = |held: bool| -> Vec<(&Arc<str>, &Arc<str>)> {
        let picked = claims.iter().filter_map(|change| match change {
            ClaimChange::Hold { name, value } if held => Some((name, value)),
            ClaimChange::Release { name, value } if !held => Some((name, value)),
            _ => None,
        });
        picked.collect()
    };
    let write = |(name, value): &(&Arc<str>, &Arc<str>), out: &mut String| {
        let mut claim = Members::open(out);
        claim.text("name", name);
        claim.text("value", value);
        claim.close();
    };
    members.list("held", &pick(true), write);
    members.list("released", &pick(false), write);
    members.close();
}

pub(super) fn write_effect(effect: &Effect, out: &mut String) {
    let mut members = Members::open(out);
    members.text("action", &effect.action);
    members.text("adapter", &effect.adapter);
    write_canonical(&effect.input, members.name("input"));
    members.text("key", &effect.key);
    members.close();
}

pub(super) fn write_message(message: &Message, out: &mut String) {
    let mut members = Members::open(out);
    if let Some(due) = message.due {
        members.moment("due", due);
    }
    match &message.kind {
        MessageKind::Event { event, with, .. } => {
            members.text("event", event);
            members.text("kind", "event");
            members.text("send", &message.send);
            members.text("to", &message.to);
            write_canonical(&Value::from_fields(with.clone()), members.name("with"));
        }
        MessageKind::Start { with, invoke } => {
            members.optional("invoke", invoke.as_ref());
            members.text("kind", "start");
            members.text("send", &message.send);
            members.text("to", &message.to);
            write_canonical(&Value::from_fields(with.clone()), members.name("with"));
        }
        MessageKind::Review { with } => {
            members.text("kind", "review");
            members.text("to", &message.to);
            write_canonical(&Value::from_fields(with.clone()), members.name("with"));
        }
        MessageKind::Answer { verdict } => {
            members.text("kind", "answer");
            write_send_verdict(verdict, Some(&message.send), &mut members);
            members.text("to", &message.to);
        }
        MessageKind::Ended { invoke, output } => {
            members.text("invoke", invoke);
            members.text("kind", "ended");
            write_canonical(output, members.name("output"));
            members.text("to", &message.to);
        }
        MessageKind::Stop { invoke } => {
            members.text("invoke", invoke);
            members.text("kind", "stop");
            members.text("to", &message.to);
        }
        MessageKind::Hold { invoke, why } => {
            members.text("invoke", invoke);
            members.text("kind", "hold");
            members.text("to", &message.to);
            members.optional("why", why.as_ref());
        }
    }
    members.text("workflow", &message.workflow);
    members.close();
}

pub(super) fn write_send_verdict(verdict: &SendVerdict, send: Option<&Arc<str>>, members: &mut Members<'_>) {
    let (outcome, why) = match verdict {
        SendVerdict::Taken => ("taken", None),
        SendVerdict::Ignored { why } => ("ignored", Some(why)),
        SendVerdict::Refused { why } => ("refused", Some(why)),
    };
    members.text("outcome", outcome);
    members.optional("send", send);
    members.optional("why", why);
}

pub(super) fn write_notice(notice: &Notice, out: &mut String) {
    let mut members = Members::open(out);
    members.text("text", &notice.text);
    if notice.thread {
        members.name("thread").push_str("true");
    }
    write_canonical(&notice.audience.value(), members.name("to"));
    let via: Vec<Arc<str>> = notice.via.iter().map(|channel| channel.as_str().into()).collect();
    members.texts("via", via.iter());
    members.close();
}

/// Of a task that is open, what queues show of it; of one that is in no queue any more, its name.
pub(super) fn write_task_change(change: &TaskChange, out: &mut String) {
    let mut members = Members::open(out);
    match change {
        TaskChange::Open { name, task } => {
            if let Some(due) = task.due {
                members.moment("due", due);
            }
            members.optional("holder", task.holder.as_ref());
            members.text("name", name);
            members.number("opened", task.opened);
            members.number("priority", u64::from(task.priority));
        }
        TaskChange::Gone { name } => {
            members.name("gone").push_str("true");
            members.text("name", name);
        }
    }
    members.close();
}

pub(super) fn write_timers(timers: &[TimerChange], out: &mut String) {
    let mut members = Members::open(out);
    let armed: Vec<(&Arc<str>, &Timestamp)> = timers
        .iter()
        .filter_map(|change| match change {
            TimerChange::Arm { name, due } => Some((name, due)),
            TimerChange::Cancel { .. } => None,
        })
        .collect();
    members.list("armed", &armed, |(name, due), out| {
        let mut timer = Members::open(out);
        timer.moment("due", **due);
        timer.text("name", name);
        timer.close();
    });
    let cancelled: Vec<&Arc<str>> = timers
        .iter()
        .filter_map(|change| match change {
            TimerChange::Cancel { name } => Some(name),
            TimerChange::Arm { .. } => None,
        })
        .collect();
    members.texts("cancelled", cancelled.into_iter());
    members.close();
}
