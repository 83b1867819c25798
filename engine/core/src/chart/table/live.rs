//! Tables that change while the definitions that ask them stay: what a definition counts on, and whether a version keeps it.

use super::{Answer, Body, Decision, LookUp, Table};
use crate::field::{Field, Fields};
use crate::identity::Digest;
use crate::value::{Object, Value};

/// A version of a live table.
#[derive(Clone, Debug)]
pub struct TableVersion {
    /// The digest of its files.
    pub version: Digest,
    pub table: Table,
}

/// The digest says what it is made of.
impl PartialEq for TableVersion {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

impl Eq for TableVersion {}

impl Table {
    /// What a definition that holds this declaration counts on and this version does not keep, in sentences about the table; empty where
    /// it can be asked in its place. Whatever the definition may give must be taken, and whatever is answered must be what the definition
    /// expects: inputs may take more than before, and answers be fewer, but not the other way round.
    pub fn broken_by(&self, version: &Table) -> Vec<String> {
        match (&self.body, &version.body) {
            (Body::LookUp(declared), Body::LookUp(version)) => declared.broken_by(version),
            (Body::Decision(declared), Body::Decision(version)) => declared.broken_by(version),
            (Body::LookUp(_), Body::Decision(_)) => vec!["it is looked up no more".into()],
            (Body::Decision(_), Body::LookUp(_)) => vec!["it decides no more".into()],
        }
    }

    /// An answer of a version, as the definition that holds this declaration knows it: what was added since is left out, and what may be
    /// empty and is not there any more is empty.
    pub fn as_declared(&self, answer: Value) -> Value {
        let fields = match &self.body {
            Body::LookUp(look_up) => &look_up.columns,
            Body::Decision(decision) => match &decision.answer {
                Answer::First(fields) | Answer::Unique(fields) => fields,
                Answer::Collect(_) => return answer,
            },
        };
        let Value::Object(given) = &answer else { return answer };
        let field = |field: &Field| (field.name.clone(), given.get(&field.name).cloned().unwrap_or(Value::Null));
        Value::from_fields(fields.list.iter().map(field).collect::<Object>())
    }
}

impl LookUp {
    fn broken_by(&self, version: &LookUp) -> Vec<String> {
        if self.key != version.key {
            return vec![format!("its key is `{}`, no more `{}`", version.key, self.key)];
        }
        let mut broken = answers_broken(&self.columns, &version.columns);
        let keys = self.key_column().zip(version.key_column());
        if let Some((declared, now)) = keys
            && declared.schema.expression_type() != now.schema.expression_type()
        {
            broken.push(format!(
                "its key is {}, no more {}",
                now.schema.expression_type(),
                declared.schema.expression_type()
            ));
        }
        broken
    }
}

impl Decision {
    fn broken_by(&self, version: &Decision) -> Vec<String> {
        let mut broken = Vec::new();
        for declared in &self.inputs.list {
            let name = &declared.name;
            match version.inputs.get(name) {
                None => broken.push(format!("it has no input `{name}` any more")),
                Some(now) if now.is_personal() && !declared.is_personal() => {
                    broken.push(format!("its input `{name}` is personal now, and would stand in the trail"));
                }
                Some(now) if declared.optional && now.is_required() => broken.push(format!("its input `{name}` is needed now")),
                Some(now) => broken.extend(
                    declared
                        .schema
                        .beyond(&now.schema)
                        .map(|beyond| format!("its input `{name}` takes less: {beyond}")),
                ),
            }
        }
        let new = version
            .inputs
            .list
            .iter()
            .filter(|input| self.inputs.get(&input.name).is_none());
        let needed = new.filter(|input| input.is_required());
        broken.extend(needed.map(|input| format!("it needs an input `{}`, which nobody gives it", input.name)));
        if let (Some(declared), Some(now)) = (self.answered(), version.answered()) {
            broken.extend(answers_broken(declared, now));
        }
        broken
    }

    /// The fields of an answer, where they are declared.
    fn answered(&self) -> Option<&Fields> {
        match &self.answer {
            Answer::First(fields) | Answer::Unique(fields) => Some(fields),
            Answer::Collect(_) => None,
        }
    }
}

fn answers_broken(declared: &Fields, now: &Fields) -> Vec<String> {
    let mut broken = Vec::new();
    for field in &declared.list {
        let name = &field.name;
        match now.get(name) {
            None if field.optional => {}
            None => broken.push(format!("it gives no `{name}` any more")),
            Some(now) if now.optional && !field.optional => broken.push(format!("its `{name}` may be empty now")),
            Some(now) => broken.extend(
                now.schema
                    .beyond(&field.schema)
                    .map(|beyond| format!("its `{name}` may be something else: {beyond}")),
            ),
        }
    }
    broken
}
