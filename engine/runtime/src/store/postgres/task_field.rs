//! Open tasks by whom they are for and who holds them, as reads find them.

use sqlx::PgPool;
use sqlx::postgres::PgArguments;

use super::columns::Columns;
use super::connection::failed;
use super::row::{self, count};
use super::task;
use crate::store::{OpenTaskQuery, StoreResult, TaskPage};

/// Tasks of (field, values; how many; other conditions: numbers, fields, values, how many): the first of each value, merged.
macro_rules! found {
    () => {
        "
        select distinct f.instance, f.task
        from unnest($2::text[]) as v (value) cross join lateral (
            select s.instance, s.task
            from task_field s
            where s.field = $1::text and s.value = v.value
                and (
                    select count(distinct o.number)
                    from unnest($4::int8[], $5::text[], $6::text[]) as o (number, field, value)
                    where exists (
                        select from task_field i
                        where i.instance = s.instance and i.task = s.task and i.field = o.field and i.value = o.value
                    )
                ) = $7::int8
            order by s.instance, s.task limit $3::int8
        ) as f"
    };
}

pub(super) const PAGE: &str = concat!(
    "
    with place as (",
    found!(),
    "
        order by instance, task limit $3
    )
    select t.instance, t.name, t.opened, t.opened_at, t.workflow, t.holder, t.priority, t.due, t.subjects, t.body
    from place p cross join lateral (
        select * from task o where o.instance = p.instance and o.name = p.task
    ) as t
    order by p.instance, p.task"
);

pub(super) const COUNT: &str = concat!("select count(*) from (", found!(), ") as place");

pub(super) async fn find(pool: &PgPool, query: &OpenTaskQuery) -> StoreResult<TaskPage> {
    let limit = count(query.limit).saturating_add(1);
    let Some(arguments) = arguments(query, limit)? else {
        return Ok(TaskPage {
            rows: Vec::new(),
            more: false,
        });
    };
    let found = sqlx::query_with(PAGE, arguments).fetch_all(pool).await.map_err(failed)?;
    let mut rows = row::all(&found, task::read).map_err(failed)?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    Ok(TaskPage { rows, more })
}

pub(super) async fn count_found(pool: &PgPool, query: &OpenTaskQuery) -> StoreResult<u64> {
    let Some(arguments) = arguments(query, i64::MAX)? else {
        return Ok(0);
    };
    let counted = sqlx::query_scalar_with::<_, i64, _>(COUNT, arguments);
    let counted = counted.fetch_one(pool).await.map_err(failed)?;
    Ok(u64::try_from(counted).unwrap_or_default())
}

fn arguments(query: &OpenTaskQuery, limit: i64) -> StoreResult<Option<PgArguments>> {
    let Some(((field, values), others)) = query.conditions.split_first() else {
        return Ok(None);
    };
    let triples = || {
        let others = (0_i64..).zip(others);
        others.flat_map(|(number, (field, values))| values.iter().map(move |value| (number, &**field, &**value)))
    };
    let mut columns = Columns::default();
    columns.add_one(&**field)?;
    columns.add(values.iter().map(|value| &**value))?;
    columns.add_one(limit)?;
    columns.add(triples().map(|(number, ..)| number))?;
    columns.add(triples().map(|(_, field, _)| field))?;
    columns.add(triples().map(|(.., value)| value))?;
    columns.add_one(count(others.len()))?;
    Ok(Some(columns.finish()))
}
