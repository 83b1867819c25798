//! The workflows that ship, lived by people on one node and on two while everything goes wrong: no task without a holder or an
//! offer, no rung of a ladder missed or repeated, no child left behind.

use statewright_tests::database::Dialect;
use statewright_tests::environment;
use statewright_tests::simulation::{Bug, Figures, Place, Plan, Story};

use super::{check_found, plan, simulate_on, simulate_on_memory};

/// On memory: seeds and ticks of each, in the short form and in the long one. Seeds go through the stories in turn.
const SHORT: (u64, u64) = (140, 700);
const LONG: (u64, u64) = (1_500, 1_500);

/// On each of the real stores, both kinds of ticks together.
const TICKS_ON_DATABASE: u64 = 4_000;

fn story_of(seed: u64) -> Story {
    let place = usize::try_from(seed % Story::ALL.len() as u64).unwrap_or(0);
    Story::ALL[place]
}

fn lived(seed: u64, ticks: u64, place: Place) -> Plan {
    Plan {
        story: Some(story_of(seed)),
        ..plan(seed, ticks, place, None)
    }
}

/// A course in which nothing happens would find nothing.
fn check_lived(figures: Figures) {
    if environment::seed().is_some() {
        return;
    }
    let lives = figures.lives;
    let happened = [
        lives.tasks,
        lives.claims,
        lives.given,
        lives.handed_over,
        lives.taken_over,
        lives.rungs,
        lives.clocks,
        lives.children,
        lives.ended,
    ];
    assert!(happened.iter().all(|count| *count > 0), "something never happens: {figures}");
}

#[test]
fn whatever_goes_wrong_no_task_rung_or_child_is_lost_or_doubled_on_memory() {
    let (seeds, ticks) = if environment::long() { LONG } else { SHORT };
    let figures = simulate_on_memory(seeds, |seed| lived(seed, ticks, Place::Memory));
    println!("memory: {figures}");
    check_lived(figures);
}

fn live_on(dialect: Dialect) {
    let figures = simulate_on(dialect, TICKS_ON_DATABASE, |seed, place| lived(seed, SHORT.1, place));
    assert!(figures.lives.tasks > 0, "nobody has anything to do: {figures}");
}

#[test]
fn whatever_goes_wrong_no_task_rung_or_child_is_lost_or_doubled_in_sqlite() {
    live_on(Dialect::Sqlite);
}

#[test]
fn whatever_goes_wrong_no_task_rung_or_child_is_lost_or_doubled_in_postgres() {
    live_on(Dialect::Postgres);
}

#[test]
fn a_seed_of_a_story_replays_exactly() {
    for story in Story::ALL {
        let once = || {
            let plan = Plan {
                story: Some(story),
                ..plan(5, SHORT.1, Place::Memory, None)
            };
            plan.run()
        };
        assert_eq!(once(), once());
    }
}

/// Some seed finds the bug, and says this of it; others may find what else comes of it first.
fn check(bug: Bug, story: Story, says: &str) {
    check_found(bug, says, |seed| Plan {
        bug: Some(bug),
        story: Some(story),
        ..plan(seed, SHORT.1, Place::Memory, None)
    });
}

#[test]
fn a_rung_that_fires_twice_is_found() {
    check(Bug::RungTwice, Story::Clinic, "a second time");
}

#[test]
fn a_rung_that_is_lost_is_found() {
    check(Bug::LostRung, Story::Clinic, "has not fired");
}

#[test]
fn a_task_that_comes_into_no_queue_is_found() {
    check(Bug::LostTask, Story::Clinic, "queue");
}

#[test]
fn a_task_that_stays_in_its_queue_is_found() {
    check(Bug::StaleTask, Story::Lab, "queue");
}

#[test]
fn a_task_that_two_claim_is_found() {
    check(Bug::ForgottenHolder, Story::Clinic, "claims the task");
}

#[test]
fn a_child_whose_end_is_not_told_is_found() {
    check(Bug::LostEnd, Story::Meters, "its parent does not know");
}

#[test]
fn a_child_whose_end_is_told_twice_is_found() {
    check(Bug::EndTwice, Story::Meters, "is heard more often");
}

#[test]
fn a_child_that_is_left_behind_is_found() {
    check(Bug::UnstoppedChild, Story::Lab, "it lives");
}
