//! Definitions, instances, personal values and the trail, as they are read and kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use statewright_core::identity::{Digest, InputKey, InstanceId};

use super::columns::{Columns, signed};
use super::connection::{Trouble, failed};
use super::row::{self, count};
use super::table;
use super::uuid::Uuid;
use crate::store::{
    Definition, InstanceRow, ListPage, ListQuery, PersonalRow, StoreResult, StoredDefinition, Stray, StrayTable, TrailRow,
};

/// What is there already is the same, being named by its digest; unless it was damaged: then it is mended.
pub(super) const KEEP_DEFINITION: &str = "
    insert into definition (hash, workflow, source, deployed_at) values ($1, $2, $3, $4)
    on conflict (hash) do update set source = excluded.source, workflow = excluded.workflow
    where (definition.source, definition.workflow) <> (excluded.source, excluded.workflow)";

pub(super) const MAKE_LIVE: &str = "
    insert into live_definition (workflow, hash) values ($1, $2)
    on conflict (workflow) do update set hash = excluded.hash";

pub(super) const FIND_DEFINITION: &str = "select hash, workflow, source, deployed_at from definition where hash = $1";

pub(super) const LIVE_DEFINITIONS: &str = "
    select hash, workflow, source, deployed_at
    from live_definition join definition using (hash, workflow)
    order by workflow";

pub(super) const LIVE_HASHES: &str = "select workflow, hash from live_definition order by workflow";

pub(super) const LOAD: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at, (
        select t.bytes from trail t
        where t.started_at = instance.started_at and t.instance = instance.id and t.sequence = instance.sequence
    ) as last_entry
    from instance where id = any ($1::uuid[]) and sequence > 0";

pub(super) const INSTANCES_AFTER: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at, null::text as last_entry
    from instance where id > $1 and sequence > 0
    order by id limit $2";

/// The first identifier is an instance's like any other.
pub(super) const INSTANCES: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at, null::text as last_entry
    from instance where sequence > 0
    order by id limit $1";

pub(super) const LIST: &str = "
    select id, workflow, key, definition, sequence, done, snapshot, head, started_at, (
        select t.bytes from trail t
        where t.started_at = instance.started_at and t.instance = instance.id and t.sequence = instance.sequence
    ) as last_entry
    from instance
    where workflow = $4 and (started_at, id) < ($1, $2) and sequence > 0 and ($3::bool is null or done = $3)
    order by started_at desc, id desc limit $5";

/// Each workflow's newest, merged: one index serves both kinds of page. The names are found by walking it from name to name.
pub(super) const LIST_ALL: &str = "
    with recursive of_any (workflow) as (
        (select workflow from instance where workflow > '' order by workflow limit 1)
        union all
        select (select i.workflow from instance i where i.workflow > of_any.workflow order by i.workflow limit 1)
        from of_any where of_any.workflow is not null
    )
    select of_it.*
    from of_any cross join lateral (
        select id, workflow, key, definition, sequence, done, snapshot, head, started_at, (
            select t.bytes from trail t
            where t.started_at = i.started_at and t.instance = i.id and t.sequence = i.sequence
        ) as last_entry
        from instance i
        where i.workflow = of_any.workflow and (started_at, id) < ($1, $2) and sequence > 0 and ($3::bool is null or done = $3)
        order by started_at desc, id desc limit $4
    ) as of_it
    order by started_at desc, id desc limit $4";

pub(super) const PERSONAL: &str = "select reference, value from personal where instance = $1 order by reference";

pub(super) const PERSONAL_OF: &str = "
    select instance, reference, value from personal where instance = any ($1::uuid[]) order by instance, reference";

pub(super) const TRAIL: &str = "
    select sequence, at, input_key, bytes from trail
    where started_at = (select started_at from instance where id = $1) and instance = $1 and sequence > $2
    order by sequence limit $3";

pub(super) const ENTRY_OF_INPUT: &str = "
    select sequence, at, input_key, bytes from trail
    where started_at = (select started_at from instance where id = $1) and instance = $1 and input_key = $2";

pub(super) const DEFINITIONS_AFTER: &str = "
    select hash, workflow, source, deployed_at from definition where hash > $1 order by hash limit $2";

/// Walks the whole index: only the audit asks.
const STRAY_ENTRIES: &str = "
    select t.instance, min(t.sequence) as sequence, count(*) as many, min(t.started_at) as started_at
    from trail t left join instance i on i.id = t.instance and i.started_at = t.started_at
    where i.id is null or t.sequence < 1 or t.sequence > i.sequence
    group by t.instance order by t.instance limit $1";

const STRAY_ENTRY: &str = "select bytes from trail where started_at = $1 and instance = $2 order by sequence limit 1";

/// As [`STRAY_ENTRIES`].
const STRAY_PERSONAL: &str = "
    select p.instance, 0::bigint as sequence, count(*) as many, null::bigint as started_at
    from personal p left join instance i on i.id = p.instance
    where i.id is null or i.sequence < 1
    group by p.instance order by p.instance limit $1";

pub(super) async fn keep_definition(connection: &mut PgConnection, definition: &Definition) -> Result<(), Trouble> {
    let hash = definition.hash.0;
    let keep = sqlx::query(KEEP_DEFINITION)
        .bind(hash)
        .bind(&*definition.workflow)
        .bind(&definition.source);
    keep.bind(definition.deployed_at_us).execute(&mut *connection).await?;
    sqlx::query(MAKE_LIVE)
        .bind(&*definition.workflow)
        .bind(hash)
        .execute(&mut *connection)
        .await?;
    table::note_uses(connection, definition).await
}

pub(super) async fn definition(pool: &PgPool, hash: Digest) -> StoreResult<Option<StoredDefinition>> {
    let found = sqlx::query(FIND_DEFINITION)
        .bind(hash.0)
        .fetch_optional(pool)
        .await
        .map_err(failed)?;
    found.as_ref().map(row::definition).transpose().map_err(failed)
}

pub(super) async fn live_definitions(pool: &PgPool) -> StoreResult<Vec<StoredDefinition>> {
    let found = sqlx::query(LIVE_DEFINITIONS).fetch_all(pool).await.map_err(failed)?;
    row::all(&found, row::definition).map_err(failed)
}

pub(super) async fn live_hashes(pool: &PgPool) -> StoreResult<Vec<(Arc<str>, Digest)>> {
    let found = sqlx::query(LIVE_HASHES).fetch_all(pool).await.map_err(failed)?;
    row::all(&found, |found| {
        Ok((row::text(found, "workflow")?, row::digest(found, "hash", &mut None)?))
    })
    .map_err(failed)
}

pub(super) async fn load(pool: &PgPool, ids: &[InstanceId]) -> StoreResult<Vec<Option<InstanceRow>>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut columns = Columns::default();
    columns.add(ids.iter().map(|id| Uuid::from(*id)))?;
    let found = sqlx::query_with(LOAD, columns.finish())
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    let rows = row::all(&found, row::instance).map_err(failed)?;
    let by_id: BTreeMap<InstanceId, InstanceRow> = rows.into_iter().map(|row| (row.instance, row)).collect();
    Ok(ids.iter().map(|id| by_id.get(id).cloned()).collect())
}

pub(super) async fn instances_after(pool: &PgPool, after: Option<InstanceId>, limit: usize) -> StoreResult<Vec<InstanceRow>> {
    let query = match after {
        Some(after) => sqlx::query(INSTANCES_AFTER).bind(Uuid::from(after)).bind(count(limit)),
        None => sqlx::query(INSTANCES).bind(count(limit)),
    };
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, row::instance).map_err(failed)
}

pub(super) async fn list(pool: &PgPool, query: &ListQuery) -> StoreResult<ListPage> {
    let (started_at, id) = query.after.unwrap_or((i64::MAX, InstanceId([0xff; 16])));
    // One more than asked for, to know whether there are more.
    let limit = count(query.limit).saturating_add(1);
    let sql = if query.workflow.is_some() { LIST } else { LIST_ALL };
    let mut search = sqlx::query(sql).bind(started_at).bind(Uuid::from(id)).bind(query.done);
    if let Some(workflow) = &query.workflow {
        search = search.bind(&**workflow);
    }
    let found = search.bind(limit).fetch_all(pool).await.map_err(failed)?;
    let mut rows = row::all(&found, row::instance).map_err(failed)?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    Ok(ListPage { rows, more })
}

pub(super) async fn personal(pool: &PgPool, instance: InstanceId) -> StoreResult<Vec<PersonalRow>> {
    let found = sqlx::query(PERSONAL)
        .bind(Uuid::from(instance))
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    row::all(&found, personal_row).map_err(failed)
}

fn personal_row(found: &PgRow) -> Result<PersonalRow, sqlx::Error> {
    Ok(PersonalRow {
        // What cannot be read does not fit its commitment, and is found by that.
        reference: row::digest(found, "reference", &mut None)?,
        value: found.try_get("value")?,
    })
}

pub(super) async fn personal_of(pool: &PgPool, instances: &[InstanceId]) -> StoreResult<Vec<Vec<PersonalRow>>> {
    let mut columns = Columns::default();
    columns.add(instances.iter().map(|instance| Uuid::from(*instance)))?;
    let found = sqlx::query_with(PERSONAL_OF, columns.finish());
    let found = found.fetch_all(pool).await.map_err(failed)?;
    let mut personal: BTreeMap<InstanceId, Vec<PersonalRow>> = BTreeMap::new();
    for found in &found {
        let instance = row::id(found, "instance").map_err(failed)?;
        personal
            .entry(instance)
            .or_default()
            .push(personal_row(found).map_err(failed)?);
    }
    let of = |instance: &InstanceId| personal.get(instance).cloned().unwrap_or_default();
    Ok(instances.iter().map(of).collect())
}

pub(super) async fn trail(pool: &PgPool, instance: InstanceId, after: u64, limit: usize) -> StoreResult<Vec<TrailRow>> {
    let query = sqlx::query(TRAIL)
        .bind(Uuid::from(instance))
        .bind(signed(after))
        .bind(count(limit));
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, row::trail).map_err(failed)
}

pub(super) async fn entry_of_input(pool: &PgPool, instance: InstanceId, key: InputKey) -> StoreResult<Option<TrailRow>> {
    let query = sqlx::query(ENTRY_OF_INPUT).bind(Uuid::from(instance)).bind(Uuid::from(key));
    let found = query.fetch_optional(pool).await.map_err(failed)?;
    found.as_ref().map(row::trail).transpose().map_err(failed)
}

pub(super) async fn definitions_after(pool: &PgPool, after: Option<Digest>, limit: usize) -> StoreResult<Vec<StoredDefinition>> {
    let after = after.map_or_else(Vec::new, |hash| hash.0.to_vec());
    let query = sqlx::query(DEFINITIONS_AFTER).bind(after).bind(count(limit));
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, row::definition).map_err(failed)
}

pub(super) async fn strays(pool: &PgPool, limit: usize) -> StoreResult<Vec<Stray>> {
    let mut strays = Vec::new();
    for (table, sql) in [(StrayTable::Trail, STRAY_ENTRIES), (StrayTable::Personal, STRAY_PERSONAL)] {
        let found = sqlx::query(sql).bind(count(limit)).fetch_all(pool).await.map_err(failed)?;
        for row in &found {
            strays.push(stray(pool, table, row).await.map_err(failed)?);
        }
    }
    Ok(strays)
}

async fn stray(pool: &PgPool, table: StrayTable, found: &PgRow) -> Result<Stray, sqlx::Error> {
    let instance = row::id(found, "instance")?;
    let entry = sqlx::query_scalar(STRAY_ENTRY)
        .bind(found.try_get::<Option<i64>, _>("started_at")?)
        .bind(Uuid::from(instance));
    Ok(Stray {
        table,
        instance,
        sequence: u64::try_from(found.try_get::<i64, _>("sequence")?).unwrap_or_default(),
        rows: row::unsigned(found, "many")?,
        entry: entry.fetch_optional(pool).await?,
    })
}
