//! `dcs`: what stands in a DCS (OMA) file.

use std::fmt::Write;
use std::io::Read;

use statewright_core::diagnostic::Code;
use statewright_dcs::framing::GS;
use statewright_dcs::{Eye, ReadOptions, Report, read};

use super::*;
use crate::failure::{Exit, Failure};

/// Files are a few tens of kilobytes; the reader has limits of its own, this one only keeps a device from filling the memory.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The end of a file, to old systems.
const SUB: u8 = 0x1a;

#[derive(Debug, Args)]
pub struct Dcs {
    /// The file, or `-` for standard input
    file: String,
}

impl Dcs {
    pub fn run(self, terminal: Terminal) -> Outcome {
        let bytes = read_bytes(&self.file)?;
        let report = read(&bytes, &ReadOptions::default());
        if report.records.is_empty() && report.refused.is_empty() {
            return Err(Failure::no(
                Code::RecordsAbsent,
                format!("`{}` holds no DCS record: none of its lines is `LABEL=…`", self.file),
            )
            .hint("Give a file that a lens-design system or a tracer wrote"));
        }
        if is_cut(&bytes) {
            terminal.warning(CUT);
        }
        if terminal.json {
            terminal.line(report.to_json());
        } else {
            terminal.data(summary(&report));
        }
        Ok(if report.status.0 == 0 { Exit::Done } else { Exit::No })
    }
}

/// What is said of a file whose last line does not end.
pub const CUT: &str = "the last line has no end: the file may have been cut off there";

/// Whether the last line, or the last packet, does not end.
pub fn is_cut(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|last| ![b'\n', b'\r', GS, SUB].contains(last))
}

/// The bytes of a file, or of standard input.
///
/// # Errors
/// The file cannot be read.
pub fn read_bytes(path: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match path {
        "-" => std::io::stdin().take(FILE_BYTES_MAX).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)),
    };
    read.map(|_| bytes).map_err(|error| Failure::unreadable(path, error))
}

fn summary(report: &Report) -> String {
    let mut out = String::new();
    let records = report.records.len();
    // Writing into a String cannot fail.
    let _ = writeln!(out, "status   {} ({})", report.status.0, report.status_text);
    if let Some(job) = report.records.text("JOB") {
        let _ = writeln!(out, "job      {job}");
    }
    let _ = writeln!(out, "records  {records}");
    for eye in Eye::BOTH {
        if let Some(side) = report.side(eye) {
            let measures = &side.measures;
            let _ = writeln!(
                out,
                "{:<8} A {:.2}  B {:.2}  ED {:.2}  circumference {:.2} mm, {} points{}",
                eye.to_string(),
                measures.a_mm,
                measures.b_mm,
                measures.ed_mm,
                measures.circumference_mm,
                side.points.len(),
                if side.mirrored { ", mirrored from the other side" } else { "" }
            );
        }
    }
    for warning in &report.warnings {
        let _ = writeln!(out, "warning  line {}: {}", warning.line, warning.message);
    }
    for refusal in &report.refused {
        let _ = writeln!(
            out,
            "refused  line {}: {} (status {})",
            refusal.line, refusal.reason, refusal.status.0
        );
    }
    out
}
