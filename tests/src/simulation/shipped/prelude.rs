//! What each story begins with, before anything goes wrong; and what is begun in its course.

use std::sync::Arc;

use statewright_core::step::Actor;
use statewright_core::value::Object;
use statewright_engine::testing::Chance;
use statewright_engine::{SendRequest, StartRequest};

use super::Story;
use super::known::{WARDS, fields};
use crate::simulation::caller::Wish;

/// How many orders there may be: few, so that they meet at trays and chambers.
const ORDERS: u64 = 5;
const RUNS: u64 = 6;
const PATIENTS: u64 = 4;

/// One after another, each answered before the next is asked.
pub fn prelude(story: Story, cast: &[Actor]) -> Vec<Wish> {
    let start = |who: &str, workflow: &str, with: &str| start(named(cast, who), workflow, fields(with));
    let send = |who: &str, to: &str, event: &str, with: &str| send(named(cast, who), to, event, fields(with));
    match story {
        Story::Lab => vec![
            start(
                "cas",
                "practice",
                r#"{"code": "north", "name": "North Optics", "address_ref": "7-31"}"#,
            ),
            send("max", "practice/north", "APPROVE", "{}"),
            start("sto", "material-lot", &lot("L-7", "blank")),
            start("sto", "material-lot", &lot("L-8", "blank")),
            start("sto", "material-lot", &lot("C-9", "chemical")),
            start("opt", "rx-order", ORDER),
            send("sto", "rx-order/A-000", "SCAN_TRAY", r#"{"tray": "101"}"#),
        ],
        Story::Meters => {
            let mut wishes = vec![
                start(
                    "eng",
                    "machine",
                    r#"{"code": "S1", "name": "Test lenses", "kind": "standard", "every": "10y", "grace": "0d", "due_on": "2035-01-01"}"#,
                ),
                start(
                    "eng",
                    "machine",
                    r#"{"code": "LM1", "name": "Lensmeter 1", "kind": "lensmeter", "due_on": "2026-01-20"}"#,
                ),
                start(
                    "eng",
                    "machine",
                    r#"{"code": "LM2", "name": "Lensmeter 2", "kind": "lensmeter", "due_on": "2026-02-20"}"#,
                ),
                start("sto", "material-lot", &lot("L-7", "blank")),
                start("sto", "errand", r#"{"name": "E-0"}"#),
            ];
            for name in ["A-1", "A-2", "A-3"] {
                wishes.push(start("sto", "lens", &format!(r#"{{"name": "{name}"}}"#)));
                let to = format!("lens/{name}");
                wishes.push(send("sto", &to, "SCAN_BLANK", r#"{"lot": "L-7"}"#));
                wishes.push(send("sto", &to, "CUT", "{}"));
                wishes.push(send("ina", &to, "MEASURE", r#"{"machine": "LM1"}"#));
            }
            wishes.push(send("met", "machine/LM1", "CALIBRATE", "{}"));
            wishes
        }
        Story::Clinic => vec![
            start("bea", "bed", r#"{"name": "W3-1", "unit": "W3"}"#),
            start("bea", "bed", r#"{"name": "W3-2", "unit": "W3"}"#),
            start("reg", "patient", PATIENT),
            start("reg", "patient", r#"{"not_identified": "confused"}"#),
            start(
                "ros",
                "shift",
                r#"{"unit": "ED", "role": "clinician", "day": "2026-01-05", "from_time": "07:00", "to_time": "14:00", "staff": ["eva", "eli"]}"#,
            ),
        ],
    }
}

/// Something new.
pub fn beginning(
    story: Story,
    cast: &[Actor],
    patients: &[Arc<str>],
    encounters: &[Arc<str>],
    chance: &mut Chance,
) -> Option<Wish> {
    let start = |who: &str, workflow: &str, with: String| Some(start(named(cast, who), workflow, fields(&with)));
    match story {
        Story::Lab => match chance.below(4) {
            0..3 => start("opt", "rx-order", order(chance)),
            _ => {
                let number = chance.below(RUNS);
                let coater = *chance.pick(&["dip-1", "vacuum-1", "vacuum-2"])?;
                let run = format!(r#"{{"run_no": "R-{number}", "coater": "{coater}", "recipe": "standard", "batch": "C-9"}}"#);
                start("coa", "coating-run", run)
            }
        },
        Story::Meters => match chance.below(3) {
            0 => start("sto", "lens", format!(r#"{{"name": "A-{}"}}"#, chance.below(6))),
            _ => start("sto", "errand", format!(r#"{{"name": "E-{}"}}"#, chance.below(4))),
        },
        Story::Clinic => match chance.below(10) {
            0 if (patients.len() as u64) < PATIENTS => start("reg", "patient", PATIENT.into()),
            0..5 => {
                let patient = chance.pick(patients)?;
                let expected = match chance.happens(200) {
                    true => r#", "expected_at": "2026-01-05T10:00:00Z""#,
                    false => "",
                };
                start(
                    "reg",
                    "encounter",
                    format!(r#"{{"patient": "{patient}", "unit": "ED"{expected}}}"#),
                )
            }
            5..7 => start("ros", "shift", shift(chance)),
            7..9 => {
                let (encounter, kind) = (chance.pick(encounters)?, chance.pick(&["blood", "urine"])?);
                start(
                    "eva",
                    "lab-sample",
                    format!(r#"{{"encounter": "{encounter}", "kind": "{kind}"}}"#),
                )
            }
            _ => {
                let (encounter, drug) = (chance.pick(encounters)?, chance.pick(&["amoxicillin-500", "morphine-10"])?);
                start(
                    "eva",
                    "pharmacy-item",
                    format!(r#"{{"encounter": "{encounter}", "drug": "{drug}", "dose": "one now"}}"#),
                )
            }
        },
    }
}

/// For two eyes, nothing unusual.
const ORDER: &str = r#"{"order_no": "A-000", "practice": "north", "patient": "P. Example", "job_type": "edge_only", "lens_design": "single-vision",
    "coating": "none", "rx": {"right": {"sphere": -2.00, "cylinder": 0, "far_pd": 32}, "left": {"sphere": -1.50, "cylinder": 0, "far_pd": 32}},
    "frame": {"source": "frame_enclosed", "a_mm": 52, "b_mm": 34, "ed_mm": 56, "dbl_mm": 18}}"#;

const PATIENT: &str = r#"{"family_name": "Example", "given_name": "Ida", "born": "1958-03-02", "another_person": true}"#;

fn lot(key: &str, kind: &str) -> String {
    format!(r#"{{"lot_no": "{key}", "supplier": "blanks-inc", "kind": "{kind}", "description": "of the week", "quantity": 100}}"#)
}

/// One in five is unusual, so that the edit desk looks at it; one in five has one eye, which is meant so.
fn order(chance: &mut Chance) -> String {
    let number = chance.below(ORDERS);
    let unusual = if chance.happens(200) { r#", "axis": 90"# } else { "" };
    let right = format!(r#""right": {{"sphere": -2.00, "cylinder": 0, "far_pd": 32{unusual}}}"#);
    let left = match chance.happens(200) {
        true => r#"}, "meant": true"#,
        false => r#", "left": {"sphere": -1.50, "cylinder": -0.75, "axis": 90, "far_pd": 32}}"#,
    };
    let source = *chance
        .pick(&["frame_enclosed", "frame_enclosed", "frame_to_come"])
        .unwrap_or(&"lab_supply");
    let job_type = *chance.pick(&["full", "uncut", "edge_only", "edge_only"]).unwrap_or(&"full");
    let coating = *chance.pick(&["none", "hard"]).unwrap_or(&"none");
    let rush = chance.happens(300);
    format!(
        r#"{{"order_no": "A-{number}00", "practice": "north", "patient": "P. Example", "job_type": "{job_type}", "rush": {rush},
        "lens_design": "single-vision", "coating": "{coating}", "rx": {{{right}{left},
        "frame": {{"source": "{source}", "a_mm": 52, "b_mm": 34, "ed_mm": 56, "dbl_mm": 18}}}}"#
    )
}

fn shift(chance: &mut Chance) -> String {
    let unit = *chance.pick(&WARDS).unwrap_or(&"ED");
    // in the emergency department clinicians, who are given patients, and on the ward nurses
    let (role, staff) = match unit {
        "ED" => ("clinician", ["eva", "eli", "eva"]),
        _ => ("nurse", ["ann", "ben", "cat"]),
    };
    let person = *chance.pick(&staff).unwrap_or(&"ann");
    let (from, to) = *chance
        .pick(&[("07:00", "12:00"), ("08:00", "19:00"), ("19:00", "08:00")])
        .unwrap_or(&("07:00", "12:00"));
    format!(
        r#"{{"unit": "{unit}", "role": "{role}", "day": "2026-01-05", "from_time": "{from}", "to_time": "{to}", "staff": ["{person}"]}}"#
    )
}

fn named(cast: &[Actor], who: &str) -> Actor {
    cast.iter()
        .find(|actor| *actor.id == *who)
        .cloned()
        .unwrap_or_else(|| super::cast::person(who, &[]))
}

fn start(actor: Actor, workflow: &str, payload: Object) -> Wish {
    Wish::Start(StartRequest {
        workflow: workflow.into(),
        key: None,
        payload,
        actor,
        input_key: None,
        reason: None,
        signed: None,
    })
}

fn send(actor: Actor, to: &str, event: &str, payload: Object) -> Wish {
    let (workflow, key) = to.split_once('/').unwrap_or((to, ""));
    Wish::Send(SendRequest {
        signed: None,
        task: None,
        workflow: workflow.into(),
        key: key.into(),
        event: event.into(),
        payload,
        actor,
        input_key: None,
        reason: None,
        expected: None,
    })
}
