//! What a reading is recorded as.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::{Object, Value};

use super::log::Record;
use crate::queries::{Hit, Past, Queued, Row, Shown};
use crate::store::{IndexedValue, MARK_PAIRS_MAX};

/// Pairs beside those of instances: the reader, for whom they stand in, and the workflow.
const OTHER_PAIRS: usize = 3;

/// Instances of one record: more of one answer are several records.
const INSTANCES_MAX: usize = MARK_PAIRS_MAX - OTHER_PAIRS;

/// By what people are looked for.
pub(crate) const SEARCH: &str = "search";

pub(super) const WHO: &str = "who";
pub(super) const WORKFLOW: &str = "workflow";
pub(super) const INSTANCE: &str = "instance";

tokio::task_local! {
    /// The request that is being answered, as the log of the server names it.
    static REQUEST: Arc<str>;
}

/// Does something on behalf of a request: what is read meanwhile is recorded under its name.
pub async fn in_request<T>(name: Arc<str>, work: impl Future<Output = T>) -> T {
    REQUEST.scope(name, work).await
}

/// Why somebody was shown something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A rule of the workflow's `access`.
    Rule,
    /// They had opened it.
    BreakGlass,
    /// It stands beside a task of theirs.
    Task,
}

impl Why {
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Rule => "rule",
            Why::BreakGlass => "break_glass",
            Why::Task => "task",
        }
    }
}

/// Personal data of one instance in an answer.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    workflow: Arc<str>,
    key: Arc<str>,
    instance: InstanceId,
    fields: Vec<Arc<str>>,
    why: Why,
    /// As of when, and after which entry; None: as it stood when it was asked for.
    past: Option<(Timestamp, u64)>,
}

impl Told {
    /// None: it holds none.
    pub fn of_past(past: &Past) -> Option<Told> {
        let told = Told::of_shown(&past.shown)?;
        Some(Told {
            past: Some((past.at, past.shown.sequence)),
            ..told
        })
    }

    /// None: it holds none.
    pub fn of_row(row: &Row) -> Option<Told> {
        (!row.personal.is_empty()).then(|| Told {
            workflow: row.workflow.clone(),
            key: row.key.clone(),
            instance: row.instance,
            fields: row.personal.clone(),
            why: if row.is_open { Why::BreakGlass } else { Why::Rule },
            past: None,
        })
    }

    /// None: it holds none.
    pub fn of_shown(shown: &Shown) -> Option<Told> {
        (!shown.personal.is_empty()).then(|| Told {
            workflow: shown.workflow.clone(),
            key: shown.key.clone(),
            instance: shown.instance,
            fields: shown.personal.clone(),
            why: if shown.open_until.is_some() {
                Why::BreakGlass
            } else {
                Why::Rule
            },
            past: None,
        })
    }

    /// None: it holds none.
    pub fn of_hit(hit: &Hit) -> Option<Told> {
        (!hit.personal.is_empty()).then(|| Told {
            workflow: hit.shown.workflow.clone(),
            key: hit.shown.key.clone(),
            instance: hit.shown.instance,
            fields: hit.personal.clone(),
            why: if hit.shown.open_until.is_some() {
                Why::BreakGlass
            } else {
                Why::Rule
            },
            past: None,
        })
    }

    /// None: it holds none.
    pub fn of_task(queued: &Queued) -> Option<Told> {
        (!queued.personal.is_empty()).then(|| Told {
            workflow: queued.workflow.clone(),
            key: queued.key.clone(),
            instance: queued.instance,
            fields: queued.personal.clone(),
            why: Why::Task,
            past: None,
        })
    }
}

/// What the instances of one record have in common: the workflow, the reason, the fields, the moment.
type Likeness = (Arc<str>, Why, Vec<Arc<str>>, Option<(Timestamp, u64)>);

/// The records of one answer: one for each workflow, reason and set of fields, and more if there are many instances. None for whoever is no
/// person.
pub(crate) fn records(actor: &Actor, by: &str, told: impl IntoIterator<Item = Told>) -> Vec<Record> {
    if actor.kind != ActorKind::Person {
        return Vec::new();
    }
    let mut alike: BTreeMap<Likeness, Vec<(Arc<str>, InstanceId)>> = BTreeMap::new();
    for Told {
        workflow,
        key,
        instance,
        fields,
        why,
        past,
    } in told
    {
        alike.entry((workflow, why, fields, past)).or_default().push((key, instance));
    }
    let mut records = Vec::new();
    for ((workflow, why, fields, past), mut instances) in alike {
        instances.sort();
        instances.dedup();
        for instances in instances.chunks(INSTANCES_MAX) {
            let named = instances.iter().map(|(key, _)| Value::from_text(key)).collect();
            let fields = fields.iter().map(|field| Value::from_text(field)).collect();
            let mut members = vec![
                ("fields", Value::from_items(fields)),
                ("keys", Value::from_items(named)),
                ("why", Value::from_text(why.as_str())),
            ];
            if let Some((moment, entry)) = past {
                members.push(("moment", Value::from_instant(moment)));
                members.push(("entry", Value::Integer(i64::try_from(entry).unwrap_or(i64::MAX))));
            }
            let ids = instances.iter().map(|(_, id)| *id);
            records.push(record(actor, by, &workflow, members, ids));
        }
    }
    records
}

/// That somebody looked for people, in which fields of which workflows. By which words stands nowhere.
pub(crate) fn searches(actor: &Actor, asked: &[(Arc<str>, Vec<Arc<str>>)]) -> Vec<Record> {
    if actor.kind != ActorKind::Person {
        return Vec::new();
    }
    let search = |(workflow, fields): &(Arc<str>, Vec<Arc<str>>)| {
        let fields = fields.iter().map(|field| Value::from_text(field)).collect();
        record(actor, SEARCH, workflow, vec![("fields", Value::from_items(fields))], [])
    };
    asked.iter().map(search).collect()
}

/// That somebody was refused. Whether there is such an instance is not said, and how it was called only by the digest of it: it may
/// have been called anything.
pub(crate) fn refusal(actor: &Actor, by: &str, workflow: &Arc<str>, instance: InstanceId) -> Vec<Record> {
    if actor.kind != ActorKind::Person {
        return Vec::new();
    }
    let members = vec![
        ("instance", Value::from_text(&instance.to_string())),
        ("refused", Value::Boolean(true)),
    ];
    vec![record(actor, by, workflow, members, [instance])]
}

fn record(
    actor: &Actor,
    by: &str,
    workflow: &Arc<str>,
    members: Vec<(&str, Value)>,
    instances: impl IntoIterator<Item = InstanceId>,
) -> Record {
    let mut act: Object = members.into_iter().map(|(name, value)| (Arc::from(name), value)).collect();
    act.insert("act".into(), Value::from_text("read"));
    act.insert("by".into(), Value::from_text(by));
    act.insert("workflow".into(), Value::from_text(workflow));
    if let Ok(request) = REQUEST.try_with(Clone::clone) {
        act.insert("request".into(), Value::from_text(&request));
    }
    let mut index: Vec<IndexedValue> = vec![(WORKFLOW.into(), workflow.clone()), (WHO.into(), actor.id.clone())];
    index.extend(actor.on_behalf_of.iter().map(|away| (Arc::from(WHO), away.clone())));
    index.extend(
        instances
            .into_iter()
            .map(|instance| (Arc::from(INSTANCE), instance.to_string().into())),
    );
    index.sort();
    index.dedup();
    Record {
        actor: actor.clone(),
        act: Value::from_fields(act),
        index,
    }
}
