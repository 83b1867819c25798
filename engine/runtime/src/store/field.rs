//! Values of fields as texts, by which instances and marks are found.

use std::sync::Arc;

/// By what something is found: (field, its value as text).
pub type IndexedValue = (Arc<str>, Arc<str>);

/// What is looked for: (field, values); it holds by any of the values.
pub type FieldCondition = (Arc<str>, Vec<Arc<str>>);

/// Of a field's name or of its value as text, in bytes: together with the other columns of an index two of them must fit a third of a
/// page (about 2,700 bytes on PostgreSQL). Whoever has longer ones looks for a digest of them.
pub const FIELD_BYTES_MAX: usize = 512;

/// What is wrong with these pairs of (field, value).
pub(super) fn fault<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, how_many_max: usize) -> Option<&'static str> {
    for (number, (field, value)) in pairs.enumerate() {
        if number >= how_many_max {
            return Some("too many indexed values");
        }
        if field.is_empty() {
            return Some("an indexed field without a name");
        }
        if field.len() > FIELD_BYTES_MAX || value.len() > FIELD_BYTES_MAX {
            return Some("an indexed field or value that is too long");
        }
    }
    None
}
