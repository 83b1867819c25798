//! Values as they stand in a test file: literal, or computed when the step comes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::diagnostic::Span;
use statewright_core::expression::{Call, FaultKind, Scope, Stop, Template};
use statewright_core::value::{Object, Value};

/// A value of a test file, with its place.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub span: Span,
    pub kind: WrittenKind,
}

#[derive(Clone, Debug)]
pub(crate) enum WrittenKind {
    Literal(Value),
    Computed(Template),
    List(Vec<Written>),
    Fields(Vec<(Arc<str>, Written)>),
}

/// What the templates of a test file may name.
pub(crate) struct Names<'a> {
    pub variables: BTreeMap<Arc<str>, Value>,
    pub zone: &'a TimeZone,
    pub now: Timestamp,
    /// Of several alike: the number of this one, which `{n}` stands for.
    pub copy: Option<u64>,
}

impl Written {
    /// Whether anything in it is to be computed, for which the names of the file are looked up.
    pub fn is_computed(&self) -> bool {
        match &self.kind {
            WrittenKind::Literal(_) => false,
            WrittenKind::Computed(_) => true,
            WrittenKind::List(items) => items.iter().any(Written::is_computed),
            WrittenKind::Fields(fields) => fields.iter().any(|(_, value)| value.is_computed()),
        }
    }

    /// Fields without one of them.
    pub fn without(mut self, name: &str) -> Self {
        if let WrittenKind::Fields(fields) = &mut self.kind {
            fields.retain(|(field, _)| **field != *name);
        }
        self
    }

    /// Its value now.
    ///
    /// # Errors
    /// The sentence of what cannot be computed.
    pub fn value(&self, names: &Names<'_>) -> Result<Value, String> {
        match &self.kind {
            WrittenKind::Literal(Value::Text(text)) => Ok(Value::Text(numbered(text, names.copy))),
            WrittenKind::Literal(value) => Ok(value.clone()),
            WrittenKind::Computed(template) => template.evaluate(names).map_err(sentence),
            WrittenKind::List(items) => {
                let items: Result<Vec<Value>, String> = items.iter().map(|item| item.value(names)).collect();
                items.map(Value::from_items)
            }
            WrittenKind::Fields(fields) => {
                let fields: Result<Object, String> = fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), value.value(names)?)))
                    .collect();
                fields.map(Value::from_fields)
            }
        }
    }
}

fn sentence(stop: Stop) -> String {
    match stop {
        Stop::Fault(fault) => fault.message,
        Stop::Needs(name) => format!("`{name}` is not known here"),
    }
}

/// `{n}` stands for the number of a copy, `{n:03}` for the same in at least three digits.
pub(crate) fn numbered(text: &Arc<str>, copy: Option<u64>) -> Arc<str> {
    let Some(copy) = copy.filter(|_| text.contains("{n")) else {
        return text.clone();
    };
    let mut written = String::new();
    let mut rest = &**text;
    while let Some((before, after)) = rest.split_once("{n") {
        written.push_str(before);
        let digits = after
            .split_once('}')
            .map(|(format, after)| (format.strip_prefix(":0"), format, after));
        match digits {
            Some((_, "", after)) => {
                written.push_str(&copy.to_string());
                rest = after;
            }
            Some((Some(width), _, after)) if width.parse::<usize>().is_ok_and(|width| width <= DIGITS_MAX) => {
                let width = width.parse().unwrap_or(0);
                written.push_str(&format!("{copy:0width$}"));
                rest = after;
            }
            _ => {
                written.push_str("{n");
                rest = after;
            }
        }
    }
    written.push_str(rest);
    written.into()
}

/// Digits that `{n:0…}` may ask for: as many as the longest key has letters.
const DIGITS_MAX: usize = 200;

impl Scope for Names<'_> {
    fn variable(&self, name: &str) -> Result<Option<Value>, Stop> {
        if name == "n"
            && let Some(copy) = self.copy
        {
            return Ok(Some(Value::Integer(i64::try_from(copy).unwrap_or(i64::MAX))));
        }
        Ok(self.variables.get(name).cloned())
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, Stop> {
        let message = format!("`{}` cannot be used in test files", call.function.name());
        Err(Stop::fault(FaultKind::NotYet, message))
    }

    fn zone(&self) -> &TimeZone {
        self.zone
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_copy_stands_where_it_is_asked_for() {
        let check = |text: &str, expected: &str| assert_eq!(&*numbered(&text.into(), Some(7)), expected, "{text}");
        check("A-{n}-right", "A-7-right");
        check("0x{n:004}", "0x0007");
        check("{n}{n:02}", "707");
        check("{name} {n:x} {n", "{name} {n:x} {n");
        assert_eq!(&*numbered(&"A-{n}".into(), None), "A-{n}");
    }
}
