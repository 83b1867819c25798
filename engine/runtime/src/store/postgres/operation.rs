//! Which nodes are there, and what waits.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::columns::signed;
use super::connection::failed;
use super::row::{self, count};
use crate::store::StoreResult;
use crate::store::check::check_text;
use crate::store::operation::{Backlog, COUNTED_MAX, NODES_MAX, NodeRow, OperationStore, Waiting, by_adapter};

pub(super) const BEAT: &str = "
    insert into node (node, version, started_at, seen_at, is_gone, taken_lately, waiting, memory_bytes)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (node) do update set
        version = excluded.version, started_at = excluded.started_at, seen_at = excluded.seen_at, is_gone = excluded.is_gone,
        taken_lately = excluded.taken_lately, waiting = excluded.waiting, memory_bytes = excluded.memory_bytes";

pub(super) const FORGET_NODES: &str = "delete from node where seen_at < $1";

pub(super) const NODES: &str = "
    select node, version, started_at, seen_at, is_gone, taken_lately, waiting, memory_bytes from node order by node limit $1";

pub(super) const BACKLOG: &str = "
    select t.count as timers, t.oldest as timers_oldest, m.count as messages, m.oldest as messages_oldest,
        i.count as incidents, i.oldest as incidents_oldest
    from (
        select count(*) as count, min(due) as oldest
        from (select due from timer where incident_since is null and due <= $1 order by due limit $2) as due
    ) as t, (
        select count(*) as count, min(since) as oldest
        from (
            (
                select inserted_at as since from message
                where incident_since is null and not deferred and due <= inserted_at order by id limit $2
            )
            union all
            (
                select due as since from message
                where incident_since is null and not deferred and due > inserted_at and due <= $1 order by due limit $2
            )
            limit $2
        ) as ready
    ) as m, (
        select count(*) as count, min(since) as oldest
        from (
            (select incident_since as since from timer where incident_since is not null order by incident_since limit $2)
            union all
            (select incident_since as since from message where incident_since is not null order by incident_since limit $2)
            union all
            (
                select incident_since as since from effect
                where incident_since is not null and not abandoned order by incident_since limit $2
            )
            union all
            (select incident_since as since from mail where incident_since is not null order by incident_since limit $2)
            limit $2
        ) as stuck
    ) as i";

pub(super) const DUE_EFFECTS: &str = "
    select adapter, due, lease_until from effect
    where incident_since is null and not abandoned and due <= $1
    order by due limit $2";

/// What has no due is left out in the words of the index.
pub(super) const OVERDUE: &str = "
    select workflow, count(*) as count, min(due) as oldest
    from (
        select workflow, due from task
        where due <> 9223372036854775807 and due < $1
        order by due, workflow limit $2
    ) as late
    group by workflow order by workflow";

#[async_trait]
impl OperationStore for PostgresStore {
    async fn beat(&self, node: &NodeRow, forget_before_us: i64) -> StoreResult<()> {
        check_text("the node's name", &node.node)?;
        let beat = sqlx::query(BEAT)
            .bind(&*node.node)
            .bind(&*node.version)
            .bind(node.started_at_us)
            .bind(node.seen_at_us)
            .bind(node.left)
            .bind(signed(node.taken_lately))
            .bind(signed(node.waiting))
            .bind(node.memory_bytes.map(signed));
        beat.execute(&self.pool).await.map_err(failed)?;
        let forget = sqlx::query(FORGET_NODES).bind(forget_before_us);
        forget.execute(&self.pool).await.map_err(failed)?;
        Ok(())
    }

    async fn nodes(&self) -> StoreResult<Vec<NodeRow>> {
        let found = sqlx::query(NODES).bind(count(NODES_MAX)).fetch_all(&self.pool).await;
        row::all(&found.map_err(failed)?, node).map_err(failed)
    }

    async fn backlog(&self, now_us: i64) -> StoreResult<Backlog> {
        let most = signed(COUNTED_MAX);
        let counted = sqlx::query(BACKLOG).bind(now_us).bind(most).fetch_one(&self.pool).await;
        let due = sqlx::query(DUE_EFFECTS).bind(now_us).bind(most).fetch_all(&self.pool).await;
        let late = sqlx::query(OVERDUE).bind(now_us).bind(most).fetch_all(&self.pool).await;
        let overdue = row::all(&late.map_err(failed)?, overdue).map_err(failed)?;
        backlog(&counted.map_err(failed)?, &due.map_err(failed)?, overdue, now_us).map_err(failed)
    }
}

fn overdue(row: &PgRow) -> Result<(Arc<str>, Waiting), sqlx::Error> {
    let waiting = Waiting::of(row::unsigned(row, "count")?, row.try_get("oldest")?);
    Ok((row::text(row, "workflow")?, waiting))
}

fn backlog(counted: &PgRow, due: &[PgRow], overdue: Vec<(Arc<str>, Waiting)>, now_us: i64) -> Result<Backlog, sqlx::Error> {
    let due = row::all(due, |row| {
        Ok((row::text(row, "adapter")?, row.try_get("due")?, row.try_get("lease_until")?))
    })?;
    let (effects, leased) = by_adapter(due, now_us);
    Ok(Backlog {
        timers: Waiting::of(row::unsigned(counted, "timers")?, counted.try_get("timers_oldest")?),
        messages: Waiting::of(row::unsigned(counted, "messages")?, counted.try_get("messages_oldest")?),
        effects,
        leased,
        incidents: Waiting::of(row::unsigned(counted, "incidents")?, counted.try_get("incidents_oldest")?),
        overdue,
    })
}

fn node(row: &PgRow) -> Result<NodeRow, sqlx::Error> {
    let memory: Option<i64> = row.try_get("memory_bytes")?;
    Ok(NodeRow {
        node: row::text(row, "node")?,
        version: row::text(row, "version")?,
        started_at_us: row.try_get("started_at")?,
        seen_at_us: row.try_get("seen_at")?,
        left: row.try_get("is_gone")?,
        taken_lately: row::unsigned(row, "taken_lately")?,
        waiting: row::unsigned(row, "waiting")?,
        memory_bytes: memory.and_then(|bytes| u64::try_from(bytes).ok()),
    })
}
