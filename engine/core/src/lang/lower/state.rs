//! What each state does: its labels, actions, transitions, timers and invokes. (Reference, section 3.)

use std::sync::Arc;

use super::Lowering;
use super::contracts::Told;
use super::event_names::pattern;
use super::skeleton::Role;
use super::target::From;
use super::transition::Written;
use super::value::Sink;
use crate::chart::{Admission, Branch, StateIndex, StateKind, Transition, TransitionIndex, Trigger};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::lang::scope::{Event, Scope};
use crate::yaml::{Mapping, Node, Scalar, is_extension};

/// Who may send each event of each state, in the order of the states and events.
pub(super) type Admissions = Vec<Vec<Option<Admission>>>;

impl Lowering<'_> {
    /// Reads every form first: what personal data events may carry is to be known before any action is read.
    pub(super) fn admissions(&mut self) -> Admissions {
        let mappings: Vec<Arc<Mapping>> = self.drafts.iter().map(|draft| draft.mapping.clone()).collect();
        mappings
            .iter()
            .map(|mapping| events(mapping).map(|event| self.admission(event)).collect())
            .collect()
    }

    pub(super) fn fill_states(&mut self, admissions: Admissions) {
        let mappings: Vec<Arc<Mapping>> = self.drafts.iter().map(|draft| draft.mapping.clone()).collect();
        for ((position, mapping), admissions) in mappings.iter().enumerate().zip(admissions) {
            if let Ok(index) = u16::try_from(position) {
                self.fill_state(StateIndex(index), mapping, admissions);
            }
        }
    }

    fn fill_state(&mut self, index: StateIndex, mapping: &Mapping, admissions: Vec<Option<Admission>>) {
        let scope = self.scope.clone();
        let kind = self.kind(index, mapping, &scope);
        let label = mapping
            .get("label")
            .and_then(|node| self.text(node, &scope, Sink::Public("a label")));
        // The root's title is the workflow's, which is read there.
        let own_title = mapping.get("title").filter(|_| index != StateIndex::ROOT);
        let title = own_title.and_then(|node| self.text(node, &scope, Sink::Public("a title")));
        let entry = self.actions(mapping.get("entry"), &scope);
        let exit = self.actions(mapping.get("exit"), &scope);
        let on = self.on(index, mapping, admissions, &scope);
        let written = |trigger| Written {
            source: index,
            trigger,
            admission: None,
            scope: &scope,
            from: From::State(index),
        };
        let always = mapping
            .get("always")
            .map_or_else(Vec::new, |node| self.transitions(node, &written(Trigger::Always)));
        let after = self.timers(mapping.get("after"), index, &scope);
        let invokes = self.invokes(mapping.get("invoke"), index, &scope);
        let task = self.task(mapping.get("task"), &scope);
        let on_done = mapping
            .get("onDone")
            .and_then(|node| self.transition(node, &written(Trigger::Done)));
        let unique = self.unique(mapping.get("unique"), &scope);
        let pauses = self.pauses(index, mapping.get("pauses"));
        let pauses_clocks = self.paused_clocks(mapping.get("pauses"));
        let output = mapping
            .get("output")
            .and_then(|node| self.value(node, &scope, Sink::Public("an output")));
        let Some(state) = self.states.get_mut(usize::from(index.0)) else {
            return;
        };
        state.kind = kind;
        state.label = label;
        state.title = title;
        state.description = text(mapping, "description");
        state.tags = names(mapping.get("tags"));
        state.entry = entry;
        state.exit = exit;
        state.on = on;
        state.always = always;
        state.after = after;
        state.invokes = invokes;
        state.task = task;
        state.on_done = on_done;
        state.unique = unique;
        state.pauses = pauses;
        state.pauses_clocks = pauses_clocks;
        state.output = output;
    }

    fn on(
        &mut self,
        source: StateIndex,
        mapping: &Mapping,
        admissions: Vec<Option<Admission>>,
        scope: &Scope,
    ) -> Vec<TransitionIndex> {
        let mut on = Vec::new();
        for (event, admission) in events(mapping).zip(admissions) {
            let carried = admission
                .as_ref()
                .map(|admission| Event::Form(Arc::new(admission.form.fields.clone())));
            if let Some(id) = event.name().strip_suffix(".undone") {
                self.check_told(event.key.span, id, Told::Undone);
            }
            let scope = scope.with_event(carried.unwrap_or_else(|| self.told_under(event.name())));
            let trigger = Trigger::Event(pattern(event.name()));
            let written = Written {
                source,
                trigger,
                admission: admission.map(Box::new),
                scope: &scope,
                from: From::State(source),
            };
            on.extend(self.transitions(&event.value, &written));
        }
        on
    }

    fn kind(&mut self, index: StateIndex, mapping: &Mapping, scope: &Scope) -> StateKind {
        let role = self.drafts.get(usize::from(index.0)).map_or(Role::Atomic, |draft| draft.role);
        match role {
            Role::Atomic => StateKind::Atomic,
            Role::Parallel => StateKind::Parallel,
            Role::Final => StateKind::Final,
            Role::Compound => self.compound(index, mapping, scope),
            Role::History => self.history(index, mapping, scope),
        }
    }

    fn compound(&mut self, index: StateIndex, mapping: &Mapping, scope: &Scope) -> StateKind {
        let transition = match mapping.get("initial") {
            Some(node) => {
                let written = Written {
                    source: index,
                    trigger: Trigger::Initial,
                    admission: None,
                    scope,
                    from: From::Inside(index),
                };
                match node.as_sequence() {
                    Some(_) => {
                        let targets = self.targets(node, written.from);
                        self.push_transition(straight(index, Trigger::Initial, targets, node.span))
                    }
                    None => self.transition(node, &written),
                }
            }
            None => self.first_child(index),
        };
        match transition {
            Some(initial) => StateKind::Compound { initial },
            None => StateKind::Atomic,
        }
    }

    /// Where nothing says where to begin: with the first state, and a warning.
    fn first_child(&mut self, index: StateIndex) -> Option<TransitionIndex> {
        let place = self
            .drafts
            .get(usize::from(index.0))
            .map_or(Span::default(), |draft| draft.name_span);
        let is_history = |child: &StateIndex| {
            self.drafts
                .get(usize::from(child.0))
                .is_some_and(|draft| draft.role == Role::History)
        };
        let children = self.state(index).map_or_else(Vec::new, |state| state.children.clone());
        let children: Vec<StateIndex> = children.into_iter().filter(|child| !is_history(child)).collect();
        let Some(first) = children.first().copied() else {
            self.error(
                Code::MissingKey,
                place,
                "this state holds history states only",
                "add a state that can be active",
            );
            return None;
        };
        let (path, name) = self
            .state(index)
            .zip(self.state(first))
            .map(|(state, first)| (state.path.clone(), first.name.clone()))?;
        if children.len() > 1 {
            let noun = if path.is_empty() {
                "the workflow".to_owned()
            } else {
                format!("`{path}`")
            };
            let message = format!("{noun} does not say where it begins: with `{name}`, its first state");
            self.out
                .push(Diagnostic::warning(Code::InitialMissing, place, message).help(format!("add `initial: {name}`")));
        }
        self.push_transition(straight(index, Trigger::Initial, vec![first], place))
    }

    fn history(&mut self, index: StateIndex, mapping: &Mapping, _scope: &Scope) -> StateKind {
        let place = self
            .drafts
            .get(usize::from(index.0))
            .map_or(Span::default(), |draft| draft.name_span);
        let deep = mapping
            .get("history")
            .and_then(Node::as_scalar)
            .is_some_and(|scalar| &*scalar.text == "deep");
        let Some(node) = mapping.get("target") else {
            let help = "add `target`: where to go as long as nothing has been left yet";
            self.error(Code::HistoryIncomplete, place, "a history state needs `target`", help);
            return StateKind::Atomic;
        };
        let targets = self.targets(node, From::State(index));
        let parent = self.state(index).and_then(|state| state.parent).unwrap_or(StateIndex::ROOT);
        for target in &targets {
            if !self.is_within(*target, parent) || *target == parent || *target == index {
                let message = "the first time leads out of the state whose history is kept";
                self.error(
                    Code::HistoryIncomplete,
                    node.span,
                    message,
                    "name a state beside the history state, or inside one of these",
                );
            }
        }
        match self.push_transition(straight(index, Trigger::HistoryDefault, targets, node.span)) {
            Some(default) => StateKind::History { deep, default },
            None => StateKind::Atomic,
        }
    }

    fn unique(&mut self, node: Option<&Node>, scope: &Scope) -> Vec<(Arc<str>, crate::expression::Template)> {
        let entries = node
            .and_then(Node::as_mapping)
            .into_iter()
            .flatten()
            .filter(|entry| !is_extension(entry.name()));
        let sink = Sink::Public("a unique value, which other instances are told of");
        entries
            .filter_map(|entry| Some((entry.key.text.clone(), self.identity(&entry.value, scope, sink)?)))
            .collect()
    }

    fn pauses(&mut self, index: StateIndex, node: Option<&Node>) -> Vec<StateIndex> {
        let mut pauses = Vec::new();
        for scalar in node
            .and_then(Node::as_sequence)
            .unwrap_or_default()
            .iter()
            .filter_map(Node::as_scalar)
        {
            if scalar.text.starts_with("sla.") {
                continue;
            }
            let Some(target) = self.target(scalar, From::State(index)) else {
                continue;
            };
            self.check_pause(index, target, scalar);
            pauses.push(target);
        }
        pauses
    }

    /// A state that pauses itself could never be left by anybody.
    fn check_pause(&mut self, index: StateIndex, target: StateIndex, scalar: &Scalar) {
        let common = self.common_ancestor(index, target);
        let beside = common.is_some_and(|common| {
            self.drafts
                .get(usize::from(common.0))
                .is_some_and(|draft| draft.role == Role::Parallel)
        });
        if self.is_within(index, target) {
            let message = format!("`{}` is around this state, which would pause itself", scalar.text);
            self.error(Code::PausesItself, scalar.span, message, "pause a region beside this one");
        } else if !beside || self.is_within(target, index) {
            let message = format!("`{}` is never active beside this state", scalar.text);
            self.error(
                Code::PausesItself,
                scalar.span,
                message,
                "pause a region that is active at the same time: make both regions of a parallel state",
            );
        }
    }
}

/// A transition without guards or actions.
fn straight(source: StateIndex, trigger: Trigger, targets: Vec<StateIndex>, span: Span) -> Transition {
    Transition {
        index: TransitionIndex(0),
        source,
        trigger,
        admission: None,
        guards: Vec::new(),
        lets: Vec::new(),
        actions: Vec::new(),
        branches: vec![Branch {
            guards: Vec::new(),
            lets: Vec::new(),
            targets,
            reenter: false,
            actions: Vec::new(),
        }],
        span,
    }
}

fn events(mapping: &Mapping) -> impl Iterator<Item = &crate::yaml::Entry> {
    mapping
        .get("on")
        .and_then(Node::as_mapping)
        .into_iter()
        .flatten()
        .filter(|entry| !is_extension(entry.name()))
}

pub(super) fn text(mapping: &Mapping, key: &str) -> Option<String> {
    mapping
        .get(key)
        .and_then(Node::as_scalar)
        .map(|scalar| scalar.text.to_string())
}

fn names(node: Option<&Node>) -> Vec<Arc<str>> {
    let items = node.and_then(Node::as_sequence).unwrap_or_default();
    items
        .iter()
        .filter_map(Node::as_scalar)
        .map(|scalar| scalar.text.clone())
        .collect()
}
