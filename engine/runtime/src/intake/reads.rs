//! What a step has to see of other instances: looked up, cut down to what its chart names, and given to it as facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, TableVersion};
use statewright_core::identity::InstanceId;
use statewright_core::step::{
    BlindKey, Fact, Facts, FindRequest, Look, Needs, ReadRequest, Snapshot, Sought, Stood, task_title, view,
};
use statewright_core::value::Value;

use super::cache::SnapshotCache;
use crate::body::{mark_value, task_value};
use crate::clock::Entropy;
use crate::directory::Directory;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::instances::{Instance, Instances, Personal};
use crate::store::{FindQuery, MarkQuery, MarkRow, OpenTaskQuery, TaskRow};

pub struct Reader {
    instances: Arc<Instances>,
    directory: Arc<Directory>,
    entropy: Arc<dyn Entropy>,
}

/// Subjects of reads, as they are now. One that cannot be read back fails whoever asked for it.
#[derive(Default)]
pub struct Subjects {
    instances: BTreeMap<InstanceId, EngineResult<Option<Instance>>>,
    /// What was found by fields, by marks and by tasks, of each request.
    found: BTreeMap<FindRequest, EngineResult<Found>>,
}

/// What one request finds.
enum Found {
    Count(u64),
    Marks(Vec<MarkRow>),
    /// Each with the instance whose it is.
    Tasks(Vec<(TaskRow, Instance)>),
    /// In the order in which they were found.
    Instances(Vec<Instance>),
}

impl Reader {
    pub fn new(instances: Arc<Instances>, directory: Arc<Directory>, entropy: Arc<dyn Entropy>) -> Self {
        Reader {
            instances,
            directory,
            entropy,
        }
    }

    /// Looks up what all these needs ask for, with one query for those that are not kept in memory. A kept one may be out of
    /// date; the commit compares, so pass `None` where nothing is committed.
    pub async fn subjects<'a>(
        &self,
        needs: impl Iterator<Item = &'a Needs>,
        cache: Option<&SnapshotCache>,
    ) -> EngineResult<Subjects> {
        let mut ids: Vec<InstanceId> = Vec::new();
        let mut found = BTreeMap::new();
        for needs in needs {
            ids.extend(needs.reads.iter().map(subject));
            for request in &needs.finds {
                if found.contains_key(request) {
                    continue;
                }
                // what is damaged stops whoever looks for it, and nobody else
                let looked = match self.look_for(request).await {
                    Err(error) if error.passes() => return Err(error),
                    looked => looked,
                };
                found.insert(request.clone(), looked);
            }
            if let Some(name) = &needs.calendar {
                // from memory, unless this node has not heard of it yet
                self.instances.calendars().find(name).await?;
            }
            for name in &needs.tables {
                self.instances.tables().find(name).await?;
            }
            self.directory.hear_of_units(&needs.units).await?;
        }
        ids.sort_unstable();
        ids.dedup();
        let kept = match cache {
            Some(cache) => cache.get(ids.iter().copied()),
            None => vec![None; ids.len()],
        };
        let (kept, missing): (Vec<_>, Vec<_>) = ids.into_iter().zip(kept).partition(|(_, kept)| kept.is_some());
        let mut subjects: BTreeMap<_, _> = kept.into_iter().map(|(id, kept)| (id, Ok(kept))).collect();
        let missing: Vec<InstanceId> = missing.into_iter().map(|(id, _)| id).collect();
        let loaded = self.instances.load(&missing, Personal::Without).await?;
        subjects.extend(missing.into_iter().zip(loaded));
        let instances = subjects;
        Ok(Subjects { instances, found })
    }

    /// By the index of fields, of marks or of tasks, as it is in the store.
    async fn look_for(&self, request: &FindRequest) -> EngineResult<Found> {
        let store = self.instances.store();
        if let Sought::Tasks = &request.sought {
            let query = OpenTaskQuery {
                conditions: request.conditions.clone(),
                limit: request.limit + 1,
            };
            return Ok(match request.count {
                true => Found::Count(store.count_open_tasks(&query).await?),
                false => Found::Tasks(self.with_instances(store.open_tasks(&query).await?.rows).await?),
            });
        }
        if let Sought::Marks(name) = &request.sought {
            let query = MarkQuery {
                name: name.clone(),
                conditions: request.conditions.clone(),
                instances: None,
                since_us: request.since.map(Timestamp::as_microsecond),

                until_us: None,
                limit: request.limit + 1,
            };
            return Ok(match request.count {
                true => Found::Count(store.count_marks(&query).await?),
                false => Found::Marks(store.marks(&query).await?.rows),
            });
        }
        let query = find_query(request, &self.instances.blind_key().await?);
        if request.count {
            return Ok(Found::Count(store.count_found(&query).await?));
        }
        let page = store.find(&query).await?;
        let ids: Vec<InstanceId> = page.rows.iter().map(|(id, _)| *id).collect();
        let mut instances = Vec::with_capacity(ids.len());
        for loaded in self.instances.load(&ids, Personal::Without).await? {
            instances.extend(loaded?);
        }
        Ok(Found::Instances(instances))
    }

    async fn with_instances(&self, rows: Vec<TaskRow>) -> EngineResult<Vec<(TaskRow, Instance)>> {
        let ids: Vec<InstanceId> = rows.iter().map(|row| row.instance).collect();
        let mut found = Vec::with_capacity(rows.len());
        for (row, loaded) in rows.into_iter().zip(self.instances.load(&ids, Personal::Without).await?) {
            found.extend(loaded?.map(|instance| (row, instance)));
        }
        Ok(found)
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
            let absent = || EngineError::Damaged(self.instances.calendars().absence(name));
            facts.calendar = Some(calendar.ok_or_else(absent)?);
        }
        if !needs.tables.is_empty() {
            self.hand_in(facts, needs, chart)?;
        }
        if !needs.units.is_empty() {
            facts.units = Some(self.directory.units());
        }
        for request in &needs.finds {
            if let Some(found) = subjects.found.get(request) {
                let found = found.as_ref().map_err(EngineError::clone)?;
                let value = found_value(found, request, chart, now)?;
                facts.found.insert((request.read.clone(), request.text()), value);
                facts.looked.push(Look {
                    request: request.clone(),
                    stood: found.stood(),
                });
            }
        }
        for request in &needs.reads {
            let fact = fact_of(request, chart, own, subjects, now)?;
            facts.views.insert((request.read.clone(), request.key.clone()), fact);
        }
        Ok(())
    }

    /// All live tables of the chart at once, since each that is asked would take a round of its own. What was not asked is no fault yet.
    fn hand_in(&self, facts: &mut Facts, needs: &Needs, chart: &Chart) -> EngineResult<()> {
        for declared in chart.tables.by_name.values().filter(|table| table.live) {
            match self.table(&declared.name, chart) {
                Ok(version) if facts.tables.get(&declared.name).is_none() => facts.tables.insert(version),
                Err(error) if needs.tables.contains(&declared.name) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The version in force of a live table that a chart asks.
    fn table(&self, name: &str, chart: &Chart) -> EngineResult<Arc<TableVersion>> {
        let tables = self.instances.tables();
        let version = tables.known(name).ok_or_else(|| EngineError::Damaged(tables.absence(name)))?;
        let declared = chart.tables.by_name.get(name);
        let broken = declared.map_or_else(Vec::new, |declared| declared.broken_by(&version.table));
        match broken.is_empty() {
            true => Ok(version),
            // no deployment lets it come to this; what was changed behind the engine is not asked all the same
            false => Err(EngineError::Damaged(format!(
                "the table `{name}` as it is live does not fit definition {} of `{}`: {}; deploy one that does",
                chart.definition,
                chart.workflow,
                broken.join("; ")
            ))),
        }
    }

    /// The same for what is asked and not committed: from the store, never from memory.
    pub async fn find(
        &self,
        facts: &mut Facts,
        needs: &Needs,
        chart: &Chart,
        own: Option<&Snapshot>,
        now: Timestamp,
    ) -> EngineResult<()> {
        let subjects = self.subjects(std::iter::once(needs), None).await?;
        self.fill(facts, needs, chart, own, &subjects, now)
    }
}

impl Found {
    fn stood(&self) -> Stood {
        match self {
            Found::Count(count) => Stood::Counted(*count),
            Found::Marks(_) | Found::Tasks(_) => Stood::Other,
            Found::Instances(instances) => {
                let stood = instances
                    .iter()
                    .map(|found| (found.snapshot.instance, found.snapshot.sequence));
                Stood::Instances(stood.collect())
            }
        }
    }
}

/// What the store is asked for a request for instances: one more than may be found.
pub(super) fn find_query(request: &FindRequest, key: &BlindKey) -> FindQuery {
    let workflow = match &request.sought {
        Sought::Instances(workflow) => workflow.clone(),
        Sought::Marks(_) | Sought::Tasks => Arc::default(),
    };
    let blind = request.blind.iter().map(|condition| condition.indexed(&workflow, key));
    let conditions = request.conditions.iter().cloned().chain(blind).collect();
    FindQuery {
        workflow,
        conditions,
        states: request.states.clone(),
        after: None,
        limit: request.limit + 1,
    }
}

/// As the step sees it: how many, the marks, the tasks, or the views.
fn found_value(found: &Found, request: &FindRequest, chart: &Chart, now: Timestamp) -> EngineResult<Value> {
    match found {
        Found::Count(count) => Ok(Value::Integer(i64::try_from(*count).unwrap_or(i64::MAX))),
        Found::Marks(rows) => Ok(Value::from_items(rows.iter().filter_map(mark_value).collect())),
        Found::Tasks(tasks) => {
            let of = |(row, of): &(TaskRow, Instance)| {
                let title = guarded(|| Ok(task_title(&of.known.chart, &of.snapshot, &row.name, now)))?;
                Ok(task_value(row, title))
            };
            let values: EngineResult<Vec<Option<Value>>> = tasks.iter().map(of).collect();
            Ok(Value::from_items(values?.into_iter().flatten().collect()))
        }
        Found::Instances(instances) => {
            let mut paths = chart
                .reads
                .get(&request.read)
                .map_or_else(Vec::new, |read| read.paths.clone());
            // what every row is told from others by, and put in order
            paths.extend(["key", "since", "workflow"].map(|name| vec![Arc::from(name)]));
            let of = |found: &Instance| guarded(|| Ok(view(&found.known.chart, &found.snapshot, Some(&paths), now)));
            let views: Result<Vec<Value>, _> = instances.iter().map(of).collect();
            Ok(Value::from_items(views?))
        }
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
    match subjects.instances.get(&instance) {
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
