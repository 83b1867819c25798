//! Instances by the values of their fields and by their states: all of them are looked at for every question.

use statewright_core::identity::InstanceId;

use super::contents::Contents;
use crate::store::field::replace;
use crate::store::{FindPage, FindQuery, FoundBefore, FoundThen, Write};

impl Contents {
    pub(super) fn apply_index(&mut self, write: &Write) {
        replace(self.fields.entry(write.instance).or_default(), write);
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

    pub(super) fn found_now(&self, before: &FoundBefore) -> FoundThen {
        match before.found {
            FoundThen::Count(_) => FoundThen::Count(self.count_found(&before.query)),
            FoundThen::Rows(_) => FoundThen::Rows(self.find(&before.query).rows),
        }
    }

    fn instances_that_meet(&self, query: &FindQuery) -> impl Iterator<Item = InstanceId> {
        let met = self.fields.iter().filter(|(_, found_by)| query.is_met_by(found_by));
        met.map(|(id, _)| *id)
    }
}
