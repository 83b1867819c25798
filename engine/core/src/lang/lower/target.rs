//! Names of states: looked up among siblings, then outwards; `.name` is a child, `a.b` a path. (Reference, section 3.1.)

use super::{Lowering, skeleton::Role};
use crate::chart::StateIndex;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::yaml::{Node, Scalar};

/// From where a name is looked up.
#[derive(Clone, Copy)]
pub(super) enum From {
    /// A transition, a pause: among this state's siblings, then outwards. The root's names are its children.
    State(StateIndex),
    /// `initial`: among this state's children only.
    Inside(StateIndex),
}

impl Lowering<'_> {
    /// The states that one name or a list of names means; those that cannot be found are told and left out.
    pub(super) fn targets(&mut self, node: &Node, from: From) -> Vec<StateIndex> {
        let scalars: Vec<Scalar> = match node.as_sequence() {
            Some(items) => items.iter().filter_map(Node::as_scalar).cloned().collect(),
            None => node.as_scalar().cloned().into_iter().collect(),
        };
        let found: Vec<(StateIndex, Span)> = scalars
            .iter()
            .filter_map(|scalar| self.target(scalar, from).map(|state| (state, scalar.span)))
            .collect();
        self.check_together(&found);
        found.into_iter().map(|(state, _)| state).collect()
    }

    /// The state that a name means; None with a diagnostic when there is none.
    pub(super) fn target(&mut self, scalar: &Scalar, from: From) -> Option<StateIndex> {
        let found = self.look_up(&scalar.text, from);
        if found.is_none() {
            let diagnostic = self.unknown_state(scalar, from);
            self.out.push(diagnostic);
        }
        found
    }

    fn look_up(&self, text: &str, from: From) -> Option<StateIndex> {
        let origin = match from {
            From::State(state) | From::Inside(state) => state,
        };
        if let Some(path) = text.strip_prefix('.') {
            return self.descend(origin, path);
        }
        match from {
            From::Inside(state) => self.descend(state, text),
            From::State(state) => {
                let mut level = Some(self.state(state)?.parent.unwrap_or(state));
                while let Some(parent) = level {
                    let (first, _) = text.split_once('.').unwrap_or((text, ""));
                    // The nearest level that has the first name decides; a path does not jump over it.
                    if self.child(parent, first).is_some() {
                        return self.descend(parent, text);
                    }
                    level = self.state(parent)?.parent;
                }
                None
            }
        }
    }

    fn descend(&self, from: StateIndex, path: &str) -> Option<StateIndex> {
        path.split('.').try_fold(from, |state, name| self.child(state, name))
    }

    pub(super) fn child(&self, state: StateIndex, name: &str) -> Option<StateIndex> {
        self.state(state)?
            .children
            .iter()
            .copied()
            .find(|child| self.state(*child).is_some_and(|child| *child.name == *name))
    }

    fn unknown_state(&self, scalar: &Scalar, from: From) -> Diagnostic {
        let text = &*scalar.text;
        let message = match from {
            From::Inside(_) => format!("there is no state `{text}` inside this one"),
            From::State(_) => format!("there is no state `{text}` here or further out"),
        };
        let diagnostic = Diagnostic::error(Code::UnknownState, scalar.span, message);
        let visible = self.visible(from);
        let last = text.rsplit('.').next().unwrap_or(text);
        let elsewhere = self
            .states
            .iter()
            .find(|state| *state.name == *last && !state.path.is_empty());
        if let Some(meant) = nearest(text, visible.iter().map(String::as_str)) {
            return diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(scalar.span, meant);
        }
        match elsewhere {
            Some(other) => diagnostic.help(format!(
                "there is a state `{}`: names are looked up among siblings, then outwards",
                other.path
            )),
            None if visible.is_empty() => diagnostic,
            None => diagnostic.help(format!("from here one sees {}", listed(&visible))),
        }
    }

    /// Names that may be written here.
    fn visible(&self, from: From) -> Vec<String> {
        let names = |parent: StateIndex, point: &str| -> Vec<String> {
            let children = self.state(parent).map_or(&[][..], |state| &state.children);
            children
                .iter()
                .filter_map(|child| self.state(*child))
                .map(|child| format!("{point}{}", child.name))
                .collect()
        };
        match from {
            From::Inside(state) => names(state, ""),
            From::State(state) => {
                let mut visible = Vec::new();
                let mut level = self.state(state).map(|state| state.parent.unwrap_or(state.index));
                while let Some(parent) = level {
                    visible.extend(names(parent, ""));
                    level = self.state(parent).and_then(|state| state.parent);
                }
                visible.extend(names(state, "."));
                visible
            }
        }
    }

    /// Several targets must be able to be active at once: each two in different regions of one parallel state.
    fn check_together(&mut self, targets: &[(StateIndex, Span)]) {
        for (index, (first, first_span)) in targets.iter().enumerate() {
            for (second, span) in targets.iter().skip(index + 1) {
                let Some(problem) = self.apart(*first, *second) else {
                    continue;
                };
                let diagnostic = Diagnostic::error(Code::TargetsApart, *span, problem)
                    .note_at(*first_span, "the other target")
                    .help("a list of targets enters several regions of one parallel state");
                self.out.push(diagnostic);
            }
        }
    }

    /// Why two states cannot be entered together; None if they can.
    fn apart(&self, first: StateIndex, second: StateIndex) -> Option<String> {
        let name = |index: StateIndex| self.state(index).map_or_else(String::new, |state| state.path.to_string());
        if first == second {
            return Some(format!("`{}` stands here twice", name(first)));
        }
        if self.is_within(first, second) || self.is_within(second, first) {
            return Some(format!("`{}` and `{}` lie one inside the other", name(first), name(second)));
        }
        let common = self.common_ancestor(first, second)?;
        let role = self.drafts.get(usize::from(common.0)).map(|draft| draft.role);
        (role != Some(Role::Parallel)).then(|| format!("`{}` and `{}` can never be active at once", name(first), name(second)))
    }

    /// Whether `inner` is `outer` or lies inside it.
    pub(super) fn is_within(&self, inner: StateIndex, outer: StateIndex) -> bool {
        let mut level = Some(inner);
        while let Some(state) = level {
            if state == outer {
                return true;
            }
            level = self.state(state).and_then(|state| state.parent);
        }
        false
    }

    pub(super) fn common_ancestor(&self, first: StateIndex, second: StateIndex) -> Option<StateIndex> {
        let mut level = Some(first);
        while let Some(state) = level {
            if self.is_within(second, state) {
                return Some(state);
            }
            level = self.state(state)?.parent;
        }
        None
    }
}

/// How many names are listed when none is near: more would not be read.
const NAMES_LISTED_MAX: usize = 12;

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES_LISTED_MAX).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > NAMES_LISTED_MAX { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
