//! Whatever comes from outside keeps the promises of `statewright-promises`: seeds, findings, and what comes of mutating them.

mod mutation;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use statewright_promises::{TARGETS, Target};
use statewright_tests::random::Seed;
use statewright_tests::{environment, repository};

use mutation::Mutation;

/// Mutated inputs of each target: together a few seconds without optimisation.
const ROUNDS: u64 = 150;

/// The same in the long form.
const ROUNDS_LONG: u64 = 20_000;

/// Bytes of an input shown when it breaks a promise.
const SHOWN_BYTES_MAX: usize = 4_096;

#[test]
fn every_seed_and_every_finding_keeps_its_promise() {
    for target in TARGETS {
        for (name, bytes) in inputs(target) {
            hold(target, &name, &bytes);
        }
    }
}

#[test]
fn what_comes_of_mutating_them_keeps_it_too() {
    let seed = Seed::choose();
    let mut random = seed.random();
    let rounds = if environment::long() { ROUNDS_LONG } else { ROUNDS };
    for target in TARGETS {
        let known: Vec<Vec<u8>> = inputs(target).into_iter().map(|(_, bytes)| bytes).collect();
        let mutation = Mutation {
            known: &known,
            pieces: target.pieces,
        };
        for round in 0..rounds {
            hold(target, &format!("mutation {round}"), &mutation.of_any(&mut random));
        }
    }
}

#[test]
fn every_target_has_seeds_and_a_program_and_every_folder_a_target() {
    for target in TARGETS {
        assert!(!inputs(target).is_empty(), "{} has no seed", target.name);
        let program = folder("fuzz_targets").join(format!("{}.rs", target.name));
        assert!(program.is_file(), "{} has no program for the fuzzer", target.name);
    }
    for of in ["seeds", "findings"] {
        for name in names(&folder(of)) {
            let known = statewright_promises::target(&name).is_some();
            assert!(known, "fuzz/{of}/{name} belongs to no target");
        }
    }
}

#[track_caller]
fn hold(target: &Target, name: &str, bytes: &[u8]) {
    let held = catch_unwind(AssertUnwindSafe(|| (target.hold)(bytes)));
    let shown = bytes.get(..SHOWN_BYTES_MAX).unwrap_or(bytes).escape_ascii();
    assert!(held.is_ok(), "{} broke its promise for {name}: {shown}", target.name);
}

/// Seeds and findings, each with its path below `fuzz`.
fn inputs(target: &Target) -> Vec<(String, Vec<u8>)> {
    let mut inputs = Vec::new();
    for of in ["seeds", "findings"] {
        let folder = folder(of).join(target.name);
        for name in names(&folder) {
            let bytes = std::fs::read(folder.join(&name)).expect("an input can be read");
            inputs.push((format!("{of}/{}/{name}", target.name), bytes));
        }
    }
    inputs
}

fn folder(name: &str) -> std::path::PathBuf {
    repository::root().join("fuzz").join(name)
}

/// What stands in a folder, in order; nothing where there is none.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("the folder can be listed").file_name();
    let mut names: Vec<String> = entries.map(name).filter_map(|name| name.into_string().ok()).collect();
    names.sort();
    names
}
