//! Threads, and what people have read.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::postgres::{PgArguments, PgRow};
use statewright_core::identity::InstanceId;

use super::PostgresStore;
use super::columns::{Columns, signed};
use super::connection::failed;
use super::notice;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::inbox::{InboxStore, ReadBy, ReadMark, Receipt, ThreadPart, check_mark};
use crate::store::{NoticePlace, NoticeRow, StoreResult};

pub(super) const MARK_EACH: &str = "
    insert into notice_read (instance, sequence, ordinal, person, read_at)
    select n.instance, n.sequence, n.ordinal, $4, $5
    from unnest($1::uuid[], $2::int8[], $3::int8[]) as n (instance, sequence, ordinal)
    on conflict (instance, sequence, ordinal, person) do nothing";

pub(super) const MARK_UP_TO: &str = "
    insert into inbox_read (person, at, instance, sequence, ordinal, read_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (person) do update set
        at = excluded.at, instance = excluded.instance, sequence = excluded.sequence, ordinal = excluded.ordinal,
        read_at = excluded.read_at
    where (excluded.at, excluded.instance, excluded.sequence, excluded.ordinal)
        > (inbox_read.at, inbox_read.instance, inbox_read.sequence, inbox_read.ordinal)";

pub(super) const UP_TO: &str = "select at, instance, sequence, ordinal from inbox_read where person = $1";

pub(super) const ONE_BY_ONE: &str = "
    select r.instance, r.sequence, r.ordinal
    from unnest($1::uuid[], $2::int8[], $3::int8[]) as n (instance, sequence, ordinal) cross join lateral (
        select o.instance, o.sequence, o.ordinal from notice_read o
        where o.instance = n.instance and o.sequence = n.sequence and o.ordinal = n.ordinal and o.person = $4 limit 1
    ) as r";

/// Notice by notice as they were asked for.
pub(super) const READERS: &str = "
    select n.instance, n.sequence, n.ordinal, r.person, r.read_at
    from unnest($1::uuid[], $2::int8[], $3::int8[]) with ordinality as n (instance, sequence, ordinal, place) cross join lateral (
        select o.person, o.read_at from notice_read o
        where o.instance = n.instance and o.sequence = n.sequence and o.ordinal = n.ordinal
        order by o.person limit $4::int8
    ) as r
    order by n.place, r.person";

#[async_trait]
impl InboxStore for PostgresStore {
    async fn thread(&self, instance: InstanceId, part: ThreadPart, limit: usize) -> StoreResult<Vec<NoticeRow>> {
        notice::thread(&self.pool, instance, part, limit).await
    }

    async fn mark_read(&self, mark: &ReadMark) -> StoreResult<()> {
        check_mark(mark)?;
        // Each can be said again: what a crash leaves between the two is only read one by one.
        if !mark.each.is_empty() {
            let each = sqlx::query_with(MARK_EACH, places(&mark.each)?);
            let each = each.bind(&*mark.person).bind(mark.at_us);
            each.execute(&self.pool).await.map_err(failed)?;
        }
        if let Some(place) = mark.up_to {
            let up_to = sqlx::query(MARK_UP_TO)
                .bind(&*mark.person)
                .bind(place.at_us)
                .bind(Uuid::from(place.instance))
                .bind(signed(place.sequence))
                .bind(i64::from(place.ordinal))
                .bind(mark.at_us);
            up_to.execute(&self.pool).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn read_by(&self, person: &str, notices: &[NoticePlace]) -> StoreResult<ReadBy> {
        let up_to = sqlx::query(UP_TO).bind(person).fetch_optional(&self.pool).await;
        let up_to = up_to.map_err(failed)?.as_ref().map(place).transpose();
        let found = sqlx::query_with(ONE_BY_ONE, places(notices)?).bind(person);
        let found = found.fetch_all(&self.pool).await.map_err(failed)?;
        let of_one = |found: &PgRow| {
            Ok((
                row::id(found, "instance")?,
                row::unsigned(found, "sequence")?,
                row::small(found, "ordinal")?,
            ))
        };
        Ok(ReadBy {
            up_to: up_to.map_err(failed)?,
            one_by_one: row::all(&found, of_one).map_err(failed)?.into_iter().collect(),
        })
    }

    async fn readers(&self, notices: &[NoticePlace], limit: usize) -> StoreResult<Vec<Receipt>> {
        let query = sqlx::query_with(READERS, places(notices)?).bind(count(limit));
        let found = query.fetch_all(&self.pool).await.map_err(failed)?;
        let receipt = |found: &PgRow| {
            Ok(Receipt {
                instance: row::id(found, "instance")?,
                sequence: row::unsigned(found, "sequence")?,
                ordinal: row::small(found, "ordinal")?,
                person: row::text(found, "person")?,
                at_us: found.try_get("read_at")?,
            })
        };
        row::all(&found, receipt).map_err(failed)
    }
}

/// Three arguments.
fn places(notices: &[NoticePlace]) -> StoreResult<PgArguments> {
    let mut columns = Columns::default();
    columns.add(notices.iter().map(|place| Uuid::from(place.instance)))?;
    columns.add(notices.iter().map(|place| signed(place.sequence)))?;
    columns.add(notices.iter().map(|place| i64::from(place.ordinal)))?;
    Ok(columns.finish())
}

fn place(row: &PgRow) -> Result<NoticePlace, sqlx::Error> {
    Ok(NoticePlace {
        at_us: row.try_get("at")?,
        instance: row::id(row, "instance")?,
        sequence: row::unsigned(row, "sequence")?,
        ordinal: row::small(row, "ordinal")?,
    })
}
