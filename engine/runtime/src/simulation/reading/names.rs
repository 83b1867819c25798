//! What durations, choices and arrivals are about: states, actions, events and fields that there are.

use std::sync::Arc;

use statewright_core::chart::{Chart, EventPattern, Party, State, Transition, Trigger};
use statewright_core::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use statewright_core::field::{Field, Fields};
use statewright_core::yaml::{Entry, Node, Scalar};

use super::{Reading, entries};
use crate::engine::calls_of;
use crate::scenario::counterparts::Effect;
use crate::scenario::placing::no_names;
use crate::simulation::plan::Place;

impl Reading<'_> {
    /// A state by its path, or by the end of it; with its workflow and a stroke before it, where several have one of that name.
    pub(super) fn place(&mut self, scalar: &Scalar) -> Option<Place> {
        match self.places(&scalar.text).as_slice() {
            [place] => Some(place.clone()),
            [] => {
                let paths: Vec<String> = self.all_names().collect();
                let diagnostic = Diagnostic::error(
                    Code::UnknownState,
                    scalar.span,
                    format!("no workflow has a state `{}`", scalar.text),
                );
                self.tell(match nearest(&scalar.text, paths.iter().map(String::as_str)) {
                    Some(meant) => diagnostic
                        .help(format!("write `{meant}`, if that is meant"))
                        .repair(scalar.span, meant),
                    None => diagnostic.help("write the path of a state, such as `work.check`, or `order/work.check`"),
                });
                None
            }
            several => {
                let written: Vec<String> = several
                    .iter()
                    .map(|(workflow, path)| format!("`{workflow}/{path}`"))
                    .collect();
                let message = format!("`{}` may be {}", scalar.text, written.join(" or "));
                self.tell(Diagnostic::error(Code::UnknownState, scalar.span, message).help("write the one that is meant"));
                None
            }
        }
    }

    /// Those of `of` come first: another workflow's state is meant only where none of theirs can be.
    pub(super) fn places(&self, text: &str) -> Vec<Place> {
        let (workflow, name) = match text.split_once('/') {
            Some((workflow, name)) => (Some(workflow), name),
            None => (None, text),
        };
        let found = |is_of: bool| -> Vec<Place> {
            let charts = self.setting.charts().filter(|chart| match workflow {
                Some(workflow) => *chart.workflow == *workflow,
                None => self.of.contains(&chart.workflow) == is_of,
            });
            charts.flat_map(|chart| in_chart(chart, name)).collect()
        };
        match found(true) {
            found if !found.is_empty() => found,
            _ => found(false),
        }
    }

    /// The effects that the workflows ask for.
    pub(super) fn effects(&self) -> Vec<Effect> {
        let calls = self.setting.charts().flat_map(|chart| calls_of(chart));
        let mut effects: Vec<Effect> = calls.map(|call| (call.adapter.clone(), call.action.clone())).collect();
        effects.sort();
        effects.dedup();
        effects
    }

    /// An action as `carrier.ship`, which some workflow asks for.
    pub(super) fn known_effect(&mut self, scalar: &Scalar) -> Option<Effect> {
        let effect = self.reader.effect(&scalar.text, scalar.span)?;
        let effects = self.effects();
        if effects.contains(&effect) {
            return Some(effect);
        }
        let names: Vec<String> = effects
            .iter()
            .map(|(adapter, action)| format!("{adapter}.{action}"))
            .collect();
        let message = format!("no workflow asks for `{}`", scalar.text);
        let diagnostic = Diagnostic::error(Code::UnknownWord, scalar.span, message);
        self.tell(match nearest(&scalar.text, names.iter().map(String::as_str)) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(scalar.span, meant),
            None => diagnostic.help("take it away, or name an action that is asked for"),
        });
        None
    }

    fn all_names(&self) -> impl Iterator<Item = String> {
        let states = self.setting.charts().flat_map(|chart| &chart.states);
        let paths = states
            .filter(|state| !state.path.is_empty())
            .map(|state| state.path.to_string());
        let effects = self
            .effects()
            .into_iter()
            .map(|(adapter, action)| format!("{adapter}.{action}"));
        paths.chain(effects)
    }

    /// What is filled in is part of the form.
    pub(super) fn check_form(&mut self, with: Option<&Node>, form: &Fields, what: &str) {
        for entry in entries(with) {
            if let Some(field) = form.get(entry.name()) {
                self.check_value(entry, field);
                continue;
            }
            let message = format!("the form of {what} has no field `{}`", entry.name());
            let diagnostic = Diagnostic::error(Code::UnknownField, entry.key.span, message);
            let known = form.list.iter().map(|field| &*field.name);
            self.tell(match nearest(entry.name(), known) {
                Some(meant) => diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(entry.key.span, meant),
                None => diagnostic.help("take it away, or add it to the form"),
            });
        }
    }
}

impl Reading<'_> {
    /// What is written out is of the field's type; what is computed shows when it is.
    fn check_value(&mut self, entry: &Entry, field: &Field) {
        let mut told = Diagnostics::new();
        std::mem::swap(&mut self.reader.out, &mut told);
        let written = self.reader.written(&entry.value);
        std::mem::swap(&mut self.reader.out, &mut told);
        let names = no_names(&self.setting, self.setting.given.clock, Some(1));
        let value = written
            .filter(|written| !written.is_computed())
            .and_then(|written| written.value(&names).ok());
        let Some(Err(problems)) = value.map(|value| field.accept(&value)) else {
            return;
        };
        let why = problems.first().map_or_else(String::new, |problem| problem.sentence.clone());
        let message = format!("`{}` {why}", field.name);
        self.reader.error(
            Code::WrongType,
            entry.value.span,
            message,
            "fill it in as whoever sends it has to",
        );
    }
}

fn in_chart(chart: &Arc<Chart>, name: &str) -> Vec<Place> {
    let place = |state: &State| (chart.workflow.clone(), state.path.clone());
    if let Some(state) = chart.state_at(name).filter(|_| !name.is_empty()) {
        return vec![place(state)];
    }
    let ends = |state: &&State| state.path.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    chart.states.iter().filter(ends).map(place).collect()
}

/// Events that people may send in a state, by itself or by those around it, each with its transition.
pub(super) fn events_in<'c>(chart: &'c Chart, path: &str) -> Vec<(&'c Arc<str>, &'c Transition)> {
    let mut events = Vec::new();
    let mut at = chart.state_at(path);
    while let Some(state) = at {
        events.extend(own_events(chart, state));
        at = state.parent.map(|parent| chart.state(parent));
    }
    events
}

/// Events that people may send, of the state itself.
pub(in crate::simulation) fn own_events<'c>(
    chart: &'c Chart,
    state: &'c State,
) -> impl Iterator<Item = (&'c Arc<str>, &'c Transition)> {
    state.on.iter().filter_map(|index| {
        let transition = chart.transition(*index);
        let Trigger::Event(EventPattern::Exact(event)) = &transition.trigger else {
            return None;
        };
        let admission = transition.admission.as_deref()?;
        let by_people = admission.by.parties.iter().any(|party| matches!(party, Party::Person(_)));
        by_people.then_some((event, transition))
    })
}
