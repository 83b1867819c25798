//! Tasks, their ladders, and notices. (Reference, sections 3.3, 3.4 and 7.)

use std::sync::Arc;

use super::value::Sink;
use super::{Lowering, head};
use crate::chart::{Channel, Notify, Rung, RungCondition, RungMoment, Task, priority_of_word};
use crate::diagnostic::Code;
use crate::expression::{Template, Type};
use crate::lang::scope::Scope;
use crate::yaml::{Mapping, Node, Scalar};

/// A title is said in notices, which are sent where nothing can be erased.
const TITLE: Sink<'static> = Sink::Public("the title of a task, which notices carry");
const HELP: Sink<'static> = Sink::Public("the help of a task");
const NOTICE: Sink<'static> = Sink::Public("a notice");

/// What a ladder is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LadderOf {
    /// A task, which may be claimed, and has a deadline or not.
    Task { has_due: bool },
    /// A clock.
    Clock,
}

impl Lowering<'_> {
    pub(super) fn task(&mut self, node: Option<&Node>, scope: &Scope) -> Option<Box<Task>> {
        let node = node?;
        let mapping = node.as_mapping()?;
        let due = mapping.get("due").and_then(|node| self.deadline(node, scope));
        let follow_up = mapping.get("follow_up").and_then(|node| self.deadline(node, scope));
        let priority = mapping.get("priority").and_then(|node| self.priority(node, scope));
        let has_due = mapping.get("due").is_some();
        Some(Box::new(Task {
            title: mapping.get("title").and_then(|node| self.text(node, scope, TITLE)),
            people: self.people(mapping.get("for"), scope),
            due,
            follow_up,
            priority,
            show: self.shown_names(mapping.get("show"), scope),
            help: mapping.get("help").and_then(|node| self.text(node, scope, HELP)),
            assignment: self.assignment(mapping.get("auto_assign"), scope),
            ladder: self.ladder(mapping.get("escalate"), scope, LadderOf::Task { has_due }),
            span: head(node),
        }))
    }

    /// A duration, a moment or a date.
    fn deadline(&mut self, node: &Node, scope: &Scope) -> Option<Template> {
        let scalar = node.as_scalar()?;
        if !crate::lang::shape::is_computed(scalar) {
            return self.duration(node, scope);
        }
        let template = self.template(node, scope, Sink::Public("a deadline"))?;
        if template.single().is_some() {
            let (kind, _) = template.check(scope);
            let fits = [Type::Duration, Type::Instant, Type::Date];
            self.check_kind(scalar, &kind, &fits, "a duration, a moment or a date");
        }
        Some(template)
    }

    /// One of the words, or a number from 0 to 9.
    fn priority(&mut self, node: &Node, scope: &Scope) -> Option<Template> {
        let template = self.template(node, scope, Sink::Public("a priority"))?;
        if let Some(word) = template.literal()
            && priority_of_word(word).is_none()
        {
            let message = format!("`{word}` is no priority");
            let help = "write `low`, `normal`, `high` or `urgent`, or a number from 0 to 9 (9 comes first)";
            self.error(Code::UnknownWord, node.span, message, help);
        }
        Some(template)
    }

    /// Names of fields, `let` values and reads, or paths that begin with one.
    fn shown_names(&mut self, node: Option<&Node>, scope: &Scope) -> Vec<Arc<str>> {
        let scalars = node
            .and_then(Node::as_sequence)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::as_scalar);
        let scalars: Vec<Scalar> = scalars.cloned().collect();
        for scalar in &scalars {
            let first = scalar.text.split('.').next().unwrap_or_default();
            if !scope.contains(first) {
                self.unknown_field(scalar, first, scope.names());
            } else if self.read_uses.is_read(first) {
                let rest: Vec<Arc<str>> = scalar.text.split('.').skip(1).map(Arc::from).collect();
                let shown = match rest.is_empty() {
                    true => vec![vec!["label".into()], vec!["key".into()], vec!["workflow".into()]],
                    false => vec![rest],
                };
                self.read_uses.add(&first.into(), shown);
            }
        }
        scalars.into_iter().map(|scalar| scalar.text).collect()
    }

    pub(super) fn ladder(&mut self, node: Option<&Node>, scope: &Scope, of: LadderOf) -> Vec<Rung> {
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        let rungs = items.iter().filter_map(|item| self.rung(item, item.as_mapping()?, scope, of));
        rungs.collect()
    }

    fn rung(&mut self, node: &Node, mapping: &Mapping, scope: &Scope, of: LadderOf) -> Option<Rung> {
        let moment = self.rung_moment(node, mapping, scope, of)?;
        let during = match mapping.get("while").and_then(Node::as_scalar).map(|scalar| &*scalar.text) {
            Some("unclaimed") => RungCondition::Unclaimed,
            Some("open") => RungCondition::Open,
            _ => RungCondition::Unacknowledged,
        };
        if of == LadderOf::Clock {
            for (key, what) in [("take", "is taken from"), ("while", "is claimed by")] {
                let meant = mapping
                    .entry(key)
                    .filter(|_| key == "take" || during == RungCondition::Unclaimed);
                if let Some(entry) = meant {
                    let message = format!("a clock {what} nobody: this is for tasks");
                    self.error(
                        Code::KeysExclude,
                        entry.key.span,
                        message,
                        "take it away, or put the rung under the task",
                    );
                }
            }
        }
        let acts = ["to", "take", "raise"].iter().any(|key| mapping.get(key).is_some());
        if !acts {
            let help = "add `to`: whom it reaches; `take: true`; or `raise`: an event";
            self.error(Code::MissingKey, head(node), "this rung does nothing", help);
        }
        let raise = mapping.get("raise").and_then(Node::as_scalar).cloned();
        if let Some(raised) = &raise {
            self.events.raised.push((raised.text.clone(), raised.span));
        }
        Some(Rung {
            moment,
            during,
            people: self.people(mapping.get("to"), scope),
            via: channels(mapping.get("via")),
            take: mapping
                .get("take")
                .and_then(Node::as_scalar)
                .is_some_and(|scalar| &*scalar.text == "true"),
            raise: raise.map(|scalar| scalar.text),
            span: head(node),
        })
    }

    fn rung_moment(&mut self, node: &Node, mapping: &Mapping, scope: &Scope, of: LadderOf) -> Option<RungMoment> {
        let at = mapping.entry("at");
        let after = mapping.get("after").and_then(|node| self.duration(node, scope));
        match (at, after) {
            (Some(at), None) => {
                if of == (LadderOf::Task { has_due: false }) {
                    let message = "a share of the deadline, and the task has none: this rung can never fire";
                    self.error(
                        Code::TimerMoment,
                        at.value.span,
                        message,
                        "add `due` to the task, or write `after`",
                    );
                    return None;
                }
                self.share(at.value.as_scalar()?)
            }
            (None, Some(after)) => Some(RungMoment::After(after)),
            (Some(at), Some(_)) => {
                let help = "keep one of `at` and `after`";
                self.error(Code::TimerMoment, at.key.span, "the rung says twice when it fires", help);
                None
            }
            (None, None) => {
                if mapping.get("after").is_none() {
                    let help = "add `after: 2h`, or `at: 80%` of the deadline";
                    self.error(Code::TimerMoment, head(node), "the rung does not say when it fires", help);
                }
                None
            }
        }
    }

    /// `80%`, `100% + 15m`.
    fn share(&mut self, scalar: &Scalar) -> Option<RungMoment> {
        let (percent, later) = match scalar.text.split_once('+') {
            Some((percent, later)) => (percent, Some(later.trim())),
            None => (&*scalar.text, None),
        };
        let percent = percent.trim().strip_suffix('%')?.parse().ok()?;
        let later = later.map(Template::parse).transpose().ok()?;
        if let Some(later) = &later {
            self.check_business(later, scalar.span);
        }
        Some(RungMoment::Share { percent, later })
    }

    pub(super) fn notify(&mut self, mapping: &Mapping, scope: &Scope) -> Option<Notify> {
        Some(Notify {
            to: self.people(mapping.get("to"), scope),
            text: mapping.get("text").and_then(|node| self.text(node, scope, NOTICE))?,
            via: channels(mapping.get("via")),
            thread: mapping
                .get("thread")
                .and_then(Node::as_scalar)
                .is_some_and(|scalar| &*scalar.text == "true"),
        })
    }
}

/// The inbox, where nothing is said.
fn channels(node: Option<&Node>) -> Vec<Channel> {
    let items = node.and_then(Node::as_sequence).unwrap_or_default();
    let written: Vec<Channel> = items.iter().filter_map(|item| Channel::of(&item.as_scalar()?.text)).collect();
    match written.is_empty() {
        true => vec![Channel::Inbox],
        false => written,
    }
}
