//! The tree of states: indexes, names and kinds, before any name is looked up.

use std::sync::Arc;

use super::Lowering;
use crate::chart::{STATES_MAX, State, StateIndex, StateKind};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::yaml::{Kind, Mapping, Node, Scalar, is_extension};

/// How long a state's path may be, in bytes: queues, timers and those who find instances name states by it, each in a row of an index.
const STATE_PATH_BYTES_MAX: usize = 400;

/// What was written for a state.
pub(super) struct Draft {
    pub(super) mapping: Arc<Mapping>,
    /// The state's name, where it is written.
    pub(super) name_span: Span,
    pub(super) role: Role,
}

/// What kind of state it is to be; its transitions are not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Atomic,
    Compound,
    Parallel,
    Final,
    History,
}

/// Keys that say where a state goes on, which a final or history state does not.
const GOING_ON: [&str; 8] = ["states", "initial", "on", "always", "after", "invoke", "onDone", "task"];

/// Keys that a history state has no use for, besides those.
const ACTIVE: [&str; 7] = ["entry", "exit", "tags", "label", "unique", "pauses", "output"];

impl Lowering<'_> {
    /// Lays out all states in document order, the root first.
    pub(super) fn lay_out(&mut self, root: &Mapping, name: &str, place: Span) {
        self.lay_out_state(Arc::new(root.clone()), name.into(), place, None);
    }

    fn lay_out_state(
        &mut self,
        mapping: Arc<Mapping>,
        name: Arc<str>,
        place: Span,
        parent: Option<StateIndex>,
    ) -> Option<StateIndex> {
        let index = u16::try_from(self.states.len())
            .ok()
            .filter(|index| usize::from(*index) < STATES_MAX)
            .map(StateIndex);
        let Some(index) = index else {
            let message = format!("the workflow has more than {STATES_MAX} states");
            self.out.push(Diagnostic::error(Code::TooManyParts, place, message));
            return None;
        };
        let role = self.role(&mapping, parent.is_none());
        let state = self.empty_state(index, name, place, parent);
        if state.path.len() > STATE_PATH_BYTES_MAX {
            let message = format!(
                "the path of this state has {} bytes; at most {STATE_PATH_BYTES_MAX}",
                state.path.len()
            );
            let diagnostic = Diagnostic::error(Code::TooManyParts, place, message);
            self.out
                .push(diagnostic.help("shorten the names on the way to it, or nest it less deeply"));
            return None;
        }
        self.states.push(state);
        self.drafts.push(Draft {
            mapping: mapping.clone(),
            name_span: place,
            role,
        });
        let mut children = Vec::new();
        for (name, child) in children_of(&mapping) {
            children.extend(self.lay_out_state(child, name.text.clone(), name.span, Some(index)));
        }
        if let Some(state) = self.states.get_mut(usize::from(index.0)) {
            state.children = children;
        }
        self.check_role(&mapping, role, place);
        Some(index)
    }

    fn empty_state(&self, index: StateIndex, name: Arc<str>, span: Span, parent: Option<StateIndex>) -> State {
        let above = parent.and_then(|parent| self.state(parent));
        let path: Arc<str> = match above {
            None => "".into(),
            Some(above) if above.path.is_empty() => name.clone(),
            Some(above) => format!("{}.{name}", above.path).into(),
        };
        State {
            index,
            name,
            path,
            parent,
            children: Vec::new(),
            depth: above.map_or(0, |above| above.depth + 1),
            kind: StateKind::Atomic,
            label: None,
            title: None,
            description: None,
            tags: Vec::new(),
            entry: Vec::new(),
            exit: Vec::new(),
            on: Vec::new(),
            always: Vec::new(),
            after: Vec::new(),
            invokes: Vec::new(),
            task: None,
            unique: Vec::new(),
            pauses: Vec::new(),
            pauses_clocks: Vec::new(),
            on_done: None,
            output: None,
            span,
        }
    }

    fn role(&mut self, mapping: &Mapping, is_root: bool) -> Role {
        let written = mapping.get("type").and_then(Node::as_scalar);
        match written.map(|scalar| &*scalar.text) {
            Some("final" | "history") if is_root => {
                let span = written.map_or(Span::default(), |scalar| scalar.span);
                self.error(
                    Code::MisplacedKey,
                    span,
                    "the workflow itself is neither final nor a history state",
                    "give this type to one of its states",
                );
                Role::Atomic
            }
            Some("final") => Role::Final,
            Some("history") => Role::History,
            Some("parallel") => Role::Parallel,
            _ if mapping
                .get("states")
                .is_some_and(|states| states.as_mapping().is_some_and(|states| !states.is_empty())) =>
            {
                Role::Compound
            }
            _ => Role::Atomic,
        }
    }

    fn check_role(&mut self, mapping: &Mapping, role: Role, place: Span) {
        let (noun, code) = match role {
            Role::Final => ("a final state", Code::FinalGoesOn),
            Role::History => ("a history state", Code::HistoryIncomplete),
            _ => ("", Code::MisplacedKey),
        };
        let refused: Vec<&str> = match role {
            Role::Final => GOING_ON.into(),
            Role::History => GOING_ON.into_iter().chain(ACTIVE).collect(),
            Role::Parallel => vec!["initial"],
            Role::Atomic => vec!["initial", "onDone"],
            Role::Compound => vec![],
        };
        for entry in refused.iter().filter_map(|key| mapping.entry(key)) {
            let key = entry.name();
            let (message, help) = match role {
                Role::Final => (
                    format!("{noun} goes nowhere: it has no `{key}`"),
                    "take the key away, or `type: final`",
                ),
                Role::History => (
                    format!("{noun} is never active: it has no `{key}`"),
                    "it has `history` and `target` only",
                ),
                Role::Parallel => (
                    "a parallel state begins in all its regions: it has no `initial`".into(),
                    "give each region its `initial`",
                ),
                _ => (
                    format!("a state without `states` has no `{key}`"),
                    "add `states`, or take the key away",
                ),
            };
            self.error(code, entry.key.span, message, help);
        }
        self.check_outputs(mapping, role);
        if role == Role::Parallel && children_of(mapping).next().is_none() {
            self.error(
                Code::MissingKey,
                place,
                "a parallel state needs `states`: its regions",
                "add at least two regions under `states`",
            );
        }
    }

    fn check_outputs(&mut self, mapping: &Mapping, role: Role) {
        if let Some(entry) = mapping
            .entry("output")
            .filter(|_| !matches!(role, Role::Final | Role::History))
        {
            self.error(
                Code::MisplacedKey,
                entry.key.span,
                "only a final state has an `output`",
                "add `type: final`, or take `output` away",
            );
        }
        for entry in ["history", "target"]
            .iter()
            .filter_map(|key| mapping.entry(key))
            .filter(|_| role != Role::History)
        {
            let message = format!("only a history state has `{}`", entry.name());
            let help = if entry.name() == "target" {
                "a transition stands under `on`, `always` or `after`"
            } else {
                "add `type: history`"
            };
            self.error(Code::MisplacedKey, entry.key.span, message, help);
        }
    }
}

/// The child states as written; an empty value is an empty state.
fn children_of(mapping: &Mapping) -> impl Iterator<Item = (&Scalar, Arc<Mapping>)> {
    let states = mapping.get("states").and_then(Node::as_mapping);
    states
        .into_iter()
        .flatten()
        .filter(|entry| !is_extension(entry.name()))
        .map(|entry| {
            let child = match &entry.value.kind {
                Kind::Mapping(child) => child.clone(),
                _ => Arc::default(),
            };
            (&entry.key, child)
        })
}
