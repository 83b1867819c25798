//! Transitions: short forms, objects and lists; guards, branches, targets. (Reference, section 3.1.)

use super::target::From;
use super::value::Sink;
use super::{Lowering, head};
use crate::chart::{Admission, Branch, Form, Guard, Lets, StateIndex, Transition, TransitionIndex, Trigger};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expression::Expression;
use crate::lang::scope::{Known, Scope};
use crate::yaml::{Kind, Mapping, Node, is_extension};

/// What is the same for every transition written under one key.
#[derive(Clone)]
pub(super) struct Written<'s> {
    pub(super) source: StateIndex,
    pub(super) trigger: Trigger,
    pub(super) admission: Option<Box<Admission>>,
    pub(super) scope: &'s Scope,
    pub(super) from: From,
}

impl Written<'_> {
    /// What the event asks for, where one is sent from outside.
    fn form(&self) -> Option<&Form> {
        self.admission.as_ref().map(|admission| &admission.form)
    }
}

impl Lowering<'_> {
    /// One transition or a list of them, in the order in which they are tried.
    pub(super) fn transitions(&mut self, node: &Node, written: &Written<'_>) -> Vec<TransitionIndex> {
        match node.as_sequence() {
            Some(items) => {
                let made: Vec<_> = items.iter().filter_map(|item| self.transition(item, written)).collect();
                self.warn_of_what_is_never_tried(&made);
                made
            }
            None => self.transition(node, written).into_iter().collect(),
        }
    }

    /// One transition.
    pub(super) fn transition(&mut self, node: &Node, written: &Written<'_>) -> Option<TransitionIndex> {
        let transition = match &node.kind {
            Kind::Scalar(_) => {
                let targets = self.targets(node, written.from);
                let branch = Branch {
                    guards: Vec::new(),
                    lets: Vec::new(),
                    targets,
                    reenter: false,
                    actions: Vec::new(),
                };
                self.new_transition(written, node.span, vec![branch])
            }
            Kind::Mapping(mapping) => self.transition_of(mapping, head(node), written),
            _ => return None,
        };
        self.push_transition(transition)
    }

    fn new_transition(&self, written: &Written<'_>, span: Span, branches: Vec<Branch>) -> Transition {
        Transition {
            index: TransitionIndex(0),
            source: written.source,
            trigger: written.trigger.clone(),
            admission: written.admission.clone(),
            guards: Vec::new(),
            lets: Vec::new(),
            actions: Vec::new(),
            branches,
            span,
        }
    }

    fn transition_of(&mut self, mapping: &Mapping, span: Span, written: &Written<'_>) -> Transition {
        let mut scope = written.scope.clone();
        let lets = self.lets(mapping.get("let"), &mut scope);
        let form = written.form();
        let guards = self.guards(mapping.get("guard"), &scope, form);
        let actions = self.actions(mapping.get("actions"), &scope);
        let reenter = mapping
            .get("reenter")
            .and_then(Node::as_scalar)
            .is_some_and(|scalar| &*scalar.text == "true");
        self.check_keys_together(mapping);
        let branches = match mapping.get("choose") {
            Some(choose) => self.branches(choose, &scope, written, reenter),
            None => {
                let targets = mapping
                    .get("target")
                    .map_or_else(Vec::new, |target| self.targets(target, written.from));
                vec![Branch {
                    guards: Vec::new(),
                    lets: Vec::new(),
                    targets,
                    reenter,
                    actions: Vec::new(),
                }]
            }
        };
        Transition {
            guards,
            lets,
            actions,
            ..self.new_transition(written, span, branches)
        }
    }

    fn check_keys_together(&mut self, mapping: &Mapping) {
        let choose = mapping.entry("choose");
        if let (Some(_), Some(target)) = (choose, mapping.entry("target")) {
            let help = "the last branch, without a guard, is taken when no other is";
            self.error(
                Code::KeysExclude,
                target.key.span,
                "with `choose` the branches have the targets",
                help,
            );
        }
        if let Some(choose) = choose.filter(|entry| entry.value.as_sequence().is_some_and(<[Node]>::is_empty)) {
            self.error(
                Code::EmptyValue,
                choose.value.span,
                "`choose` has no branch",
                "add a branch, or take `choose` away",
            );
        }
        if let Some(reenter) = mapping
            .entry("reenter")
            .filter(|_| choose.is_none() && mapping.get("target").is_none())
        {
            let help = "name the state itself as `target` to leave and enter it again";
            self.error(
                Code::KeysExclude,
                reenter.key.span,
                "without a `target` nothing is left, so nothing is entered again",
                help,
            );
        }
    }

    fn branches(&mut self, node: &Node, scope: &Scope, written: &Written<'_>, reenter: bool) -> Vec<Branch> {
        let mut branches = Vec::new();
        let mut unguarded: Option<Span> = None;
        for item in node.as_sequence().unwrap_or_default() {
            let Some(mapping) = item.as_mapping() else { continue };
            if let Some(before) = unguarded {
                self.never_tried(head(item), before);
            }
            let mut scope = scope.clone();
            let lets = self.lets(mapping.get("let"), &mut scope);
            let guards = self.guards(mapping.get("guard"), &scope, written.form());
            let targets = mapping
                .get("target")
                .map_or_else(Vec::new, |target| self.targets(target, written.from));
            let actions = self.actions(mapping.get("actions"), &scope);
            unguarded = unguarded.or(guards
                .is_empty()
                .then_some(head(item))
                .filter(|_| mapping.get("guard").is_none()));
            branches.push(Branch {
                guards,
                lets,
                targets,
                reenter,
                actions,
            });
        }
        branches
    }

    /// Behind a transition that is always enabled no other of the same event is ever tried.
    fn warn_of_what_is_never_tried(&mut self, made: &[TransitionIndex]) {
        let mut unguarded: Option<Span> = None;
        for index in made {
            let Some(transition) = self.transitions.get(usize::from(index.0)) else {
                continue;
            };
            let (span, is_open) = (transition.span, transition.guards.is_empty() && has_open_branch(transition));
            if let Some(before) = unguarded {
                self.never_tried(span, before);
            } else if is_open {
                unguarded = Some(span);
            }
        }
    }

    fn never_tried(&mut self, span: Span, before: Span) {
        let diagnostic = Diagnostic::warning(Code::NeverTried, span, "never tried: what stands before it is always taken")
            .note_at(before, "has no guard")
            .help("put what has no guard last");
        self.out.push(diagnostic);
    }

    /// All guards of a transition, a branch or a start. `form`: what is asked for and written only after they were tried.
    pub(super) fn guards(&mut self, node: Option<&Node>, scope: &Scope, form: Option<&Form>) -> Vec<Guard> {
        let Some(node) = node else { return Vec::new() };
        match node.as_sequence() {
            Some(items) => items.iter().filter_map(|item| self.guard(item, scope, form)).collect(),
            None => self.guard(node, scope, form).into_iter().collect(),
        }
    }

    fn guard(&mut self, node: &Node, scope: &Scope, form: Option<&Form>) -> Option<Guard> {
        match node.as_mapping() {
            None => self.guarding(node, scope, form).map(|condition| Guard {
                condition,
                otherwise: None,
            }),
            Some(mapping) => {
                let otherwise = mapping
                    .get("otherwise")
                    .and_then(|node| self.text(node, scope, Sink::Public("a sentence that is kept in the trail")));
                let condition = self.guarding(mapping.get("if")?, scope, form)?;
                Some(Guard { condition, otherwise })
            }
        }
    }

    fn guarding(&mut self, node: &Node, scope: &Scope, form: Option<&Form>) -> Option<Expression> {
        let condition = self.condition(node, scope)?;
        if let (Some(scalar), Some(form)) = (node.as_scalar(), form) {
            self.warn_of_values_before(scalar, &condition, form);
        }
        Some(condition)
    }

    /// Named values; each may use those before it, and all join the scope.
    pub(super) fn lets(&mut self, node: Option<&Node>, scope: &mut Scope) -> Lets {
        let mut lets = Lets::new();
        for entry in node
            .and_then(Node::as_mapping)
            .into_iter()
            .flatten()
            .filter(|entry| !is_extension(entry.name()))
        {
            self.refuse_clash(&entry.key, scope);
            let Some((expression, kind)) = self.typed_expression(&entry.value, scope) else {
                scope.insert(entry.key.text.clone(), Known::Unknown);
                continue;
            };
            let personal = self.is_personal(&expression, scope);
            self.read_uses.bind(&entry.key.text, &expression.references());
            scope.insert(entry.key.text.clone(), Known::Let { kind, personal });
            lets.push((entry.key.text.clone(), expression));
        }
        lets
    }
}

fn has_open_branch(transition: &Transition) -> bool {
    transition.branches.iter().any(|branch| branch.guards.is_empty())
}
