//! An adapter's work while a state is active. (Reference, section 3.5.)

use std::sync::Arc;

use super::target::From;
use super::transition::Written;
use super::value::Sink;
use super::{Lowering, head};
use crate::chart::{Call, Invoke, Retry, StateIndex, Trigger};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::lang::scope::Scope;
use crate::time::parse_duration_range;
use crate::yaml::{Mapping, Node};

/// What is sent to the outside is stored until it is performed, and the contract that would name its purpose is not built yet.
pub(super) const ADAPTER: Sink<'static> = Sink::Public("what an adapter is given, and no contract declares the purpose yet");

impl Lowering<'_> {
    /// The invokes of a state; those of children are not built and left out.
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
        let of_children = mapping.get("workflow").is_some();
        // The events of children are named here too, so that what answers to them is known.
        let call = if of_children {
            None
        } else {
            self.invoked_call(mapping, span, scope)
        };
        let on = |lowering: &mut Self, key: &str, trigger: Trigger| {
            let written = Written {
                source,
                trigger,
                admission: None,
                scope,
                from: From::State(source),
            };
            mapping.get(key).and_then(|node| lowering.transition(node, &written))
        };
        let on_done = on(self, "onDone", Trigger::InvokeDone(position));
        let on_error = on(self, "onError", Trigger::InvokeError(position));
        let timeout = mapping.get("timeout").and_then(|node| self.duration(node, scope));
        Some(Invoke {
            id,
            call: call?,
            timeout,
            on_done,
            on_error,
            span,
        })
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
            input: self.values(mapping.get("input"), scope, ADAPTER),
            require: mapping.get("require").and_then(|node| self.condition(node, scope)),
            expires: mapping.get("expires").and_then(|node| self.duration(node, scope)),
            retry: self.retry(mapping.get("retry")),
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

/// Where a retry does not say how often: as often as bridges a restart of the other side.
const ATTEMPTS_DEFAULT: u32 = 5;

/// Where a retry does not say how long it waits.
const BACKOFF_DEFAULT: &str = "5s..5m";
