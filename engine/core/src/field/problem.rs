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

/// Problems as they are found, each under the place that is being looked at.
#[derive(Debug)]
pub(super) struct Problems<'p> {
    place: Option<&'p Place<'p>>,
    found: &'p mut Vec<FieldProblem>,
}

/// Where in the value: put into words only when there is a problem, since mostly there is none.
#[derive(Debug)]
struct Place<'p> {
    outer: Option<&'p Place<'p>>,
    part: Part<'p>,
}

#[derive(Debug)]
enum Part<'p> {
    Field(&'p str),
    Item(usize),
}

impl<'p> Problems<'p> {
    /// Of a value as a whole.
    pub(super) fn into(found: &'p mut Vec<FieldProblem>) -> Self {
        Problems { place: None, found }
    }

    pub(super) fn push(&mut self, sentence: impl Into<String>) {
        if self.found.len() < FIELD_PROBLEMS_MAX {
            let mut path = String::new();
            if let Some(place) = self.place {
                place.write(&mut path);
            }
            self.found.push(FieldProblem {
                path,
                sentence: sentence.into(),
            });
        }
    }

    /// Looks at a field of what is being looked at.
    pub(super) fn within<T>(&mut self, name: &str, look: impl FnOnce(&mut Problems<'_>) -> T) -> T {
        self.inside(Part::Field(name), look)
    }

    /// Looks at an item of what is being looked at.
    pub(super) fn at<T>(&mut self, index: usize, look: impl FnOnce(&mut Problems<'_>) -> T) -> T {
        self.inside(Part::Item(index), look)
    }

    /// A field that was not declared; the one that was probably meant is named.
    pub(super) fn undeclared<'a>(&mut self, name: &str, declared: impl IntoIterator<Item = &'a str>) {
        let sentence = match nearest(name, declared) {
            Some(meant) => format!("is not a field here; is `{meant}` meant?"),
            None => "is not a field here".to_owned(),
        };
        self.within(name, |problems| problems.push(sentence));
    }

    fn inside<T>(&mut self, part: Part<'_>, look: impl FnOnce(&mut Problems<'_>) -> T) -> T {
        let place = Place { outer: self.place, part };
        look(&mut Problems {
            place: Some(&place),
            found: self.found,
        })
    }
}

impl Place<'_> {
    fn write(&self, path: &mut String) {
        if let Some(outer) = self.outer {
            outer.write(path);
        }
        match self.part {
            Part::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Part::Item(index) => path.push_str(&format!("[{index}]")),
        }
    }
}

/// The value, if nothing was found.
pub(super) fn finish<T>(found: Vec<FieldProblem>, value: T) -> Result<T, Vec<FieldProblem>> {
    if found.is_empty() { Ok(value) } else { Err(found) }
}
