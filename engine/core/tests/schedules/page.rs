//! The tables of docs/schedules.md say what is so.

use jiff::civil::Date;
use statewright_core::time::{end_of_day, parse_duration, start_of_day};

use super::*;

const PAGE: &str = include_str!("../../../../docs/schedules.md");

/// The rows of the table whose first head is this, each with its cells.
fn table<'p>(heads: &str) -> Vec<Vec<&'p str>> {
    let lines = PAGE.lines().skip_while(|line| !line.starts_with(heads)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    let cells = |row: &'p str| {
        row.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().trim_matches('`'))
            .collect()
    };
    rows.map(cells).collect()
}

#[test]
fn where_clocks_change_it_runs_as_the_page_says() {
    let rows = table("| zone | cron |");
    assert_eq!(rows.len(), 13);
    for row in rows {
        let [zone, cron, word, day, expected] = row[..] else {
            panic!("{row:?}");
        };
        let (_, word) = word.split_once(": ").expect("a key and a word");
        let (gap, overlap) = dst(word);
        let timing = timing(cron, zone, gap, overlap);
        let day: Date = day.parse().expect("a day");
        let begin = start_of_day(day, &timing.zone).expect("it begins") - jiff::SignedDuration::from_micros(1);
        let end = end_of_day(day, &timing.zone).expect("it ends");
        let found = walked(&timing, begin, end);
        let expected: Vec<Timestamp> = expected.split(", ").filter(|each| *each != "–").map(moment).collect();
        assert_eq!(found, expected, "{zone} {cron} {word} on {day}");
    }
}

#[test]
fn after_a_downtime_it_runs_as_the_page_says() {
    let rows = table("| cron | down from |");
    assert_eq!(rows.len(), 10);
    for row in rows {
        let [cron, down, now, word, runs, let_go] = row[..] else {
            panic!("{row:?}");
        };
        let (word, within) = match word.split_once(", within ") {
            Some((word, within)) => (word, Some(parse_duration(within).expect("a duration"))),
            None => (word, None),
        };
        let catch_up = CatchUp {
            missed: missed(word),
            within,
        };
        let timing = timing(cron, "UTC", Gap::default(), Overlap::default());
        let due = due(&timing, &catch_up, moment(down), moment(now));
        let count = due.skipped.map_or(0, |skipped| skipped.count);
        let found = (due.runs.len().to_string(), count.to_string());
        assert_eq!(
            found,
            (runs.to_owned(), let_go.to_owned()),
            "{cron} {word}, down from {down} until {now}"
        );
    }
}
