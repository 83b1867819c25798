//! What the steps of one batch looked for, as their commit needs it: what is to be compared, and what is watched from now on.

use std::collections::BTreeSet;

use jiff::Timestamp;
use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::{BlindKey, Facts, Look, Snapshot, Stood};

use super::reads::find_query;
use crate::store::{FoundBefore, FoundThen, NewMessage, wake_body};

#[derive(Default)]
pub(super) struct Finds {
    /// What `exact` reads have found.
    exact: Vec<Look>,
    /// Their topics.
    pub topics_found: BTreeSet<InstanceId>,
    /// The topics of all reads.
    topics_looked_at: BTreeSet<InstanceId>,
}

impl Finds {
    /// What a step has looked for.
    pub fn see(&mut self, facts: &Facts) {
        for look in &facts.looked {
            let topics = look.request.topics();
            if look.request.exact && look.stood != Stood::Other {
                self.topics_found.extend(&topics);
                self.exact.push(look.clone());
            }
            self.topics_looked_at.extend(topics);
        }
    }

    /// What is compared in the commit: only what an `exact` read has found.
    pub fn found(&self, key: &BlindKey) -> Vec<FoundBefore> {
        self.exact.iter().filter_map(|look| found_before(look, key)).collect()
    }
}

fn found_before(look: &Look, key: &BlindKey) -> Option<FoundBefore> {
    let found = match &look.stood {
        Stood::Counted(count) => FoundThen::Count(*count),
        Stood::Instances(instances) => FoundThen::Rows(instances.clone()),
        Stood::Other => return None,
    };
    Some(FoundBefore {
        query: find_query(&look.request, key),
        found,
    })
}

/// Which watches of instances and topics begin and end.
pub(super) struct Watches {
    pub begun: Vec<InstanceId>,
    pub ended: Vec<InstanceId>,
    /// Those of the begun that are topics.
    pub topics: Vec<InstanceId>,
}

impl Watches {
    pub fn of(before: Option<&Snapshot>, next: &Snapshot, finds: &Finds) -> Self {
        let none = BTreeSet::new();
        let before = before.map_or(&none, |before| &before.subscriptions);
        let begun: Vec<InstanceId> = next.subscriptions.difference(before).copied().collect();
        let is_topic = |id: &&InstanceId| finds.topics_looked_at.contains(id);
        Watches {
            ended: before.difference(&next.subscriptions).copied().collect(),
            topics: begun.iter().filter(is_topic).copied().collect(),
            begun,
        }
    }

    /// What changed between the look and the beginning of the watch has woken nobody: so it looks once more, when it watches.
    pub fn look_again(next: &Snapshot, now: Timestamp) -> NewMessage {
        NewMessage {
            to: next.instance,
            key: InputKey::of(&["look again", &next.instance.to_string(), &next.sequence.to_string()]),
            body: wake_body(next.instance),
            due_us: now.as_microsecond(),
        }
    }
}
