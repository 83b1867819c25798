//! What a store holds, as far as it can be asked.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_engine::store::{FindQuery, ListQuery, MarkQuery, NoticePlace, Store, TaskQuery, ThreadPart, TiedQuery};

use super::mark::{FIELD_VALUES, MARKS};
use super::operation::{DOCUMENT_KINDS, KEYS, VALUES, WORKFLOWS};
use super::people::{PEOPLE, SUBJECTS};
use crate::shape::{all_history, claim, id, name, names, step, touch};

const ALL: usize = 10_000;

/// What can be read without changing anything.
pub async fn visible(store: &Arc<dyn Store>, now_us: i64) -> Vec<String> {
    let mut seen = Vec::new();
    for instance in instances() {
        seen.push(format!("load: {:?}", store.load(&[instance]).await.unwrap()));
        seen.push(format!("trail: {:?}", store.trail(instance, 0, ALL).await.unwrap()));
        seen.push(format!(
            "thread: {:?}",
            store.inboxes().thread(instance, ThreadPart::OLDEST, ALL).await.unwrap()
        ));
        seen.push(format!("personal: {:?}", store.personal(instance).await.unwrap()));
        seen.push(format!(
            "messages_of: {:?}",
            store.messages_of(&[instance], now_us, ALL).await.unwrap()
        ));
    }
    seen.push(format!(
        "instances_after: {:?}",
        store.instances_after(None, ALL).await.unwrap()
    ));
    let query = ListQuery {
        limit: ALL,
        ..ListQuery::default()
    };
    seen.push(format!("list: {:?}", store.list(&query).await.unwrap()));
    seen.push(format!("due_timers: {:?}", store.due_timers(i64::MAX, ALL).await.unwrap()));
    seen.push(format!("next_due: {:?}", store.next_due().await.unwrap()));
    for moment_us in [now_us, i64::MAX] {
        seen.push(format!("backlog: {:?}", store.operations().backlog(moment_us).await.unwrap()));
    }
    seen.push(format!(
        "ready_messages: {:?}",
        store.ready_messages(i64::MAX, i64::MAX, ALL).await.unwrap()
    ));
    seen.push(format!("history: {:?}", store.history(&all_history(ALL)).await.unwrap()));
    seen.push(format!("incidents: {:?}", store.incidents(ALL).await.unwrap()));
    seen.push(format!("live_definitions: {:?}", store.live_definitions().await.unwrap()));
    seen.push(format!("live_hashes: {:?}", store.live_hashes().await.unwrap()));
    let instances: Vec<InstanceId> = instances().collect();
    seen.push(format!("tasks_of: {:?}", store.tasks_of(&instances).await.unwrap()));
    for value in FIELD_VALUES {
        let pairs = [(name("f"), name(value)), (name("g"), name(value))].into();
        let tied = TiedQuery {
            instances: instances.iter().copied().collect(),
            definitions: [(Digest::of(b"definition"), pairs)].into(),
        };
        seen.push(format!("tied: {:?}", store.tied(&tied).await.unwrap()));
    }
    let query = TaskQuery {
        subjects: names(&SUBJECTS),
        held_too: true,
        limit: ALL,
        ..TaskQuery::default()
    };
    seen.push(format!("tasks: {:?}", store.tasks(&query).await.unwrap()));
    seen.push(format!("loads: {:?}", store.loads(&names(&PEOPLE)).await.unwrap()));
    seen.push(format!(
        "notices: {:?}",
        store.notices(&names(&SUBJECTS), None, ALL).await.unwrap()
    ));
    for person in PEOPLE {
        let read = store.inboxes().read_by(person, &places()).await.unwrap();
        seen.push(format!("read_by: {read:?}"));
    }
    seen.push(format!(
        "readers: {:?}",
        store.inboxes().readers(&places(), ALL).await.unwrap()
    ));
    seen.push(format!("live_calendars: {:?}", store.live_calendars().await.unwrap()));
    seen.push(format!("live_tables: {:?}", store.live_tables().await.unwrap()));
    seen.push(format!(
        "table: {:?} {:?}",
        store.table_history("prices", u64::MAX, ALL).await.unwrap(),
        store.table_uses("prices").await.unwrap()
    ));
    for kind in DOCUMENT_KINDS {
        seen.push(format!(
            "documents: {:?} {:?}",
            store.live_documents(kind).await.unwrap(),
            store.document_history(kind, "orders", u64::MAX, ALL).await.unwrap()
        ));
    }
    for workflow in WORKFLOWS {
        let query = FindQuery {
            workflow: name(workflow),
            limit: ALL,
            ..FindQuery::default()
        };
        seen.push(format!("find: {:?}", store.find(&query).await.unwrap()));
    }
    for mark in MARKS {
        let query = MarkQuery {
            name: name(mark),
            limit: ALL,
            ..MarkQuery::default()
        };
        seen.push(format!("marks: {:?}", store.marks(&query).await.unwrap()));
        seen.push(format!("count_marks: {:?}", store.count_marks(&query).await.unwrap()));
    }
    seen.push(format!("tokens: {:?}", store.tokens().await.unwrap()));
    seen
}

/// And what shows only by what it does: deferred messages, claims, watches, leases.
pub async fn everything(store: &Arc<dyn Store>) -> Vec<String> {
    let mut seen = visible(store, i64::MAX).await;
    for key in KEYS {
        let sequence = store.load(&[id(key)]).await.unwrap().remove(0).map_or(0, |row| row.sequence);
        if sequence > 0 {
            let mut resume = touch(key, sequence);
            resume.resumed = true;
            seen.push(format!("commit: {:?}", store.commit(&[resume]).await.unwrap()));
        }
        let mut change = step(key, sequence);
        change.entries[0].input_key = None;
        seen.push(format!("commit: {:?}", store.commit(&[change]).await.unwrap()));
    }
    for value in VALUES {
        let mut holder = step(&format!("holder of {value}"), 0);
        holder.claims_held.push(claim("tray", value));
        seen.push(format!("commit: {:?}", store.commit(&[holder]).await.unwrap()));
    }
    seen.push(format!(
        "{:?}",
        store.lease_effects("node", i64::MAX - 1, i64::MAX, ALL).await.unwrap()
    ));
    seen.extend(visible(store, i64::MAX).await);
    seen
}

fn instances() -> impl Iterator<Item = InstanceId> {
    KEYS.into_iter().chain(["system"]).map(id)
}

/// Where notices may stand.
fn places() -> Vec<NoticePlace> {
    let of_one = |instance| {
        let numbers = (0..4).flat_map(|sequence| [(sequence, 0), (sequence, 1)]);
        numbers.map(move |(sequence, ordinal)| NoticePlace {
            at_us: 0,
            instance,
            sequence,
            ordinal,
        })
    };
    instances().flat_map(of_one).collect()
}
