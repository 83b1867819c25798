//! What may be seen, and by whom.

use statewright_core::value::Value;
use statewright_engine::error::EngineError;
use statewright_engine::queries::ListRequest;

use crate::support::{World, clerk, operator, person};

const FILE: &str = "
workflow: file
title: File {{ key }}
data:
  name: {type: string, phi: true}
  unit: string
start: {by: [clerk], input: [name, unit]}
access:
  - {for: [clerk]}
  - {for: [guest], show: [unit]}
  - {for: [nurse], if: unit == actor.unit}
initial: open
states:
  open:
    label: Open
    on:
      CLOSE: {target: closed, by: [clerk], title: Close it}
  closed: {type: final}
";

async fn world() -> World {
    let world = World::with(&[FILE]).await;
    for (key, unit) in [("1", "north"), ("2", "south"), ("3", "north")] {
        world
            .start("file", key, &[("name", Value::from("Ida")), ("unit", Value::from(unit))])
            .await
            .unwrap();
        world.pass(1);
    }
    world
}

#[tokio::test]
async fn what_is_shown_depends_on_who_looks() {
    let world = world().await;
    let shown = world.show("file", "1").await;
    assert_eq!((shown.title.as_str(), shown.label.as_deref()), ("File 1", Some("Open")));
    assert_eq!(shown.data.get("name"), Some(&Value::from("Ida")));
    let engine = world.engine();
    let guest = engine.show("file", "1", &person("gus", &["guest"])).await.unwrap();
    assert_eq!(
        (guest.data.get("name"), guest.data.get("unit")),
        (None, Some(&Value::from("north")))
    );
    assert_eq!(engine.show("file", "1", &person("eve", &[])).await, Err(EngineError::Hidden));
    assert_eq!(engine.show("file", "9", &clerk()).await, Err(EngineError::Hidden));
    assert_eq!(
        engine.trail("file", "1", &person("gus", &["guest"]), 0, 10).await,
        Err(EngineError::Hidden)
    );
    let trail = engine.trail("file", "1", &clerk(), 0, 10).await.unwrap();
    assert!(!trail[0].bytes.contains("Ida"), "{}", trail[0].bytes);
}

#[tokio::test]
async fn a_list_holds_what_may_be_seen_page_by_page() {
    let world = world().await;
    let engine = world.engine();
    let mut nurse = person("nora", &["nurse"]);
    nurse.unit = Some("north".into());
    let keys = async |request: &ListRequest, actor: &_| {
        let listed = engine.list(request, actor).await.unwrap();
        (
            listed
                .instances
                .iter()
                .map(|shown| shown.key.to_string())
                .collect::<Vec<_>>()
                .join(" "),
            listed.next,
        )
    };
    let all = ListRequest {
        limit: 10,
        ..ListRequest::default()
    };
    assert_eq!(keys(&all, &clerk()).await, ("3 2 1".into(), None));
    assert_eq!(keys(&all, &nurse).await, ("3 1".into(), None));
    assert_eq!(keys(&all, &person("eve", &[])).await, (String::new(), None));
    let first = ListRequest {
        limit: 1,
        ..ListRequest::default()
    };
    let (page, next) = keys(&first, &nurse).await;
    assert_eq!(page, "3");
    let (page, next) = keys(
        &ListRequest {
            after: next,
            ..first.clone()
        },
        &nurse,
    )
    .await;
    assert_eq!(page, "1");
    assert_eq!(
        keys(&ListRequest { after: next, ..first }, &nurse).await,
        (String::new(), None)
    );
}

#[tokio::test]
async fn an_actor_is_told_what_it_could_send() {
    let world = world().await;
    let offers = world.engine().can("file", "1", &clerk()).await.unwrap();
    let offers: Vec<_> = offers
        .iter()
        .map(|offer| (&*offer.event, offer.title.as_str(), offer.refusals.is_empty()))
        .collect();
    assert_eq!(offers, [("CLOSE", "Close it", true)]);
}

#[tokio::test]
async fn erased_personal_data_is_gone_and_the_trail_still_proves_itself() {
    let world = world().await;
    world.engine().erase("file", "1", &operator()).await.unwrap();
    assert_eq!(world.show("file", "1").await.data.get("name"), Some(&Value::Null));
    assert_eq!(
        world
            .store
            .personal(statewright_core::identity::InstanceId::of("file", "1"))
            .await
            .unwrap(),
        []
    );
    world.send("file", "1", "CLOSE").await.unwrap();
    assert_eq!(
        world.trail("file", "1").await,
        [
            "start by ann: taken",
            "erasure by olga: recorded",
            "event CLOSE by ann: taken"
        ]
    );
    world.prove().await;
}

#[tokio::test]
async fn a_token_says_who_someone_is_until_it_is_revoked() {
    let world = world().await;
    let engine = world.engine();
    let now = world.now();
    let expires = now + jiff::SignedDuration::from_secs(60);
    let issued = engine
        .tokens()
        .issue(&clerk(), Some(expires), &operator(), now)
        .await
        .unwrap();
    let known = engine.tokens().authenticate(&issued.text, now).await.unwrap();
    assert_eq!(known.as_deref(), Some(&clerk()));
    assert_eq!(engine.tokens().authenticate("swt_nobody", now).await.unwrap(), None);
    assert_eq!(engine.tokens().authenticate(&issued.text, expires).await.unwrap(), None);
    engine.tokens().revoke(&issued.id, &operator(), now).await.unwrap();
    assert_eq!(engine.tokens().authenticate(&issued.text, now).await.unwrap(), None);
    let acts = world.trail("statewright-system", "system").await;
    assert_eq!(acts.len(), 3, "{acts:?}");
    world.prove().await;
}

#[tokio::test]
async fn a_revocation_counts_on_every_node_once_it_is_answered() {
    let world = world().await;
    let other = world.another_node("two").engine;
    let now = world.now();
    let issued = world.engine().tokens().issue(&clerk(), None, &operator(), now).await.unwrap();
    // The other node has just found it, and nobody tells it anything.
    assert!(other.tokens().authenticate(&issued.text, now).await.unwrap().is_some());
    world.engine().tokens().revoke(&issued.id, &operator(), now).await.unwrap();
    assert_eq!(other.tokens().authenticate(&issued.text, now).await.unwrap(), None);
}

const HELD: &str = "
workflow: held
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: both
states:
  both:
    type: parallel
    states:
      work:
        initial: idle
        after:
          first: {in: 10s, actions: [{mark: {first: {}}}]}
          second: {in: 100s, actions: [{mark: {second: {}}}]}
        states: {idle: {}}
      hold:
        initial: off
        states:
          off: {on: {HOLD: {target: on, by: [clerk]}}}
          on: {pauses: [work], on: {RELEASE: {target: off, by: [clerk]}}}
";

#[tokio::test]
async fn what_is_shown_of_timers_runs_or_is_paused() {
    let mut world = World::with(&[HELD]).await;
    world.start("held", "A", &[]).await.unwrap();
    let shown = async |world: &World| {
        let shown = world.show("held", "A").await;
        let running: Vec<&str> = shown.timers.iter().map(|(name, _)| &**name).collect();
        let paused = shown
            .paused_timers
            .iter()
            .map(|(name, left)| format!("{name} {}s", left.microseconds / 1_000_000));
        format!(
            "{} | {} | {}",
            running.join(" "),
            paused.collect::<Vec<_>>().join(" "),
            shown.paused.join(" ")
        )
    };
    assert_eq!(shown(&world).await, "both.work/first both.work/second |  | ");
    world.live(20).await;
    assert_eq!(shown(&world).await, "both.work/second |  | ");
    world.send("held", "A", "HOLD").await.unwrap();
    assert_eq!(shown(&world).await, " | both.work/second 80s | both.work");
    world.send("held", "A", "RELEASE").await.unwrap();
    assert_eq!(shown(&world).await, "both.work/second |  | ");
}
