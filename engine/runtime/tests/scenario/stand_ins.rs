//! What stands in for tables and calendars.

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
    entry: [{assign: {sum: \"{{ decide('fees', days=days).sum }}\"}}]
    after: {late: {in: 2 business hours, target: late}}
  late: {}
";

const FEES: &str = "table: fees\ninputs: {days: {type: integer, minimum: 0}}\noutput: {sum: decimal}\nrows: [{then: {sum: 1}}]\n";
const OTHER_FEES: &str =
    "table: fees\ninputs: {days: {type: integer, minimum: 0}}\noutput: {sum: decimal}\nrows: [{then: {sum: 7}}]\n";
const HOURS: &str = "calendar: hours\nzone: Europe/Berlin\nhours: {monday: ['09:00-17:00']}\n";
const ALWAYS: &str = "calendar: hours\nzone: Europe/Berlin\nhours: {monday: ['00:00-24:00'], tuesday: ['00:00-24:00']}\n";

/// The failures of two scenarios, or what is wrong with the file.
fn failures(given: &str, sum: &str, late: &str) -> Result<Vec<String>, String> {
    let text = format!(
        "test: t\nuses: [hours.yaml, fee.yaml]\ngiven:\n  clock: 2026-01-05 06:00\n  people: {{ann: [clerk]}}\n{given}scenarios:\n  s:\n    - {{start: fee, as: ann, with: {{code: A, days: 3}}, id: a}}\n    - expect: {{a: {{data: {{sum: {sum}}}, timers: {{late: {late}}}}}}}\n"
    );
    let files = Files::new(&[
        ("fee.yaml", FEE),
        ("tables/fees.yaml", FEES),
        ("hours.yaml", HOURS),
        ("other/fees.yaml", OTHER_FEES),
        ("other/always.yaml", ALWAYS),
        ("other/broken.yaml", "table: fees\nkey: code\n"),
    ]);
    let (report, sources) = ran(&text, &files)?;
    let scenario = report.scenarios.first().expect("there is one");
    Ok(scenario.failures.iter().map(|failed| line(failed, &sources)).collect())
}

#[test]
fn a_file_stands_in_for_a_table_or_a_calendar_of_its_name() {
    let check = |given: &str, sum: &str, late: &str| assert_eq!(failures(given, sum, late), Ok(Vec::new()), "{given}");
    check("", "1", "2026-01-05 11:00");
    check("  tables: {fees: other/fees.yaml}\n", "7", "2026-01-05 11:00");
    check("  calendars: {hours: other/always.yaml}\n", "1", "2026-01-05 08:00");
    check(
        "  tables: {fees: other/fees.yaml}\n  calendars: {hours: other/always.yaml}\n",
        "7",
        "2026-01-05 08:00",
    );
}

#[test]
fn what_stands_in_is_there_and_for_something() {
    let check = |given: &str, sentence: &str| {
        let told = failures(given, "1", "2026-01-05 11:00").expect_err("the file has a problem");
        assert!(told.contains(sentence), "{told}");
    };
    check(
        "  tables: {fees: other/none.yaml}\n",
        "there is no file `other/none.yaml` beside this one",
    );
    check(
        "  tables: {fees: other/always.yaml}\n",
        "this is no table, and cannot stand in for one",
    );
    check(
        "  tables: {fee: other/fees.yaml}\n",
        "this is the table `fees`, and cannot stand in for `fee`",
    );
    check("  tables: {fees: other/broken.yaml}\n", "other/broken.yaml:1:1");
    check(
        "  calendars: {hours: other/fees.yaml}\n",
        "this is no calendar, and cannot stand in for one",
    );
    let told = super::ran(
        "test: t\nuses: [door.yaml]\ngiven: {tables: {fees: fees.yaml}, calendars: {hours: hours.yaml}}\nscenarios: {s: [{wait: 1h}]}\n",
        &Files::new(&[("door.yaml", super::DOOR), ("fees.yaml", FEES), ("hours.yaml", HOURS)]),
    );
    let told = told.err().unwrap_or_default();
    assert!(told.contains("no workflow under `uses` asks the table `fees`"), "{told}");
    assert!(
        told.contains("no workflow under `uses` counts along the calendar `hours`"),
        "{told}"
    );
}
