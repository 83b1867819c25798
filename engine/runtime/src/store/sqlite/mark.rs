//! Marks, as commits keep them and reads find them.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, params};
use statewright_core::identity::InstanceId;

use super::argument;
use super::row::{self, at_one_moment, count, execute, one, rows, signed};
use crate::store::mark::{EVERY, MarkPlace, Settled, walked};
use crate::store::{MarkPage, MarkQuery, MarkRow, StoreResult, Write};

pub(super) const KEEP: &str = "
    insert into mark (instance, name, sequence, ordinal, at, actor, data) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(super) const KEEP_FIELD: &str = "
    insert into mark_field (instance, sequence, ordinal, field, value, name, at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    on conflict do nothing";

pub(super) const LATEST: &str = "
    select sequence, ordinal from mark where instance = ?1 and name = ?2
    order by sequence desc, ordinal desc limit ?3";

pub(super) const TAKE_BACK: &str = "delete from mark where instance = ?1 and name = ?2 and sequence = ?3 and ordinal = ?4";

pub(super) const TAKE_BACK_FIELDS: &str = "delete from mark_field where instance = ?1 and sequence = ?2 and ordinal = ?3";

/// Whether the other conditions hold, of (conditions as a JSON array of [number, field, value], how many there are).
macro_rules! others_hold {
    () => {
        "(
            select count(distinct json_extract(o.value, '$[0]')) from json_each(?3) as o
            where exists (
                select 1 from mark_field i
                where i.instance = s.instance and i.sequence = s.sequence and i.ordinal = s.ordinal
                    and i.field = json_extract(o.value, '$[1]') and i.value = json_extract(o.value, '$[2]')
            )
        ) = ?4"
    };
}

pub(super) const OF_VALUE: &str = concat!(
    "
    select at, instance, sequence, ordinal from mark_field s indexed by mark_field_value
    where name = ?1 and field = ?2 and value = ?5 and at >= ?6 and at <= ?8 and ",
    others_hold!(),
    "
    order by at desc, instance desc, sequence desc, ordinal desc limit ?7"
);

/// Goes through all that the instance has marked.
pub(super) const OF_INSTANCE: &str = concat!(
    "
    select distinct at, instance, sequence, ordinal from mark_field s
    where instance = ?8 and name = ?1 and field = ?2 and value in (select value from json_each(?5)) and at >= ?6 and at <= ?9 and ",
    others_hold!(),
    "
    order by at desc, sequence desc, ordinal desc limit ?7"
);

pub(super) const COUNT: &str = concat!(
    "
    select count(*) from (
        select distinct instance, sequence, ordinal from mark_field s indexed by mark_field_value
        where name = ?1 and field = ?2 and value in (select value from json_each(?5)) and at >= ?6 and at <= ?7 and ",
    others_hold!(),
    ")"
);

pub(super) const FIND: &str = "
    select instance, name, sequence, ordinal, at, actor, data from mark
    where instance = ?1 and name = ?2 and sequence = ?3 and ordinal = ?4";

pub(super) fn apply(connection: &Connection, write: &Write) -> StoreResult<()> {
    if write.marks.is_empty() && write.marks_back.is_empty() {
        return Ok(());
    }
    let instance = write.instance.0;
    let settled = Settled::of(write);
    for (name, many) in settled.back {
        let latest = rows(connection, LATEST, params![instance, name, signed(many)], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })?;
        for (sequence, ordinal) in latest {
            execute(connection, TAKE_BACK, params![instance, name, sequence, ordinal])?;
            execute(connection, TAKE_BACK_FIELDS, params![instance, sequence, ordinal])?;
        }
    }
    for mark in settled.marks {
        let (sequence, ordinal, at) = (signed(mark.sequence), mark.ordinal, mark.at_us);
        let values = params![instance, mark.name, sequence, ordinal, at, mark.actor, mark.values];
        execute(connection, KEEP, values)?;
        let pairs = mark.index.iter().map(|(field, value)| (&**field, &**value));
        for (field, value) in pairs.chain([(EVERY, EVERY)]) {
            let values = params![instance, sequence, ordinal, field, value, mark.name, at];
            execute(connection, KEEP_FIELD, values)?;
        }
    }
    Ok(())
}

pub(super) fn find(connection: &Connection, query: &MarkQuery) -> StoreResult<MarkPage> {
    at_one_moment(connection, || {
        let places = places(connection, query, count(query.limit).saturating_add(1))?;
        let more = places.len() > query.limit;
        let found = places.into_iter().rev().take(query.limit);
        let rows = found.map(|(_, instance, sequence, ordinal)| {
            let asked = params![instance.0, query.name, signed(sequence), ordinal];
            one(connection, FIND, asked, read)
        });
        let rows = rows.collect::<StoreResult<Vec<Option<MarkRow>>>>()?;
        Ok(MarkPage {
            rows: rows.into_iter().flatten().collect(),
            more,
        })
    })
}

pub(super) fn count_all(connection: &Connection, query: &MarkQuery) -> StoreResult<u64> {
    if query.instances.is_some() {
        return at_one_moment(connection, || Ok(places(connection, query, i64::MAX)?.len() as u64));
    }
    let (field, values, others) = walked(query);
    let (since, until) = (query.since_us.unwrap_or(i64::MIN), query.until_us.unwrap_or(i64::MAX));
    let asked = params![
        query.name,
        field,
        argument::conditions(others),
        count(others.len()),
        argument::texts(values.iter().copied()),
        since,
        until
    ];
    let found = one(connection, COUNT, asked, |row| row.get::<_, i64>(0))?;
    Ok(found.and_then(|found| u64::try_from(found).ok()).unwrap_or_default())
}

/// The newest so many of each value or instance, merged.
fn places(connection: &Connection, query: &MarkQuery, limit: i64) -> StoreResult<BTreeSet<MarkPlace>> {
    let (field, values, others) = walked(query);
    let (conditions, how_many) = (argument::conditions(others), count(others.len()));
    let (since, until) = (query.since_us.unwrap_or(i64::MIN), query.until_us.unwrap_or(i64::MAX));
    let mut found = BTreeSet::new();
    if let Some(instances) = &query.instances {
        let values = argument::texts(values.iter().copied());
        for instance in instances {
            let asked = params![
                query.name, field, conditions, how_many, values, since, limit, instance.0, until
            ];
            found.extend(rows(connection, OF_INSTANCE, asked, place)?);
        }
    } else {
        for value in values {
            let asked = params![query.name, field, conditions, how_many, value, since, limit, until];
            found.extend(rows(connection, OF_VALUE, asked, place)?);
        }
    }
    Ok(found)
}

fn place(row: &Row<'_>) -> rusqlite::Result<MarkPlace> {
    let sequence = row::unsigned(row, "sequence")?;
    Ok((
        row.get("at")?,
        InstanceId(row.get("instance")?),
        sequence,
        row.get("ordinal")?,
    ))
}

fn read(row: &Row<'_>) -> rusqlite::Result<MarkRow> {
    Ok(MarkRow {
        instance: InstanceId(row.get("instance")?),
        sequence: row::unsigned(row, "sequence")?,
        ordinal: row.get("ordinal")?,
        name: row::text(row, "name")?,
        at_us: row.get("at")?,
        actor: row::text(row, "actor")?,
        values: row.get("data")?,
    })
}
