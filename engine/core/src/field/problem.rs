//! What is wrong with a value that was given.

use std::fmt;

use crate::diagnostic::nearest;

/// How many problems of one value are told: whoever has so many wrong sends something else altogether.
pub const FIELD_PROBLEMS_MAX: usize = 100;

/// One thing that is wrong, and with which field. The given value is never repeated: it may be personal data, and refusals
/// are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// As an expression would name it: `rx.right.axis`, `lines[0].lot`; empty for the value as a whole.
    pub path: String,
    /// What must be, to stand after the field's name: `must be at most 180`.
    pub sentence: String,
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            formatter.write_str(&self.sentence)
        } else {
            write!(formatter, "{} {}", self.path, self.sentence)
        }
    }
}

/// Problems as they are found, each under the path that is being looked at.
#[derive(Debug, Default)]
pub(super) struct Problems {
    path: String,
    found: Vec<FieldProblem>,
}

impl Problems {
    pub(super) fn push(&mut self, sentence: impl Into<String>) {
        if self.found.len() < FIELD_PROBLEMS_MAX {
            self.found.push(FieldProblem {
                path: self.path.clone(),
                sentence: sentence.into(),
            });
        }
    }

    /// Looks at a field of what is being looked at.
    pub(super) fn within<T>(&mut self, name: &str, look: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        let seen = look(self);
        self.path.truncate(length);
        seen
    }

    /// Looks at an item of what is being looked at.
    pub(super) fn at<T>(&mut self, index: usize, look: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push_str(&format!("[{index}]"));
        let seen = look(self);
        self.path.truncate(length);
        seen
    }

    /// A field that was not declared; the one that was probably meant is named.
    pub(super) fn undeclared<'a>(&mut self, name: &str, declared: impl IntoIterator<Item = &'a str>) {
        let sentence = match nearest(name, declared) {
            Some(meant) => format!("is not a field here; is `{meant}` meant?"),
            None => "is not a field here".to_owned(),
        };
        self.within(name, |problems| problems.push(sentence));
    }

    /// The value, if nothing was found.
    pub(super) fn finish<T>(self, value: T) -> Result<T, Vec<FieldProblem>> {
        if self.found.is_empty() { Ok(value) } else { Err(self.found) }
    }
}
