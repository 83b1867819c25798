//! A lens-design service: a prescription in, the lens to make and what to inspect it against out.
//!
//! # The rule
//! No optics of any vendor: a rule of its own, simple enough to be checked by hand, and different enough from the prescription
//! that a test notices when somebody inspects against what was ordered instead of against what was designed.
//!
//! | designed | is |
//! |---|---|
//! | distance sphere | ordered + 0.03 |
//! | distance cylinder | ordered × 0.92, to 0.01 |
//! | distance axis | ordered + 1, from 1 to 180 (an ordered 0 is 180, and above 180 it wraps round); 0 without a cylinder |
//! | add | ordered − 0.01; none ordered, none designed |
//! | near sphere | distance sphere + add |
//! | prism | as ordered |
//! | centre thickness | 2.00 mm, or in a plus lens 1.00 mm at the edge plus the sag at index 1.5: (effective diameter ÷ 2)² × strongest plus power ÷ 1000 |
//!
//! Numbers are decimal strings, since a binary fraction decides a tolerance wrongly; they are read from strings or numbers.

use std::io;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use tokio::net::ToSocketAddrs;

use crate::behaviour::Behaviour;
use crate::ledger::Answer;
use crate::server::{Running, Service};

/// Status codes, as lens-design services use them: the general ones of the Vision Council's standard, and the extensions from 1001 on.
const OK: u32 = 0;
const OUT_OF_RANGE: u32 = 10;
const SPHERE_OUT_OF_RANGE: u32 = 1001;
const BAD_DESIGN_NAME: u32 = 1002;
const MISSING_PARAMETER: u32 = 1003;
const THINNING_SUGGESTED: u32 = 1110;

/// The designs it knows, and whether they have a reading power.
const DESIGNS: &[(&str, bool)] = &[
    ("single-vision", false),
    ("single-vision-aspheric", false),
    ("bifocal", true),
    ("progressive", true),
    ("progressive-short", true),
    ("occupational", true),
];

/// The effective diameter of a frame that nobody measured, in mm.
const DIAMETER_MM_DEFAULT: Decimal = Decimal::from_parts(55, 0, 0, false, 0);

/// An axis has no direction, so that it comes round after half a turn, in degrees.
const HALF_TURN: Decimal = Decimal::from_parts(180, 0, 0, false, 0);

/// `POST /calculate` with `{job, design, rx: {right: {sphere, cylinder, axis, add, prism}, left}, frame: {ed_mm}}` answers
/// `{job, status, xstatus, designed: {right, left}, inspection: {right, left}}`. A refusal is an answer too (200, `status` not 0).
///
/// Required are `job`, `design`, at least one eye, its sphere, its axis if it has a cylinder, and its add if the design has one.
pub struct LensDesign;

impl LensDesign {
    /// # Errors
    /// The address cannot be bound, or the behaviour cannot be meant.
    pub async fn start(address: impl ToSocketAddrs, behaviour: Behaviour) -> io::Result<Running> {
        Running::start(address, behaviour, |_| LensDesign).await
    }
}

impl Service for LensDesign {
    const ROUTE: &'static str = "/calculate";

    fn perform(&mut self, request: &Value) -> Result<Answer, String> {
        let request = request.as_object().ok_or("The body is not a JSON object")?;
        Ok(Answer {
            status: 200,
            body: calculate(request),
        })
    }
}

/// What is said of one side: `class` is `E` for an error, which refuses the job, or `W` for a warning, which does not.
struct Remark {
    side: &'static str,
    code: u32,
    class: &'static str,
    text: String,
}

/// One eye's prescription, complete and within range.
struct Prescription {
    sphere: Decimal,
    cylinder: Decimal,
    axis: Decimal,
    add: Decimal,
    prism: Value,
}

fn calculate(request: &Map<String, Value>) -> Value {
    let mut remarks = Vec::new();
    let job = request.get("job").and_then(Value::as_str).unwrap_or_default();
    if job.is_empty() {
        remarks.push(error("B", MISSING_PARAMETER, "`job` is missing".to_owned()));
    }
    let has_add = design(request, &mut remarks);
    let diameter = diameter(request, &mut remarks);
    let (mut designed, mut inspection) = (Map::new(), Map::new());
    let mut eyes = 0;
    for (eye, side) in [("right", "R"), ("left", "L")] {
        if let Some(rx) = request.get("rx").and_then(|rx| rx.get(eye)).filter(|rx| !rx.is_null()) {
            eyes += 1;
            if let Some(prescription) = prescription(rx, side, has_add, &mut remarks) {
                let lens = Lens::design(&prescription, diameter);
                designed.insert(eye.to_owned(), lens.designed());
                inspection.insert(eye.to_owned(), lens.inspection());
            }
        }
    }
    if eyes == 0 {
        remarks.push(error(
            "B",
            MISSING_PARAMETER,
            "`rx.right` and `rx.left` are both missing".to_owned(),
        ));
    }
    let status = remarks
        .iter()
        .find(|remark| remark.class == "E")
        .map_or(OK, |remark| remark.code);
    if status != OK {
        // Half a pair must not be taken for a design.
        (designed, inspection) = (Map::new(), Map::new());
    }
    let xstatus: Vec<Value> = remarks
        .into_iter()
        .map(|remark| json!({"side": remark.side, "code": remark.code, "text": remark.text, "class": remark.class}))
        .collect();
    json!({"job": job, "status": status, "xstatus": xstatus, "designed": designed, "inspection": inspection})
}

/// Whether the design has a reading power; the design is a name, or an object with a `name`.
fn design(request: &Map<String, Value>, remarks: &mut Vec<Remark>) -> bool {
    let design = request.get("design").unwrap_or(&Value::Null);
    let Some(name) = design.as_str().or_else(|| design.get("name").and_then(Value::as_str)) else {
        remarks.push(error("B", MISSING_PARAMETER, "`design` is missing".to_owned()));
        return false;
    };
    let known = DESIGNS.iter().find(|(known, _)| *known == name);
    if known.is_none() {
        let names: Vec<&str> = DESIGNS.iter().map(|(name, _)| *name).collect();
        remarks.push(error(
            "B",
            BAD_DESIGN_NAME,
            format!("There is no design `{name}`; there are {}", names.join(", ")),
        ));
    }
    known.is_some_and(|(_, has_add)| *has_add)
}

fn diameter(request: &Map<String, Value>, remarks: &mut Vec<Remark>) -> Decimal {
    let frame = request.get("frame").unwrap_or(&Value::Null);
    match number(frame, "ed_mm") {
        Ok(diameter) => in_range(
            "B",
            "frame.ed_mm",
            diameter.unwrap_or(DIAMETER_MM_DEFAULT),
            (30_00, 88_00),
            OUT_OF_RANGE,
            remarks,
        ),
        Err(text) => {
            remarks.push(error("B", OUT_OF_RANGE, text));
            DIAMETER_MM_DEFAULT
        }
    }
}

/// Reads one eye; what is wrong with it is remarked, and then there is none.
fn prescription(rx: &Value, side: &'static str, has_add: bool, remarks: &mut Vec<Remark>) -> Option<Prescription> {
    let errors_before = remarks.len();
    let mut read = |name: &'static str| {
        number(rx, name).unwrap_or_else(|text| {
            remarks.push(error(side, OUT_OF_RANGE, text));
            // Remarked on already; it is not missing as well.
            Some(Decimal::ZERO)
        })
    };
    let (sphere, cylinder, axis, add) = (
        read("sphere"),
        read("cylinder").unwrap_or_default(),
        read("axis"),
        read("add"),
    );
    let mut required = |name: &str, value: Option<Decimal>, needed: bool| {
        if needed && value.is_none() {
            remarks.push(error(side, MISSING_PARAMETER, format!("`{name}` is missing")));
        }
        value.unwrap_or_default()
    };
    let sphere = required("sphere", sphere, true);
    let axis = required("axis", axis, !cylinder.is_zero());
    let add = required("add", add, has_add);
    in_range(side, "sphere", sphere, (-25_00, 18_00), SPHERE_OUT_OF_RANGE, remarks);
    in_range(side, "cylinder", cylinder, (-10_00, 10_00), OUT_OF_RANGE, remarks);
    in_range(side, "axis", axis, (0, 36_000), OUT_OF_RANGE, remarks);
    in_range(side, "add", add, (0, 4_50), OUT_OF_RANGE, remarks);
    if remarks.len() > errors_before {
        return None;
    }
    if sphere.abs() >= Decimal::from(6) {
        remarks.push(Remark {
            side,
            code: THINNING_SUGGESTED,
            class: "W",
            text: format!("A sphere of {sphere} suggests thinning"),
        });
    }
    let prism = rx.get("prism").cloned().unwrap_or(Value::Null);
    Some(Prescription {
        sphere,
        cylinder,
        axis,
        add: if has_add { add } else { Decimal::ZERO },
        prism,
    })
}

/// A number written as a string or as a JSON number; none if it is absent, null or empty.
fn number(of: &Value, name: &str) -> Result<Option<Decimal>, String> {
    let text = match of.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(other) => return Err(format!("`{name}` is {other}, not a number")),
    };
    Decimal::from_str_exact(text.trim_start_matches('+'))
        .map(Some)
        .map_err(|_| format!("`{name}` is `{text}`, not a decimal number"))
}

/// Remarks on a value outside its range, which is given in hundredths.
fn in_range(side: &'static str, name: &str, value: Decimal, range: (i64, i64), code: u32, remarks: &mut Vec<Remark>) -> Decimal {
    let (least, most) = (Decimal::new(range.0, 2), Decimal::new(range.1, 2));
    if value < least || value > most {
        remarks.push(error(side, code, format!("`{name}` is {value}, outside {least} to {most}")));
    }
    value
}

fn error(side: &'static str, code: u32, text: String) -> Remark {
    Remark {
        side,
        code,
        class: "E",
        text,
    }
}

/// A designed lens.
struct Lens {
    sphere: Decimal,
    cylinder: Decimal,
    axis: Decimal,
    add: Decimal,
    prism: Value,
    thickness_mm: Decimal,
}

impl Lens {
    fn design(ordered: &Prescription, diameter_mm: Decimal) -> Lens {
        let cylinder = ordered.cylinder * Decimal::new(92, 2);
        let axis = if ordered.cylinder.is_zero() {
            Decimal::ZERO
        } else {
            ordered.axis % HALF_TURN + Decimal::ONE
        };
        let strongest_plus = ordered.sphere.max(ordered.sphere + ordered.cylinder).max(Decimal::ZERO);
        let radius_mm = diameter_mm / Decimal::TWO;
        let plus_thickness_mm = Decimal::ONE + radius_mm * radius_mm * strongest_plus / Decimal::ONE_THOUSAND;
        Lens {
            sphere: ordered.sphere + Decimal::new(3, 2),
            cylinder,
            axis,
            add: if ordered.add.is_zero() {
                Decimal::ZERO
            } else {
                ordered.add - Decimal::new(1, 2)
            },
            prism: ordered.prism.clone(),
            thickness_mm: plus_thickness_mm.max(Decimal::TWO),
        }
    }

    fn designed(&self) -> Value {
        let (cylinder, axis) = (hundredths(self.cylinder), self.axis.normalize().to_string());
        json!({
            "distance": {"sphere": hundredths(self.sphere), "cylinder": cylinder, "axis": axis},
            "near": {"sphere": hundredths(self.sphere + self.add), "cylinder": cylinder, "axis": axis},
            "add": hundredths(self.add),
            "prism": self.prism,
        })
    }

    fn inspection(&self) -> Value {
        json!({
            "sphere": hundredths(self.sphere),
            "cylinder": hundredths(self.cylinder),
            "axis": self.axis.normalize().to_string(),
            "add": hundredths(self.add),
            "prism": self.prism,
            "thickness": hundredths(self.thickness_mm),
        })
    }
}

/// Two digits after the point, half to even.
fn hundredths(value: Decimal) -> String {
    let mut rounded = value.round_dp(2);
    rounded.rescale(2);
    if rounded.is_zero() {
        "0.00".to_owned()
    } else {
        rounded.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: Value, expected: Value) {
        assert_eq!(calculate(request.as_object().expect("a request is an object")), expected);
    }

    /// `status`, and each remark as one line in the form of the standard: side;code;text;class.
    fn check_remarks(request: Value, status: u32, remarks: &[&str]) {
        let answer = calculate(request.as_object().expect("a request is an object"));
        let of = |remark: &Value| {
            format!(
                "{};{};{};{}",
                text(remark, "side"),
                remark["code"],
                text(remark, "text"),
                text(remark, "class")
            )
        };
        let lines: Vec<String> = answer["xstatus"]
            .as_array()
            .expect("xstatus is a list")
            .iter()
            .map(of)
            .collect();
        assert_eq!(
            (answer["status"].as_u64(), lines),
            (
                Some(u64::from(status)),
                remarks.iter().map(|line| (*line).to_owned()).collect()
            )
        );
        assert_eq!(
            answer["inspection"] == json!({}),
            status != OK,
            "a refused job has no design, an accepted one has"
        );
    }

    fn text(of: &Value, name: &str) -> String {
        of[name].as_str().unwrap_or_default().to_owned()
    }

    fn order(right: Value) -> Value {
        json!({"job": "A-1", "design": "single-vision", "rx": {"right": right}})
    }

    #[test]
    fn a_pair_is_designed_by_the_rule() {
        let prism = json!({"magnitude": "1.00", "base": 90});
        check(
            json!({
                "job": "A-1", "design": {"name": "progressive"}, "frame": {"ed_mm": "50"},
                "rx": {
                    "right": {"sphere": "-0.50", "cylinder": "-1.25", "axis": 180, "add": "1.25", "prism": prism},
                    "left": {"sphere": 4.5, "cylinder": 0, "axis": null, "add": 1.25},
                },
            }),
            json!({
                "job": "A-1", "status": 0, "xstatus": [],
                "designed": {
                    "right": {
                        "distance": {"sphere": "-0.47", "cylinder": "-1.15", "axis": "1"},
                        "near": {"sphere": "0.77", "cylinder": "-1.15", "axis": "1"}, "add": "1.24", "prism": prism,
                    },
                    "left": {
                        "distance": {"sphere": "4.53", "cylinder": "0.00", "axis": "0"},
                        "near": {"sphere": "5.77", "cylinder": "0.00", "axis": "0"}, "add": "1.24", "prism": null,
                    },
                },
                "inspection": {
                    "right": {"sphere": "-0.47", "cylinder": "-1.15", "axis": "1", "add": "1.24", "prism": prism, "thickness": "2.00"},
                    "left": {"sphere": "4.53", "cylinder": "0.00", "axis": "0", "add": "1.24", "prism": null, "thickness": "3.81"},
                },
            }),
        );
    }

    #[test]
    fn an_axis_comes_round_after_half_a_turn() {
        for (ordered, designed) in [
            ("0", "1"),
            ("179", "180"),
            ("180", "1"),
            ("181", "2"),
            ("270", "91"),
            ("360", "1"),
        ] {
            let request = order(json!({"sphere": "1", "cylinder": "-1", "axis": ordered}));
            let answer = calculate(request.as_object().expect("a request is an object"));
            assert_eq!(answer["inspection"]["right"]["axis"], designed, "axis {ordered}");
        }
        let beyond = order(json!({"sphere": "1", "cylinder": "-1", "axis": 361}));
        check_remarks(beyond, 10, &["R;10;`axis` is 361, outside 0.00 to 360.00;E"]);
    }

    #[test]
    fn the_ends_of_the_range_belong_to_it() {
        let thinning = |sphere: &str| format!("R;1110;A sphere of {sphere} suggests thinning;W");
        check_remarks(order(json!({"sphere": "-25.00"})), OK, &[&thinning("-25.00")]);
        check_remarks(order(json!({"sphere": "18.00"})), OK, &[&thinning("18.00")]);
        check_remarks(
            order(json!({"sphere": "-25.01"})),
            1001,
            &["R;1001;`sphere` is -25.01, outside -25.00 to 18.00;E"],
        );
        check_remarks(
            order(json!({"sphere": "+18.01"})),
            1001,
            &["R;1001;`sphere` is 18.01, outside -25.00 to 18.00;E"],
        );
        check_remarks(order(json!({"sphere": "5.99"})), OK, &[]);
        check_remarks(order(json!({"sphere": "6.00"})), OK, &[&thinning("6.00")]);
    }

    #[test]
    fn what_is_missing_is_named() {
        check_remarks(order(json!({})), 1003, &["R;1003;`sphere` is missing;E"]);
        check_remarks(
            order(json!({"sphere": "1", "cylinder": "-0.25"})),
            1003,
            &["R;1003;`axis` is missing;E"],
        );
        let no_add = json!({"job": "A-1", "design": "progressive", "rx": {"left": {"sphere": "1"}}});
        check_remarks(no_add, 1003, &["L;1003;`add` is missing;E"]);
        check_remarks(
            json!({}),
            1003,
            &[
                "B;1003;`job` is missing;E",
                "B;1003;`design` is missing;E",
                "B;1003;`rx.right` and `rx.left` are both missing;E",
            ],
        );
    }

    #[test]
    fn an_unknown_design_is_refused_with_those_there_are() {
        let names = "single-vision, single-vision-aspheric, bifocal, progressive, progressive-short, occupational";
        let request = json!({"job": "A-1", "design": "varifocal", "rx": {"right": {"sphere": "1"}}});
        check_remarks(
            request,
            1002,
            &[&format!("B;1002;There is no design `varifocal`; there are {names};E")],
        );
    }

    #[test]
    fn what_is_no_number_is_refused() {
        check_remarks(
            order(json!({"sphere": "plano"})),
            10,
            &["R;10;`sphere` is `plano`, not a decimal number;E"],
        );
        check_remarks(
            order(json!({"sphere": "1", "add": [1]})),
            10,
            &["R;10;`add` is [1], not a number;E"],
        );
    }
}
