//! The trail of all instances, in the order of time.

use async_trait::async_trait;
use rusqlite::params;
use statewright_core::identity::InstanceId;

use super::SqliteStore;
use super::row::{self, Reading, count, rows, signed};
use crate::store::StoreResult;
use crate::store::history::{HistoryQuery, HistoryRow, HistoryStore};

pub(super) const OF_ALL: &str = "
    select instance, sequence, at, input_key, bytes from trail indexed by trail_moment
    where (at, instance, sequence) < (?1, ?2, ?3) and at >= ?4
    order by at desc, instance desc, sequence desc limit ?5";

pub(super) const OF_INSTANCE: &str = "
    select instance, sequence, at, input_key, bytes from trail
    where started_at = (select started_at from instance where id = ?1) and instance = ?1 and sequence < ?2
    order by sequence desc limit ?3";

#[async_trait]
impl HistoryStore for SqliteStore {
    async fn history(&self, query: &HistoryQuery) -> StoreResult<Vec<HistoryRow>> {
        let query = query.clone();
        self.read(move |connection| {
            let (before, limit) = (query.before, count(query.limit));
            let sequence = signed(before.sequence);
            match query.instance {
                Some(instance) => rows(connection, OF_INSTANCE, params![instance.0, sequence, limit], history),
                None => {
                    let asked = params![before.at_us, before.instance.0, sequence, query.from_us, limit];
                    rows(connection, OF_ALL, asked, history)
                }
            }
        })
        .await
    }
}

fn history(row: &rusqlite::Row<'_>) -> rusqlite::Result<HistoryRow> {
    let mut reading = Reading::of(row);
    let instance = InstanceId(reading.bytes("instance")?);
    let mut entry = row::trail(row)?;
    entry.damage = entry.damage.or(reading.damage);
    Ok(HistoryRow { instance, entry })
}
