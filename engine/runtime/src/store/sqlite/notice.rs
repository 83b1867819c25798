//! Notices, as commits keep them and people find them.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{Connection, Row, params};
use statewright_core::identity::InstanceId;

use super::mail;
use super::row::{self, at_one_moment, count, execute, one, rows, signed};
use crate::store::{NoticePage, NoticePlace, NoticeRow, StoreResult, ThreadPart, Write, subject};

pub(super) const KEEP: &str = "
    insert into notice (instance, sequence, ordinal, at, thread, subjects, body) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(super) const KEEP_SUBJECT: &str = "
    insert into notice_subject (subject, at, instance, sequence, ordinal) values (?1, ?2, ?3, ?4, ?5)";

pub(super) const NEWEST: &str = "
    select at, instance, sequence, ordinal from notice_subject
    where subject = ?1 and (at, instance, sequence, ordinal) < (?2, ?3, ?4, ?5)
    order by at desc, instance desc, sequence desc, ordinal desc limit ?6";

pub(super) const FIND: &str = "
    select instance, sequence, ordinal, at, thread, subjects, body
    from notice where instance = ?1 and sequence = ?2 and ordinal = ?3";

pub(super) const THREAD: &str = "
    select instance, sequence, ordinal, at, thread, subjects, body from notice indexed by notice_thread
    where instance = ?1 and thread = 1 and (sequence, ordinal) > (?2, ?3)
    order by sequence, ordinal limit ?4";

pub(super) const THREAD_BACK: &str = "
    select instance, sequence, ordinal, at, thread, subjects, body from notice indexed by notice_thread
    where instance = ?1 and thread = 1 and (sequence, ordinal) < (?2, ?3)
    order by sequence desc, ordinal desc limit ?4";

pub(super) fn apply(connection: &Connection, write: &Write) -> StoreResult<()> {
    let instance = write.instance.0;
    for notice in &write.notices {
        let (sequence, ordinal, at) = (signed(notice.sequence), notice.ordinal, notice.at_us);
        let subjects = subject::text_of(&notice.subjects);
        let values = params![instance, sequence, ordinal, at, notice.thread, subjects, notice.body];
        execute(connection, KEEP, values)?;
        if notice.mailed {
            mail::keep(connection, write.instance, notice)?;
        }
        for subject in &notice.subjects {
            execute(connection, KEEP_SUBJECT, params![subject, at, instance, sequence, ordinal])?;
        }
    }
    Ok(())
}

/// The newest of each subject, merged: so many that nothing beyond them can be on the page.
pub(super) fn find(
    connection: &Connection,
    subjects: &[Arc<str>],
    after: Option<NoticePlace>,
    limit: usize,
) -> StoreResult<NoticePage> {
    // A blob of more bytes comes after every identifier.
    let (at, instance, sequence, ordinal) = match after {
        None => (i64::MAX, vec![0xff; 17], 0, 0),
        Some(place) => (place.at_us, place.instance.0.to_vec(), signed(place.sequence), place.ordinal),
    };
    let asked_for = count(limit).saturating_add(1);
    at_one_moment(connection, || {
        let mut places = BTreeSet::new();
        for subject in subjects {
            let asked = params![subject, at, instance, sequence, ordinal, asked_for];
            places.extend(rows(connection, NEWEST, asked, place)?);
        }
        let more = places.len() > limit;
        let found = places.into_iter().rev().take(limit);
        let rows = found.map(|place| {
            let asked = params![place.instance.0, signed(place.sequence), place.ordinal];
            one(connection, FIND, asked, read)
        });
        let rows = rows.collect::<StoreResult<Vec<Option<NoticeRow>>>>()?;
        Ok(NoticePage {
            rows: rows.into_iter().flatten().collect(),
            more,
        })
    })
}

pub(super) fn thread(
    connection: &Connection,
    instance: InstanceId,
    part: ThreadPart,
    limit: usize,
) -> StoreResult<Vec<NoticeRow>> {
    let (statement, sequence, ordinal) = match part {
        ThreadPart::After(sequence, ordinal) => (THREAD, sequence, ordinal),
        ThreadPart::Before(sequence, ordinal) => (THREAD_BACK, sequence, ordinal),
    };
    let asked = params![instance.0, signed(sequence), ordinal, count(limit)];
    rows(connection, statement, asked, read)
}

pub(super) fn place(row: &Row<'_>) -> rusqlite::Result<NoticePlace> {
    Ok(NoticePlace {
        at_us: row.get("at")?,
        instance: InstanceId(row.get("instance")?),
        sequence: row::unsigned(row, "sequence")?,
        ordinal: row.get("ordinal")?,
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<NoticeRow> {
    Ok(NoticeRow {
        instance: InstanceId(row.get("instance")?),
        sequence: row::unsigned(row, "sequence")?,
        ordinal: row.get("ordinal")?,
        at_us: row.get("at")?,
        thread: row.get("thread")?,
        subjects: row::subjects(row)?,
        body: row.get("body")?,
    })
}
