//! Threads, and what people have read.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::params;
use statewright_core::identity::InstanceId;

use super::SqliteStore;
use super::notice;
use super::row::{at_one_moment, count, execute, one, rows, signed, text};
use crate::store::inbox::{InboxStore, ReadBy, ReadMark, Receipt, ThreadPart, check_mark};
use crate::store::{NoticePlace, NoticeRow, StoreResult};

pub(super) const MARK_EACH: &str = "
    insert into notice_read (instance, sequence, ordinal, person, read_at) values (?1, ?2, ?3, ?4, ?5)
    on conflict (instance, sequence, ordinal, person) do nothing";

pub(super) const MARK_UP_TO: &str = "
    insert into inbox_read (person, at, instance, sequence, ordinal, read_at) values (?1, ?2, ?3, ?4, ?5, ?6)
    on conflict (person) do update set
        at = excluded.at, instance = excluded.instance, sequence = excluded.sequence, ordinal = excluded.ordinal,
        read_at = excluded.read_at
    where (excluded.at, excluded.instance, excluded.sequence, excluded.ordinal)
        > (inbox_read.at, inbox_read.instance, inbox_read.sequence, inbox_read.ordinal)";

pub(super) const UP_TO: &str = "select at, instance, sequence, ordinal from inbox_read where person = ?1";

pub(super) const IS_READ: &str = "
    select 1 from notice_read where instance = ?1 and sequence = ?2 and ordinal = ?3 and person = ?4";

pub(super) const READERS: &str = "
    select person, read_at from notice_read where instance = ?1 and sequence = ?2 and ordinal = ?3 order by person limit ?4";

#[async_trait]
impl InboxStore for SqliteStore {
    async fn thread(&self, instance: InstanceId, part: ThreadPart, limit: usize) -> StoreResult<Vec<NoticeRow>> {
        self.read(move |connection| notice::thread(connection, instance, part, limit))
            .await
    }

    async fn mark_read(&self, mark: &ReadMark) -> StoreResult<()> {
        check_mark(mark)?;
        let mark = mark.clone();
        self.write(move |connection| {
            for place in &mark.each {
                let (sequence, ordinal) = (signed(place.sequence), place.ordinal);
                let values = params![place.instance.0, sequence, ordinal, mark.person, mark.at_us];
                execute(connection, MARK_EACH, values)?;
            }
            if let Some(place) = mark.up_to {
                let (sequence, ordinal) = (signed(place.sequence), place.ordinal);
                let values = params![mark.person, place.at_us, place.instance.0, sequence, ordinal, mark.at_us];
                execute(connection, MARK_UP_TO, values)?;
            }
            Ok(())
        })
        .await
    }

    async fn read_by(&self, person: &str, notices: &[NoticePlace]) -> StoreResult<ReadBy> {
        let (person, notices): (Arc<str>, Vec<NoticePlace>) = (person.into(), notices.to_vec());
        self.read(move |connection| {
            at_one_moment(connection, || {
                let mut one_by_one = BTreeSet::new();
                for place in &notices {
                    let asked = params![place.instance.0, signed(place.sequence), place.ordinal, person];
                    if one(connection, IS_READ, asked, |_| Ok(()))?.is_some() {
                        one_by_one.insert(place.by_itself());
                    }
                }
                Ok(ReadBy {
                    up_to: one(connection, UP_TO, params![person], notice::place)?,
                    one_by_one,
                })
            })
        })
        .await
    }

    async fn readers(&self, notices: &[NoticePlace], limit: usize) -> StoreResult<Vec<Receipt>> {
        let notices = notices.to_vec();
        self.read(move |connection| {
            at_one_moment(connection, || {
                let mut receipts = Vec::new();
                for place in &notices {
                    let asked = params![place.instance.0, signed(place.sequence), place.ordinal, count(limit)];
                    receipts.extend(rows(connection, READERS, asked, |row| {
                        Ok(Receipt {
                            instance: place.instance,
                            sequence: place.sequence,
                            ordinal: place.ordinal,
                            person: text(row, "person")?,
                            at_us: row.get("read_at")?,
                        })
                    })?);
                }
                Ok(receipts)
            })
        })
        .await
    }
}
