//! Open tasks, as commits keep them and queues find them.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, Row, params};
use statewright_core::identity::InstanceId;

use super::row::{self, at_one_moment, count, execute, one, rows, signed};
use crate::store::task::NO_DUE_US;
use crate::store::{StoreResult, TaskPage, TaskPlace, TaskQuery, TaskRow, Write, subject};

pub(super) const REMOVE: &str = "delete from task where instance = ?1 and name = ?2";

pub(super) const REMOVE_SUBJECTS: &str = "delete from task_subject where instance = ?1 and task = ?2";

pub(super) const PUT: &str = "
    insert into task (instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    on conflict (instance, name) do update set
        opened = excluded.opened, opened_at = excluded.opened_at, workflow = excluded.workflow, holder = excluded.holder,
        priority = excluded.priority, due = excluded.due, subjects = excluded.subjects, body = excluded.body";

pub(super) const PUT_SUBJECT: &str = "
    insert into task_subject (instance, task, subject, workflow, held, priority, due, opened_at)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

pub(super) const QUEUE: &str = "
    select priority, due, opened_at, instance, task as name from task_subject indexed by task_subject_queue
    where subject = ?1 and held = ?2 and (priority, due, opened_at, instance, task) > (?3, ?4, ?5, ?6, ?7)
    order by priority, due, opened_at, instance, task limit ?8";

pub(super) const QUEUE_OF_WORKFLOW: &str = "
    select priority, due, opened_at, instance, task as name from task_subject indexed by task_subject_workflow
    where subject = ?1 and held = ?2 and (priority, due, opened_at, instance, task) > (?3, ?4, ?5, ?6, ?7) and workflow = ?9
    order by priority, due, opened_at, instance, task limit ?8";

pub(super) const HELD: &str = "
    select priority, due, opened_at, instance, name from task indexed by task_holder
    where holder = ?1 and (priority, due, opened_at, instance, name) > (?2, ?3, ?4, ?5, ?6) and (?7 is null or workflow = ?7)
    order by priority, due, opened_at, instance, name limit ?8";

pub(super) const FIND: &str = "
    select instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body
    from task where instance = ?1 and name = ?2";

pub(super) const OF_INSTANCE: &str = "
    select instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body
    from task where instance = ?1 order by name";

/// Sorts all that the person holds, which is not much.
pub(super) const HELD_BY: &str = "
    select instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body
    from task indexed by task_holder where holder = ?1 and (instance, name) > (?2, ?3)
    order by instance, name limit ?4";

pub(super) const LOAD: &str = "select count(*) from task where holder = ?1";

pub(super) fn apply(connection: &Connection, write: &Write) -> StoreResult<()> {
    let instance = write.instance.0;
    for name in &write.tasks_gone {
        execute(connection, REMOVE, params![instance, name])?;
        execute(connection, REMOVE_SUBJECTS, params![instance, name])?;
    }
    for task in &write.tasks {
        let due = task.due_us.unwrap_or(NO_DUE_US);
        let subjects = subject::text_of(&task.subjects);
        let (opened, opened_at) = (signed(task.opened), task.opened_us);
        let values = params![
            instance,
            task.name,
            opened,
            opened_at,
            task.workflow,
            task.holder,
            task.priority,
            due,
            subjects,
            task.body
        ];
        execute(connection, PUT, values)?;
        execute(connection, REMOVE_SUBJECTS, params![instance, task.name])?;
        for subject in &task.subjects {
            let held = task.holder.is_some();
            let values = params![
                instance,
                task.name,
                subject,
                task.workflow,
                held,
                task.priority,
                due,
                opened_at
            ];
            execute(connection, PUT_SUBJECT, values)?;
        }
    }
    Ok(())
}

/// The first of each queue, merged: so many that nothing beyond them can be on the page.
pub(super) fn find(connection: &Connection, query: &TaskQuery) -> StoreResult<TaskPage> {
    at_one_moment(connection, || {
        let mut places = BTreeSet::new();
        let subjects: BTreeSet<&Arc<str>> = query.subjects.iter().collect();
        for subject in subjects {
            places.extend(queue(connection, query, subject, false)?);
            if query.held_too {
                places.extend(queue(connection, query, subject, true)?);
            }
        }
        for holder in &query.holders {
            places.extend(held(connection, query, holder)?);
        }
        let more = places.len() > query.limit;
        let found = places.into_iter().take(query.limit);
        let rows = found.map(|place| task(connection, place.instance, &place.name));
        let rows = rows.collect::<StoreResult<Vec<Option<TaskRow>>>>()?;
        Ok(TaskPage {
            rows: rows.into_iter().flatten().collect(),
            more,
        })
    })
}

fn queue(connection: &Connection, query: &TaskQuery, subject: &str, held: bool) -> StoreResult<Vec<TaskPlace>> {
    let (priority, due, opened_at, instance, name) = bounds(query);
    let limit = count(query.limit).saturating_add(1);
    match &query.workflow {
        Some(workflow) => {
            let asked = params![subject, held, priority, due, opened_at, instance, name, limit, workflow];
            rows(connection, QUEUE_OF_WORKFLOW, asked, place)
        }
        None => {
            let asked = params![subject, held, priority, due, opened_at, instance, name, limit];
            rows(connection, QUEUE, asked, place)
        }
    }
}

fn held(connection: &Connection, query: &TaskQuery, holder: &str) -> StoreResult<Vec<TaskPlace>> {
    let (priority, due, opened_at, instance, name) = bounds(query);
    let limit = count(query.limit).saturating_add(1);
    let asked = params![holder, priority, due, opened_at, instance, name, query.workflow, limit];
    rows(connection, HELD, asked, place)
}

/// What every place of the page is greater than; no priority is negative.
fn bounds(query: &TaskQuery) -> (i64, i64, i64, [u8; 16], &str) {
    match &query.after {
        None => (-1, 0, 0, [0; 16], ""),
        Some(after) => {
            let due = after.due_us.unwrap_or(NO_DUE_US);
            (after.priority.into(), due, after.opened_us, after.instance.0, &after.name)
        }
    }
}

pub(super) fn of_instances(connection: &Connection, instances: &[InstanceId]) -> StoreResult<Vec<TaskRow>> {
    let instances: BTreeSet<&InstanceId> = instances.iter().collect();
    at_one_moment(connection, || {
        let mut found = Vec::new();
        for instance in &instances {
            found.extend(rows(connection, OF_INSTANCE, params![instance.0], read)?);
        }
        Ok(found)
    })
}

pub(super) fn task(connection: &Connection, instance: InstanceId, name: &str) -> StoreResult<Option<TaskRow>> {
    one(connection, FIND, params![instance.0, name], read)
}

pub(super) fn held_by(
    connection: &Connection,
    user: &str,
    after: Option<&(InstanceId, Arc<str>)>,
    limit: usize,
) -> StoreResult<Vec<TaskRow>> {
    // A blob of no bytes comes before every identifier.
    let (instance, name) = after.map_or((Vec::new(), ""), |(instance, name)| (instance.0.to_vec(), name));
    rows(connection, HELD_BY, params![user, instance, name, count(limit)], read)
}

pub(super) fn loads(connection: &Connection, users: &[Arc<str>]) -> StoreResult<Vec<u64>> {
    at_one_moment(connection, || {
        let loads = users.iter().map(|user| {
            let load = one(connection, LOAD, params![user], |row| row.get::<_, i64>(0))?;
            Ok(load.and_then(|load| u64::try_from(load).ok()).unwrap_or_default())
        });
        loads.collect()
    })
}

fn place(row: &Row<'_>) -> rusqlite::Result<TaskPlace> {
    Ok(TaskPlace {
        priority: row.get("priority")?,
        due_us: due(row)?,
        opened_us: row.get("opened_at")?,
        instance: InstanceId(row.get("instance")?),
        name: row::text(row, "name")?,
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    Ok(TaskRow {
        instance: InstanceId(row.get("instance")?),
        name: row::text(row, "name")?,
        opened: row::unsigned(row, "opened")?,
        opened_us: row.get("opened_at")?,
        workflow: row::text(row, "workflow")?,
        holder: row.get("holder")?,
        priority: row.get("priority")?,
        due_us: due(row)?,
        subjects: row::subjects(row)?,
        body: row.get("body")?,
    })
}

fn due(row: &Row<'_>) -> rusqlite::Result<Option<i64>> {
    let due: i64 = row.get("due")?;
    Ok((due != NO_DUE_US).then_some(due))
}
