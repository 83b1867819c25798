//! Open tasks by whom they are for and who holds them, as reads find them.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, params};
use statewright_core::identity::InstanceId;

use super::row::{at_one_moment, count, execute, one, rows};
use super::{argument, task};
use crate::store::{OpenTaskQuery, StoreResult, TaskPage, Write};

pub(super) const REMOVE: &str = "delete from task_field where instance = ?1 and task = ?2";

pub(super) const PUT: &str = "
    insert into task_field (instance, task, field, value) values (?1, ?2, ?3, ?4)
    on conflict (instance, task, field, value) do nothing";

/// Whether the other conditions hold, of (conditions as a JSON array of [number, field, value], how many there are).
macro_rules! others_hold {
    () => {
        "(
            select count(distinct json_extract(o.value, '$[0]')) from json_each(?1) as o
            where exists (
                select 1 from task_field i
                where i.instance = s.instance and i.task = s.task and i.field = json_extract(o.value, '$[1]')
                    and i.value = json_extract(o.value, '$[2]')
            )
        ) = ?2"
    };
}

pub(super) const OF_VALUE: &str = concat!(
    "
    select instance, task from task_field s indexed by task_field_value
    where field = ?3 and value = ?4 and ",
    others_hold!(),
    "
    order by instance, task limit ?5"
);

pub(super) const COUNT: &str = concat!(
    "
    select count(*) from (
        select distinct instance, task from task_field s indexed by task_field_value
        where field = ?3 and value in (select value from json_each(?4)) and ",
    others_hold!(),
    ")"
);

/// After the tasks themselves.
pub(super) fn apply(connection: &Connection, write: &Write) -> StoreResult<()> {
    let instance = write.instance.0;
    let put = write.tasks.iter().map(|task| &task.name);
    for name in write.tasks_gone.iter().chain(put) {
        execute(connection, REMOVE, params![instance, name])?;
    }
    for (name, (field, value)) in &write.task_fields {
        execute(connection, PUT, params![instance, name, field, value])?;
    }
    Ok(())
}

/// The first of each value, merged: so many that nothing beyond them can be on the page.
pub(super) fn find(connection: &Connection, query: &OpenTaskQuery) -> StoreResult<TaskPage> {
    let mut page = TaskPage {
        rows: Vec::new(),
        more: false,
    };
    let Some(((field, values), others)) = query.conditions.split_first() else {
        return Ok(page);
    };
    let (conditions, how_many) = (argument::conditions(others), count(others.len()));
    let limit = count(query.limit).saturating_add(1);
    at_one_moment(connection, || {
        let mut places: BTreeSet<(InstanceId, Arc<str>)> = BTreeSet::new();
        for value in values {
            let asked = params![conditions, how_many, field, value, limit];
            let place = |row: &rusqlite::Row<'_>| Ok((InstanceId(row.get("instance")?), row.get("task")?));
            places.extend(rows(connection, OF_VALUE, asked, place)?);
        }
        page.more = places.len() > query.limit;
        for (instance, name) in places.into_iter().take(query.limit) {
            page.rows.extend(task::task(connection, instance, &name)?);
        }
        Ok(page)
    })
}

pub(super) fn count_found(connection: &Connection, query: &OpenTaskQuery) -> StoreResult<u64> {
    let Some(((field, values), others)) = query.conditions.split_first() else {
        return Ok(0);
    };
    let values = argument::texts(values.iter().map(|value| &**value));
    let asked = params![argument::conditions(others), count(others.len()), field, values];
    let found = one(connection, COUNT, asked, |row| row.get::<_, i64>(0))?;
    Ok(found.and_then(|found| u64::try_from(found).ok()).unwrap_or_default())
}
