//! A person's work while a state is active, and what happens when it waits too long.

use std::sync::Arc;

use super::{People, StateIndex};
use crate::diagnostic::Span;
use crate::expression::Template;

#[derive(Clone, Debug)]
pub struct Task {
    /// None: the state's.
    pub title: Option<Template>,
    pub people: People,
    /// Gives a moment, a date, or a duration from opening.
    pub due: Option<Template>,
    /// Not urgent before; like `due`.
    pub follow_up: Option<Template>,
    /// Gives a word or a number from 0 to 9; None: normal.
    pub priority: Option<Template>,
    /// Dotted names of what stands beside the form.
    pub show: Vec<Arc<str>>,
    pub help: Option<Template>,
    pub ladder: Vec<Rung>,
    pub span: Span,
}

/// A rung of a ladder: fires once a run, at its moment, if the condition still holds then.
#[derive(Clone, Debug)]
pub struct Rung {
    pub moment: RungMoment,
    pub during: RungCondition,
    /// Whom it reaches, who may then claim.
    pub people: People,
    pub via: Vec<Channel>,
    /// Also takes the task from its holder.
    pub take: bool,
    pub raise: Option<Arc<str>>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum RungMoment {
    /// So many percent of the way from the beginning to the deadline, and so long after that.
    Share { percent: u16, later: Option<Template> },
    /// So long after the beginning.
    After(Template),
}

/// How long an instance may be in some states: `sla`.
#[derive(Clone, Debug)]
pub struct Clock {
    pub name: Arc<str>,
    /// It runs while one of these is active and not paused.
    pub during: Vec<StateIndex>,
    /// Gives how long it may take.
    pub target: Template,
    /// Begins anew at each visit; else all visits count together.
    pub each_visit: bool,
    pub ladder: Vec<Rung>,
    pub span: Span,
}

/// `while` of a rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RungCondition {
    Unclaimed,
    #[default]
    Unacknowledged,
    Open,
}

/// How people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Inbox,
    Mail,
    Page,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Inbox => "inbox",
            Channel::Mail => "mail",
            Channel::Page => "page",
        }
    }

    pub fn of(word: &str) -> Option<Self> {
        match word {
            "inbox" => Some(Channel::Inbox),
            "mail" => Some(Channel::Mail),
            "page" => Some(Channel::Page),
            _ => None,
        }
    }
}

impl RungCondition {
    pub fn as_str(self) -> &'static str {
        match self {
            RungCondition::Unclaimed => "unclaimed",
            RungCondition::Unacknowledged => "unacknowledged",
            RungCondition::Open => "open",
        }
    }
}

/// Comes first.
pub const PRIORITY_MAX: u8 = 9;

/// Where nothing is said.
pub const PRIORITY_NORMAL: u8 = 4;

/// The number of a priority as it is written: a word, or a number from 0 to 9.
pub fn priority_of_word(word: &str) -> Option<u8> {
    match word.trim() {
        "low" => Some(2),
        "normal" => Some(PRIORITY_NORMAL),
        "high" => Some(6),
        "urgent" => Some(8),
        digit => digit.parse().ok().filter(|number| *number <= PRIORITY_MAX),
    }
}
