//! One batch: the parcels it took, grouped by instance, loaded, stepped and written.

use std::collections::HashMap;

use jiff::Timestamp;
use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::{BlindKey, Needs};
use statewright_core::trail::EntryText;

use super::cache::SnapshotCache;
use super::changes::Lease;
use super::group::{Group, Source};
use super::reads::Reader;
use super::request::{Parcel, Request};
use crate::error::{EngineError, EngineResult};
use crate::instances::{Instance, Instances, Personal};
use crate::store::{Store, TrailRow, Write};

pub(super) struct Batch {
    /// In the order in which their first parcels came.
    #[allow(clippy::vec_box)] // each is large and moves from hand to hand: by its box and not by its bytes
    pub groups: Vec<Box<Group>>,
}

impl Batch {
    pub fn of(parcels: Vec<Parcel>) -> Self {
        let mut places: HashMap<InstanceId, usize> = HashMap::with_capacity(parcels.len());
        let mut groups: Vec<Box<Group>> = Vec::with_capacity(parcels.len());
        for parcel in parcels {
            match places.get(&parcel.instance) {
                Some(place) => groups[*place].join(parcel),
                None => {
                    places.insert(parcel.instance, groups.len());
                    groups.push(Box::new(Group::of(parcel)));
                }
            }
        }
        Batch { groups }
    }

    /// Finds each group's snapshot: in memory, or in the store with one query for all that are missing.
    pub async fn load(&mut self, cache: &SnapshotCache, instances: &Instances) -> EngineResult<()> {
        let kept = cache.get(self.groups.iter().map(|group| group.instance));
        let mut missing = Vec::new();
        for (place, kept) in kept.into_iter().enumerate() {
            match kept {
                Some(kept) if !self.groups[place].fresh => self.groups[place].begin(Some(kept), Source::Kept),
                None if self.groups[place].is_to_begin() => self.groups[place].begin(None, Source::Assumed),
                _ => missing.push(place),
            }
        }
        let ids: Vec<InstanceId> = missing.iter().map(|place| self.groups[*place].instance).collect();
        let loaded = instances.load(&ids, Personal::With).await?;
        for (place, loaded) in missing.into_iter().zip(loaded) {
            match loaded {
                Ok(instance) => self.groups[place].begin(instance, Source::Loaded),
                Err(error) => self.groups[place].fail(&error),
            }
        }
        Ok(())
    }

    /// Finds those that were committed although the database did not say so: by now, or since the last look.
    pub async fn find_tried(&mut self, store: &dyn Store) -> EngineResult<()> {
        for group in self.groups.iter_mut().filter(|group| group.stumbles > 0) {
            let instance = group.instance;
            let tried = |request: &&mut Request| request.is_unnamed() && request.found.repeated.is_none();
            let mut damaged = None;
            for request in group.requests.iter_mut().filter(tried) {
                let (Some(first), Some(key)) = (request.found.tried, request.input.key) else {
                    continue;
                };
                match find_entry(store, instance, first, key).await {
                    Ok(found) => request.found.repeated = found,
                    Err(error @ EngineError::Damaged(_)) => damaged = Some(error),
                    Err(error) => return Err(error),
                }
            }
            if let Some(error) = damaged {
                group.fail(&error);
            }
        }
        Ok(())
    }

    /// Steps every group to its end. What the steps of one round need is looked up together.
    pub async fn step(&mut self, cache: &SnapshotCache, reader: &Reader, now: Timestamp) -> EngineResult<()> {
        loop {
            let asking: Vec<(usize, Needs)> = (0..self.groups.len())
                .filter_map(|place| self.groups[place].advance(now).map(|needs| (place, needs)))
                .collect();
            if asking.is_empty() {
                return Ok(());
            }
            // A start that is refused leaves nothing whose commit could compare what it saw.
            let all_begun = asking.iter().all(|(place, _)| self.groups[*place].snapshot().is_some());
            let needs = asking.iter().map(|(_, needs)| needs);
            let subjects = reader.subjects(needs, all_begun.then_some(cache)).await?;
            for (place, needs) in asking {
                let group = &mut self.groups[place];
                let Some(known) = group.asking().cloned() else { continue };
                let mut facts = std::mem::take(group.facts_mut());
                match reader.fill(&mut facts, &needs, &known.chart, group.snapshot(), &subjects, now) {
                    Ok(()) => *group.facts_mut() = facts,
                    Err(error) => group.fail_one(error),
                }
            }
        }
    }

    /// The writes, and the place of each one's group. A group that has nothing to write has none.
    pub fn writes(&mut self, lease: &Lease, key: &BlindKey, now: Timestamp) -> (Vec<usize>, Vec<Write>) {
        let mut places = Vec::with_capacity(self.groups.len());
        let mut writes = Vec::with_capacity(self.groups.len());
        for (place, group) in self.groups.iter_mut().enumerate() {
            if let Some(write) = group.write(lease, key, now) {
                places.push(place);
                writes.push(write);
            }
        }
        (places, writes)
    }

    pub fn instances(&self) -> impl Iterator<Item = InstanceId> + '_ {
        self.groups.iter().map(|group| group.instance)
    }
}

/// Entries that are looked at together for an input that may be there.
const TRIED_PAGE: usize = 64;

/// The entry that the input of this key left at this sequence or after it.
async fn find_entry(store: &dyn Store, instance: InstanceId, first: u64, key: InputKey) -> EngineResult<Option<TrailRow>> {
    let mut after = first.saturating_sub(1);
    loop {
        let page = store.trail(instance, after, TRIED_PAGE).await?;
        let Some(last) = page.last().map(|row| row.sequence) else {
            return Ok(None);
        };
        if let Some(found) = page.into_iter().find(|row| key_of(row) == Some(key)) {
            return Ok(Some(found));
        }
        after = last;
    }
}

/// The key that an entry says its input has.
fn key_of(row: &TrailRow) -> Option<InputKey> {
    let entry = EntryText::read(&row.bytes).ok()?;
    entry.input()?.get("key")?.as_text()?.parse().ok()
}

impl Group {
    fn write(&mut self, lease: &Lease, key: &BlindKey, now: Timestamp) -> Option<Write> {
        let changes = std::mem::take(&mut self.changes);
        let before = self.before.as_ref().map(|instance| &*instance.snapshot);
        let chart = &self.known.as_ref()?.chart;
        changes.into_write(chart, before, self.snapshot()?, lease, key, now)
    }

    /// What is kept in memory after the write was committed.
    pub(super) fn kept_after(&mut self, bytes: usize) -> Option<Instance> {
        let known = self.known.clone()?;
        match self.current.take() {
            Some(snapshot) => Some(Instance {
                known,
                snapshot: snapshot.into(),
                bytes,
            }),
            None => self.before.clone(),
        }
    }
}
