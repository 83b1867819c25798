//! Schedules, cell by cell: zones, changes of their clocks, rhythms, downtimes and policies. What is expected was worked out minute by
//! minute with another library (tests/independent/schedule_matrix.py), and is data here.

mod edges;
mod page;

use std::collections::BTreeSet;

use jiff::Timestamp;
use statewright_core::time::{CatchUp, Cron, Due, Gap, Missed, Overlap, Skipped, Timing, due, zone};

const MATRIX: &str = include_str!("matrix.tsv");

fn timing(cron: &str, zone_name: &str, gap: Gap, overlap: Overlap) -> Timing {
    Timing {
        cron: Cron::parse(cron).unwrap_or_else(|error| panic!("{cron}: {error}")),
        zone: zone(zone_name).unwrap_or_else(|error| panic!("{error}")),
        gap,
        overlap,
    }
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn dst(word: &str) -> (Gap, Overlap) {
    match word {
        "skip" => (Gap::Skip, Overlap::default()),
        "last" => (Gap::default(), Overlap::Last),
        "both" => (Gap::default(), Overlap::Both),
        "shift" | "first" => (Gap::default(), Overlap::default()),
        other => panic!("`{other}` is no word for a change"),
    }
}

fn missed(word: &str) -> Missed {
    match word {
        "skip" => Missed::Skip,
        "once" => Missed::Once,
        "all" => Missed::All,
        other => panic!("`{other}` is no word for what was missed"),
    }
}

fn cells<'m>(kind: &str) -> Vec<Vec<&'m str>> {
    let lines = MATRIX.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    lines.filter(|cells| cells[0] == kind).collect()
}

/// Every moment after `from` and up to `until`, one after the other.
fn walked(timing: &Timing, from: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let next = |after: &Timestamp| timing.next_after(*after).filter(|next| *next <= until);
    std::iter::successors(next(&from), next).collect()
}

fn run_and_let_go(due: &Due) -> (String, String) {
    let runs = due.runs.first().zip(due.runs.last());
    let runs = runs.map(|(first, last)| format!("{} {first} {last}", due.runs.len()));
    let skipped = due.skipped.map(|skipped| {
        assert!(!skipped.more, "nothing of the matrix is further back than is looked");
        let Skipped { count, first, last, .. } = skipped;
        format!("{count} {first} {last}")
    });
    let none = || "-".to_owned();
    (runs.unwrap_or_else(none), skipped.unwrap_or_else(none))
}

#[test]
fn the_matrix_is_whole() {
    let of = |kind: &str, column: usize| cells(kind).iter().map(|cells| cells[column]).collect::<BTreeSet<_>>();
    let zones = BTreeSet::from([
        "Africa/Casablanca",
        "America/New_York",
        "Australia/Lord_Howe",
        "Europe/Berlin",
    ]);
    for kind in ["planned", "downtime"] {
        assert_eq!(of(kind, 1), zones);
        assert_eq!(of(kind, 2), BTreeSet::from(["gap", "overlap"]));
        assert_eq!(of(kind, 3), BTreeSet::from(["daily", "every 15 minutes", "weekly"]));
    }
    assert_eq!(cells("planned").len(), 4 * 3 * (2 + 3), "a cell for each word of each change");
    assert_eq!(
        cells("downtime").len(),
        4 * 2 * 3 * 3 * 3,
        "a cell for each downtime and policy"
    );
}

#[test]
fn every_cell_is_planned_as_the_clocks_on_the_wall_say() {
    for cell in cells("planned") {
        let [_, zone, _, _, cron, word, from, until, expected] = cell[..] else {
            panic!("{cell:?}");
        };
        let (gap, overlap) = dst(word);
        let timing = timing(cron, zone, gap, overlap);
        let before = moment(from) - jiff::SignedDuration::from_micros(1);
        let found = walked(&timing, before, moment(until));
        let texts: Vec<String> = found.iter().map(Timestamp::to_string).collect();
        assert_eq!(texts.join(" "), expected, "{zone} {cron} {word}, one after the other");
        let past = timing.past(before, moment(until), usize::MAX);
        assert_eq!(past.moments, found, "{zone} {cron} {word}, looking back");
    }
}

#[test]
fn every_downtime_is_made_up_for_as_its_policy_says() {
    for cell in cells("downtime") {
        let [_, zone, _, _, cron, word, down, now, runs, skipped] = cell[..] else {
            panic!("{cell:?}");
        };
        let timing = timing(cron, zone, Gap::default(), Overlap::default());
        let catch_up = CatchUp {
            missed: missed(word),
            within: None,
        };
        let due = due(&timing, &catch_up, moment(down), moment(now));
        let found = run_and_let_go(&due);
        let expected = (runs.to_owned(), skipped.to_owned());
        assert_eq!(found, expected, "{zone} {cron} {word}, down from {down} to {now}");
    }
}
