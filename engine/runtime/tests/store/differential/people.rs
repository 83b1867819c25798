//! What people are to do and what they are told, drawn.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_engine::store::{NoticePlace, OpenTaskQuery, ReadMark, Store, TaskPlace, TaskQuery, ThreadPart, Write};

use super::operation::{KEYS, LIMIT, Operation, WORKFLOWS};
use crate::random::Random;
use crate::shape::{id, name, names, notice, task};

pub const SUBJECTS: [&str; 5] = ["role:a", "role:b", "rôle:c", "user:x", "user:y"];
pub const PEOPLE: [&str; 4] = ["x", "y", "z", "x"];
const STATES: [&str; 3] = ["s", "s/t", "ü"];

/// What people are to do, and what they are told.
pub fn draw(random: &mut Random, key: &str, write: &mut Write, now_us: i64) {
    while random.percent(35) {
        let mut row = task(key, random.one_of(&STATES), &draw_subjects(random, 1));
        row.opened = write.next.sequence;
        row.opened_us = now_us / 50;
        row.workflow = write.next.workflow.clone();
        row.holder = random.percent(40).then(|| name(random.one_of(&PEOPLE)));
        row.priority = u8::try_from(random.below(3)).unwrap();
        row.due_us = random.percent(60).then_some(now_us / 100);
        row.body = format!("{now_us}");
        while random.percent(60) {
            let (field, value) = draw_field(random);
            write.task_fields.push((row.name.clone(), (name(field), name(value))));
        }
        write.tasks.push(row);
    }
    while random.percent(25) {
        write.tasks_gone.push(name(random.one_of(&STATES)));
    }
    let sequences: Vec<u64> = write.entries.iter().map(|entry| entry.sequence).collect();
    for (ordinal, sequence) in (0..).zip(sequences) {
        if random.percent(30) {
            let mut new = notice(sequence, ordinal, &draw_subjects(random, 0));
            new.at_us = now_us / 30;
            new.thread = random.percent(50);
            write.notices.push(new);
        }
    }
}

fn draw_field(random: &mut Random) -> (&'static str, &'static str) {
    (random.one_of(&["role", "holder", "ü"]), random.one_of(&PEOPLE))
}

/// Up to three conditions of up to two values.
pub fn draw_open_task_query(random: &mut Random) -> OpenTaskQuery {
    let mut conditions = Vec::new();
    while conditions.len() < 3 && random.percent(70) {
        let (field, value) = draw_field(random);
        let mut values = names(&[value]);
        if random.percent(50) {
            values.push(name(draw_field(random).1));
        }
        conditions.push((name(field), values));
    }
    OpenTaskQuery {
        conditions,
        limit: 1 + random.index(6),
    }
}

/// No two alike.
fn draw_subjects(random: &mut Random, least: usize) -> Vec<&'static str> {
    let mut subjects = SUBJECTS.to_vec();
    let how_many = least.max(random.index(SUBJECTS.len()));
    while subjects.len() > how_many {
        subjects.swap_remove(random.index(subjects.len()));
    }
    subjects
}

pub async fn find_tasks(store: &Arc<dyn Store>, query: &TaskQuery) -> String {
    let found = store.tasks(query).await;
    let of_some = store.tasks_of(&[id("c"), id("a"), id("c")]).await;
    let one = store.task(id("b"), "s/t").await;
    let held = store.held_by("x", Some((id("d"), name("s"))), LIMIT).await;
    let loads = store.loads(&names(&PEOPLE)).await;
    format!("{found:?} {of_some:?} {one:?} {held:?} {loads:?}")
}

/// After a task that is there, or after one that may have been.
pub async fn draw_task_query(random: &mut Random, reference: &Arc<dyn Store>) -> TaskQuery {
    let mut query = TaskQuery {
        subjects: names(&draw_subjects(random, 0)),
        holders: (0..random.index(3)).map(|_| name(random.one_of(&PEOPLE))).collect(),
        held_too: random.percent(40),
        workflow: random.percent(40).then(|| name(random.one_of(&WORKFLOWS))),
        after: None,
        limit: 1 + random.index(6),
    };
    if random.percent(20) {
        query.subjects.push(name("role:a"));
    }
    if random.percent(60) {
        let all: Vec<InstanceId> = KEYS.into_iter().map(id).collect();
        let open = reference.tasks_of(&all).await.unwrap();
        query.after = (!open.is_empty()).then(|| random.one_of(&open).place());
    }
    if random.percent(10) {
        query.after = Some(TaskPlace {
            priority: 1,
            due_us: None,
            opened_us: 3,
            instance: id("d"),
            name: name("s"),
        });
    }
    query
}

pub fn draw_notice_query(random: &mut Random, now_us: i64) -> Operation {
    let after = random.percent(60).then(|| NoticePlace {
        at_us: now_us / 60,
        instance: id(random.one_of(&KEYS)),
        sequence: random.below(9),
        ordinal: 0,
    });
    let in_thread = match random.percent(50) {
        true => ThreadPart::After(random.below(9), 0),
        false => ThreadPart::Before(random.below(9), 0),
    };
    Operation::FindNotices(names(&draw_subjects(random, 0)), after, in_thread)
}

/// Of a notice that is there or not: the store does not ask.
pub fn draw_read_mark(random: &mut Random, now_us: i64) -> ReadMark {
    let mut place = || NoticePlace {
        at_us: now_us / 60,
        instance: id(random.one_of(&KEYS)),
        sequence: random.below(4),
        ordinal: u32::from(random.percent(30)),
    };
    let each = [place(), place()];
    let up_to = place();
    ReadMark {
        person: name(random.one_of(&PEOPLE)),
        each: each.into_iter().take(random.below(3) as usize).collect(),
        up_to: random.percent(40).then_some(up_to),
        at_us: now_us,
    }
}
