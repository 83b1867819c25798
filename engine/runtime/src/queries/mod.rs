//! What may be seen of instances, and by whom. Everything is read from the store at the moment it is asked for, never from memory.

mod conversation;
mod counts;
mod course;
mod find;
mod history;
mod inbox;
mod list;
mod names;
mod past;
mod people;
mod search;
mod shown;
mod sight;
mod tally;
mod tasks;
mod view;
mod walk;
mod withholding;

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::InstanceId;
use statewright_core::step::{
    Actor, Attempt, Facts, Needs, Offer, Snapshot, Trial, Visibility, offers, try_event, try_start, visibility,
};

pub use conversation::{Conversation, Message, MessagesAsked, READERS_NAMED_MAX, Readers, Standing};
pub use counts::{COUNT_SCAN_MAX, CountBy, CountRequest};
pub use course::{COURSE_ENTRIES_MAX, Course, Stays};
pub use find::{CONDITIONS_MAX, FindRequest, Found};
pub use history::{HISTORY_PAGE_MAX, HISTORY_SCAN_MAX, History, HistoryRequest};
pub use inbox::{NOTICE_PAGE_MAX, Noticed, Notices, ReadExtent, UNREAD_COUNTED_MAX, Unread};
pub use list::{LIST_PAGE_MAX, ListRequest, Listed};
pub use past::{Outside, PAST_ENTRIES_MAX, Past, PastMoment};
pub use people::{PEOPLE_MAX, PEOPLE_WORDS_MAX};
pub(crate) use search::day_of;
pub use search::{Hits, SEARCH_PREFIX_CHARACTERS_MIN, SEARCH_WORD_BYTES_MAX, SearchAfter, SearchRequest};
pub use shown::{ChildShown, Heading, Shown};
pub use tally::{COUNT_CELLS_MAX, Cell, Counts};
pub use tasks::{QUEUE_PAGE_MAX, Queue, QueueRequest, Queued, TaskChoice};
pub use view::{
    ActionShown, Cell as ViewCell, ColumnShown, LaneShown, Point, Row, Rows, Series, VIEW_LANE_MAX, VIEW_LANES_MAX,
    VIEW_PAGE_MAX, VIEW_SCAN_MAX, ViewContent, ViewRequest, ViewShown,
};
pub use walk::{Hit, SEARCH_PAGE_MAX, SEARCH_SCAN_MAX};

use crate::configuration::NEEDS_ROUNDS_MAX;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::instances::{Instance, Instances, Personal};
use crate::intake::Reader;
use crate::roles::{self, AUDITOR};
use crate::starts::ReadyStart;
use crate::store::{Store, TrailRow};

/// Entries given at once.
pub const TRAIL_PAGE_MAX: usize = 1_000;

pub struct Queries {
    store: Arc<dyn Store>,
    instances: Arc<Instances>,
    reader: Arc<Reader>,
}

impl Queries {
    pub fn new(store: Arc<dyn Store>, instances: Arc<Instances>, reader: Arc<Reader>) -> Self {
        Queries {
            store,
            instances,
            reader,
        }
    }

    /// One instance as this actor sees it. What is not there and what may not be seen is `Hidden` alike.
    pub async fn show(&self, workflow: &str, key: &str, actor: &Actor, now: Timestamp) -> EngineResult<Shown> {
        let instance = self.visible(workflow, key, actor, now).await?;
        Shown::of(&instance.0, instance.1.as_deref(), actor, now)
    }

    /// What an instance that this actor sees is called, and where it stands.
    pub async fn heading(&self, workflow: &str, key: &str, actor: &Actor, now: Timestamp) -> EngineResult<Heading> {
        let (instance, _) = self.visible(workflow, key, actor, now).await?;
        Heading::of(&instance, now)
    }

    /// The events that this actor could send now, and why not the others.
    pub async fn can(&self, workflow: &str, key: &str, actor: &Actor, now: Timestamp) -> EngineResult<Vec<Offer>> {
        let (instance, _) = self.visible(workflow, key, actor, now).await?;
        self.ask(&instance, now, |facts| {
            offers(&instance.known.chart, &instance.snapshot, actor, facts, now)
        })
        .await
    }

    /// What would become of an event. Nothing is changed by it, and nothing kept.
    pub async fn try_event(&self, workflow: &str, key: &str, attempt: &Attempt, now: Timestamp) -> EngineResult<Trial> {
        let (instance, _) = self.visible(workflow, key, &attempt.actor, now).await?;
        let (chart, snapshot) = (&instance.known.chart, &*instance.snapshot);
        let tried = self.ask(&instance, now, |facts| {
            match try_event(chart, snapshot, attempt, facts, now) {
                Ok(Ok(trial)) => Ok(Ok(trial)),
                Ok(Err(needs)) => Err(needs),
                Err(failure) => Ok(Err(failure)),
            }
        });
        Ok(tried.await??)
    }

    /// What would become of a start, by the definition that is live.
    pub async fn try_start(&self, start: &ReadyStart, attempt: &Attempt, now: Timestamp) -> EngineResult<Trial> {
        let chart = &start.known.chart;
        let tried = self.ask_of(chart, None, now, |facts| {
            match try_start(chart, start.input.clone(), attempt, facts, now) {
                Ok(Ok(trial)) => Ok(Ok(trial)),
                Ok(Err(needs)) => Err(needs),
                Err(failure) => Ok(Err(failure)),
            }
        });
        Ok(tried.await??)
    }

    /// Entries after `after`, for whoever sees every field of the instance: an entry holds them all.
    pub async fn trail(
        &self,
        workflow: &str,
        key: &str,
        actor: &Actor,
        after: u64,
        limit: usize,
        now: Timestamp,
    ) -> EngineResult<Vec<TrailRow>> {
        let fields = match self.visible(workflow, key, actor, now).await {
            // What became of it is what an auditor looks into its trail for.
            Err(EngineError::DamagedInstance { .. }) if roles::has(actor, AUDITOR) => None,
            visible => visible?.1,
        };
        match fields {
            Some(_) => Err(EngineError::Hidden),
            None => Ok(self
                .store
                .trail(InstanceId::of(workflow, key), after, limit.min(TRAIL_PAGE_MAX))
                .await?),
        }
    }

    /// How much an actor sees of an instance: for scenarios. The engine's own role `auditor` is not asked.
    pub(crate) async fn sight(&self, workflow: &str, key: &str, actor: &Actor, now: Timestamp) -> EngineResult<Visibility> {
        let instance = self.instances.load_one(InstanceId::of(workflow, key), Personal::With).await?;
        self.visibility(&instance.ok_or(EngineError::Hidden)?, actor, now).await
    }

    /// The instance and the fields of it that are seen (None: all). An auditor sees all of it but what is personal.
    async fn visible(
        &self,
        workflow: &str,
        key: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<(Instance, Option<Vec<Arc<str>>>)> {
        let instance = self.instances.load_one(InstanceId::of(workflow, key), Personal::With).await?;
        let instance = instance.ok_or(EngineError::Hidden)?;
        match self.visibility(&instance, actor, now).await? {
            Visibility::Shown { fields: None } => Ok((instance, None)),
            _ if roles::has(actor, AUDITOR) => {
                let unpersonal = self.instances.load_one(instance.snapshot.instance, Personal::Without).await?;
                Ok((unpersonal.ok_or(EngineError::Hidden)?, None))
            }
            Visibility::Hidden => Err(EngineError::Hidden),
            Visibility::Shown { fields } => Ok((instance, fields)),
        }
    }

    async fn visibility(&self, instance: &Instance, actor: &Actor, now: Timestamp) -> EngineResult<Visibility> {
        self.ask(instance, now, |facts| {
            visibility(&instance.known.chart, &instance.snapshot, actor, facts, now)
        })
        .await
    }

    /// The same where many are looked at: one of which it cannot be found out is hidden, and keeps nobody from the others.
    async fn visibility_among(&self, instance: &Instance, actor: &Actor, now: Timestamp) -> EngineResult<Visibility> {
        match self.visibility(instance, actor, now).await {
            Err(error) if !error.passes() => {
                let id = instance.snapshot.instance;
                tracing::error!(instance = %id, error = error.logged(), "it cannot be found out who sees an instance");
                Ok(Visibility::Hidden)
            }
            answer => answer,
        }
    }

    /// Asks the core until it has all that it needs.
    async fn ask<T>(
        &self,
        instance: &Instance,
        now: Timestamp,
        question: impl Fn(&Facts) -> Result<T, Needs>,
    ) -> EngineResult<T> {
        self.ask_of(&instance.known.chart, Some(&instance.snapshot), now, question)
            .await
    }

    /// The same of what is no instance yet.
    async fn ask_of<T>(
        &self,
        chart: &Chart,
        own: Option<&Snapshot>,
        now: Timestamp,
        question: impl Fn(&Facts) -> Result<T, Needs>,
    ) -> EngineResult<T> {
        let mut facts = Facts::default();
        for _ in 0..NEEDS_ROUNDS_MAX {
            match guarded(|| Ok(question(&facts)))? {
                Ok(answer) => return Ok(answer),
                Err(needs) => self.reader.find(&mut facts, &needs, chart, own, now).await?,
            }
        }
        Err(EngineError::Damaged("a question asks for ever more reads".into()))
    }
}
