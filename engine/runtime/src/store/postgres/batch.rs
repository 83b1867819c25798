//! One batch of writes on one connection: plain ones in a single statement, careful ones in a transaction.

use std::collections::BTreeMap;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use statewright_core::identity::{InputKey, InstanceId};

use super::columns::{self, Columns};
use super::connection::Trouble;
use super::part::Form;
use super::statement::{FIND_GONE, FIND_INPUTS};
use super::uuid::Uuid;
use super::{alone, careful, row};
use crate::store::check::repeated_key;
use crate::store::{Applied, Write};

/// The sequence of the entry that an input caused before.
pub(super) type Earlier = BTreeMap<(InstanceId, InputKey), u64>;

/// Whether a write depends on more than its own instance, so that it needs locks before it can be decided.
pub(super) fn is_careful(write: &Write) -> bool {
    let depends = !write.reads.is_empty() || !write.found.is_empty() || !write.claims_held.is_empty();
    depends || !write.settled.is_empty() || !write.watched.is_empty() || !write.unwatched.is_empty()
}

/// No two of the writes are of the same instance.
pub(super) async fn commit(connection: &mut PgConnection, writes: &[&Write]) -> Result<Vec<Applied>, Trouble> {
    if writes.iter().any(|write| is_careful(write)) {
        careful::commit(connection, writes).await
    } else {
        plain(connection, writes).await
    }
}

async fn plain(connection: &mut PgConnection, writes: &[&Write]) -> Result<Vec<Applied>, Trouble> {
    let repeated: Vec<Option<Applied>> = writes.iter().map(|write| repeated_key(write)).collect();
    let sent: Vec<&Write> = writes
        .iter()
        .zip(&repeated)
        .filter(|(_, repeated)| repeated.is_none())
        .map(|(write, _)| *write)
        .collect();
    let left = apply(connection, &sent).await?;
    let earlier = earlier_of_those_left(connection, &sent, &left).await?;
    let answers = writes.iter().zip(repeated).map(|(write, repeated)| match repeated {
        Some(duplicate) => duplicate,
        None if left.instances.contains_key(&write.instance) => {
            duplicate_among(write, &earlier).unwrap_or_else(|| gone_or_moved(left.gone.get(&write.instance)))
        }
        None => Applied::Committed,
    });
    Ok(answers.collect())
}

/// The writes that were not applied.
#[derive(Default)]
pub(super) struct Left {
    /// True: it was a repetition.
    instances: BTreeMap<InstanceId, bool>,
    earlier: Earlier,
    /// Messages that were to be taken, the first of each instance.
    gone: BTreeMap<InstanceId, i64>,
}

impl Left {
    pub(super) fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }
}

/// Runs the statement of the batch; by itself it is a transaction.
pub(super) async fn apply(connection: &mut PgConnection, writes: &[&Write]) -> Result<Left, Trouble> {
    let mut left = Left::default();
    if writes.is_empty() {
        return Ok(left);
    }
    if let Some((write, entry)) = alone::of(writes)
        && alone::commit(connection, write, entry).await?
    {
        return Ok(left);
    }
    let form = Form::of(writes);
    let query = sqlx::query_with(form.statement(), columns::arguments(form, writes)?);
    for found in query.fetch_all(connection).await? {
        let instance = InstanceId(found.try_get::<Uuid, _>(0)?.0);
        let key = found.try_get::<Option<Uuid>, _>(1)?.map(|key| InputKey(key.0));
        let is_duplicate = left.instances.entry(instance).or_default();
        *is_duplicate |= key.is_some();
        if let Some(gone) = found.try_get::<Option<i64>, _>("gone")? {
            left.gone.insert(instance, gone);
        }
        if let Some(key) = key {
            left.earlier.insert((instance, key), row::unsigned(&found, "earlier")?);
        }
    }
    Ok(left)
}

fn gone_or_moved(gone: Option<&i64>) -> Applied {
    match gone {
        Some(id) => Applied::MessageGone { id: *id },
        None => Applied::Moved,
    }
}

/// A write that lost a race may be a repetition of the very write that won it, which its statement could not see yet.
async fn earlier_of_those_left(connection: &mut PgConnection, writes: &[&Write], left: &Left) -> Result<Earlier, Trouble> {
    let mut earlier = left.earlier.clone();
    let lost: Vec<&Write> = writes
        .iter()
        .filter(|write| left.instances.get(&write.instance) == Some(&false))
        .copied()
        .collect();
    earlier.extend(find_inputs(connection, &lost).await?);
    Ok(earlier)
}

/// Which input keys of these writes are in the trail.
pub(super) async fn find_inputs(connection: &mut PgConnection, writes: &[&Write]) -> Result<Earlier, Trouble> {
    let keys = || {
        writes.iter().flat_map(|write| {
            write
                .entries
                .iter()
                .filter_map(|entry| Some((write.instance, entry.input_key?)))
        })
    };
    if keys().next().is_none() {
        return Ok(Earlier::new());
    }
    let mut columns = Columns::default();
    columns.add(keys().map(|(instance, _)| Uuid::from(instance)))?;
    columns.add(keys().map(|(_, key)| Uuid::from(key)))?;
    let found = sqlx::query_with(FIND_INPUTS, columns.finish()).fetch_all(connection).await?;
    let earlier = found.iter().map(|found: &PgRow| {
        let instance = InstanceId(found.try_get::<Uuid, _>(0)?.0);
        let key = InputKey(found.try_get::<Uuid, _>(1)?.0);
        Ok(((instance, key), row::unsigned(found, "earlier")?))
    });
    earlier.collect()
}

/// The first message of each write that is to be taken and is not there.
pub(super) async fn find_gone(connection: &mut PgConnection, writes: &[&Write]) -> Result<BTreeMap<InstanceId, i64>, Trouble> {
    let taken = || {
        writes
            .iter()
            .flat_map(|write| write.messages_taken.iter().map(|id| (write.instance, *id)))
    };
    let mut gone = BTreeMap::new();
    if taken().next().is_none() {
        return Ok(gone);
    }
    let mut columns = Columns::default();
    columns.add(taken().map(|(receiver, _)| Uuid::from(receiver)))?;
    columns.add(taken().map(|(_, id)| id))?;
    for found in sqlx::query_with(FIND_GONE, columns.finish()).fetch_all(connection).await? {
        let receiver = InstanceId(found.try_get::<Uuid, _>(0)?.0);
        let id: i64 = found.try_get(1)?;
        let first = gone.entry(receiver).or_insert(id);
        *first = id.min(*first);
    }
    Ok(gone)
}

/// The first of the write's inputs that came before.
pub(super) fn duplicate_among(write: &Write, earlier: &Earlier) -> Option<Applied> {
    let keys = write.entries.iter().filter_map(|entry| entry.input_key);
    let mut found = keys.filter_map(|key| Some((key, *earlier.get(&(write.instance, key))?)));
    found.next().map(|(key, sequence)| Applied::Duplicate { key, sequence })
}
