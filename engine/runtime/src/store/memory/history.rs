//! The trail of all instances: all of it is looked at for every question.

use async_trait::async_trait;

use super::MemoryStore;
use crate::store::StoreResult;
use crate::store::history::{HistoryQuery, HistoryRow, HistoryStore};

#[async_trait]
impl HistoryStore for MemoryStore {
    async fn history(&self, query: &HistoryQuery) -> StoreResult<Vec<HistoryRow>> {
        let contents = self.contents();
        let all = contents.trail.iter().map(|((instance, _), entry)| HistoryRow {
            instance: *instance,
            entry: entry.clone(),
        });
        let mut found: Vec<HistoryRow> = match query.instance {
            Some(instance) => all
                .filter(|row| row.instance == instance && row.entry.sequence < query.before.sequence)
                .collect(),
            None => all
                .filter(|row| row.place() < query.before && row.entry.at_us >= query.from_us)
                .collect(),
        };
        match query.instance {
            Some(_) => found.sort_by_key(|row| std::cmp::Reverse(row.entry.sequence)),
            None => found.sort_by_key(|row| std::cmp::Reverse(row.place())),
        }
        found.truncate(query.limit);
        Ok(found)
    }
}
