//! Mail: what people are told reaches them outside the program as well.
//!
//! # Invariants
//! - What is to be mailed is written by the commit that writes the notice; a notice that is not committed is not mailed, and one that is,
//!   is: at least once, always in the same letter, by its Message-ID.
//! - Each person whom the notice reaches gets a mail of their own, that waits, fails and is retried by itself. What waits for one person
//!   at one moment goes in one letter.
//! - A letter is begun only under a lease that the store has just confirmed, and for longer than it may take: two nodes do not send it at once.
//! - The inbox has everything at once. Mail alone waits for quiet hours to end.
//! - No address in a log, an incident or a count: people are called by their accounts.

mod address;
mod configuration;
mod delivery;
mod letter;
mod pace;
mod transport;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Channel;
use statewright_core::expression::Template;
use statewright_core::step::in_words;

pub use self::address::{MailAddress, NotAnAddress};
pub use self::configuration::{MailConfig, Mailing};
use self::delivery::{Delivery, Sending};
use self::letter::{Matter, id_of, letter_of};
use self::pace::Pace;
pub use self::transport::{Letter, MailFailure, MailTransport};
use crate::body::NoticeBody;
use crate::clock::Clock;
use crate::configuration::POLL_MS;
use crate::directory::{Directory, Person};
use crate::error::{EngineError, EngineResult};
use crate::registry::Registry;
use crate::store::{MailEnd, MailResult, MailRow, Store};

/// Mails taken on at once: some letters' worth, few enough that a node which is killed holds nobody's mail for long.
const LEASED_MAX: usize = 500;

/// How long a node holds a mail: longer than a letter may take, so that nobody else begins it meanwhile.
pub(crate) const LEASE_US: i64 = 5 * 60 * 1_000_000;

/// Things told in one letter: more than somebody reads. What is beyond is another letter.
const MATTERS_MAX: usize = 50;

/// Whom one notice is mailed to: a department. More are a mailing list, which this is not.
const PEOPLE_MAX: usize = 1_000;

/// How long mail is kept where no node has a mail server: who configures one within a day misses nothing.
const KEPT_US: i64 = 24 * 60 * 60 * 1_000_000;

/// Mails given up in one transaction.
const DROPPED_MAX: usize = 1_000;

/// How often a node without a mail server looks at what waits.
const LOOK_EVERY_US: i64 = 60 * 1_000_000;

/// How long a mail waits that could not be taken on whole.
const SOON_US: i64 = 1_000_000;

/// A person, and the letter to them that was begun with these mails, if one was.
type Group = (Arc<str>, Option<Arc<str>>);

/// Sends what waits, as a node does.
pub struct Mails {
    node: Arc<str>,
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
    registry: Arc<Registry>,
    clock: Arc<dyn Clock>,
    mailing: Mailing,
    pace: Pace,
    next_look_us: i64,
    has_warned: bool,
}

impl Mails {
    pub(crate) fn new(
        node: Arc<str>,
        mailing: Mailing,
        store: Arc<dyn Store>,
        directory: Arc<Directory>,
        registry: Arc<Registry>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Mails {
            node,
            store,
            directory,
            registry,
            clock,
            mailing,
            pace: Pace::default(),
            next_look_us: i64::MIN,
            has_warned: false,
        }
    }

    /// Takes on what is due: finds out whom it is for, or sends it. Answers whether there may be more at once.
    ///
    /// # Errors
    /// Those of the store. What was taken on is free again when its lease ends.
    pub async fn tick(&mut self, now: Timestamp) -> EngineResult<bool> {
        let now_us = now.as_microsecond();
        if now_us < self.next_look_us {
            return Ok(false);
        }
        let configured = match &self.mailing {
            Mailing::By(configured) => configured.clone(),
            Mailing::Nowhere => {
                self.next_look_us = now_us.saturating_add(LOOK_EVERY_US);
                return self.do_without(now_us).await.map(|()| false);
            }
            Mailing::Elsewhere => {
                self.next_look_us = i64::MAX;
                return Ok(false);
            }
        };
        let mails = self.store.mails();
        let leased = mails.lease_mails(&self.node, now_us, now_us.saturating_add(LEASE_US), LEASED_MAX);
        let leased = leased.await?;
        if leased.is_empty() {
            self.next_look_us = now_us.saturating_add(POLL_MS * 1_000);
            return Ok(false);
        }
        let is_cut = leased.len() == LEASED_MAX;
        let (known, unknown): (Vec<MailRow>, Vec<MailRow>) = leased.into_iter().partition(|row| row.person.is_some());
        for row in &unknown {
            self.find_people(row, now).await?;
        }
        let letters = self.letters(known, is_cut, &configured, now).await?;
        let delivery = Delivery {
            store: self.store.clone(),
            clock: self.clock.clone(),
            transport: configured.transport.clone(),
        };
        for person in delivery.send_all(letters).await? {
            self.pace.sent(&person, now_us);
        }
        Ok(true)
    }

    /// No earlier look is of use.
    pub fn next_look_us(&self) -> i64 {
        self.next_look_us
    }

    /// Where there is no mail server mail does not pile up for ever, and somebody is told.
    async fn do_without(&mut self, now_us: i64) -> EngineResult<()> {
        let mails = self.store.mails();
        let dropped = mails.drop_mails(now_us.saturating_sub(KEPT_US), DROPPED_MAX).await?;
        let waiting = mails.mail_counts().await?.waiting;
        let live = self.registry.live_charts();
        let is_used = waiting > 0 || live.iter().any(|known| known.chart.tells_by(Channel::Mail));
        if dropped > 0 || (is_used && !self.has_warned) {
            self.has_warned = true;
            tracing::warn!(
                waiting,
                dropped,
                "people are to be told by mail, and this node has no mail server: set `mail` in the configuration. What waits for more than \
                 a day is dropped; it stands in their inboxes"
            );
        }
        Ok(())
    }

    /// One mail for each person whom the notice reaches.
    async fn find_people(&self, row: &MailRow, now: Timestamp) -> EngineResult<()> {
        let end = match self.people_of(row, now).await {
            Ok(end) => end,
            Err(error @ (EngineError::Damaged(_) | EngineError::DamagedInstance { .. })) => MailEnd::Incident {
                error: format!("nobody was told by mail: {error}; retry it when that is mended, or skip it"),
            },
            Err(error) => return Err(error),
        };
        self.store
            .mails()
            .settle_mails(&[result_of(row, row.attempts, now, end)])
            .await?;
        Ok(())
    }

    async fn people_of(&self, row: &MailRow, now: Timestamp) -> EngineResult<MailEnd> {
        let Some(notice) = NoticeBody::read(&row.body) else {
            return Err(EngineError::Damaged("the notice cannot be read".into()));
        };
        let people = self.directory.among(&notice.to).await?;
        let (reached, unreached): (Vec<Person>, Vec<Person>) = people.into_iter().partition(|person| person.mail.is_some());
        for person in &unreached {
            tracing::info!(person = %person.actor.id, "has no mail address, and is told in the inbox alone");
        }
        if reached.len() > PEOPLE_MAX {
            let error = format!(
                "nobody was told by mail: it is for {} people, and one notice is mailed to {PEOPLE_MAX} at most; skip it, and let the \
                 workflow tell fewer",
                reached.len()
            );
            return Ok(MailEnd::Incident { error });
        }
        let mails = reached.iter().map(|person| {
            let from = self.quiet_until(person, now).unwrap_or(now);
            (person.actor.id.clone(), from.as_microsecond())
        });
        Ok(MailEnd::For(mails.collect()))
    }

    fn quiet_until(&self, person: &Person, now: Timestamp) -> Option<Timestamp> {
        let version = self.directory.roles()?;
        version.roles.quiet_until(&person.actor.roles, &[Channel::Mail], now)
    }

    /// The letters that may go now. What may not is put off, or ended.
    async fn letters(
        &mut self,
        rows: Vec<MailRow>,
        is_cut: bool,
        configured: &MailConfig,
        now: Timestamp,
    ) -> EngineResult<Vec<Sending>> {
        let mut groups: BTreeMap<Group, Vec<MailRow>> = BTreeMap::new();
        for row in rows {
            let Some(person) = row.person.clone() else { continue };
            groups.entry((person, row.letter.clone())).or_default().push(row);
        }
        let mut letters = Vec::new();
        for ((id, begun), rows) in groups {
            let person = self.directory.reached(&id).await?;
            let end = match &person {
                Some(person) if person.mail.is_some() => self.not_now(person, begun.as_deref(), &rows, is_cut, now),
                // They have left, or have no address any more.
                _ => Some(MailEnd::Gone),
            };
            if let Some(end) = end {
                let results: Vec<MailResult> = rows
                    .iter()
                    .map(|row| result_of(row, row.attempts, now, end.clone()))
                    .collect();
                self.store.mails().settle_mails(&results).await?;
                continue;
            }
            let Some(to) = person.and_then(|person| person.mail) else {
                continue;
            };
            for rows in rows.chunks(MATTERS_MAX) {
                letters.push(self.letter(&id, to.clone(), rows, configured).await?);
            }
        }
        Ok(letters)
    }

    /// Why these do not go now.
    fn not_now(
        &mut self,
        person: &Person,
        begun: Option<&str>,
        rows: &[MailRow],
        is_cut: bool,
        now: Timestamp,
    ) -> Option<MailEnd> {
        let now_us = now.as_microsecond();
        let later = |due_us: i64| Some(MailEnd::Postponed { due_us, error: None });
        if let Some(until) = self.quiet_until(person, now) {
            return later(until.as_microsecond());
        }
        match begun {
            // The rest of a letter that was begun was left behind by the limit on what is taken on: it is due at the same moment.
            Some(begun) if is_cut && *id_of(rows.iter()) != *begun => later(now_us.saturating_add(SOON_US)),
            Some(_) => None,
            None => self.pace.not_before(&person.actor.id, now_us).and_then(later),
        }
    }

    async fn letter(
        &self,
        person: &Arc<str>,
        to: MailAddress,
        rows: &[MailRow],
        configured: &MailConfig,
    ) -> EngineResult<Sending> {
        let id = id_of(rows.iter());
        let mut matters = Vec::with_capacity(rows.len());
        for notice in rows.iter().filter_map(|row| NoticeBody::read(&row.body)) {
            let label = self.label(&notice.about.workflow).await?;
            matters.push(Matter { notice, label });
        }
        Ok(Sending {
            person: person.clone(),
            letter: letter_of(id, to, &matters, &configured.instances_url),
            rows: rows.to_vec(),
        })
    }

    /// What a workflow is called, where that is the same for all its instances: by whatever node it is asked.
    async fn label(&self, workflow: &str) -> EngineResult<String> {
        let title = match self.registry.live(workflow).await {
            Ok(known) => known.chart.title.as_ref().and_then(Template::literal_text),
            Err(error @ EngineError::Unavailable(_)) => return Err(error),
            Err(_) => None,
        };
        Ok(title.map_or_else(|| in_words(workflow), |title| title.to_string()))
    }
}

fn result_of(row: &MailRow, attempts: u32, now: Timestamp, end: MailEnd) -> MailResult {
    MailResult {
        lease: row.lease.clone(),
        attempts,
        at_us: now.as_microsecond(),
        end,
    }
}
