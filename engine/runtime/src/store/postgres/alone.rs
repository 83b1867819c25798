//! A batch that is one instance taking one step, with nothing beside its entry: a statement of one row, without arrays.
//!
//! A server that has little to do writes hardly anything else, and setting up and taking down the plan for many rows costs it more than
//! the work. It only says that all went well: whatever it leaves (a repetition, an instance that moved or that others watch) is
//! settled by the statement of parts ([`super::statement`]), of which nothing has been done then.

use sqlx::postgres::PgArguments;
use sqlx::{Arguments, Encode, PgConnection, Postgres, Type};

use super::columns::signed;
use super::connection::Trouble;
use super::part::{Form, Part};
use super::uuid::Uuid;
use crate::store::{NewEntry, StoreError, StoreResult, Write};

/// What an input without a key does.
pub(super) const MOVE_ON: &str = "
    with changed as (
        update instance i
        set definition = $3::bytea, sequence = $4::int8, done = $5::bool, snapshot = $6::text, head = $7::bytea
        where i.id = $1::uuid and i.sequence = $2::int8 and i.watchers is null
        returning i.started_at
    )
    insert into trail (instance, sequence, started_at, at, bytes)
    select $1, $4, c.started_at, $8::int8, $9::text
    from changed c
    returning sequence";

/// What an input with a key does, if it did not come before.
pub(super) const MOVE_ON_ONCE: &str = "
    with repeated as materialized (
        select from trail t
        where t.started_at = (select i.started_at from instance i where i.id = $1::uuid)
            and t.instance = $1 and t.input_key = $10::uuid
    ), changed as (
        update instance i
        set definition = $3::bytea, sequence = $4::int8, done = $5::bool, snapshot = $6::text, head = $7::bytea
        where i.id = $1 and i.sequence = $2::int8 and i.watchers is null and not exists (select from repeated)
        returning i.started_at
    )
    insert into trail (instance, sequence, started_at, at, input_key, bytes)
    select $1, $4, c.started_at, $8::int8, $10, $9::text
    from changed c
    returning sequence";

/// Whether it went well; if not, nothing was done.
pub(super) async fn commit(connection: &mut PgConnection, write: &Write, entry: &NewEntry) -> Result<bool, Trouble> {
    let statement = if entry.input_key.is_some() { MOVE_ON_ONCE } else { MOVE_ON };
    let written = sqlx::query_with(statement, arguments(write, entry)?)
        .fetch_all(connection)
        .await?;
    Ok(!written.is_empty())
}

/// The one write and its one entry, if that is all there is.
pub(super) fn of<'a>(writes: &[&'a Write]) -> Option<(&'a Write, &'a NewEntry)> {
    let [write] = writes else { return None };
    let [entry] = write.entries.as_slice() else { return None };
    let form = Form::of(writes);
    let is_plain = [Part::Moved, Part::Entries].iter().all(|part| form.has(*part));
    let is_all = form
        .parts()
        .all(|part| matches!(part, Part::Moved | Part::Entries | Part::Inputs));
    (is_plain && is_all && entry.sequence == write.next.sequence).then_some((*write, entry))
}

fn arguments(write: &Write, entry: &NewEntry) -> StoreResult<PgArguments> {
    let mut arguments = PgArguments::default();
    add(&mut arguments, Uuid::from(write.instance))?;
    add(&mut arguments, signed(write.expected))?;
    add(&mut arguments, write.next.definition.0.as_slice())?;
    add(&mut arguments, signed(write.next.sequence))?;
    add(&mut arguments, write.next.done)?;
    add(&mut arguments, write.next.snapshot.as_str())?;
    add(&mut arguments, write.next.head.0.as_slice())?;
    add(&mut arguments, entry.at_us)?;
    add(&mut arguments, entry.bytes.as_str())?;
    if let Some(key) = entry.input_key {
        add(&mut arguments, Uuid::from(key))?;
    }
    Ok(arguments)
}

fn add<'a, T>(arguments: &mut PgArguments, value: T) -> StoreResult<()>
where
    T: Encode<'a, Postgres> + Type<Postgres>,
{
    let added = arguments.add(value);
    added.map_err(|error| StoreError::Refused(format!("the entry is too large for one statement: {error}")))
}
