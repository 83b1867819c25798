//! Since when a definition is live, and who made it so.

use jiff::Timestamp;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Actor, SYSTEM_KEY, SYSTEM_WORKFLOW};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;

use super::Engine;
use crate::error::EngineResult;
use crate::store::{HistoryPlace, HistoryQuery};

/// Entries of the system's trail that are looked through, the newest first: a page is made of it. About two megabytes are read for it.
const LOOKED_AT_MAX: usize = 2_000;

/// Entries read at once.
const READ_MAX: usize = 250;

/// When a definition became the live one of its workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSince {
    pub at: Timestamp,
    pub by: Actor,
    /// The entry of the system's trail that says so.
    pub entry: u64,
}

impl Engine {
    /// As the system's trail says it: of a definition that was live before, the last time that it was made so. None: it is longer ago than is looked
    /// back.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn live_since(&self, workflow: &str, definition: Digest) -> EngineResult<Option<LiveSince>> {
        let mut query = HistoryQuery {
            instance: Some(InstanceId::of(SYSTEM_WORKFLOW, SYSTEM_KEY)),
            before: HistoryPlace::END,
            from_us: i64::MIN,
            limit: READ_MAX,
        };
        for _ in 0..LOOKED_AT_MAX / READ_MAX {
            let rows = self.inner.store.history(&query).await?;
            for row in &rows {
                // what cannot be read is for `verify` to tell
                let Ok(entry) = EntryText::read_any(&row.entry.bytes) else {
                    continue;
                };
                if let (true, Ok(at), Ok(by)) = (deploys(&entry, workflow, definition), entry.at(), entry.actor()) {
                    let entry = row.entry.sequence;
                    return Ok(Some(LiveSince { at, by, entry }));
                }
            }
            match rows.last() {
                Some(last) if rows.len() == READ_MAX => query.before = last.place(),
                _ => break,
            }
        }
        Ok(None)
    }
}

fn deploys(entry: &EntryText, workflow: &str, definition: Digest) -> bool {
    let Some(act) = entry.input().and_then(|input| input.get("act")) else {
        return false;
    };
    let says = |member: &str, wanted: &str| act.field(member).and_then(Value::as_text) == Some(wanted);
    says("act", "deployed") && says("workflow", workflow) && says("definition", &definition.to_string())
}
