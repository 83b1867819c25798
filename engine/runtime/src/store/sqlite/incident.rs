//! Timers, messages, effects and mails that wait for a person.

use std::sync::Arc;

use rusqlite::{Connection, params};
use statewright_core::identity::InstanceId;

use super::commit;
use super::row::{count, execute, one, rows};
use super::wake::insert_messages;
use crate::store::{Applied, Incident, IncidentKind, Repair, StoreResult, Write};

pub(super) const RAISE_TIMER: &str = "
    update timer set incident_since = ?3, error = ?4, attempts = ?5
    where instance = ?1 and name = ?2 and incident_since is null";

pub(super) const RAISE_MESSAGE: &str = "
    update message set incident_since = ?3, error = ?4, attempts = ?5
    where receiver = ?1 and id = ?2 and incident_since is null";

pub(super) const RAISE_EFFECT: &str = "
    update effect set incident_since = ?3, error = ?4, attempts = ?5, lease_node = null, lease_until = null
    where instance = ?1 and key = ?2 and incident_since is null and abandoned = 0";

pub(super) const RAISE_MAIL: &str = "
    update mail set incident_since = ?3, error = ?4, attempts = ?5, lease_node = null, lease_until = null
    where instance = ?1 and name = ?2 and incident_since is null";

pub(super) const TIMERS: &str = "
    select instance, name, error, attempts, incident_since from timer
    where incident_since is not null
    order by incident_since, instance, name limit ?1";

pub(super) const MESSAGES: &str = "
    select receiver as instance, cast(id as text) as name, error, attempts, incident_since from message
    where incident_since is not null
    order by incident_since, receiver, cast(id as text) limit ?1";

pub(super) const EFFECTS: &str = "
    select instance, key as name, error, attempts, incident_since from effect
    where incident_since is not null and abandoned = 0
    order by incident_since, instance, key limit ?1";

pub(super) const MAILS: &str = "
    select instance, name, error, attempts, incident_since from mail
    where incident_since is not null
    order by incident_since, instance, name limit ?1";

pub(super) const IS_TIMER: &str = "select 1 from timer where instance = ?1 and name = ?2 and incident_since is not null";

pub(super) const IS_MESSAGE: &str = "select 1 from message where receiver = ?1 and id = ?2 and incident_since is not null";

pub(super) const IS_EFFECT: &str = "
    select 1 from effect
    where instance = ?1 and key = ?2 and incident_since is not null and abandoned = 0";

pub(super) const IS_MAIL: &str = "select 1 from mail where instance = ?1 and name = ?2 and incident_since is not null";

pub(super) const RETRY_TIMER: &str = "
    update timer set incident_since = null, error = null, attempts = 0 where instance = ?1 and name = ?2";

pub(super) const RETRY_MESSAGE: &str = "
    update message set incident_since = null, error = null, attempts = 0 where receiver = ?1 and id = ?2";

pub(super) const RETRY_EFFECT: &str = "
    update effect set incident_since = null, error = null, attempts = 0, due = ?3 where instance = ?1 and key = ?2";

pub(super) const RETRY_MAIL: &str = "
    update mail set incident_since = null, error = null, attempts = 0, due = ?3, letter = null where instance = ?1 and name = ?2";

pub(super) const REMOVE_TIMER: &str = "delete from timer where instance = ?1 and name = ?2";

pub(super) const REMOVE_MESSAGE: &str = "delete from message where receiver = ?1 and id = ?2";

pub(super) const REMOVE_EFFECT: &str = "delete from effect where instance = ?1 and key = ?2";

pub(super) const REMOVE_MAIL: &str = "delete from mail where instance = ?1 and name = ?2";

pub(super) fn raise(connection: &Connection, incident: &Incident) -> StoreResult<()> {
    let Incident {
        instance,
        name,
        error,
        attempts,
        since_us,
        ..
    } = incident;
    match incident.kind {
        IncidentKind::Timer => execute(connection, RAISE_TIMER, params![instance.0, name, since_us, error, attempts])?,
        IncidentKind::Message => {
            let Some(id) = message_id(name) else { return Ok(()) };
            execute(connection, RAISE_MESSAGE, params![instance.0, id, since_us, error, attempts])?
        }
        IncidentKind::Effect => execute(connection, RAISE_EFFECT, params![instance.0, name, since_us, error, attempts])?,
        IncidentKind::Mail => execute(connection, RAISE_MAIL, params![instance.0, name, since_us, error, attempts])?,
    };
    Ok(())
}

pub(super) fn oldest(connection: &Connection, limit: usize) -> StoreResult<Vec<Incident>> {
    let mut all = Vec::new();
    for (kind, sql) in [
        (IncidentKind::Timer, TIMERS),
        (IncidentKind::Message, MESSAGES),
        (IncidentKind::Effect, EFFECTS),
        (IncidentKind::Mail, MAILS),
    ] {
        all.extend(rows(connection, sql, params![count(limit)], |row| {
            Ok(Incident {
                instance: InstanceId(row.get("instance")?),
                kind,
                name: row.get::<_, Arc<str>>("name")?,
                error: row.get("error")?,
                attempts: row.get("attempts")?,
                since_us: row.get("incident_since")?,
            })
        })?);
    }
    Ok(Incident::oldest(all, limit))
}

pub(super) fn settle(
    connection: &Connection,
    instance: InstanceId,
    kind: IncidentKind,
    name: &str,
    repair: &Repair,
    act: &Write,
) -> StoreResult<Option<Applied>> {
    if !is_incident(connection, instance, kind, name)? {
        return Ok(None);
    }
    let applied = commit::commit_one(connection, act)?;
    if applied == Applied::Committed {
        match repair {
            Repair::Retry { at_us } => retry(connection, instance, kind, name, *at_us)?,
            Repair::Settle { answer } => {
                remove(connection, instance, kind, name)?;
                if let Some(answer) = answer {
                    insert_messages(connection, std::slice::from_ref(answer), act.at_us)?;
                }
            }
        }
    }
    Ok(Some(applied))
}

fn is_incident(connection: &Connection, instance: InstanceId, kind: IncidentKind, name: &str) -> StoreResult<bool> {
    let found = match kind {
        IncidentKind::Timer => one(connection, IS_TIMER, params![instance.0, name], |_| Ok(()))?,
        IncidentKind::Message => one(connection, IS_MESSAGE, params![instance.0, message_id(name)], |_| Ok(()))?,
        IncidentKind::Effect => one(connection, IS_EFFECT, params![instance.0, name], |_| Ok(()))?,
        IncidentKind::Mail => one(connection, IS_MAIL, params![instance.0, name], |_| Ok(()))?,
    };
    Ok(found.is_some())
}

fn retry(connection: &Connection, instance: InstanceId, kind: IncidentKind, name: &str, at_us: i64) -> StoreResult<()> {
    match kind {
        IncidentKind::Timer => execute(connection, RETRY_TIMER, params![instance.0, name])?,
        IncidentKind::Message => execute(connection, RETRY_MESSAGE, params![instance.0, message_id(name)])?,
        IncidentKind::Effect => execute(connection, RETRY_EFFECT, params![instance.0, name, at_us])?,
        IncidentKind::Mail => execute(connection, RETRY_MAIL, params![instance.0, name, at_us])?,
    };
    Ok(())
}

fn remove(connection: &Connection, instance: InstanceId, kind: IncidentKind, name: &str) -> StoreResult<()> {
    match kind {
        IncidentKind::Timer => execute(connection, REMOVE_TIMER, params![instance.0, name])?,
        IncidentKind::Message => execute(connection, REMOVE_MESSAGE, params![instance.0, message_id(name)])?,
        IncidentKind::Effect => execute(connection, REMOVE_EFFECT, params![instance.0, name])?,
        IncidentKind::Mail => execute(connection, REMOVE_MAIL, params![instance.0, name])?,
    };
    Ok(())
}

/// None, and so no row, where the name is no number.
fn message_id(name: &str) -> Option<i64> {
    name.parse().ok()
}
