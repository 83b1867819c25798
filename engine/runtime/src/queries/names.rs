//! Who or what instances are, beside their keys: the fields that their workflow is called by.
//!
//! # Invariants
//! - A reader is told the fields that they see, of the instances that they see, and nothing of the others.
//! - What is called so is the live definition's to say, of instances of older ones too: as views have their columns from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::Actor;
use statewright_core::value::Value;
use statewright_core::value::text::to_text;

use super::Queries;
use super::shown::personal;
use super::walk::Hit;
use crate::error::EngineResult;
use crate::registry::Known;
use crate::store::IndexedValue;

impl Queries {
    /// Of these instances, each with the live definition of its workflow, those of which the actor is told something.
    pub(crate) async fn names(
        &self,
        instances: &BTreeMap<InstanceId, Arc<Known>>,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<Vec<Hit>> {
        let ids: Vec<InstanceId> = instances.keys().copied().collect();
        let mut named = Vec::new();
        for (id, sight) in self.sights_of(&ids, actor, now).await? {
            let Some(live) = instances.get(&id) else { continue };
            let data = &sight.instance.snapshot.data;
            let seen = live.chart.called.iter().filter(|field| sight.shows(field));
            let told: Vec<(&Arc<str>, &Value)> = seen.filter_map(|field| Some((field, data.get(field)?))).collect();
            let matched: Vec<IndexedValue> = told
                .iter()
                .filter_map(|(field, value)| Some(((*field).clone(), part(value)?)))
                .collect();
            if !matched.is_empty() {
                named.push(Hit {
                    shown: sight.shown(actor, now)?,
                    personal: personal(&sight.instance.known.chart, told.into_iter()),
                    matched,
                });
            }
        }
        Ok(named)
    }
}

/// What a value adds to a name. A year tells people of one name apart, and says less than the day.
fn part(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Null => None,
        Value::Date(date) => Some(date.year().to_string().into()),
        value => Some(to_text(value, None).into()).filter(|text: &Arc<str>| !text.is_empty()),
    }
}
