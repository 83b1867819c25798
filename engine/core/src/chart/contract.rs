//! What an adapter and the workflows that ask it have agreed on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::field::{Field, FieldProblem, Fields, Kind, Schema};
use crate::value::{Object, Value};

/// Why an effect may fail that was asked of any adapter: what `event.error.why` is, besides the errors that a contract names.
pub const FAILURES: [&str; 9] = [
    "refused",
    "exhausted",
    "interlock",
    "expired",
    "unknown",
    "timeout",
    "skipped",
    "input",
    "contract",
];

/// The members of a problem (RFC 9457), which any adapter may give as the detail of a refusal.
pub const PROBLEM_MEMBERS: [&str; 4] = ["status", "type", "title", "detail"];

/// One adapter's contract. Where it is reached is configuration, and no part of it.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    pub actions: BTreeMap<Arc<str>, Arc<ActionContract>>,
    pub events: BTreeMap<Arc<str>, EventContract>,
}

/// One thing that an adapter does.
#[derive(Clone, Debug)]
pub struct ActionContract {
    /// What it is given, and nothing else.
    pub input: Fields,
    /// What it answers at least; None: nothing is said of its answer.
    pub output: Option<Fields>,
    /// What it reports on the way; None: it reports nothing.
    pub progress: Option<Fields>,
    /// The refusals that it names, with what it tells of each.
    pub errors: BTreeMap<Arc<str>, Fields>,
    /// Those of [`Self::errors`] that pass by themselves.
    pub temporary: Vec<Arc<str>>,
    /// What it says when it takes its answer back; None: an answer stands.
    pub undone: Option<Fields>,
    /// Whether it may be asked again under the same key.
    pub repeat_safe: bool,
}

/// Something that an adapter reports by itself.
#[derive(Clone, Debug)]
pub struct EventContract {
    pub fields: Fields,
    /// Workflows whose instances it is for; empty: any.
    pub to: Vec<Arc<str>>,
}

impl Default for ActionContract {
    fn default() -> Self {
        ActionContract {
            input: Fields::default(),
            output: None,
            progress: None,
            errors: BTreeMap::new(),
            temporary: Vec::new(),
            undone: None,
            repeat_safe: true,
        }
    }
}

impl ActionContract {
    /// An answer as it was agreed: every declared field stands in it, as its type has it. What else is in it stays.
    ///
    /// # Errors
    /// What is missing or of another type.
    pub fn result(&self, given: &Value) -> Result<Value, Vec<FieldProblem>> {
        match &self.output {
            Some(output) => accept(output, given),
            None => Ok(given.clone()),
        }
    }

    /// The name of a refusal that the contract lists. The other side names it by the `type` of its problem, of which the last part counts:
    /// `https://example.org/problems/no-stock` is `no_stock`.
    pub fn error_named(&self, detail: &Value) -> Option<&Arc<str>> {
        let kind = detail.field("type").and_then(Value::as_text)?;
        let last = kind.rsplit(['/', '#', ':']).next()?.replace('-', "_");
        self.errors.keys().find(|name| ***name == *last)
    }

    /// Whether the other side says by this refusal that asking again may help.
    pub fn is_temporary(&self, detail: &Value) -> bool {
        self.error_named(detail).is_some_and(|name| self.temporary.contains(name))
    }

    /// What a refusal may tell: the fields of every error, and those of any problem. All may be empty.
    pub fn detail(&self) -> Fields {
        let declared = self.errors.values().flat_map(|fields| &fields.list);
        let mut list: Vec<Field> = Vec::new();
        let of_problems = PROBLEM_MEMBERS.into_iter().map(problem_member);
        for field in declared.cloned().chain(of_problems) {
            if !list.iter().any(|known| known.name == field.name) {
                list.push(Field { optional: true, ..field });
            }
        }
        Fields { list }
    }

    /// The detail of a refusal, with every field of [`Self::detail`]: empty where it was not told, or told otherwise than agreed.
    pub fn detail_of(&self, given: &Value) -> Value {
        let mut fields: Object = given.as_object().cloned().unwrap_or_default();
        for field in &self.detail().list {
            let told = fields.get(&field.name).and_then(|value| field.accept(value).ok());
            fields.insert(field.name.clone(), told.unwrap_or(Value::Null));
        }
        Value::from_fields(fields)
    }
}

/// Takes what came from an adapter for these fields; what was not declared is kept.
///
/// # Errors
/// What is missing or of another type.
pub fn accept(fields: &Fields, given: &Value) -> Result<Value, Vec<FieldProblem>> {
    let schema = Schema::of(Kind::Object {
        fields: fields.clone(),
        open: true,
    });
    match given {
        // An answer without content says as much as one without fields.
        Value::Null => schema.accept(&Value::from_fields(Object::new())),
        given => schema.accept(given),
    }
}

fn problem_member(name: &str) -> Field {
    let kind = match name {
        "status" => Kind::Integer,
        _ => Kind::Text {
            min_length: None,
            max_length: None,
            pattern: None,
        },
    };
    Field::of(name, Schema::of(kind))
}
