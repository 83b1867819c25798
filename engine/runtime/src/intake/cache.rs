//! Snapshots kept in memory, the least recently used forgotten first.
//!
//! A kept snapshot may be out of date: what is stepped from it is fenced by its sequence, so that the commit finds out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use statewright_core::identity::InstanceId;

use crate::instances::Instance;

/// What an entry costs beside its snapshot's bytes (maps, sharing, the decoded form of an empty snapshot).
const ENTRY_OVERHEAD_BYTES: usize = 1_024;

/// A decoded snapshot takes about this many times its canonical bytes.
const DECODED_FACTOR: usize = 3;

pub struct SnapshotCache {
    inner: Mutex<Inner>,
    instances_max: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct Inner {
    entries: HashMap<InstanceId, Entry>,
    /// When it was used last → which: the first is the one to forget.
    order: BTreeMap<u64, InstanceId>,
    used: u64,
    bytes: usize,
}

struct Entry {
    instance: Instance,
    used: u64,
    bytes: usize,
}

impl SnapshotCache {
    pub fn new(instances_max: usize, bytes_max: usize) -> Self {
        SnapshotCache {
            inner: Mutex::default(),
            instances_max,
            bytes_max,
        }
    }

    /// What is kept of these, in their order.
    pub fn get(&self, ids: impl IntoIterator<Item = InstanceId>) -> Vec<Option<Instance>> {
        let mut inner = self.lock();
        ids.into_iter().map(|id| inner.get(id)).collect()
    }

    pub fn put(&self, instances: impl IntoIterator<Item = Instance>) {
        let mut inner = self.lock();
        for instance in instances {
            inner.put(instance);
        }
        while inner.entries.len() > self.instances_max || inner.bytes > self.bytes_max {
            let Some((_, oldest)) = inner.order.pop_first() else { break };
            inner.remove(oldest);
        }
    }

    pub fn forget(&self, ids: impl IntoIterator<Item = InstanceId>) {
        let mut inner = self.lock();
        for id in ids {
            inner.remove(id);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Inner {
    fn get(&mut self, id: InstanceId) -> Option<Instance> {
        self.used += 1;
        let used = self.used;
        let entry = self.entries.get_mut(&id)?;
        self.order.remove(&entry.used);
        entry.used = used;
        self.order.insert(used, id);
        Some(entry.instance.clone())
    }

    fn put(&mut self, instance: Instance) {
        let id = instance.snapshot.instance;
        self.remove(id);
        self.used += 1;
        let bytes = instance.bytes * DECODED_FACTOR + ENTRY_OVERHEAD_BYTES;
        self.bytes += bytes;
        self.order.insert(self.used, id);
        self.entries.insert(
            id,
            Entry {
                instance,
                used: self.used,
                bytes,
            },
        );
    }

    fn remove(&mut self, id: InstanceId) {
        if let Some(entry) = self.entries.remove(&id) {
            self.order.remove(&entry.used);
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use statewright_core::step::{Actor, system_chart, system_entry};
    use statewright_core::value::Value;

    use super::*;
    use crate::registry::Known;

    fn instance(name: &str, bytes: usize) -> Instance {
        let outcome =
            system_entry("system", None, &Value::Null, &Actor::engine(), Timestamp::UNIX_EPOCH).expect("an act is recorded");
        let mut snapshot = outcome.0.next;
        snapshot.instance = InstanceId::of(name, "");
        Instance {
            known: Arc::new(Known::of(system_chart())),
            snapshot: Arc::new(snapshot),
            bytes,
        }
    }

    fn kept(cache: &SnapshotCache, names: &str) -> String {
        let ids = names.chars().map(|name| InstanceId::of(&name.to_string(), ""));
        let kept = cache.get(ids);
        names
            .chars()
            .zip(kept)
            .filter_map(|(name, kept)| kept.map(|_| name))
            .collect()
    }

    #[test]
    fn the_least_recently_used_is_forgotten_first() {
        let cache = SnapshotCache::new(2, usize::MAX);
        cache.put([instance("a", 10), instance("b", 10)]);
        assert_eq!(kept(&cache, "a"), "a");
        cache.put([instance("c", 10)]);
        assert_eq!(kept(&cache, "abc"), "ac");
    }

    #[test]
    fn bytes_are_bounded_too_and_given_back() {
        let cache = SnapshotCache::new(100, 10 * ENTRY_OVERHEAD_BYTES);
        cache.put([instance("a", ENTRY_OVERHEAD_BYTES), instance("b", ENTRY_OVERHEAD_BYTES)]);
        assert_eq!(kept(&cache, "ab"), "ab");
        cache.put([instance("c", ENTRY_OVERHEAD_BYTES)]);
        assert_eq!(kept(&cache, "abc"), "bc");
        cache.forget([InstanceId::of("b", "")]);
        cache.put([instance("d", ENTRY_OVERHEAD_BYTES)]);
        assert_eq!(kept(&cache, "cd"), "cd");
        cache.put([instance("e", 1_000 * ENTRY_OVERHEAD_BYTES)]);
        assert_eq!(kept(&cache, "cde"), "");
    }
}
