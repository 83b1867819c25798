//! What a workflow asks of adapters and hears from them, compared with their contracts. (Reference, section 12.)

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Lowering;
use super::invoke::{ADAPTER, ONCE};
use crate::chart::{ActionContract, Admission, Contract, EventContract, FAILURES, Retry, ValueTemplate};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::field::{Field, Fields, Kind, Schema};
use crate::lang::contract;
use crate::lang::scope::{Event, Scope};
use crate::time::Duration;
use crate::value::Value;
use crate::yaml::{Mapping, Node, Scalar, is_extension};

/// What an invoke tells its state, each with its event.
#[derive(Clone, Copy)]
pub(super) enum Told {
    Done,
    Failed,
    Progress,
    Undone,
}

impl Lowering<'_> {
    /// The contract of an adapter; None where it has none, or none that can be used.
    pub(super) fn contract(&mut self, name: &Scalar) -> Option<Arc<Contract>> {
        if let Some(known) = self.contracts.get(&name.text) {
            return known.clone();
        }
        let found = contract::named(&mut self.loader, &mut self.out, &mut self.fields_left, name);
        self.contracts.insert(name.text.clone(), found.clone());
        found
    }

    /// Every contract of the definition.
    pub(super) fn pinned_contracts(&mut self) -> BTreeMap<Arc<str>, Arc<Contract>> {
        let known = std::mem::take(&mut self.contracts);
        known
            .into_iter()
            .filter_map(|(name, contract)| Some((name, contract?)))
            .collect()
    }

    /// Reads the contracts of all invokes first: what their events carry is to be known before any state is read.
    pub(super) fn declare_contracts(&mut self) {
        let drafts: Vec<(Arc<Mapping>, Arc<str>)> = self
            .drafts
            .iter()
            .zip(&self.states)
            .map(|(draft, state)| (draft.mapping.clone(), state.name.clone()))
            .collect();
        for (mapping, state) in drafts {
            let Some(node) = mapping.get("invoke") else { continue };
            let items: Vec<&Node> = node.as_sequence().map_or_else(|| vec![node], |items| items.iter().collect());
            for invoke in items.into_iter().filter_map(Node::as_mapping) {
                let id = invoke.get("id").and_then(Node::as_scalar).map_or(&state, |id| &id.text);
                if let Some(contract) = self.action_contract(invoke) {
                    self.invoke_contracts.insert(id.clone(), contract);
                }
            }
        }
    }

    /// What is agreed on the action that is written there, if anything.
    fn action_contract(&mut self, mapping: &Mapping) -> Option<Arc<ActionContract>> {
        let name = |key: &str| mapping.get(key).and_then(Node::as_scalar);
        let (adapter, action) = (name("adapter")?, name("action")?);
        self.contract(adapter)?.actions.get(&action.text).cloned()
    }

    /// Compares what is asked with what was agreed on. Answers the input as it was agreed.
    pub(super) fn agreed_input(&mut self, mapping: &Mapping, scope: &Scope) -> Vec<(Arc<str>, ValueTemplate)> {
        let written = mapping.get("input");
        let name = |key: &str| mapping.get(key).and_then(Node::as_scalar);
        let known = name("adapter").and_then(|adapter| self.contract(adapter));
        let (Some(contract), Some(action)) = (known, name("action")) else {
            return self.values(written, scope, ADAPTER);
        };
        let adapter = name("adapter").map_or_else(|| "".into(), |adapter| adapter.text.clone());
        let Some(agreed) = contract.actions.get(&action.text).cloned() else {
            let message = format!("the adapter `{adapter}` has no action `{}`", action.text);
            let known = contract.actions.keys().map(|name| &**name);
            self.tell_nearest(action, message, Code::UnknownWord, known, "add it to the adapter's contract");
            return self.values(written, scope, ADAPTER);
        };
        self.check_repeats(mapping, &adapter, action, &agreed);
        let input = self.typed_input(written, scope, &agreed, &format!("`{adapter}.{}`", action.text));
        let missing = agreed.input.list.iter().filter(|field| field.is_required());
        for field in missing {
            let given = written.and_then(Node::as_mapping);
            if given.is_none_or(|given| given.get(&field.name).is_none()) {
                let message = format!("`{adapter}.{}` needs `{}`", action.text, field.name);
                let help = "give it under `input`: the contract says that the adapter cannot do without";
                self.error(Code::MissingKey, action.span, message, help);
            }
        }
        input
    }

    /// What must not be asked twice is not asked again.
    fn check_repeats(&mut self, mapping: &Mapping, adapter: &str, action: &Scalar, agreed: &ActionContract) {
        if let Some(retry) = mapping.entry("retry").filter(|_| !agreed.repeat_safe) {
            let message = format!(
                "`{adapter}.{}` must not be asked twice: its contract says `repeat_safe: false`",
                action.text
            );
            let help = "take `retry` away, and let a person decide in `onError`";
            self.error(Code::KeysExclude, retry.key.span, message, help);
        }
    }

    /// Where the contract forbids to ask again, nothing is tried again by itself.
    pub(super) fn asked_once(&mut self, mapping: &Mapping) -> Option<Retry> {
        let agreed = self.action_contract(mapping)?;
        (!agreed.repeat_safe).then(|| Retry {
            attempts: ONCE,
            first: Duration::default(),
            most: Duration::default(),
        })
    }

    fn typed_input(
        &mut self,
        written: Option<&Node>,
        scope: &Scope,
        agreed: &ActionContract,
        what: &str,
    ) -> Vec<(Arc<str>, ValueTemplate)> {
        let entries = written.and_then(Node::as_mapping).into_iter().flatten();
        let mut input = Vec::new();
        for entry in entries.filter(|entry| !is_extension(entry.name())) {
            let Some(value) = self.value(&entry.value, scope, ADAPTER) else {
                continue;
            };
            let place = format!("`{}` of {what}", entry.name());
            let value = match agreed.input.get(entry.name()) {
                Some(field) => self.fitting(field, &entry.value, value, scope, &place),
                None => {
                    let message = format!("{what} takes no `{}`", entry.name());
                    let known = agreed.input.list.iter().map(|field| &*field.name);
                    let otherwise = "take it away, or add it to the adapter's contract";
                    self.tell_nearest(&entry.key, message, Code::UnknownField, known, otherwise);
                    Some(value)
                }
            };
            input.extend(value.map(|value| (entry.key.text.clone(), value)));
        }
        input
    }

    /// A value for a declared field: a literal as its type has it, something computed as it is.
    pub(super) fn fitting(
        &mut self,
        field: &Field,
        node: &Node,
        value: ValueTemplate,
        scope: &Scope,
        place: &str,
    ) -> Option<ValueTemplate> {
        let ValueTemplate::Literal(literal) = &value else {
            self.check_value_fit(&field.schema, node, &value, scope, place);
            return Some(value);
        };
        match field.accept(literal) {
            Ok(taken) => Some(ValueTemplate::Literal(taken)),
            Err(problems) => {
                for problem in problems {
                    let help = "write a value that the declared type takes";
                    self.error(Code::WrongType, node.span, problem.to_string(), help);
                }
                None
            }
        }
    }

    /// What the event of an invoke carries, as far as a contract says it.
    pub(super) fn told_by(&self, id: &str, told: Told) -> Event {
        let Some(agreed) = self.invoke_contracts.get(id) else {
            return Event::Any;
        };
        let fields = match told {
            Told::Done => agreed.output.as_ref().map(|output| one("result", object(output.clone()))),
            Told::Failed => Some(one("error", error(agreed))),
            Told::Progress => agreed.progress.clone(),
            Told::Undone => agreed.undone.clone(),
        };
        fields.map_or(Event::Any, |fields| Event::Form(Arc::new(fields)))
    }

    /// The same for what is written under `on`: `done.ID`, `error.ID`, `progress.ID`, `ID.undone`.
    pub(super) fn told_under(&self, event: &str) -> Event {
        let ways = [("done.", Told::Done), ("error.", Told::Failed), ("progress.", Told::Progress)];
        let of_invoke = ways
            .into_iter()
            .find_map(|(prefix, told)| Some((event.strip_prefix(prefix)?, told)));
        let undone = || event.strip_suffix(".undone").map(|id| (id, Told::Undone));
        of_invoke
            .or_else(undone)
            .map_or(Event::Any, |(id, told)| self.told_by(id, told))
    }

    /// Tells of steps and retractions that the adapter never reports.
    pub(super) fn check_told(&mut self, place: Span, id: &str, told: Told) {
        let Some(agreed) = self.invoke_contracts.get(id) else { return };
        let (never, key) = match told {
            Told::Progress => (agreed.progress.is_none(), "progress"),
            Told::Undone => (agreed.undone.is_none(), "undone"),
            Told::Done | Told::Failed => return,
        };
        if never {
            let what = if key == "progress" {
                "reports nothing on the way"
            } else {
                "never takes its answer back"
            };
            let message = format!("what the invoke `{id}` asks for {what}: its contract has no `{key}`");
            self.error(
                Code::UnansweredEvent,
                place,
                message,
                format!("add `{key}` to the contract, or take this away"),
            );
        }
    }

    /// What adapters report by themselves fits the form under which it is taken.
    pub(super) fn check_reported(&mut self, event: &Scalar, by: Option<&Node>, admission: &Admission) {
        let parties = by.and_then(Node::as_sequence).unwrap_or_default();
        for adapter in parties
            .iter()
            .filter_map(|party| party.as_mapping()?.get("adapter")?.as_scalar())
        {
            let Some(contract) = self.contract(adapter) else { continue };
            if event.text.contains('*') {
                continue;
            }
            match contract.events.get(&event.text) {
                Some(reported) => self.check_reported_form(event, adapter, reported, admission),
                None => {
                    let message = format!("the adapter `{}` reports no `{}`", adapter.text, event.text);
                    let known = contract.events.keys().map(|name| &**name);
                    self.tell_nearest(
                        event,
                        message,
                        Code::UnansweredEvent,
                        known,
                        "add it to `events` of the adapter's contract",
                    );
                }
            }
        }
    }

    fn check_reported_form(&mut self, event: &Scalar, adapter: &Scalar, reported: &EventContract, admission: &Admission) {
        let (who, event) = (&adapter.text, &event.text);
        let workflow = self.states.first().map_or_else(|| "".into(), |root| root.name.clone());
        if !reported.to.is_empty() && !reported.to.contains(&workflow) {
            let message = format!("`{who}` reports `{event}` to other workflows only");
            let help = format!("add `{workflow}` to `to` in the adapter's contract");
            self.error(Code::UnansweredEvent, adapter.span, message, help);
        }
        for field in &admission.form.fields.list {
            let given = reported.fields.get(&field.name);
            if field.is_required() && given.is_none_or(|given| given.optional) {
                let message = format!("`{event}` needs `{}`, and `{who}` may report it without", field.name);
                let help = "make the field optional here, or have the contract say that it is always given";
                self.error(Code::MissingKey, adapter.span, message, help);
            }
            let Some(misfit) = given.and_then(|given| field.schema.misfit(&given.schema.expression_type())) else {
                continue;
            };
            let message = format!(
                "`{}` of `{event}` takes {}, and `{who}` reports {}",
                field.name, misfit.wanted, misfit.found
            );
            self.error(Code::WrongType, adapter.span, message, "declare one type on both sides");
        }
        for field in reported
            .fields
            .list
            .iter()
            .filter(|field| admission.form.fields.get(&field.name).is_none())
        {
            let message = format!("`{who}` reports `{event}` with `{}`, which is not taken here", field.name);
            let help = format!("add `{}` to `input`: the event would be refused with it", field.name);
            self.error(Code::UnknownField, adapter.span, message, help);
        }
    }

    /// Tells of a name that is none of those known.
    pub(super) fn tell_nearest<'n>(
        &mut self,
        written: &Scalar,
        message: String,
        code: Code,
        known: impl Iterator<Item = &'n str>,
        otherwise: &str,
    ) {
        let diagnostic = Diagnostic::error(code, written.span, message);
        self.out.push(match nearest(&written.text, known) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(written.span, meant),
            None => diagnostic.help(otherwise),
        });
    }
}

/// `event.error` of an action with a contract.
fn error(agreed: &ActionContract) -> Schema {
    let named = agreed.errors.keys().map(|name| &**name);
    let whys: Vec<Value> = FAILURES.into_iter().chain(named).map(Value::from_text).collect();
    let why = Schema {
        allowed: Some(whys),
        ..text()
    };
    let detail = match agreed.errors.is_empty() {
        true => Schema::of(Kind::Any),
        false => object(agreed.detail()),
    };
    object(Fields {
        list: vec![
            Field::of("why", why),
            Field::of("message", text()),
            Field::of("detail", detail),
        ],
    })
}

fn one(name: &str, schema: Schema) -> Fields {
    Fields {
        list: vec![Field::of(name, schema)],
    }
}

fn object(fields: Fields) -> Schema {
    Schema::of(Kind::Object { fields, open: false })
}

fn text() -> Schema {
    Schema::of(Kind::Text {
        min_length: None,
        max_length: None,
        pattern: None,
    })
}
