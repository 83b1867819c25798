//! Secrets of this database.

use sqlx::{PgPool, Row};
use statewright_core::step::BlindKey;

use super::connection::failed;
use crate::store::{BLIND_KEY, StoreError, StoreResult};

pub(super) const FIND: &str = "select value from secret where name = $1";

pub(super) async fn blind_key(pool: &PgPool) -> StoreResult<BlindKey> {
    let found = sqlx::query(FIND).bind(BLIND_KEY).fetch_optional(pool).await.map_err(failed)?;
    let key = found
        .map(|found| found.try_get::<Vec<u8>, _>("value"))
        .transpose()
        .map_err(failed)?;
    let key = key.and_then(|key| <[u8; 32]>::try_from(key).ok());
    key.map(BlindKey)
        .ok_or_else(|| StoreError::Damaged("the key of the blind index is not there".into()))
}
