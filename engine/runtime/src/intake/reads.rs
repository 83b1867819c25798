//! What a step has to see of other instances: looked up, cut down to what its chart names, and given to it as facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Fact, Facts, Needs, ReadRequest, Snapshot, view};
use statewright_core::value::Value;

use super::cache::SnapshotCache;
use crate::clock::Entropy;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::instances::{Instance, Instances, Personal};

pub struct Reader {
    instances: Arc<Instances>,
    entropy: Arc<dyn Entropy>,
}

/// Subjects of reads, as they are now. One that cannot be read back fails whoever asked for it.
pub type Subjects = BTreeMap<InstanceId, EngineResult<Option<Instance>>>;

impl Reader {
    pub fn new(instances: Arc<Instances>, entropy: Arc<dyn Entropy>) -> Self {
        Reader { instances, entropy }
    }

    /// Looks up what all these needs ask for, with one query for those that are not kept in memory. A kept one may be out of
    /// date; the commit compares, so pass `None` where nothing is committed.
    pub async fn subjects<'a>(
        &self,
        needs: impl Iterator<Item = &'a Needs>,
        cache: Option<&SnapshotCache>,
    ) -> EngineResult<Subjects> {
        let mut ids: Vec<InstanceId> = Vec::new();
        for needs in needs {
            ids.extend(needs.reads.iter().map(subject));
            if let Some(name) = &needs.calendar {
                // from memory, unless this node has not heard of it yet
                self.instances.calendars().find(name).await?;
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let kept = match cache {
            Some(cache) => cache.get(ids.iter().copied()),
            None => vec![None; ids.len()],
        };
        let (kept, missing): (Vec<_>, Vec<_>) = ids.into_iter().zip(kept).partition(|(_, kept)| kept.is_some());
        let mut subjects: Subjects = kept.into_iter().map(|(id, kept)| (id, Ok(kept))).collect();
        let missing: Vec<InstanceId> = missing.into_iter().map(|(id, _)| id).collect();
        let loaded = self.instances.load(&missing, Personal::Without).await?;
        subjects.extend(missing.into_iter().zip(loaded));
        Ok(subjects)
    }

    /// Adds what one step asked for to its facts. `own`: the instance that is stepped sees itself as its step does.
    pub fn fill(
        &self,
        facts: &mut Facts,
        needs: &Needs,
        chart: &Chart,
        own: Option<&Snapshot>,
        subjects: &Subjects,
        now: Timestamp,
    ) -> EngineResult<()> {
        if needs.entropy && facts.entropy.is_none() {
            facts.entropy = Some(self.entropy.draw());
        }
        if let Some(name) = &needs.calendar {
            let calendar = self.instances.calendars().known(name);
            let absent = || EngineError::Damaged(format!("the calendar `{name}` is needed and not there"));
            facts.calendar = Some(calendar.ok_or_else(absent)?);
        }
        for request in &needs.reads {
            let fact = fact_of(request, chart, own, subjects, now)?;
            facts.views.insert((request.read.clone(), request.key.clone()), fact);
        }
        Ok(())
    }

    /// The same for what is asked and not committed: from the store, never from memory.
    pub async fn find(
        &self,
        facts: &mut Facts,
        needs: &Needs,
        chart: &Chart,
        own: &Snapshot,
        now: Timestamp,
    ) -> EngineResult<()> {
        let subjects = self.subjects(std::iter::once(needs), None).await?;
        self.fill(facts, needs, chart, Some(own), &subjects, now)
    }
}

fn subject(request: &ReadRequest) -> InstanceId {
    InstanceId::of(&request.workflow, &request.key)
}

fn fact_of(
    request: &ReadRequest,
    chart: &Chart,
    own: Option<&Snapshot>,
    subjects: &Subjects,
    now: Timestamp,
) -> EngineResult<Fact> {
    let instance = subject(request);
    let paths = chart.reads.get(&request.read).map_or(&[][..], |read| &read.paths);
    if let Some(own) = own.filter(|own| own.instance == instance) {
        let view = guarded(|| Ok(view(chart, own, Some(paths), now)))?;
        return Ok(Fact {
            instance,
            sequence: own.sequence,
            view,
        });
    }
    match subjects.get(&instance) {
        Some(Ok(Some(found))) => {
            let view = guarded(|| Ok(view(&found.known.chart, &found.snapshot, Some(paths), now)))?;
            Ok(Fact {
                instance,
                sequence: found.snapshot.sequence,
                view,
            })
        }
        Some(Err(error)) => Err(error.clone()),
        Some(Ok(None)) => Ok(Fact {
            instance,
            sequence: 0,
            view: Value::Null,
        }),
        None => Err(EngineError::Damaged(format!(
            "{}/{} was not looked up",
            request.workflow, request.key
        ))),
    }
}
