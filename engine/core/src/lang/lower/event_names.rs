//! Which events there are: a raised one that nobody answers to is a slip of the pen.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Lowering;
use crate::chart::{EventPattern, Trigger};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};

/// Events that actions name.
#[derive(Default)]
pub(super) struct EventNames {
    /// Raised, with their places.
    pub(super) raised: Vec<(Arc<str>, Span)>,
    /// Ids of sends, whose answers come as events.
    pub(super) sent: BTreeSet<Arc<str>>,
}

impl Lowering<'_> {
    /// Warns of raised events that no state answers to.
    pub(super) fn check_raised(&mut self) {
        let patterns: Vec<EventPattern> = self
            .transitions
            .iter()
            .filter_map(|transition| match &transition.trigger {
                Trigger::Event(pattern) => Some(pattern.clone()),
                _ => None,
            })
            .collect();
        for (event, span) in std::mem::take(&mut self.events.raised) {
            // What has not the form of an event has been told.
            let misspelt = !event.contains('.') && event.chars().any(|letter| letter.is_ascii_lowercase());
            if misspelt || patterns.iter().any(|pattern| pattern.matches(&event)) {
                continue;
            }
            let diagnostic = Diagnostic::warning(Code::UnansweredEvent, span, format!("no state answers to `{event}`"));
            let known = patterns.iter().filter_map(|pattern| match pattern {
                EventPattern::Exact(name) => Some(&**name),
                _ => None,
            });
            self.out.push(match nearest(&event, known) {
                Some(meant) => diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(span, meant),
                None => diagnostic.help("add it under `on` of the state that should answer"),
            });
        }
    }
}

/// What is written as a key under `on`.
pub(super) fn pattern(text: &str) -> EventPattern {
    match text.strip_suffix(".*") {
        _ if text == "*" => EventPattern::Any,
        Some(prefix) => EventPattern::Prefix(prefix.into()),
        None => EventPattern::Exact(text.into()),
    }
}
