//! Leases of effects, and the ends of attempts.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use statewright_core::identity::InstanceId;

use super::columns::{Columns, signed};
use super::connection::{Trouble, failed};
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::{EffectEnd, EffectResult, EffectRow, NewMessage, StoreResult};

/// Abandoned ones go on the way, once nobody can tell any more how they ended.
pub(super) const LEASE: &str = "
    with forgotten as (
        delete from effect where abandoned and (lease_until is null or lease_until <= $2)
    ),
    due as materialized (
        select instance, key from effect
        where incident_since is null and not abandoned and due <= $2 and (lease_until is null or lease_until <= $2)
        order by due, instance, key limit $4
        for update skip locked
    ),
    leased as (
        update effect e set epoch = epoch + 1, lease_node = $1, lease_until = $3
        from due where e.instance = due.instance and e.key = due.key
        returning e.instance, e.key, e.adapter, e.body, e.epoch, e.attempts, e.due
    )
    select instance, key, adapter, body, epoch, attempts from leased
    order by due, instance, key";

pub(super) const EXTEND: &str = "
    update effect e set lease_until = $4
    from unnest($1::uuid[], $2::text[], $3::int8[]) with ordinality as l (instance, key, epoch, place)
    where e.instance = l.instance and e.key = l.key and e.epoch = l.epoch and e.lease_until is not null
    returning l.place";

pub(super) const COUNT_ATTEMPT: &str = "
    update effect set attempts = 1
    where instance = $1 and key = $2 and epoch = $3 and attempts = 0 and lease_until is not null";

/// An attempt is over (`goes`), put off, or waits for a person (`since`); an abandoned one goes in any case.
pub(super) const END_ATTEMPTS: &str = "
    with result as materialized (
        select * from unnest($1::uuid[], $2::text[], $3::int8[], $4::bool[], $5::int8[], $6::int8[], $7::int8[], $8::text[])
            with ordinality as r (instance, key, epoch, goes, due, since, attempts, error, place)
    ),
    gone as (
        delete from effect e using result r
        where e.instance = r.instance and e.key = r.key and e.epoch = r.epoch and e.lease_until is not null
            and (r.goes or e.abandoned)
        returning r.place
    ),
    kept as (
        update effect e
        set due = coalesce(r.due, e.due), incident_since = r.since, attempts = r.attempts, error = r.error,
            lease_node = null, lease_until = null
        from result r
        where e.instance = r.instance and e.key = r.key and e.epoch = r.epoch and e.lease_until is not null
            and not r.goes and not e.abandoned
        returning r.place
    ),
    told as (
        insert into message (receiver, key, body, due, inserted_at)
        select m.receiver, m.key, m.body, m.due, m.inserted_at
        from unnest($9::int8[], $10::uuid[], $11::uuid[], $12::text[], $13::int8[], $14::int8[])
            as m (place, receiver, key, body, due, inserted_at)
        join gone on gone.place = m.place
        order by m.place
    )
    select place from gone union all select place from kept";

pub(super) async fn lease(pool: &PgPool, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<EffectRow>> {
    let query = sqlx::query(LEASE).bind(node).bind(now_us).bind(until_us).bind(count(limit));
    let found = query.fetch_all(pool).await.map_err(failed)?;
    let leased = row::all(&found, |found| {
        Ok(EffectRow {
            instance: row::id(found, "instance")?,
            key: row::text(found, "key")?,
            adapter: row::text(found, "adapter")?,
            body: found.try_get("body")?,
            epoch: row::unsigned(found, "epoch")?,
            attempts: row::attempts(found)?,
        })
    });
    leased.map_err(failed)
}

pub(super) async fn extend(pool: &PgPool, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>> {
    if leases.is_empty() {
        return Ok(Vec::new());
    }
    let mut columns = Columns::default();
    columns.add(leases.iter().map(|(instance, ..)| Uuid::from(*instance)))?;
    columns.add(leases.iter().map(|(_, key, _)| &**key))?;
    columns.add(leases.iter().map(|(.., epoch)| signed(*epoch)))?;
    let found = sqlx::query_with(EXTEND, columns.finish())
        .bind(until_us)
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    were_ours(&found, leases.len())
}

pub(super) async fn count_attempt(pool: &PgPool, instance: InstanceId, key: &str, epoch: u64) -> StoreResult<bool> {
    let query = sqlx::query(COUNT_ATTEMPT)
        .bind(Uuid::from(instance))
        .bind(key)
        .bind(signed(epoch));
    Ok(query.execute(pool).await.map_err(failed)?.rows_affected() > 0)
}

/// Once more if others were in the way.
pub(super) async fn end_attempts(pool: &PgPool, results: &[EffectResult]) -> StoreResult<Vec<bool>> {
    if results.is_empty() {
        return Ok(Vec::new());
    }
    let ended = match try_to_end(pool, results).await {
        Err(Trouble::Collision(_)) => try_to_end(pool, results).await,
        other => other,
    };
    let found = ended.map_err(Trouble::into_error)?;
    were_ours(&found, results.len())
}

async fn try_to_end(pool: &PgPool, results: &[EffectResult]) -> Result<Vec<PgRow>, Trouble> {
    let mut columns = Columns::default();
    columns.add(results.iter().map(|result| Uuid::from(result.instance)))?;
    columns.add(results.iter().map(|result| &*result.key))?;
    columns.add(results.iter().map(|result| signed(result.epoch)))?;
    columns.add(
        results
            .iter()
            .map(|result| matches!(result.end, EffectEnd::Answered(_) | EffectEnd::Dropped)),
    )?;
    columns.add(results.iter().map(|result| match result.end {
        EffectEnd::Postponed { due_us, .. } => Some(due_us),
        _ => None,
    }))?;
    columns.add(
        results
            .iter()
            .map(|result| matches!(result.end, EffectEnd::Incident { .. }).then_some(result.at_us)),
    )?;
    columns.add(results.iter().map(|result| i64::from(result.attempts)))?;
    columns.add(results.iter().map(|result| match &result.end {
        EffectEnd::Postponed { error, .. } | EffectEnd::Incident { error } => Some(error.as_str()),
        _ => None,
    }))?;
    add_answers(&mut columns, results)?;
    Ok(sqlx::query_with(END_ATTEMPTS, columns.finish()).fetch_all(pool).await?)
}

fn add_answers(columns: &mut Columns, results: &[EffectResult]) -> StoreResult<()> {
    let answers = || {
        let answer =
            |(place, result): (i64, &'_ EffectResult)| answer_of(result).map(|answer| (place, answer.clone(), result.at_us));
        (1_i64..).zip(results).filter_map(answer)
    };
    columns.add(answers().map(|(place, ..)| place))?;
    columns.add(answers().map(|(_, answer, _)| Uuid::from(answer.to)))?;
    columns.add(answers().map(|(_, answer, _)| Uuid::from(answer.key)))?;
    columns.add(answers().map(|(_, answer, _)| answer.body))?;
    columns.add(answers().map(|(_, answer, _)| answer.due_us))?;
    columns.add(answers().map(|(.., at_us)| at_us))
}

fn answer_of(result: &EffectResult) -> Option<&NewMessage> {
    match &result.end {
        EffectEnd::Answered(answer) => Some(answer),
        _ => None,
    }
}

/// From the places (counted from 1) that were.
fn were_ours(found: &[PgRow], how_many: usize) -> StoreResult<Vec<bool>> {
    let places = found
        .iter()
        .map(|found| found.try_get::<i64, _>(0))
        .collect::<Result<BTreeSet<i64>, _>>()
        .map_err(failed)?;
    Ok((1..).take(how_many).map(|place| places.contains(&place)).collect())
}
