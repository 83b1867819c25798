//! Which nodes are there, and what waits.

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};

use super::SqliteStore;
use super::row::{at_one_moment, count, execute, one, rows, signed, text, unsigned};
use crate::store::StoreResult;
use crate::store::check::check_text;
use crate::store::operation::{Backlog, COUNTED_MAX, NODES_MAX, NodeRow, OperationStore, Waiting, by_adapter};

pub(super) const BEAT: &str = "
    insert into node (node, version, started_at, seen_at, is_gone, taken_lately, waiting, memory_bytes)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    on conflict (node) do update set
        version = excluded.version, started_at = excluded.started_at, seen_at = excluded.seen_at, is_gone = excluded.is_gone,
        taken_lately = excluded.taken_lately, waiting = excluded.waiting, memory_bytes = excluded.memory_bytes";

pub(super) const FORGET_NODES: &str = "delete from node where seen_at < ?1";

pub(super) const NODES: &str = "
    select node, version, started_at, seen_at, is_gone, taken_lately, waiting, memory_bytes from node order by node limit ?1";

pub(super) const DUE_TIMERS: &str = "
    select count(*) as count, min(due) as oldest from (
        select due from timer indexed by timer_due where incident_since is null and due <= ?1 order by due limit ?2
    )";

pub(super) const READY_MESSAGES: &str = "
    select count(*) as count, min(oldest) as oldest from (
        select oldest from (
            select inserted_at as oldest from message indexed by message_ready
            where incident_since is null and deferred = 0 and due <= inserted_at order by id limit ?2
        )
        union all
        select oldest from (
            select due as oldest from message indexed by message_delayed
            where incident_since is null and deferred = 0 and due > inserted_at and due <= ?1 order by due limit ?2
        )
        limit ?2
    )";

pub(super) const DUE_EFFECTS: &str = "
    select adapter, due, lease_until from effect indexed by effect_due
    where incident_since is null and abandoned = 0 and due <= ?1
    order by due limit ?2";

pub(super) const INCIDENTS: &str = "
    select count(*) as count, min(since) as oldest from (
        select since from (
            select incident_since as since from timer indexed by timer_incident
            where incident_since is not null order by incident_since limit ?1
        )
        union all
        select since from (
            select incident_since as since from message indexed by message_incident
            where incident_since is not null order by incident_since limit ?1
        )
        union all
        select since from (
            select incident_since as since from effect indexed by effect_incident
            where incident_since is not null and abandoned = 0 order by incident_since limit ?1
        )
        union all
        select since from (
            select incident_since as since from mail indexed by mail_incident
            where incident_since is not null order by incident_since limit ?1
        )
        limit ?1
    )";

/// What has no due is left out in the words of the index.
pub(super) const OVERDUE: &str = "
    select workflow, count(*) as count, min(due) as oldest from (
        select workflow, due from task indexed by task_due
        where due <> 9223372036854775807 and due < ?1
        order by due, workflow limit ?2
    ) group by workflow order by workflow";

#[async_trait]
impl OperationStore for SqliteStore {
    async fn beat(&self, node: &NodeRow, forget_before_us: i64) -> StoreResult<()> {
        check_text("the node's name", &node.node)?;
        let node = node.clone();
        self.write(move |connection| {
            let memory = node.memory_bytes.map(signed);
            let (taken, waiting) = (signed(node.taken_lately), signed(node.waiting));
            let values = params![
                node.node,
                node.version,
                node.started_at_us,
                node.seen_at_us,
                node.left,
                taken,
                waiting,
                memory
            ];
            execute(connection, BEAT, values)?;
            execute(connection, FORGET_NODES, params![forget_before_us])?;
            Ok(())
        })
        .await
    }

    async fn nodes(&self) -> StoreResult<Vec<NodeRow>> {
        self.read(move |connection| rows(connection, NODES, params![count(NODES_MAX)], node))
            .await
    }

    async fn backlog(&self, now_us: i64) -> StoreResult<Backlog> {
        self.read(move |connection| at_one_moment(connection, || backlog(connection, now_us)))
            .await
    }
}

fn backlog(connection: &Connection, now_us: i64) -> StoreResult<Backlog> {
    let most = signed(COUNTED_MAX);
    let counted = |statement: &str, values: &[&dyn rusqlite::ToSql]| one(connection, statement, values, waiting);
    let due = rows(connection, DUE_EFFECTS, params![now_us, most], |row| {
        Ok((text(row, "adapter")?, row.get("due")?, row.get("lease_until")?))
    })?;
    let (effects, leased) = by_adapter(due, now_us);
    Ok(Backlog {
        timers: counted(DUE_TIMERS, params![now_us, most])?.unwrap_or_default(),
        messages: counted(READY_MESSAGES, params![now_us, most])?.unwrap_or_default(),
        effects,
        leased,
        incidents: counted(INCIDENTS, params![most])?.unwrap_or_default(),
        overdue: rows(connection, OVERDUE, params![now_us, most], |row| {
            Ok((text(row, "workflow")?, waiting(row)?))
        })?,
    })
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting::of(unsigned(row, "count")?, row.get("oldest")?))
}

fn node(row: &Row<'_>) -> rusqlite::Result<NodeRow> {
    let memory: Option<i64> = row.get("memory_bytes")?;
    Ok(NodeRow {
        node: text(row, "node")?,
        version: text(row, "version")?,
        started_at_us: row.get("started_at")?,
        seen_at_us: row.get("seen_at")?,
        left: row.get("is_gone")?,
        taken_lately: unsigned(row, "taken_lately")?,
        waiting: unsigned(row, "waiting")?,
        memory_bytes: memory.and_then(|bytes| u64::try_from(bytes).ok()),
    })
}
