//! Who may send an event, and the form that goes with it. (Reference, sections 3.1 and 4.)

use std::sync::Arc;

use super::Lowering;
use crate::chart::{Admission, Form, Reason};
use crate::diagnostic::Code;
use crate::field::Fields;
use crate::lang::builtin::of_every_event;
use crate::lang::fields::ComputedDefault;
use crate::lang::scope::{Event, Scope};
use crate::lang::shape::form_field;
use crate::yaml::{Entry, Mapping, Node, Scalar, is_extension};

use super::value::Sink;

/// Keys that belong to the event, not to one of its transitions.
const KEYS: [&str; 5] = ["by", "title", "input", "sign", "reason"];

impl Lowering<'_> {
    /// What the event's transitions say of who may send it with what: the same for all of them.
    pub(super) fn admission(&mut self, event: &Entry) -> Option<Admission> {
        let mappings: Vec<&Mapping> = match event.value.as_sequence() {
            Some(items) => items.iter().filter_map(Node::as_mapping).collect(),
            None => event.value.as_mapping().into_iter().collect(),
        };
        let first = mappings
            .iter()
            .copied()
            .find(|mapping| KEYS.iter().any(|key| mapping.get(key).is_some()))?;
        self.refuse_different_forms(event, &mappings);
        let scope = self.scope.clone();
        self.refuse_fields_of_the_event(first.get("input"));
        let mut form = self.form(first.get("input"), &scope);
        keep_what_is_left_out(&mut form);
        let signed = scope.with_event(Event::Form(Arc::new(form.fields.clone())));
        let admission = Admission {
            sign: self.signature(first.get("sign"), &signed),
            by: self.people(first.get("by"), &scope),
            title: first
                .get("title")
                .and_then(|node| self.text(node, &scope, Sink::Public("the label of a button"))),
            form,
            reason: reason(first.get("reason")),
        };
        self.check_reported(&event.key, first.get("by"), &admission);
        Some(admission)
    }

    /// An event is sent with one form by the same people, whichever of its transitions is then taken.
    fn refuse_different_forms(&mut self, event: &Entry, mappings: &[&Mapping]) {
        for key in KEYS {
            let written: Vec<Option<&Node>> = mappings.iter().map(|mapping| mapping.get(key)).collect();
            let differ = written
                .windows(2)
                .any(|pair| !matches!(pair, [first, second] if same(*first, *second)));
            if differ {
                let message = format!(
                    "the transitions of `{}` differ in `{key}`, which belongs to the event",
                    event.name()
                );
                let place = mappings
                    .iter()
                    .rev()
                    .find_map(|mapping| mapping.entry(key))
                    .map_or(event.key.span, |entry| entry.key.span);
                self.error(
                    Code::AmbiguousForms,
                    place,
                    message,
                    "write one transition with `choose`, whose branches share what stands beside them",
                );
            }
        }
    }

    /// A form: fields of `data` that are written, or fields that are only `event`.
    pub(super) fn form(&mut self, node: Option<&Node>, scope: &Scope) -> Form {
        let Some(node) = node else { return Form::default() };
        let (form, defaults) = match node.as_sequence() {
            Some(items) => self.writing_form(items),
            None => {
                self.refuse_names_of_the_event(node);
                let mut reader = self.fields();
                let fields = reader.fields(node);
                (
                    Form {
                        fields,
                        writes: Vec::new(),
                    },
                    reader.computed_defaults,
                )
            }
        };
        self.personal_fields.extend(
            form.fields
                .list
                .iter()
                .filter(|field| field.is_personal())
                .map(|field| field.name.clone()),
        );
        self.check_defaults(&form.fields, defaults, scope);
        form
    }

    /// What every event has would hide a field of the same name.
    fn refuse_names_of_the_event(&mut self, node: &Node) {
        for entry in node.as_mapping().into_iter().flatten() {
            if let Some(property) = of_every_event(entry.name()) {
                let help = format!("{}: this field could never be read", property.instead);
                self.error(Code::NameClash, entry.key.span, property.message(), help);
            }
        }
    }

    /// An event would write what it has itself into a field of the record that is called the same. A start does not: its record is
    /// made of what was entered.
    fn refuse_fields_of_the_event(&mut self, node: Option<&Node>) {
        for item in node.and_then(Node::as_sequence).unwrap_or_default() {
            let narrowed = item.as_mapping().and_then(|mapping| mapping.iter().next());
            let Some(place) = narrowed.map(|entry| &entry.key).or_else(|| item.as_scalar()) else {
                continue;
            };
            let (name, _) = form_field(&place.text);
            if let Some(property) = of_every_event(name) {
                let help = format!(
                    "{}: what is entered in `{name}` would be lost. To keep the field's name in `data`, ask for it under another one and assign it",
                    property.instead
                );
                self.error(Code::NameClash, place.span, property.message(), help);
            }
        }
    }

    /// Defaults may use what else the form holds, as `event`.
    pub(super) fn check_defaults(&mut self, fields: &Fields, defaults: Vec<ComputedDefault>, scope: &Scope) {
        let scope = scope.with_event(Event::Form(Arc::new(fields.clone())));
        for default in defaults {
            let place = format!("the field `{}`, which is not marked `phi`", default.field);
            let private = fields.get(&default.field).is_none_or(|field| field.phi);
            let sink = if private { Sink::Private } else { Sink::Public(&place) };
            let kind = self.check_template(&default.scalar, &default.template, &scope);
            self.check_sink(&default.template, default.scalar.span, &scope, sink);
            if let Some(field) = fields.get(&default.field) {
                self.check_fit(
                    &field.schema,
                    &kind,
                    &default.scalar,
                    &format!("the field `{}`", default.field),
                );
            }
        }
    }

    fn writing_form(&mut self, items: &[Node]) -> (Form, Vec<ComputedDefault>) {
        let mut form = Form::default();
        let mut defaults = Vec::new();
        for item in items {
            let narrowed = item
                .as_mapping()
                .and_then(|mapping| mapping.iter().find(|entry| !is_extension(entry.name())));
            let Some(place) = narrowed.map(|entry| &entry.key).or_else(|| item.as_scalar()) else {
                continue;
            };
            self.form_field(place, narrowed.map(|entry| &entry.value), &mut form, &mut defaults);
        }
        (form, defaults)
    }

    fn form_field(&mut self, place: &Scalar, narrowed: Option<&Node>, form: &mut Form, defaults: &mut Vec<ComputedDefault>) {
        let (name, optional) = form_field(&place.text);
        let data = self.data.clone();
        let Some(declared) = data.get(name) else {
            self.unknown_field(place, name, data.list.iter().map(|field| &*field.name));
            return;
        };
        if form.fields.get(name).is_some() {
            self.error(
                Code::NameClash,
                place.span,
                format!("`{name}` stands in this form already"),
                "take one of the two away",
            );
            return;
        }
        // The word stands in the form: a field that may be empty in the record is needed where a form asks for it.
        let mut field = crate::field::Field {
            optional,
            ..declared.clone()
        };
        if let Some(narrowed) = narrowed {
            if self.changes_type(name, narrowed) {
                return;
            }
            let Some(node) = self.narrowed(name, narrowed) else { return };
            let mut reader = self.fields();
            let read = reader.field(name, place, &node);
            defaults.append(&mut reader.computed_defaults);
            let Some(read) = read else { return };
            field = crate::field::Field {
                optional: optional || read.optional,
                phi: declared.phi,
                ..read
            };
        }
        form.writes.push(field.name.clone());
        form.fields.list.push(field);
    }

    /// Whether a form gives a field of `data` another type, which is told.
    fn changes_type(&mut self, name: &str, narrowed: &Node) -> bool {
        let written = |node: &Node| {
            let word = node.as_scalar().or_else(|| node.get("type").and_then(Node::as_scalar));
            word.map(|word| form_field(&word.text).0.to_owned())
        };
        let declared = self.data_nodes.get(name).and_then(written);
        let changed = written(narrowed).filter(|own| declared.as_ref().is_some_and(|declared| declared != own));
        if changed.is_some() {
            let message = format!("`{name}` has another type in `data`");
            self.error(
                Code::WrongType,
                narrowed.span,
                message,
                "a form may narrow a field, and may not change its type",
            );
        }
        changed.is_some()
    }

    /// The type of a field of `data` with what a form says of it instead.
    fn narrowed(&mut self, name: &str, narrowed: &Node) -> Option<Node> {
        let declared = self.data_nodes.get(name)?.clone();
        let own = narrowed.as_mapping()?;
        let mut entries: Vec<Entry> = own.entries.clone();
        match declared.as_mapping() {
            Some(mapping) => entries.extend(mapping.iter().filter(|entry| own.get(entry.name()).is_none()).map(required)),
            None if own.get("type").is_none() => {
                let scalar = declared.as_scalar()?;
                entries.push(required(&Entry {
                    key: typed_key(scalar),
                    value: declared.clone(),
                    colon: true,
                }));
            }
            None => {}
        }
        Some(Node {
            kind: crate::yaml::Kind::Mapping(Arc::new(Mapping {
                entries,
                ..Mapping::default()
            })),
            ..narrowed.clone()
        })
    }
}

/// The default of a field of `data` is for the start. Where an event may write the field and leaves it out, it stays as it is.
fn keep_what_is_left_out(form: &mut Form) {
    let writes = &form.writes;
    let optional = form
        .fields
        .list
        .iter_mut()
        .filter(|field| field.optional && writes.contains(&field.name));
    optional.for_each(|field| field.default = None);
}

/// Whether nothing, or the same, is written at two places.
fn same(first: Option<&Node>, second: Option<&Node>) -> bool {
    match (first, second) {
        (None, None) => true,
        (Some(first), Some(second)) => super::sameness::is_same(first, second),
        _ => false,
    }
}

fn typed_key(like: &Scalar) -> Scalar {
    Scalar {
        text: "type".into(),
        ..like.clone()
    }
}

/// An entry of a field's type, without the word `optional`: whether a form needs the field is for the form to say.
fn required(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    if let (true, Some(scalar)) = (entry.name() == "type", entry.value.as_scalar()) {
        let (word, _) = form_field(&scalar.text);
        let scalar = Scalar {
            text: word.into(),
            ..scalar.clone()
        };
        entry.value.kind = crate::yaml::Kind::Scalar(Arc::new(scalar));
    }
    entry
}

/// What is written under `reason`.
pub(super) fn reason(node: Option<&Node>) -> Option<Reason> {
    let node = node?;
    if let Some(items) = node.as_sequence() {
        return Some(Reason::Choices(
            items
                .iter()
                .filter_map(Node::as_scalar)
                .map(|scalar| scalar.text.clone())
                .collect(),
        ));
    }
    match &*node.as_scalar()?.text {
        "required" => Some(Reason::Required),
        "optional" => Some(Reason::Optional),
        _ => None,
    }
}
