//! Field maps: the types of `data`, `input` and marks, and what a value must be to stand in them.
//!
//! # Purpose
//! - [`Fields::accept`] takes what came from outside, [`Field::accept`] what an action assigns; both tell all that is wrong at once.
//! - [`complete_files`] puts what is known of an upload in place of what was said about it.
//! - [`Fields::json_schema`] publishes the declaration as JSON Schema, draft 2020-12.
//!
//! # Invariants
//! - What was accepted is accepted again, unchanged, and so is its interface form (but for `Kind::Any`, which has no declared type).
//! - A declared field always stands in an accepted object.
//! - A problem never repeats the value that was given.

mod accept;
mod beyond;
mod expression_type;
mod file;
mod json_schema;
mod personal;
mod problem;
mod scalar;
#[cfg(test)]
mod tests;
mod unit;

use std::sync::Arc;

pub use beyond::Beyond;
pub use expression_type::Misfit;
pub use file::{FILE_NAME_CHARACTERS_MAX, FileRecord, Scan, complete_files, files_in};
pub use problem::{FIELD_PROBLEMS_MAX, FieldProblem};
pub use unit::{Units, unknown_unit};

use crate::expression::Template;
use crate::value::{Decimal, Value};

/// The fields of a record, in the order in which they were declared (the order of a form).
#[derive(Clone, Debug, Default)]
pub struct Fields {
    pub list: Vec<Field>,
}

/// One declared field.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: Arc<str>,
    pub schema: Schema,
    /// May be left empty.
    pub optional: bool,
    /// Personal data: outside the hash, erasable, every read recorded.
    pub phi: bool,
    pub index: bool,
    pub default: Option<DefaultValue>,
    pub label: Option<String>,
    pub help: Option<String>,
    /// Shown beside the value, never converted.
    pub unit: Option<String>,
    /// What a value of it looks like, as it is written: for whoever fills in a form.
    pub examples: Vec<String>,
}

/// What stands in a field that nobody filled in.
#[derive(Clone, Debug)]
pub enum DefaultValue {
    Literal(Value),
    /// May use `event`: computed again as a form is filled, null until it can be.
    Computed(Template),
}

/// A type with its limits. Each limit is a keyword of JSON Schema of the same name.
#[derive(Clone, Debug)]
pub struct Schema {
    pub kind: Kind,
    pub allowed: Option<Vec<Value>>,
    pub minimum: Option<Decimal>,
    pub maximum: Option<Decimal>,
    pub exclusive_minimum: Option<Decimal>,
    pub exclusive_maximum: Option<Decimal>,
    pub multiple_of: Option<Decimal>,
    /// One of the keys of this table.
    pub table: Option<Arc<str>>,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// Anything that JSON can say; used where no type was declared (an adapter's result without a contract).
    Any,
    Text {
        min_length: Option<usize>,
        max_length: Option<usize>,
        pattern: Option<Pattern>,
    },
    Boolean,
    Integer,
    /// `scale`: digits after the point; more are refused, nothing is rounded silently.
    Decimal {
        scale: Option<u32>,
    },
    Date,
    Time,
    Instant,
    Duration,
    /// The key of an instance of this workflow (any, if none is named).
    Reference {
        workflow: Option<Arc<str>>,
    },
    User,
    /// The name of a unit that the file of roles has; any, where it has none.
    Unit,
    File,
    /// `open` objects keep fields that were not declared.
    Object {
        fields: Fields,
        open: bool,
    },
    List {
        items: Box<Schema>,
        keyed: Option<Arc<str>>,
        min_items: Option<usize>,
        max_items: Option<usize>,
        unique_items: bool,
    },
}

/// A regular expression together with the text it was made from (linear time: it comes from a workflow file).
#[derive(Clone, Debug)]
pub struct Pattern {
    pub text: Arc<str>,
    pub matcher: Arc<regex::Regex>,
}

/// Bytes of a compiled pattern: enough for every field of a form, too little to fill a node's memory.
const PATTERN_BYTES_MAX: usize = 1 << 20;

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong with it, in the words of the reader of regular expressions.
    pub fn new(text: &str) -> Result<Self, String> {
        let matcher = regex::RegexBuilder::new(text)
            .size_limit(PATTERN_BYTES_MAX)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Pattern {
            text: text.into(),
            matcher: Arc::new(matcher),
        })
    }
}

impl Fields {
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.list.iter().find(|field| &*field.name == name)
    }

    /// The field that a dotted path names, through objects; None also where the path leads into something without declared fields.
    pub fn at<S: AsRef<str>>(&self, path: &[S]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        let field = self.get(first.as_ref())?;
        match (&field.schema.kind, rest) {
            (_, []) => Some(field),
            (Kind::Object { fields, .. }, rest) => fields.at(rest),
            (Kind::File, rest) => file::fields().at(rest),
            _ => None,
        }
    }
}

impl Field {
    /// A required field without annotations.
    pub fn of(name: impl Into<Arc<str>>, schema: Schema) -> Self {
        Field {
            name: name.into(),
            schema,
            optional: false,
            phi: false,
            index: false,
            default: None,
            label: None,
            help: None,
            unit: None,
            examples: Vec::new(),
        }
    }
}

impl Schema {
    /// A type without limits.
    pub fn of(kind: Kind) -> Self {
        Schema {
            kind,
            allowed: None,
            minimum: None,
            maximum: None,
            exclusive_minimum: None,
            exclusive_maximum: None,
            multiple_of: None,
            table: None,
        }
    }
}
