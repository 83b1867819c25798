//! What is due: timers and messages.

use sqlx::{PgConnection, PgPool, Row};
use statewright_core::identity::InstanceId;

use super::careful::EXPECT_WATCHED;
use super::columns::Columns;
use super::connection::{Trouble, failed};
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::{DueTimer, MessageRow, NewMessage, StoreResult};

pub(super) const DUE_TIMERS: &str = "
    select instance, name, due from timer
    where incident_since is null and due <= $1
    order by due, instance, name limit $2";

pub(super) const NEXT_DUE: &str = "
    select least(
        (select due from timer where incident_since is null order by due limit 1),
        (select due from message where incident_since is null and not deferred and due > inserted_at order by due limit 1)
    )";

pub(super) const READY_MESSAGES: &str = "
    select receiver, id, key, body from (
        (
            select receiver, id, key, body from message
            where incident_since is null and not deferred and due <= inserted_at and due <= $1 and inserted_at <= $2
            order by id limit $3
        )
        union all
        (
            select receiver, id, key, body from message
            where incident_since is null and not deferred and due > inserted_at and due <= $1 and inserted_at <= $2
        )
    ) as ready
    order by id limit $3";

pub(super) const MESSAGES_OF: &str = "
    select receiver, id, key, body from message
    where receiver = any ($1::uuid[]) and incident_since is null and not deferred and due <= $2
    order by id limit $3";

pub(super) const MESSAGE: &str = "select receiver, id, key, body from message where id = $2 and receiver = $1";

pub(super) const LOCK_RECEIVER: &str = "select sequence from instance where id = $1 for update";

pub(super) const TAKE_LOST: &str = "delete from message where id = $1 and receiver = $2";

/// Unless somebody watches it by now.
pub(super) const FORGET_RECEIVER: &str = "delete from instance where id = $1 and sequence = 0 and watchers is null";

pub(super) const INSERT_MESSAGE: &str = "
    insert into message (receiver, key, body, due, inserted_at) values ($1, $2, $3, $4, $5)";

pub(super) async fn due_timers(pool: &PgPool, now_us: i64, limit: usize) -> StoreResult<Vec<DueTimer>> {
    let found = sqlx::query(DUE_TIMERS)
        .bind(now_us)
        .bind(count(limit))
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    let rows = row::all(&found, |found| {
        Ok(DueTimer {
            instance: row::id(found, "instance")?,
            name: row::text(found, "name")?,
            due_us: found.try_get("due")?,
        })
    });
    rows.map_err(failed)
}

pub(super) async fn next_due(pool: &PgPool) -> StoreResult<Option<i64>> {
    sqlx::query_scalar(NEXT_DUE).fetch_one(pool).await.map_err(failed)
}

pub(super) async fn ready_messages(pool: &PgPool, now_us: i64, older_than_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
    let query = sqlx::query(READY_MESSAGES)
        .bind(now_us)
        .bind(older_than_us)
        .bind(count(limit));
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, row::message).map_err(failed)
}

pub(super) async fn messages_of(
    pool: &PgPool,
    receivers: &[InstanceId],
    now_us: i64,
    limit: usize,
) -> StoreResult<Vec<MessageRow>> {
    if receivers.is_empty() {
        return Ok(Vec::new());
    }
    let mut columns = Columns::default();
    columns.add(receivers.iter().map(|receiver| Uuid::from(*receiver)))?;
    let query = sqlx::query_with(MESSAGES_OF, columns.finish())
        .bind(now_us)
        .bind(count(limit));
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, row::message).map_err(failed)
}

pub(super) async fn message(pool: &PgPool, to: InstanceId, id: i64) -> StoreResult<Option<MessageRow>> {
    let found = sqlx::query(MESSAGE)
        .bind(Uuid::from(to))
        .bind(id)
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    found.as_ref().map(row::message).transpose().map_err(failed)
}

pub(super) async fn bounce(pool: &PgPool, to: InstanceId, id: i64, answer: Option<&NewMessage>) -> StoreResult<bool> {
    let mut transaction = pool.begin().await.map_err(failed)?;
    // Whoever begins the receiver now waits for the end of this, and then finds the message gone.
    let expected = sqlx::query(EXPECT_WATCHED)
        .bind(vec![Uuid::from(to)])
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let sequence: i64 = sqlx::query_scalar(LOCK_RECEIVER)
        .bind(Uuid::from(to))
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    if sequence > 0 {
        return Ok(false);
    }
    let taken = sqlx::query(TAKE_LOST)
        .bind(id)
        .bind(Uuid::from(to))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    if taken.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(answer) = answer {
        insert_message(&mut transaction, answer, answer.due_us)
            .await
            .map_err(Trouble::into_error)?;
    }
    if expected.rows_affected() > 0 {
        sqlx::query(FORGET_RECEIVER)
            .bind(Uuid::from(to))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)?;
    Ok(true)
}

pub(super) async fn insert_message(
    connection: &mut PgConnection,
    message: &NewMessage,
    inserted_at_us: i64,
) -> Result<(), Trouble> {
    let insert = sqlx::query(INSERT_MESSAGE)
        .bind(Uuid::from(message.to))
        .bind(Uuid::from(message.key));
    insert
        .bind(&message.body)
        .bind(message.due_us)
        .bind(inserted_at_us)
        .execute(connection)
        .await?;
    Ok(())
}
