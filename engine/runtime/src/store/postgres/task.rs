//! Open tasks, as commits keep them and queues find them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use statewright_core::identity::InstanceId;

use super::columns::{Columns, of_each, signed};
use super::connection::failed;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::task::NO_DUE_US;
use crate::store::{StoreResult, TaskPage, TaskQuery, TaskRow, Write, subject};

/// In the batch's statement: those that are over, but for those that are put again.
pub(super) const GONE: &str = "
    task_gone as (
        delete from task t using unnest($1::uuid[], $2::text[]) as g (instance, name), changed c
        where t.instance = any ($1) and t.instance = g.instance and t.name = g.name and c.id = g.instance
    ),
    queued_no_more as (
        delete from task_subject s using unnest($1::uuid[], $2::text[]) as g (instance, name), changed c
        where s.instance = any ($1) and s.instance = g.instance and s.task = g.name and c.id = g.instance
    ),
    task_lost as (
        delete from task_field f using unnest($1::uuid[], $2::text[]) as g (instance, name), changed c
        where f.instance = any ($1) and f.instance = g.instance and f.task = g.name and c.id = g.instance
    )";

/// In the batch's statement: those that are new or changed. A subject that stays is only touched if its place in the queue is another.
pub(super) const PUT: &str = "
    task_put as (
        insert into task (instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body)
        select n.instance, n.name, n.opened, n.opened_at, n.workflow, n.holder, n.priority, n.due, n.subjects, n.body
        from unnest($1::uuid[], $2::text[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::int8[], $8::int8[], $9::text[], $10::text[])
            as n (instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body)
        join changed c on c.id = n.instance
        on conflict (instance, name) do update set
            opened = excluded.opened, opened_at = excluded.opened_at, workflow = excluded.workflow, holder = excluded.holder,
            priority = excluded.priority, due = excluded.due, subjects = excluded.subjects, body = excluded.body
    ),
    unlisted as (
        delete from task_subject s using unnest($1::uuid[], $2::text[]) as n (instance, name), changed c
        where s.instance = any ($1) and s.instance = n.instance and s.task = n.name and c.id = n.instance
            and not exists (
                select from unnest($11::uuid[], $12::text[], $13::text[]) as l (instance, task, subject)
                where l.instance = s.instance and l.task = s.task and l.subject = s.subject
            )
    ),
    listed as (
        insert into task_subject as s (instance, task, subject, workflow, held, priority, due, opened_at)
        select l.instance, l.task, l.subject, n.workflow, n.holder is not null, n.priority, n.due, n.opened_at
        from unnest($11::uuid[], $12::text[], $13::text[]) as l (instance, task, subject)
        join unnest($1::uuid[], $2::text[], $4::int8[], $5::text[], $6::text[], $7::int8[], $8::int8[])
            as n (instance, name, opened_at, workflow, holder, priority, due) on n.instance = l.instance and n.name = l.task
        join changed c on c.id = l.instance
        on conflict (instance, task, subject) do update set
            workflow = excluded.workflow, held = excluded.held, priority = excluded.priority, due = excluded.due,
            opened_at = excluded.opened_at
        where (s.workflow, s.held, s.priority, s.due, s.opened_at)
            <> (excluded.workflow, excluded.held, excluded.priority, excluded.due, excluded.opened_at)
    ),
    task_found_no_more as (
        delete from task_field f using unnest($1::uuid[], $2::text[]) as n (instance, name), changed c
        where f.instance = any ($1) and f.instance = n.instance and f.task = n.name and c.id = n.instance
            and not exists (
                select from unnest($14::uuid[], $15::text[], $16::text[], $17::text[]) as l (instance, task, field, value)
                where l.instance = f.instance and l.task = f.task and l.field = f.field and l.value = f.value
            )
    ),
    task_found as (
        insert into task_field (instance, task, field, value)
        select l.instance, l.task, l.field, l.value
        from unnest($14::uuid[], $15::text[], $16::text[], $17::text[]) as l (instance, task, field, value)
        join changed c on c.id = l.instance
        on conflict (instance, task, field, value) do nothing
    )";

/// A page of (queues: subjects, whether held; the holders; the workflow; after: priority, due, opening, instance, name; how many): the
/// first of each queue and of what each of these people holds, merged.
macro_rules! page {
    ($of_workflow:literal) => {
        concat!(
            "
    with place as (
        select f.priority, f.due, f.opened_at, f.instance, f.task
        from unnest($1::text[], $2::bool[]) as q (subject, held) cross join lateral (
            select s.priority, s.due, s.opened_at, s.instance, s.task
            from task_subject s
            where s.subject = q.subject and s.held = q.held and ",
            $of_workflow,
            "
                and (s.priority, s.due, s.opened_at, s.instance, s.task) > ($5::int8, $6::int8, $7::int8, $8::uuid, $9::text)
            order by s.priority, s.due, s.opened_at, s.instance, s.task limit $10::int8
        ) as f
        union
        select h.priority, h.due, h.opened_at, h.instance, h.name
        from unnest($3::text[]) as p (holder) cross join lateral (
            select t.priority, t.due, t.opened_at, t.instance, t.name
            from task t
            where t.holder = p.holder and ($4::text is null or t.workflow = $4)
                and (t.priority, t.due, t.opened_at, t.instance, t.name) > ($5, $6, $7, $8, $9)
            order by t.priority, t.due, t.opened_at, t.instance, t.name limit $10
        ) as h
        order by priority, due, opened_at, instance, task limit $10
    )
    select t.instance, t.name, t.opened, t.opened_at, t.workflow, t.holder, t.priority, t.due, t.subjects, t.body
    from place p cross join lateral (
        select * from task o where o.instance = p.instance and o.name = p.task
    ) as t
    order by p.priority, p.due, p.opened_at, p.instance, p.task"
        )
    };
}

pub(super) const PAGE: &str = page!("true");

pub(super) const PAGE_OF_WORKFLOW: &str = page!("s.workflow = $4");

pub(super) const FIND: &str = "
    select instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body
    from task where instance = $1 and name = $2";

pub(super) const OF_INSTANCES: &str = "
    select instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body
    from task where instance = any ($1::uuid[]) order by instance, name";

/// Sorts all that the person holds, which is not much: apart, so that no other index is walked in search of them.
pub(super) const HELD_BY: &str = "
    with held as materialized (
        select instance, name, opened, opened_at, workflow, holder, priority, due, subjects, body
        from task where holder = $1
    )
    select * from held where $2::uuid is null or (instance, name) > ($2, $3) order by instance, name limit $4";

pub(super) const LOADS: &str = "select holder, count(*) as load from task where holder = any ($1::text[]) group by holder";

pub(super) fn add_gone(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let gone = || {
        let gone = of_each(writes, |write| write.tasks_gone.iter());
        gone.filter(|(write, name)| !write.tasks.iter().any(|task| task.name == **name))
    };
    columns.add(gone().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(gone().map(|(_, name)| &**name))
}

pub(super) fn add_put(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let tasks = || {
        let tasks = of_each(writes, |write| write.tasks.iter().enumerate());
        tasks.filter_map(|(write, (place, task))| {
            let is_put_later = write.tasks.iter().skip(place + 1).any(|later| later.name == task.name);
            (!is_put_later).then_some(task)
        })
    };
    let listed = || tasks().flat_map(|task| task.subjects.iter().map(move |subject| (task, subject)));
    columns.add(tasks().map(|task| Uuid::from(task.instance)))?;
    columns.add(tasks().map(|task| &*task.name))?;
    columns.add(tasks().map(|task| signed(task.opened)))?;
    columns.add(tasks().map(|task| task.opened_us))?;
    columns.add(tasks().map(|task| &*task.workflow))?;
    columns.add(tasks().map(|task| task.holder.as_deref()))?;
    columns.add(tasks().map(|task| i64::from(task.priority)))?;
    columns.add(tasks().map(|task| task.due_us.unwrap_or(NO_DUE_US)))?;
    columns.add(tasks().map(|task| subject::text_of(&task.subjects)))?;
    columns.add(tasks().map(|task| task.body.as_str()))?;
    columns.add(listed().map(|(task, _)| Uuid::from(task.instance)))?;
    columns.add(listed().map(|(task, _)| &*task.name))?;
    columns.add(listed().map(|(_, subject)| &**subject))?;
    let found = || of_each(writes, |write| write.task_fields.iter());
    columns.add(found().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(found().map(|(_, (name, _))| &**name))?;
    columns.add(found().map(|(_, (_, (field, _)))| &**field))?;
    columns.add(found().map(|(_, (_, (_, value)))| &**value))
}

pub(super) async fn find(pool: &PgPool, query: &TaskQuery) -> StoreResult<TaskPage> {
    let states: &[bool] = if query.held_too { &[false, true] } else { &[false] };
    let queues = || {
        let subjects = query.subjects.iter();
        subjects.flat_map(|subject| states.iter().map(move |held| (&**subject, *held)))
    };
    let mut columns = Columns::default();
    columns.add(queues().map(|(subject, _)| subject))?;
    columns.add(queues().map(|(_, held)| held))?;
    columns.add(query.holders.iter().map(|holder| &**holder))?;
    let statement = if query.workflow.is_some() { PAGE_OF_WORKFLOW } else { PAGE };
    let page = sqlx::query_with(statement, columns.finish()).bind(query.workflow.as_deref());
    let page = match &query.after {
        // No priority is negative.
        None => page.bind(-1_i64).bind(0_i64).bind(0_i64).bind(Uuid([0; 16])).bind(""),
        Some(after) => page
            .bind(i64::from(after.priority))
            .bind(after.due_us.unwrap_or(NO_DUE_US))
            .bind(after.opened_us)
            .bind(Uuid::from(after.instance))
            .bind(&*after.name),
    };
    let limit = count(query.limit).saturating_add(1);
    let found = page.bind(limit).fetch_all(pool).await.map_err(failed)?;
    let mut rows = row::all(&found, read).map_err(failed)?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    Ok(TaskPage { rows, more })
}

pub(super) async fn of_instances(pool: &PgPool, instances: &[InstanceId]) -> StoreResult<Vec<TaskRow>> {
    if instances.is_empty() {
        return Ok(Vec::new());
    }
    let mut columns = Columns::default();
    columns.add(instances.iter().map(|instance| Uuid::from(*instance)))?;
    let query = sqlx::query_with(OF_INSTANCES, columns.finish());
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, read).map_err(failed)
}

pub(super) async fn task(pool: &PgPool, instance: InstanceId, name: &str) -> StoreResult<Option<TaskRow>> {
    let query = sqlx::query(FIND).bind(Uuid::from(instance)).bind(name);
    let found = query.fetch_optional(pool).await.map_err(failed)?;
    found.as_ref().map(read).transpose().map_err(failed)
}

pub(super) async fn held_by(
    pool: &PgPool,
    user: &str,
    after: Option<&(InstanceId, Arc<str>)>,
    limit: usize,
) -> StoreResult<Vec<TaskRow>> {
    let (instance, name) = after.map(|(instance, name)| (Uuid::from(*instance), &**name)).unzip();
    let query = sqlx::query(HELD_BY).bind(user).bind(instance).bind(name).bind(count(limit));
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, read).map_err(failed)
}

pub(super) async fn loads(pool: &PgPool, users: &[Arc<str>]) -> StoreResult<Vec<u64>> {
    let mut columns = Columns::default();
    columns.add(users.iter().map(|user| &**user))?;
    let query = sqlx::query_with(LOADS, columns.finish());
    let found = query.fetch_all(pool).await.map_err(failed)?;
    let loads = row::all(&found, |found| {
        Ok((row::text(found, "holder")?, row::unsigned(found, "load")?))
    });
    let loads: BTreeMap<Arc<str>, u64> = loads.map_err(failed)?.into_iter().collect();
    Ok(users
        .iter()
        .map(|user| loads.get(user).copied().unwrap_or_default())
        .collect())
}

pub(super) fn read(row: &PgRow) -> Result<TaskRow, sqlx::Error> {
    let due: i64 = row.try_get("due")?;
    Ok(TaskRow {
        instance: row::id(row, "instance")?,
        name: row::text(row, "name")?,
        opened: row::unsigned(row, "opened")?,
        opened_us: row.try_get("opened_at")?,
        workflow: row::text(row, "workflow")?,
        holder: row.try_get::<Option<&str>, _>("holder")?.map(Arc::from),
        priority: row::small(row, "priority")?,
        due_us: (due != NO_DUE_US).then_some(due),
        subjects: row::subjects(row)?,
        body: row.try_get("body")?,
    })
}
