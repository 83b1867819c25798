//! What must hold.

use std::sync::Arc;

use statewright_core::diagnostic::Code;
use statewright_core::yaml::{Entry, Node, is_extension};

use super::Reader;
use crate::scenario::plan::{Aspect, Check, Expectation, ExpectationKind};
use crate::scenario::written::Written;

/// What can be said of an instance, or of all instances of a workflow.
const ASPECTS: &[(&str, Aspect)] = &[
    ("in", Aspect::In),
    ("label", Aspect::Label),
    ("data", Aspect::Data),
    ("sla", Aspect::Clocks),
    ("tasks", Aspect::Tasks),
    ("timers", Aspect::Timers),
    ("waiting", Aspect::Waiting),
    ("children", Aspect::Children),
    ("marks", Aspect::Marks),
    ("output", Aspect::Output),
    ("paused", Aspect::Paused),
    ("effects", Aspect::Effects),
    ("sees", Aspect::Sees),
    ("count", Aspect::Count),
    ("keys", Aspect::Keys),
];

impl Reader<'_> {
    pub(super) fn expectations(&mut self, node: &Node) -> Vec<Expectation> {
        let Some(mapping) = node.as_mapping() else {
            let help = "write `expect: {lens-order/A-1: {in: shipped}}`";
            self.error(Code::WrongShape, node.span, "`expect` takes a mapping", help);
            return Vec::new();
        };
        let entries = mapping.iter().filter(|entry| !is_extension(entry.name()));
        let mut expectations = Vec::new();
        for entry in entries {
            let kind = match entry.name() {
                "clock" => self.moment(&entry.value, "`clock`").map(ExpectationKind::Clock),
                "effects" => self.written(&entry.value).map(ExpectationKind::Effects),
                "incidents" => self.written(&entry.value).map(ExpectationKind::Incidents),
                "trail" => Some(ExpectationKind::Trail(self.trails(&entry.value))),
                "tasks" => self.written(&entry.value).map(ExpectationKind::Tasks),
                "notices" => {
                    self.addressees(&entry.value);
                    self.written(&entry.value).map(ExpectationKind::Notices)
                }
                _ => {
                    expectations.extend(self.of_subject(entry));
                    continue;
                }
            };
            let span = entry.key.span;
            expectations.extend(kind.map(|kind| Expectation { span, kind }));
        }
        expectations
    }

    /// Trails by instance.
    fn trails(&mut self, node: &Node) -> Vec<(Arc<str>, Written)> {
        if node.as_mapping().is_none() {
            let help = "write `trail: {lens-order/A-1: [start, ACCEPT]}`";
            self.error(Code::WrongShape, node.span, "`trail` takes a mapping of instances", help);
        }
        let entries = node.as_mapping().into_iter().flatten();
        entries
            .filter_map(|entry| Some((entry.key.text.clone(), self.written(&entry.value)?)))
            .collect()
    }

    fn of_subject(&mut self, entry: &Entry) -> Vec<Expectation> {
        let subject = &entry.key;
        if let Some((workflow, _)) = subject.text.split_once('/') {
            self.known_workflow(workflow, subject.span);
        }
        let known: Vec<&str> = ASPECTS.iter().map(|(name, _)| *name).collect();
        let mut checks = Vec::new();
        for entry in self.keys(&entry.value, &format!("`{}`", subject.text), &known) {
            if let Some((_, aspect)) = ASPECTS.iter().find(|(name, _)| *name == entry.name()) {
                checks.extend(self.written(&entry.value).map(|wanted| Check {
                    span: entry.key.span,
                    aspect: *aspect,
                    wanted,
                }));
            }
        }
        let kind = ExpectationKind::Of {
            subject: subject.text.clone(),
            checks,
        };
        let span = subject.span;
        vec![Expectation { span, kind }]
    }
}
