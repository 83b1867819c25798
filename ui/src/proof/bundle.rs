//! Proving an exported trail, with nothing but the file (docs/trail-format.md).

use std::io::{self, BufRead, Read};

use statewright_core::trail::{Exported, FaultKind, Proved};
use statewright_core::value::limits::JSON_BYTES_MAX;

use super::{Finding, LINE, Report};

/// Why nothing of a file could be followed.
#[derive(Debug)]
pub enum Unreadable {
    Io(io::Error),
    /// No line of it is an entry or a head; why the first is not.
    NoTrail(String),
}

/// Follows every entry of a file. Instances may be mixed. A line that is neither an entry nor a head is found, and passed over.
///
/// # Errors
/// The file cannot be read, or holds nothing of a trail.
pub fn verify(mut file: impl BufRead, mut progress: impl FnMut(u64)) -> Result<Report, Unreadable> {
    let mut report = Report::default();
    let mut exported = Exported::default();
    let mut number = 0;
    while let Some(line) = next_line(&mut file).map_err(Unreadable::Io)? {
        number += 1;
        progress(number);
        let taken = line.and_then(|line| exported.take(&line).map_err(|error| error.to_string()));
        if let Err(why) = taken {
            report.find(Finding {
                instance: LINE.to_owned(),
                sequence: number,
                kind: FaultKind::Malformed.to_string(),
                detail: why,
            });
        }
    }
    finish(exported, report)
}

fn finish(exported: Exported, mut report: Report) -> Result<Report, Unreadable> {
    if let Some(first) = report.findings.first().filter(|_| exported.is_empty()) {
        return Err(Unreadable::NoTrail(format!("line {}: {}", first.sequence, first.detail)));
    }
    let Proved { entries, chains } = exported.finish();
    (report.entries, report.instances) = (entries, chains.len() as u64);
    for chain in chains {
        for fault in chain.faults {
            report.find(Finding {
                instance: chain.name.clone(),
                sequence: fault.sequence,
                kind: fault.kind.to_string(),
                detail: fault.detail,
            });
        }
    }
    Ok(report)
}

/// A line without its line feed, or why it is none; None at the end.
fn next_line(file: &mut impl BufRead) -> io::Result<Option<Result<String, String>>> {
    let mut bytes = Vec::new();
    // One byte for the line feed, one by which a line that is too long shows itself.
    let read = file.by_ref().take(JSON_BYTES_MAX as u64 + 2).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(None);
    }
    if bytes.pop_if(|byte| *byte == b'\n').is_none() {
        if bytes.len() <= JSON_BYTES_MAX {
            return Ok(Some(Err("it does not end with a line feed".into())));
        }
        file.skip_until(b'\n')?;
    }
    if bytes.len() > JSON_BYTES_MAX {
        return Ok(Some(Err(format!("it is longer than {JSON_BYTES_MAX} bytes"))));
    }
    Ok(Some(String::from_utf8(bytes).map_err(|_| "it is not UTF-8".into())))
}
