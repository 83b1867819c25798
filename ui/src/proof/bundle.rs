//! Proving an exported trail, with nothing but the file (docs/trail-format.md).

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};

use statewright_core::identity::{Digest, InstanceId};
use statewright_core::trail::{ChainState, EntryText, FaultKind, Head};
use statewright_core::value::limits::JSON_BYTES_MAX;
use statewright_core::value::{Value, json};

use super::{Finding, LINE, Report};

/// A head line's first bytes, by which it is told from an entry.
const HEAD: &str = "{\"head\":";

/// Why nothing of a file could be followed.
#[derive(Debug)]
pub enum Unreadable {
    Io(io::Error),
    /// No line of it is an entry or a head; why the first is not.
    NoTrail(String),
}

struct Chain {
    state: ChainState,
    name: String,
    head: Option<Head>,
}

/// What a line is.
enum Line {
    Entry {
        instance: InstanceId,
        name: String,
        text: String,
    },
    Head(InstanceId, Head),
}

#[derive(Default)]
struct Bundle {
    report: Report,
    chains: BTreeMap<InstanceId, Chain>,
}

/// Follows every entry of a file. Instances may be mixed. A line that is neither an entry nor a head is found, and passed over.
///
/// # Errors
/// The file cannot be read, or holds nothing of a trail.
pub fn verify(mut file: impl BufRead, mut progress: impl FnMut(u64)) -> Result<Report, Unreadable> {
    let mut bundle = Bundle::default();
    let mut number = 0;
    while let Some(line) = next_line(&mut file).map_err(Unreadable::Io)? {
        number += 1;
        progress(number);
        match line.and_then(sorted) {
            Ok(line) => bundle.add(line),
            Err(why) => bundle.report.find(Finding {
                instance: LINE.to_owned(),
                sequence: number,
                kind: FaultKind::Malformed.to_string(),
                detail: why,
            }),
        }
    }
    bundle.finish()
}

impl Bundle {
    fn add(&mut self, line: Line) {
        match line {
            Line::Head(instance, head) => self.chain(instance, None).head = Some(head),
            Line::Entry { instance, name, text } => {
                self.report.entries += 1;
                self.chain(instance, Some(name)).state.follow(&text, None);
            }
        }
    }

    fn chain(&mut self, instance: InstanceId, name: Option<String>) -> &mut Chain {
        let chain = self.chains.entry(instance).or_insert_with(|| Chain {
            state: ChainState::begin(instance),
            name: instance.to_string(),
            head: None,
        });
        if let Some(name) = name {
            chain.name = name;
        }
        chain
    }

    fn finish(self) -> Result<Report, Unreadable> {
        let Bundle { mut report, chains } = self;
        if let Some(first) = report.findings.first().filter(|_| chains.is_empty()) {
            return Err(Unreadable::NoTrail(format!("line {}: {}", first.sequence, first.detail)));
        }
        report.instances = chains.len() as u64;
        for chain in chains.into_values() {
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

fn sorted(text: String) -> Result<Line, String> {
    if text.starts_with(HEAD) {
        return head(&text).ok_or_else(|| "it is not a head line".into());
    }
    let entry = EntryText::read_any(&text).map_err(|error| format!("it is not an entry: {error}"))?;
    let instance = entry.instance().map_err(|error| format!("it is not an entry: {error}"))?;
    let name = match (entry.workflow(), entry.key()) {
        (Ok(workflow), Ok(key)) => format!("{workflow}/{key}"),
        _ => instance.to_string(),
    };
    Ok(Line::Entry { instance, name, text })
}

fn head(line: &str) -> Option<Line> {
    let value = json::read(line).ok()?;
    let text = |name: &str| value.field(name).and_then(Value::as_text);
    let digest: Digest = text("head")?.parse().ok()?;
    let instance: InstanceId = text("instance")?.parse().ok()?;
    let as_written = text("head") == Some(&*digest.to_string()) && text("instance") == Some(&*instance.to_string());
    let sequence = u64::try_from(value.field("sequence")?.as_integer()?).ok()?;
    as_written.then_some(Line::Head(instance, Head { sequence, digest }))
}
