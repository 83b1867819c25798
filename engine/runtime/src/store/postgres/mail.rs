//! Mails that wait, and what becomes of them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use sqlx::Row;
use statewright_core::identity::InstanceId;

use super::PostgresStore;
use super::columns::{Columns, signed};
use super::connection::failed;
use super::row::{self, count};
use super::uuid::Uuid;
use crate::store::StoreResult;
use crate::store::check::{check_mails, check_text};
use crate::store::mail::{MailCounts, MailEnd, MailLease, MailResult, MailRow, MailStore};

pub(super) const LEASE: &str = "
    with due as materialized (
        select instance, name from mail
        where incident_since is null and due <= $2 and (lease_until is null or lease_until <= $2)
        order by due, instance, name limit $4
        for update skip locked
    ),
    leased as (
        update mail m set epoch = m.epoch + 1, lease_node = $1, lease_until = $3
        from due where m.instance = due.instance and m.name = due.name
        returning m.instance, m.name, m.sequence, m.ordinal, m.person, m.at, m.due, m.attempts, m.epoch, m.letter
    )
    select l.instance, l.name, l.sequence, l.ordinal, l.person, l.at, l.attempts, l.epoch, l.letter, n.body
    from leased l
    left join notice n on n.instance = l.instance and n.sequence = l.sequence and n.ordinal = l.ordinal
    order by l.due, l.instance, l.name";

/// All of them or none.
pub(super) const BEGIN: &str = "
    with held as materialized (
        select m.instance, m.name from mail m
        join unnest($1::uuid[], $2::text[], $3::int8[]) as l (instance, name, epoch)
            on m.instance = l.instance and m.name = l.name and m.epoch = l.epoch
        where m.lease_until is not null
        order by m.instance, m.name
        for update of m
    )
    update mail m set letter = $4, lease_until = $5
    from held h
    where m.instance = h.instance and m.name = h.name and (select count(*) from held) = cardinality($1)";

/// A mail is over (`goes`), becomes others, is put off, or waits for a person (`since`).
pub(super) const SETTLE: &str = "
    with result as materialized (
        select * from unnest($1::uuid[], $2::text[], $3::int8[], $4::bool[], $5::int8[], $6::int8[], $7::int8[], $8::text[])
            with ordinality as r (instance, name, epoch, goes, due, since, attempts, error, place)
    ),
    gone as (
        delete from mail m using result r
        where m.instance = r.instance and m.name = r.name and m.epoch = r.epoch and m.lease_until is not null and r.goes
        returning r.place, m.instance, m.sequence, m.ordinal, m.at
    ),
    kept as (
        update mail m
        set due = coalesce(r.due, m.due), incident_since = r.since, attempts = r.attempts, error = coalesce(r.error, m.error),
            lease_node = null, lease_until = null
        from result r
        where m.instance = r.instance and m.name = r.name and m.epoch = r.epoch and m.lease_until is not null and not r.goes
        returning r.place
    ),
    spread as (
        insert into mail (instance, name, sequence, ordinal, person, at, due)
        select g.instance, g.sequence || ':' || g.ordinal || ':' || p.person, g.sequence, g.ordinal, p.person, g.at, p.due
        from unnest($9::int8[], $10::text[], $11::int8[]) as p (place, person, due)
        join gone g on g.place = p.place
        on conflict do nothing
    )
    select place from gone union all select place from kept";

pub(super) const DROP: &str = "
    with old as materialized (
        select instance, name from mail
        where incident_since is null and due < $1 and (lease_until is null or lease_until < $1)
        order by due, instance, name limit $2
        for update skip locked
    )
    delete from mail m using old o where m.instance = o.instance and m.name = o.name";

pub(super) const COUNT: &str = "
    select (select count(*) from mail where incident_since is null) as waiting,
        (select count(*) from mail where incident_since is not null) as failed";

#[async_trait]
impl MailStore for PostgresStore {
    async fn lease_mails(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<MailRow>> {
        check_text("the node's name", node)?;
        let query = sqlx::query(LEASE).bind(node).bind(now_us).bind(until_us).bind(count(limit));
        let found = query.fetch_all(&self.pool).await.map_err(failed)?;
        let leased = row::all(&found, |found| {
            Ok(MailRow {
                lease: MailLease {
                    instance: row::id(found, "instance")?,
                    name: row::text(found, "name")?,
                    epoch: row::unsigned(found, "epoch")?,
                },
                sequence: row::unsigned(found, "sequence")?,
                ordinal: row::small(found, "ordinal")?,
                person: found.try_get::<Option<String>, _>("person")?.map(Into::into),
                at_us: found.try_get("at")?,
                attempts: row::attempts(found)?,
                letter: found.try_get::<Option<String>, _>("letter")?.map(Into::into),
                body: found.try_get::<Option<String>, _>("body")?.unwrap_or_default(),
            })
        });
        leased.map_err(failed)
    }

    async fn begin_letter(&self, mails: &[MailLease], letter: &str, until_us: i64) -> StoreResult<bool> {
        check_text("the letter", letter)?;
        let mut columns = Columns::default();
        add_leases(&mut columns, mails.iter())?;
        let query = sqlx::query_with(BEGIN, columns.finish()).bind(letter).bind(until_us);
        let begun = query.execute(&self.pool).await.map_err(failed)?.rows_affected();
        Ok(begun == mails.len() as u64)
    }

    async fn settle_mails(&self, results: &[MailResult]) -> StoreResult<Vec<bool>> {
        check_mails(results)?;
        let mut columns = Columns::default();
        add_results(&mut columns, results)?;
        let query = sqlx::query_with(SETTLE, columns.finish());
        let found = query.fetch_all(&self.pool).await.map_err(failed)?;
        let places = found
            .iter()
            .map(|found| found.try_get::<i64, _>(0))
            .collect::<Result<BTreeSet<i64>, _>>()
            .map_err(failed)?;
        Ok((1..).take(results.len()).map(|place| places.contains(&place)).collect())
    }

    async fn drop_mails(&self, before_us: i64, limit: usize) -> StoreResult<u64> {
        let query = sqlx::query(DROP).bind(before_us).bind(count(limit));
        Ok(query.execute(&self.pool).await.map_err(failed)?.rows_affected())
    }

    async fn mail_counts(&self) -> StoreResult<MailCounts> {
        let found = sqlx::query(COUNT).fetch_one(&self.pool).await.map_err(failed)?;
        let counts = || {
            Ok(MailCounts {
                waiting: row::unsigned(&found, "waiting")?,
                failed: row::unsigned(&found, "failed")?,
            })
        };
        counts().map_err(failed)
    }
}

fn add_leases<'l>(columns: &mut Columns, leases: impl Iterator<Item = &'l MailLease> + Clone) -> StoreResult<()> {
    let instance = |instance: InstanceId| Uuid::from(instance);
    columns.add(leases.clone().map(|lease| instance(lease.instance)))?;
    columns.add(leases.clone().map(|lease| &*lease.name))?;
    columns.add(leases.map(|lease| signed(lease.epoch)))
}

fn add_results(columns: &mut Columns, results: &[MailResult]) -> StoreResult<()> {
    add_leases(columns, results.iter().map(|result| &result.lease))?;
    columns.add(
        results
            .iter()
            .map(|result| matches!(result.end, MailEnd::Gone | MailEnd::For(_))),
    )?;
    columns.add(results.iter().map(|result| match result.end {
        MailEnd::Postponed { due_us, .. } => Some(due_us),
        _ => None,
    }))?;
    columns.add(
        results
            .iter()
            .map(|result| matches!(result.end, MailEnd::Incident { .. }).then_some(result.at_us)),
    )?;
    columns.add(results.iter().map(|result| i64::from(result.attempts)))?;
    columns.add(results.iter().map(|result| match &result.end {
        MailEnd::Postponed { error, .. } => error.as_deref(),
        MailEnd::Incident { error } => Some(error.as_str()),
        MailEnd::Gone | MailEnd::For(_) => None,
    }))?;
    let people = || {
        let numbered = (1_i64..).zip(results);
        numbered.flat_map(|(place, result)| match &result.end {
            MailEnd::For(people) => people.iter().map(|(person, due_us)| (place, person, *due_us)).collect(),
            _ => Vec::new(),
        })
    };
    columns.add(people().map(|(place, ..)| place))?;
    columns.add(people().map(|(_, person, _)| &**person))?;
    columns.add(people().map(|(.., due_us)| due_us))
}
