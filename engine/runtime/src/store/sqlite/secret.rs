//! Secrets of this database.

use rusqlite::{Connection, params};
use statewright_core::step::BlindKey;

use super::row::one;
use crate::store::{BLIND_KEY, StoreError, StoreResult};

pub(super) const FIND: &str = "select value from secret where name = ?1";

pub(super) fn blind_key(connection: &Connection) -> StoreResult<BlindKey> {
    let found = one(connection, FIND, params![BLIND_KEY], |row| row.get("value"))?;
    found
        .map(BlindKey)
        .ok_or_else(|| StoreError::Damaged("the key of the blind index is not there".into()))
}
