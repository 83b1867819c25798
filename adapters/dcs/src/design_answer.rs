//! The answer of a lens design system (LDS), typed: what was ordered, what was designed, what to inspect against.
//!
//! Lenses are inspected against `inspection` (`INS*`), which is compensated for how the lens is worn, not against the ordered power. Numbers
//! are exact decimals as text, null where the answer has none.
//!
//! # JSON
//!
//! ```json
//! { "status": 0, "status_text": "no error", "job": "L1", "eyes": ["right", "left"], "xstatus": [], "problems": [],
//!   "ordered":    {"right": {"sphere": "-0.50", "cylinder": "-1.25", "axis": "140", "add": "1.25"}, "left": null},
//!   "designed":   {"right": {"distance": {"sphere": "-0.47", "cylinder": "-1.15", "axis": "137.27"},
//!                            "near": {"sphere": "0.78", "cylinder": "-1.18", "axis": "136.78"},
//!                            "add": "1.24", "prism": "0.00", "prism_base": "25.29"}, "left": null},
//!   "inspection": {"right": {"sphere": "-0.47", "cylinder": "-1.15", "axis": "137.00", "add": "1.24",
//!                            "prism": "0.00", "prism_base": "25", "centre_thickness_mm": "2.00"}, "left": null},
//!   "frame":      {"bridge_mm": "20.00", "right": {"a_mm": "51.00", "b_mm": "44.01", "ed_mm": "52", "circumference_mm": "150.759"}, "left": null} }
//! ```

use serde::Serialize;

use crate::decimal_text::DecimalText;
use crate::record::Eye;
use crate::record_set::RecordSet;
use crate::report::Report;
use crate::status::{ExtendedStatus, StatusCode};

/// What a design system answered. See the module for its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DesignAnswer {
    /// The report's status; 7 (missing record) when that is 0 but the answer has no STATUS or lacks an inspection sphere or cylinder of an
    /// eye it is for, 18 (format error) when one of its numbers is illegible: a cut-off answer never passes for a good one.
    pub status: StatusCode,
    pub status_text: &'static str,
    pub job: Option<String>,
    /// The eyes of `DO`; without it those that have an inspection sphere.
    pub eyes: Vec<Eye>,
    /// Never changes the status, so that a warning does not fail a job.
    pub xstatus: Vec<ExtendedStatus>,
    /// What is missing or illegible, in sentences.
    pub problems: Vec<String>,
    pub ordered: PerEye<Prescription>,
    pub designed: PerEye<DesignedLens>,
    pub inspection: PerEye<InspectionTargets>,
    pub frame: Frame,
}

/// One value for each eye the answer is for; null for the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PerEye<T> {
    pub right: Option<T>,
    pub left: Option<T>,
}

impl<T> PerEye<T> {
    pub fn eye(&self, eye: Eye) -> Option<&T> {
        match eye {
            Eye::Right => self.right.as_ref(),
            Eye::Left => self.left.as_ref(),
        }
    }
}

/// The ordered prescription: `SPH CYL AX ADD`, dioptres and degrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prescription {
    pub sphere: Option<DecimalText>,
    pub cylinder: Option<DecimalText>,
    pub axis: Option<DecimalText>,
    pub add: Option<DecimalText>,
}

/// A power at one place of the lens, dioptres and degrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Power {
    pub sphere: Option<DecimalText>,
    pub cylinder: Option<DecimalText>,
    pub axis: Option<DecimalText>,
}

/// The designed powers: distance `LDDR*`, near `LDNR*`, `LDADD`, prism `LDPRVM` at base `LDPRVA`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DesignedLens {
    pub distance: Power,
    pub near: Power,
    pub add: Option<DecimalText>,
    pub prism: Option<DecimalText>,
    pub prism_base: Option<DecimalText>,
}

/// What a lensmeter and a thickness gauge should show: `INSSPH INSCYL INSAX INSADD`, prism `INSPRPRVM` at base `INSPRPRVA`, `INSCTHK`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InspectionTargets {
    pub sphere: Option<DecimalText>,
    pub cylinder: Option<DecimalText>,
    pub axis: Option<DecimalText>,
    pub add: Option<DecimalText>,
    pub prism: Option<DecimalText>,
    pub prism_base: Option<DecimalText>,
    pub centre_thickness_mm: Option<DecimalText>,
}

/// The frame as the answer states it (not as traced), millimetres.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// `DBL`.
    pub bridge_mm: Option<DecimalText>,
    pub right: FrameSide,
    pub left: FrameSide,
}

/// `HBOX VBOX FED CIRC`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FrameSide {
    pub a_mm: Option<DecimalText>,
    pub b_mm: Option<DecimalText>,
    pub ed_mm: Option<DecimalText>,
    pub circumference_mm: Option<DecimalText>,
}

impl DesignAnswer {
    /// The typed view of a report. Any report has one; whether it is a good answer is in `status`.
    pub fn from_report(report: &Report) -> DesignAnswer {
        let mut numbers = Numbers {
            records: &report.records,
            problems: Vec::new(),
        };
        let eyes = eyes(&report.records);
        let ordered = numbers.per_eye(&eyes, Numbers::prescription);
        let designed = numbers.per_eye(&eyes, Numbers::designed);
        let inspection = numbers.per_eye(&eyes, Numbers::inspection);
        let frame = numbers.frame();
        let illegible = numbers.problems;
        let missing = missing(&report.records, &eyes);
        let status = match report.status {
            StatusCode::NO_ERROR if !illegible.is_empty() => StatusCode::FORMAT_ERROR,
            StatusCode::NO_ERROR if !missing.is_empty() => StatusCode::MISSING_RECORD,
            status => status,
        };
        DesignAnswer {
            status,
            status_text: status.text(),
            job: report.records.text("JOB").map(str::to_owned),
            eyes,
            xstatus: report.xstatus.clone(),
            problems: illegible.into_iter().chain(missing).collect(),
            ordered,
            designed,
            inspection,
            frame,
        }
    }

    /// The answer as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("every map key of an answer is text")
    }
}

fn eyes(records: &RecordSet) -> Vec<Eye> {
    match records.text("DO") {
        Some("B") => Eye::BOTH.to_vec(),
        Some("R") => vec![Eye::Right],
        Some("L") => vec![Eye::Left],
        Some("N") => Vec::new(),
        _ => Eye::BOTH
            .into_iter()
            .filter(|&eye| records.eye("INSSPH", eye).is_some())
            .collect(),
    }
}

fn missing(records: &RecordSet, eyes: &[Eye]) -> Vec<String> {
    let mut missing = Vec::new();
    if records.text("STATUS").is_none() {
        missing.push("STATUS is missing".to_owned());
    }
    if eyes.is_empty() && records.text("DO") != Some("N") {
        missing.push("neither DO nor INSSPH says which eyes the answer is for".to_owned());
    }
    for (label, eye) in ["INSSPH", "INSCYL"]
        .into_iter()
        .flat_map(|label| eyes.iter().map(move |eye| (label, *eye)))
    {
        if records.eye(label, eye).is_none() {
            missing.push(format!("{label} of the {eye} eye is missing"));
        }
    }
    missing
}

/// Takes numbers out of records, and remembers which were illegible.
struct Numbers<'a> {
    records: &'a RecordSet,
    problems: Vec<String>,
}

impl Numbers<'_> {
    fn per_eye<T>(&mut self, eyes: &[Eye], view: fn(&mut Self, Eye) -> T) -> PerEye<T> {
        let mut of = |eye: Eye| eyes.contains(&eye).then(|| view(self, eye));
        PerEye {
            right: of(Eye::Right),
            left: of(Eye::Left),
        }
    }

    fn number(&mut self, label: &str, eye: Eye) -> Option<DecimalText> {
        self.records.decimal(label, eye).unwrap_or_else(|problem| {
            self.problems.push(format!("{label} of the {eye} eye: {problem}"));
            None
        })
    }

    fn prescription(&mut self, eye: Eye) -> Prescription {
        Prescription {
            sphere: self.number("SPH", eye),
            cylinder: self.number("CYL", eye),
            axis: self.number("AX", eye),
            add: self.number("ADD", eye),
        }
    }

    fn designed(&mut self, eye: Eye) -> DesignedLens {
        DesignedLens {
            distance: self.power(["LDDRSPH", "LDDRCYL", "LDDRAX"], eye),
            near: self.power(["LDNRSPH", "LDNRCYL", "LDNRAX"], eye),
            add: self.number("LDADD", eye),
            prism: self.number("LDPRVM", eye),
            prism_base: self.number("LDPRVA", eye),
        }
    }

    fn power(&mut self, [sphere, cylinder, axis]: [&str; 3], eye: Eye) -> Power {
        Power {
            sphere: self.number(sphere, eye),
            cylinder: self.number(cylinder, eye),
            axis: self.number(axis, eye),
        }
    }

    fn inspection(&mut self, eye: Eye) -> InspectionTargets {
        InspectionTargets {
            sphere: self.number("INSSPH", eye),
            cylinder: self.number("INSCYL", eye),
            axis: self.number("INSAX", eye),
            add: self.number("INSADD", eye),
            prism: self.number("INSPRPRVM", eye),
            prism_base: self.number("INSPRPRVA", eye),
            centre_thickness_mm: self.number("INSCTHK", eye),
        }
    }

    fn frame(&mut self) -> Frame {
        Frame {
            bridge_mm: self.number("DBL", Eye::Right),
            right: self.frame_side(Eye::Right),
            left: self.frame_side(Eye::Left),
        }
    }

    fn frame_side(&mut self, eye: Eye) -> FrameSide {
        FrameSide {
            a_mm: self.number("HBOX", eye),
            b_mm: self.number("VBOX", eye),
            ed_mm: self.number("FED", eye),
            circumference_mm: self.number("CIRC", eye),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::{ReadOptions, read};

    const GOOD: &str = "JOB=L1\nDO=B\nSPH=-0.50;0.50\nCYL=-1.25;-3.00\nAX=140;15\nADD=1.25\nDBL=20.00\nHBOX=51.00\n\
        LDDRSPH=-0.47;0.43\nLDADD=1.24;1.23\nINSSPH=-0.47;0.43\nINSCYL=-1.15;-2.75\nINSAX=137.00;16.00\nINSCTHK=2.00;2.04\n";

    fn check(text: &str) -> DesignAnswer {
        DesignAnswer::from_report(&read(text.as_bytes(), &ReadOptions::default()))
    }

    fn text(number: Option<&DecimalText>) -> Option<&str> {
        number.map(DecimalText::as_str)
    }

    #[test]
    fn a_good_answer_keeps_the_digits() {
        let answer = check(&format!("{GOOD}STATUS=0\nXSTATUS=R;1110;External;W\n"));
        assert_eq!(
            (answer.status.0, answer.job.as_deref(), &answer.eyes[..]),
            (0, Some("L1"), &Eye::BOTH[..])
        );
        let left = answer.inspection.eye(Eye::Left).expect("both eyes are made");
        assert_eq!(
            (text(left.sphere.as_ref()), text(left.axis.as_ref()), text(left.add.as_ref())),
            (Some("0.43"), Some("16.00"), None)
        );
        let json = answer.to_json();
        assert_eq!(json["inspection"]["right"]["sphere"], "-0.47");
        assert_eq!(json["designed"]["right"]["distance"]["sphere"], "-0.47");
        assert_eq!(json["ordered"]["left"]["add"], "1.25");
        assert_eq!(json["frame"]["left"]["a_mm"], "51.00");
        assert_eq!(json["xstatus"][0]["class"], "W");
        assert_eq!(json["eyes"], serde_json::json!(["right", "left"]));
    }

    #[test]
    fn an_eye_that_is_not_made_is_null() {
        let answer = check(&format!("{}STATUS=0\n", GOOD.replace("DO=B", "DO=L")));
        assert_eq!((answer.status.0, &answer.eyes[..]), (0, &[Eye::Left][..]));
        assert!(answer.inspection.right.is_none() && answer.ordered.right.is_none() && answer.designed.right.is_none());
    }

    #[test]
    fn without_do_the_inspection_targets_say_which_eyes() {
        let answer = check("INSSPH=;0.43\nINSCYL=;0.00\nSTATUS=0\n");
        assert_eq!((answer.status.0, &answer.eyes[..]), (0, &[Eye::Left][..]));
    }

    #[test]
    fn a_refusal_keeps_its_code() {
        let answer = check("JOB=L1\nDO=B\nSTATUS=1003\n");
        assert_eq!((answer.status.0, answer.status_text), (1003, "missing parameter"));
    }

    #[test]
    fn an_answer_that_is_not_whole_never_passes() {
        assert_eq!(check(GOOD).status, StatusCode::MISSING_RECORD);
        assert_eq!(check(&format!("{GOOD}STATUS=\n")).status, StatusCode::MISSING_RECORD);
        assert_eq!(check("STATUS=0\n").status, StatusCode::MISSING_RECORD);
        let one_eye = check(&format!("{}STATUS=0\n", GOOD.replace("INSSPH=-0.47;0.43", "INSSPH=-0.47;")));
        assert_eq!(
            (one_eye.status, &one_eye.problems[..]),
            (
                StatusCode::MISSING_RECORD,
                &["INSSPH of the left eye is missing".to_owned()][..]
            )
        );
        let illegible = check(&format!("{}STATUS=0\n", GOOD.replace("-0.47;0.43", "-0.47;0,43")));
        assert_eq!(illegible.status, StatusCode::FORMAT_ERROR);
        assert_eq!(
            illegible.problems[0],
            "LDDRSPH of the left eye: `0,43` is not a plain decimal number of at most 28 digits"
        );
    }
}
