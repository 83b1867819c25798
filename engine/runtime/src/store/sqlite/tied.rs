//! Which instances an index does not rule out: one look for each, and one for each of its definition's pairs.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use statewright_core::identity::{Digest, InstanceId};

use super::row::{at_one_moment, one};
use crate::store::{StoreResult, TiedQuery};

pub(super) const DEFINITION: &str = "select definition from instance where id = ?1 and sequence > 0";

pub(super) const TIED: &str = "select 1 from instance_field where instance = ?1 and field = ?2 and value = ?3";

pub(super) fn find(connection: &Connection, query: &TiedQuery) -> StoreResult<BTreeSet<InstanceId>> {
    at_one_moment(connection, || {
        let mut found = BTreeSet::new();
        for instance in &query.instances {
            if is_tied(connection, query, *instance)? {
                found.insert(*instance);
            }
        }
        Ok(found)
    })
}

fn is_tied(connection: &Connection, query: &TiedQuery, instance: InstanceId) -> StoreResult<bool> {
    let definition: Option<Vec<u8>> = one(connection, DEFINITION, params![instance.0], |row| row.get(0))?;
    let Some(definition) = definition else { return Ok(false) };
    // one that is damaged is none of those that are decided about
    let Some(pairs) = <[u8; 32]>::try_from(definition)
        .ok()
        .and_then(|bytes| query.definitions.get(&Digest(bytes)))
    else {
        return Ok(true);
    };
    for (field, value) in pairs {
        let tied = one(connection, TIED, params![instance.0, field, value], |_| Ok(()))?;
        if tied.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
