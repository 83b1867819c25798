//! Queues: never stale, and they say why.

use statewright_core::step::{Actor, TaskAct, TaskRef};
use statewright_core::value::Value;
use statewright_engine::TaskRequest;
use statewright_engine::error::EngineError;
use statewright_engine::intake::Answer;
use statewright_engine::queries::QueueRequest;

use crate::support::{World, object, person, send_of};

const ORDER: &str = "
workflow: order
title: Order {{ key }}
data: {practice: {type: string, default: north}, rush: {type: boolean, default: false}}
start: {by: [clerk], input: [optional rush]}
access:
  - {for: [clerk, inspector]}
initial: review
states:
  review:
    task:
      title: Review {{ key }}
      for: [clerk]
      due: 2h
      priority: \"{{ 'high' if rush else 'normal' }}\"
      escalate:
        - {after: 1h, while: unclaimed, to: [supervisor], via: [mail]}
    on:
      ACCEPT: {target: inspection, by: [clerk]}
      QUERY: {by: [clerk], actions: [{notify: {to: [{role: ecp, organisation: \"{{ practice }}\"}], text: What now, thread: true}}]}
  inspection:
    task: {for: [{role: inspector}, {not: \"{{ history.ACCEPT.actor }}\"}], title: \"Inspect {{ key }}\"}
    on: {PASS: {target: done, by: [inspector]}}
  done: {type: final}
";

impl World {
    async fn act(&self, key: &str, task: &str, who: &Actor, act: TaskAct) -> Answer {
        let engine = self.engine();
        let request = TaskRequest {
            workflow: "order".into(),
            key: key.into(),
            task: TaskRef::read(task),
            act,
            actor: who.clone(),
            input_key: None,
            expected: None,
        };
        self.ask(async move { engine.act(request).await }).await.unwrap()
    }

    /// The queue of somebody: titles, with whoever holds it.
    async fn queue(&self, who: &Actor) -> Vec<String> {
        let request = QueueRequest {
            limit: 100,
            ..QueueRequest::default()
        };
        let queue = self.engine().queue(&request, who).await.unwrap();
        let line = |queued: &statewright_engine::queries::Queued| match &queued.task.holder {
            Some(holder) => format!("{} ({holder})", queued.task.title),
            None => queued.task.title.clone(),
        };
        queue.tasks.iter().map(line).collect()
    }
}

async fn begun() -> World {
    let world = World::with(&[ORDER]).await;
    world.start("order", "A", &[]).await.unwrap();
    world.pass(60);
    world.start("order", "B", &[]).await.unwrap();
    world.start("order", "C", &[("rush", Value::Boolean(true))]).await.unwrap();
    world
}

fn said(answer: &Answer) -> String {
    format!("{:?}", answer.verdict)
}

#[tokio::test]
async fn what_breaks_first_comes_first_and_a_claim_is_seen_by_the_next_look_of_anyone() {
    let world = begun().await;
    let (ann, bob) = (person("ann", &["clerk"]), person("bob", &["clerk"]));
    assert_eq!(world.queue(&ann).await, ["Review C", "Review A", "Review B"]);
    let taken = world.act("A", "review", &ann, TaskAct::Claim).await;
    assert_eq!(taken.verdict.as_str(), "taken");
    assert_eq!(world.queue(&bob).await, ["Review C", "Review B"]);
    assert_eq!(world.queue(&ann).await, ["Review C", "Review A (ann)", "Review B"]);
    let lost = world.act("A", "review", &bob, TaskAct::Claim).await;
    assert!(said(&lost).contains("ann holds this task"), "{lost:?}");
    assert_eq!(world.queue(&person("eve", &["visitor"])).await, Vec::<String>::new());
    world.prove().await;
}

#[tokio::test]
async fn who_is_excluded_does_not_find_it() {
    let world = begun().await;
    let mut accept = send_of("order", "A", "ACCEPT");
    accept.actor = person("ann", &["clerk"]);
    accept.task = Some(TaskRef::read("review"));
    world.send_as(accept).await.unwrap();
    let both = ["clerk", "inspector"];
    assert_eq!(world.queue(&person("ann", &both)).await, ["Review C", "Review B"]);
    assert_eq!(world.queue(&person("cy", &both)).await, ["Review C", "Review B", "Inspect A"]);
}

#[tokio::test]
async fn a_rung_brings_it_to_others_and_the_queue_says_why() {
    let mut world = begun().await;
    let sue = person("sue", &["supervisor"]);
    world.act("B", "review", &person("ann", &["clerk"]), TaskAct::Claim).await;
    world.pass(3_600);
    world.settle().await;
    assert_eq!(world.queue(&sue).await, ["Review C", "Review A"]);
    let request = QueueRequest {
        limit: 1,
        ..QueueRequest::default()
    };
    let queue = world.engine().queue(&request, &sue).await.unwrap();
    assert!(queue.next.is_some());
    let why: Vec<&str> = queue.tasks[0].task.why.iter().map(|why| why.what.as_str()).collect();
    assert_eq!(why, ["start, by ann", "still unclaimed: went to supervisor as well"]);
    let inbox = world.engine().inbox(&sue, None, 10).await.unwrap();
    let texts: Vec<&str> = inbox.notices.iter().map(|notice| &*notice.body.text).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts.contains(&"Waits: Review A"));
    world.prove().await;
}

#[tokio::test]
async fn a_notice_reaches_whom_it_is_for() {
    let world = begun().await;
    world.send("order", "A", "QUERY").await.unwrap();
    let of = |organisation: &str| {
        let mut ecp = person("opt", &["ecp"]);
        ecp.organisation = Some(organisation.into());
        ecp
    };
    assert_eq!(world.engine().inbox(&of("north"), None, 10).await.unwrap().notices.len(), 1);
    assert_eq!(world.engine().inbox(&of("south"), None, 10).await.unwrap().notices.len(), 0);
}

#[tokio::test]
async fn a_repeated_act_is_done_once() {
    let world = begun().await;
    let engine = world.engine();
    let claim = || TaskRequest {
        workflow: "order".into(),
        key: "A".into(),
        task: TaskRef::read("review"),
        act: TaskAct::Claim,
        actor: person("ann", &["clerk"]),
        input_key: Some(crate::support::key("claim")),
        expected: None,
    };
    let (first, again) = (claim(), claim());
    let one = engine.clone();
    assert!(!world.ask(async move { one.act(first).await }).await.unwrap().duplicate);
    let answer = world.ask(async move { engine.act(again).await }).await.unwrap();
    assert!(answer.duplicate && answer.verdict.as_str() == "taken");
    assert!(object(&[]).is_empty());
    world.prove().await;
}

#[tokio::test]
async fn who_was_reached_by_a_rung_is_told_that_it_has_moved_on() {
    let mut world = begun().await;
    world.pass(3_600);
    world.settle().await;
    let stale = |who: &str, role: &str| TaskRequest {
        workflow: "order".into(),
        key: "A".into(),
        task: TaskRef::read("review"),
        act: TaskAct::Claim,
        actor: person(who, &[role]),
        input_key: None,
        expected: Some(1),
    };
    let (engine, request) = (world.engine(), stale("sue", "supervisor"));
    let told = world.ask(async move { engine.act(request).await }).await;
    assert_eq!(told, Err(EngineError::StaleRevision { current: 2 }));
    let (engine, request) = (world.engine(), stale("eve", "visitor"));
    let told = world.ask(async move { engine.act(request).await }).await;
    assert!(matches!(told, Err(EngineError::NoSuchInstance { .. })), "{told:?}");
}
