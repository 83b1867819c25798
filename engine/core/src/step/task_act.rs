//! What people do with a task beside finishing it: built in for every task, and in the trail.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::admission::forbidden;
use super::interrupt::Interrupt;
use super::machine::Machine;
use super::{Actor, Audience, Giving, HandOver, Notice, OpenTask, Refusal, RefusalKind, Status, Verdict};
use crate::chart::Channel;
use crate::value::Object;

/// How long a comment or a hand-over note may be, in characters: two printed pages. It stands in the trail for ever; what is longer is a
/// document, and is referred to.
pub const NOTE_CHARACTERS_MAX: usize = 4_000;

/// An open task by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRef {
    /// Path of its state.
    pub name: Arc<str>,
    /// The sequence that opened it; None: whichever is open now.
    pub opened: Option<u64>,
}

impl TaskRef {
    /// `PATH`, or `PATH@SEQUENCE`.
    pub fn read(text: &str) -> Self {
        let with_sequence = text
            .rsplit_once('@')
            .and_then(|(name, opened)| Some((name, opened.parse().ok()?)));
        match with_sequence {
            Some((name, opened)) => TaskRef {
                name: name.into(),
                opened: Some(opened),
            },
            None => TaskRef {
                name: text.into(),
                opened: None,
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskAct {
    /// Takes it.
    Claim,
    /// Takes it from whoever holds it, in one step.
    TakeOver {
        /// Whom it is taken from: who has taken it meanwhile keeps it.
        from: Arc<str>,
        /// They are away, as the shell found.
        away: bool,
    },
    /// Gives it back; `note` is what the next one should know.
    Release {
        note: Option<Arc<str>>,
    },
    /// Gives it to somebody, whoever holds it now.
    Assign {
        to: Box<Actor>,
    },
    /// Hands on what one holds oneself.
    Delegate {
        to: Box<Actor>,
    },
    /// Says that one knows of it: rungs of its ladder that wait for that do not fire any more.
    Acknowledge,
    /// Not urgent before; None: as the workflow says.
    FollowUp {
        at: Option<Timestamp>,
    },
    Comment {
        text: Arc<str>,
    },
    /// The engine's choice of whom it is given.
    Give(Box<Giving>),
    /// It is given back for whoever holds it.
    HandOver(Box<HandOver>),
}

impl TaskAct {
    pub fn as_str(&self) -> &'static str {
        match self {
            TaskAct::Claim => "claim",
            TaskAct::TakeOver { .. } => "take_over",
            TaskAct::Release { .. } => "release",
            TaskAct::Assign { .. } => "assign",
            TaskAct::Delegate { .. } => "delegate",
            TaskAct::Acknowledge => "acknowledge",
            TaskAct::FollowUp { .. } => "follow_up",
            TaskAct::Comment { .. } => "comment",
            TaskAct::Give(_) => "give",
            TaskAct::HandOver(_) => "hand_over",
        }
    }
}

impl Machine<'_> {
    pub(super) fn take_task_act(&mut self, reference: &TaskRef, act: &TaskAct) -> Result<Verdict, Interrupt> {
        self.set_event(format!("task.{}", act.as_str()).into(), Cow::Owned(Object::new()));
        match act {
            TaskAct::Give(giving) => self.take_giving(reference, giving),
            TaskAct::HandOver(hand_over) => self.take_hand_over(reference, hand_over),
            _ => self.take_persons_act(reference, act),
        }
    }

    fn take_persons_act(&mut self, reference: &TaskRef, act: &TaskAct) -> Result<Verdict, Interrupt> {
        let open = match self.open_task(reference) {
            Ok(open) => open.clone(),
            // who does not see the instance is told no more than that there is none
            Err(refusal) => {
                let seen = self.is_seen()?;
                return Ok(Verdict::Refused(vec![if seen { refusal } else { super::sight::hidden() }]));
            }
        };
        if !open.is_known_to(self.actor) && !self.is_seen()? {
            return Ok(Verdict::Refused(vec![super::sight::hidden()]));
        }
        if self.paused_states().contains(open.state) {
            return Ok(Verdict::Refused(vec![self.paused_refusal(open.state)]));
        }
        if let Some(refusal) = self.refuse_act(&open, act) {
            return Ok(Verdict::Refused(vec![refusal]));
        }
        if let TaskAct::TakeOver { from, .. } = act {
            self.tell_taken_over(&reference.name, from)?;
        }
        let (actor, now) = (self.actor.id.clone(), self.now);
        let Some(task) = self.next.tasks.get_mut(&reference.name) else {
            return Ok(Verdict::Stale);
        };
        match act {
            TaskAct::Claim | TaskAct::TakeOver { .. } => task.hold(actor, now),
            TaskAct::Release { .. } => task.decline(),
            TaskAct::Assign { to } | TaskAct::Delegate { to } => task.hold(to.id.clone(), now),
            TaskAct::Acknowledge => task.acknowledged = Some(actor),
            TaskAct::FollowUp { at } => {
                task.follow_up = *at;
                task.follow_up_set = at.is_some();
            }
            TaskAct::Comment { .. } | TaskAct::Give(_) | TaskAct::HandOver(_) => {}
        }
        Ok(Verdict::Taken)
    }

    /// It was theirs, and it is not without their knowing.
    fn tell_taken_over(&mut self, name: &str, from: &Arc<str>) -> Result<(), Interrupt> {
        let title = self.task_title(name)?;
        self.notices.push(Notice {
            audience: Audience::of_user(from.clone()),
            text: format!("{} took over from you: {title}", self.actor.id),
            via: vec![Channel::Inbox],
            thread: false,
        });
        Ok(())
    }

    /// The open task that is meant, or why there is none.
    pub(super) fn open_task(&self, reference: &TaskRef) -> Result<&OpenTask, Refusal> {
        let TaskRef { name, opened } = reference;
        let found = self
            .next
            .tasks
            .get(name)
            .filter(|task| opened.is_none_or(|opened| opened == task.opened));
        found.ok_or_else(|| {
            let why = match self.next.status {
                Status::Done => "the instance has come to its end".to_owned(),
                Status::Active => match self.chart.state_at(name) {
                    Some(_) => format!("the task `{name}` is not open any more"),
                    None => format!("there is no task `{name}`"),
                },
            };
            Refusal::new(RefusalKind::Held, why)
        })
    }

    pub(super) fn holds(&self, open: &OpenTask) -> bool {
        open.is_held_by(self.actor)
    }

    /// Another's task is not finished by the way.
    pub(super) fn refuse_finishing(&self, open: &OpenTask) -> Option<Refusal> {
        let holder = open.holder.as_ref().filter(|_| !self.holds(open))?;
        Some(Refusal::new(RefusalKind::Held, format!("{holder} holds this task")))
    }

    fn refuse_act(&self, open: &OpenTask, act: &TaskAct) -> Option<Refusal> {
        let writes = matches!(act, TaskAct::Comment { .. } | TaskAct::Release { note: Some(_) });
        if writes && self.next.secret.is_none() && self.chart.holds_personal_data {
            let sentence = "the personal data of this instance was erased: nothing may be written about it any more";
            return Some(forbidden(sentence));
        }
        if let Some(refusal) = refuse_words(act) {
            return Some(refusal);
        }
        let is_for = open.is_for(self.actor);
        let holds = self.holds(open);
        let not_theirs = || {
            Some(forbidden(&format!(
                "{} is not among those whom this task is for",
                self.actor.id
            )))
        };
        match act {
            TaskAct::Claim => match &open.holder {
                _ if !is_for => not_theirs(),
                Some(holder) if holds => Some(Refusal::new(RefusalKind::Held, format!("{holder} holds this task already"))),
                Some(holder) => Some(Refusal::new(RefusalKind::Held, format!("{holder} holds this task"))),
                None => None,
            },
            TaskAct::TakeOver { from, away } => match is_for {
                true => self.refuse_taking_over(open, from, *away),
                false => not_theirs(),
            },
            TaskAct::Release { .. } => match &open.holder {
                None => Some(Refusal::new(RefusalKind::Held, "nobody holds this task")),
                Some(_) if holds || open.has_reached(self.actor) => None,
                Some(holder) => Some(forbidden(&format!("{holder} holds this task, and may release it"))),
            },
            TaskAct::Assign { to } => match is_for {
                true => self.refuse_receiver(open, to),
                false => not_theirs(),
            },
            TaskAct::Delegate { to } => match holds {
                true => self.refuse_receiver(open, to),
                false => Some(forbidden("only who holds a task may delegate it")),
            },
            TaskAct::Acknowledge | TaskAct::FollowUp { .. } | TaskAct::Comment { .. } => {
                if is_for || holds {
                    None
                } else {
                    not_theirs()
                }
            }
            TaskAct::Give(_) | TaskAct::HandOver(_) => Some(forbidden("only the engine does this")),
        }
    }

    fn refuse_taking_over(&self, open: &OpenTask, from: &Arc<str>, away: bool) -> Option<Refusal> {
        let held = |sentence: String| Some(Refusal::new(RefusalKind::Held, sentence));
        match &open.holder {
            None => held("nobody holds this task: it can be claimed".into()),
            Some(holder) if *holder == self.actor.id => held(format!("{holder} holds this task already")),
            Some(holder) if holder != from => held(format!("{holder} holds this task, and not {from}")),
            Some(_) if away || open.has_reached(self.actor) => None,
            Some(holder) => Some(forbidden(&format!(
                "{holder} holds this task, is not away, and it has not waited long enough to come to {}",
                self.actor.id
            ))),
        }
    }

    fn refuse_receiver(&self, open: &OpenTask, to: &Actor) -> Option<Refusal> {
        if open.holder.as_ref() == Some(&to.id) {
            return Some(Refusal::new(RefusalKind::Held, format!("{} holds this task already", to.id)));
        }
        (!open.is_for(to)).then(|| forbidden(&format!("{} is not among those whom this task is for", to.id)))
    }
}

fn refuse_words(act: &TaskAct) -> Option<Refusal> {
    let (field, words) = match act {
        TaskAct::Comment { text } => ("text", text),
        TaskAct::Release { note: Some(note) } => ("note", note),
        _ => return None,
    };
    let sentence = if words.trim().is_empty() {
        "is empty".to_owned()
    } else if words.chars().count() > NOTE_CHARACTERS_MAX {
        format!("is longer than {NOTE_CHARACTERS_MAX} characters")
    } else {
        return None;
    };
    Some(Refusal::new(RefusalKind::Invalid, sentence).in_field(field))
}
