//! Marks, as commits keep them and reads find them.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{PgPool, Row};

use super::columns::{Columns, signed};
use super::connection::failed;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::mark::{EVERY, Settled, walked};
use crate::store::{MarkPage, MarkQuery, MarkRow, NewMark, StoreResult, Write};

/// In the batch's statement: those that stay.
pub(super) const KEPT: &str = "
    marked as (
        insert into mark (instance, name, sequence, ordinal, at, actor, data)
        select m.instance, m.name, m.sequence, m.ordinal, m.at, m.actor, m.data
        from unnest($1::uuid[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::text[], $7::text[])
            as m (instance, name, sequence, ordinal, at, actor, data)
        join changed c on c.id = m.instance
    ),
    marked_by as (
        insert into mark_field (instance, sequence, ordinal, field, value, name, at)
        select f.instance, f.sequence, f.ordinal, f.field, f.value, f.name, f.at
        from unnest($8::uuid[], $9::int8[], $10::int8[], $11::text[], $12::text[], $13::text[], $14::int8[])
            as f (instance, sequence, ordinal, field, value, name, at)
        join changed c on c.id = f.instance
        on conflict do nothing
    )";

/// In the batch's statement: the latest so many of those that were there.
pub(super) const TAKEN_BACK: &str = "
    mark_back as materialized (
        select m.instance, m.name, m.sequence, m.ordinal, b.many,
            row_number() over (partition by m.instance, m.name order by m.sequence desc, m.ordinal desc) as place
        from mark m
        join unnest($1::uuid[], $2::text[], $3::int8[]) as b (instance, name, many) on b.instance = m.instance and b.name = m.name
        join changed c on c.id = m.instance
        where m.instance = any ($1)
    ),
    unmarked as (
        delete from mark m using mark_back b
        where m.instance = any ($1) and m.instance = b.instance and m.name = b.name
            and m.sequence = b.sequence and m.ordinal = b.ordinal and b.place <= b.many
    ),
    unmarked_by as (
        delete from mark_field f using mark_back b
        where f.instance = any ($1) and f.instance = b.instance
            and f.sequence = b.sequence and f.ordinal = b.ordinal and b.place <= b.many
    )";

/// Whether the other conditions hold, of (numbers, fields, values; how many conditions there are).
macro_rules! others_hold {
    () => {
        "(
            select count(distinct o.number)
            from unnest($3::int8[], $4::text[], $5::text[]) as o (number, field, value)
            where exists (
                select from mark_field i
                where i.instance = s.instance and i.sequence = s.sequence and i.ordinal = s.ordinal
                    and i.field = o.field and i.value = o.value
            )
        ) = $6::int8"
    };
}

/// Of (name, field, values): the newest of each value, merged. Where few have a value they are sorted, where many do its index is walked
/// from the newest.
macro_rules! of_values {
    () => {
        concat!(
            "
        select distinct f.at, f.instance, f.sequence, f.ordinal
        from unnest($7::text[]) as v (value) cross join lateral (
            select s.at, s.instance, s.sequence, s.ordinal
            from mark_field s
            where s.name = $1::text and s.field = $2::text and s.value = v.value and s.at >= $8::int8 and s.at <= $10::int8 and ",
            others_hold!(),
            "
            order by s.at desc, s.instance desc, s.sequence desc, s.ordinal desc limit $9::int8
        ) as f"
        )
    };
}

/// The same of some instances: goes through all that they have marked.
macro_rules! of_instances {
    () => {
        concat!(
            "
        select distinct s.at, s.instance, s.sequence, s.ordinal
        from unnest($11::uuid[]) as a (instance) cross join lateral (
            select s.at, s.instance, s.sequence, s.ordinal
            from mark_field s
            where s.instance = a.instance and s.name = $1::text and s.field = $2::text and s.value = any ($7::text[])
                and s.at >= $8::int8 and s.at <= $10::int8 and ",
            others_hold!(),
            "
        ) as s"
        )
    };
}

macro_rules! page {
    ($places:expr) => {
        concat!(
            "
    with place as (",
            $places,
            "
        order by at desc, instance desc, sequence desc, ordinal desc limit $9::int8
    )
    select m.instance, m.name, m.sequence, m.ordinal, m.at, m.actor, m.data
    from place p cross join lateral (
        select * from mark o
        where o.instance = p.instance and o.name = $1 and o.sequence = p.sequence and o.ordinal = p.ordinal
    ) as m
    order by p.at desc, p.instance desc, p.sequence desc, p.ordinal desc"
        )
    };
}

macro_rules! how_many {
    ($places:expr) => {
        concat!("select count(*) from (", $places, " limit $9::int8) as place")
    };
}

pub(super) const PAGE: &str = page!(of_values!());
pub(super) const PAGE_OF_INSTANCES: &str = page!(of_instances!());
pub(super) const COUNT: &str = how_many!(of_values!());
pub(super) const COUNT_OF_INSTANCES: &str = how_many!(of_instances!());

pub(super) fn add_kept(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let settled: Vec<(&Write, Settled<'_>)> = writes.iter().map(|write| (*write, Settled::of(write))).collect();
    let marks = || {
        let settled = settled.iter();
        settled.flat_map(|(write, settled)| settled.marks.iter().map(|mark| (*write, *mark)))
    };
    let pairs = || marks().flat_map(|(write, mark)| pairs(mark).map(move |(field, value)| (write, mark, field, value)));
    columns.add(marks().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(marks().map(|(_, mark)| &*mark.name))?;
    columns.add(marks().map(|(_, mark)| signed(mark.sequence)))?;
    columns.add(marks().map(|(_, mark)| i64::from(mark.ordinal)))?;
    columns.add(marks().map(|(_, mark)| mark.at_us))?;
    columns.add(marks().map(|(_, mark)| &*mark.actor))?;
    columns.add(marks().map(|(_, mark)| mark.values.as_str()))?;
    columns.add(pairs().map(|(write, ..)| Uuid::from(write.instance)))?;
    columns.add(pairs().map(|(_, mark, ..)| signed(mark.sequence)))?;
    columns.add(pairs().map(|(_, mark, ..)| i64::from(mark.ordinal)))?;
    columns.add(pairs().map(|(.., field, _)| field))?;
    columns.add(pairs().map(|(.., value)| value))?;
    columns.add(pairs().map(|(_, mark, ..)| &*mark.name))?;
    columns.add(pairs().map(|(_, mark, ..)| mark.at_us))
}

fn pairs(mark: &NewMark) -> impl Iterator<Item = (&str, &str)> {
    let own = mark.index.iter().map(|(field, value)| (&**field, &**value));
    own.chain([(EVERY, EVERY)])
}

pub(super) fn add_taken_back(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let back: Vec<_> = writes
        .iter()
        .flat_map(|write| {
            Settled::of(write)
                .back
                .into_iter()
                .map(|(name, many)| (write.instance, name, many))
        })
        .collect();
    columns.add(back.iter().map(|(instance, ..)| Uuid::from(*instance)))?;
    columns.add(back.iter().map(|(_, name, _)| *name))?;
    columns.add(back.iter().map(|(.., many)| signed(*many)))
}

pub(super) async fn find(pool: &PgPool, query: &MarkQuery) -> StoreResult<MarkPage> {
    let statement = if query.instances.is_some() { PAGE_OF_INSTANCES } else { PAGE };
    let limit = count(query.limit).saturating_add(1);
    let page = sqlx::query_with(statement, arguments(query, limit)?);
    let found = page.fetch_all(pool).await.map_err(failed)?;
    let mut rows = row::all(&found, read).map_err(failed)?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    Ok(MarkPage { rows, more })
}

pub(super) async fn count_all(pool: &PgPool, query: &MarkQuery) -> StoreResult<u64> {
    let statement = if query.instances.is_some() {
        COUNT_OF_INSTANCES
    } else {
        COUNT
    };
    let counted = sqlx::query_scalar_with::<_, i64, _>(statement, arguments(query, i64::MAX)?);
    let counted = counted.fetch_one(pool).await.map_err(failed)?;
    Ok(u64::try_from(counted).unwrap_or_default())
}

fn arguments(query: &MarkQuery, limit: i64) -> StoreResult<PgArguments> {
    let (field, values, others) = walked(query);
    let triples = || {
        let others = (0_i64..).zip(others);
        others.flat_map(|(number, (field, values))| values.iter().map(move |value| (number, &**field, &**value)))
    };
    let mut columns = Columns::default();
    columns.add_one(&*query.name)?;
    columns.add_one(field)?;
    columns.add(triples().map(|(number, ..)| number))?;
    columns.add(triples().map(|(_, field, _)| field))?;
    columns.add(triples().map(|(.., value)| value))?;
    columns.add_one(count(others.len()))?;
    columns.add(values.into_iter())?;
    columns.add_one(query.since_us.unwrap_or(i64::MIN))?;
    columns.add_one(limit)?;
    columns.add_one(query.until_us.unwrap_or(i64::MAX))?;
    if let Some(instances) = &query.instances {
        columns.add(instances.iter().map(|instance| Uuid::from(*instance)))?;
    }
    Ok(columns.finish())
}

fn read(row: &PgRow) -> Result<MarkRow, sqlx::Error> {
    Ok(MarkRow {
        instance: row::id(row, "instance")?,
        sequence: row::unsigned(row, "sequence")?,
        ordinal: row::small(row, "ordinal")?,
        name: row::text(row, "name")?,
        at_us: row.try_get("at")?,
        actor: row::text(row, "actor")?,
        values: row.try_get("data")?,
    })
}
