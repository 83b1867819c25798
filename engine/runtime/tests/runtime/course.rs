//! The course of an instance: where it was, and how it came from one state to the next.

use statewright_engine::error::EngineError;
use statewright_engine::queries::{Course, Stays};

use crate::support::{World, clerk, person};

const WORK: &str = "
workflow: work
key: \"{{ no }}\"
data: {no: string, quick: {type: boolean, default: false}}
start: {by: [clerk], input: [no]}
access: [{for: [clerk]}, {for: [guest], show: [no]}]
initial: desk
states:
  desk:
    on:
      GO: {target: sorting, by: [clerk]}
      PART: {target: both, by: [clerk]}
  sorting: {always: bench.first}
  bench:
    initial: first
    on: {BACK: {target: desk, by: [clerk]}}
    states: {first: {on: {ON: {target: second, by: [clerk]}}}, second: {}}
  both:
    type: parallel
    on: {BACK: {target: desk, by: [clerk]}}
    states: {left: {initial: a, states: {a: {}}}, right: {initial: b, states: {b: {}}}}
";

async fn world(events: &[&str]) -> World {
    let world = World::with(&[WORK]).await;
    world.start("work", "1", &[("no", "1".into())]).await.unwrap();
    for event in events {
        world.send("work", "1", event).await.unwrap();
    }
    world
}

async fn course(world: &World) -> Course {
    world.engine().course("work", "1", &clerk()).await.unwrap()
}

fn ways(course: &Course) -> Vec<String> {
    course.ways.iter().map(|(from, to)| format!("{from} > {to}")).collect()
}

#[tokio::test]
async fn it_says_how_often_and_when_last_it_was_somewhere() {
    let world = world(&["GO", "BACK", "GO"]).await;
    let course = course(&world).await;
    assert_eq!(course.stays.get("desk"), Some(&Stays { times: 2, last: 3 }));
    assert_eq!(course.stays.get("bench"), Some(&Stays { times: 2, last: 4 }));
    assert_eq!(course.stays.get("both"), None);
    assert!(!course.cut);
}

#[tokio::test]
async fn it_says_the_way_that_it_went_also_through_what_was_left_at_once() {
    let world = world(&["GO", "ON", "BACK"]).await;
    assert_eq!(
        ways(&course(&world).await),
        [
            "bench > desk",
            "bench.first > bench.second",
            "bench.second > desk",
            "desk > sorting",
            "sorting > bench",
            "sorting > bench.first",
        ]
    );
}

#[tokio::test]
async fn where_several_were_entered_at_once_it_does_not_guess() {
    let world = world(&["PART"]).await;
    let course = course(&world).await;
    assert_eq!(ways(&course), Vec::<String>::new());
    assert_eq!(course.stays.get("both.left.a"), Some(&Stays { times: 1, last: 2 }));
}

#[tokio::test]
async fn who_does_not_read_the_trail_is_told_nothing_of_it() {
    let world = world(&["GO"]).await;
    for actor in [person("gus", &["guest"]), person("eve", &[])] {
        let told = world.engine().course("work", "1", &actor).await;
        assert_eq!(told, Err(EngineError::Hidden), "{}", actor.id);
    }
}
