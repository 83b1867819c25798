//! Topics: who watches what instances are found under, and who must not be disturbed while they are looked at.
//!
//! A commit holds the locks of the topics that its instances are found under together with all others of its kind, and alone those
//! of the topics on which it rests. It takes them before it touches a row, all in one order; so nobody waits for each other. See
//! the function `watchers_of` in `migrations/postgres/0006_topic.sql`.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use statewright_core::identity::InstanceId;

use super::columns::{Columns, of_each};
use super::connection::Trouble;
use super::uuid::Uuid;
use crate::store::{StoreResult, Write};

/// In the batch's statement, of (instances, topics): who is to be woken on account of which of them.
pub(super) const SOUGHT: &str = "
    sought as materialized (
        select n.instance, w.watcher
        from watchers_of($2::uuid[]) as w (topic, watcher)
        join unnest($1::uuid[], $2::uuid[]) as n (instance, topic) on n.topic = w.topic
    )";

/// Always true, and never known before the topics are locked: whatever changes asks it before it looks for a row.
pub(super) const ALL_SOUGHT: &str = "(select count(*) from sought) >= 0";

/// Of (topics, whether alone).
pub(super) const LOCK: &str = "
    select
        case when place.alone
            then pg_advisory_xact_lock(1951622448, place.number)::text
            else pg_advisory_xact_lock_shared(1951622448, place.number)::text
        end
    from (
        select get_byte(uuid_send(t.id), 0) as number, bool_or(t.alone) as alone
        from unnest($1::uuid[], $2::bool[]) as t (id, alone)
        group by 1 order by 1
    ) as place";

pub(super) fn add_sought(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let sought = || {
        let sought = of_each(writes, |write| write.topics.iter());
        sought.filter(|(write, _)| !write.entries.is_empty())
    };
    columns.add(sought().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(sought().map(|(_, topic)| Uuid::from(*topic)))
}

/// Before anything else is looked at or locked.
pub(super) async fn lock(connection: &mut PgConnection, writes: &[&Write]) -> Result<(), Trouble> {
    let mut topics: BTreeMap<InstanceId, bool> = BTreeMap::new();
    for write in writes {
        for topic in &write.topics {
            topics.entry(*topic).or_insert(false);
        }
    }
    let settled = writes.iter().flat_map(|write| &write.settled);
    topics.extend(settled.map(|topic| (*topic, true)));
    if topics.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    columns.add(topics.keys().map(|topic| Uuid::from(*topic)))?;
    columns.add(topics.values().copied())?;
    sqlx::query_with(LOCK, columns.finish()).execute(connection).await?;
    Ok(())
}
