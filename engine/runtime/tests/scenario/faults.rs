//! Faults put into the workflow that ships, each of which its scenarios must find; and the scenarios as they are, which go every way.

use statewright_core::diagnostic::{Sources, concise};
use statewright_engine::scenario::{self, Taken, TestFile};

use super::{Files, ran, repository};

const LAB: &str = "workflows/lab";

#[track_caller]
fn check(correct: &str, wrong: &str, found_by: &str) {
    let folder = repository(LAB);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the file ships");
    let workflow = read("lens-order.yaml");
    assert_eq!(
        workflow.matches(correct).count(),
        1,
        "`{correct}` stands in the workflow once"
    );
    let mut files = Files::new(&[("lens-order.yaml", &workflow.replace(correct, wrong))]);
    files.folder = Some(folder.clone());
    let (report, sources) = ran(&read("lens-order.test.yaml"), &files).expect("it can be read");
    let failed = report.scenarios.iter().filter(|scenario| !scenario.failures.is_empty());
    let failed: Vec<&str> = failed.map(|scenario| scenario.sentence.as_str()).collect();
    assert!(
        failed.contains(&found_by),
        "`{wrong}` is found by {failed:?}:\n{}",
        report.words(&sources)
    );
}

#[test]
fn a_deadline_that_is_a_day_too_long() {
    check(
        "closes: {in: 30d,",
        "closes: {in: 31d,",
        "a delivery that nobody reports closes after thirty days",
    );
}

#[test]
fn a_tray_that_two_may_have() {
    check(
        "            unique: {tray: \"{{ tray }}\"}\n",
        "",
        "two orders reach for one tray",
    );
}

#[test]
fn a_hold_that_pauses_nothing() {
    check("            pauses: [work]\n", "", "a hold pauses the work and its deadlines");
}

#[test]
fn a_boundary_that_is_off_by_one() {
    check(
        "breakages >= 3",
        "breakages > 3",
        "it breaks, and goes back to where another begins",
    );
}

#[test]
fn a_fee_that_is_too_small() {
    check(
        "event.fee_percent >= 30",
        "event.fee_percent >= 29",
        "what is generated costs a fee to cancel",
    );
}

#[test]
fn a_person_who_may_not() {
    check(
        "SHIP_AGAIN: {target: packed, by: [shipping]}",
        "SHIP_AGAIN: {target: packed, by: [stock_room]}",
        "the carrier cannot be reached",
    );
}

#[test]
fn what_ships_holds_and_its_scenarios_go_every_way() {
    let folder = repository(LAB);
    let mut sources = Sources::new();
    let mut files: Vec<TestFile> = Vec::new();
    let mut taken = Taken::default();
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder ships")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.to_string_lossy().ends_with(".test.yaml"))
        .collect();
    names.sort();
    assert!(names.len() >= 3, "{names:?}");
    for path in names {
        let text = std::fs::read_to_string(&path).expect("the file ships");
        let main = sources.add(path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default(), text);
        let resolver = Files {
            texts: Default::default(),
            folder: Some(folder.clone()),
        };
        let (file, found) = scenario::read(&mut sources, main, &resolver);
        assert_eq!(concise(&sources, &found), "", "{}", path.display());
        let file = file.expect("a file without a problem can be run");
        let report = scenario::run(&file, &sources).expect("a thread for the scenarios");
        assert_eq!(report.failed(), 0, "{}", report.words(&sources));
        taken.append(report.taken);
        files.push(file);
    }
    let untaken = taken.untaken(&files);
    let untaken: Vec<String> = untaken.iter().map(|each| each.line(&sources)).collect();
    assert_eq!(untaken, Vec::<String>::new());
}

#[test]
fn a_way_that_nobody_goes_is_named_with_its_place() {
    let files = Files::new(&[("door.yaml", super::DOOR), ("bell.yaml", super::BELL)]);
    let mut sources = Sources::new();
    let text = super::file_of(
        "",
        &["{place: door/A, in: open, with: {name: A}}", "{wait: 1y}", "{wait: 1y}"],
    );
    let main = sources.add("t.test.yaml", text);
    let (file, _) = scenario::read(&mut sources, main, &files);
    let file = file.expect("it can be read");
    let report = scenario::run(&file, &sources).expect("a thread for the scenarios");
    let untaken = report.taken.untaken(std::slice::from_ref(&file));
    let words: Vec<String> = untaken.iter().map(|each| each.line(&sources)).collect();
    assert_eq!(words.first().map(String::as_str), Some("bell.yaml:11:9: bell hung, RING"));
    assert!(words.contains(&"door.yaml:28:15: door open, BRICK".to_owned()), "{words:?}");
    let named = |event: &str| words.iter().any(|word| word.ends_with(event));
    assert!(named("repair, done.mend") && named("repair, error.mend"), "{words:?}");
    assert!(!named("after.draught") && !named("after.yearly"), "both came: {words:?}");
}
