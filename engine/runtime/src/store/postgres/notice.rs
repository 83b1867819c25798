//! Notices, as commits keep them and people find them.

use std::sync::Arc;

use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use statewright_core::identity::InstanceId;

use super::columns::{Columns, of_each, signed};
use super::connection::failed;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::mail::name_of;
use crate::store::{NoticePage, NoticePlace, NoticeRow, StoreResult, ThreadPart, Write, subject};

/// In the batch's statement.
pub(super) const KEPT: &str = "
    noticed as (
        insert into notice (instance, sequence, ordinal, at, thread, subjects, body)
        select n.instance, n.sequence, n.ordinal, n.at, n.thread, n.subjects, n.body
        from unnest($1::uuid[], $2::int8[], $3::int8[], $4::int8[], $5::bool[], $6::text[], $7::text[])
            as n (instance, sequence, ordinal, at, thread, subjects, body)
        join changed c on c.id = n.instance
    ),
    told_of as (
        insert into notice_subject (subject, at, instance, sequence, ordinal)
        select s.subject, s.at, s.instance, s.sequence, s.ordinal
        from unnest($8::text[], $9::int8[], $10::uuid[], $11::int8[], $12::int8[]) as s (subject, at, instance, sequence, ordinal)
        join changed c on c.id = s.instance
    ),
    mailed as (
        insert into mail (instance, name, sequence, ordinal, at, due)
        select m.instance, m.name, m.sequence, m.ordinal, m.at, m.at
        from unnest($13::uuid[], $14::text[], $15::int8[], $16::int8[], $17::int8[]) as m (instance, name, sequence, ordinal, at)
        join changed c on c.id = m.instance
    )";

/// A page of (subjects; before: moment, instance, sequence, ordinal; how many): the newest of each subject, merged.
pub(super) const PAGE: &str = "
    with place as (
        select distinct f.at, f.instance, f.sequence, f.ordinal
        from unnest($1::text[]) as q (subject) cross join lateral (
            select s.at, s.instance, s.sequence, s.ordinal
            from notice_subject s
            where s.subject = q.subject and (s.at, s.instance, s.sequence, s.ordinal) < ($2::int8, $3::uuid, $4::int8, $5::int8)
            order by s.at desc, s.instance desc, s.sequence desc, s.ordinal desc limit $6::int8
        ) as f
        order by at desc, instance desc, sequence desc, ordinal desc limit $6
    )
    select n.instance, n.sequence, n.ordinal, n.at, n.thread, n.subjects, n.body
    from place p cross join lateral (
        select * from notice o where o.instance = p.instance and o.sequence = p.sequence and o.ordinal = p.ordinal
    ) as n
    order by p.at desc, p.instance desc, p.sequence desc, p.ordinal desc";

pub(super) const THREAD: &str = "
    select instance, sequence, ordinal, at, thread, subjects, body
    from notice where instance = $1 and thread and (sequence, ordinal) > ($2::int8, $3::int8)
    order by sequence, ordinal limit $4";

pub(super) const THREAD_BACK: &str = "
    select instance, sequence, ordinal, at, thread, subjects, body
    from notice where instance = $1 and thread and (sequence, ordinal) < ($2::int8, $3::int8)
    order by sequence desc, ordinal desc limit $4";

pub(super) fn add_kept(columns: &mut Columns, writes: &[&Write]) -> StoreResult<()> {
    let notices = || of_each(writes, |write| write.notices.iter());
    let told = || notices().flat_map(|(write, notice)| notice.subjects.iter().map(move |subject| (write, notice, subject)));
    columns.add(notices().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(notices().map(|(_, notice)| signed(notice.sequence)))?;
    columns.add(notices().map(|(_, notice)| i64::from(notice.ordinal)))?;
    columns.add(notices().map(|(_, notice)| notice.at_us))?;
    columns.add(notices().map(|(_, notice)| notice.thread))?;
    columns.add(notices().map(|(_, notice)| subject::text_of(&notice.subjects)))?;
    columns.add(notices().map(|(_, notice)| notice.body.as_str()))?;
    columns.add(told().map(|(.., subject)| &**subject))?;
    columns.add(told().map(|(_, notice, _)| notice.at_us))?;
    columns.add(told().map(|(write, ..)| Uuid::from(write.instance)))?;
    columns.add(told().map(|(_, notice, _)| signed(notice.sequence)))?;
    columns.add(told().map(|(_, notice, _)| i64::from(notice.ordinal)))?;
    let mailed = || notices().filter(|(_, notice)| notice.mailed);
    columns.add(mailed().map(|(write, _)| Uuid::from(write.instance)))?;
    columns.add(mailed().map(|(_, notice)| name_of(notice.sequence, notice.ordinal, None)))?;
    columns.add(mailed().map(|(_, notice)| signed(notice.sequence)))?;
    columns.add(mailed().map(|(_, notice)| i64::from(notice.ordinal)))?;
    columns.add(mailed().map(|(_, notice)| notice.at_us))
}

pub(super) async fn find(
    pool: &PgPool,
    subjects: &[Arc<str>],
    after: Option<NoticePlace>,
    limit: usize,
) -> StoreResult<NoticePage> {
    let mut columns = Columns::default();
    columns.add(subjects.iter().map(|subject| &**subject))?;
    // No sequence is the greatest number.
    let after = after.unwrap_or(NoticePlace {
        at_us: i64::MAX,
        instance: InstanceId([0xff; 16]),
        sequence: u64::MAX,
        ordinal: u32::MAX,
    });
    let page = sqlx::query_with(PAGE, columns.finish())
        .bind(after.at_us)
        .bind(Uuid::from(after.instance))
        .bind(signed(after.sequence))
        .bind(i64::from(after.ordinal))
        .bind(count(limit).saturating_add(1));
    let found = page.fetch_all(pool).await.map_err(failed)?;
    let mut rows = row::all(&found, read).map_err(failed)?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(NoticePage { rows, more })
}

pub(super) async fn thread(pool: &PgPool, instance: InstanceId, part: ThreadPart, limit: usize) -> StoreResult<Vec<NoticeRow>> {
    let (statement, sequence, ordinal) = match part {
        ThreadPart::After(sequence, ordinal) => (THREAD, sequence, ordinal),
        ThreadPart::Before(sequence, ordinal) => (THREAD_BACK, sequence, ordinal),
    };
    let query = sqlx::query(statement)
        .bind(Uuid::from(instance))
        .bind(signed(sequence))
        .bind(i64::from(ordinal))
        .bind(count(limit));
    let found = query.fetch_all(pool).await.map_err(failed)?;
    row::all(&found, read).map_err(failed)
}

fn read(row: &PgRow) -> Result<NoticeRow, sqlx::Error> {
    Ok(NoticeRow {
        instance: row::id(row, "instance")?,
        sequence: row::unsigned(row, "sequence")?,
        ordinal: row::small(row, "ordinal")?,
        at_us: row.try_get("at")?,
        thread: row.try_get("thread")?,
        subjects: row::subjects(row)?,
        body: row.try_get("body")?,
    })
}
