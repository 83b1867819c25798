//! What is due: timers and messages.

use rusqlite::{Connection, params};
use statewright_core::identity::InstanceId;

use super::record;
use super::row::{self, count, execute, one, rows};
use crate::store::{DueTimer, MessageRow, NewMessage, StoreResult};

/// Under this name the table of numbers keeps the last message's id; no workflow is called so.
pub(super) const MESSAGE_NUMBER: &str = "";

pub(super) const DUE_TIMERS: &str = "
    select instance, name, due from timer
    where incident_since is null and due <= ?1
    order by due, instance, name limit ?2";

pub(super) const NEXT_DUE: &str = "
    select min(due) from (
        select min(due) as due from timer where incident_since is null
        union all
        select min(due) from message where incident_since is null and deferred = 0 and due > inserted_at
    )";

pub(super) const READY_MESSAGES: &str = "
    select receiver, id, key, body from (
        select receiver, id, key, body from (
            select receiver, id, key, body from message indexed by message_ready
            where incident_since is null and deferred = 0 and due <= inserted_at and due <= ?1 and inserted_at <= ?2
            order by id limit ?3
        )
        union all
        select receiver, id, key, body from message indexed by message_delayed
        where incident_since is null and deferred = 0 and due > inserted_at and due <= ?1 and inserted_at <= ?2
    )
    order by id limit ?3";

pub(super) const MESSAGES_OF: &str = "
    select receiver, id, key, body from message indexed by message_receiver
    where receiver = ?1 and incident_since is null and deferred = 0 and due <= ?2
    order by id limit ?3";

pub(super) const MESSAGE: &str = "select receiver, id, key, body from message where id = ?2 and receiver = ?1";

pub(super) const INSERT_MESSAGE: &str = "
    insert into message (id, receiver, key, body, due, inserted_at) values (?1, ?2, ?3, ?4, ?5, ?6)";

pub(super) const TAKE_LOST: &str = "
    delete from message
    where id = ?1 and receiver = ?2 and not exists (select 1 from instance where id = ?2 and sequence > 0)";

pub(super) fn due_timers(connection: &Connection, now_us: i64, limit: usize) -> StoreResult<Vec<DueTimer>> {
    rows(connection, DUE_TIMERS, params![now_us, count(limit)], |row| {
        Ok(DueTimer {
            instance: InstanceId(row.get("instance")?),
            name: row.get("name")?,
            due_us: row.get("due")?,
        })
    })
}

pub(super) fn next_due(connection: &Connection) -> StoreResult<Option<i64>> {
    Ok(one(connection, NEXT_DUE, [], |row| row.get(0))?.flatten())
}

pub(super) fn ready_messages(
    connection: &Connection,
    now_us: i64,
    older_than_us: i64,
    limit: usize,
) -> StoreResult<Vec<MessageRow>> {
    rows(
        connection,
        READY_MESSAGES,
        params![now_us, older_than_us, count(limit)],
        row::message,
    )
}

pub(super) fn messages_of(
    connection: &Connection,
    receivers: &[InstanceId],
    now_us: i64,
    limit: usize,
) -> StoreResult<Vec<MessageRow>> {
    let mut distinct = receivers.to_vec();
    distinct.sort();
    distinct.dedup();
    let mut found = Vec::new();
    for receiver in distinct {
        found.extend(rows(
            connection,
            MESSAGES_OF,
            params![receiver.0, now_us, count(limit)],
            row::message,
        )?);
    }
    found.sort_by_key(|row| row.id);
    found.truncate(limit);
    Ok(found)
}

pub(super) fn message(connection: &Connection, to: InstanceId, id: i64) -> StoreResult<Option<MessageRow>> {
    one(connection, MESSAGE, params![to.0, id], row::message)
}

pub(super) fn bounce(connection: &Connection, to: InstanceId, id: i64, answer: Option<&NewMessage>) -> StoreResult<bool> {
    if execute(connection, TAKE_LOST, params![id, to.0])? == 0 {
        return Ok(false);
    }
    if let Some(answer) = answer {
        insert_messages(connection, std::slice::from_ref(answer), answer.due_us)?;
    }
    Ok(true)
}

pub(super) fn insert_messages(connection: &Connection, messages: &[NewMessage], inserted_at_us: i64) -> StoreResult<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let last = row::signed(record::draw_numbers(connection, MESSAGE_NUMBER, messages.len())?);
    let first = last - count(messages.len()) + 1;
    for (id, message) in (first..).zip(messages) {
        let NewMessage { to, key, body, due_us } = message;
        execute(
            connection,
            INSERT_MESSAGE,
            params![id, to.0, key.0, body, due_us, inserted_at_us],
        )?;
    }
    Ok(())
}
