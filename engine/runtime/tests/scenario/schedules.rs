//! Schedules on the scenario's clock.

use super::*;

/// A report that is begun each working day, is reminded of on Fridays until it is sent, and numbers itself.
const REPORT: &str = r#"
workflow: report
zone: Europe/Berlin
data:
  day: {type: date, index: true}
  reminded: {type: integer, default: 0}
start: {by: [{schedule: daily}, clerk], input: [day]}
access: [{for: [clerk]}]
schedules:
  daily:
    cron: "30 2 * * *"
    start: {with: {day: "{{ date(schedule.at) }}"}}
  friday:
    cron: "0 12 * * FRI"
    send: {in: [open], event: REMIND, with: {since: "{{ schedule.at }}"}}
  yearly: {cron: "0 0 1 4 *", missed: all, start: {key: "year-{{ schedule.at | format('%Y') }}", with: {day: "{{ today }}"}}}
initial: open
states:
  open:
    on:
      SEND: {target: sent, by: [clerk]}
      REMIND: {by: [{schedule: friday}], input: {since: instant}, actions: [{assign: {reminded: "{{ reminded + 1 }}"}}]}
  sent: {type: final}
"#;

fn go(steps: &[&str]) -> (Vec<String>, Vec<String>) {
    let source = REPORT.replace(
        "start: {by: [{schedule: daily}, clerk]",
        "start: {by: [{schedule: daily}, {schedule: yearly}, clerk]",
    );
    let files = Files::new(&[("report.yaml", &source)]);
    let steps: Vec<String> = steps.iter().map(|step| format!("    - {step}\n")).collect();
    let text = format!(
        "test: t\nuses: [report.yaml]\ngiven:\n  clock: 2026-03-26 09:00\n  people: {{ann: [clerk]}}\nscenarios:\n  s:\n{}",
        steps.concat()
    );
    let mut sources = Sources::new();
    let main = sources.add("t.test.yaml", text.as_str());
    let (file, found) = scenario::read(&mut sources, main, &files);
    let file = file.unwrap_or_else(|| panic!("{}", concise(&sources, &found)));
    let report = scenario::run(&file, &sources).expect("a thread for the scenarios");
    let failures = report.scenarios.iter().flat_map(|scenario| &scenario.failures);
    let failures = failures.map(|failed| line(failed, &sources)).collect();
    let untaken = report.taken.untaken(std::slice::from_ref(&file));
    (failures, untaken.iter().map(scenario::Untaken::words).collect())
}

fn holds(steps: &[&str]) -> Vec<String> {
    let (failures, untaken) = go(steps);
    assert_eq!(failures, [""; 0]);
    untaken
}

#[test]
fn time_that_passes_runs_them_at_their_moments_and_once() {
    holds(&[
        "expect: {report: {count: 0}}",
        "at: 2026-03-27 02:29",
        "expect: {report: {count: 0}}",
        "wait: 1m",
        "expect: {report: {count: 1}, report/1: {in: open, data: {day: 2026-03-27}}}",
        "wait: 23h",
        "expect: {report: {count: 1}}",
        "wait: 1h",
        "expect: {report: {count: 2}}",
    ]);
}

#[test]
fn where_the_clock_jumps_the_run_is_as_much_later() {
    holds(&[
        "at: 2026-03-29 03:29",
        "expect: {report: {count: 2}}",
        "wait: 1m",
        "expect: {report: {count: 3}, report/3: {data: {day: 2026-03-29}}}",
    ]);
}

#[test]
fn an_event_goes_to_all_that_are_found_and_to_no_other() {
    holds(&[
        "at: 2026-03-27 03:00",
        "{start: report, as: ann, with: {day: 2026-01-01}, id: own}",
        "{send: SEND, to: report/1, as: ann}",
        "at: 2026-03-27 12:00",
        "expect: {own: {data: {reminded: 1}}, report/1: {in: sent, data: {reminded: 0}}}",
        "at: 2026-04-03 12:00",
        "expect: {own: {data: {reminded: 2}}, report/1: {data: {reminded: 0}}}",
    ]);
}

/// The workflow and the scenarios of docs/schedules.md.
#[test]
fn the_examples_of_the_page_hold() {
    const PAGE: &str = include_str!("../../../../docs/schedules.md");
    let blocks = PAGE.split("```").filter_map(|block| block.strip_prefix("yaml\n"));
    let blocks: Vec<&str> = blocks.collect();
    let [workflow, test] = blocks[..] else {
        panic!("the page shows a workflow and its scenarios");
    };
    let (report, sources) =
        ran(test, &Files::new(&[("calibration.yaml", workflow)])).unwrap_or_else(|problems| panic!("{problems}"));
    let failures = report.scenarios.iter().flat_map(|scenario| &scenario.failures);
    let failures: Vec<String> = failures.map(|failed| line(failed, &sources)).collect();
    assert_eq!(failures, [""; 0]);
    assert_eq!(report.scenarios.len(), 1);
}

#[test]
fn what_no_scenario_ran_is_named() {
    let untaken = holds(&["at: 2026-03-27 03:00"]);
    assert_eq!(
        untaken,
        [
            "report the workflow itself, schedule friday",
            "report the workflow itself, schedule yearly",
            "report open, SEND",
            "report open, REMIND",
        ]
    );
    let untaken = holds(&[
        "at: 2026-04-01 00:00",
        "expect: {report/year-2026: {data: {day: 2026-04-01}}}",
    ]);
    assert_eq!(untaken, ["report open, SEND"]);
}
