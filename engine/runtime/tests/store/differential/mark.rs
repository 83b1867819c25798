//! Marks and what instances are found by, drawn.

use std::sync::Arc;

use statewright_engine::store::{
    FieldCondition, FindQuery, FoundBefore, FoundThen, MarkQuery, SearchLine, SearchPlace, SearchQuery, Store, Write,
};

use super::operation::{KEYS, WORKFLOWS};
use crate::random::Random;
use crate::shape::{id, mark, mark_back, name, names};

pub const MARKS: [&str; 2] = ["m", "m/n"];
const STATES: [&str; 3] = ["s", "s/t", "ü"];
const FIELDS: [&str; 3] = ["f", "g", "ü"];
pub const FIELD_VALUES: [&str; 3] = ["1", "\"2\"", ""];

/// Several of one entry, some of them taken back by the next.
pub fn draw(random: &mut Random, write: &mut Write, now_us: i64) {
    let sequences: Vec<u64> = write.entries.iter().map(|entry| entry.sequence).rev().collect();
    for sequence in sequences {
        let mut ordinal = 0;
        while random.percent(45) {
            let called = random.one_of(&MARKS);
            if random.percent(30) {
                write.marks_back.push(mark_back(sequence, ordinal, called));
            } else {
                let mut pairs = Vec::new();
                while random.percent(70) {
                    pairs.push((random.one_of(&FIELDS), random.one_of(&FIELD_VALUES)));
                }
                let mut new = mark(sequence, ordinal, called, &pairs);
                new.at_us = now_us / 40;
                write.marks.push(new);
            }
            ordinal += 1;
        }
    }
}

/// By what the instance is found from now on.
pub fn draw_index(random: &mut Random, write: &mut Write) {
    if random.percent(35) {
        let mut pairs = Vec::new();
        while random.percent(70) {
            pairs.push((name(random.one_of(&FIELDS)), name(random.one_of(&FIELD_VALUES))));
        }
        write.index = Some(pairs);
    }
    if random.percent(35) {
        write.states = Some(draw_states(random));
    }
}

fn draw_states(random: &mut Random) -> Vec<Arc<str>> {
    let states: Vec<&str> = STATES.into_iter().filter(|_| random.percent(40)).collect();
    names(&states)
}

/// Ranges of values, some of them empty or the wrong way round, some from the middle of another page.
pub fn draw_search_query(random: &mut Random) -> SearchQuery {
    let mut lines = Vec::new();
    while lines.len() < 6 && random.percent(75) {
        let from = random.one_of(&FIELD_VALUES);
        let to = match random.below(3) {
            0 => name(from),
            1 => name(&format!("{from}{}", char::MAX)),
            _ => name(random.one_of(&FIELD_VALUES)),
        };
        lines.push(SearchLine {
            workflow: name(random.one_of(&WORKFLOWS)),
            field: name(random.one_of(&["f", "g", "ü", ""])),
            from: name(from),
            to,
        });
    }
    let after = random.percent(40).then(|| SearchPlace {
        value: name(random.one_of(&FIELD_VALUES)),
        instance: id(random.one_of(&KEYS)),
    });
    SearchQuery {
        lines,
        after,
        limit: 1 + random.index(4),
    }
}

pub fn draw_find_query(random: &mut Random) -> FindQuery {
    FindQuery {
        workflow: name(random.one_of(&WORKFLOWS)),
        conditions: draw_conditions(random),
        states: draw_states(random),
        after: random.percent(40).then(|| id(random.one_of(&KEYS))),
        limit: 1 + random.index(4),
    }
}

/// What stands there now, or now and then did not.
pub async fn draw_found(random: &mut Random, reference: &Arc<dyn Store>) -> FoundBefore {
    let mut query = draw_find_query(random);
    query.after = None;
    let found = if random.percent(40) {
        let count = reference.count_found(&query).await.unwrap();
        FoundThen::Count(if random.percent(85) { count } else { count + 1 })
    } else {
        let mut rows = reference.find(&query).await.unwrap().rows;
        if random.percent(15) {
            rows.pop();
        }
        FoundThen::Rows(rows)
    };
    FoundBefore { query, found }
}

pub fn draw_query(random: &mut Random, now_us: i64) -> MarkQuery {
    let mut query = MarkQuery {
        until_us: random.percent(30).then(|| now_us / 40 - 2),
        name: name(random.one_of(&MARKS)),
        conditions: draw_conditions(random),
        instances: None,
        since_us: random.percent(30).then_some(now_us / 80),
        limit: 1 + random.index(6),
    };
    if random.percent(40) {
        let instances = KEYS.into_iter().filter(|_| random.percent(50));
        query.instances = Some(instances.chain(["a", "a"]).map(id).collect());
    }
    query
}

fn draw_conditions(random: &mut Random) -> Vec<FieldCondition> {
    let mut conditions = Vec::new();
    while random.percent(55) {
        let mut values = Vec::new();
        while random.percent(75) {
            values.push(name(random.one_of(&FIELD_VALUES)));
        }
        conditions.push((name(random.one_of(&FIELDS)), values));
    }
    conditions
}
