//! What is told of a simulation that cannot be run.

use super::*;

const WEEK: &str = "simulation: s
of: [desk, other]
given: {clock: 2026-03-02 08:00, people: {ann: [clerk]}}
arrivals:
  a: {start: desk, every: 10m, hours: office-hours, as: ann}
durations: {desk/counter: 5m, asked: 1h, bell.ring: 1s}
choices: {asked: {ANSWER: {weight: 1, with: {size: 3}}}}
staff: {clerk: 2, boss: {people: 1, hours: office-hours}}
adapters: {bell.ring: {after: 2s}}
until: 10d
";

const OTHER: &str = "workflow: other
data: {code: {type: string, pattern: '^[a-z]{3}$'}, size: optional integer}
start: {by: [clerk], input: [code]}
access: [{for: [clerk]}]
initial: asked
states:
  asked: {on: {ANSWER: {target: counter, by: [clerk], input: [optional size]}}}
  counter: {invoke: {id: ring, adapter: bell, action: ring}, task: {for: [boss]}, on: {DONE: {target: gone, by: [boss]}}}
  gone: {type: final}
";

/// What is told of the week with a part of it replaced, a line each.
fn told(part: &str, by: &str) -> String {
    assert!(WEEK.contains(part), "{part}");
    let files = [
        ("desk.yaml", DESK),
        ("other.yaml", OTHER),
        ("calendars/office-hours.yaml", HOURS),
    ];
    match simulated(&WEEK.replace(part, by), &files) {
        Ok(_) => String::new(),
        Err(problems) => {
            let lines = problems
                .lines()
                .filter_map(|line| line.split_once("error").map(|(_, rest)| rest.to_owned()));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn what_a_simulation_names_is_there() {
    let mut found = String::new();
    let mut check = |part: &str, by: &str| found += &format!("{by}\n{}\n\n", told(part, by));
    check("simulation: s", "simulation: week");
    check("of: [desk, other]", "of: [dsk, other]");
    check("start: desk", "start: dek");
    check("start: desk, ", "");
    check("every: 10m", "every: 0s");
    check("every: 10m", "every: 10");
    check("hours: office-hours, as", "hours: office-houses, as");
    check("as: ann", "as: anna");
    check(
        "start: desk, every: 10m, hours: office-hours, as: ann",
        "start: other, every: 10m",
    );
    check("as: ann", "with: {code: abc}");
    check("desk/counter: 5m", "counter: 5m");
    check("desk/counter: 5m", "cuonter: 5m");
    check("desk/counter: 5m", "desk/asked: 5m");
    check("bell.ring: 1s", "bell.rnig: 1s");
    check("ANSWER:", "ANSWR:");
    check("with: {size: 3}", "with: {sise: 3}");
    check("clerk: 2", "clerc: 2");
    check("adapters: {bell.ring", "adapters: {bell.rang");
    check("adapters: {bell.ring", "adapters: {bell");
    check("until: 10d", "until: 2026-03-01");
    check("until: 10d", "until: soon");
    check("until: 10d", "until: 30y");
    check("until: 10d", "until: 10 business days");
    check("people: {ann: [clerk]}", "people: [ann]");
    check("ann: [clerk]}}", "ann: [clerk]}, instances: [{workflow: dsk, key: A}]}");
    assert_eq!(found, include_str!("reading.txt"), "\n{found}");
}

#[test]
fn what_cannot_be_given_is_told_before_anything_is_measured() {
    let files = [
        ("desk.yaml", DESK),
        ("other.yaml", OTHER),
        ("calendars/office-hours.yaml", HOURS),
    ];
    let wrong = WEEK.replace(
        "ann: [clerk]}}",
        "ann: [clerk]}, instances: [{workflow: desk, key: A, in: counted}]}",
    );
    let why = simulated(&wrong, &files).expect_err("there is no such state");
    assert!(
        why.contains("desk/A cannot be given: `desk` has no state `counted`; did you mean `counter`?"),
        "{why}"
    );
}

#[test]
fn a_simulation_may_stand_in_a_folder_of_its_own() {
    let mut sources = Sources::new();
    let main = sources.add("lab/simulations/week.yaml", WEEK);
    let files = [
        ("lab/desk.yaml", DESK),
        ("lab/other.yaml", OTHER),
        ("lab/calendars/office-hours.yaml", HOURS),
    ];
    let files = Files(
        files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).into()))
            .collect(),
    );
    let (simulation, found) = simulation::read(&mut sources, main, &files);
    assert_eq!(concise(&sources, &found), "");
    assert!(simulation.is_some());
}
