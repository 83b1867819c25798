//! What comes into force while a scenario runs.

use super::{Files, line, ran};

const FEE: &str = "workflow: fee
key: '{{ code }}'
zone: Europe/Berlin
calendar: hours
data: {code: string, days: integer, sum: optional decimal}
start: {by: [clerk], input: [code, days]}
access: [{for: [clerk]}]
initial: open
states:
  open:
    after: {late: {in: 2 business hours, target: late}}
    on: {ASK: {by: [clerk], actions: [{assign: {sum: \"{{ decide('fees', days=days).sum }}\"}}]}}
  late: {}
";

const HEAD: &str = "table: fees\nlive: true\ninputs: {days: {type: integer, minimum: 0}}\noutput: {sum: decimal}\n";
const HOURS: &str = "calendar: hours\nzone: Europe/Berlin\nhours: {monday: ['09:00-17:00']}\n";

/// The failures of the only scenario, or what is wrong with the file.
fn failures(given: &str, steps: &str) -> Result<Vec<String>, String> {
    let text = format!(
        "test: t\nuses: [hours.yaml, fee.yaml]\ngiven:\n  clock: 2026-01-05 06:00\n  people: {{ann: [clerk]}}\n{given}fragments:\n  ask: [{{send: ASK, to: fee/A, as: ann}}]\nscenarios:\n  s:\n{steps}"
    );
    let rows = |sum: u32| format!("{HEAD}rows: [{{then: {{sum: {sum}}}}}]\n");
    let always = HOURS.replace("monday: ['09:00-17:00']", "monday: ['00:00-24:00']");
    let needy =
        "table: fees\nlive: true\ninputs: {days: integer, kind: string}\noutput: {sum: decimal}\nrows: [{then: {sum: 1}}]\n";
    let (first, second, third) = (rows(1), rows(7), rows(9));
    let files = Files::new(&[
        ("fee.yaml", FEE),
        ("tables/fees.yaml", &first),
        ("hours.yaml", HOURS),
        ("next/fees.yaml", &second),
        ("next/third.yaml", &third),
        ("next/needy.yaml", needy),
        ("next/hours.yaml", &always),
        (
            "next/pinned.yaml",
            "table: fees\nkey: code\ncolumns: {code: string}\nrows: []\n",
        ),
        (
            "next/other.yaml",
            "table: other\nlive: true\nkey: code\ncolumns: {code: string}\nrows: []\n",
        ),
        ("next/broken.yaml", "table: fees\nlive: true\nkey: code\n"),
    ]);
    let (report, sources) = ran(&text, &files)?;
    let scenario = report.scenarios.first().expect("there is one");
    Ok(scenario.failures.iter().map(|failed| line(failed, &sources)).collect())
}

const BEGUN: &str = "    - {start: fee, as: ann, with: {code: A, days: 3}}\n";

#[test]
fn a_version_is_in_force_from_its_step_on() {
    let steps = format!(
        "{BEGUN}    - {{play: ask}}\n    - expect: {{fee/A: {{data: {{sum: 1}}}}}}\n    - {{deploy: next/fees.yaml}}\n    - expect: {{fee/A: {{data: {{sum: 1}}}}}}\n    - {{play: ask}}\n    - expect: {{fee/A: {{data: {{sum: 7}}}}}}\n"
    );
    assert_eq!(failures("", &steps), Ok(Vec::new()));
    // what stands in is what is in force from the beginning
    let steps = format!("{BEGUN}    - {{play: ask}}\n    - expect: {{fee/A: {{data: {{sum: 9}}}}}}\n");
    assert_eq!(failures("  tables: {fees: next/third.yaml}\n", &steps), Ok(Vec::new()));
}

#[test]
fn a_calendar_comes_into_force_in_the_same_way() {
    let steps = format!(
        "{BEGUN}    - expect: {{fee/A: {{timers: {{late: 2026-01-05 11:00}}}}}}\n    - {{deploy: next/hours.yaml}}\n    - expect: {{fee/A: {{timers: {{late: 2026-01-05 11:00}}}}}}\n    - {{start: fee, as: ann, with: {{code: B, days: 3}}}}\n    - expect: {{fee/B: {{timers: {{late: 2026-01-05 08:00}}}}}}\n"
    );
    assert_eq!(failures("", &steps), Ok(Vec::new()));
}

#[test]
fn a_version_that_is_to_be_refused_is_or_the_scenario_says_so() {
    let check = |step: &str, expected: &[&str]| {
        let failed = failures("", &format!("    - {step}\n")).expect("the file has no problem");
        assert_eq!(failed.len(), expected.len(), "{failed:?}");
        failed
            .iter()
            .zip(expected)
            .for_each(|(failed, expected)| assert!(failed.contains(expected), "{failed}"));
    };
    check("{deploy: next/needy.yaml, refused: it needs an input `kind`}", &[]);
    check("{deploy: next/needy.yaml}", &["it is not deployed"]);
    check(
        "{deploy: next/needy.yaml, refused: something}",
        &["it is refused otherwise than with `something`"],
    );
    check(
        "{deploy: next/fees.yaml, refused: something}",
        &["it is deployed, and was to be refused with `something`"],
    );
}

#[test]
fn what_is_deployed_is_there_and_for_somebody() {
    let check = |file: &str, sentence: &str| {
        let told = failures("", &format!("    - {{deploy: {file}}}\n")).expect_err("the file has a problem");
        assert!(told.contains(sentence), "{told}");
    };
    check("next/none.yaml", "there is no file `next/none.yaml` beside this one");
    check("next/pinned.yaml", "this is neither a live table nor a calendar");
    check("fee.yaml", "this is neither a live table nor a calendar");
    check("next/other.yaml", "no workflow under `uses` asks `other`");
    check("next/broken.yaml", "next/broken.yaml:1:1");
    let told = failures("", "    - {deploy: next/fees.yaml, as: ann}\n").expect_err("nobody does it");
    assert!(told.contains("`as` does not belong to `deploy`"), "{told}");
}
