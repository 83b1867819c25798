//! The language as JSON Schema, for editors: which keys there are, what they mean, what their values look like.
//!
//! Made of the same tables that the reader uses. It knows shapes and nothing else: what fits together is for `compile` to say.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grammar::{Construct, Empty, FIELD, Forms, KINDS, Name, Shape, TYPE};
use crate::value::{Object, Value, interface};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of every kind of file of the language, as JSON text on one line (draft 2020-12).
pub fn language_schema() -> String {
    let mut writer = Writer::default();
    // The order of keys means nothing to JSON Schema: the kinds are tried in turn, since a workflow, too, may name a `calendar`.
    let references: Vec<(&str, Value)> = KINDS
        .iter()
        .map(|kind| (kind.key, writer.reference(kind.construct)))
        .collect();
    let otherwise = any_of(references.iter().map(|(key, _)| has_key(key)));
    let kinds = references.into_iter().rev().fold(otherwise, |otherwise, (key, reference)| {
        object([("if", has_key(key)), ("then", reference), ("else", otherwise)])
    });
    let schema = object([
        ("$schema", DRAFT.into()),
        ("title", "Statewright".into()),
        ("type", "object".into()),
        ("allOf", list([kinds])),
        ("$defs", Value::from_fields(writer.definitions)),
    ]);
    interface::to_interface(&schema)
}

fn has_key(key: &str) -> Value {
    object([("required", list([key.into()]))])
}

/// Gathers one definition for each construct.
#[derive(Default)]
struct Writer {
    /// By the construct's place in memory, which is only compared: the names come from the nouns and the order of visiting.
    names: BTreeMap<usize, Arc<str>>,
    definitions: Object,
}

impl Writer {
    fn reference(&mut self, construct: &'static Construct) -> Value {
        let place = std::ptr::from_ref(construct) as usize;
        let name = match self.names.get(&place) {
            Some(name) => name.clone(),
            None => self.define(place, construct),
        };
        object([("$ref", format!("#/$defs/{name}").as_str().into())])
    }

    fn define(&mut self, place: usize, construct: &'static Construct) -> Arc<str> {
        let noun = construct
            .noun
            .strip_prefix("a ")
            .or(construct.noun.strip_prefix("an "))
            .unwrap_or(construct.noun);
        let base: String = noun
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let taken = self
            .names
            .values()
            .filter(|name| name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-') == base)
            .count();
        let name: Arc<str> = if taken == 0 {
            base.into()
        } else {
            format!("{base}-{}", taken + 1).into()
        };
        // Named before it is written: constructs hold one another.
        self.names.insert(place, name.clone());
        let definition = self.construct(construct);
        self.definitions.insert(name.clone(), definition);
        name
    }

    fn construct(&mut self, construct: &'static Construct) -> Value {
        let mut properties = Object::new();
        for key in construct.all() {
            let mut fields = fields_of(self.shape(key.shape));
            fields.insert("description".into(), key.meaning.into());
            properties.entry(key.name.into()).or_insert(Value::from_fields(fields));
        }
        let required = construct.all().filter(|key| key.required).map(|key| key.name.into());
        object([
            ("type", "object".into()),
            ("properties", Value::from_fields(properties)),
            ("required", list(required)),
            ("patternProperties", extensions()),
            ("additionalProperties", false.into()),
        ])
    }

    fn shape(&mut self, shape: Shape) -> Value {
        match shape {
            // A key that takes text takes whatever is written on the line: `12`, `no`.
            Shape::Text | Shape::Literal | Shape::Expression | Shape::Duration | Shape::Due | Shape::Backoff | Shape::Share => {
                scalar()
            }
            Shape::Boolean => object([("type", "boolean".into())]),
            Shape::Integer(least, most) => object([
                ("type", "integer".into()),
                ("minimum", Value::Integer(least)),
                ("maximum", Value::Integer(most)),
            ]),
            Shape::Number => object([("type", "number".into())]),
            Shape::Word(words) => object([("enum", list(words.iter().map(|word| (*word).into())))]),
            Shape::Name(name) => named(name),
            Shape::Computed(_) => scalar(),
            Shape::Value | Shape::Anything => object([]),
            Shape::Map(construct) => self.reference(construct),
            Shape::Names(name, shape, empty) => self.names(name, *shape, empty),
            Shape::List(item) => object([("type", "array".into()), ("items", self.shape(*item))]),
            Shape::Either(forms) => self.either(forms),
            Shape::Type => self.shape(TYPE),
            Shape::Fields => self.names(Name::Snake, TYPE, Empty::Refused),
            Shape::Items => {
                let fields = self.names(Name::Snake, TYPE, Empty::Refused);
                any_of([scalar(), self.reference(&FIELD), fields])
            }
        }
    }

    fn names(&mut self, name: Name, shape: Shape, empty: Empty) -> Value {
        let value = self.shape(shape);
        let value = match empty {
            Empty::Allowed => any_of([value, object([("type", "null".into())])]),
            Empty::Refused => value,
        };
        object([
            ("type", "object".into()),
            ("propertyNames", any_of([named(name), object([("pattern", "^x-".into())])])),
            ("patternProperties", extensions()),
            ("additionalProperties", value),
        ])
    }

    fn either(&mut self, forms: &Forms) -> Value {
        let shapes = [forms.scalar, forms.list, forms.mapping];
        let schemas: Vec<Value> = shapes.into_iter().flatten().map(|shape| self.shape(shape)).collect();
        any_of(schemas)
    }
}

/// A scalar of any look: the key decides that it is text.
fn scalar() -> Value {
    object([("type", list(["string", "number", "boolean"].map(Value::from)))])
}

fn named(name: Name) -> Value {
    let pattern = match name {
        Name::Snake => "^[a-z][a-z0-9_]*$",
        Name::File => "^[a-z0-9][a-z0-9-]*$",
        Name::Event => r"^([A-Z][A-Z0-9_]*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+)$",
        Name::EventPattern => r"^([A-Z][A-Z0-9_]*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+|\*|[A-Za-z0-9_.-]+\.\*)$",
        Name::State | Name::Pausable => r"^\.?[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$",
        Name::Path => r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$",
        Name::FormField => "^(optional +)?[a-z][a-z0-9_]*$",
        Name::Timer => "^([a-z][a-z0-9_]*|[0-9].*)$",
        Name::Any => return object([]),
    };
    object([("type", "string".into()), ("pattern", pattern.into())])
}

/// Keys that begin with `x-` are ignored everywhere.
fn extensions() -> Value {
    object([("^x-", Value::Boolean(true))])
}

fn fields_of(value: Value) -> Object {
    value.as_object().cloned().unwrap_or_default()
}

fn any_of(schemas: impl IntoIterator<Item = Value>) -> Value {
    let schemas: Vec<Value> = schemas.into_iter().collect();
    match schemas.as_slice() {
        [only] => only.clone(),
        _ => object([("anyOf", Value::from_items(schemas))]),
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::from_fields(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::from_items(items.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::value::json;

    /// Every `$ref` in a value.
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields.iter() {
                    if let ("$ref", Value::Text(target)) = (&**name, field) {
                        found.insert(target.trim_start_matches("#/$defs/").to_owned());
                    }
                    references(field, found);
                }
            }
            Value::List(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_construct_is_defined_once_and_named_at_least_once() {
        let schema = json::read(&language_schema()).expect("the schema is JSON");
        let defined: BTreeSet<String> = schema
            .field("$defs")
            .and_then(Value::as_object)
            .expect("there are definitions")
            .keys()
            .map(ToString::to_string)
            .collect();
        let mut named = BTreeSet::new();
        references(&schema, &mut named);
        assert_eq!(named, defined);
        assert!(
            defined.contains("workflow") && defined.contains("state") && defined.len() > 40,
            "{defined:?}"
        );
        assert_eq!(language_schema(), language_schema());
    }

    #[test]
    fn a_key_says_what_it_means() {
        let schema = json::read(&language_schema()).expect("the schema is JSON");
        let state = schema
            .field("$defs")
            .and_then(|defs| defs.field("state"))
            .and_then(|state| state.field("properties"))
            .expect("a state has keys");
        let meaning = |key: &str| {
            state
                .field(key)
                .and_then(|key| key.field("description"))
                .and_then(Value::as_text)
                .unwrap_or("")
                .to_owned()
        };
        assert_eq!(meaning("after"), "timers");
        let kind = state
            .field("type")
            .and_then(|kind| kind.field("enum"))
            .expect("`type` is one of some words");
        assert_eq!(interface::to_interface(kind), r#"["parallel","final","history"]"#);
    }
}
