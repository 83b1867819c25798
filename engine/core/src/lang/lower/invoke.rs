//! An adapter's work while a state is active. (Reference, section 3.5.)

use std::sync::Arc;

use super::action::MESSAGE;
use super::contracts::Told;
use super::target::From;
use super::transition::Written;
use super::value::Sink;
use super::{Lowering, head};
use crate::chart::{Call, Children, Invoke, Read, ReadOf, Retry, StateIndex, Trigger, Work};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::lang::scope::{Event, Scope};
use crate::time::parse_duration_range;
use crate::yaml::{Mapping, Node};

/// What is sent to the outside is stored until it is performed, and kept in the trail's effects.
pub(super) const ADAPTER: Sink<'static> = Sink::Public("what an adapter is given");

impl Lowering<'_> {
    /// The invokes of a state.
    pub(super) fn invokes(&mut self, node: Option<&Node>, source: StateIndex, scope: &Scope) -> Vec<Invoke> {
        let Some(node) = node else { return Vec::new() };
        let items: Vec<&Node> = node.as_sequence().map_or_else(|| vec![node], |items| items.iter().collect());
        let mut invokes = Vec::new();
        for item in items {
            if let Some(mapping) = item.as_mapping() {
                let made = self.invoke(mapping, head(item), source, invokes.len(), scope);
                invokes.extend(made);
            }
        }
        invokes
    }

    fn invoke(&mut self, mapping: &Mapping, span: Span, source: StateIndex, position: usize, scope: &Scope) -> Option<Invoke> {
        let id = self.invoke_id(mapping, span, source);
        let work = match mapping.get("workflow").is_some() {
            true => self.children(mapping, scope).map(Work::Children),
            false => self.invoked_call(mapping, span, scope).map(|call| Work::Call(Box::new(call))),
        };
        if let Some(Work::Children(children)) = &work {
            self.note_children(&id, children, source, position, span);
        }
        let on = |lowering: &mut Self, key: &str, trigger: Trigger, told: Option<Told>| {
            let carried = told.map_or(Event::Any, |told| lowering.told_by(&id, told));
            let written = Written {
                source,
                trigger,
                admission: None,
                scope: &scope.with_event(carried),
                from: From::State(source),
            };
            mapping.get(key).and_then(|node| lowering.transition(node, &written))
        };
        let on_start = on(self, "onStart", Trigger::InvokeStart(position), None);
        if let Some(entry) = mapping.entry("onProgress") {
            self.check_told(entry.key.span, &id, Told::Progress);
        }
        let on_progress = on(self, "onProgress", Trigger::InvokeProgress(position), Some(Told::Progress));
        let on_done = on(self, "onDone", Trigger::InvokeDone(position), Some(Told::Done));
        let on_error = on(self, "onError", Trigger::InvokeError(position), Some(Told::Failed));
        let timeout = mapping.get("timeout").and_then(|node| self.duration(node, scope));
        let compensate = mapping.get("compensate").and_then(Node::as_mapping);
        let compensate = compensate.and_then(|mapping| self.call(mapping, scope));
        if compensate.is_some() {
            self.compensated.insert(id.clone());
        }
        Some(Invoke {
            id,
            work: work?,
            timeout,
            on_start,
            on_progress,
            on_done,
            on_error,
            compensate,
            span,
        })
    }

    fn children(&mut self, mapping: &Mapping, scope: &Scope) -> Option<Children> {
        for key in ["adapter", "action", "expires", "retry", "require", "onProgress"] {
            if let Some(entry) = mapping.entry(key) {
                let message = format!("`{key}` is for adapters, and this invoke starts other instances");
                let help = "take it away, or take `workflow` away";
                self.error(Code::KeysExclude, entry.key.span, message, help);
            }
        }
        let mut scope = scope.clone();
        let each = mapping.get("each").and_then(|node| self.each(node, &mut scope));
        let key = mapping.get("key").and_then(|node| self.identity(node, &scope, MESSAGE));
        if let (Some(_), Some(template), Some(node)) = (&each, &key, mapping.get("key"))
            && template.literal().is_some()
        {
            let message = "each child would have the same key";
            let help = "make the key of the item, such as \"{{ key }}-{{ item }}\"";
            self.error(Code::WrongType, node.span, message, help);
        }
        Some(Children {
            workflow: mapping.get("workflow")?.as_scalar()?.text.clone(),
            key,
            each,
            input: self.values(mapping.get("input"), &scope, MESSAGE),
        })
    }

    /// Expressions see them under the name of the invoke.
    fn note_children(&mut self, id: &Arc<str>, children: &Children, state: StateIndex, position: usize, span: Span) {
        let read = Read {
            name: id.clone(),
            workflow: children.workflow.clone(),
            of: ReadOf::Children {
                state,
                position,
                each: children.each.is_some(),
            },
            paths: Vec::new(),
            span,
        };
        self.child_reads.insert(id.clone(), read);
    }

    /// What `undo` names is to be an invoke, and to say how it is undone.
    pub(super) fn check_undone(&mut self) {
        for scalar in std::mem::take(&mut self.undone) {
            if self.compensated.contains(&scalar.text) {
                continue;
            }
            if self.invoke_ids.contains_key(&scalar.text) {
                let message = format!("the invoke `{}` does not say how it is undone", scalar.text);
                let help = "add `compensate` to it: what an adapter is to do then";
                self.error(Code::MissingKey, scalar.span, message, help);
                continue;
            }
            let known: Vec<Arc<str>> = self.compensated.iter().cloned().collect();
            let diagnostic = Diagnostic::error(
                Code::UnknownWord,
                scalar.span,
                format!("there is no invoke `{}`", scalar.text),
            );
            self.out.push(match nearest(&scalar.text, known.iter().map(|id| &**id)) {
                Some(meant) => diagnostic
                    .help(format!("write `{meant}`, if that is meant"))
                    .repair(scalar.span, meant),
                None => diagnostic.help("name an invoke that has `compensate`"),
            });
        }
    }

    fn invoke_id(&mut self, mapping: &Mapping, span: Span, source: StateIndex) -> Arc<str> {
        let written = mapping.get("id").and_then(Node::as_scalar);
        let name = self.state(source).map_or_else(|| "".into(), |state| state.name.clone());
        let (id, place) = written.map_or((name, span), |scalar| (scalar.text.clone(), scalar.span));
        if let Some(earlier) = self.invoke_ids.insert(id.clone(), place) {
            let message = format!("there is an invoke `{id}` already, so `done.{id}` could mean either");
            let diagnostic = Diagnostic::error(Code::NameClash, place, message).note_at(earlier, "the other one");
            self.out.push(diagnostic.help("give one of them an `id` of its own"));
        }
        id
    }

    fn invoked_call(&mut self, mapping: &Mapping, span: Span, scope: &Scope) -> Option<Call> {
        for key in ["key", "each"] {
            if let Some(entry) = mapping.entry(key) {
                let message = format!("`{key}` is for children, and this invoke has no `workflow`");
                self.error(
                    Code::KeysExclude,
                    entry.key.span,
                    message,
                    "take it away, or name the `workflow` of the children",
                );
            }
        }
        if ["adapter", "action"].iter().any(|key| mapping.get(key).is_none()) {
            self.error(
                Code::MissingKey,
                span,
                "an invoke needs `adapter` and `action`, or `workflow`",
                "name the adapter and what it is to do",
            );
            return None;
        }
        self.call(mapping, scope)
    }

    /// What `invoke` and `call` have in common.
    pub(super) fn call(&mut self, mapping: &Mapping, scope: &Scope) -> Option<Call> {
        let name = |key: &str| mapping.get(key).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        Some(Call {
            adapter: name("adapter")?,
            action: name("action")?,
            input: self.agreed_input(mapping, scope),
            require: mapping.get("require").and_then(|node| self.condition(node, scope)),
            expires: mapping.get("expires").and_then(|node| self.duration(node, scope)),
            retry: self.retry(mapping.get("retry")).or_else(|| self.asked_once(mapping)),
            id: name("id"),
        })
    }

    fn retry(&mut self, node: Option<&Node>) -> Option<Retry> {
        let mapping = node?.as_mapping()?;
        let text = |key: &str| mapping.get(key).and_then(Node::as_scalar);
        let attempts = text("attempts")
            .and_then(|scalar| scalar.text.parse().ok())
            .unwrap_or(ATTEMPTS_DEFAULT);
        let written = text("backoff").map_or(BACKOFF_DEFAULT, |scalar| &*scalar.text);
        let range = parse_duration_range(written).ok()?;
        Some(Retry {
            attempts,
            first: range.first,
            most: range.most,
        })
    }
}

/// What must not be asked twice is asked once.
pub(super) const ONCE: u32 = 1;

/// Where a retry does not say how often: as often as bridges a restart of the other side.
const ATTEMPTS_DEFAULT: u32 = 5;

/// Where a retry does not say how long it waits.
const BACKOFF_DEFAULT: &str = "5s..5m";
