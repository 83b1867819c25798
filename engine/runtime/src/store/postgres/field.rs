//! Instances by the values of their fields and by their states.

use sqlx::PgPool;
use sqlx::postgres::PgArguments;

use super::columns::{Columns, of_each};
use super::connection::failed;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::field::rows_of;
use crate::store::{FindPage, FindQuery, StoreResult, Write};

/// In the batch's statement, of (instances whose fields are replaced, whose states are; rows from now on): what stays is not touched.
pub(super) const INDEXED: &str = "
    indexed_no_more as (
        delete from instance_field f using changed c
        where f.instance = any ($1::uuid[] || $2::uuid[]) and c.id = f.instance
            and (
                (f.field <> '' and f.instance = any ($1))
                or (f.field = '' and f.value <> '' and f.instance = any ($2))
            )
            and not exists (
                select from unnest($3::uuid[], $4::text[], $5::text[]) as n (instance, field, value)
                where n.instance = f.instance and n.field = f.field and n.value = f.value
            )
    ),
    indexed as (
        insert into instance_field as f (instance, field, value, workflow)
        select n.instance, n.field, n.value, n.workflow
        from unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) as n (instance, field, value, workflow)
        join changed c on c.id = n.instance
        on conflict (instance, field, value) do update set workflow = excluded.workflow
        where f.workflow <> excluded.workflow
    )";

/// Instances of (workflow, field, values; after; how many; other conditions: numbers, fields, values, how many): the first of each
/// value, merged. The workflow of another row is compared in words that no index knows, so that the row is looked for by its key.
macro_rules! found {
    () => {
        "
        select distinct f.instance
        from unnest($3::text[]) as v (value) cross join lateral (
            select s.instance
            from instance_field s
            where s.workflow = $1::text and s.field = $2::text and s.value = v.value and s.instance > $4::uuid
                and (
                    select count(distinct o.number)
                    from unnest($6::int8[], $7::text[], $8::text[]) as o (number, field, value)
                    where exists (
                        select from instance_field i
                        where i.instance = s.instance and i.field = o.field and i.value = o.value and i.workflow || '' = $1
                    )
                ) = $9::int8
            order by s.instance limit $5::int8
        ) as f"
    };
}

pub(super) const PAGE: &str = concat!(
    "
    with place as (",
    found!(),
    "
        order by instance limit $5
    )
    select p.instance, i.sequence
    from place p cross join lateral (select o.sequence from instance o where o.id = p.instance limit 1) as i
    order by p.instance"
);

pub(super) const COUNT: &str = concat!("select count(*) from (", found!(), ") as place");

/// Before every identifier: digests have no such beginning.
const FIRST: Uuid = Uuid([0; 16]);

pub(super) fn add_indexed(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let with_fields = writes.iter().filter(|write| write.index.is_some());
    let with_states = writes.iter().filter(|write| write.states.is_some());
    let rows = || of_each(writes, |write| rows_of(write).unwrap_or_default().into_iter());
    columns.add(with_fields.map(|write| Uuid::from(write.instance)))?;
    columns.add(with_states.map(|write| Uuid::from(write.instance)))?;
    columns.add(rows().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(rows().map(|(_, (field, _))| field))?;
    columns.add(rows().map(|(_, (_, value))| value))?;
    columns.add(rows().map(|(write, _)| &*write.next.workflow))
}

pub(super) async fn find(pool: &PgPool, query: &FindQuery) -> StoreResult<FindPage> {
    let after = query.after.map_or(FIRST, Uuid::from);
    let limit = count(query.limit).saturating_add(1);
    let page = sqlx::query_with(PAGE, arguments(query, after, limit)?);
    let found = page.fetch_all(pool).await.map_err(failed)?;
    let read = |found: &_| Ok((row::id(found, "instance")?, row::unsigned(found, "sequence")?));
    let mut rows = row::all(&found, read).map_err(failed)?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    Ok(FindPage { rows, more })
}

pub(super) async fn count_found(pool: &PgPool, query: &FindQuery) -> StoreResult<u64> {
    let counted = sqlx::query_scalar_with::<_, i64, _>(COUNT, arguments_from_first(query, None)?);
    let counted = counted.fetch_one(pool).await.map_err(failed)?;
    Ok(u64::try_from(counted).unwrap_or_default())
}

/// For so many of them; None: for all.
pub(super) fn arguments_from_first(query: &FindQuery, limit: Option<usize>) -> StoreResult<PgArguments> {
    arguments(query, FIRST, limit.map_or(i64::MAX, count))
}

fn arguments(query: &FindQuery, after: Uuid, limit: i64) -> StoreResult<PgArguments> {
    let conditions = query.all_conditions();
    let mut columns = Columns::default();
    let Some(((field, values), others)) = conditions.split_first() else {
        return Ok(columns.finish());
    };
    let triples = || {
        let others = (0_i64..).zip(others);
        others.flat_map(|(number, (field, values))| values.iter().map(move |value| (number, &**field, &**value)))
    };
    columns.add_one(&*query.workflow)?;
    columns.add_one(&**field)?;
    columns.add(values.iter().map(|value| &**value))?;
    columns.add_one(after)?;
    columns.add_one(limit)?;
    columns.add(triples().map(|(number, ..)| number))?;
    columns.add(triples().map(|(_, field, _)| field))?;
    columns.add(triples().map(|(.., value)| value))?;
    columns.add_one(count(others.len()))?;
    Ok(columns.finish())
}
