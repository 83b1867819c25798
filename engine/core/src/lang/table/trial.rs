//! The tests that stand in a table's file: what it is given, and what it must answer.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::entries;
use crate::chart::{Body, Table};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::expression::limits::STEP_FUEL_MAX;
use crate::expression::{Call, FaultKind, Meter, Scope, Stop};
use crate::lang::free;
use crate::value::order::same;
use crate::value::{Object, Value, interface, text};
use crate::yaml::{Mapping, Node};

/// Tests of one table: each is worked out whenever the table is read.
const TABLE_TESTS_MAX: usize = 500;

/// Steps of all tests of one table together: what one input of an instance may take. A table is read at every keystroke.
const TESTS_FUEL_MAX: u64 = STEP_FUEL_MAX;

/// Bytes of an answer that are shown before it is cut.
const SHOWN_BYTES_MAX: usize = 300;

/// Asks a table everything that its tests ask, and tells what it answers otherwise.
pub(super) fn run(table: &Table, mapping: &Mapping, out: &mut Diagnostics) {
    let Some(entry) = mapping.entry("tests") else { return };
    let tests = entry.value.as_sequence().unwrap_or_default();
    if tests.len() > TABLE_TESTS_MAX {
        let message = format!("the table has more than {TABLE_TESTS_MAX} tests");
        out.push(Diagnostic::error(Code::TooManyParts, entry.key.span, message).help("keep those at the boundaries"));
        return;
    }
    let nowhere = Nowhere {
        zone: TimeZone::UTC,
        meter: Meter::of(TESTS_FUEL_MAX),
    };
    for test in tests.iter().filter_map(Node::as_mapping) {
        let (Some(with), Some(gives)) = (test.get("with"), test.get("gives")) else {
            continue;
        };
        let (Some(given), Some(expected)) = (free::value(with, out), free::value(gives, out)) else {
            continue;
        };
        let place = gives
            .as_mapping()
            .and_then(|mapping| entries(mapping).next())
            .map_or(gives.span, |entry| entry.span());
        try_one(table, &given, &expected, &nowhere, place, out);
        if nowhere.meter.ran_out() {
            let message =
                format!("the tests take more than {TESTS_FUEL_MAX} steps together: this one and those after it were not tried");
            out.push(Diagnostic::error(Code::TooManyParts, place, message).help("keep those at the boundaries"));
            return;
        }
    }
}

fn try_one(table: &Table, given: &Value, expected: &Value, nowhere: &Nowhere, place: Span, out: &mut Diagnostics) {
    let Some(fields) = given.as_object() else {
        let message = "`with` takes a mapping: what the table is given, by name";
        out.push(Diagnostic::error(Code::TableTestFails, place, message).help("write `with: {age: 65}`"));
        return;
    };
    let diagnostic = match answer(table, fields, nowhere) {
        Ok((answer, _)) if fits(expected, &answer) => return,
        Ok((answer, rows)) => {
            let message = format!("the table gives {}, and {} is expected", shown(&answer), shown(expected));
            let diagnostic = Diagnostic::error(Code::TableTestFails, place, message);
            match rows.as_slice() {
                [] => diagnostic,
                [row] => diagnostic.note(format!("row {row} answered")),
                rows => {
                    let rows: Vec<String> = rows.iter().map(u32::to_string).collect();
                    diagnostic.note(format!("rows {} answered", rows.join(", ")))
                }
            }
        }
        Err(_) if nowhere.meter.ran_out() => return,
        Err(sentence) => {
            let message = format!("the table does not answer: {sentence}");
            Diagnostic::error(Code::TableTestFails, place, message)
        }
    };
    out.push(diagnostic.help("correct the rows, or what the test expects"));
}

fn answer(table: &Table, given: &Object, nowhere: &Nowhere) -> Result<(Value, Vec<u32>), String> {
    match &table.body {
        Body::LookUp(look_up) => match given.get(&look_up.key) {
            Some(key) => Ok((look_up.row(key), Vec::new())),
            None => Err(format!("the test gives no `{}`", look_up.key)),
        },
        Body::Decision(decision) => match decision.decide(&table.name, given, nowhere) {
            Ok(decided) => Ok((decided.answer, decided.rows)),
            Err(Stop::Fault(fault)) => Err(fault.message),
            Err(Stop::Needs(name)) => Err(format!("it needs `{name}`")),
        },
    }
}

/// Compared in part: a mapping may leave fields out, a list must have the same length. A date or a decimal may be written as its text.
fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(name, expected)| found.get(name).is_some_and(|found| fits(expected, found))),
        (Value::List(expected), Value::List(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found.iter())
                    .all(|(expected, found)| fits(expected, found))
        }
        (Value::Text(expected), found) if found.as_list().is_none() && found.as_object().is_none() => {
            **expected == *text::to_text(found, None)
        }
        _ => same(expected, found),
    }
}

fn shown(value: &Value) -> String {
    let mut text = interface::to_interface(value);
    if text.len() > SHOWN_BYTES_MAX {
        text.truncate(text.floor_char_boundary(SHOWN_BYTES_MAX));
        text.push('…');
    }
    text
}

/// Where a table is asked by its own tests: a table sees nothing of it but the zone.
struct Nowhere {
    zone: TimeZone,
    meter: Meter,
}

impl Scope for Nowhere {
    fn variable(&self, _name: &str) -> Result<Option<Value>, Stop> {
        Ok(None)
    }

    fn call(&self, _call: &Call<'_>) -> Result<Value, Stop> {
        Err(Stop::fault(FaultKind::Scope, "a table asks nobody else"))
    }

    fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn meter(&self) -> Option<&Meter> {
        Some(&self.meter)
    }
}
