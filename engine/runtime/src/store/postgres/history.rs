//! The trail of all instances, in the order of time.

use async_trait::async_trait;
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::columns::signed;
use super::connection::failed;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::StoreResult;
use crate::store::history::{HistoryQuery, HistoryRow, HistoryStore};

pub(super) const OF_ALL: &str = "
    select instance, sequence, at, input_key, bytes from trail
    where (at, instance, sequence) < ($1, $2, $3) and at >= $4
    order by at desc, instance desc, sequence desc limit $5";

pub(super) const OF_INSTANCE: &str = "
    select instance, sequence, at, input_key, bytes from trail
    where started_at = (select started_at from instance where id = $1) and instance = $1 and sequence < $2
    order by sequence desc limit $3";

#[async_trait]
impl HistoryStore for PostgresStore {
    async fn history(&self, query: &HistoryQuery) -> StoreResult<Vec<HistoryRow>> {
        let before = query.before;
        let asked = match query.instance {
            Some(instance) => sqlx::query(OF_INSTANCE)
                .bind(Uuid::from(instance))
                .bind(signed(before.sequence))
                .bind(count(query.limit)),
            None => sqlx::query(OF_ALL)
                .bind(before.at_us)
                .bind(Uuid::from(before.instance))
                .bind(signed(before.sequence))
                .bind(query.from_us)
                .bind(count(query.limit)),
        };
        let found = asked.fetch_all(&self.pool).await.map_err(failed)?;
        row::all(&found, history).map_err(failed)
    }
}

fn history(found: &PgRow) -> Result<HistoryRow, sqlx::Error> {
    Ok(HistoryRow {
        instance: row::id(found, "instance")?,
        entry: row::trail(found)?,
    })
}
