//! Whom a task or a notice is for: texts such as `role:inspector` or `user:ada`, which are compared exactly.

use std::sync::Arc;

use statewright_core::value::Value;
use statewright_core::value::canonical::{read_canonical, write_canonical};

/// Of one task or one notice: each is a row in an index, and a group that is larger is better a role.
pub const SUBJECTS_MAX: usize = 256;

/// Of one subject, in bytes: together with the other columns of an index it must fit a third of a page (about 2,700 bytes on
/// PostgreSQL).
pub const SUBJECT_BYTES_MAX: usize = 512;

/// What is wrong with them; none need be given where `may_be_empty`.
pub(super) fn fault(subjects: &[Arc<str>], may_be_empty: bool) -> Option<&'static str> {
    if subjects.is_empty() && !may_be_empty {
        return Some("no subject, so that nobody would find it");
    }
    if subjects.len() > SUBJECTS_MAX {
        return Some("too many subjects");
    }
    if subjects.iter().any(|subject| subject.len() > SUBJECT_BYTES_MAX) {
        return Some("a subject that is too long");
    }
    let mut sorted: Vec<&Arc<str>> = subjects.iter().collect();
    sorted.sort();
    sorted
        .windows(2)
        .any(|pair| pair.first() == pair.last())
        .then_some("a subject twice")
}

/// As they stand beside the row they are of: a JSON array in the order given.
pub(super) fn text_of(subjects: &[Arc<str>]) -> String {
    let list = subjects.iter().map(|subject| Value::Text(subject.clone())).collect();
    let mut text = String::new();
    write_canonical(&Value::List(Arc::new(list)), &mut text);
    text
}

/// None: this is not what [`text_of`] wrote.
pub(super) fn of_text(text: &str) -> Option<Vec<Arc<str>>> {
    let Ok(Value::List(list)) = read_canonical(text) else {
        return None;
    };
    let subjects = list.iter().map(|value| match value {
        Value::Text(subject) => Some(subject.clone()),
        _ => None,
    });
    subjects.collect()
}
