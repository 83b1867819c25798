//! Leases of effects, and the ends of attempts.

use std::sync::Arc;

use rusqlite::{Connection, params};
use statewright_core::identity::InstanceId;

use super::row::{count, execute, rows, signed, text, unsigned};
use super::wake::insert_messages;
use crate::store::{EffectEnd, EffectResult, EffectRow, StoreResult};

pub(super) const FORGET_ABANDONED: &str = "
    delete from effect where abandoned = 1 and (lease_until is null or lease_until <= ?1)";

pub(super) const LEASE: &str = "
    update effect set epoch = epoch + 1, lease_node = ?1, lease_until = ?3
    where (instance, key) in (
        select instance, key from effect
        where incident_since is null and abandoned = 0 and due <= ?2 and (lease_until is null or lease_until <= ?2)
        order by due, instance, key limit ?4
    )
    returning instance, key, adapter, body, epoch, attempts, due";

pub(super) const EXTEND: &str = "
    update effect set lease_until = ?4
    where instance = ?1 and key = ?2 and epoch = ?3 and lease_until is not null";

pub(super) const COUNT_ATTEMPT: &str = "
    update effect set attempts = 1
    where instance = ?1 and key = ?2 and epoch = ?3 and attempts = 0 and lease_until is not null";

pub(super) const REMOVE: &str = "
    delete from effect where instance = ?1 and key = ?2 and epoch = ?3 and lease_until is not null";

pub(super) const REMOVE_ABANDONED: &str = "
    delete from effect where instance = ?1 and key = ?2 and epoch = ?3 and lease_until is not null and abandoned = 1";

pub(super) const POSTPONE: &str = "
    update effect set due = ?4, attempts = ?5, error = ?6, lease_node = null, lease_until = null
    where instance = ?1 and key = ?2 and epoch = ?3 and lease_until is not null";

pub(super) const FAIL: &str = "
    update effect set incident_since = ?4, attempts = ?5, error = ?6, lease_node = null, lease_until = null
    where instance = ?1 and key = ?2 and epoch = ?3 and lease_until is not null";

pub(super) fn lease(
    connection: &Connection,
    node: &str,
    now_us: i64,
    until_us: i64,
    limit: usize,
) -> StoreResult<Vec<EffectRow>> {
    execute(connection, FORGET_ABANDONED, params![now_us])?;
    let mut leased = rows(connection, LEASE, params![node, now_us, until_us, count(limit)], |row| {
        let due_us: i64 = row.get("due")?;
        let effect = EffectRow {
            instance: InstanceId(row.get("instance")?),
            key: text(row, "key")?,
            adapter: text(row, "adapter")?,
            body: row.get("body")?,
            epoch: unsigned(row, "epoch")?,
            attempts: row.get("attempts")?,
        };
        Ok((due_us, effect))
    })?;
    // `returning` gives them in any order.
    leased.sort_by(|(a_due, a), (b_due, b)| (a_due, a.instance, &a.key).cmp(&(b_due, b.instance, &b.key)));
    Ok(leased.into_iter().map(|(_, effect)| effect).collect())
}

pub(super) fn extend(connection: &Connection, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>> {
    let extended = leases.iter().map(|(instance, key, epoch)| {
        let changed = execute(connection, EXTEND, params![instance.0, key, signed(*epoch), until_us])?;
        Ok(changed > 0)
    });
    extended.collect()
}

pub(super) fn count_attempt(connection: &Connection, instance: InstanceId, key: &str, epoch: u64) -> StoreResult<bool> {
    Ok(execute(connection, COUNT_ATTEMPT, params![instance.0, key, signed(epoch)])? > 0)
}

pub(super) fn end_attempts(connection: &Connection, results: &[EffectResult]) -> StoreResult<Vec<bool>> {
    results.iter().map(|result| end_attempt(connection, result)).collect()
}

fn end_attempt(connection: &Connection, result: &EffectResult) -> StoreResult<bool> {
    let EffectResult {
        instance,
        key,
        attempts,
        at_us,
        ..
    } = result;
    let epoch = signed(result.epoch);
    let remove = |sql| execute(connection, sql, params![instance.0, key, epoch]);
    let was_ours = match &result.end {
        EffectEnd::Dropped => remove(REMOVE)? > 0,
        EffectEnd::Answered(message) => {
            let was_ours = remove(REMOVE)? > 0;
            if was_ours {
                insert_messages(connection, std::slice::from_ref(message), *at_us)?;
            }
            was_ours
        }
        EffectEnd::Postponed { due_us, error } => {
            let values = params![instance.0, key, epoch, due_us, attempts, error];
            remove(REMOVE_ABANDONED)? > 0 || execute(connection, POSTPONE, values)? > 0
        }
        EffectEnd::Incident { error } => {
            let values = params![instance.0, key, epoch, at_us, attempts, error];
            remove(REMOVE_ABANDONED)? > 0 || execute(connection, FAIL, values)? > 0
        }
    };
    Ok(was_ours)
}
