//! The conversation of an instance: what was said in it, by whom and to whom, and who has read it.
//!
//! Somebody sees what was said to them and what they said themselves; who sees every field of the instance sees all of it. What they do not
//! see is not counted for them either, and no page of theirs begins or ends at it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::field::Kind;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, Audience, title};

use super::Queries;
use super::inbox::{NOTICE_PAGE_MAX, Noticed, UNREAD_COUNTED_MAX, Unread, noticed};
use crate::body::NoticeBody;
use crate::error::EngineResult;
use crate::guarded::guarded;
use crate::instances::Instance;
use crate::store::{NoticePlace, NoticeRow, ThreadPart};

/// Readers of a message that are named: whoever has more of them asks nobody by name.
pub const READERS_NAMED_MAX: usize = 20;

/// Of the newest so many it is counted what is unread.
const UNREAD_SCAN_MAX: usize = 500;

/// Messages looked at for one page, of which its reader may not see the most: beyond it the page ends.
const SCAN_MAX: usize = 10_000;

/// Which messages are asked for. They come oldest first in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessagesAsked {
    /// From the beginning, or after this one.
    After(Option<NoticePlace>),
    /// The newest, or those before this one.
    Before(Option<NoticePlace>),
}

impl MessagesAsked {
    pub const NEWEST: MessagesAsked = MessagesAsked::Before(None);

    fn part(self) -> ThreadPart {
        match self {
            MessagesAsked::After(None) => ThreadPart::OLDEST,
            MessagesAsked::Before(None) => ThreadPart::NEWEST,
            MessagesAsked::After(Some(place)) => ThreadPart::After(place.sequence, place.ordinal),
            MessagesAsked::Before(Some(place)) => ThreadPart::Before(place.sequence, place.ordinal),
        }
    }
}

/// Something that was said.
#[derive(Clone, Debug)]
pub struct Message {
    pub noticed: Noticed,
    /// None: it is not the reader's to know.
    pub readers: Option<Readers>,
}

/// Who has read a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readers {
    /// With when, in the order of their names.
    pub named: Vec<(Arc<str>, Timestamp)>,
    /// There are more than are named.
    pub more: bool,
}

#[derive(Clone, Debug)]
pub struct Conversation {
    pub messages: Vec<Message>,
    /// Where the next page begins in the direction that was asked for; None: there is no more.
    pub next: Option<NoticePlace>,
    /// Of the whole conversation.
    pub unread: Unread,
    /// What organisations are called that messages are to: of those that the instance refers to, as far as the reader sees them.
    pub organisations: BTreeMap<Arc<str>, String>,
}

/// What an open page shows of an instance, as far as it changes by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    pub sequence: u64,
    /// Place, whether it is read, how many have read it.
    messages: Vec<((InstanceId, u64, u32), bool, usize)>,
}

/// Rows that somebody sees, in the order in which they were asked for.
struct Seen {
    rows: Vec<NoticeRow>,
    more: bool,
}

impl Queries {
    pub async fn conversation(
        &self,
        workflow: &str,
        key: &str,
        actor: &Actor,
        asked: MessagesAsked,
        limit: usize,
        now: Timestamp,
    ) -> EngineResult<Conversation> {
        let (instance, fields) = self.visible(workflow, key, actor, now).await?;
        let sees_all = fields.is_none();
        let id = instance.snapshot.instance;
        let seen = self.seen(id, actor, sees_all, asked.part(), limit).await?;
        let next = seen.rows.last().filter(|_| seen.more).map(NoticeRow::place);
        let mut messages = self.messages(seen.rows, actor, sees_all).await?;
        let about = guarded(|| Ok(title(&instance.known.chart, &instance.snapshot, now)))?;
        messages
            .iter_mut()
            .for_each(|message| message.noticed.about.clone_from(&about));
        let is_whole = asked == MessagesAsked::NEWEST && next.is_none();
        let unread = match is_whole {
            true => counted(messages.iter().filter(|message| !message.noticed.read).count()),
            false => self.unread_of(id, actor, sees_all).await?,
        };
        let audiences = messages.iter().map(|message| &message.noticed.body.to);
        let organisations = self.organisations(&instance, audiences, actor, now).await?;
        if matches!(asked, MessagesAsked::Before(_)) {
            messages.reverse();
        }
        Ok(Conversation {
            messages,
            next,
            unread,
            organisations,
        })
    }

    /// What an open page shows of an instance, as far as it changes by itself: the newest so many of its messages.
    pub async fn standing(
        &self,
        workflow: &str,
        key: &str,
        actor: &Actor,
        messages: usize,
        now: Timestamp,
    ) -> EngineResult<Standing> {
        let (instance, fields) = self.visible(workflow, key, actor, now).await?;
        let sees_all = fields.is_none();
        let id = instance.snapshot.instance;
        let seen = self.seen(id, actor, sees_all, ThreadPart::NEWEST, messages).await?;
        let messages = self.messages(seen.rows, actor, sees_all).await?;
        let standing = messages.iter().map(|message| {
            let readers = message.readers.as_ref().map_or(0, |readers| readers.named.len());
            (message.noticed.place.by_itself(), message.noticed.read, readers)
        });
        Ok(Standing {
            sequence: instance.snapshot.sequence,
            messages: standing.collect(),
        })
    }

    /// So many as are asked for, of those that the actor sees.
    async fn seen(
        &self,
        instance: InstanceId,
        actor: &Actor,
        sees_all: bool,
        mut part: ThreadPart,
        limit: usize,
    ) -> EngineResult<Seen> {
        let limit = limit.clamp(1, NOTICE_PAGE_MAX);
        let mut rows: Vec<NoticeRow> = Vec::new();
        let mut looked_at = 0;
        while looked_at < SCAN_MAX {
            let page = self.store.inboxes().thread(instance, part, NOTICE_PAGE_MAX).await?;
            let Some(last) = page.last().map(NoticeRow::place) else {
                break;
            };
            let is_last = page.len() < NOTICE_PAGE_MAX;
            looked_at += page.len();
            rows.extend(page.into_iter().filter(|row| may_see(row, actor, sees_all)));
            if rows.len() > limit {
                rows.truncate(limit);
                return Ok(Seen { rows, more: true });
            }
            if is_last {
                break;
            }
            part = match part {
                ThreadPart::After(..) => ThreadPart::After(last.sequence, last.ordinal),
                ThreadPart::Before(..) => ThreadPart::Before(last.sequence, last.ordinal),
            };
        }
        Ok(Seen { rows, more: false })
    }

    /// With who has read them, where the actor may know that: of what they wrote, and of everything if they see everything.
    async fn messages(&self, rows: Vec<NoticeRow>, actor: &Actor, sees_all: bool) -> EngineResult<Vec<Message>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.read_by(actor, &rows).await?;
        let mut messages: Vec<Message> = rows
            .iter()
            .filter_map(|row| noticed(row, actor, &read))
            .map(|noticed| Message {
                readers: (sees_all || noticed.body.is_from(actor)).then(Readers::default),
                noticed,
            })
            .collect();
        let known = messages.iter().filter(|message| message.readers.is_some());
        let known: Vec<NoticePlace> = known.map(|message| message.noticed.place).collect();
        let receipts = match known.is_empty() {
            true => Vec::new(),
            false => self.store.inboxes().readers(&known, READERS_NAMED_MAX + 1).await?,
        };
        let mut of_message: BTreeMap<_, Vec<(Arc<str>, Timestamp)>> = BTreeMap::new();
        for receipt in receipts {
            let Ok(at) = Timestamp::from_microsecond(receipt.at_us) else {
                continue;
            };
            let place = (receipt.instance, receipt.sequence, receipt.ordinal);
            of_message.entry(place).or_default().push((receipt.person, at));
        }
        for message in &mut messages {
            let Some(readers) = &mut message.readers else { continue };
            let mut named = of_message.remove(&message.noticed.place.by_itself()).unwrap_or_default();
            let by = message.noticed.body.by.as_ref();
            named.retain(|(person, _)| by.is_none_or(|by| by.id != *person));
            readers.more = named.len() > READERS_NAMED_MAX;
            named.truncate(READERS_NAMED_MAX);
            readers.named = named;
        }
        Ok(messages)
    }

    async fn unread_of(&self, instance: InstanceId, actor: &Actor, sees_all: bool) -> EngineResult<Unread> {
        let rows = self
            .store
            .inboxes()
            .thread(instance, ThreadPart::NEWEST, UNREAD_SCAN_MAX)
            .await?;
        let read = self.read_by(actor, &rows).await?;
        let seen = rows.iter().filter(|row| may_see(row, actor, sees_all));
        let unread = seen
            .filter_map(|row| noticed(row, actor, &read))
            .filter(|noticed| !noticed.read);
        Ok(counted(unread.count()))
    }

    /// An organisation that the instance refers to is called what that one is called.
    async fn organisations(
        &self,
        instance: &Instance,
        audiences: impl Iterator<Item = &Audience>,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<BTreeMap<Arc<str>, String>> {
        let patterns = audiences.flat_map(|audience| &audience.any_of);
        let mut names: Vec<Arc<str>> = patterns
            .filter_map(|pattern| pattern.organisation.clone())
            .flatten()
            .collect();
        names.sort();
        names.dedup();
        let fields = instance.known.chart.data.list.iter();
        let references = fields.filter_map(|field| match &field.schema.kind {
            Kind::Reference {
                workflow: Some(workflow),
            } => Some((workflow, instance.snapshot.data.get(&field.name)?.as_text()?)),
            _ => None,
        });
        let found: Vec<(Arc<str>, InstanceId)> = references
            .filter_map(|(workflow, key)| Some((names.iter().find(|name| ***name == *key)?, InstanceId::of(workflow, key))))
            .map(|(name, id)| (name.clone(), id))
            .collect();
        if found.is_empty() {
            return Ok(BTreeMap::new());
        }
        let titles = self.titles(found.iter().map(|(_, id)| *id).collect(), actor, now).await?;
        let named = found
            .into_iter()
            .filter_map(|(name, id)| Some((name, titles.get(&id)?.clone())));
        Ok(named.collect())
    }
}

fn may_see(row: &NoticeRow, actor: &Actor, sees_all: bool) -> bool {
    NoticeBody::of(row).is_some_and(|body| sees_all || body.to.includes(actor) || body.is_from(actor))
}

fn counted(unread: usize) -> Unread {
    Unread {
        count: unread.min(UNREAD_COUNTED_MAX),
        more: unread > UNREAD_COUNTED_MAX,
    }
}
