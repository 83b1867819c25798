//! Mails: all of them are looked at for every question.

use std::sync::Arc;

use async_trait::async_trait;
use statewright_core::identity::InstanceId;

use super::MemoryStore;
use super::contents::{Contents, Trouble};
use crate::store::check::{check_mails, check_text};
use crate::store::mail::{MailCounts, MailEnd, MailLease, MailResult, MailRow, MailStore, name_of};
use crate::store::{NewNotice, StoreResult};

#[derive(Clone, Debug)]
pub(super) struct Mail {
    sequence: u64,
    ordinal: u32,
    person: Option<Arc<str>>,
    at_us: i64,
    due_us: i64,
    attempts: u32,
    epoch: u64,
    leased_until_us: Option<i64>,
    letter: Option<Arc<str>>,
    pub(super) trouble: Option<Trouble>,
}

impl Mail {
    fn new(sequence: u64, ordinal: u32, person: Option<Arc<str>>, at_us: i64, due_us: i64) -> Self {
        Mail {
            sequence,
            ordinal,
            person,
            at_us,
            due_us,
            attempts: 0,
            epoch: 0,
            leased_until_us: None,
            letter: None,
            trouble: None,
        }
    }

    /// As it was before anything was tried.
    pub(super) fn begin_anew(&mut self, at_us: i64) {
        self.attempts = 0;
        self.due_us = at_us;
        self.letter = None;
    }

    pub(super) fn let_go(&mut self) {
        self.leased_until_us = None;
    }
}

impl Contents {
    pub(super) fn keep_mail(&mut self, instance: InstanceId, notice: &NewNotice) {
        let name = name_of(notice.sequence, notice.ordinal, None);
        let mail = Mail::new(notice.sequence, notice.ordinal, None, notice.at_us, notice.at_us);
        self.mails.insert((instance, name.into()), mail);
    }

    fn lease_mails(&mut self, now_us: i64, until_us: i64, limit: usize) -> Vec<MailRow> {
        let is_free = |mail: &Mail| mail.leased_until_us.is_none_or(|until_us| until_us <= now_us);
        let is_due = |mail: &Mail| mail.trouble.is_none() && mail.due_us <= now_us && is_free(mail);
        let mut found: Vec<_> = self.mails.iter_mut().filter(|(_, mail)| is_due(mail)).collect();
        found.sort_by(|(a_place, a), (b_place, b)| (a.due_us, a_place).cmp(&(b.due_us, b_place)));
        let notices = &self.notices;
        let leased = found.into_iter().take(limit).map(|((instance, name), mail)| {
            mail.epoch += 1;
            mail.leased_until_us = Some(until_us);
            let notice = notices.get(&(*instance, mail.sequence, mail.ordinal));
            MailRow {
                lease: MailLease {
                    instance: *instance,
                    name: name.clone(),
                    epoch: mail.epoch,
                },
                sequence: mail.sequence,
                ordinal: mail.ordinal,
                person: mail.person.clone(),
                at_us: mail.at_us,
                attempts: mail.attempts,
                letter: mail.letter.clone(),
                body: notice.map(|notice| notice.body.clone()).unwrap_or_default(),
            }
        });
        leased.collect()
    }

    fn held_mail(&mut self, lease: &MailLease) -> Option<&mut Mail> {
        let mail = self.mails.get_mut(&(lease.instance, lease.name.clone()))?;
        (mail.epoch == lease.epoch && mail.leased_until_us.is_some()).then_some(mail)
    }

    fn settle_mail(&mut self, result: &MailResult) -> bool {
        let place = (result.lease.instance, result.lease.name.clone());
        let Some(mail) = self.held_mail(&result.lease) else {
            return false;
        };
        mail.leased_until_us = None;
        mail.attempts = result.attempts;
        match &result.end {
            MailEnd::Gone => _ = self.mails.remove(&place),
            MailEnd::For(people) => {
                let (sequence, ordinal, at_us) = (mail.sequence, mail.ordinal, mail.at_us);
                self.mails.remove(&place);
                for (person, due_us) in people {
                    let name = name_of(sequence, ordinal, Some(person)).into();
                    let mail = Mail::new(sequence, ordinal, Some(person.clone()), at_us, *due_us);
                    self.mails.entry((place.0, name)).or_insert(mail);
                }
            }
            MailEnd::Postponed { due_us, .. } => mail.due_us = *due_us,
            MailEnd::Incident { error } => {
                mail.trouble = Some(Trouble {
                    error: error.clone(),
                    attempts: result.attempts,
                    since_us: result.at_us,
                });
            }
        }
        true
    }
}

#[async_trait]
impl MailStore for MemoryStore {
    async fn lease_mails(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<MailRow>> {
        check_text("the node's name", node)?;
        Ok(self.contents().lease_mails(now_us, until_us, limit))
    }

    async fn begin_letter(&self, mails: &[MailLease], letter: &str, until_us: i64) -> StoreResult<bool> {
        check_text("the letter", letter)?;
        let mut contents = self.contents();
        if mails.iter().any(|lease| contents.held_mail(lease).is_none()) {
            return Ok(false);
        }
        for lease in mails {
            if let Some(mail) = contents.held_mail(lease) {
                mail.letter = Some(letter.into());
                mail.leased_until_us = Some(until_us);
            }
        }
        Ok(true)
    }

    async fn settle_mails(&self, results: &[MailResult]) -> StoreResult<Vec<bool>> {
        check_mails(results)?;
        let mut contents = self.contents();
        Ok(results.iter().map(|result| contents.settle_mail(result)).collect())
    }

    async fn drop_mails(&self, before_us: i64, limit: usize) -> StoreResult<u64> {
        let mut contents = self.contents();
        let is_old = |mail: &Mail| {
            mail.trouble.is_none() && mail.due_us < before_us && mail.leased_until_us.is_none_or(|until_us| until_us < before_us)
        };
        let mut old: Vec<_> = contents.mails.iter().filter(|(_, mail)| is_old(mail)).collect();
        old.sort_by(|(a_place, a), (b_place, b)| (a.due_us, a_place).cmp(&(b.due_us, b_place)));
        let old: Vec<_> = old.into_iter().take(limit).map(|(place, _)| place.clone()).collect();
        for place in &old {
            contents.mails.remove(place);
        }
        Ok(old.len() as u64)
    }

    async fn mail_counts(&self) -> StoreResult<MailCounts> {
        let contents = self.contents();
        let failed = contents.mails.values().filter(|mail| mail.trouble.is_some()).count();
        Ok(MailCounts {
            waiting: (contents.mails.len() - failed) as u64,
            failed: failed as u64,
        })
    }
}
