//! What whoever knows their work writes into a form, where a value of the right type alone would mostly be refused.

use statewright_core::value::{Object, Value, json};
use statewright_engine::testing::Chance;

use super::form::Maker;

/// What becomes of a field.
pub enum Entered {
    /// It is left empty.
    Left,
    As(Value),
    /// Whatever its type takes.
    MadeUp,
}

pub const TRAYS: [&str; 3] = ["101", "102", "103"];
pub const WARDS: [&str; 2] = ["ED", "W3"];

/// Events after which little is left to do, or that can be sent again and again, though nobody is asked why.
pub const ENDINGS: [&str; 10] = [
    "DECEASED",
    "LEFT_UNSEEN",
    "TRANSFER",
    "USED_UP",
    "SHIP",
    "GIVE_UP",
    "ASK",
    "ANSWER",
    "WITHDRAW",
    "FINDINGS",
];

/// The field of the event that is sent.
pub fn entered(maker: &Maker<'_>, field: &str, chance: &mut Chance) -> Entered {
    let workflow = &*maker.chart.workflow;
    match (workflow, maker.event, field) {
        ("rx-order", "SCAN_TRAY", "tray") => one_of(&TRAYS, chance),
        ("rx-order", "PASS", "measured") => written(r#"{"vertical_imbalance": 0.1, "horizontal_imbalance": 0.2}"#),
        ("rx-order", "CORRECT", _) => Entered::Left,
        ("lens", "SCAN_BLANK", "lot") => one_of(&["L-7", "L-7", "L-8"], chance),
        ("lens", "SCAN_BLANK", "diameter_mm") => Entered::As(Value::Integer(80)),
        ("lens", "SURFACE_PASSED" | "PASS", "measured") => Entered::As(measured(maker.data, chance)),
        ("lens", "SURFACE_PASSED" | "PASS", "lensmeter") => Entered::Left,
        ("lens", "MEASURE", "machine") => one_of(&["LM1", "LM1", "LM2"], chance),
        ("calibration", "RECORD", "standard") => one_of(&["S1", "S1", "S1", "LM2"], chance),
        ("calibration", "RECORD", "points") => Entered::As(points(chance)),
        ("errand", "GO", "legs") => Entered::As(legs(chance)),
        ("encounter", "TRIAGE", "level") => Entered::Left,
        ("encounter", _, "unit") => one_of(&WARDS, chance),
        ("shift", "GONE_HOME", "person") => one_of(&["eva", "eli", "ann"], chance),
        ("shift", _, "staff") => Entered::As(Value::from_items(vec![one(&["ann", "ben", "cat"], chance)])),
        _ => Entered::MadeUp,
    }
}

/// JSON that stands in this program.
pub fn value(text: &str) -> Value {
    json::read(text).expect("what is written here is JSON")
}

/// The fields of such an object.
pub fn fields(text: &str) -> Object {
    value(text).as_object().cloned().unwrap_or_default()
}

fn written(text: &str) -> Entered {
    Entered::As(value(text))
}

fn one(names: &[&str], chance: &mut Chance) -> Value {
    Value::from_text(chance.pick(names).copied().unwrap_or_default())
}

fn one_of(names: &[&str], chance: &mut Chance) -> Entered {
    Entered::As(one(names, chance))
}

/// A lens as it should be; now and then far from it.
fn measured(data: &Object, chance: &mut Chance) -> Value {
    let target = data.get("target");
    let mut measured = Object::new();
    for name in ["sphere", "cylinder", "axis", "add"] {
        if let Some(value) = target.and_then(|target| target.field(name)).filter(|value| !value.is_null()) {
            measured.insert(name.into(), value.clone());
        }
    }
    if chance.happens(100) {
        measured.insert("sphere".into(), Value::Integer(9));
    }
    Value::from_fields(measured)
}

/// One way or two; now and then one that nobody can go.
fn legs(chance: &mut Chance) -> Value {
    let all = ["north", "south", "nowhere"].into_iter();
    let chosen = all.filter(|leg| chance.happens(if *leg == "nowhere" { 150 } else { 650 }));
    Value::from_items(chosen.map(Value::from_text).collect())
}

/// As found and as left: within tolerance or beyond it.
fn points(chance: &mut Chance) -> Value {
    let found = if chance.happens(700) { "0.5" } else { "0" };
    let left = if chance.happens(100) { "0.5" } else { "0" };
    let point = format!(r#"{{"nominal": 0, "as_found": {found}, "as_left": {left}, "tolerance": 0.06}}"#);
    value(&format!("[{point}, {point}, {point}]"))
}
