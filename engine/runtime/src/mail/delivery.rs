//! Letters on their way, and what their ends mean for the mails in them.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{LEASE_US, Letter, MailFailure, MailTransport, result_of};
use crate::clock::Clock;
use crate::error::EngineResult;
use crate::guarded::guarded_sending;
use crate::outbox::{Backoff, shortened};
use crate::store::{MailEnd, MailRow, Store};

/// Letters under way at once: mail servers turn away who opens more connections.
const LETTERS_AT_ONCE_MAX: usize = 8;

/// How long one letter may take: less than half of what it is leased for.
const ATTEMPT: Duration = Duration::from_secs(2 * 60);

/// Attempts at a letter: over some sixteen hours, so that a server that is away for a night is waited for.
const ATTEMPTS_MAX: u32 = 12;

/// Wait after the first failed attempt: who turns strangers away at first (greylisting) takes them after some minutes.
const BACKOFF_FIRST_US: i64 = 60 * 1_000_000;

/// The longest wait between attempts.
const BACKOFF_MOST_US: i64 = 4 * 60 * 60 * 1_000_000;

/// A letter and the mails in it, all of one person.
#[derive(Debug)]
pub(super) struct Sending {
    pub(super) person: Arc<str>,
    pub(super) letter: Letter,
    pub(super) rows: Vec<MailRow>,
}

/// What it takes to send.
#[derive(Clone)]
pub(super) struct Delivery {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) transport: Arc<dyn MailTransport>,
}

impl Delivery {
    /// Sends them, some at a time. Answers who got a letter; whoever is there twice got two.
    ///
    /// # Errors
    /// The first of the store. A letter whose end was not told is sent again, under the same id.
    pub(super) async fn send_all(&self, letters: Vec<Sending>) -> EngineResult<Vec<Arc<str>>> {
        let mut waiting = letters.into_iter();
        let mut under_way: JoinSet<EngineResult<Option<Arc<str>>>> = JoinSet::new();
        let mut sent = Vec::new();
        loop {
            while under_way.len() < LETTERS_AT_ONCE_MAX
                && let Some(sending) = waiting.next()
            {
                let delivery = self.clone();
                under_way.spawn(async move { delivery.send(sending).await });
            }
            match under_way.join_next().await {
                Some(Ok(ended)) => sent.extend(ended?),
                Some(Err(error)) => tracing::error!(%error, "a letter broke down; it is tried again when its lease has ended"),
                None => return Ok(sent),
            }
        }
    }

    async fn send(&self, sending: Sending) -> EngineResult<Option<Arc<str>>> {
        let leases: Vec<_> = sending.rows.iter().map(|row| row.lease.clone()).collect();
        let until_us = self.clock.now().as_microsecond().saturating_add(LEASE_US);
        // Whoever is late finds here that another has taken it on.
        if !self.store.mails().begin_letter(&leases, &sending.letter.id, until_us).await? {
            tracing::debug!(letter = %sending.letter.id, "another node has taken a letter on");
            return Ok(None);
        }
        let performing = guarded_sending(self.transport.send(&sending.letter));
        let outcome = match tokio::time::timeout(ATTEMPT, performing).await {
            Ok(outcome) => outcome,
            Err(_) => Err(MailFailure::Temporary("the mail server did not answer in time".into())),
        };
        self.settle(&sending, &outcome).await?;
        Ok(outcome.is_ok().then_some(sending.person))
    }

    async fn settle(&self, sending: &Sending, outcome: &Result<(), MailFailure>) -> EngineResult<()> {
        let attempts = sending.rows.iter().map(|row| row.attempts).max().unwrap_or_default() + 1;
        let now = self.clock.now();
        let end = match outcome {
            Ok(()) => MailEnd::Gone,
            Err(MailFailure::Temporary(words)) if attempts < ATTEMPTS_MAX => {
                let backoff = Backoff::within(ATTEMPTS_MAX, BACKOFF_FIRST_US, BACKOFF_MOST_US);
                let wait_us = backoff.wait_us(&sending.letter.id, attempts);
                MailEnd::Postponed {
                    due_us: now.as_microsecond().saturating_add(wait_us),
                    error: Some(shortened(words)),
                }
            }
            Err(MailFailure::Temporary(words)) => failed(&sending.person, &format!("{words} (after {attempts} attempts)")),
            Err(MailFailure::Refused(words)) => failed(&sending.person, words),
        };
        let results = sending.rows.iter().map(|row| result_of(row, attempts, now, end.clone()));
        let results: Vec<_> = results.collect();
        let ours = self.store.mails().settle_mails(&results).await?;
        let ours = ours.iter().all(|ours| *ours);
        let end = match &end {
            MailEnd::Gone => "sent",
            MailEnd::Postponed { .. } => "postponed",
            _ => "failed",
        };
        tracing::debug!(person = %sending.person, letter = %sending.letter.id, mails = results.len(), attempts, end, ours, "a letter has ended");
        if end == "failed" && ours {
            tracing::error!(person = %sending.person, attempts, "a mail waits for a person");
        }
        Ok(())
    }
}

/// For a person: who, why, and what to do.
fn failed(person: &str, words: &str) -> MailEnd {
    MailEnd::Incident {
        error: shortened(&format!(
            "{person} was not told by mail: {words}. See to their address (`statewright people put`) or to the mail server, and retry; or \
             skip it: what they were told stands in their inbox"
        )),
    }
}
