//! The request to a lens design system: an order as the records of a `.lds` file, and the rule of what may not be missing in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::decimal_text::DecimalText;
use crate::record::{Eye, Record};
use crate::record_set::RecordSet;
use crate::status::StatusCode;

/// Numbers each eye to be made must have.
const REQUIRED_NUMBERS: [&str; 3] = ["SPH", "LIND", "CRIB"];
/// Names of which each eye to be made must have one: lens name or design name.
const LENS_NAMES: [&str; 2] = ["LNAM", "LDNAM"];

/// An order to be calculated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DesignRequest {
    /// `JOB`; also the file's name.
    pub job: String,
    /// The eyes that are given are the eyes to be made (`DO`).
    pub right: Option<EyeRequest>,
    pub left: Option<EyeRequest>,
    /// `DBL`, millimetres.
    pub bridge_mm: Option<DecimalText>,
}

/// One lens of the order. What is none is left to the design system, as far as it may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EyeRequest {
    /// `LNAM`.
    pub lens_name: Option<String>,
    /// `LDNAM`.
    pub design_name: Option<String>,
    /// `SPH`, dioptres.
    pub sphere: Option<DecimalText>,
    /// `CYL`, dioptres.
    pub cylinder: Option<DecimalText>,
    /// `AX`, degrees.
    pub axis: Option<DecimalText>,
    /// `ADD`, dioptres.
    pub add: Option<DecimalText>,
    /// `LIND`, refractive index of the lens.
    pub index: Option<DecimalText>,
    /// `CRIB`, millimetres.
    pub crib_mm: Option<DecimalText>,
    /// Any other label (`IPD`, `OCHT`, `PANTO`, `BVD`, …) with its text; the request's own labels are left out here.
    pub further: BTreeMap<String, String>,
}

/// The order cannot be calculated as it is: STATUS 1003.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lens design request lacks {}; complete the order and send it again", missing.join(", "))]
pub struct MissingParameters {
    /// What is missing, such as `CRIB of the left eye`.
    pub missing: Vec<String>,
}

impl MissingParameters {
    pub fn status(&self) -> StatusCode {
        StatusCode::MISSING_PARAMETER
    }
}

impl DesignRequest {
    /// The records of the request, in the order `REQ JOB DO`, lens, prescription, everything else. A frame's trace
    /// ([`crate::trace::trace_records`]) may follow them. The request names itself `REQ=LDS`, as the answer does `REQ=LMS`.
    ///
    /// # Errors
    /// [`MissingParameters`] by the design systems' own rule, so that an incomplete order is held before it is sent.
    pub fn records(&self) -> Result<Vec<Record>, MissingParameters> {
        let mut records = vec![Record::single("REQ", "LDS"), Record::single("JOB", &*self.job)];
        records.extend(self.eyes_to_make().map(|eyes| Record::single("DO", eyes)));
        records.extend(self.bridge_mm.as_ref().map(|bridge| Record::single("DBL", bridge.as_str())));
        let right = self.right.as_ref().map(EyeRequest::texts).unwrap_or_default();
        let left = self.left.as_ref().map(EyeRequest::texts).unwrap_or_default();
        let order = LABELS.into_iter().chain(further_labels(&right, &left));
        for label in order {
            let (right, left) = (right.get(label).copied(), left.get(label).copied());
            if right.is_some() || left.is_some() {
                records.push(Record::chiral(label, right, left));
            }
        }
        check_request(&records.iter().cloned().collect())?;
        Ok(records)
    }

    fn eyes_to_make(&self) -> Option<&'static str> {
        match (&self.right, &self.left) {
            (Some(_), Some(_)) => Some("B"),
            (Some(_), None) => Some("R"),
            (None, Some(_)) => Some("L"),
            (None, None) => None,
        }
    }
}

/// The rule of the design systems: `DO` is B, L or R; and each eye to be made has `LNAM` or `LDNAM`, and readable `SPH`, `LIND` and `CRIB`. Both
/// the sender before it sends and a simulated design system when it answers use it.
///
/// # Errors
/// [`MissingParameters`] names everything that is missing at once.
pub fn check_request(records: &RecordSet) -> Result<(), MissingParameters> {
    let eyes: &[Eye] = match records.text("DO") {
        Some("B") => &Eye::BOTH,
        Some("R") => &[Eye::Right],
        Some("L") => &[Eye::Left],
        _ => {
            return Err(MissingParameters {
                missing: vec!["DO (B, L or R)".into()],
            });
        }
    };
    let mut missing = Vec::new();
    for &eye in eyes {
        if LENS_NAMES.iter().all(|label| records.eye(label, eye).is_none()) {
            missing.push(format!("LNAM or LDNAM of the {eye} eye"));
        }
        for label in REQUIRED_NUMBERS {
            if !matches!(records.decimal(label, eye), Ok(Some(_))) {
                missing.push(format!("{label} of the {eye} eye"));
            }
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(MissingParameters { missing })
    }
}

/// The labels of the request as a whole.
const REQUEST_LABELS: [&str; 4] = ["REQ", "JOB", "DO", "DBL"];
/// The labels of [`EyeRequest`]'s own fields, in the order in which they are written.
const LABELS: [&str; 8] = ["LNAM", "LDNAM", "SPH", "CYL", "AX", "ADD", "LIND", "CRIB"];

impl EyeRequest {
    /// Every label this eye has a text for. A field of its own wins over the same label in `further`.
    fn texts(&self) -> BTreeMap<&str, &str> {
        let own = [
            self.lens_name.as_deref(),
            self.design_name.as_deref(),
            self.sphere.as_ref().map(DecimalText::as_str),
            self.cylinder.as_ref().map(DecimalText::as_str),
            self.axis.as_ref().map(DecimalText::as_str),
            self.add.as_ref().map(DecimalText::as_str),
            self.index.as_ref().map(DecimalText::as_str),
            self.crib_mm.as_ref().map(DecimalText::as_str),
        ];
        let further = self.further.iter().map(|(label, text)| (label.as_str(), text.as_str()));
        let own = LABELS
            .into_iter()
            .zip(own)
            .filter_map(|(label, text)| text.map(|text| (label, text)));
        further.chain(own).collect()
    }
}

/// Labels of either eye beyond the known ones, once each.
fn further_labels<'a>(right: &BTreeMap<&'a str, &'a str>, left: &BTreeMap<&'a str, &'a str>) -> BTreeSet<&'a str> {
    let is_further = |label: &&str| !LABELS.contains(label) && !REQUEST_LABELS.contains(label);
    right.keys().chain(left.keys()).copied().filter(is_further).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<DecimalText> {
        Some(text.parse().expect("a plain number"))
    }

    fn eye(sphere: &str) -> EyeRequest {
        EyeRequest {
            lens_name: Some("2950".into()),
            sphere: number(sphere),
            index: number("1.498"),
            crib_mm: number("60"),
            further: BTreeMap::from([("OCHT".into(), "16.00".into())]),
            ..EyeRequest::default()
        }
    }

    fn check(request: &DesignRequest) -> Result<String, String> {
        let records = request.records().map_err(|problem| problem.to_string())?;
        Ok(records.iter().map(Record::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_pair() {
        let right = EyeRequest {
            cylinder: number("-1.25"),
            axis: number("140"),
            add: number("1.25"),
            ..eye("-0.50")
        };
        let request = DesignRequest {
            job: "L1".into(),
            right: Some(right),
            left: Some(eye("0.50")),
            bridge_mm: number("20.00"),
        };
        assert_eq!(
            check(&request).as_deref(),
            Ok(
                "REQ=LDS JOB=L1 DO=B DBL=20.00 LNAM=2950;2950 SPH=-0.50;0.50 CYL=-1.25; AX=140; ADD=1.25; LIND=1.498;1.498 CRIB=60;60 OCHT=16.00;16.00"
            )
        );
    }

    #[test]
    fn one_eye_leaves_the_other_empty() {
        let request = DesignRequest {
            job: "L1".into(),
            left: Some(eye("0.50")),
            ..DesignRequest::default()
        };
        assert_eq!(
            check(&request).as_deref(),
            Ok("REQ=LDS JOB=L1 DO=L LNAM=;2950 SPH=;0.50 LIND=;1.498 CRIB=;60 OCHT=;16.00")
        );
    }

    #[test]
    fn a_design_name_serves_for_the_lens_name() {
        let right = EyeRequest {
            lens_name: None,
            design_name: Some("Bifocal".into()),
            ..eye("1.00")
        };
        let request = DesignRequest {
            job: "L1".into(),
            right: Some(right),
            ..DesignRequest::default()
        };
        assert!(check(&request).is_ok());
    }

    #[test]
    fn what_is_missing_is_named_all_at_once() {
        let left = EyeRequest {
            lens_name: None,
            crib_mm: None,
            ..eye("1.00")
        };
        let request = DesignRequest {
            job: "L1".into(),
            right: Some(eye("1.00")),
            left: Some(left),
            bridge_mm: None,
        };
        let sentence = "the lens design request lacks LNAM or LDNAM of the left eye, CRIB of the left eye; complete the order and send it again";
        assert_eq!(check(&request), Err(sentence.into()));
        let problem = DesignRequest::default().records().expect_err("no eye is given");
        assert_eq!(
            (problem.status().0, problem.missing),
            (1003, vec!["DO (B, L or R)".to_owned()])
        );
    }

    #[test]
    fn the_rule_holds_for_records_that_were_read() {
        let set = |text: &str| -> RecordSet {
            text.lines()
                .map(|line| Record::parse(line, 1).expect("the line is a record"))
                .collect()
        };
        assert!(check_request(&set("DO=R\nLNAM=1\nSPH=-0.50;\nLIND=1.5\nCRIB=60")).is_ok());
        for lacking in ["DO=N", "SPH=;0.50", "SPH=PLANO;1", "LIND=?", "CRIB=", "LNAM=;2950"] {
            let label = lacking.split('=').next().expect("a label");
            let text: Vec<&str> = ["DO=R", "LNAM=1", "SPH=-0.50;", "LIND=1.5", "CRIB=60"]
                .into_iter()
                .map(|line| if line.starts_with(label) { lacking } else { line })
                .collect();
            assert!(check_request(&set(&text.join("\n"))).is_err(), "{lacking}");
        }
    }

    #[test]
    fn an_order_in_json() {
        let request: DesignRequest = serde_json::from_str(r#"{"job": "L1", "left": {"sphere": "+0.50"}}"#).expect("a request");
        assert_eq!(
            request.left.and_then(|left| left.sphere).map(String::from),
            Some("0.50".into())
        );
        assert!(serde_json::from_str::<DesignRequest>(r#"{"left": {"sphere": "plano"}}"#).is_err());
    }
}
