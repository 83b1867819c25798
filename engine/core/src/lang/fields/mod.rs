//! Field maps: from what is written to [`Fields`]. (Reference, section 4.)

mod limits;
mod words;

use std::sync::Arc;

pub(super) use limits::literal as literal_of;
#[cfg(test)]
pub(super) use words::TYPES;

use super::loader::Loader;
use super::shape::is_type;
use super::{computed, shape, table};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::expression::Template;
use crate::field::{DefaultValue, Field, Fields, Kind, Schema};
use crate::yaml::{Mapping, Node, Scalar, is_extension};

/// Fields in all the field maps of one definition, files named with `$ref` counted each time: files that name one another would
/// grow without end.
pub const FIELDS_MAX: usize = 5_000;

/// Turns field maps into [`Fields`], reading the files they name.
pub(super) struct FieldReader<'l, 'a> {
    pub(super) loader: &'l mut Loader<'a>,
    pub(super) out: &'l mut Diagnostics,
    /// Counts down from [`FIELDS_MAX`] over the whole definition.
    pub(super) room: &'l mut usize,
    /// Paths of the schema files that are being read, outermost first.
    chain: Vec<Arc<str>>,
    /// How deep in objects and lists: only the fields of a form or a record itself may have computed defaults.
    depth: usize,
    /// Defaults that are computed, for whoever knows the names they may use.
    pub(super) computed_defaults: Vec<ComputedDefault>,
}

/// A default that is still to be checked against the names in scope.
pub(super) struct ComputedDefault {
    pub(super) field: Arc<str>,
    pub(super) scalar: Arc<Scalar>,
    pub(super) template: Template,
}

/// A type as it was written, with what else the mapping said about its field.
struct Declared {
    schema: Schema,
    optional: bool,
    mapping: Option<Mapping>,
}

impl<'l, 'a> FieldReader<'l, 'a> {
    pub(super) fn new(loader: &'l mut Loader<'a>, out: &'l mut Diagnostics, room: &'l mut usize) -> Self {
        FieldReader {
            loader,
            out,
            room,
            chain: Vec::new(),
            depth: 0,
            computed_defaults: Vec::new(),
        }
    }

    /// The fields of a map; what cannot be read is left out and told.
    pub(super) fn fields(&mut self, node: &Node) -> Fields {
        let entries = node
            .as_mapping()
            .into_iter()
            .flatten()
            .filter(|entry| !is_extension(entry.name()));
        let list = entries
            .filter_map(|entry| self.field(entry.name(), &entry.key, &entry.value))
            .collect();
        Fields { list }
    }

    /// One field; `name` stands at `place`.
    pub(super) fn field(&mut self, name: &str, place: &Scalar, node: &Node) -> Option<Field> {
        match self.room.checked_sub(1) {
            Some(room) => *self.room = room,
            None => {
                let message = format!("the definition has more than {FIELDS_MAX} fields");
                self.out.push(Diagnostic::error(Code::TooManyParts, place.span, message));
                return None;
            }
        }
        // A type that cannot be read has been told: its field is known all the same, so that nothing else is told of it.
        let unreadable = Declared {
            schema: Schema::of(Kind::Any),
            optional: true,
            mapping: node.as_mapping().cloned(),
        };
        let declared = self.declared(node).unwrap_or(unreadable);
        let mut field = Field {
            optional: declared.optional,
            ..Field::of(name, declared.schema)
        };
        if let Some(mapping) = &declared.mapping {
            self.annotate(&mut field, mapping);
        }
        Some(field)
    }

    fn annotate(&mut self, field: &mut Field, mapping: &Mapping) {
        let text = |key: &str| {
            mapping
                .get(key)
                .and_then(Node::as_scalar)
                .map(|scalar| scalar.text.to_string())
        };
        let flag = |key: &str| {
            mapping
                .get(key)
                .and_then(Node::as_scalar)
                .is_some_and(|scalar| &*scalar.text == "true")
        };
        field.label = text("label").or_else(|| text("title"));
        field.help = text("help").or_else(|| text("description"));
        field.unit = text("unit");
        let examples = mapping.get("examples").and_then(Node::as_sequence).unwrap_or_default();
        let written = examples.iter().filter_map(Node::as_scalar);
        field.examples = written.map(|example| example.text.to_string()).collect();
        field.phi = flag("phi");
        field.index = flag("index");
        let is_one_value = !matches!(
            field.schema.kind,
            Kind::Any | Kind::List { .. } | Kind::Object { .. } | Kind::File
        );
        let fits = self.depth == 0 && is_one_value;
        if let Some(place) = mapping.entry("index").filter(|_| field.index && field.phi && !fits) {
            let message = "personal data is indexed by whole values: a field of text, a date or a number that stands by itself";
            let help = "take `index` away, or make it a field of its own";
            self.out
                .push(Diagnostic::error(Code::PersonalData, place.key.span, message).help(help));
        }
        if let Some(node) = mapping.get("default") {
            field.default = self.default(field, node);
        }
    }

    fn default(&mut self, field: &Field, node: &Node) -> Option<DefaultValue> {
        if let Some(scalar) = shape::computed_scalar(node) {
            let template = computed::template(scalar, self.out)?;
            if self.depth > 0 {
                let message = "only the fields of a form or a record itself may have a computed default";
                self.out.push(Diagnostic::error(Code::UnusableDefault, node.span, message));
                return None;
            }
            let scalar = Arc::new(scalar.clone());
            self.computed_defaults.push(ComputedDefault {
                field: field.name.clone(),
                scalar,
                template: template.clone(),
            });
            return Some(DefaultValue::Computed(template));
        }
        let value = limits::literal(&field.schema.kind, node, self.out)?;
        if value.is_null() {
            return None;
        }
        match field.schema.accept(&value) {
            Ok(value) => Some(DefaultValue::Literal(value)),
            Err(problems) => {
                for problem in problems {
                    let message = format!("the default of `{}` {problem}", field.name);
                    self.out.push(Diagnostic::error(Code::UnusableDefault, node.span, message));
                }
                None
            }
        }
    }

    /// A type by itself, such as that of a list's items.
    fn declared(&mut self, node: &Node) -> Option<Declared> {
        if let Some(scalar) = node.as_scalar() {
            let (word, optional) = words::split(&scalar.text);
            let kind = words::kind(word, scalar, self.out)?;
            self.refuse_bare(&kind, None, scalar);
            return Some(Declared {
                schema: Schema::of(kind),
                optional,
                mapping: None,
            });
        }
        let mapping = node.as_mapping()?;
        let (schema, optional) = self.schema(node, mapping)?;
        Some(Declared {
            schema,
            optional,
            mapping: Some(mapping.clone()),
        })
    }

    /// Types that are nothing by their name alone: a list of what, an object of what, a reference to what.
    fn refuse_bare(&mut self, kind: &Kind, mapping: Option<&Mapping>, scalar: &Scalar) {
        let says = |key: &str| mapping.is_some_and(|mapping| mapping.incomplete || mapping.get(key).is_some());
        let (message, help) = match kind {
            Kind::List { .. } if !says("items") => ("a list needs `items`", "write `{type: list, items: string}`"),
            // Whoever wants one that holds anything says so.
            Kind::Object { .. } if !says("properties") && !says("additionalProperties") => (
                "an object needs `properties`",
                "write `{type: object, properties: {name: string}}`",
            ),
            Kind::Reference { .. } if !says("workflow") => ("a ref needs `workflow`", "write `{type: ref, workflow: its-name}`"),
            _ => return,
        };
        self.out
            .push(Diagnostic::error(Code::MissingKey, scalar.span, message).help(help));
    }

    fn schema(&mut self, node: &Node, mapping: &Mapping) -> Option<(Schema, bool)> {
        let written = mapping.get("type").and_then(Node::as_scalar);
        let (word, optional) = written.map_or(("", false), |scalar| words::split(&scalar.text));
        if let Some(reference) = mapping.get("$ref").and_then(Node::as_scalar) {
            let (schema, its_own) = self.referred(reference)?;
            limits::refuse_beside_reference(mapping, self.out);
            return Some((schema, optional || its_own));
        }
        let kind = match written {
            Some(scalar) => {
                let kind = words::kind(word, scalar, self.out)?;
                self.refuse_bare(&kind, Some(mapping), scalar);
                kind
            }
            None => self.inferred(node, mapping)?,
        };
        let mut schema = Schema::of(kind);
        self.fill_structure(&mut schema, mapping);
        limits::fill(&mut schema, mapping, self.out);
        self.fill_table(&mut schema, mapping);
        Some((schema, optional))
    }

    /// The type of a mapping without `type`, by what it has.
    fn inferred(&mut self, node: &Node, mapping: &Mapping) -> Option<Kind> {
        let has = |key: &str| mapping.get(key).is_some();
        if has("properties") {
            return Some(Kind::Object {
                fields: Fields::default(),
                open: false,
            });
        }
        if has("items") {
            return Some(words::list());
        }
        if has("enum") || has("const") || has("table") {
            return Some(limits::kind_of_values(mapping));
        }
        if !mapping.incomplete {
            let message = "the type is missing";
            let help = format!("add `type`, one of {}", words::listed());
            let place = mapping.entries.first().map_or(node.span, |entry| entry.key.span);
            self.out.push(Diagnostic::error(Code::MissingKey, place, message).help(help));
        }
        None
    }

    /// The keys of the table that is named are the values allowed.
    fn fill_table(&mut self, schema: &mut Schema, mapping: &Mapping) {
        let (Some(name), Some(node)) = (&schema.table, mapping.get("table")) else {
            return;
        };
        if let Some(second) = mapping.entry("enum").or(mapping.entry("const")) {
            let message = format!("`{}` stands beside `table`, which lists the values already", second.name());
            self.out
                .push(Diagnostic::error(Code::KeysExclude, second.key.span, message).help("keep one of the two"));
            return;
        }
        let Some(table) = table::named(self.loader, self.out, self.room, name, node.span) else {
            return;
        };
        if table.live {
            let message = format!("`{name}` is live, and what a field may hold belongs to the definition");
            let help = format!("ask it in a guard instead: `table('{name}', …) is not none`");
            self.out
                .push(Diagnostic::error(Code::LiveMisplaced, node.span, message).help(help));
            return;
        }
        let look_up = table.as_look_up().filter(|look_up| {
            let key = look_up.key_column().map(|column| &column.schema.kind);
            matches!(key, Some(Kind::Text { .. }))
        });
        match look_up {
            Some(look_up) => schema.allowed = Some(look_up.keys().cloned().collect()),
            None => {
                let message = format!("`{name}` has no keys that are text, which a field could hold");
                self.out.push(
                    Diagnostic::error(Code::UnusableLimit, node.span, message)
                        .help("name a table with `key` and `columns`, whose key is a `string`"),
                );
            }
        }
    }

    fn fill_structure(&mut self, schema: &mut Schema, mapping: &Mapping) {
        self.depth += 1;
        match &mut schema.kind {
            Kind::Object { fields, open } => {
                *open = mapping.get("properties").is_none();
                if let Some(node) = mapping.get("properties") {
                    *fields = self.fields(node);
                }
                if let Some(additional) = mapping.get("additionalProperties").and_then(Node::as_scalar) {
                    *open = &*additional.text == "true";
                }
                require_listed(fields, mapping, self.out);
            }
            Kind::List { items, .. } => {
                if let Some(item) = mapping.get("items").and_then(|node| self.item(node)) {
                    **items = item;
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    fn item(&mut self, node: &Node) -> Option<Schema> {
        match node.as_mapping() {
            Some(mapping) if !is_type(mapping) => Some(Schema::of(Kind::Object {
                fields: self.fields(node),
                open: false,
            })),
            _ => self.declared(node).map(|declared| declared.schema),
        }
    }

    fn referred(&mut self, reference: &Scalar) -> Option<(Schema, bool)> {
        let (path, tree) = self.loader.schema(reference, self.out)?;
        if self.chain.contains(&path) {
            let message = format!("`{path}` names itself, by way of {}", self.chain.join(", "));
            self.out.push(
                Diagnostic::error(Code::CircularReference, reference.span, message)
                    .help("a type ends somewhere: take one `$ref` away"),
            );
            return None;
        }
        self.chain.push(path);
        let schema = tree.as_mapping().and_then(|mapping| self.schema(&tree, mapping));
        self.chain.pop();
        schema
    }
}

/// `required` of JSON Schema: the fields it does not name may be empty.
fn require_listed(fields: &mut Fields, mapping: &Mapping, out: &mut Diagnostics) {
    let Some(required) = mapping.get("required").and_then(Node::as_sequence) else {
        return;
    };
    let names: Vec<&Scalar> = required.iter().filter_map(Node::as_scalar).collect();
    for name in names.iter().filter(|name| fields.get(&name.text).is_none()) {
        let message = format!("there is no field `{}` here", name.text);
        let near = nearest(&name.text, fields.list.iter().map(|field| &*field.name)).map(str::to_owned);
        let diagnostic = Diagnostic::error(Code::UnknownField, name.span, message);
        out.push(match near {
            Some(near) => diagnostic
                .help(format!("write `{near}`, if that is meant"))
                .repair(name.span, near),
            None => diagnostic,
        });
    }
    for field in &mut fields.list {
        field.optional |= !names.iter().any(|name| *name.text == *field.name);
    }
}
