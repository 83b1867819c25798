//! The variables that every expression of a workflow may use, with their types. (Reference, section 10.)

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

/// What every event has, whatever it carries: a field of a form by this name could not be reached.
pub(super) struct EventProperty {
    name: &'static str,
    is: &'static str,
    /// What to write in a workflow that wants a field like this.
    pub instead: &'static str,
}

impl EventProperty {
    pub fn message(&self) -> String {
        format!("`event.{}` is {}, in every event", self.name, self.is)
    }
}

const EVENT_PROPERTIES: [EventProperty; 4] = [
    EventProperty {
        name: "name",
        is: "what the event is called",
        instead: "call the field something else, such as `new_name`",
    },
    EventProperty {
        name: "at",
        is: "when the event came",
        instead: "call the field something else, such as `planned_at` or `happened_at`",
    },
    EventProperty {
        name: "from",
        is: "who sent the event",
        instead: "call the field something else, such as `begins` or `comes_from`",
    },
    EventProperty {
        name: "reason",
        is: "the reason that was given",
        instead: "say `reason: required` beside `input`, which asks for one, or call the field something else",
    },
];

/// What every event has by this name.
pub(super) fn of_every_event(name: &str) -> Option<&'static EventProperty> {
    EVENT_PROPERTIES.iter().find(|property| property.name == name)
}

/// An event that carries these fields. Of what every event has, a form that asks for a field of the same name leaves nothing to be
/// read: which of the two is meant could not be told.
pub(super) fn event(form: &Fields) -> Type {
    let Type::Object { fields: mut known, .. } = any_event() else {
        return Type::Any;
    };
    for field in &form.list {
        match of_every_event(&field.name) {
            Some(_) => known.remove(&field.name),
            None => known.insert(field.name.clone(), field.expression_type()),
        };
    }
    Type::Object {
        fields: known,
        open: false,
    }
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
