//! Arrivals, durations and choices.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::diagnostic::{Code, Diagnostic, nearest};
use statewright_core::field::{Fields, Kind};
use statewright_core::lang::read_distribution;
use statewright_core::time::{BusinessCalendar, Distribution};
use statewright_core::yaml::{Entry, Node};

use super::names::events_in;
use super::{Reading, entries};
use crate::scenario::counterparts::Effect;
use crate::simulation::plan::{Arrival, Choice, Place};

/// How many may come by one stream.
const TIMES_MAX: i64 = 1_000_000;

const WEIGHT_MAX: i64 = 1_000_000;

/// Under `durations`.
#[derive(Default)]
pub(super) struct Durations {
    pub of_states: BTreeMap<Place, Distribution>,
    pub of_actions: BTreeMap<Effect, Distribution>,
}

impl Reading<'_> {
    pub(super) fn arrivals(&mut self) -> Vec<Arrival> {
        let root = self.root;
        entries(root.get("arrivals"))
            .filter_map(|entry| self.arrival(entry))
            .collect()
    }

    fn arrival(&mut self, entry: &Entry) -> Option<Arrival> {
        let node = &entry.value;
        let workflow = match (node.get("start").and_then(Node::as_scalar), self.of.as_slice()) {
            (Some(scalar), _) => scalar.text.clone(),
            (None, [only]) => only.clone(),
            (None, _) => {
                let message = format!("`{}` does not say which workflow is started", entry.name());
                self.reader.error(
                    Code::MissingKey,
                    entry.key.span,
                    message,
                    "add `start` with one of those under `of`",
                );
                return None;
            }
        };
        let Some(chart) = self.setting.chart_of(&workflow).cloned() else {
            let span = node.get("start").map_or(entry.key.span, |node| node.span);
            let known: Vec<Arc<str>> = self.setting.charts().map(|chart| chart.workflow.clone()).collect();
            let diagnostic = Diagnostic::error(Code::MissingFile, span, format!("`{workflow}` is none of the workflows here"));
            self.tell(match nearest(&workflow, known.iter().map(|name| &**name)) {
                Some(meant) => diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(span, meant),
                None => diagnostic.help("name it under `of`"),
            });
            return None;
        };
        let form = &chart.start.form.fields;
        self.check_form(node.get("with"), form, &format!("`{workflow}`"));
        self.check_patterns(entry, form);
        let times = node
            .get("times")
            .and_then(|node| self.reader.integer(node, "`times`", TIMES_MAX));
        let every = node
            .get("every")
            .and_then(|node| read_distribution(node, &mut self.reader.out))?;
        if every.least() == 0 && times.is_none() {
            let span = node.get("every").map_or(node.span, |node| node.span);
            let message = "any number of them may come at one moment";
            self.reader.error(
                Code::NotADuration,
                span,
                message,
                "let some time pass between them, or say with `times` how many come",
            );
        }
        Some(Arrival {
            name: entry.key.text.clone(),
            every,
            hours: node.get("hours").and_then(|node| self.hours(node)),
            times,
            who: node.get("as").and_then(|node| self.reader.who(node)),
            with: node.get("with").and_then(|node| self.reader.written_fields(node)),
            workflow,
        })
    }

    /// Text of a certain form is not drawn.
    fn check_patterns(&mut self, entry: &Entry, form: &Fields) {
        for field in form.list.iter().filter(|field| !field.optional && field.default.is_none()) {
            let Kind::Text {
                pattern: Some(pattern), ..
            } = &field.schema.kind
            else {
                continue;
            };
            let given = entry.value.get("with").and_then(|with| with.get(&field.name));
            if given.is_none() && field.schema.allowed.is_none() && field.schema.table.is_none() {
                let message = format!(
                    "`{}` has the form `{}`, and text of a form is not drawn",
                    field.name, pattern.text
                );
                let help = format!(
                    "add it: `with: {{{}: …}}`; `{{n}}` in it is the number of the arrival",
                    field.name
                );
                self.reader.error(Code::MissingKey, entry.key.span, message, help);
            }
        }
    }

    pub(super) fn hours(&mut self, node: &Node) -> Option<Arc<BusinessCalendar>> {
        // one that is not there was told where it was looked for
        self.calendars.get(&node.as_scalar()?.text).cloned()
    }

    pub(super) fn durations(&mut self) -> Durations {
        let root = self.root;
        let mut durations = Durations::default();
        for entry in entries(root.get("durations")) {
            let Some(drawn) = read_distribution(&entry.value, &mut self.reader.out) else {
                continue;
            };
            let effect = entry
                .name()
                .split_once('.')
                .map(|(adapter, action)| (adapter.into(), action.into()));
            let effect = effect.filter(|effect: &Effect| self.effects().contains(effect));
            match effect {
                Some(_) if !self.places(entry.name()).is_empty() => {
                    let message = format!("`{}` is both a state and an action of an adapter", entry.name());
                    let help = "write the state as `WORKFLOW/STATE`, and the action under `adapters` with `after`";
                    self.reader.error(Code::NameClash, entry.key.span, message, help);
                }
                Some(effect) => drop(durations.of_actions.insert(effect, drawn)),
                None => {
                    if let Some(place) = self.place(&entry.key) {
                        durations.of_states.insert(place, drawn);
                    }
                }
            }
        }
        durations
    }

    pub(super) fn choices(&mut self) -> BTreeMap<Place, BTreeMap<Arc<str>, Choice>> {
        let root = self.root;
        let mut choices = BTreeMap::new();
        for entry in entries(root.get("choices")) {
            let Some(place) = self.place(&entry.key) else { continue };
            let events = entries(Some(&entry.value)).filter_map(|event| self.choice(&place, event));
            let events: BTreeMap<Arc<str>, Choice> = events.collect();
            choices.insert(place, events);
        }
        choices
    }

    fn choice(&mut self, (workflow, path): &Place, entry: &Entry) -> Option<(Arc<str>, Choice)> {
        let chart = self.setting.chart_of(workflow)?.clone();
        let events = events_in(&chart, path);
        let Some((event, transition)) = events.iter().find(|(event, _)| ***event == *entry.name()) else {
            let message = format!("nobody sends `{}` in `{path}` of `{workflow}`", entry.name());
            let diagnostic = Diagnostic::error(Code::UnansweredEvent, entry.key.span, message);
            self.tell(match nearest(entry.name(), events.iter().map(|(event, _)| &***event)) {
                Some(meant) => diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(entry.key.span, meant),
                None => diagnostic.help("name an event that people may send there"),
            });
            return None;
        };
        let node = &entry.value;
        let weight = node.get("weight").unwrap_or(node);
        let form = transition.admission.as_deref().map(|admission| &admission.form.fields);
        let none = Fields::default();
        self.check_form(node.get("with"), form.unwrap_or(&none), &format!("`{event}`"));
        let weight = self.reader.integer(weight, "a weight", WEIGHT_MAX)?;
        let choice = Choice {
            weight: u32::try_from(weight).unwrap_or(u32::MAX),
            with: node.get("with").and_then(|node| self.reader.written_fields(node)),
            reason: node.get("reason").and_then(|node| self.reader.text(node, "`reason`")),
        };
        Some((Arc::clone(event), choice))
    }
}
