//! `sla` clocks. (Reference, section 7.)

use std::sync::Arc;

use super::Lowering;
use super::target::From;
use super::task::LadderOf;
use crate::chart::{Clock, RungMoment, State, StateIndex};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::expression::{Path, Step};
use crate::lang::scope::Scope;
use crate::yaml::{Entry, Mapping, Node, Scalar, is_extension};

impl Lowering<'_> {
    /// The names are known before the states are read, which may pause them.
    pub(super) fn declare_clocks(&mut self, workflow: &Mapping) {
        self.clock_names = entries(workflow).map(|entry| entry.key.text.clone()).collect();
    }

    pub(super) fn clocks(&mut self, workflow: &Mapping, scope: &Scope) -> Vec<Clock> {
        let entries: Vec<Entry> = entries(workflow).cloned().collect();
        entries.iter().filter_map(|entry| self.clock(entry, scope)).collect()
    }

    fn clock(&mut self, entry: &Entry, scope: &Scope) -> Option<Clock> {
        let mapping = entry.value.as_mapping()?;
        let during = mapping.get("during").and_then(Node::as_sequence).unwrap_or_default();
        let during: Vec<StateIndex> = during
            .iter()
            .filter_map(|node| self.state_anywhere(node.as_scalar()?))
            .collect();
        let target = mapping.get("target").and_then(|node| self.duration(node, scope));
        let ladder = self.ladder(mapping.get("escalate"), scope, LadderOf::Clock);
        for rung in &ladder {
            if matches!(rung.moment, RungMoment::Share { percent: 0, .. }) {
                let help = "write a share above 0 %";
                self.error(Code::TimerMoment, rung.span, "this rung fires before the clock runs", help);
            }
        }
        Some(Clock {
            name: entry.key.text.clone(),
            during,
            target: target?,
            each_visit: mapping
                .get("count")
                .and_then(Node::as_scalar)
                .is_some_and(|scalar| &*scalar.text == "visit"),
            ladder,
            span: entry.key.span,
        })
    }

    /// A state by its path, or by its name where only one state in the whole workflow is called so.
    pub(super) fn state_anywhere(&mut self, scalar: &Scalar) -> Option<StateIndex> {
        let called = |state: &&State| state.name == scalar.text && state.index != StateIndex::ROOT;
        let mut named = self.states.iter().filter(called).map(|state| state.index);
        match (named.next(), named.next()) {
            (Some(only), None) => Some(only),
            _ => self.target(scalar, From::State(StateIndex::ROOT)),
        }
    }

    /// `sla.NAME` among what a state pauses.
    pub(super) fn paused_clocks(&mut self, node: Option<&Node>) -> Vec<Arc<str>> {
        let scalars = node
            .and_then(Node::as_sequence)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::as_scalar);
        let mut paused = Vec::new();
        for scalar in scalars {
            let Some(name) = scalar.text.strip_prefix("sla.") else {
                continue;
            };
            if self.clock_names.iter().any(|known| **known == *name) {
                paused.push(name.into());
                continue;
            }
            let diagnostic = Diagnostic::error(Code::UnknownWord, scalar.span, format!("there is no clock `{name}`"));
            self.out
                .push(match nearest(name, self.clock_names.iter().map(|known| &**known)) {
                    Some(meant) => diagnostic
                        .help(format!("write `sla.{meant}`, if that is meant"))
                        .repair(scalar.span, format!("sla.{meant}")),
                    None => diagnostic.help("add it under `sla`"),
                });
        }
        paused
    }
}

impl Lowering<'_> {
    /// `sla.NAME` in an expression names a clock.
    pub(super) fn check_clocks<'p>(&mut self, paths: impl Iterator<Item = &'p Path>, span_of: impl Fn(&str) -> Span) {
        for path in paths {
            let Some(Step::Field(name)) = path.0.first() else { continue };
            if self.clock_names.contains(name) {
                continue;
            }
            let message = format!("there is no clock `{name}`");
            let diagnostic = Diagnostic::error(Code::UnknownFieldInExpression, span_of(name), message);
            self.out
                .push(match nearest(name, self.clock_names.iter().map(|known| &**known)) {
                    Some(meant) => diagnostic.help(format!("write `sla.{meant}`, if that is meant")),
                    None => diagnostic.help("add it under `sla`"),
                });
        }
    }
}

fn entries(workflow: &Mapping) -> impl Iterator<Item = &Entry> {
    let clocks = workflow.get("sla").and_then(Node::as_mapping).into_iter().flatten();
    clocks.filter(|entry| !is_extension(entry.name()))
}
