//! Mails that wait, and what becomes of them.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use statewright_core::identity::InstanceId;

use super::SqliteStore;
use super::row::{count, execute, one, rows, signed, text, unsigned};
use crate::store::check::{check_mails, check_text};
use crate::store::mail::{MailCounts, MailEnd, MailLease, MailResult, MailRow, MailStore, name_of};
use crate::store::{NewNotice, StoreResult};

pub(super) const KEEP: &str = "
    insert into mail (instance, name, sequence, ordinal, person, at, due) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    on conflict do nothing";

pub(super) const LEASE: &str = "
    update mail set epoch = epoch + 1, lease_node = ?1, lease_until = ?3
    where (instance, name) in (
        select instance, name from mail
        where incident_since is null and due <= ?2 and (lease_until is null or lease_until <= ?2)
        order by due, instance, name limit ?4
    )
    returning instance, name, sequence, ordinal, person, at, due, attempts, epoch, letter";

pub(super) const NOTICE: &str = "select body from notice where instance = ?1 and sequence = ?2 and ordinal = ?3";

pub(super) const IS_HELD: &str =
    "select 1 from mail where instance = ?1 and name = ?2 and epoch = ?3 and lease_until is not null";

pub(super) const BEGIN: &str = "
    update mail set letter = ?4, lease_until = ?5
    where instance = ?1 and name = ?2 and epoch = ?3 and lease_until is not null";

pub(super) const REMOVE: &str = "
    delete from mail where instance = ?1 and name = ?2 and epoch = ?3 and lease_until is not null
    returning sequence, ordinal, at";

pub(super) const POSTPONE: &str = "
    update mail set due = ?4, attempts = ?5, error = coalesce(?6, error), lease_node = null, lease_until = null
    where instance = ?1 and name = ?2 and epoch = ?3 and lease_until is not null";

pub(super) const FAIL: &str = "
    update mail set incident_since = ?4, attempts = ?5, error = ?6, lease_node = null, lease_until = null
    where instance = ?1 and name = ?2 and epoch = ?3 and lease_until is not null";

pub(super) const DROP: &str = "
    delete from mail where (instance, name) in (
        select instance, name from mail indexed by mail_due
        where incident_since is null and due < ?1 and (lease_until is null or lease_until < ?1)
        order by due, instance, name limit ?2
    )";

pub(super) const COUNT: &str = "
    select (select count(*) from mail indexed by mail_due where incident_since is null) as waiting,
        (select count(*) from mail indexed by mail_incident where incident_since is not null) as failed";

/// With the commit that writes the notice.
pub(super) fn keep(connection: &Connection, instance: InstanceId, notice: &NewNotice) -> StoreResult<()> {
    let name = name_of(notice.sequence, notice.ordinal, None);
    let (sequence, at) = (signed(notice.sequence), notice.at_us);
    let values = params![instance.0, name, sequence, notice.ordinal, None::<&str>, at, at];
    execute(connection, KEEP, values)?;
    Ok(())
}

#[async_trait]
impl MailStore for SqliteStore {
    async fn lease_mails(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<MailRow>> {
        check_text("the node's name", node)?;
        let node = node.to_owned();
        self.write(move |connection| lease(connection, &node, now_us, until_us, limit))
            .await
    }

    async fn begin_letter(&self, mails: &[MailLease], letter: &str, until_us: i64) -> StoreResult<bool> {
        check_text("the letter", letter)?;
        let (mails, letter) = (mails.to_vec(), letter.to_owned());
        self.write(move |connection| begin(connection, &mails, &letter, until_us))
            .await
    }

    async fn settle_mails(&self, results: &[MailResult]) -> StoreResult<Vec<bool>> {
        check_mails(results)?;
        let results = results.to_vec();
        self.write(move |connection| results.iter().map(|result| settle(connection, result)).collect())
            .await
    }

    async fn drop_mails(&self, before_us: i64, limit: usize) -> StoreResult<u64> {
        self.write(move |connection| Ok(execute(connection, DROP, params![before_us, count(limit)])? as u64))
            .await
    }

    async fn mail_counts(&self) -> StoreResult<MailCounts> {
        let found = self.read(|connection| {
            one(connection, COUNT, params![], |row| {
                Ok(MailCounts {
                    waiting: unsigned(row, "waiting")?,
                    failed: unsigned(row, "failed")?,
                })
            })
        });
        Ok(found.await?.unwrap_or_default())
    }
}

fn lease(connection: &Connection, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<MailRow>> {
    let mut leased = rows(connection, LEASE, params![node, now_us, until_us, count(limit)], |row| {
        let due_us: i64 = row.get("due")?;
        let mail = MailRow {
            lease: MailLease {
                instance: InstanceId(row.get("instance")?),
                name: text(row, "name")?,
                epoch: unsigned(row, "epoch")?,
            },
            sequence: unsigned(row, "sequence")?,
            ordinal: row.get("ordinal")?,
            person: row.get("person")?,
            at_us: row.get("at")?,
            attempts: row.get("attempts")?,
            letter: row.get("letter")?,
            body: String::new(),
        };
        Ok((due_us, mail))
    })?;
    // `returning` gives them in any order.
    leased.sort_by(|(a_due, a), (b_due, b)| {
        (a_due, a.lease.instance, &a.lease.name).cmp(&(b_due, b.lease.instance, &b.lease.name))
    });
    let mails = leased.into_iter().map(|(_, mail)| {
        let notice = params![mail.lease.instance.0, signed(mail.sequence), mail.ordinal];
        let body: Option<String> = one(connection, NOTICE, notice, |row| row.get("body"))?;
        Ok(MailRow {
            body: body.unwrap_or_default(),
            ..mail
        })
    });
    mails.collect()
}

fn begin(connection: &Connection, mails: &[MailLease], letter: &str, until_us: i64) -> StoreResult<bool> {
    for MailLease { instance, name, epoch } in mails {
        if one(connection, IS_HELD, params![instance.0, name, signed(*epoch)], |_| Ok(()))?.is_none() {
            return Ok(false);
        }
    }
    for MailLease { instance, name, epoch } in mails {
        execute(connection, BEGIN, params![instance.0, name, signed(*epoch), letter, until_us])?;
    }
    Ok(true)
}

fn settle(connection: &Connection, result: &MailResult) -> StoreResult<bool> {
    let MailLease { instance, name, epoch } = &result.lease;
    let epoch = signed(*epoch);
    let attempts = result.attempts;
    match &result.end {
        MailEnd::Gone => Ok(removed(connection, result)?.is_some()),
        MailEnd::For(people) => {
            let Some((sequence, ordinal, at)) = removed(connection, result)? else {
                return Ok(false);
            };
            for (person, due_us) in people {
                let name = name_of(sequence, ordinal, Some(person));
                let values = params![instance.0, name, signed(sequence), ordinal, person, at, due_us];
                execute(connection, KEEP, values)?;
            }
            Ok(true)
        }
        MailEnd::Postponed { due_us, error } => {
            let values = params![instance.0, name, epoch, due_us, attempts, error];
            Ok(execute(connection, POSTPONE, values)? > 0)
        }
        MailEnd::Incident { error } => {
            let values = params![instance.0, name, epoch, result.at_us, attempts, error];
            Ok(execute(connection, FAIL, values)? > 0)
        }
    }
}

/// Sequence, ordinal and moment of what was taken out; None: it was not ours.
fn removed(connection: &Connection, result: &MailResult) -> StoreResult<Option<(u64, u32, i64)>> {
    let MailLease { instance, name, epoch } = &result.lease;
    one(connection, REMOVE, params![instance.0, name, signed(*epoch)], |row| {
        Ok((unsigned(row, "sequence")?, row.get("ordinal")?, row.get("at")?))
    })
}
