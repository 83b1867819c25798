//! The report: all that one input says, and what could not be read of it.
//!
//! # JSON
//!
//! | key | is |
//! |---|---|
//! | `status` | number: what to answer, or to act on. The code of the first refusal if something was refused (17 a trace format, 18 anything else), otherwise the first STATUS of the input that is not 0, otherwise 0. `records.STATUS` has what the input itself said |
//! | `status_text` | its meaning in words |
//! | `xstatus` | list of `{side, code, text, class}`, all text or null; never changes `status` |
//! | `records` | by label, see [`crate::record_set`] |
//! | `right`, `left` | the outline of each eye, see [`Side`], or null |
//! | `crc` | `{state: "absent"}`, `{state: "ok", value}` or `{state: "failed", expected, actual}`: the worst of all packets |
//! | `warnings` | list of `{line, message}`: read all the same |
//! | `refused` | list of [`Refusal`]: not read, raw bytes kept |
//!
//! Lengths are numbers in millimetres rounded to 0.01, points `[angle in degrees, radius in millimetres]` rounded to 0.001.

use serde::{Serialize, Serializer};

use crate::base64;
use crate::framing::CrcCheck;
use crate::geometry::{Measures, Outline, Point};
use crate::limits::{EXCERPT_CHARACTERS_MAX, WARNINGS_MAX};
use crate::record::Eye;
use crate::record_set::RecordSet;
use crate::status::{ExtendedStatus, StatusCode};
use crate::trace::TraceOf;

/// What one input says. See the module for its JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub status: StatusCode,
    pub status_text: &'static str,
    pub xstatus: Vec<ExtendedStatus>,
    pub records: RecordSet,
    pub right: Option<Side>,
    pub left: Option<Side>,
    pub crc: CrcCheck,
    pub warnings: Vec<Warning>,
    pub refused: Vec<Refusal>,
}

impl Report {
    /// An eye's outline.
    pub fn side(&self, eye: Eye) -> Option<&Side> {
        match eye {
            Eye::Right => self.right.as_ref(),
            Eye::Left => self.left.as_ref(),
        }
    }

    /// The report as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("every map key of a report is text and every number is finite")
    }
}

/// The outline of one eye.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    #[serde(flatten)]
    pub measures: Measures,
    /// By rising angle, counter-clockwise from +x, from the tracer's centre.
    pub points: Vec<Point>,
    /// Whether this side was not traced, and is the other one's mirror image.
    pub mirrored: bool,
    /// `frame`, `pattern` or `demo_lens`; null when the tracer does not say.
    pub of: Option<TraceOf>,
    /// The `Z=` values of a depth profile (`ZFMT` format 1) as text, in the sender's order and unit; null without one, and on a mirrored side.
    pub depths: Option<Vec<String>>,
}

impl Side {
    /// A side that was traced.
    pub fn traced(outline: &Outline, of: Option<TraceOf>, depths: Option<Vec<String>>) -> Side {
        Side {
            measures: outline.measures(),
            points: outline.points().to_vec(),
            mirrored: false,
            of,
            depths,
        }
    }

    /// A side that was not: the mirror image of the other one.
    pub fn mirror_of(outline: &Outline, of: Option<TraceOf>) -> Side {
        // Measured on what was traced: a mirror image has the same measures, also where its last bit would round the other way.
        Side {
            measures: outline.measures(),
            points: outline.mirrored().points().to_vec(),
            mirrored: true,
            of,
            depths: None,
        }
    }
}

/// Something odd in the input that did not keep it from being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Counted from 1.
    pub line: u32,
    pub message: String,
}

/// What part of an input was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedPart {
    /// All of it.
    Input,
    /// What stands between `<FS>` and `<GS>`, or bytes outside packets.
    Packet,
    Line,
    /// A `TRCFMT` with its radii. That eye has no outline, and the other one's is not mirrored in its place.
    Trace,
    /// A `ZFMT` with its depths.
    Depth,
}

/// A part of the input that was not read, because reading it would have been guessing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    pub what: RefusedPart,
    /// Where it begins, counted from 1.
    pub line: u32,
    /// What the sender is answered.
    pub status: StatusCode,
    pub reason: String,
    /// The bytes as they came; in JSON base 64. None for what is beyond a limit of size.
    #[serde(rename = "raw_base64", serialize_with = "as_base64")]
    pub raw: Option<Vec<u8>>,
}

/// Warnings up to their limit; the rest are counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Warnings {
    kept: Vec<Warning>,
    left_out: usize,
}

impl Warnings {
    pub(crate) fn push(&mut self, line: u32, message: impl Into<String>) {
        if self.kept.len() < WARNINGS_MAX {
            self.kept.push(Warning {
                line,
                message: message.into(),
            });
        } else {
            self.left_out += 1;
        }
    }

    /// By line; where some were left out the last says how many.
    pub(crate) fn finish(self) -> Vec<Warning> {
        let mut warnings = self.kept;
        warnings.sort_by_key(|warning| warning.line);
        if self.left_out > 0 {
            let line = warnings.last().map_or(1, |warning| warning.line);
            warnings.push(Warning {
                line,
                message: format!("{} more warnings are left out", self.left_out),
            });
        }
        warnings
    }
}

/// The beginning of a foreign text, fit to be quoted in a sentence.
pub(crate) fn excerpt(text: &str) -> String {
    let mut characters = text
        .chars()
        .map(|character| if character.is_control() { '\u{fffd}' } else { character });
    let beginning: String = characters.by_ref().take(EXCERPT_CHARACTERS_MAX).collect();
    if characters.next().is_some() {
        beginning + "\u{2026}"
    } else {
        beginning
    }
}

fn as_base64<S: Serializer>(raw: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    raw.as_deref().map(base64::encode).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_beyond_the_limit_are_counted() {
        let mut warnings = Warnings::default();
        (0..=WARNINGS_MAX).for_each(|_| warnings.push(9, "odd"));
        let warnings = warnings.finish();
        assert_eq!(warnings.len(), WARNINGS_MAX + 1);
        assert_eq!(
            warnings.last().map(|warning| warning.message.as_str()),
            Some("1 more warnings are left out")
        );
    }

    #[test]
    fn an_excerpt_stays_short_and_printable() {
        assert_eq!(excerpt("a\u{1}b"), "a\u{fffd}b");
        assert_eq!(excerpt(&"x".repeat(99)).chars().count(), EXCERPT_CHARACTERS_MAX + 1);
    }
}
