//! What the reference holds, and how it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::identity::{Digest, InputKey, InstanceId};

use super::document::Documents;
use super::file::Files;
use super::identity::Identities;
use super::mail::Mail;
use super::table::Tables;
use crate::store::field::FoundUnder;
use crate::store::operation::NodeRow;
use crate::store::{
    Definition, DueTimer, Incident, IncidentKind, IndexedValue, InstanceRow, ListPage, ListQuery, MarkRow, MessageRow, NewToken,
    NoticePlace, NoticeRow, PersonalRow, StoredCalendar, StoredDefinition, TaskRow, TokenRow, TrailRow,
};

#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) definitions: BTreeMap<Digest, StoredDefinition>,
    pub(super) live: BTreeMap<Arc<str>, Digest>,
    pub(super) calendars: BTreeMap<Digest, StoredCalendar>,
    pub(super) live_calendars: BTreeMap<Arc<str>, Digest>,
    pub(super) tables: Tables,
    pub(super) documents: Documents,
    pub(super) numbers: BTreeMap<String, u64>,
    pub(super) instances: BTreeMap<InstanceId, InstanceRow>,
    pub(super) trail: BTreeMap<(InstanceId, u64), TrailRow>,
    pub(super) personal: BTreeMap<(InstanceId, Digest), String>,
    pub(super) timers: BTreeMap<(InstanceId, Arc<str>), Timer>,
    pub(super) messages: BTreeMap<i64, Message>,
    /// Ids are never used again, even of messages long gone.
    pub(super) last_message: i64,
    pub(super) effects: BTreeMap<(InstanceId, Arc<str>), Effect>,
    /// Claim → holder.
    pub(super) claims: BTreeMap<InstanceId, InstanceId>,
    /// Who is watched → who watches.
    pub(super) watchers: BTreeMap<InstanceId, BTreeSet<InstanceId>>,
    pub(super) tasks: BTreeMap<(InstanceId, Arc<str>), TaskRow>,
    pub(super) task_fields: BTreeMap<(InstanceId, Arc<str>), BTreeSet<IndexedValue>>,
    pub(super) notices: BTreeMap<(InstanceId, u64, u32), NoticeRow>,
    pub(super) mails: BTreeMap<(InstanceId, Arc<str>), Mail>,
    /// When, by notice and person.
    pub(super) notices_read: BTreeMap<(InstanceId, u64, u32, Arc<str>), i64>,
    /// Up to where, by person.
    pub(super) inboxes_read: BTreeMap<Arc<str>, NoticePlace>,
    pub(super) marks: BTreeMap<(InstanceId, u64, u32), (MarkRow, Vec<IndexedValue>)>,
    /// Of each instance.
    pub(super) fields: BTreeMap<InstanceId, FoundUnder>,
    pub(super) files: Files,
    pub(super) nodes: BTreeMap<Arc<str>, NodeRow>,
    pub(super) tokens: Vec<Token>,
    pub(super) identities: Identities,
    /// Of which something was committed since whoever looks at the instances looked last.
    pub(super) changed: BTreeSet<InstanceId>,
}

#[derive(Debug)]
pub(super) struct Timer {
    pub(super) due_us: i64,
    pub(super) trouble: Option<Trouble>,
}

#[derive(Debug)]
pub(super) struct Message {
    pub(super) to: InstanceId,
    pub(super) key: InputKey,
    pub(super) body: String,
    pub(super) due_us: i64,
    pub(super) inserted_at_us: i64,
    pub(super) deferred: bool,
    pub(super) trouble: Option<Trouble>,
}

#[derive(Debug)]
pub(super) struct Effect {
    pub(super) adapter: Arc<str>,
    pub(super) body: String,
    pub(super) due_us: i64,
    pub(super) attempts: u32,
    pub(super) epoch: u64,
    pub(super) leased_until_us: Option<i64>,
    pub(super) abandoned: bool,
    pub(super) trouble: Option<Trouble>,
}

/// What an incident says of the thing that waits.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) error: String,
    pub(super) attempts: u32,
    pub(super) since_us: i64,
}

#[derive(Debug)]
pub(super) struct Token {
    pub(super) row: TokenRow,
    pub(super) hash: Digest,
    pub(super) revoked_at_us: Option<i64>,
}

impl Token {
    pub(super) fn new(token: &NewToken) -> Self {
        Token {
            row: TokenRow {
                id: token.id.clone(),
                principal: token.principal.clone(),
                created_at_us: token.created_at_us,
                expires_at_us: token.expires_at_us,
            },
            hash: token.hash,
            revoked_at_us: None,
        }
    }
}

impl Message {
    pub(super) fn may_be_taken(&self, now_us: i64) -> bool {
        !self.deferred && self.trouble.is_none() && self.due_us <= now_us
    }

    fn waits_for_its_time(&self) -> bool {
        !self.deferred && self.trouble.is_none() && self.due_us > self.inserted_at_us
    }
}

impl Contents {
    /// With its last entry.
    pub(super) fn instance(&self, id: InstanceId) -> Option<InstanceRow> {
        let mut row = self.instances.get(&id)?.clone();
        let last = self.trail.get(&(id, row.sequence));
        row.last_entry = last.map(|entry| entry.bytes.clone());
        Some(row)
    }

    pub(super) fn personal_of(&self, instance: InstanceId) -> Vec<PersonalRow> {
        let of_it = self.personal.iter().filter(|((owner, _), _)| *owner == instance);
        let rows = of_it.map(|((_, reference), value)| PersonalRow {
            reference: *reference,
            value: value.clone(),
        });
        rows.collect()
    }

    pub(super) fn list(&self, query: &ListQuery) -> ListPage {
        let wanted = |row: &&InstanceRow| {
            query.workflow.as_ref().is_none_or(|workflow| *workflow == row.workflow)
                && query.done.is_none_or(|done| done == row.done)
                && query.after.is_none_or(|after| (row.started_at_us, row.instance) < after)
        };
        let wanted = self.instances.values().filter(wanted);
        let mut rows: Vec<InstanceRow> = wanted.filter_map(|row| self.instance(row.instance)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.started_at_us, row.instance)));
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        ListPage { rows, more }
    }

    pub(super) fn due_timers(&self, now_us: i64, limit: usize) -> Vec<DueTimer> {
        let due = self
            .timers
            .iter()
            .filter(|(_, timer)| timer.trouble.is_none() && timer.due_us <= now_us);
        let mut rows: Vec<DueTimer> = due
            .map(|((instance, name), timer)| DueTimer {
                instance: *instance,
                name: name.clone(),
                due_us: timer.due_us,
            })
            .collect();
        rows.sort_by(|a, b| (a.due_us, a.instance, &a.name).cmp(&(b.due_us, b.instance, &b.name)));
        rows.truncate(limit);
        rows
    }

    pub(super) fn next_due(&self) -> Option<i64> {
        let timers = self
            .timers
            .values()
            .filter(|timer| timer.trouble.is_none())
            .map(|timer| timer.due_us);
        let messages = self.messages.values().filter(|message| message.waits_for_its_time());
        timers.chain(messages.map(|message| message.due_us)).min()
    }

    pub(super) fn message(&self, to: InstanceId, id: i64) -> Option<MessageRow> {
        let message = self.messages.get(&id).filter(|message| message.to == to)?;
        Some(MessageRow {
            to,
            id,
            key: message.key,
            body: message.body.clone(),
        })
    }

    /// `wanted` is asked with receiver and moment of insertion.
    pub(super) fn ready_messages(&self, now_us: i64, limit: usize, wanted: impl Fn(InstanceId, i64) -> bool) -> Vec<MessageRow> {
        let ready = self
            .messages
            .iter()
            .filter(|(_, message)| message.may_be_taken(now_us) && wanted(message.to, message.inserted_at_us));
        let rows = ready.map(|(id, message)| MessageRow {
            to: message.to,
            id: *id,
            key: message.key,
            body: message.body.clone(),
        });
        rows.take(limit).collect()
    }

    pub(super) fn trail_after(&self, instance: InstanceId, after: u64, limit: usize) -> Vec<TrailRow> {
        let Some(first) = after.checked_add(1) else {
            return Vec::new();
        };
        let rows = self.trail.range((instance, first)..=(instance, u64::MAX));
        rows.take(limit).map(|(_, row)| row.clone()).collect()
    }

    pub(super) fn entry_of_input(&self, instance: InstanceId, key: InputKey) -> Option<TrailRow> {
        let mut of_it = self.trail.range((instance, 0)..=(instance, u64::MAX));
        of_it.find(|(_, row)| row.input_key == Some(key)).map(|(_, row)| row.clone())
    }

    pub(super) fn deploy(&mut self, definition: &Definition) {
        let stored = StoredDefinition {
            hash: definition.hash,
            workflow: definition.workflow.clone(),
            source: definition.source.clone(),
            deployed_at_us: definition.deployed_at_us,
        };
        self.definitions.entry(definition.hash).or_insert(stored);
        self.live.insert(definition.workflow.clone(), definition.hash);
        self.tables.note_uses(definition);
    }

    pub(super) fn deploy_calendar(&mut self, calendar: &StoredCalendar) {
        self.calendars.entry(calendar.version).or_insert_with(|| calendar.clone());
        self.live_calendars.insert(calendar.name.clone(), calendar.version);
    }

    pub(super) fn revoke_token(&mut self, id: &str, now_us: i64) {
        let found = self.tokens.iter_mut().find(|token| *token.row.id == *id);
        if let Some(token) = found {
            token.revoked_at_us.get_or_insert(now_us);
        }
    }

    pub(super) fn incidents(&self, limit: usize) -> Vec<Incident> {
        let timers = self.timers.iter().map(|((instance, name), timer)| {
            let trouble = timer.trouble.as_ref();
            (*instance, IncidentKind::Timer, name.clone(), trouble)
        });
        let messages = self.messages.iter().map(|(id, message)| {
            let trouble = message.trouble.as_ref();
            (message.to, IncidentKind::Message, Arc::from(id.to_string()), trouble)
        });
        let effects = self.effects.iter().map(|((instance, key), effect)| {
            let trouble = effect.trouble.as_ref();
            (*instance, IncidentKind::Effect, key.clone(), trouble)
        });
        let mails = self.mails.iter().map(|((instance, name), mail)| {
            let trouble = mail.trouble.as_ref();
            (*instance, IncidentKind::Mail, name.clone(), trouble)
        });
        let all = timers.chain(messages).chain(effects).chain(mails);
        let incidents = all.filter_map(|(instance, kind, name, trouble)| {
            trouble.map(|trouble| Incident {
                instance,
                kind,
                name,
                error: trouble.error.clone(),
                attempts: trouble.attempts,
                since_us: trouble.since_us,
            })
        });
        Incident::oldest(incidents.collect(), limit)
    }
}
