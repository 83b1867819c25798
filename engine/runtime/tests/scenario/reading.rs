//! What is wrong with a test file is told at its place, with what would be right.

use statewright_core::diagnostic::{Sources, concise};

use super::{BELL, DOOR, Files, file_of};

fn problems(text: &str) -> String {
    let files = Files::new(&[("door.yaml", DOOR), ("bell.yaml", BELL)]);
    let mut sources = Sources::new();
    let main = sources.add("t", text);
    let (_, found) = statewright_engine::scenario::read(&mut sources, main, &files);
    let own = concise(&sources, &found);
    let own = own.lines().filter(|line| line.starts_with("t:"));
    own.collect::<Vec<_>>().join("\n")
}

/// Of one step: the code and the sentence of what is found.
fn check(given: &str, step: &str, expected: &str) {
    let found = problems(&file_of(given, &[step]));
    assert!(
        found.contains(expected) && !expected.is_empty() || found == expected,
        "{given}{step}: {found}"
    );
}

#[test]
fn a_step_is_of_one_kind() {
    check("", "{sned: OPEN, to: door/A, as: ann}", "unknown key `sned`");
    check("", "{to: door/A}", "this step does nothing");
    check("", "{wait: 1h, as: ann}", "`as` does not belong to `wait`");
    check(
        "",
        "{start: door, ignored: true, as: ann}",
        "`ignored` does not belong to `start`",
    );
    check("", "{send: OPEN, to: door/A}", "it needs `as`");
}

#[test]
fn names_are_known() {
    check("", "{start: dor, as: ann}", "no file under `uses` holds `dor`");
    check("", "{start: door, as: anna}", "nobody under `given.people` is called `anna`");
    check("", "{play: nothing}", "there is no fragment `nothing`");
    check("", "{place: dor/A, in: open}", "no file under `uses` holds `dor`");
    check("", "{expect: {dor/A: {in: open}}}", "no file under `uses` holds `dor`");
    check("", "{expect: {door/A: {stat: open}}}", "unknown key `stat`");
}

#[test]
fn moments_effects_and_outcomes_are_what_they_should_be() {
    check("", "{at: tomorrow}", "`tomorrow` is not a moment");
    check("", "{wait: soon}", "SW-0210");
    check("", "{crash: during joiner.mend}", "it does not say where the engine stops");
    check("", "{crash: before mend}", "`mend` is not an adapter and its action");
    check(
        "",
        "{adapter: joiner.mend, returns: x, fails: y}",
        "an answer either returns or fails",
    );
    check("", "{race: [{wait: 1h}]}", "only what comes from outside can be raced");
    check("", "{race: [], one: perhaps}", "this is no outcome of a step");
    check("", "{start: door, as: ann, with: {name: \"{{ a + }}\"}}", "SW-04");
}

#[test]
fn what_is_given_is_read_too() {
    check("  instances: [{workflow: door}]\n", "{wait: 1h}", "an instance needs `key`");
    check(
        "  instances: [{workflow: door, key: A, dta: {}}]\n",
        "{wait: 1h}",
        "unknown key `dta`",
    );
    check(
        "  adapters: {joiner: {}}\n",
        "{wait: 1h}",
        "`joiner` is not an adapter and its action",
    );
    check(
        "  adapters: {joiner.mend: {retruns: {}}}\n",
        "{wait: 1h}",
        "unknown key `retruns`",
    );
    check(
        "  adapters: {joiner.mend: {progress: [soon]}}\n",
        "{wait: 1h}",
        "`progress` takes a list of steps on the way",
    );
    check("", "{wait: 1h}", "");
}

#[test]
fn a_definition_that_is_wrong_is_told_at_its_own_place() {
    let files = Files::new(&[("door.yaml", "workflow: door\nstats: {}\n")]);
    let mut sources = Sources::new();
    let main = sources.add(
        "lab/t.test.yaml",
        "test: t\nuses: [door.yaml, ../lab/door.yaml]\nscenarios: {s: [{wait: 1h}]}\n",
    );
    let (file, found) = statewright_engine::scenario::read(&mut sources, main, &files);
    let told = concise(&sources, &found);
    assert!(file.is_none() && told.contains("there is no file `lab/door.yaml`"), "{told}");
    let mut sources = Sources::new();
    let main = sources.add("t.test.yaml", "test: t\nuses: [door.yaml]\nscenarios: {s: [{wait: 1h}]}\n");
    let (file, found) = statewright_engine::scenario::read(&mut sources, main, &files);
    let told = concise(&sources, &found);
    assert!(
        file.is_none() && told.contains("door.yaml:2:1") && told.contains("unknown key `stats`"),
        "{told}"
    );
    let mut sources = Sources::new();
    let main = sources.add("w.yaml", DOOR);
    let (file, found) = statewright_engine::scenario::read(&mut sources, main, &files);
    let told = concise(&sources, &found);
    assert!(file.is_none() && told.contains("a test file is wanted"), "{told}");
}

#[test]
fn whoever_is_on_shift_is_one_of_the_people() {
    let found = problems(&file_of("  on_shift: [anm]\n", &["{wait: 1h}"]));
    assert!(found.contains("`anm` is none of the people given"), "{found}");
}

#[test]
fn of_what_could_not_be_read_no_name_is_missed() {
    let told = |uses: &str, door: &str| {
        let files = Files::new(&[("door.yaml", door), ("bell.yaml", BELL)]);
        let mut sources = Sources::new();
        let steps = "[{start: door, as: ann}, {expect: {notices: [{to: porter, count: 0}]}}]";
        let text = format!("test: t\nuses: [{uses}]\ngiven: {{people: {{ann: [clerk]}}}}\nscenarios: {{s: {steps}}}\n");
        let main = sources.add("t.test.yaml", text);
        let (_, found) = statewright_engine::scenario::read(&mut sources, main, &files);
        let lines = found.iter().map(|diagnostic| diagnostic.message.clone());
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        told("bell.yaml, door.yaml", "workflow: door\nstats: {}\n"),
        "unknown key `stats`"
    );
    assert_eq!(told("bell.yaml, dor.yaml", DOOR), "there is no file `dor.yaml`");
    assert_eq!(
        told("bell.yaml", DOOR),
        "no file under `uses` holds `door`\nnobody under `given.people` is called `porter`, and nobody has that role or is told as such"
    );
}

#[test]
fn what_stands_under_common_is_for_aliases() {
    let given = "  common: {anchored: &who {name: A}, more: {anything: [at, all]}}\n";
    check(given, "{start: door, as: ann, with: *who}", "");
    check("", "{start: door, as: ann, with: *who}", "SW-0116");
    check("  comon: {}\n", "{wait: 1h}", "unknown key `comon`");
}
