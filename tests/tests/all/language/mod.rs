//! The language is held: for every key of its reference there is a scenario that fails when the key is gone or means something else.
//!
//! # Purpose
//! The samples in `tests/fixtures/language` are ordinary workflows with ordinary scenarios. Each key is taken out of them, in memory, and their
//! scenarios are run: one of them must fail. Where a key cannot be gone, another value is put in its place. What no scenario can see stands in
//! [`elsewhere`], with the test that holds it.

mod change;
mod elsewhere;
mod judge;
mod rewrite;
mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use statewright_core::lang::{LanguageKey, keys};

use self::judge::{Judgement, KeyName, judge};
use self::sample::{Outcome, samples, texts};
use crate::assert_none;

/// Constructs whose keys are, apart from their own, those of another one, read by the same code: the root is a state, a schema is a field.
const SAME: &[(&str, &str)] = &[
    ("a workflow", "a state"),
    ("a schema", "a field"),
    ("what is given to a simulation", "what is given"),
];

/// A key by its construct and its name; of a shared key the construct that it belongs to.
fn name_of(key: &LanguageKey) -> KeyName {
    static SHARED: std::sync::OnceLock<BTreeSet<(Arc<str>, &'static str)>> = std::sync::OnceLock::new();
    let all = SHARED.get_or_init(|| keys().iter().map(|key| (key.construct.clone(), key.name)).collect());
    let same = SAME.iter().find(|(construct, _)| **construct == *key.construct);
    let shared = same.map(|(_, owner)| (Arc::from(*owner), key.name));
    shared
        .filter(|name| all.contains(name))
        .unwrap_or((key.construct.clone(), key.name))
}

/// Every key that is built, with what the samples say of it.
fn judgements() -> BTreeMap<KeyName, Judgement> {
    let texts = texts();
    let samples = samples(&texts);
    let built: BTreeSet<KeyName> = keys().iter().map(|key| name_of(key)).collect();
    let built: Vec<KeyName> = built.into_iter().collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(key) = built.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let judgement = judge(key, &samples, &texts, elsewhere::promise(key));
                    found.lock().expect("nobody panics holding it").insert(key.clone(), judgement);
                }
            });
        }
    });
    found.into_inner().expect("nobody panics holding it")
}

#[test]
fn every_key_has_a_scenario_that_fails_when_it_breaks() {
    let judgements = judgements();
    let mut problems = Vec::new();
    for (key, judgement) in &judgements {
        problems.extend(elsewhere::problem(key, judgement));
    }
    problems.extend(elsewhere::strangers(&judgements.keys().cloned().collect()));
    assert_none(&problems);
}

#[test]
fn what_is_held_elsewhere_names_tests_that_speak_of_it() {
    assert_none(&elsewhere::unfounded());
}

#[test]
fn samples_written_anew_hold_as_before() {
    let texts = texts();
    let mut problems = Vec::new();
    for sample in samples(&texts) {
        for part in &sample.parts {
            let outcome = sample.with(&texts, part, &rewrite::Fates::new());
            if outcome != Outcome::Held {
                problems.push(format!("{}, with {} written anew: {outcome:?}", sample.main, part.path));
            }
        }
    }
    assert_none(&problems);
}
