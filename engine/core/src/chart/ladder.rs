//! What happens when a task or a clock waits too long, rung by rung.

use std::sync::Arc;

use super::People;
use crate::diagnostic::Span;
use crate::expression::Template;

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
