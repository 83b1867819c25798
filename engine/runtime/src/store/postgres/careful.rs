//! Writes that depend on more than their own instance: what they depend on is locked, then all are decided, then written.
//!
//! The order of locks is the same everywhere: topics, identifiers of absent instances, then rows, each in the order of the identifiers; so
//! two such transactions never wait for each other. What is decided on is read after the locks, and so cannot be out of date.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Connection, PgConnection, Row};
use statewright_core::identity::InstanceId;

use super::batch::{self, Earlier, duplicate_among};
use super::columns::Columns;
use super::connection::Trouble;
use super::found::Standing;
use super::uuid::Uuid;
use super::{row, topic};
use crate::store::check::repeated_key;
use crate::store::{Applied, Claim, StoreError, Write};

/// Keeps two writes apart that begin what the other one found absent: there is no row yet that could be locked.
pub(super) const LOCK_ABSENT: &str = "select pg_advisory_xact_lock(place) from unnest($1::int8[]) as place";

/// Row after row in the order given: those that are to be changed for themselves alone, those that were read together with
/// other readers.
pub(super) const LOCK: &str = "
    select o.id, coalesce(to_change.sequence, to_read.sequence) as sequence
    from unnest($1::uuid[], $2::bool[]) as o (id, changes)
    left join lateral (
        select i.sequence from instance i where i.id = o.id and o.changes for no key update
    ) as to_change on true
    left join lateral (
        select i.sequence from instance i where i.id = o.id and not o.changes for share
    ) as to_read on true";

pub(super) const FIND_HOLDERS: &str = "select id, holder from claim where id = any ($1::uuid[])";

pub(super) const HOLD_CLAIMS: &str = "
    insert into claim (id, name, value, holder)
    select c.id, c.name, c.value, c.holder
    from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) as c (id, name, value, holder)
    on conflict (id) do nothing";

/// A row for each of these that does not exist, so that whoever begins it finds its watchers.
pub(super) const EXPECT_WATCHED: &str = "
    insert into instance (id, workflow, key, definition, sequence, done, snapshot, head, started_at)
    select id, '', '', '', 0, false, '', '', 0 from unnest($1::uuid[]) as id
    on conflict (id) do nothing";

pub(super) const UNWATCH: &str = "
    update instance i
    set watchers = (
        select array_agg(w order by w) from unnest(i.watchers) as w
        where not exists (select from unnest($1::uuid[], $2::uuid[]) as u (subject, watcher) where u.subject = i.id and u.watcher = w)
    )
    where i.id = any ($1)";

pub(super) const WATCH: &str = "
    update instance i
    set watchers = (
        select array_agg(w order by w)
        from (
            select unnest(i.watchers)
            union select n.watcher from unnest($1::uuid[], $2::uuid[]) as n (subject, watcher) where n.subject = i.id
        ) as of_it (w)
    )
    where i.id = any ($1)";

/// The row of a topic, or of an instance that never came, which nobody watches any more.
pub(super) const FORGET_UNWATCHED: &str =
    "delete from instance i where i.id = any ($1::uuid[]) and i.sequence = 0 and i.watchers is null";

/// As one transaction. `Collision`, if something that was absent came in between: nothing was written.
pub(super) async fn commit(connection: &mut PgConnection, writes: &[&Write]) -> Result<Vec<Applied>, Trouble> {
    let mut transaction = connection.begin().await?;
    let answers = apply(&mut transaction, writes).await?;
    transaction.commit().await?;
    Ok(answers)
}

/// Within a transaction that is to be taken back if this fails.
pub(super) async fn apply(connection: &mut PgConnection, writes: &[&Write]) -> Result<Vec<Applied>, Trouble> {
    let facts = gather(connection, writes).await?;
    let known_holders = facts.holders.clone();
    let known_sequences = facts.sequences.clone();
    let answers = decide(writes, facts);
    let applied: Vec<&Write> = writes
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| **answer == Applied::Committed)
        .map(|(write, _)| *write)
        .collect();
    hold_claims(connection, &applied, &known_holders).await?;
    change_watches(connection, &applied, &known_sequences).await?;
    if batch::apply(connection, &applied).await?.is_empty() {
        Ok(answers)
    } else {
        Err(came_between())
    }
}

/// What the decision rests on; nobody else can change it before the transaction ends, but for what is absent.
struct Facts {
    sequences: BTreeMap<InstanceId, u64>,
    earlier: Earlier,
    /// Messages that are to be taken and are not there, the first of each instance.
    gone: BTreeMap<InstanceId, i64>,
    /// Claim → holder.
    holders: BTreeMap<InstanceId, InstanceId>,
    standing: Standing,
}

async fn gather(connection: &mut PgConnection, writes: &[&Write]) -> Result<Facts, Trouble> {
    topic::lock(connection, writes).await?;
    lock_absent(connection, writes).await?;
    Ok(Facts {
        sequences: lock_rows(connection, writes).await?,
        earlier: batch::find_inputs(connection, writes).await?,
        gone: batch::find_gone(connection, writes).await?,
        holders: find_holders(connection, writes).await?,
        standing: Standing::look(connection, writes).await?,
    })
}

async fn lock_absent(connection: &mut PgConnection, writes: &[&Write]) -> Result<(), Trouble> {
    let found_absent = writes
        .iter()
        .flat_map(|write| write.reads.iter().filter(|(_, seen)| *seen == 0).map(|(read, _)| *read));
    let begun = writes
        .iter()
        .filter(|write| write.expected == 0 && !write.reads.is_empty())
        .map(|write| write.instance);
    let places: BTreeSet<i64> = found_absent.chain(begun).map(advisory_place).collect();
    if places.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    columns.add(places.into_iter())?;
    sqlx::query_with(LOCK_ABSENT, columns.finish()).execute(connection).await?;
    Ok(())
}

/// Two identifiers that share half of their digest only wait for each other.
fn advisory_place(id: InstanceId) -> i64 {
    let [first @ .., _, _, _, _, _, _, _, _] = id.0;
    i64::from_be_bytes(first)
}

/// The sequence of each instance that exists.
async fn lock_rows(connection: &mut PgConnection, writes: &[&Write]) -> Result<BTreeMap<InstanceId, u64>, Trouble> {
    let mut changes: BTreeMap<InstanceId, bool> = BTreeMap::new();
    for write in writes {
        changes.extend(write.watched.iter().chain(&write.unwatched).map(|subject| (*subject, true)));
        changes.insert(write.instance, true);
    }
    for (read, _) in writes.iter().flat_map(|write| &write.reads) {
        changes.entry(*read).or_insert(false);
    }
    let mut columns = Columns::default();
    columns.add(changes.keys().map(|id| Uuid::from(*id)))?;
    columns.add(changes.values().copied())?;
    let found = sqlx::query_with(LOCK, columns.finish()).fetch_all(connection).await?;
    let existing = found.iter().filter_map(|found| {
        let sequence = found.try_get::<Option<i64>, _>("sequence").transpose()?;
        Some(sequence.and_then(|_| Ok((row::id(found, "id")?, row::unsigned(found, "sequence")?))))
    });
    Ok(existing.collect::<Result<_, sqlx::Error>>()?)
}

async fn find_holders(connection: &mut PgConnection, writes: &[&Write]) -> Result<BTreeMap<InstanceId, InstanceId>, Trouble> {
    let claims: BTreeSet<InstanceId> = writes
        .iter()
        .flat_map(|write| write.claims_held.iter().map(|claim| claim.id))
        .collect();
    if claims.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut columns = Columns::default();
    columns.add(claims.into_iter().map(Uuid::from))?;
    let found = sqlx::query_with(FIND_HOLDERS, columns.finish()).fetch_all(connection).await?;
    let holders = found.iter().map(|found| {
        let (claim, holder) = (found.try_get::<Uuid, _>(0)?, found.try_get::<Uuid, _>(1)?);
        Ok((InstanceId(claim.0), InstanceId(holder.0)))
    });
    holders.collect()
}

/// In the order of the writes, each as if those before it had happened; what they release is not free yet.
fn decide(writes: &[&Write], mut facts: Facts) -> Vec<Applied> {
    let decided = writes.iter().map(|write| {
        let answer = decide_one(write, &facts);
        if answer == Applied::Committed {
            facts.sequences.insert(write.instance, write.next.sequence);
            facts
                .holders
                .extend(write.claims_held.iter().map(|claim| (claim.id, write.instance)));
            facts.standing.apply(write);
        }
        answer
    });
    decided.collect()
}

fn decide_one(write: &Write, facts: &Facts) -> Applied {
    let sequence_of = |instance: &InstanceId| facts.sequences.get(instance).copied().unwrap_or(0);
    if let Some(duplicate) = repeated_key(write).or_else(|| duplicate_among(write, &facts.earlier)) {
        return duplicate;
    }
    if let Some(id) = facts.gone.get(&write.instance) {
        return Applied::MessageGone { id: *id };
    }
    if sequence_of(&write.instance) != write.expected {
        return Applied::Moved;
    }
    if write.reads.iter().any(|(read, seen)| sequence_of(read) != *seen) {
        return Applied::ReadMoved;
    }
    if !facts.standing.is_as_found(write) {
        return Applied::ReadMoved;
    }
    let held = write.claims_held.iter().find_map(|claim| {
        let holder = facts.holders.get(&claim.id).copied();
        holder
            .filter(|holder| *holder != write.instance)
            .map(|holder| (claim, holder))
    });
    match held {
        Some((claim, holder)) => Applied::ClaimHeld {
            name: claim.name.clone(),
            value: claim.value.clone(),
            holder,
        },
        None => Applied::Committed,
    }
}

async fn hold_claims(
    connection: &mut PgConnection,
    applied: &[&Write],
    known: &BTreeMap<InstanceId, InstanceId>,
) -> Result<(), Trouble> {
    let held = applied
        .iter()
        .flat_map(|write| write.claims_held.iter().map(|claim| (claim.id, (claim, write.instance))));
    let new: BTreeMap<InstanceId, (&Claim, InstanceId)> = held.filter(|(id, _)| !known.contains_key(id)).collect();
    if new.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    columns.add(new.keys().map(|id| Uuid::from(*id)))?;
    columns.add(new.values().map(|(claim, _)| &*claim.name))?;
    columns.add(new.values().map(|(claim, _)| &*claim.value))?;
    columns.add(new.values().map(|(_, holder)| Uuid::from(*holder)))?;
    let held = sqlx::query_with(HOLD_CLAIMS, columns.finish()).execute(connection).await?;
    if held.rows_affected() == new.len() as u64 {
        Ok(())
    } else {
        Err(came_between())
    }
}

async fn change_watches(
    connection: &mut PgConnection,
    applied: &[&Write],
    known: &BTreeMap<InstanceId, u64>,
) -> Result<(), Trouble> {
    let ended: Vec<_> = applied
        .iter()
        .flat_map(|write| write.unwatched.iter().map(|subject| (*subject, write.instance)))
        .collect();
    let begun: Vec<_> = applied
        .iter()
        .flat_map(|write| write.watched.iter().map(|subject| (*subject, write.instance)))
        .collect();
    let absent: BTreeSet<InstanceId> = begun
        .iter()
        .map(|(subject, _)| *subject)
        .filter(|subject| !known.contains_key(subject))
        .collect();
    if !absent.is_empty() {
        let mut columns = Columns::default();
        columns.add(absent.iter().map(|id| Uuid::from(*id)))?;
        let expected = sqlx::query_with(EXPECT_WATCHED, columns.finish())
            .execute(&mut *connection)
            .await?;
        if expected.rows_affected() != absent.len() as u64 {
            return Err(came_between());
        }
    }
    change_watchers(connection, UNWATCH, &ended).await?;
    change_watchers(connection, WATCH, &begun).await?;
    if ended.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    columns.add(ended.iter().map(|(subject, _)| Uuid::from(*subject)))?;
    sqlx::query_with(FORGET_UNWATCHED, columns.finish())
        .execute(connection)
        .await?;
    Ok(())
}

async fn change_watchers(
    connection: &mut PgConnection,
    sql: &'static str,
    pairs: &[(InstanceId, InstanceId)],
) -> Result<(), Trouble> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    columns.add(pairs.iter().map(|(subject, _)| Uuid::from(*subject)))?;
    columns.add(pairs.iter().map(|(_, watcher)| Uuid::from(*watcher)))?;
    sqlx::query_with(sql, columns.finish()).execute(connection).await?;
    Ok(())
}

/// Something that was absent a moment ago: an instance or the holder of a claim.
fn came_between() -> Trouble {
    Trouble::Collision(StoreError::Unavailable(
        "another transaction came in between, again and again".into(),
    ))
}
