//! Timers under `after`. (Reference, section 3.2.)

use super::Lowering;
use super::target::From;
use super::transition::Written;
use crate::chart::{StateIndex, Timer, TimerMoment, Trigger};
use crate::diagnostic::{Code, Span};
use crate::expression::{Template, Type};
use crate::lang::scope::Scope;
use crate::time::parse_duration;
use crate::yaml::{Entry, Mapping, Node, is_extension};

impl Lowering<'_> {
    /// The timers of a state, in the order in which they are written.
    pub(super) fn timers(&mut self, node: Option<&Node>, source: StateIndex, scope: &Scope) -> Vec<Timer> {
        let mut timers = Vec::new();
        for entry in node
            .and_then(Node::as_mapping)
            .into_iter()
            .flatten()
            .filter(|entry| !is_extension(entry.name()))
        {
            let Some(when) = self.moment(entry, scope) else { continue };
            let written = Written {
                source,
                trigger: Trigger::Timer(timers.len()),
                admission: None,
                scope,
                from: From::State(source),
            };
            if let Some(transition) = self.transition(&entry.value, &written) {
                timers.push(Timer {
                    name: entry.key.text.clone(),
                    when,
                    transition,
                    span: entry.key.span,
                });
            }
        }
        timers
    }

    fn moment(&mut self, entry: &Entry, scope: &Scope) -> Option<TimerMoment> {
        let by_key = is_duration(&entry.key.text)
            .then(|| Template::parse(&entry.key.text).ok())
            .flatten();
        if by_key.is_some() && parse_duration(&entry.key.text).is_ok_and(|duration| duration.counts_business_time()) {
            self.need_calendar(entry.key.span);
        }
        let Some(mapping) = entry.value.as_mapping() else {
            if by_key.is_none() && !is_negative(&entry.key.text) && entry.value.as_scalar().is_some() {
                let help = "write `{in: …, target: …}`, or the duration itself as the key";
                self.error(
                    Code::TimerMoment,
                    entry.value.span,
                    format!("the timer `{}` does not say when", entry.name()),
                    help,
                );
            }
            return by_key.map(TimerMoment::In);
        };
        let within = mapping
            .get("in")
            .and_then(|node| self.duration(node, scope))
            .or(by_key.clone());
        let every = mapping.get("every").and_then(|node| self.duration(node, scope));
        let at = mapping
            .get("at")
            .and_then(|node| self.expression_of(node, scope, &[Type::Instant, Type::Date], "a moment or a date"));
        self.check_moment(entry, mapping, by_key.is_some());
        match (at, every, within) {
            (Some(at), _, _) => Some(TimerMoment::At(at)),
            (None, Some(every), first) => Some(TimerMoment::Every {
                first,
                every,
                times: times(mapping),
            }),
            (None, None, Some(within)) => Some(TimerMoment::In(within)),
            (None, None, None) => None,
        }
    }

    fn check_moment(&mut self, entry: &Entry, mapping: &Mapping, by_key: bool) {
        let has = |key: &str| mapping.get(key).is_some();
        let within = by_key || is_negative(entry.name()) || has("in");
        let place = |key: &str| mapping.entry(key).map_or(entry.key.span, |entry| entry.key.span);
        if by_key && has("in") {
            self.moment_error(
                place("in"),
                "the key says already after how long",
                "give the timer a name, or take `in` away",
            );
        }
        if has("at") && (within || has("every")) {
            self.moment_error(
                place("at"),
                "`at` names the moment: nothing else can",
                "keep one of `at`, and `in` with or without `every`",
            );
        }
        if !within && !has("at") && !has("every") {
            self.moment_error(
                entry.key.span,
                &format!("the timer `{}` does not say when", entry.name()),
                "add `in`, `at` or `every`",
            );
        }
        if has("times") && !has("every") {
            self.moment_error(
                place("times"),
                "`times` counts how often `every` fires, and there is no `every`",
                "add `every`, or take `times` away",
            );
        }
        let goes = has("target")
            || mapping
                .get("choose")
                .and_then(Node::as_sequence)
                .is_some_and(|branches| branches.iter().any(|branch| branch.get("target").is_some()));
        if has("every") && goes {
            let help = "a timer that repeats has `actions` only; give the way out a timer of its own";
            self.moment_error(place("every"), "a timer that leaves its state does not repeat", help);
        }
    }

    fn moment_error(&mut self, span: Span, message: &str, help: &str) {
        self.error(Code::TimerMoment, span, message, help);
    }
}

fn times(mapping: &Mapping) -> Option<u32> {
    mapping
        .get("times")
        .and_then(Node::as_scalar)
        .and_then(|scalar| scalar.text.parse().ok())
}

/// A duration before its beginning, which has been told.
fn is_negative(key: &str) -> bool {
    key.strip_prefix('-').is_some_and(is_duration)
}

/// Names begin with a letter, durations with a digit.
fn is_duration(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_digit())
}
