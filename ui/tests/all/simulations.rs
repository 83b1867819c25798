//! `simulate` at the command line: what it says of one that runs, of one that cannot, and how it ends.

use crate::program::Folder;

const DESK: &str = "workflow: desk
zone: Europe/Berlin
data: {size: {type: integer, minimum: 1, maximum: 9}}
start: {by: [customer], input: [size]}
access: [{for: [clerk, customer]}]
sla: {answer: {during: [counter, back_room], target: 1h}}
initial: counter
states:
  counter:
    task: {for: [clerk], escalate: [{after: 30m, while: unclaimed, to: [boss]}]}
    on:
      DONE: {target: gone, by: [clerk], guard: {if: size < 9, otherwise: Too large}}
      PASS_ON: {target: back_room, by: [clerk]}
  back_room:
    task: {for: [clerk]}
    on: {DONE: {target: gone, by: [clerk]}, REFUSE: {target: refused, by: [clerk]}}
  gone: {type: final}
  refused: {type: final}
";

const MORNING: &str = "simulation: morning
of: desk
given: {clock: 2026-03-02 08:00}
arrivals:
  door: {every: 10m, times: 6, with: {size: 3}}
  post: {every: 45m, times: 1, with: {size: 12}}
durations: {counter: 25m, back_room: 10m}
choices: {counter: {DONE: 1}}
staff: {clerk: 1}
until: 4h
";

#[test]
fn simulations_that_run_and_that_do_not() {
    let folder = Folder::new("simulations");
    let circle = DESK.replace("DONE: {target: gone", "DONE: {target: counter, reenter: true");
    for (file, text) in [
        ("desk.yaml", DESK),
        ("morning.yaml", MORNING),
        (
            "wrong.yaml",
            &MORNING.replace("counter: 25m", "conter: 25m").replace("clerk: 1", "clark: 1"),
        ),
        (
            "given.yaml",
            &MORNING.replace("08:00}", "08:00, instances: [{workflow: desk, key: A, in: cellar}]}"),
        ),
        ("circle/desk.yaml", &circle),
        ("circle/morning.yaml", &MORNING.replace("counter: 25m, ", "")),
    ] {
        folder.write(file, text);
    }
    let transcript = folder.session(&[
        "simulate morning.yaml",
        "simulate morning.yaml --json",
        "simulate wrong.yaml",
        "simulate wrong.yaml --json",
        "simulate given.yaml",
        "simulate circle/morning.yaml --seed 3",
        "simulate desk.yaml",
        "simulate none.yaml",
        "check morning.yaml wrong.yaml",
    ]);
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("simulations", transcript);
    });
}

#[test]
fn the_shipped_simulations_run_and_nothing_waits_for_a_person() {
    let folder = Folder::new("shipped-simulations");
    for file in [
        "lab/simulations/rx-floor.yaml",
        "clinic/simulations/emergency-department.yaml",
    ] {
        let path = format!("{}/../workflows/{file}", env!("CARGO_MANIFEST_DIR"));
        let answer = folder.answer(&["simulate", &path, "--json"]);
        let document: serde_json::Value = serde_json::from_str(&answer).expect("it answers with a document");
        let report = &document["report"];
        assert_eq!(report["incidents"], serde_json::json!([]), "{file}");
        assert_eq!(report["stopped"], serde_json::Value::Null, "{file}");
        let sum = |list: &str, member: &str| -> u64 {
            let rows = report[list].as_array().into_iter().flatten();
            rows.filter_map(|row| row[member].as_u64()).sum()
        };
        assert!(sum("workflows", "ended") > 20, "{file}: {report}");
        assert!(sum("tasks", "done") > 100 && sum("people", "taken") > 100, "{file}: {report}");
    }
}
