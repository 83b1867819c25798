//! Instances by the values of their fields and by their states: all of them are looked at for every question.

use statewright_core::identity::InstanceId;

use super::contents::Contents;
use crate::store::field::STATE;
use crate::store::{FindPage, FindQuery, Write};

impl Contents {
    pub(super) fn apply_index(&mut self, write: &Write) {
        let instance = write.instance;
        if write.index.is_some() {
            self.fields.retain(|(of, field, _), _| *of != instance || **field == *STATE);
        }
        if write.states.is_some() {
            let is_state = |field: &str, value: &str| field == STATE && value != STATE;
            self.fields
                .retain(|(of, field, value), _| *of != instance || !is_state(field, value));
        }
        let pairs = write.index.iter().flatten().cloned();
        let states = write.states.iter().flatten().map(|state| (STATE.into(), state.clone()));
        let every = (write.index.is_some() || write.states.is_some()).then(|| (STATE.into(), STATE.into()));
        for (field, value) in pairs.chain(states).chain(every) {
            self.fields.insert((instance, field, value), write.next.workflow.clone());
        }
    }

    pub(super) fn find(&self, query: &FindQuery) -> FindPage {
        let later = self
            .instances_that_meet(query)
            .filter(|id| query.after.is_none_or(|after| *id > after));
        let mut rows: Vec<(InstanceId, u64)> = later.filter_map(|id| Some((id, self.instances.get(&id)?.sequence))).collect();
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        FindPage { rows, more }
    }

    pub(super) fn count_found(&self, query: &FindQuery) -> u64 {
        self.instances_that_meet(query).count() as u64
    }

    fn instances_that_meet(&self, query: &FindQuery) -> impl Iterator<Item = InstanceId> {
        let conditions = query.all_conditions();
        let has = |id: InstanceId, field: &_, value: &_| {
            let place = (id, std::sync::Arc::clone(field), std::sync::Arc::clone(value));
            self.fields.get(&place) == Some(&query.workflow)
        };
        self.instances.keys().copied().filter(move |id| {
            conditions
                .iter()
                .all(|(field, values)| values.iter().any(|value| has(*id, field, value)))
        })
    }
}
