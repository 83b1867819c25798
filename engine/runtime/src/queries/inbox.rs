//! What people were told, in their inboxes and in the conversations of instances, and what of it they have read.

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
use crate::store::{NoticePlace, NoticeRow, ReadBy, ReadExtent, ReadMark};

/// Notices given at once.
pub const NOTICE_PAGE_MAX: usize = 200;

/// Unread notices that are counted: beyond it "more" says as much as a number, and every page asks.
pub const UNREAD_COUNTED_MAX: usize = 99;

/// Of the newest so many are looked at for it: what is further down was not missed for want of a number.
const UNREAD_SCAN_MAX: usize = 500;

/// Of these at once: mostly the last unread one is among the first.
const UNREAD_PAGE: usize = 100;

/// Something that people were told.
#[derive(Clone, Debug)]
pub struct Noticed {
    pub at: Timestamp,
    pub place: NoticePlace,
    pub thread: bool,
    /// What people see the instance called. Empty: the reader does not see it.
    pub about: String,
    /// The reader has read it, or it was not for them.
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
        let titles = self.titles(&page.notices, actor, now).await?;
        for noticed in &mut page.notices {
            noticed.about = titles.get(&noticed.place.instance).cloned().unwrap_or_default();
        }
        Ok(page)
    }

    /// The same, without what it is about.
    pub async fn notices_of(&self, actor: &Actor, after: Option<NoticePlace>, limit: usize) -> EngineResult<Notices> {
        let limit = limit.clamp(1, NOTICE_PAGE_MAX);
        let page = self.store.notices(&subjects_of(actor), after, limit).await?;
        let read = self.read_by(actor, &page.rows).await?;
        let theirs = page.rows.iter().filter_map(|row| noticed(row, actor, &read));
        Ok(Notices {
            notices: theirs.filter(|noticed| noticed.body.to.includes(actor)).collect(),
            next: page.rows.last().filter(|_| page.more).map(NoticeRow::place),
        })
    }

    /// The conversation of an instance, the oldest first: what its reader was told, and all of it for who sees every field.
    pub async fn thread(
        &self,
        workflow: &str,
        key: &str,
        actor: &Actor,
        after: Option<NoticePlace>,
        limit: usize,
        now: Timestamp,
    ) -> EngineResult<Notices> {
        let (instance, fields) = self.visible(workflow, key, actor, now).await?;
        let limit = limit.clamp(1, NOTICE_PAGE_MAX);
        let after = after.map(|place| (place.sequence, place.ordinal));
        let rows = self.store.thread(instance.snapshot.instance, after, limit).await?;
        let next = rows.last().filter(|_| rows.len() == limit).map(NoticeRow::place);
        let read = self.read_by(actor, &rows).await?;
        let about = guarded(|| Ok(title(&instance.known.chart, &instance.snapshot, now)))?;
        let may = |noticed: &Noticed| fields.is_none() || noticed.body.to.includes(actor);
        let shown = rows.iter().filter_map(|row| noticed(row, actor, &read)).filter(may);
        Ok(Notices {
            notices: shown
                .map(|noticed| Noticed {
                    about: about.clone(),
                    ..noticed
                })
                .collect(),
            next,
        })
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
                if read.includes(&row.place()) || !is_for(row, actor) {
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

    /// Keeps that this actor has read a notice of theirs, or it and all before it.
    ///
    /// # Errors
    /// [`EngineError::Hidden`]: they were told no such thing; those of the store.
    pub async fn mark_read(&self, actor: &Actor, extent: ReadExtent, now: Timestamp) -> EngineResult<()> {
        let (ReadExtent::One(place) | ReadExtent::UpTo(place)) = extent;
        let next = NoticePlace {
            ordinal: place.ordinal.saturating_add(1),
            ..place
        };
        let page = self.store.notices(&subjects_of(actor), Some(next), 1).await?;
        let found = page.rows.first().filter(|row| row.place() == place && is_for(row, actor));
        found.ok_or(EngineError::Hidden)?;
        let mark = ReadMark {
            person: actor.id.clone(),
            extent,
            at_us: now.as_microsecond(),
        };
        Ok(self.store.inboxes().mark_read(&mark).await?)
    }

    async fn read_by(&self, actor: &Actor, rows: &[NoticeRow]) -> EngineResult<ReadBy> {
        let places: Vec<NoticePlace> = rows.iter().map(NoticeRow::place).collect();
        Ok(self.store.inboxes().read_by(&actor.id, &places).await?)
    }

    /// What the instances are called, of those that the actor sees.
    async fn titles(&self, notices: &[Noticed], actor: &Actor, now: Timestamp) -> EngineResult<BTreeMap<InstanceId, String>> {
        let mut ids: Vec<InstanceId> = notices.iter().map(|noticed| noticed.place.instance).collect();
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

fn noticed(row: &NoticeRow, actor: &Actor, read: &ReadBy) -> Option<Noticed> {
    let body = NoticeBody::of(row)?;
    Some(Noticed {
        at: Timestamp::from_microsecond(row.at_us).ok()?,
        place: row.place(),
        thread: row.thread,
        about: String::new(),
        read: read.includes(&row.place()) || !body.to.includes(actor),
        quiet_until: None,
        body,
    })
}
