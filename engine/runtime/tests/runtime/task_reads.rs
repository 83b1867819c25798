//! Reads of open tasks: what one shows, by what it is found, and that whoever waits for it is woken.

use std::sync::Arc;

use statewright_core::step::{TaskAct, TaskRef};
use statewright_core::value::Value;
use statewright_core::value::canonical::to_canonical;
use statewright_engine::TaskRequest;
use statewright_engine::store::Store;

use crate::support::on_every_store;
use crate::support::{World, object, person, send_of};

const ROUND: &str = "
workflow: round
data: {unit: string, rush: {type: boolean, default: false}}
start: {by: [clerk], input: [unit, optional rush]}
access: [{for: [clerk, nurse]}]
initial: visiting
states:
  visiting:
    type: parallel
    on: {HOLD: {target: paused, by: [clerk]}}
    states:
      look:
        initial: looking
        states:
          looking:
            task: {title: \"Look at {{ key }}\", for: [{role: nurse, unit: \"{{ unit }}\"}, doctor], due: 2h, priority: \"{{ 'urgent' if rush else 'normal' }}\"}
            on: {SEEN: {target: seen, by: [nurse, doctor]}}
          seen: {type: final}
      note:
        initial: noting
        states:
          noting: {task: {title: Note, for: [clerk]}, on: {NOTED: {target: noted, by: [clerk]}}}
          noted: {type: final}
  paused: {on: {GO_ON: {target: visiting, by: [clerk]}}}
";

const BOARD: &str = "
workflow: board
data: {person: {type: string, default: ada}, seen: {type: list, items: string, default: []}, count: {type: optional integer}, first: {type: optional instant}}
reads:
  of_unit: {tasks: open, where: {unit: \"{{ key }}\"}, order: priority, limit: 2}
  of_nurses: {workflow: round, tasks: open, where: {role: [nurse, nobody], unit: [W3, W4]}, take: count}
  held: {tasks: held, where: {role: nurse}, take: count}
  theirs: {tasks: open, where: {holder: \"{{ person }}\"}}
  earliest: {tasks: open, where: {role: doctor}, take: {min: due}}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: open
states:
  open:
    on:
      LOOK:
        by: [clerk]
        actions: [{assign: {count: \"{{ of_nurses }}\", seen: \"{{ of_unit | map(item.instance ~ ' ' ~ item.name ~ ' ' ~ item.priority) }}\", first: \"{{ earliest }}\"}}]
      WHOSE:
        by: [clerk]
        actions: [{assign: {count: \"{{ held }}\", seen: \"{{ theirs | map(item.key ~ ' ' ~ item.title ~ ' ' ~ item.workflow ~ ' ' ~ item.holder ~ ' ' ~ item.opened ~ ' ' ~ (item.due is none)) }}\"}}]
      WAIT: {target: waiting, by: [clerk]}
      WAIT_FOR_ADA: {target: waiting_for_ada, by: [clerk]}
  waiting: {always: {guard: of_nurses == 0, target: quiet}}
  waiting_for_ada: {always: {guard: held == 0, target: quiet}}
  quiet: {}
";

on_every_store! {
    tasks_are_found_by_whom_they_are_for_and_who_holds_them
    whoever_waits_for_tasks_is_woken
}

async fn begun(store: Arc<dyn Store>) -> World {
    let world = World::on(store, &[ROUND, BOARD], |_| {}).await;
    world.start("board", "W3", &[]).await.unwrap();
    for (key, unit, rush) in [("A", "W3", false), ("B", "W3", true), ("C", "W5", false)] {
        let input = [("unit", Value::from(unit)), ("rush", Value::Boolean(rush))];
        world.start("round", key, &input).await.unwrap();
        world.pass(60);
    }
    world
}

impl World {
    async fn board(&mut self, event: &str) -> Vec<String> {
        self.tell_of("board", "W3", event, "ann", "clerk").await;
        let mut shown = Vec::new();
        for field in ["count", "seen", "first"] {
            shown.push(to_canonical(&self.field("board", "W3", field).await));
        }
        shown
    }

    async fn tell_of(&mut self, workflow: &str, key: &str, event: &str, who: &str, role: &str) {
        let mut request = send_of(workflow, key, event);
        request.payload = object(&[]);
        request.actor = person(who, &[role]);
        request.actor.unit = Some("W3".into());
        let answer = self.send_as(request).await.unwrap();
        assert_eq!(answer.verdict.as_str(), "taken", "{event}: {answer:?}");
        self.settle().await;
    }

    async fn take_up(&mut self, key: &str, who: &str, act: TaskAct) {
        let engine = self.engine();
        let mut actor = person(who, &["nurse"]);
        actor.unit = Some("W3".into());
        let request = TaskRequest {
            workflow: "round".into(),
            key: key.into(),
            task: TaskRef::read("visiting.look.looking"),
            act,
            actor,
            input_key: None,
            expected: None,
        };
        let answer = self.ask(async move { engine.act(request).await }).await.unwrap();
        assert_eq!(answer.verdict.as_str(), "taken", "{answer:?}");
        self.settle().await;
    }
}

async fn tasks_are_found_by_whom_they_are_for_and_who_holds_them(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    let looked = [
        "2",
        r#"["round/A visiting.look.looking 4","round/B visiting.look.looking 8"]"#,
        r#"{"$instant":"2026-01-05T10:00:00Z"}"#,
    ];
    assert_eq!(world.board("LOOK").await, looked);
    world.take_up("B", "ada", TaskAct::Claim).await;
    let whose = world.board("WHOSE").await;
    assert_eq!(
        whose[..2],
        ["1", r#"["B Look at B round ada 2026-01-05T08:01:00+00:00 false"]"#]
    );
    // held by somebody, it is open all the same
    assert_eq!(world.board("LOOK").await, looked);
    world.take_up("B", "ada", TaskAct::Release { note: None }).await;
    assert_eq!(world.board("WHOSE").await[..2], ["0", "[]"]);
    world.tell_of("round", "A", "SEEN", "ben", "nurse").await;
    assert_eq!(
        world.board("LOOK").await[..2],
        ["1", r#"["round/B visiting.look.looking 8"]"#]
    );
    world.prove().await;
}

async fn whoever_waits_for_tasks_is_woken(store: Arc<dyn Store>) {
    let mut world = begun(store).await;
    world.start("board", "W4", &[]).await.unwrap();
    world.take_up("B", "ada", TaskAct::Claim).await;
    world.tell_of("board", "W3", "WAIT", "ann", "clerk").await;
    world.tell_of("board", "W4", "WAIT_FOR_ADA", "ann", "clerk").await;
    let is = async |world: &World, key: &str, state: &str| {
        world.show("board", key).await.states.iter().any(|active| **active == *state)
    };
    world.tell_of("round", "A", "SEEN", "ben", "nurse").await;
    assert!(is(&world, "W3", "waiting").await && is(&world, "W4", "waiting_for_ada").await);
    world.take_up("B", "ada", TaskAct::Release { note: None }).await;
    assert!(is(&world, "W3", "waiting").await && is(&world, "W4", "quiet").await);
    world.tell_of("round", "B", "HOLD", "ann", "clerk").await;
    assert!(is(&world, "W3", "quiet").await);
    world.prove().await;
}
