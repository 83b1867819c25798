//! What may be asked of a store, drawn so that about half of it succeeds.

use std::sync::Arc;

use statewright_core::identity::{Digest, InstanceId};
use statewright_engine::store::{
    Definition, EffectEnd, EffectResult, FindQuery, HistoryPlace, HistoryQuery, Incident, IncidentKind, ListQuery, MarkQuery,
    NewToken, NoticePlace, OpenTaskQuery, ReadMark, Repair, SearchQuery, Store, StoredCalendar, StoredDocument, StoredTable,
    TaskQuery, ThreadPart, Write,
};

use super::{mark, people};
use crate::random::Random;
use crate::shape::{all_history, claim, effect, entry, id, input, message, moment, name, topic, touch};

pub const KEYS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
const TIMERS: [&str; 3] = ["t", "u", "v"];
const EFFECTS: [&str; 3] = ["m", "n", "o"];
pub const VALUES: [&str; 4] = ["1", "2", "3", "4"];
pub const WORKFLOWS: [&str; 3] = ["order", "lens", "ördér"];
const TOKENS: [&str; 4] = ["w", "x", "y", "z"];
pub const DOCUMENT_KINDS: [&str; 2] = ["view", "portal"];
pub const LIMIT: usize = 5;

/// What was drawn before.
#[derive(Default)]
pub struct Known {
    effects: Vec<(InstanceId, Arc<str>)>,
    /// The latest message that could be seen: nobody names one that is only being written.
    last_message: i64,
}

#[derive(Debug)]
pub enum Operation {
    Commit(Vec<Write>),
    Lease { now_us: i64, until_us: i64 },
    Extend(Vec<(InstanceId, Arc<str>, u64)>, i64),
    End(Vec<EffectResult>),
    Raise(Incident),
    Settle(InstanceId, IncidentKind, String, Repair, Box<Write>),
    Bounce(InstanceId, i64),
    Deploy(Definition, Box<Write>),
    DeployCalendar(StoredCalendar, Box<Write>),
    DeployTable(StoredTable, Box<Write>),
    DeployDocument(StoredDocument, Box<Write>),
    AddToken(NewToken, Box<Write>),
    RevokeToken(&'static str, i64, Box<Write>),
    Draw(&'static str),
    Read(i64, ListQuery),
    Find(FindQuery),
    Search(SearchQuery),
    FindMarks(MarkQuery),
    FindTasks(TaskQuery, OpenTaskQuery),
    FindNotices(Vec<Arc<str>>, Option<NoticePlace>, ThreadPart),
    MarkRead(ReadMark),
}

impl Operation {
    pub async fn draw(random: &mut Random, known: &mut Known, reference: &Arc<dyn Store>, now_us: i64) -> Operation {
        let ready = reference.ready_messages(i64::MAX, i64::MAX, usize::MAX).await.unwrap();
        known.last_message = ready.last().map_or(known.last_message, |row| row.id.max(known.last_message));
        match random.below(100) {
            0..60 => Operation::Commit(draw_batch(random, known, reference, now_us).await),
            65 => Operation::MarkRead(people::draw_read_mark(random, now_us)),
            60..65 => Operation::Lease {
                now_us,
                until_us: now_us + 50,
            },
            66 => Operation::DeployTable(
                draw_table(random, now_us),
                Box::new(draw_act(random, reference, now_us).await),
            ),
            67 => Operation::DeployDocument(
                draw_document(random, now_us),
                Box::new(draw_act(random, reference, now_us).await),
            ),
            68..74 => Operation::End(draw_ends(random, known, now_us)),
            74..77 => {
                let (instance, key) = draw_effect(random, known);
                Operation::Extend(vec![(instance, key, 1 + random.below(2))], now_us + 100)
            }
            77..82 => Operation::Raise(draw_incident(random, known, reference, now_us).await),
            82..86 => draw_settlement(random, reference, now_us).await,
            87..89 => Operation::Bounce(id(random.one_of(&KEYS)), draw_message(random, known)),
            89..91 => Operation::Deploy(
                draw_definition(random, now_us),
                Box::new(draw_act(random, reference, now_us).await),
            ),
            91 => Operation::AddToken(
                draw_token(random, now_us),
                Box::new(draw_act(random, reference, now_us).await),
            ),
            92 => {
                let act = Box::new(draw_act(random, reference, now_us).await);
                Operation::RevokeToken(random.one_of(&TOKENS), now_us, act)
            }
            94 => Operation::Search(mark::draw_search_query(random)),
            93 => Operation::DeployCalendar(
                draw_calendar(random, now_us),
                Box::new(draw_act(random, reference, now_us).await),
            ),
            86 => Operation::Find(mark::draw_find_query(random)),
            98 => Operation::Draw(random.one_of(&KEYS)),
            95 => Operation::FindMarks(mark::draw_query(random, now_us)),
            96..98 => {
                let queue = people::draw_task_query(random, reference).await;
                Operation::FindTasks(queue, people::draw_open_task_query(random))
            }
            99 if random.percent(60) => people::draw_notice_query(random, now_us),
            _ => Operation::Read(now_us, draw_query(random)),
        }
    }

    /// What it answers, errors included, in words.
    pub async fn perform(&self, store: &Arc<dyn Store>) -> String {
        match self {
            Operation::Commit(writes) => format!("{:?}", store.commit(writes).await),
            Operation::Lease { now_us, until_us } => {
                format!("{:?}", store.lease_effects("node", *now_us, *until_us, LIMIT).await)
            }
            Operation::Extend(leases, until_us) => {
                let extended = store.extend_leases(leases, *until_us).await;
                let mut counted = Vec::with_capacity(leases.len());
                for (instance, key, epoch) in leases {
                    counted.push(store.count_attempt(*instance, key, *epoch).await);
                }
                format!("{extended:?} {counted:?}")
            }
            Operation::End(results) => format!("{:?}", store.end_attempts(results).await),
            Operation::Raise(incident) => format!("{:?}", store.raise_incident(incident).await),
            Operation::Settle(instance, kind, name, repair, act) => {
                format!("{:?}", store.settle_incident(*instance, *kind, name, repair, act).await)
            }
            Operation::Bounce(to, message_id) => {
                let answer = message("a", "bounced", 7);
                format!("{:?}", store.bounce(*to, *message_id, Some(&answer)).await)
            }
            Operation::Deploy(definition, act) => format!("{:?}", store.deploy(definition, act).await),
            Operation::DeployCalendar(calendar, act) => format!("{:?}", store.deploy_calendar(calendar, act).await),
            Operation::DeployDocument(document, act) => format!("{:?}", store.deploy_document(document, "ann", act).await),
            Operation::DeployTable(table, act) => format!("{:?}", store.deploy_table(table, "ann", act).await),
            Operation::AddToken(token, act) => format!("{:?}", store.add_token(token, act).await),
            Operation::RevokeToken(token, now_us, act) => format!("{:?}", store.revoke_token(token, *now_us, act).await),
            Operation::Draw(workflow) => format!("{:?}", store.draw_number(workflow).await),
            Operation::Find(query) => {
                format!("{:?} {:?}", store.find(query).await, store.count_found(query).await)
            }
            Operation::Search(query) => format!("{:?}", store.search(query).await),
            Operation::FindMarks(query) => {
                format!("{:?} {:?}", store.marks(query).await, store.count_marks(query).await)
            }
            Operation::FindTasks(queue, query) => {
                let queued = people::find_tasks(store, queue).await;
                let count = store.count_open_tasks(query).await;
                format!("{queued} {:?} {count:?}", store.open_tasks(query).await)
            }
            Operation::FindNotices(subjects, after, in_thread) => {
                let found = store.notices(subjects, *after, LIMIT).await;
                format!("{found:?} {:?}", store.inboxes().thread(id("a"), *in_thread, LIMIT).await)
            }
            Operation::MarkRead(mark) => format!("{:?}", store.inboxes().mark_read(mark).await),
            Operation::Read(now_us, query) => read(store, *now_us, query).await,
        }
    }
}

async fn read(store: &Arc<dyn Store>, now_us: i64, query: &ListQuery) -> String {
    let list = store.list(query).await;
    let ready = store.ready_messages(now_us, now_us - 20, LIMIT).await;
    let own = store.messages_of(&[id("a"), id("b"), id("a")], now_us, LIMIT).await;
    let due = store.due_timers(now_us, LIMIT).await;
    let one = store.message(id("c"), 3).await;
    // entries of one moment are many: the step's number makes it
    let history = HistoryQuery {
        before: HistoryPlace {
            at_us: moment(3),
            instance: id("c"),
            sequence: 3,
        },
        from_us: moment(2),
        ..all_history(LIMIT)
    };
    let of_one = HistoryQuery {
        instance: Some(id("a")),
        ..history.clone()
    };
    let history = (store.history(&history).await, store.history(&of_one).await);
    format!("{list:?} {ready:?} {own:?} {due:?} {one:?} {history:?}")
}

async fn draw_batch(random: &mut Random, known: &mut Known, reference: &Arc<dyn Store>, now_us: i64) -> Vec<Write> {
    let mut keys = KEYS.to_vec();
    let mut writes = Vec::new();
    for _ in 0..=random.below(4) {
        let key = keys.swap_remove(random.index(keys.len()));
        writes.push(draw_write(random, known, reference, key, now_us).await);
    }
    writes
}

async fn sequence_of(reference: &Arc<dyn Store>, instance: InstanceId) -> u64 {
    let found = reference.load(&[instance]).await.unwrap().remove(0);
    found.map_or(0, |row| row.sequence)
}

/// An entry of the system's trail, now and then one that lost its race.
async fn draw_act(random: &mut Random, reference: &Arc<dyn Store>, now_us: i64) -> Write {
    let current = sequence_of(reference, id("system")).await;
    let expected = if random.percent(15) { current + 1 } else { current };
    let mut act = touch("system", expected + 1);
    act.expected = expected;
    act.at_us = now_us;
    act.entries.push(entry("system", expected + 1));
    if random.percent(10) && current > 0 {
        act.entries[0].input_key = Some(input("system", 1));
    }
    act
}

async fn draw_write(random: &mut Random, known: &mut Known, reference: &Arc<dyn Store>, key: &str, now_us: i64) -> Write {
    let current = sequence_of(reference, id(key)).await;
    let expected = if random.percent(12) {
        random.below(current + 3)
    } else {
        current
    };
    let steps = match random.below(10) {
        0 if expected > 0 => 0,
        1 => 2 + random.below(2),
        _ => 1,
    };
    let mut write = touch(key, expected + steps);
    write.expected = expected;
    write.at_us = now_us;
    write.next.done = random.percent(20);
    write.next.started_at_us = now_us / 100;
    write.next.workflow = name(random.one_of(&WORKFLOWS));
    for sequence in expected + 1..=expected + steps {
        let mut new = entry(key, sequence);
        new.input_key = random
            .percent(80)
            .then(|| input(key, if random.percent(90) { sequence } else { random.below(6) }));
        write.entries.push(new);
    }
    draw_own_parts(random, known, &mut write, now_us);
    people::draw(random, key, &mut write, now_us);
    mark::draw(random, &mut write, now_us);
    mark::draw_index(random, &mut write);
    draw_taken(random, known, reference, &mut write).await;
    draw_ties(random, reference, &mut write).await;
    write
}

fn draw_own_parts(random: &mut Random, known: &mut Known, write: &mut Write, now_us: i64) {
    let due_us = |random: &mut Random| now_us + i64::try_from(random.below(60)).unwrap() - 10;
    let instance = write.instance;
    while random.percent(25) {
        write.timers_armed.push((name(random.one_of(&TIMERS)), due_us(random)));
    }
    while random.percent(20) {
        write.timers_gone.push(name(random.one_of(&TIMERS)));
    }
    while random.percent(30) {
        let due_us = if random.percent(70) { now_us } else { due_us(random) };
        write
            .messages
            .push(message(random.one_of(&KEYS), &format!("{instance}/{now_us}"), due_us));
    }
    while random.percent(30) {
        write.messages_deferred.push(draw_message(random, known));
    }
    write.resumed = random.percent(10);
    while random.percent(25) {
        let new = effect(&effect_of(random.one_of(&EFFECTS), now_us), due_us(random));
        known.effects.push((instance, new.key.clone()));
        write.effects.push(new);
    }
    while random.percent(15) {
        write.effects_abandoned.push(draw_effect(random, known).1);
    }
    write.erase = random.percent(5);
    while random.percent(20) {
        let value = format!("\"{instance}/{}\"", random.below(4));
        write.personal.push((Digest::of(value.as_bytes()), value));
    }
    write.lease = random.percent(40).then(|| (name("node"), now_us + 40));
}

/// What ties the instance to others.
async fn draw_ties(random: &mut Random, reference: &Arc<dyn Store>, write: &mut Write) {
    while random.percent(15) {
        write.claims_held.push(claim("tray", random.one_of(&VALUES)));
    }
    while random.percent(20) {
        write.claims_released.push(claim("tray", random.one_of(&VALUES)));
    }
    while random.percent(12) {
        let other = id(random.one_of(&KEYS));
        let seen = sequence_of(reference, other).await;
        write.reads.push((other, if random.percent(90) { seen } else { seen + 1 }));
    }
    while random.percent(10) {
        write.watched.push(id(random.one_of(&KEYS)));
    }
    while random.percent(12) {
        write.topics.push(topic(random.one_of(&VALUES)));
    }
    while random.percent(10) {
        let watched = topic(random.one_of(&VALUES));
        write.watched.push(watched);
        write.settled.push(watched);
    }
    while random.percent(6) {
        write.unwatched.push(topic(random.one_of(&VALUES)));
    }
    while random.percent(12) {
        write.found.push(mark::draw_found(random, reference).await);
        write.settled.push(topic(random.one_of(&VALUES)));
    }
    while random.percent(8) {
        write.unwatched.push(id(random.one_of(&KEYS)));
    }
}

/// As in a workflow, a later step's effect never has an earlier one's key.
fn effect_of(effect: &str, now_us: i64) -> String {
    format!("{effect}/{now_us}")
}

/// One of the latest effects, or one that never was.
fn draw_effect(random: &mut Random, known: &Known) -> (InstanceId, Arc<str>) {
    let latest = &known.effects[known.effects.len().saturating_sub(12)..];
    if latest.is_empty() || random.percent(5) {
        return (id("a"), name("never"));
    }
    random.one_of(latest)
}

/// Mostly such as are there: one that is not refuses the whole write.
async fn draw_taken(random: &mut Random, known: &Known, reference: &Arc<dyn Store>, write: &mut Write) {
    let waiting = reference.messages_of(&[write.instance], i64::MAX, 40).await.unwrap();
    while random.percent(30) {
        if random.percent(8) {
            write.messages_taken.push(draw_message(random, known));
        } else if let Some(row) = waiting.get(usize::try_from(random.below(waiting.len().max(1) as u64)).unwrap()) {
            write.messages_taken.push(row.id);
        }
    }
}

fn draw_message(random: &mut Random, known: &Known) -> i64 {
    known.last_message - i64::try_from(random.below(40)).unwrap()
}

fn draw_ends(random: &mut Random, known: &Known, now_us: i64) -> Vec<EffectResult> {
    let mut results: Vec<EffectResult> = Vec::new();
    for _ in 0..=random.below(4) {
        let (instance, key) = draw_effect(random, known);
        if results.iter().any(|result| result.instance == instance && result.key == key) {
            continue;
        }
        let error = "failed".to_owned();
        let end = match random.below(4) {
            0 => EffectEnd::Answered(message(random.one_of(&KEYS), "done", now_us + 3)),
            1 => EffectEnd::Postponed {
                due_us: now_us + 20,
                error,
            },
            2 => EffectEnd::Incident { error },
            _ => EffectEnd::Dropped,
        };
        results.push(EffectResult {
            instance,
            key,
            epoch: 1 + random.below(2),
            attempts: 1,
            at_us: now_us,
            end,
        });
    }
    results
}

async fn draw_incident(random: &mut Random, known: &Known, reference: &Arc<dyn Store>, now_us: i64) -> Incident {
    let waiting = reference.ready_messages(i64::MAX, i64::MAX, 1).await.unwrap();
    let (instance, kind, name) = match (random.below(3), waiting.first()) {
        (0, _) => (id(random.one_of(&KEYS)), IncidentKind::Timer, name(random.one_of(&TIMERS))),
        (1, Some(row)) => (row.to, IncidentKind::Message, row.id.to_string().into()),
        (1, None) => (id("a"), IncidentKind::Message, name("no number")),
        _ => {
            let (instance, key) = draw_effect(random, known);
            (instance, IncidentKind::Effect, key)
        }
    };
    Incident {
        instance,
        kind,
        name,
        error: "cannot be".into(),
        attempts: 2,
        since_us: now_us,
    }
}

async fn draw_settlement(random: &mut Random, reference: &Arc<dyn Store>, now_us: i64) -> Operation {
    let incidents = reference.incidents(10).await.unwrap();
    let act = Box::new(draw_act(random, reference, now_us).await);
    let repair = if random.percent(50) {
        Repair::Retry { at_us: now_us }
    } else {
        let answer = random.percent(50).then(|| message("b", "settled", now_us));
        Repair::Settle { answer }
    };
    if incidents.is_empty() {
        return Operation::Settle(id("a"), IncidentKind::Timer, "t".into(), repair, act);
    }
    let found = random.one_of(&incidents);
    Operation::Settle(found.instance, found.kind, found.name.to_string(), repair, act)
}

fn draw_definition(random: &mut Random, now_us: i64) -> Definition {
    let source = format!("source {}", random.below(3));
    Definition {
        hash: Digest::of(source.as_bytes()),
        workflow: name("order"),
        source,
        deployed_at_us: now_us,
        tables: match random.percent(50) {
            true => vec![name("prices")],
            false => Vec::new(),
        },
    }
}

fn draw_table(random: &mut Random, now_us: i64) -> StoredTable {
    let source = format!("source {}", random.below(3));
    StoredTable {
        version: Digest::of(source.as_bytes()),
        name: name("prices"),
        source,
        deployed_at_us: now_us,
    }
}

fn draw_document(random: &mut Random, now_us: i64) -> StoredDocument {
    let kind = random.one_of(&DOCUMENT_KINDS);
    let source = format!("{kind} {}", random.below(3));
    StoredDocument {
        version: Digest::of(source.as_bytes()),
        kind: name(kind),
        name: name("orders"),
        source,
        deployed_at_us: now_us,
    }
}

fn draw_calendar(random: &mut Random, now_us: i64) -> StoredCalendar {
    let source = format!("source {}", random.below(3));
    StoredCalendar {
        version: Digest::of(source.as_bytes()),
        name: name("lab"),
        source,
        deployed_at_us: now_us,
    }
}

fn draw_token(random: &mut Random, now_us: i64) -> NewToken {
    let token = random.one_of(&TOKENS);
    NewToken {
        id: token.into(),
        hash: Digest::of(token.as_bytes()),
        principal: "{}".into(),
        created_at_us: now_us,
        expires_at_us: None,
    }
}

fn draw_query(random: &mut Random) -> ListQuery {
    ListQuery {
        workflow: random.percent(50).then(|| name("order")),
        done: random.percent(50).then(|| random.percent(50)),
        after: random.percent(50).then(|| (5, id(random.one_of(&KEYS)))),
        limit: 3,
    }
}
