//! Timers, messages, effects and mails that wait for a person.

use sqlx::{PgConnection, PgPool, Row};
use statewright_core::identity::InstanceId;

use super::connection::{Trouble, failed};
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::{Incident, IncidentKind, Repair, StoreResult};

pub(super) const RAISE_TIMER: &str = "
    update timer set incident_since = $3, error = $4, attempts = $5
    where instance = $1 and name = $2 and incident_since is null";

pub(super) const RAISE_MESSAGE: &str = "
    update message set incident_since = $3, error = $4, attempts = $5
    where receiver = $1 and id = $2::int8 and incident_since is null";

pub(super) const RAISE_EFFECT: &str = "
    update effect set incident_since = $3, error = $4, attempts = $5, lease_node = null, lease_until = null
    where instance = $1 and key = $2 and incident_since is null and not abandoned";

pub(super) const RAISE_MAIL: &str = "
    update mail set incident_since = $3, error = $4, attempts = $5, lease_node = null, lease_until = null
    where instance = $1 and name = $2 and incident_since is null";

pub(super) const OLDEST: &str = r#"
    (
        select 1 as kind, instance, name, error, attempts, incident_since from timer
        where incident_since is not null
        order by incident_since, instance, name limit $1
    )
    union all
    (
        select 2, receiver, id::text collate "C", error, attempts, incident_since from message
        where incident_since is not null
        order by incident_since, receiver, id::text collate "C" limit $1
    )
    union all
    (
        select 3, instance, key, error, attempts, incident_since from effect
        where incident_since is not null and not abandoned
        order by incident_since, instance, key limit $1
    )
    union all
    (
        select 4, instance, name, error, attempts, incident_since from mail
        where incident_since is not null
        order by incident_since, instance, name limit $1
    )"#;

pub(super) const LOCK_TIMER: &str = "
    select from timer where instance = $1 and name = $2 and incident_since is not null for update";

pub(super) const LOCK_MESSAGE: &str = "
    select from message where receiver = $1 and id = $2::int8 and incident_since is not null for update";

pub(super) const LOCK_EFFECT: &str = "
    select from effect where instance = $1 and key = $2 and incident_since is not null and not abandoned for update";

pub(super) const LOCK_MAIL: &str = "
    select from mail where instance = $1 and name = $2 and incident_since is not null for update";

pub(super) const RETRY_TIMER: &str = "
    update timer set incident_since = null, error = null, attempts = 0 where instance = $1 and name = $2";

pub(super) const RETRY_MESSAGE: &str = "
    update message set incident_since = null, error = null, attempts = 0 where receiver = $1 and id = $2::int8";

pub(super) const RETRY_EFFECT: &str = "
    update effect set incident_since = null, error = null, attempts = 0, due = $3 where instance = $1 and key = $2";

pub(super) const RETRY_MAIL: &str = "
    update mail set incident_since = null, error = null, attempts = 0, due = $3, letter = null where instance = $1 and name = $2";

pub(super) const REMOVE_TIMER: &str = "delete from timer where instance = $1 and name = $2";

pub(super) const REMOVE_MESSAGE: &str = "delete from message where receiver = $1 and id = $2::int8";

pub(super) const REMOVE_EFFECT: &str = "delete from effect where instance = $1 and key = $2";

pub(super) const REMOVE_MAIL: &str = "delete from mail where instance = $1 and name = $2";

pub(super) async fn raise(pool: &PgPool, incident: &Incident) -> StoreResult<()> {
    let sql = match incident.kind {
        IncidentKind::Timer => RAISE_TIMER,
        IncidentKind::Message => RAISE_MESSAGE,
        IncidentKind::Effect => RAISE_EFFECT,
        IncidentKind::Mail => RAISE_MAIL,
    };
    let query = sqlx::query(sql).bind(Uuid::from(incident.instance));
    let query = match incident.kind {
        // Null, and so no row, where the name is no number.
        IncidentKind::Message => query.bind(message_id(&incident.name)),
        IncidentKind::Timer | IncidentKind::Effect | IncidentKind::Mail => query.bind(&*incident.name),
    };
    let query = query
        .bind(incident.since_us)
        .bind(&incident.error)
        .bind(i64::from(incident.attempts));
    query.execute(pool).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn oldest(pool: &PgPool, limit: usize) -> StoreResult<Vec<Incident>> {
    let found = sqlx::query(OLDEST).bind(count(limit)).fetch_all(pool).await.map_err(failed)?;
    let incidents = row::all(&found, |found| {
        Ok(Incident {
            instance: row::id(found, "instance")?,
            kind: match found.try_get::<i32, _>("kind")? {
                1 => IncidentKind::Timer,
                2 => IncidentKind::Message,
                3 => IncidentKind::Effect,
                _ => IncidentKind::Mail,
            },
            name: row::text(found, "name")?,
            error: found.try_get("error")?,
            attempts: row::attempts(found)?,
            since_us: found.try_get("incident_since")?,
        })
    });
    Ok(Incident::oldest(incidents.map_err(failed)?, limit))
}

/// Nobody else can settle it before the transaction ends. False: it is no incident.
pub(super) async fn lock(
    connection: &mut PgConnection,
    instance: InstanceId,
    kind: IncidentKind,
    name: &str,
) -> Result<bool, Trouble> {
    let sql = match kind {
        IncidentKind::Timer => LOCK_TIMER,
        IncidentKind::Message => LOCK_MESSAGE,
        IncidentKind::Effect => LOCK_EFFECT,
        IncidentKind::Mail => LOCK_MAIL,
    };
    let query = sqlx::query(sql).bind(Uuid::from(instance));
    let query = match kind {
        IncidentKind::Message => query.bind(message_id(name)),
        IncidentKind::Timer | IncidentKind::Effect | IncidentKind::Mail => query.bind(name),
    };
    Ok(query.fetch_optional(connection).await?.is_some())
}

pub(super) async fn repair(
    connection: &mut PgConnection,
    instance: InstanceId,
    kind: IncidentKind,
    name: &str,
    repair: &Repair,
) -> Result<(), Trouble> {
    let sql = match (repair, kind) {
        (Repair::Retry { .. }, IncidentKind::Timer) => RETRY_TIMER,
        (Repair::Retry { .. }, IncidentKind::Message) => RETRY_MESSAGE,
        (Repair::Retry { .. }, IncidentKind::Effect) => RETRY_EFFECT,
        (Repair::Retry { .. }, IncidentKind::Mail) => RETRY_MAIL,
        (Repair::Settle { .. }, IncidentKind::Timer) => REMOVE_TIMER,
        (Repair::Settle { .. }, IncidentKind::Message) => REMOVE_MESSAGE,
        (Repair::Settle { .. }, IncidentKind::Effect) => REMOVE_EFFECT,
        (Repair::Settle { .. }, IncidentKind::Mail) => REMOVE_MAIL,
    };
    let mut query = sqlx::query(sql).bind(Uuid::from(instance));
    query = match kind {
        IncidentKind::Message => query.bind(message_id(name)),
        IncidentKind::Timer | IncidentKind::Effect | IncidentKind::Mail => query.bind(name),
    };
    if let (Repair::Retry { at_us }, IncidentKind::Effect | IncidentKind::Mail) = (repair, kind) {
        query = query.bind(*at_us);
    }
    query.execute(connection).await?;
    Ok(())
}

fn message_id(name: &str) -> Option<i64> {
    name.parse().ok()
}
