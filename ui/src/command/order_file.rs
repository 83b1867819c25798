//! `start --from-dcs`: the fields of a lens order, from a DCS (OMA) file.
//!
//! | field of `lens-order` | records |
//! |---|---|
//! | `order_no` | `JOB` |
//! | `patient` | `CLIENTF` and `CLIENT` |
//! | `lens_design` | the first word of `LTYPE` (`SV`, `BI`, `PR`); with `AS` among the others an aspheric single-vision lens |
//! | `material` | `LMATTYPE` |
//! | `rx.EYE.sphere`, `cylinder`, `add` | `SPH`, `CYL` (0 without one), `ADD` |
//! | `rx.EYE.axis` | `AX`, where there is a cylinder |
//! | `rx.EYE.prism`, `prism_base` | `PRVM`, `PRVA`, where there is prism |
//! | `rx.EYE.far_pd`, `near_pd`, `fitting_height` | `IPD`, `NPD`, `SEGHT` |
//! | `frame.source`, `kind` | `FSRC`, `FTYP` |
//! | `frame.a_mm`, `b_mm`, `ed_mm`, `dbl_mm` | `HBOX`, `VBOX`, `FED`, or the traced outline; `DBL` |
//! | `frame.wrap`, `pantoscopic_tilt` | `ZTILT`, `PANTO` |
//!
//! What the file does not say is left out, to be given with `--with`; nothing is guessed. Eyes are those of `DO`, or those with a `SPH`.

use statewright_core::diagnostic::Code;
use statewright_core::value::number::parse_number;
use statewright_core::value::{Decimal, Object, Value};
use statewright_dcs::{Eye, ReadOptions, RecordSet, Report, read};

use super::dcs::{CUT, is_cut, read_bytes};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// `FSRC` (the lab order forms' code) to the workflow's word.
const SOURCES: [(&str, &str); 4] = [
    ("0", "lenses_only"),
    ("1", "lab_supply"),
    ("3", "frame_to_come"),
    ("4", "frame_enclosed"),
];
const KINDS: [(&str, &str); 4] = [("1", "plastic"), ("2", "metal"), ("3", "rimless"), ("4", "optyl")];
const MATERIALS: [(&str, &str); 5] = [
    ("1", "plastic"),
    ("2", "polycarbonate"),
    ("3", "glass"),
    ("5", "high_index"),
    ("6", "trivex"),
];

/// Reads an order's fields from a file, or from standard input.
///
/// # Errors
/// The file cannot be read, or no order can be made of it.
pub fn read_order(path: &str, terminal: Terminal) -> Result<Object, Failure> {
    let bytes = read_bytes(path)?;
    if is_cut(&bytes) {
        terminal.warning(CUT);
    }
    order_of(&bytes).map_err(|why| {
        Failure::misused(Code::OrderFileUnusable, format!("`{path}` makes no order: {why}"))
            .hint("See what was read with `statewright dcs FILE`, and give what is missing with `--with`")
    })
}

/// The same from bytes.
///
/// # Errors
/// Why no order can be made of them.
pub fn order_of(bytes: &[u8]) -> Result<Object, String> {
    order(&read(bytes, &ReadOptions::default()))
}

fn order(report: &Report) -> Result<Object, String> {
    if report.status.0 != 0 {
        return Err(format!("its status is {} ({})", report.status.0, report.status_text));
    }
    let records = &report.records;
    let eyes = eyes(records);
    if eyes.is_empty() {
        return Err("SPH is missing".to_owned());
    }
    let mut rx = Object::new();
    for eye in eyes {
        rx.insert(eye.to_string().into(), prescription(records, eye)?);
    }
    let mut order = Object::new();
    put_text(&mut order, "order_no", records.text("JOB"));
    let patient: Vec<&str> = ["CLIENTF", "CLIENT"]
        .into_iter()
        .filter_map(|label| records.text(label))
        .collect();
    put_text(
        &mut order,
        "patient",
        Some(patient.join(" ").trim()).filter(|name| !name.is_empty()),
    );
    put_text(&mut order, "lens_design", lens_design(records));
    put_text(&mut order, "material", word(records, "LMATTYPE", &MATERIALS));
    order.insert("rx".into(), Value::from_fields(rx));
    let frame = frame(report)?;
    if !frame.is_empty() {
        order.insert("frame".into(), Value::from_fields(frame));
    }
    Ok(order)
}

fn eyes(records: &RecordSet) -> Vec<Eye> {
    let ordered: &[Eye] = match records.text("DO") {
        Some("R") => &[Eye::Right],
        Some("L") => &[Eye::Left],
        _ => &Eye::BOTH,
    };
    ordered
        .iter()
        .copied()
        .filter(|eye| records.eye("SPH", *eye).is_some())
        .collect()
}

fn prescription(records: &RecordSet, eye: Eye) -> Result<Value, String> {
    let number = |label: &str| number(records, label, eye);
    let mut rx = Object::new();
    let cylinder = number("CYL")?.unwrap_or(Decimal::ZERO);
    put(&mut rx, "sphere", number("SPH")?);
    put(&mut rx, "cylinder", Some(cylinder));
    if !cylinder.is_zero() {
        put(&mut rx, "axis", number("AX")?);
    }
    put(&mut rx, "add", number("ADD")?.filter(|add| !add.is_zero()));
    if let Some(prism) = number("PRVM")?.filter(|prism| !prism.is_zero()) {
        put(&mut rx, "prism", Some(prism));
        put(&mut rx, "prism_base", number("PRVA")?);
    }
    put(&mut rx, "far_pd", number("IPD")?);
    put(&mut rx, "near_pd", number("NPD")?);
    put(&mut rx, "fitting_height", number("SEGHT")?);
    Ok(Value::from_fields(rx))
}

fn frame(report: &Report) -> Result<Object, String> {
    let records = &report.records;
    let side = report.right.as_ref().or(report.left.as_ref());
    let measured = |millimetres: f64| {
        parse_number(&format!("{millimetres:.2}"))
            .ok()
            .and_then(|value| value.as_decimal())
    };
    let mut frame = Object::new();
    put_text(&mut frame, "source", word(records, "FSRC", &SOURCES));
    put_text(&mut frame, "kind", word(records, "FTYP", &KINDS));
    let boxed = [
        ("a_mm", "HBOX", side.and_then(|side| measured(side.measures.a_mm))),
        ("b_mm", "VBOX", side.and_then(|side| measured(side.measures.b_mm))),
        ("ed_mm", "FED", side.and_then(|side| measured(side.measures.ed_mm))),
    ];
    for (field, label, traced) in boxed {
        put(&mut frame, field, either(records, label)?.or(traced));
    }
    for (field, label) in [("dbl_mm", "DBL"), ("wrap", "ZTILT"), ("pantoscopic_tilt", "PANTO")] {
        put(&mut frame, field, either(records, label)?);
    }
    Ok(frame)
}

fn lens_design(records: &RecordSet) -> Option<&'static str> {
    let kind = records.eye("LTYPE", Eye::Right).or_else(|| records.eye("LTYPE", Eye::Left))?;
    let mut words = kind.split_whitespace();
    match words.next()? {
        "SV" if words.any(|word| word == "AS") => Some("single-vision-aspheric"),
        "SV" => Some("single-vision"),
        "BI" => Some("bifocal"),
        "PR" => Some("progressive"),
        _ => None,
    }
}

fn word(records: &RecordSet, label: &str, words: &[(&str, &'static str)]) -> Option<&'static str> {
    let code = records.eye(label, Eye::Right).or_else(|| records.eye(label, Eye::Left))?;
    words.iter().find(|(known, _)| *known == code).map(|(_, word)| *word)
}

/// The right side's value, or the left one's: a frame is symmetric.
fn either(records: &RecordSet, label: &str) -> Result<Option<Decimal>, String> {
    Ok(number(records, label, Eye::Right)?.or(number(records, label, Eye::Left)?))
}

fn number(records: &RecordSet, label: &str, eye: Eye) -> Result<Option<Decimal>, String> {
    let text = records
        .decimal(label, eye)
        .map_err(|problem| format!("{label} of the {eye} eye: {problem}"))?;
    Ok(text
        .and_then(|text| parse_number(text.as_str()).ok())
        .and_then(|value| value.as_decimal()))
}

/// A whole number as such, since a form may ask for one; any other as its exact text.
fn put(fields: &mut Object, name: &str, number: Option<Decimal>) {
    let Some(number) = number else { return };
    let whole = Some(number.normalize()).filter(|number| number.scale() == 0);
    let value = match whole.and_then(|number| i64::try_from(number).ok()) {
        Some(whole) => Value::Integer(whole),
        None => Value::from_text(&number.to_string()),
    };
    fields.insert(name.into(), value);
}

fn put_text(fields: &mut Object, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        fields.insert(name.into(), Value::from_text(text));
    }
}

#[cfg(test)]
mod tests {
    use statewright_core::value::interface::to_interface;

    use super::*;

    fn check(file: &str, expected: &str) {
        let report = read(file.as_bytes(), &ReadOptions::default());
        let found = match order(&report) {
            Ok(order) => to_interface(&Value::from_fields(order)),
            Err(why) => why,
        };
        assert_eq!(found, expected, "{file}");
    }

    #[test]
    fn an_order_is_read_field_by_field() {
        check(
            "JOB=A-1\nDO=B\nCLIENT=Doe\nCLIENTF=Jo\nLTYPE=PR FF;PR FF\nLMATTYPE=5;5\nSPH=-0.50;0.00\nCYL=-1.25;0\nAX=140;15\nADD=1.25\n\
             IPD=31.5;32\nSEGHT=18.5;18\nFSRC=4\nFTYP=2\nHBOX=51.00;51.00\nVBOX=38.25;38.25\nFED=52;52\nDBL=18\nZTILT=5\nPANTO=6.00;6.00\n",
            concat!(
                r#"{"frame":{"a_mm":51,"b_mm":"38.25","dbl_mm":18,"ed_mm":52,"kind":"metal","pantoscopic_tilt":6,"source":"frame_enclosed","wrap":5},"#,
                r#""lens_design":"progressive","material":"high_index","order_no":"A-1","patient":"Jo Doe","#,
                r#""rx":{"left":{"add":"1.25","cylinder":0,"far_pd":32,"fitting_height":18,"sphere":0},"#,
                r#""right":{"add":"1.25","axis":140,"cylinder":"-1.25","far_pd":"31.5","fitting_height":"18.5","sphere":"-0.50"}}}"#
            ),
        );
    }

    #[test]
    fn what_is_not_said_is_left_out() {
        check(
            "JOB=A-2\nDO=L\nSPH=-1.00;-2.00\nLTYPE=XX\nFSRC=9\n",
            r#"{"order_no":"A-2","rx":{"left":{"cylinder":0,"sphere":-2}}}"#,
        );
    }

    #[test]
    fn a_file_that_makes_no_order_says_why() {
        check("JOB=A-3\nSTATUS=1003\n", "its status is 1003 (missing parameter)");
        check("JOB=A-3\nDO=R\n", "SPH is missing");
        check(
            "JOB=A-3\nSPH=minus;0\n",
            "SPH of the right eye: `minus` is not a plain decimal number of at most 28 digits",
        );
    }
}
