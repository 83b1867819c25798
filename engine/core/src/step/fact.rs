//! What a step saw of other instances, and what it still has to see.

use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// Drawn by the shell when a step asks for it.
    pub entropy: Option<[u8; 32]>,
    /// The calendar that the chart names, as it is live: handed in when a step asks for it.
    pub calendar: Option<Arc<CalendarVersion>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub instance: InstanceId,
    /// Its sequence when it was seen; 0 if there was none. Compared again in the commit.
    pub sequence: u64,
    /// Only the paths that the chart names; null if there was none.
    pub view: Value,
}

/// A step that cannot go on without these. It is called again with them, from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub reads: Vec<ReadRequest>,
    pub finds: Vec<FindRequest>,
    pub entropy: bool,
    /// The name of the calendar that business time is to be counted along.
    pub calendar: Option<Arc<str>>,
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
    /// The name of the marks; None: instances of the workflow.
    pub marks: Option<Arc<str>>,
    pub workflow: Arc<str>,
    /// Field → any of these values, as [`index_text`](super::index_text) writes them; each must hold.
    pub conditions: Vec<(Arc<str>, Vec<Arc<str>>)>,
    pub states: Vec<Arc<str>>,
    pub since: Option<jiff::Timestamp>,
    /// One more than may be found is asked for.
    pub limit: usize,
    /// Only how many: the answer is a number, else a list of views or of marks (`instance`, `at`, `actor`, `values`).
    pub count: bool,
}

impl FindRequest {
    /// Its canonical text, by which its fact is found again.
    pub fn text(&self) -> Arc<str> {
        let texts = |texts: &[Arc<str>]| Value::from_items(texts.iter().cloned().map(Value::Text).collect());
        let conditions = self.conditions.iter().map(|(field, values)| (field.clone(), texts(values)));
        let mut fields = crate::value::Object::from([("where".into(), Value::from_fields(conditions.collect()))]);
        match &self.marks {
            Some(name) => fields.insert("marks".into(), Value::Text(name.clone())),
            None => fields.insert("workflow".into(), Value::Text(self.workflow.clone())),
        };
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
