//! The marks that workflows leave in their trails, where a file declares them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::field::{Field, Fields, Kind};

/// Name → fields.
pub type Marks = BTreeMap<Arc<str>, Fields>;

/// Whether marks are found by a field: references, one of a list, dates, and what says so.
pub fn finds_marks(field: &Field) -> bool {
    let schema = &field.schema;
    let by_type =
        matches!(schema.kind, Kind::Reference { .. } | Kind::Date) || schema.allowed.is_some() || schema.table.is_some();
    field.index || by_type
}
