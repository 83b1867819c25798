//! `test` at the command line: what it says of scenarios that hold, of those that do not, and how it ends.

use crate::program::Folder;

const DOOR: &str = "workflow: door
key: A
start: {by: [clerk]}
access: [{for: [clerk]}]
data: {opened: {type: integer, default: 0}}
initial: shut
states:
  shut:
    label: Shut
    on:
      OPEN: {target: open, by: [clerk], actions: [{assign: {opened: \"{{ opened + 1 }}\"}}]}
      BRICK: {target: gone, by: [clerk], guard: {if: opened > 0, otherwise: Nobody ever opened it}}
  open:
    after: {draught: {in: 10m, target: shut}}
    on:
      CLOSE: {by: [clerk], choose: [{guard: opened > 9, target: gone}, {target: shut}]}
  gone: {type: final}
";

const HELD: &str = "test: held
uses: [door.yaml]
given: {people: {ann: [clerk]}}
scenarios:
  the draught shuts it:
    - {start: door, as: ann, id: a}
    - {send: OPEN, to: a, as: ann}
    - {wait: 10m}
    - expect: {a: {in: shut}}
";

const FAILED: &str = "test: failed
uses: [door.yaml]
given: {clock: 2026-03-26T08:00:00Z, people: {ann: [clerk]}}
scenarios:
  it stays open:
    - {start: door, as: ann, id: a}
    - {send: BRICK, to: a, as: ann, refused: It was opened}
  two shut it:
    - {place: a = door/A, in: open, with: {opened: 1}}
    - race:
        - {send: CLOSE, to: a, as: ann}
        - {send: CLOSE, to: a, as: ann}
        - expect: {a: {in: gone, label: Gone, data: {opened: 2}}}
  it is claimed:
    - {start: door, as: ann, id: a}
    - {claim: tidy, of: a, as: ann}
  it is shut:
    - {start: door, as: ann, id: a}
    - expect: {a: {in: shut}}
";

const BROKEN: &str = "test: broken
uses: [door.yaml]
given: {people: {ann: [clerk]}}
scenarios:
  nobody knows:
    - {start: dor, as: anna}
    - {wait: 1h, unless: it rains}
";

#[test]
fn scenarios_that_hold_and_that_do_not() {
    let folder = Folder::new("scenarios");
    for (file, text) in [
        ("door.yaml", DOOR),
        ("held.test.yaml", HELD),
        ("more/failed.test.yaml", &FAILED.replace("[door.yaml]", "[../door.yaml]")),
        ("broken.test.yaml", BROKEN),
        ("empty/door.yaml", DOOR),
    ] {
        folder.write(file, text);
    }
    std::fs::write(folder.path().join("latin.yaml"), b"test: \xe9\n").expect("it can be written");
    let transcript = folder.session(&[
        "test held.test.yaml --coverage",
        "test more",
        "test more --json --coverage",
        "test .",
        "test empty",
        "test none.test.yaml",
        "test none.test.yaml latin.yaml held.test.yaml",
        "test door.yaml",
        "test",
        "check broken.test.yaml held.test.yaml",
    ]);
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("scenarios", transcript);
    });
}

#[test]
fn where_nothing_was_run_nothing_is_said_of_what_was_taken() {
    let folder = Folder::new("unrun-scenarios");
    folder.write("door.yaml", DOOR);
    folder.write("broken.test.yaml", BROKEN);
    let output = folder.run(&["test", "broken.test.yaml", "--coverage"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("0 scenarios") && !said.contains("taken"), "{said}");
}

#[test]
fn the_shipped_scenarios_hold_and_go_every_way() {
    let folder = Folder::new("shipped-scenarios");
    let workflows = concat!(env!("CARGO_MANIFEST_DIR"), "/../workflows");
    let output = folder.run(&["test", workflows, "--coverage"]);
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("held") && !stdout.contains("untaken"), "{stdout}");
}

#[test]
fn the_samples_of_the_language_are_ordinary_workflows() {
    let folder = Folder::new("language-samples");
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/language");
    for command in ["check", "test"] {
        let output = folder.run(&[command, samples]);
        let (stdout, stderr) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert_eq!(output.status.code(), Some(0), "{stdout}{stderr}");
        assert!(
            !stdout.contains("warning") && !stderr.contains("warning["),
            "{stdout}{stderr}"
        );
    }
}
