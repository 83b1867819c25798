//! The variables that every expression of a workflow may use, with their types. (Reference, section 10.)

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::expression::Type;
use crate::field::Fields;

/// Variables besides a workflow's own fields, `let` values and reads.
pub(super) const BUILT_IN: [&str; 16] = [
    "event",
    "actor",
    "now",
    "today",
    "key",
    "id",
    "number",
    "states",
    "tags",
    "parent",
    "settled",
    "sla",
    "signatures",
    "history",
    "item",
    "index",
];

/// The type of a variable about the instance or the step.
pub(super) fn variable(name: &str) -> Type {
    match name {
        "actor" => actor(),
        "now" => Type::Instant,
        "today" => Type::Date,
        "key" | "id" => Type::Text,
        "number" => Type::optional(Type::Integer),
        "states" | "tags" => Type::list(Type::Text),
        "parent" => Type::optional(Type::object([("workflow", Type::Text), ("key", Type::Text)])),
        "settled" => Type::Boolean,
        "signatures" | "history" => Type::Object {
            fields: Default::default(),
            open: true,
        },
        "index" => Type::Integer,
        _ => Type::Any,
    }
}

fn actor() -> Type {
    let text = || Type::optional(Type::Text);
    Type::object([
        ("id", Type::Text),
        ("name", text()),
        ("roles", Type::list(Type::Text)),
        ("unit", text()),
        ("organisation", text()),
        ("skills", Type::list(Type::Text)),
        ("person", text()),
        ("workflow", text()),
        ("adapter", text()),
        ("on_behalf_of", text()),
    ])
}

/// The view of another instance. What its record holds is known to its own workflow.
pub(super) fn view() -> Type {
    Type::optional(Type::object([
        ("key", Type::Text),
        ("id", Type::Text),
        ("workflow", Type::Text),
        ("label", Type::Text),
        ("states", Type::list(Type::Text)),
        ("tags", Type::list(Type::Text)),
        ("done", Type::Boolean),
        ("paused", Type::Boolean),
        ("output", Type::Any),
        (
            "data",
            Type::Object {
                fields: Default::default(),
                open: true,
            },
        ),
        ("item", Type::Any),
        ("busy", Type::Boolean),
        ("since", Type::Instant),
    ]))
}

/// An open task, as a read of tasks finds it.
pub(super) fn open_task() -> Type {
    Type::object([
        ("instance", Type::Text),
        ("workflow", Type::Text),
        ("key", Type::Text),
        ("name", Type::Text),
        ("title", Type::Text),
        ("holder", Type::optional(Type::Text)),
        ("opened", Type::Instant),
        ("due", Type::optional(Type::Instant)),
        ("priority", Type::Integer),
    ])
}

/// What every event has, whatever it carries: fields of a form by these names could not be reached.
pub(super) const EVENT_FIELDS: [&str; 4] = ["name", "at", "from", "reason"];

/// An event that carries these fields.
pub(super) fn event(form: &Fields) -> Type {
    let Type::Object { fields: known, .. } = any_event() else {
        return Type::Any;
    };
    let mut fields: BTreeMap<Arc<str>, Type> = form
        .list
        .iter()
        .map(|field| (field.name.clone(), field.expression_type()))
        .collect();
    for (name, kind) in known {
        if EVENT_FIELDS.contains(&&*name) || !fields.contains_key(&name) {
            fields.insert(name, kind);
        }
    }
    Type::Object { fields, open: false }
}

/// An event of which is not known what it carries.
pub(super) fn any_event() -> Type {
    let known = [
        ("name", Type::Text),
        ("result", Type::Any),
        ("error", Type::Any),
        ("from", Type::Text),
        ("reason", Type::optional(Type::Text)),
        ("at", Type::Instant),
    ];
    let Type::Object { fields, .. } = Type::object(known) else {
        return Type::Any;
    };
    Type::Object { fields, open: true }
}
