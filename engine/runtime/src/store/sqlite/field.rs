//! Instances by the values of their fields and by their states.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use statewright_core::identity::InstanceId;

use super::argument;
use super::row::{self, at_one_moment, count, execute, one, rows};
use crate::store::field::rows_of;
use crate::store::{FindPage, FindQuery, FoundBefore, FoundThen, StoreResult, Write};

pub(super) const REMOVE_FIELDS: &str = "delete from instance_field where instance = ?1 and field <> ''";

pub(super) const REMOVE_STATES: &str = "delete from instance_field where instance = ?1 and field = '' and value <> ''";

pub(super) const PUT: &str = "
    insert into instance_field (instance, field, value, workflow) values (?1, ?2, ?3, ?4)
    on conflict (instance, field, value) do update set workflow = excluded.workflow";

/// Whether the other conditions hold, of (workflow; conditions as a JSON array of [number, field, value], how many there are).
macro_rules! others_hold {
    () => {
        "(
            select count(distinct json_extract(o.value, '$[0]')) from json_each(?2) as o
            where exists (
                select 1 from instance_field i
                where i.instance = s.instance and i.field = json_extract(o.value, '$[1]')
                    and i.value = json_extract(o.value, '$[2]') and i.workflow = ?1
            )
        ) = ?3"
    };
}

pub(super) const OF_VALUE: &str = concat!(
    "
    select instance from instance_field s indexed by instance_field_value
    where workflow = ?1 and field = ?4 and value = ?5 and instance > ?6 and ",
    others_hold!(),
    "
    order by instance limit ?7"
);

pub(super) const COUNT: &str = concat!(
    "
    select count(*) from (
        select distinct instance from instance_field s indexed by instance_field_value
        where workflow = ?1 and field = ?4 and value in (select value from json_each(?5)) and ",
    others_hold!(),
    ")"
);

pub(super) const SEQUENCE: &str = "select sequence from instance where id = ?1";

pub(super) fn apply(connection: &Connection, write: &Write) -> StoreResult<()> {
    let Some(rows) = rows_of(write) else { return Ok(()) };
    let instance = write.instance.0;
    if write.index.is_some() {
        execute(connection, REMOVE_FIELDS, params![instance])?;
    }
    if write.states.is_some() {
        execute(connection, REMOVE_STATES, params![instance])?;
    }
    for (field, value) in rows {
        execute(connection, PUT, params![instance, field, value, write.next.workflow])?;
    }
    Ok(())
}

pub(super) fn find(connection: &Connection, query: &FindQuery) -> StoreResult<FindPage> {
    at_one_moment(connection, || page(connection, query))
}

/// Within the transaction of a commit.
pub(super) fn found_now(connection: &Connection, before: &FoundBefore) -> StoreResult<FoundThen> {
    Ok(match before.found {
        FoundThen::Count(_) => FoundThen::Count(count_found(connection, &before.query)?),
        FoundThen::Rows(_) => FoundThen::Rows(page(connection, &before.query)?.rows),
    })
}

/// The first of each value, merged: so many that nothing beyond them can be on the page.
fn page(connection: &Connection, query: &FindQuery) -> StoreResult<FindPage> {
    let conditions = query.all_conditions();
    let Some(((field, values), others)) = conditions.split_first() else {
        return Ok(FindPage {
            rows: Vec::new(),
            more: false,
        });
    };
    // A blob of no bytes comes before every identifier.
    let after = query.after.map_or_else(Vec::new, |id| id.0.to_vec());
    let (conditions, how_many) = (argument::conditions(others), count(others.len()));
    let limit = count(query.limit).saturating_add(1);
    let mut found = BTreeSet::new();
    for value in values {
        let asked = params![query.workflow, conditions, how_many, field, value, after, limit];
        found.extend(rows(connection, OF_VALUE, asked, |row| Ok(InstanceId(row.get("instance")?)))?);
    }
    let more = found.len() > query.limit;
    let rows = found.into_iter().take(query.limit).map(|instance| {
        let sequence = one(connection, SEQUENCE, params![instance.0], |row| {
            row::unsigned(row, "sequence")
        })?;
        Ok((instance, sequence.unwrap_or_default()))
    });
    Ok(FindPage {
        rows: rows.collect::<StoreResult<_>>()?,
        more,
    })
}

pub(super) fn count_found(connection: &Connection, query: &FindQuery) -> StoreResult<u64> {
    let conditions = query.all_conditions();
    let Some(((field, values), others)) = conditions.split_first() else {
        return Ok(0);
    };
    let values = argument::texts(values.iter().map(|value| &**value));
    let asked = params![
        query.workflow,
        argument::conditions(others),
        count(others.len()),
        field,
        values
    ];
    let found = one(connection, COUNT, asked, |row| row.get::<_, i64>(0))?;
    Ok(found.and_then(|found| u64::try_from(found).ok()).unwrap_or_default())
}
