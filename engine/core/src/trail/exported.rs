//! Proving an exported trail line by line (docs/trail-format.md). Who reads the file is not decided here.

use std::collections::BTreeMap;

use super::{ChainState, EntryError, EntryText, Fault, Head};
use crate::identity::{Digest, InstanceId};
use crate::value::{Value, json};

/// A head line's first bytes, by which it is told from an entry.
const HEAD: &str = "{\"head\":";

/// The lines of a file, followed so far. Instances may be mixed.
#[derive(Debug, Default)]
pub struct Exported {
    entries: u64,
    chains: BTreeMap<InstanceId, Chain>,
}

/// What the lines of a file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proved {
    pub entries: u64,
    /// Of every instance that a line was of, in the order of their ids.
    pub chains: Vec<ProvedChain>,
}

/// What the lines of one instance came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedChain {
    /// `workflow/key`, or the id where no entry names it.
    pub name: String,
    pub faults: Vec<Fault>,
}

#[derive(Debug)]
struct Chain {
    state: ChainState,
    name: String,
    head: Option<Head>,
}

impl Exported {
    /// Follows a line, given without its line feed.
    ///
    /// # Errors
    /// It is neither an entry nor a head; it is passed over.
    pub fn take(&mut self, line: &str) -> Result<(), EntryError> {
        if line.starts_with(HEAD) {
            let (instance, head) = head(line).ok_or_else(|| EntryError("it is not a head line".into()))?;
            self.chain(instance).head = Some(head);
            return Ok(());
        }
        let none = |error: EntryError| EntryError(format!("it is not an entry: {error}"));
        let entry = EntryText::read_any(line).map_err(none)?;
        let instance = entry.instance().map_err(none)?;
        self.entries += 1;
        let chain = self.chain(instance);
        chain.name = match (entry.workflow(), entry.key()) {
            (Ok(workflow), Ok(key)) => format!("{workflow}/{key}"),
            _ => instance.to_string(),
        };
        chain.state.follow(line, None);
        Ok(())
    }

    /// Whether no line was of a trail yet.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }

    /// The end of the file: everything that was found wrong.
    pub fn finish(self) -> Proved {
        let chains = self.chains.into_values().map(|chain| ProvedChain {
            name: chain.name,
            faults: chain.state.finish(chain.head),
        });
        Proved {
            entries: self.entries,
            chains: chains.collect(),
        }
    }

    fn chain(&mut self, instance: InstanceId) -> &mut Chain {
        self.chains.entry(instance).or_insert_with(|| Chain {
            state: ChainState::begin(instance),
            name: instance.to_string(),
            head: None,
        })
    }
}

fn head(line: &str) -> Option<(InstanceId, Head)> {
    let value = json::read(line).ok()?;
    let text = |name: &str| value.field(name).and_then(Value::as_text);
    let digest: Digest = text("head")?.parse().ok()?;
    let instance: InstanceId = text("instance")?.parse().ok()?;
    let as_written = text("head") == Some(&*digest.to_string()) && text("instance") == Some(&*instance.to_string());
    let sequence = u64::try_from(value.field("sequence")?.as_integer()?).ok()?;
    as_written.then_some((instance, Head { sequence, digest }))
}
