//! What people were told, in their inboxes, and what of it they have read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, Visibility, subjects_of, title};

use super::Queries;
use crate::body::NoticeBody;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::instances::Personal;
use crate::roles::{self, AUDITOR};
use crate::store::{NoticePlace, NoticeRow, ReadBy, ReadMark, ThreadPart};

/// Notices given at once.
pub const NOTICE_PAGE_MAX: usize = 200;

/// Unread notices that are counted: beyond it "more" says as much as a number, and every page asks.
pub const UNREAD_COUNTED_MAX: usize = 99;

/// Of the newest so many are looked at for it: what is further down was not missed for want of a number.
const UNREAD_SCAN_MAX: usize = 500;

/// Of these at once: mostly the last unread one is among the first.
const UNREAD_PAGE: usize = 100;

/// Pages of the store that are looked at for one of somebody's, where most of what they find is for others.
const PAGES_LOOKED_AT_MAX: usize = 50;

/// Something that people were told.
#[derive(Clone, Debug)]
pub struct Noticed {
    pub at: Timestamp,
    pub place: NoticePlace,
    /// It stands in the conversation of its instance.
    pub thread: bool,
    /// What people see the instance called. Empty: the reader does not see it.
    pub about: String,
    /// The reader has read it, or it told them nothing: it was not for them, or is their own.
    pub read: bool,
    /// No channel but the inbox may disturb the reader with it before.
    pub quiet_until: Option<Timestamp>,
    pub body: NoticeBody,
}

#[derive(Clone, Debug)]
pub struct Notices {
    pub notices: Vec<Noticed>,
    pub next: Option<NoticePlace>,
}

/// What somebody says that they have read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadExtent {
    One(NoticePlace),
    /// This one and all that stand before it.
    UpTo(NoticePlace),
    /// This one and all that stand before it in the conversation of its instance.
    InConversation(NoticePlace),
}

/// How much somebody was told and has not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unread {
    pub count: usize,
    /// There are more than were counted.
    pub more: bool,
}

impl Queries {
    /// What this actor was told, the newest first.
    pub async fn inbox(&self, actor: &Actor, after: Option<NoticePlace>, limit: usize, now: Timestamp) -> EngineResult<Notices> {
        let mut page = self.notices_of(actor, after, limit).await?;
        let ids = page.notices.iter().map(|noticed| noticed.place.instance).collect();
        let titles = self.titles(ids, actor, now).await?;
        for noticed in &mut page.notices {
            noticed.about = titles.get(&noticed.place.instance).cloned().unwrap_or_default();
        }
        Ok(page)
    }

    /// The same, without what it is about.
    pub async fn notices_of(&self, actor: &Actor, after: Option<NoticePlace>, limit: usize) -> EngineResult<Notices> {
        let limit = limit.clamp(1, NOTICE_PAGE_MAX);
        let (rows, next) = self.rows_for(actor, after, limit).await?;
        let read = self.read_by(actor, &rows).await?;
        Ok(Notices {
            notices: rows.iter().filter_map(|row| noticed(row, actor, &read)).collect(),
            next,
        })
    }

    /// A page of what is for this actor, and where the next one begins. Others are told under the same names: nothing of theirs stands on a page,
    /// and none ends at it.
    async fn rows_for(
        &self,
        actor: &Actor,
        mut after: Option<NoticePlace>,
        limit: usize,
    ) -> EngineResult<(Vec<NoticeRow>, Option<NoticePlace>)> {
        let subjects = subjects_of(actor);
        let mut rows: Vec<NoticeRow> = Vec::new();
        for _ in 0..PAGES_LOOKED_AT_MAX {
            let page = self.store.notices(&subjects, after, limit).await?;
            after = page.rows.last().map(NoticeRow::place);
            rows.extend(page.rows.into_iter().filter(|row| is_for(row, actor)));
            if rows.len() > limit {
                rows.truncate(limit);
                let next = rows.last().map(NoticeRow::place);
                return Ok((rows, next));
            }
            if !page.more {
                return Ok((rows, None));
            }
        }
        // somewhere before what was looked at last, of which no more is said than when it was
        let next = after.map(|last| NoticePlace {
            instance: InstanceId([0xff; 16]),
            sequence: 0,
            ordinal: 0,
            ..last
        });
        Ok((rows, next))
    }

    /// How much this actor has not read. Nothing of what is not for them is counted.
    pub async fn unread(&self, actor: &Actor) -> EngineResult<Unread> {
        let subjects = subjects_of(actor);
        let (mut unread, mut after, mut looked_at) = (Unread::default(), None, 0);
        while looked_at < UNREAD_SCAN_MAX {
            let page = self.store.notices(&subjects, after, UNREAD_PAGE).await?;
            let read = self.read_by(actor, &page.rows).await?;
            for row in &page.rows {
                if read.up_to.is_some_and(|up_to| row.place() <= up_to) {
                    return Ok(unread);
                }
                if read.includes(&row.place()) || !tells(row, actor) {
                    continue;
                }
                if unread.count == UNREAD_COUNTED_MAX {
                    return Ok(Unread { more: true, ..unread });
                }
                unread.count += 1;
            }
            if !page.more {
                break;
            }
            looked_at += page.rows.len();
            after = page.rows.last().map(NoticeRow::place);
        }
        Ok(unread)
    }

    /// Keeps that this actor has read a notice of theirs, or it and all before it. What stands in conversations is kept one by one as well, as far
    /// as what is unread is counted: whoever wrote it may know who has read it.
    ///
    /// # Errors
    /// [`EngineError::Hidden`]: they were told no such thing; those of the store.
    pub async fn mark_read(&self, actor: &Actor, extent: ReadExtent, now: Timestamp) -> EngineResult<()> {
        let (each, up_to) = match extent {
            ReadExtent::One(place) => {
                self.must_be_told(actor, place).await?;
                (vec![place], None)
            }
            ReadExtent::UpTo(place) => {
                self.must_be_told(actor, place).await?;
                (self.unread_in_conversations(actor, place).await?, Some(place))
            }
            ReadExtent::InConversation(place) => (self.unread_in_conversation(actor, place).await?, None),
        };
        let mark = ReadMark {
            person: actor.id.clone(),
            each,
            up_to,
            at_us: now.as_microsecond(),
        };
        Ok(self.store.inboxes().mark_read(&mark).await?)
    }

    /// Hidden: this actor was told no such thing.
    async fn must_be_told(&self, actor: &Actor, place: NoticePlace) -> EngineResult<()> {
        let page = self.store.notices(&subjects_of(actor), Some(behind(place)), 1).await?;
        let found = page.rows.first().filter(|row| row.place() == place && is_for(row, actor));
        found.map(|_| ()).ok_or(EngineError::Hidden)
    }

    /// What stands in conversations, of what this actor has not read up to there.
    async fn unread_in_conversations(&self, actor: &Actor, up_to: NoticePlace) -> EngineResult<Vec<NoticePlace>> {
        let subjects = subjects_of(actor);
        let (mut unread, mut after, mut looked_at) = (Vec::new(), behind(up_to), 0);
        while looked_at < UNREAD_SCAN_MAX {
            let page = self.store.notices(&subjects, Some(after), UNREAD_PAGE).await?;
            let read = self.read_by(actor, &page.rows).await?;
            let news = page
                .rows
                .iter()
                .filter(|row| row.thread && tells(row, actor))
                .map(NoticeRow::place);
            unread.extend(news.filter(|place| !read.includes(place)));
            let Some(last) = page.rows.last().map(NoticeRow::place) else {
                break;
            };
            if !page.more || read.up_to.is_some_and(|read_up_to| last <= read_up_to) {
                break;
            }
            looked_at += page.rows.len();
            after = last;
        }
        Ok(unread)
    }

    /// The same of one conversation.
    async fn unread_in_conversation(&self, actor: &Actor, up_to: NoticePlace) -> EngineResult<Vec<NoticePlace>> {
        let behind = behind(up_to);
        let part = ThreadPart::Before(behind.sequence, behind.ordinal);
        let rows = self.store.inboxes().thread(up_to.instance, part, UNREAD_SCAN_MAX).await?;
        let found = rows.first().filter(|row| row.place() == up_to && is_for(row, actor));
        found.ok_or(EngineError::Hidden)?;
        let read = self.read_by(actor, &rows).await?;
        let news = rows.iter().filter(|row| tells(row, actor)).map(NoticeRow::place);
        Ok(news.filter(|place| !read.includes(place)).collect())
    }

    pub(super) async fn read_by(&self, actor: &Actor, rows: &[NoticeRow]) -> EngineResult<ReadBy> {
        let places: Vec<NoticePlace> = rows.iter().map(NoticeRow::place).collect();
        Ok(self.store.inboxes().read_by(&actor.id, &places).await?)
    }

    /// What the instances are called, of those that the actor sees.
    pub(super) async fn titles(
        &self,
        mut ids: Vec<InstanceId>,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<BTreeMap<InstanceId, String>> {
        ids.sort_unstable();
        ids.dedup();
        let mut titles = BTreeMap::new();
        for loaded in self.instances.load(&ids, Personal::With).await? {
            let instance = match loaded {
                Ok(Some(instance)) => instance,
                Ok(None) => continue,
                Err(error @ EngineError::DamagedInstance { .. }) => {
                    tracing::error!(%error, "what a notice is about cannot be shown");
                    continue;
                }
                Err(error) => return Err(error),
            };
            let visible = self.visibility_among(&instance, actor, now).await?;
            if visible != Visibility::Hidden || roles::has(actor, AUDITOR) {
                let title = guarded(|| Ok(title(&instance.known.chart, &instance.snapshot, now)))?;
                titles.insert(instance.snapshot.instance, title);
            }
        }
        Ok(titles)
    }
}

fn is_for(row: &NoticeRow, actor: &Actor) -> bool {
    NoticeBody::of(row).is_some_and(|body| body.to.includes(actor))
}

/// Whether it tells somebody something that they do not know from themselves.
fn tells(row: &NoticeRow, actor: &Actor) -> bool {
    NoticeBody::of(row).is_some_and(|body| body.tells(actor))
}

/// A page that begins behind this place begins with what stands there.
fn behind(place: NoticePlace) -> NoticePlace {
    NoticePlace {
        ordinal: place.ordinal.saturating_add(1),
        ..place
    }
}

pub(super) fn noticed(row: &NoticeRow, actor: &Actor, read: &ReadBy) -> Option<Noticed> {
    let body = NoticeBody::of(row)?;
    Some(Noticed {
        at: Timestamp::from_microsecond(row.at_us).ok()?,
        place: row.place(),
        thread: row.thread,
        about: String::new(),
        read: read.includes(&row.place()) || !body.tells(actor),
        quiet_until: None,
        body,
    })
}
