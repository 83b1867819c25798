//! What a step saw of other instances, and what it still has to see.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::blind::{BlindCondition, sealed};
use super::topic;
use crate::chart::TableVersion;
use crate::field::Units;
use crate::identity::InstanceId;
use crate::time::CalendarVersion;
use crate::value::Value;

/// What was looked up for one step. Recorded with the input, so that replay reads nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// By read name and resolved key: the same read may be asked with several keys in one step.
    pub views: BTreeMap<(Arc<str>, Arc<str>), Fact>,
    /// What reads found that look for more than one, by read name and [`FindRequest::text`].
    pub found: BTreeMap<(Arc<str>, Arc<str>), Value>,
    /// What was looked for to find them, for the commit. Replay, which commits nothing, has none.
    pub looked: Vec<Look>,
    /// Drawn by the shell when a step asks for it.
    pub entropy: Option<[u8; 32]>,
    /// The calendar that the chart names, as it is live: handed in when a step asks for it.
    pub calendar: Option<Arc<CalendarVersion>>,
    /// The live tables that the step asks, each as it is in force: handed in when a step asks for it.
    pub tables: TableFacts,
    /// The units that there are: handed in when a step is given one.
    pub units: Option<Arc<Units>>,
}

/// Versions that a step is handed, by their tables. Most steps are handed none, which takes them one word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableFacts(Option<Arc<BTreeMap<Arc<str>, Arc<TableVersion>>>>);

impl TableFacts {
    pub fn get(&self, table: &str) -> Option<&Arc<TableVersion>> {
        self.0.as_ref()?.get(table)
    }

    pub fn insert(&mut self, version: Arc<TableVersion>) {
        let versions = Arc::make_mut(self.0.get_or_insert_default());
        versions.insert(version.table.name.clone(), version);
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub instance: InstanceId,
    /// Its sequence when it was seen; 0 if there was none. Compared again in the commit.
    pub sequence: u64,
    /// Only the paths that the chart names; null if there was none.
    pub view: Value,
}

/// One request, with what stood there when it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub request: FindRequest,
    pub stood: Stood,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stood {
    /// So many were counted.
    Counted(u64),
    /// These instances, each at its sequence, in the order of their identifiers.
    Instances(Vec<(InstanceId, u64)>),
    /// Marks or tasks, which are never compared.
    Other,
}

/// A step that cannot go on without these. It is called again with them, from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub reads: Vec<ReadRequest>,
    pub finds: Vec<FindRequest>,
    pub entropy: bool,
    /// The name of the calendar that business time is to be counted along.
    pub calendar: Option<Arc<str>>,
    /// The names of live tables that are asked.
    pub tables: Vec<Arc<str>>,
    /// Names that were given for units.
    pub units: Vec<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadRequest {
    pub read: Arc<str>,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
}

/// Something to be looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindRequest {
    pub read: Arc<str>,
    pub sought: Sought,
    /// Field → any of these values, as [`index_text`](super::index_text) writes them; each must hold.
    pub conditions: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// Personal fields, each of which must hold as well.
    pub blind: Vec<BlindCondition>,
    pub states: Vec<Arc<str>>,
    pub since: Option<jiff::Timestamp>,
    /// One more than may be found is asked for.
    pub limit: usize,
    /// Only how many: the answer is a number, else a list of views, of marks (`instance`, `at`, `actor`, `values`) or of tasks (`instance`,
    /// `workflow`, `key`, `name`, `title`, `holder`, `opened`, `due`, `priority`).
    pub count: bool,
    /// Compared again in the commit.
    pub exact: bool,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sought {
    /// Instances of this workflow.
    Instances(Arc<str>),
    /// Marks of this name.
    Marks(Arc<str>),
    /// Open tasks.
    Tasks,
}

impl FindRequest {
    /// Under which of these whoever comes to be found, or ceases to be, is found as well: whoever waits for a change watches them.
    pub fn topics(&self) -> Vec<InstanceId> {
        // to be found, all conditions must hold: the first alone says where to look
        let first = self.conditions.first();
        let of_first = first.into_iter().flat_map(|(field, values)| {
            let of = |value: &Arc<str>| match &self.sought {
                Sought::Instances(workflow) => topic::of_field(workflow, field, value),
                Sought::Marks(name) => topic::of_mark(name, field, value),
                Sought::Tasks => topic::of_task(field, value),
            };
            values.iter().map(of)
        });
        let mut topics: Vec<InstanceId> = of_first.collect();
        if let Sought::Instances(workflow) = &self.sought {
            topics.extend(first.is_none().then(|| topic::of_personal(workflow)));
        }
        if let Sought::Marks(name) = &self.sought {
            topics.push(topic::of_marks_back(name));
            topics.extend(first.is_none().then(|| topic::of_marks(name)));
        }
        topics
    }

    /// Its canonical text, by which its fact is found again.
    pub fn text(&self) -> Arc<str> {
        let texts = |texts: &[Arc<str>]| Value::from_items(texts.iter().cloned().map(Value::Text).collect());
        let conditions = self.conditions.iter().map(|(field, values)| (field.clone(), texts(values)));
        let mut fields = crate::value::Object::from([("where".into(), Value::from_fields(conditions.collect()))]);
        match &self.sought {
            Sought::Instances(workflow) => fields.insert("workflow".into(), Value::Text(workflow.clone())),
            Sought::Marks(name) => fields.insert("marks".into(), Value::Text(name.clone())),
            Sought::Tasks => fields.insert("tasks".into(), Value::Boolean(true)),
        };
        if !self.blind.is_empty() {
            fields.insert("blind".into(), sealed(&self.blind));
        }
        if !self.states.is_empty() {
            fields.insert("in".into(), texts(&self.states));
        }
        if let Some(since) = self.since {
            fields.insert("since".into(), Value::from_instant(since));
        }
        if self.count {
            fields.insert("count".into(), Value::Boolean(true));
        }
        crate::value::canonical::to_canonical(&Value::from_fields(fields)).into()
    }
}
