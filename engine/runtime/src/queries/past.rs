//! An instance as it stood at a moment: its trail, gone through from the first entry up to then.
//!
//! What was recorded is stepped again, so that the whole snapshot of that moment is there, and has come out as the trail says. Where that cannot
//! be done, because personal values were erased since or because a step comes out otherwise today, it is what the entries themselves name.
//!
//! # Invariants
//! - For whoever may read its trail now, and for nobody else. Who may see what is asked of today's rules, of the instance as it stands today:
//!   somebody who has lost a right does not see what was while they had it, and a rule that was mended is not got round by looking back.
//! - A value that was erased is named as erased, and one that is not the reader's as withheld. Neither reads as if nothing had stood there.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Actor, Visibility, open_until};
use statewright_core::trail::{EntryText, Recorded, Replay, Replayed};

use super::{Course, Queries, Shown};
use crate::audit::Named;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::instances::{Instance, Personal};
use crate::registry::Known;
use crate::roles::{self, AUDITOR};
use crate::store::TrailRow;

/// Entries that are gone through for one moment: most lives have fewer than a hundred.
pub const PAST_ENTRIES_MAX: usize = 5_000;

/// Entries read at once; between two reads others have their turn.
const READ_MAX: usize = 250;

/// Which moment is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastMoment {
    /// With every entry up to then, this moment included.
    At(Timestamp),
    /// With the entry of this number and all before it.
    Entry(u64),
}

/// Why there is nothing to be seen of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// It is later than now.
    Future { now: Timestamp },
    /// There was nothing yet.
    BeforeFirst { first: Timestamp },
    /// The entries have other numbers: from 1 to this one.
    NoEntry { last: u64 },
    /// More entries lie before it than are gone through.
    TooLong { most: usize },
}

/// What somebody sees of that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// As of then. What could be done then is not in it: it names no task.
    pub shown: Shown,
    /// The moment that was asked for; of an entry, its own.
    pub at: Timestamp,
    /// The entry that led there.
    pub entry: TrailRow,
    /// The one that came next, if any did.
    pub next: Option<TrailRow>,
    /// Fields that had a value which was erased since.
    pub erased: Vec<Arc<str>>,
    /// Personal fields that had a value which is not this reader's to see.
    pub withheld: Vec<Arc<str>>,
    /// The way up to then.
    pub course: Course,
    /// It was stepped again and came out as it stands in the trail. Otherwise it is what the entries name: without what is worked out from the data,
    /// timers on hold, signatures and children.
    pub is_stepped: bool,
}

impl PastMoment {
    fn is_before(self, row: &TrailRow) -> bool {
        match self {
            PastMoment::At(at) => row.at_us > at.as_microsecond(),
            PastMoment::Entry(sequence) => row.sequence > sequence,
        }
    }
}

impl fmt::Display for Outside {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outside::Future { now } => write!(out, "that moment is still to come: it is {now} now"),
            Outside::BeforeFirst { first } => write!(out, "there was nothing of it yet: its first entry is of {first}"),
            Outside::NoEntry { last } => write!(out, "it has no such entry: they are numbered from 1 to {last}"),
            Outside::TooLong { most } => write!(
                out,
                "more than {most} entries lie before that moment, and no more are gone through while somebody waits: read its trail itself"
            ),
        }
    }
}

impl Queries {
    /// One instance as it stood, for whoever may read its trail.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] to everybody else; [`EngineError::NotThen`]; those of the store.
    pub async fn past(&self, workflow: &str, key: &str, moment: PastMoment, actor: &Actor, now: Timestamp) -> EngineResult<Past> {
        let instance = self.instances.load_one(InstanceId::of(workflow, key), Personal::With).await?;
        let instance = instance.ok_or(EngineError::Hidden)?;
        let sees_personal = match self.visibility(&instance, actor, now).await? {
            Visibility::Shown { fields: None } => true,
            _ if roles::has(actor, AUDITOR) => false,
            _ => return Err(EngineError::Hidden),
        };
        let today = &instance.snapshot;
        match moment {
            PastMoment::At(at) if at > now => return Err(Outside::Future { now }.into()),
            PastMoment::Entry(sequence) if !(1..=today.sequence).contains(&sequence) => {
                return Err(Outside::NoEntry { last: today.sequence }.into());
            }
            _ => {}
        }
        let personal = self.store.personal(today.instance).await?;
        let personal: Vec<(Digest, String)> = personal.into_iter().map(|row| (row.reference, row.value)).collect();
        let mut way = Way::begin(&instance.known, &personal);
        let next = self.go(&mut way, today.instance, moment).await?;
        let Some(entry) = way.last.take() else {
            return Err(match next.as_ref().map(at_of) {
                Some(first) => Outside::BeforeFirst { first }.into(),
                None => way.damaged("it has no entries"),
            });
        };
        let then = self.stood(&way, &entry).await?;
        let at = match moment {
            PastMoment::At(at) => at,
            PastMoment::Entry(_) => at_of(&entry),
        };
        let (mut shown, withheld) = then.seen(sees_personal, at)?;
        // it is by today's opening that they see it
        shown.open_until = open_until(today, actor, now);
        Ok(Past {
            shown,
            at,
            entry,
            next,
            erased: then.erased,
            withheld,
            course: way.course,
            is_stepped: then.is_stepped,
        })
    }

    /// Follows the entries up to the moment, and gives the first one behind it.
    async fn go(&self, way: &mut Way<'_>, id: InstanceId, moment: PastMoment) -> EngineResult<Option<TrailRow>> {
        let mut named = Named::of(self.instances.registry());
        loop {
            let rows = self.store.trail(id, way.reached, READ_MAX).await?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in rows {
                if moment.is_before(&row) {
                    return Ok(Some(row));
                }
                if way.count == PAST_ENTRIES_MAX {
                    return Err(Outside::TooLong { most: PAST_ENTRIES_MAX }.into());
                }
                if way.is_stepped {
                    way.is_stepped = named.hand_over(&mut way.replay, way.known, &row.bytes).await?.is_ok();
                }
                way.follow(row)?;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn stood(&self, way: &Way<'_>, entry: &TrailRow) -> EngineResult<Then> {
        let definition = EntryText::read(&entry.bytes).and_then(|entry| entry.definition());
        let definition = definition.map_err(|error| way.damaged(&error.0))?;
        // by which definition it went on then is what the entry says, whichever it is pinned to today
        let known = self.instances.registry().chart(definition).await?;
        let recorded = way.recorded.stood(&known.chart, way.personal);
        let recorded = recorded.ok_or_else(|| way.damaged("it has no entries"))?;
        let stepped = way.replay.snapshot().filter(|_| way.is_stepped).cloned();
        let is_stepped = stepped.is_some();
        let snapshot = Arc::new(stepped.unwrap_or(recorded.snapshot));
        Ok(Then {
            instance: Instance {
                known,
                snapshot,
                bytes: 0,
            },
            label: recorded.label,
            erased: recorded.erased,
            is_stepped,
        })
    }
}

/// The instance as it was.
struct Then {
    instance: Instance,
    label: Option<Arc<str>>,
    erased: Vec<Arc<str>>,
    is_stepped: bool,
}

impl Then {
    /// What a reader sees of it who sees every field, and the names of those that are withheld from whoever sees none of the personal ones.
    fn seen(&self, sees_personal: bool, at: Timestamp) -> EngineResult<(Shown, Vec<Arc<str>>)> {
        let chart = &self.instance.known.chart;
        let mut shown = Shown::of(&self.instance, None, &Actor::engine(), at)?;
        // as it was called then, whatever it would be called now
        if self.label.is_some() || !self.is_stepped {
            shown.label = self.label.clone();
        }
        // what is worked out of values that are not there any more would come out as something that never was
        let is_known = |name: &Arc<str>| (self.is_stepped || chart.data.get(name).is_some()) && !self.erased.contains(name);
        shown.data.retain(|name, _| is_known(name));
        shown.personal.retain(is_known);
        let mut withheld = Vec::new();
        if !sees_personal {
            withheld = std::mem::take(&mut shown.personal);
            shown.data.retain(|name, _| !withheld.contains(name));
        }
        shown.tasks.clear();
        Ok((shown, withheld))
    }
}

/// The entries of one instance, as far as they were followed.
struct Way<'a> {
    known: &'a Arc<Known>,
    personal: &'a [(Digest, String)],
    replay: Replay<'a>,
    is_stepped: bool,
    recorded: Recorded,
    course: Course,
    count: usize,
    reached: u64,
    last: Option<TrailRow>,
}

impl<'a> Way<'a> {
    fn begin(known: &'a Arc<Known>, personal: &'a [(Digest, String)]) -> Self {
        Way {
            known,
            personal,
            replay: Replay::begin(&known.chart, personal),
            is_stepped: true,
            recorded: Recorded::default(),
            course: Course::default(),
            count: 0,
            reached: 0,
            last: None,
        }
    }

    fn follow(&mut self, row: TrailRow) -> EngineResult<()> {
        let entry = match &row.damage {
            Some(damage) => return Err(self.damaged(damage)),
            None => EntryText::read(&row.bytes).map_err(|error| self.damaged(&error.0))?,
        };
        self.recorded
            .follow(&row.bytes, &entry)
            .map_err(|error| self.damaged(&error.0))?;
        self.course.follow(row.sequence, &entry);
        if self.is_stepped {
            let replay = &mut self.replay;
            let replayed = guarded(|| Ok(replay.follow(&row.bytes)));
            self.is_stepped = matches!(replayed, Ok(Ok(Replayed::Same)));
        }
        self.count += 1;
        self.reached = row.sequence;
        self.last = Some(row);
        Ok(())
    }

    fn damaged(&self, why: &str) -> EngineError {
        EngineError::Damaged(format!(
            "an entry of {} after {} cannot be read: {why}",
            self.known.chart.workflow, self.reached
        ))
    }
}

fn at_of(row: &TrailRow) -> Timestamp {
    Timestamp::from_microsecond(row.at_us).unwrap_or(Timestamp::MIN)
}
