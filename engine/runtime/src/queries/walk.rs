//! A walk along indexed values, of which an actor is shown those that are theirs to see.
//!
//! # Invariants
//! - What an actor is not shown is found by nothing: neither by a field that they do not see, nor by an instance that they do not see.
//! - A place says the value that stands there. So nobody is told a place but where something of theirs stands, not even as the place where
//!   the next page begins.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Actor, Tie, index_of, ties};

use super::sight::Sight;
use super::{Queries, Shown};
use crate::error::EngineResult;
use crate::store::{IndexedValue, InstanceRow, SearchLine, SearchPlace, SearchQuery, TiedQuery};

/// Hits given at once.
pub const SEARCH_PAGE_MAX: usize = 200;

/// Values looked at for one page, beyond the last that is shown.
pub const SEARCH_SCAN_MAX: usize = 2_000;

/// Values looked at with the first query, so that a short page of somebody who sees little does not take a query for each. Each query
/// after it looks at twice as many.
const CHUNK_MIN: usize = 100;

/// Fewer instances are read as soon as an index is asked which of them cannot be the actor's.
const TIES_ASKED_MIN: usize = 8;

/// An instance that was looked for.
#[derive(Clone, Debug)]
pub struct Hit {
    pub shown: Shown,
    /// By which fields it was found, and by what stands in them; under an empty field its key.
    pub matched: Vec<IndexedValue>,
    /// The personal fields among these.
    pub personal: Vec<Arc<str>>,
}

/// Where is walked, and how far.
pub(super) struct Walk {
    pub lines: Vec<SearchLine>,
    /// Of the definitions that have any for the actor.
    pub ties: Ties,
    pub after: Option<SearchPlace>,
    /// Hits.
    pub limit: usize,
}

/// By definition: one of these stands in the index of each of its instances that somebody sees.
pub(super) type Ties = BTreeMap<Digest, BTreeSet<Tie>>;

/// The hits of one walk.
pub(super) struct Walked {
    pub hits: Vec<Hit>,
    /// Where to go on; None: there is no more, or nothing of the actor's as far as was looked.
    pub next: Option<SearchPlace>,
    /// There is more than was looked at, and nothing of what was looked at is the actor's.
    pub cut: bool,
}

impl Queries {
    /// `judge` says by what an instance is found at a place; None: it is not.
    pub(super) async fn walk(
        &self,
        walk: Walk,
        actor: &Actor,
        now: Timestamp,
        judge: impl Fn(&SearchPlace, &Sight) -> Option<Vec<IndexedValue>>,
    ) -> EngineResult<Walked> {
        let Walk {
            lines,
            ties,
            after,
            limit,
        } = walk;
        let mut walked = Walked {
            hits: Vec::new(),
            next: None,
            cut: false,
        };
        let (mut looked_at, mut chunk) = (0, limit.max(CHUNK_MIN));
        let mut query = SearchQuery { lines, after, limit: 0 };
        loop {
            query.limit = chunk.min(SEARCH_SCAN_MAX - looked_at);
            chunk = chunk.saturating_mul(2);
            let page = self.store.search(&query).await?;
            looked_at += page.rows.len();
            let sights = self.sights(&page.rows, &ties, actor, now).await?;
            for (number, place) in page.rows.iter().enumerate() {
                let Some(sight) = sights.get(&place.instance) else { continue };
                let Some(matched) = judge(place, sight) else { continue };
                walked.hits.push(Hit {
                    shown: sight.shown(actor, now)?,
                    personal: Vec::new(),
                    matched,
                });
                walked.next = Some(place.clone());
                if walked.hits.len() == limit {
                    if !page.more && number + 1 == page.rows.len() {
                        walked.next = None;
                    }
                    return Ok(walked);
                }
            }
            if !page.more || page.rows.is_empty() {
                walked.next = None;
                return Ok(walked);
            }
            if looked_at >= SEARCH_SCAN_MAX {
                walked.cut = walked.hits.is_empty();
                return Ok(walked);
            }
            query.after = page.rows.last().cloned();
        }
    }

    /// Of the instances that stand at these places, those that the actor sees.
    async fn sights(
        &self,
        places: &[SearchPlace],
        ties: &Ties,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<BTreeMap<InstanceId, Sight>> {
        let mut instances: BTreeSet<InstanceId> = places.iter().map(|place| place.instance).collect();
        if instances.len() >= TIES_ASKED_MIN && !ties.is_empty() {
            let definitions = ties.clone();
            instances = self.store.tied(&TiedQuery { instances, definitions }).await?;
        }
        self.sights_of(&instances.into_iter().collect::<Vec<_>>(), actor, now).await
    }

    /// Those of these that the actor sees.
    pub(crate) async fn seen_of(&self, ids: &[InstanceId], actor: &Actor, now: Timestamp) -> EngineResult<BTreeSet<InstanceId>> {
        Ok(self.sights_of(ids, actor, now).await?.into_keys().collect())
    }

    pub(super) async fn sights_of(
        &self,
        ids: &[InstanceId],
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<BTreeMap<InstanceId, Sight>> {
        let mut sights = BTreeMap::new();
        if ids.is_empty() {
            return Ok(sights);
        }
        let rows: Vec<InstanceRow> = self.store.load(ids).await?.into_iter().flatten().collect();
        for (row, restored) in rows.iter().zip(self.restore_all(&rows).await?) {
            if let Some(sight) = self.sight_of(row, restored, actor, now).await? {
                sights.insert(row.instance, sight);
            }
        }
        Ok(sights)
    }
}

/// Of those of these charts that have any.
pub(super) fn ties_of<'c>(charts: impl IntoIterator<Item = &'c Chart>, actor: &Actor) -> Ties {
    let charts = charts.into_iter();
    charts
        .filter_map(|chart| Some((chart.definition, ties(chart, actor)?)))
        .collect()
}

impl Sight {
    /// By what the instance is found, as far as the actor sees it.
    pub(super) fn found_by(&self) -> Vec<IndexedValue> {
        let (chart, snapshot) = (&self.instance.known.chart, &self.instance.snapshot);
        let mut pairs = index_of(chart, snapshot).unwrap_or_default();
        pairs.retain(|(field, _)| self.shows(field));
        pairs
    }

    /// Its values that fit, if the least of them stands at this place: so it is found once, however many do.
    pub(super) fn matched_at(&self, place: &SearchPlace, fits: impl Fn(&str, &str) -> bool) -> Option<Vec<IndexedValue>> {
        let mut matched = self.found_by();
        matched.retain(|(field, value)| fits(field, value));
        let least: Option<&Arc<str>> = matched.iter().map(|(_, value)| value).min();
        (least == Some(&place.value)).then_some(matched)
    }
}
