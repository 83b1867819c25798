//! Stepping what is recorded again, through the definitions that are pinned.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::chart::TableVersion;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::time::CalendarVersion;
use statewright_core::trail::{EntryText, Replay, Replayed};

use super::{Progress, Walk, entries, keep};
use crate::error::{EngineError, EngineResult};
use crate::registry::{Known, Registry};
use crate::store::{InstanceRow, Store};
use crate::versions::{Versioned, Versions};

/// Versions of calendars, and of live tables, kept at once: those of many years, each of a few thousand dates or rows.
const VERSIONS_MAX: usize = 256;

#[derive(Clone, Debug, Default)]
pub struct ReplayReport {
    pub walked: Progress,
    /// Instances whose every entry came out the same.
    pub same: u64,
    /// Instances that cannot be stepped again because their personal data was erased. Their chains can still be verified.
    pub erased: u64,
    /// Instances that came out differently; `findings` holds the first of them.
    pub different: u64,
    pub findings: Vec<ReplayFinding>,
}

/// Where an instance's replay and its record part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayFinding {
    pub instance: InstanceId,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    pub sequence: u64,
    pub detail: String,
}

enum Course {
    Same,
    Erased,
    Different { sequence: u64, detail: String },
}

/// Replays every instance. `progress` is called after each page of instances.
pub async fn replay(
    store: &Arc<dyn Store>,
    registry: &Registry,
    mut progress: impl FnMut(Progress),
) -> EngineResult<ReplayReport> {
    let mut report = ReplayReport::default();
    let mut named = Named::of(registry);
    let mut walk = Walk::new(store);
    loop {
        let rows = walk.next().await?;
        if rows.is_empty() {
            return Ok(report);
        }
        for row in &rows {
            match replay_instance(store, &mut named, row, &mut report.walked).await? {
                Course::Same => report.same += 1,
                Course::Erased => report.erased += 1,
                Course::Different { sequence, detail } => {
                    report.different += 1;
                    let InstanceRow {
                        instance, workflow, key, ..
                    } = row.clone();
                    keep(
                        &mut report.findings,
                        ReplayFinding {
                            instance,
                            workflow,
                            key,
                            sequence,
                            detail,
                        },
                    );
                }
            }
            report.walked.instances += 1;
        }
        progress(report.walked);
    }
}

async fn replay_instance(
    store: &Arc<dyn Store>,
    named: &mut Named<'_>,
    row: &InstanceRow,
    walked: &mut Progress,
) -> EngineResult<Course> {
    if let Some(damage) = &row.damage {
        let detail = format!("its row cannot be read: {damage}");
        return Ok(Course::Different {
            sequence: row.sequence,
            detail,
        });
    }
    let known = match named.registry.chart(row.definition).await {
        Ok(known) => known,
        Err(EngineError::Damaged(detail)) => return Ok(Course::Different { sequence: 1, detail }),
        Err(error) => return Err(error),
    };
    let personal = store.personal(row.instance).await?;
    let personal: Vec<(Digest, String)> = personal.into_iter().map(|row| (row.reference, row.value)).collect();
    let mut replay = Replay::begin(&known.chart, &personal);
    let mut after = 0;
    loop {
        let page = entries(store, row, after).await?;
        let Some(end) = page.last() else { break };
        after = end.sequence;
        for entry in &page {
            walked.entries += 1;
            if let Err(detail) = named.hand_over(&mut replay, &known, &entry.bytes).await? {
                return Ok(Course::Different {
                    sequence: entry.sequence,
                    detail,
                });
            }
            match replay.follow(&entry.bytes) {
                Ok(Replayed::Same) => {}
                Ok(Replayed::Erased) => return erased_at(store, row, entry.sequence).await,
                Ok(Replayed::Different(difference)) => {
                    return Ok(Course::Different {
                        sequence: difference.sequence,
                        detail: difference.detail,
                    });
                }
                Err(error) => {
                    return Ok(Course::Different {
                        sequence: entry.sequence,
                        detail: error.to_string(),
                    });
                }
            }
        }
    }
    let stored = replay.snapshot().map(|snapshot| snapshot.store(&known.chart).canonical);
    if stored.as_ref() == Some(&row.snapshot) {
        return Ok(Course::Same);
    }
    let detail = "the entries lead to another snapshot than the one that is stored".into();
    Ok(Course::Different {
        sequence: row.sequence,
        detail,
    })
}

/// The versions of calendars and live tables that entries name, each looked up and compiled once.
pub(crate) struct Named<'r> {
    registry: &'r Registry,
    calendars: BTreeMap<Digest, Arc<CalendarVersion>>,
    tables: BTreeMap<Digest, Arc<TableVersion>>,
}

impl<'r> Named<'r> {
    pub(crate) fn of(registry: &'r Registry) -> Self {
        Named {
            registry,
            calendars: BTreeMap::new(),
            tables: BTreeMap::new(),
        }
    }

    /// Hands over the versions that an entry names; the inner error says what is wrong with one of them. One that is not there is for the
    /// replay to tell. Entries of a chart that names neither calendar nor live table are not looked at.
    pub(crate) async fn hand_over(
        &mut self,
        replay: &mut Replay<'_>,
        known: &Known,
        bytes: &str,
    ) -> EngineResult<Result<(), String>> {
        if known.chart.calendar.is_none() && !known.asks_live_tables() {
            return Ok(Ok(()));
        }
        let Ok(entry) = EntryText::read(bytes) else {
            return Ok(Ok(()));
        };
        if let Ok(Some(version)) = entry.calendar() {
            match found(self.registry.calendars(), &mut self.calendars, version).await? {
                Ok(calendar) => calendar.into_iter().for_each(|calendar| replay.know(calendar)),
                Err(wrong) => return Ok(Err(wrong)),
            }
        }
        for (_, version) in entry.tables().unwrap_or_default() {
            match found(self.registry.tables(), &mut self.tables, version).await? {
                Ok(table) => table.into_iter().for_each(|table| replay.know_table(table)),
                Err(wrong) => return Ok(Err(wrong)),
            }
        }
        Ok(Ok(()))
    }
}

/// A version, from those that are kept, or from the store.
async fn found<V: Versioned>(
    versions: &Versions<V>,
    kept: &mut BTreeMap<Digest, Arc<V>>,
    version: Digest,
) -> EngineResult<Result<Option<Arc<V>>, String>> {
    if let Some(known) = kept.get(&version) {
        return Ok(Ok(Some(known.clone())));
    }
    match versions.version(version).await {
        Ok(Some(found)) => {
            if kept.len() >= VERSIONS_MAX {
                kept.clear();
            }
            kept.insert(version, found.clone());
            Ok(Ok(Some(found)))
        }
        Ok(None) => Ok(Ok(None)),
        Err(EngineError::Damaged(detail)) => Ok(Err(detail)),
        Err(error) => Err(error),
    }
}

/// Personal values that an entry needs are not there: lawfully, if another says that they were erased.
async fn erased_at(store: &Arc<dyn Store>, row: &InstanceRow, sequence: u64) -> EngineResult<Course> {
    let mut after = sequence;
    loop {
        let page = entries(store, row, after).await?;
        let Some(end) = page.last() else { break };
        after = end.sequence;
        let is_erasure = |bytes: &str| EntryText::read(bytes).is_ok_and(|entry| entry.input_kind() == "erasure");
        if page.iter().any(|entry| is_erasure(&entry.bytes)) {
            return Ok(Course::Erased);
        }
    }
    let detail = "personal values that it needs are not there, and no entry says that they were erased".into();
    Ok(Course::Different { sequence, detail })
}
