//! Field maps as JSON Schema (draft 2020-12), for whoever sends values: forms, clients, editors.
//!
//! What JSON Schema has no word for stands in keywords that begin with `x-`; the most telling is `x-type`, the declared type.

use std::fmt::Write as _;

use super::{DefaultValue, Field, Fields, Kind, Schema, file};
use crate::value::{Decimal, Value, interface};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

impl Fields {
    /// The schema of an object with these fields, as JSON text on one line.
    pub fn json_schema(&self, title: Option<&str>) -> String {
        let mut members = Members::default();
        members.text("$schema", DRAFT);
        if let Some(title) = title {
            members.text("title", title);
        }
        object_members(&mut members, self, false);
        members.finish()
    }
}

/// The members of one JSON object, in the order in which they are added.
#[derive(Default)]
struct Members {
    json: String,
}

impl Members {
    fn raw(&mut self, name: &str, json: &str) {
        let separator = if self.json.is_empty() { "" } else { "," };
        write!(self.json, "{separator}{}:{json}", quoted(name)).expect("a string takes every write");
    }

    fn text(&mut self, name: &str, text: &str) {
        self.raw(name, &quoted(text));
    }

    fn value(&mut self, name: &str, value: &Value) {
        self.raw(name, &interface::to_interface(value));
    }

    fn size(&mut self, name: &str, size: Option<usize>) {
        if let Some(size) = size {
            self.raw(name, &size.to_string());
        }
    }

    fn number(&mut self, name: &str, number: Option<Decimal>) {
        if let Some(number) = number {
            self.raw(name, &number.to_string());
        }
    }

    fn finish(self) -> String {
        format!("{{{}}}", self.json)
    }
}

fn quoted(text: &str) -> String {
    interface::to_interface(&Value::from_text(text))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn object_members(members: &mut Members, fields: &Fields, open: bool) {
    members.text("type", "object");
    let mut properties = Members::default();
    for field in &fields.list {
        properties.raw(&field.name, &field_schema(field));
    }
    members.raw("properties", &properties.finish());
    let required = fields.list.iter().filter(|field| field.is_required());
    members.raw("required", &list(required.map(|field| quoted(&field.name))));
    members.raw("additionalProperties", if open { "true" } else { "false" });
}

fn field_schema(field: &Field) -> String {
    let mut members = Members::default();
    if let Some(label) = &field.label {
        members.text("title", label);
    }
    if let Some(help) = &field.help {
        members.text("description", help);
    }
    if field.optional {
        let null = "{\"type\":\"null\"}".to_owned();
        members.raw("anyOf", &list([schema(&field.schema), null].into_iter()));
    } else {
        schema_members(&mut members, &field.schema);
    }
    if let Some(DefaultValue::Literal(value)) = &field.default {
        members.value("default", value);
    }
    if let Some(unit) = &field.unit {
        members.text("x-unit", unit);
    }
    for (name, set) in [("x-phi", field.phi), ("x-index", field.index)] {
        if set {
            members.raw(name, "true");
        }
    }
    members.finish()
}

fn schema(schema: &Schema) -> String {
    let mut members = Members::default();
    schema_members(&mut members, schema);
    members.finish()
}

fn schema_members(members: &mut Members, schema: &Schema) {
    kind_members(members, &schema.kind);
    // Numbers that come as text are checked by the engine; these keywords speak of numbers only.
    members.number("minimum", schema.minimum);
    members.number("maximum", schema.maximum);
    members.number("exclusiveMinimum", schema.exclusive_minimum);
    members.number("exclusiveMaximum", schema.exclusive_maximum);
    members.number("multipleOf", schema.multiple_of);
    if let Some(allowed) = &schema.allowed {
        members.raw("enum", &list(allowed.iter().map(interface::to_interface)));
    }
    if let Some(table) = &schema.table {
        members.text("x-table", table);
    }
}

fn kind_members(members: &mut Members, kind: &Kind) {
    match kind {
        Kind::Any => {}
        Kind::Text {
            min_length,
            max_length,
            pattern,
        } => {
            members.text("type", "string");
            members.size("minLength", *min_length);
            members.size("maxLength", *max_length);
            if let Some(pattern) = pattern {
                members.text("pattern", &pattern.text);
            }
        }
        Kind::Boolean => members.text("type", "boolean"),
        Kind::Integer => members.text("type", "integer"),
        Kind::Decimal { scale } => decimal_members(members, *scale),
        Kind::Date => text_members(members, "date", Some("date"), None),
        Kind::Time => text_members(
            members,
            "time",
            None,
            Some(r"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?$"),
        ),
        Kind::Instant => text_members(members, "instant", Some("date-time"), None),
        Kind::Duration => text_members(members, "duration", None, None),
        Kind::Reference { workflow } => {
            text_members(members, "ref", None, None);
            members.raw("minLength", "1");
            if let Some(workflow) = workflow {
                members.text("x-workflow", workflow);
            }
        }
        Kind::User => {
            text_members(members, "user", None, None);
            members.raw("minLength", "1");
        }
        Kind::Unit => {
            text_members(members, "unit", None, None);
            members.raw("minLength", "1");
        }
        Kind::File => {
            members.text("x-type", "file");
            file_members(members);
        }
        Kind::Object { fields, open } => object_members(members, fields, *open),
        Kind::List {
            items,
            keyed,
            min_items,
            max_items,
            unique_items,
        } => {
            members.text("type", "array");
            members.raw("items", &schema(items));
            members.size("minItems", *min_items);
            members.size("maxItems", *max_items);
            if *unique_items {
                members.raw("uniqueItems", "true");
            }
            if let Some(key) = keyed {
                members.text("x-keyed", key);
            }
        }
    }
}

/// A sender names the upload; all else is filled in by the engine, whatever is said of it.
fn file_members(members: &mut Members) {
    members.text("type", "object");
    let mut properties = Members::default();
    for field in &file::fields().list {
        let mut property = Members::default();
        schema_members(&mut property, &field.schema);
        if &*field.name != file::FILE {
            property.raw("readOnly", "true");
        }
        properties.raw(&field.name, &property.finish());
    }
    members.raw("properties", &properties.finish());
    members.raw("required", &list([quoted(file::FILE)].into_iter()));
    members.raw("additionalProperties", "false");
}

fn decimal_members(members: &mut Members, scale: Option<u32>) {
    members.raw("type", "[\"string\",\"number\"]");
    members.text("x-type", "decimal");
    let fraction = match scale {
        Some(0) => r"(\.0+)?".to_owned(),
        Some(scale) => format!(r"(\.[0-9]{{1,{scale}}}0*)?"),
        None => r"(\.[0-9]+)?".to_owned(),
    };
    members.text("pattern", &format!("^-?[0-9]+{fraction}$"));
    if let Some(scale) = scale {
        members.raw("x-scale", &scale.to_string());
    }
}

fn text_members(members: &mut Members, declared: &str, format: Option<&str>, pattern: Option<&str>) {
    members.text("type", "string");
    members.text("x-type", declared);
    if let Some(format) = format {
        members.text("format", format);
    }
    if let Some(pattern) = pattern {
        members.text("pattern", pattern);
    }
}
