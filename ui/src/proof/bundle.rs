//! Proving an exported trail, with nothing but the file (docs/trail-format.md).

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::trail::{ChainState, EntryText, Head};
use statewright_core::value::limits::JSON_BYTES_MAX;
use statewright_core::value::{Value, json};

use super::{Finding, Report};

/// A head line's first bytes, by which it is told from an entry.
const HEAD: &str = "{\"head\":";

/// Why a file could not be followed to its end.
#[derive(Debug)]
pub enum Unreadable {
    Io(io::Error),
    /// This line, counted from 1, is neither an entry nor a head.
    Line(u64, String),
}

struct Chain {
    state: ChainState,
    name: String,
    head: Option<Head>,
}

/// Follows every entry of a file. Instances may be mixed.
///
/// # Errors
/// The file ends in the middle of a line's bytes, or holds something else than entries.
pub fn verify(mut file: impl BufRead, mut progress: impl FnMut(u64)) -> Result<Report, Unreadable> {
    let mut report = Report::default();
    let mut chains: BTreeMap<InstanceId, Chain> = BTreeMap::new();
    let mut number = 0;
    while let Some(line) = next_line(&mut file, number + 1)? {
        number += 1;
        progress(number);
        if line.starts_with(HEAD) {
            let (instance, head) = head(&line).ok_or_else(|| Unreadable::Line(number, "not a head line".into()))?;
            let chain = chains
                .entry(instance)
                .or_insert_with(|| Chain::begin(instance, instance.to_string()));
            chain.head = Some(head);
            continue;
        }
        let (instance, name) = name(&line).map_err(|error| Unreadable::Line(number, error))?;
        report.entries += 1;
        let chain = chains.entry(instance).or_insert_with(|| Chain::begin(instance, name));
        chain.state.follow(&line, None);
    }
    report.instances = chains.len() as u64;
    for chain in chains.into_values() {
        report.without_head += u64::from(chain.head.is_none());
        for fault in chain.state.finish(chain.head) {
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

impl Chain {
    fn begin(instance: InstanceId, name: String) -> Self {
        Chain {
            state: ChainState::begin(instance),
            name,
            head: None,
        }
    }
}

/// A line without its line feed; None at the end.
fn next_line(file: &mut impl BufRead, number: u64) -> Result<Option<String>, Unreadable> {
    let mut bytes = Vec::new();
    // One byte for the line feed, one by which a line that is too long shows itself.
    let read = file.by_ref().take(JSON_BYTES_MAX as u64 + 2).read_until(b'\n', &mut bytes);
    if read.map_err(Unreadable::Io)? == 0 {
        return Ok(None);
    }
    if bytes.pop_if(|byte| *byte == b'\n').is_none() {
        return Err(Unreadable::Line(number, "it does not end with a line feed".into()));
    }
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| Unreadable::Line(number, "it is not UTF-8".into()))
}

fn name(line: &str) -> Result<(InstanceId, String), String> {
    let entry = EntryText::read(line).map_err(|error| error.to_string())?;
    let parts = entry
        .instance()
        .and_then(|id| Ok((id, format!("{}/{}", entry.workflow()?, entry.key()?))));
    parts.map_err(|error| error.to_string())
}

fn head(line: &str) -> Option<(InstanceId, Head)> {
    let value = json::read(line).ok()?;
    let text = |name: &str| value.field(name).and_then(Value::as_text);
    let digest: Digest = text("head")?.parse().ok()?;
    let instance: InstanceId = text("instance")?.parse().ok()?;
    let sequence = u64::try_from(value.field("sequence")?.as_integer()?).ok()?;
    Some((instance, Head { sequence, digest }))
}
