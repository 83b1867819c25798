//! How long somebody stays signed in, and what ends it.

use std::sync::Arc;

use statewright_engine::error::EngineError;
use statewright_engine::identity::{IDLE_US, LENGTH_US, SESSIONS_MAX, Use};

use super::{PASSWORD, ROLES, seconds};
use crate::support::{World, operator, person, source};

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_a_shift_at_the_latest() {
    let world = World::with(&[]).await;
    world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
    world.with_password("cle", &["clerk"]).await;
    world.with_password("ann", &["nurse"]).await;
    // the shortest of all roles, those that are included among them
    world.with_password("cha", &["charge_nurse"]).await;
    for (id, idle_us) in [("cle", IDLE_US), ("ann", 600_000_000), ("cha", 600_000_000)] {
        let signed_in = world.sign_in(id, PASSWORD).await.unwrap();
        world.pass(seconds(idle_us) - 1);
        assert!(world.who(&signed_in).await.is_some(), "{id}");
        world.pass(seconds(idle_us) - 1);
        // a page that asks by itself keeps nobody signed in
        let watched = world
            .engine()
            .identity()
            .identify(&signed_in.secret, Use::Watches, world.now())
            .await;
        assert!(watched.unwrap().is_some(), "{id}");
        world.pass(1);
        assert!(world.who(&signed_in).await.is_none(), "{id}");
    }
    let signed_in = world.sign_in("cle", PASSWORD).await.unwrap();
    for _ in 0..(LENGTH_US / IDLE_US * 2 - 1) {
        world.pass(seconds(IDLE_US) / 2);
        assert!(world.who(&signed_in).await.is_some());
    }
    world.pass(seconds(IDLE_US) / 2);
    assert!(world.who(&signed_in).await.is_none());
    // what is over is taken away, and the trail says so
    let before = world.acts().await.len();
    world.engine().identity().tick(world.now()).await.unwrap();
    let acts = world.acts().await;
    assert_eq!(
        acts[before..],
        ["session_ended", "session_ended", "session_ended", "session_ended"]
    );
    assert!(world.store.sessions_of("cle").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_revoked_session_is_refused_on_every_node_at_once() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["nurse"]).await;
    let other = world.another_node("two").engine;
    let (here, there) = (world.engine(), other);
    let signed_in = world.sign_in("ann", PASSWORD).await.unwrap();
    let identify = async || {
        there
            .identity()
            .identify(&signed_in.secret, Use::Acts, world.now())
            .await
            .unwrap()
    };
    assert!(identify().await.is_some());
    let foreign = here
        .identity()
        .end_session("bob", &signed_in.session, &operator(), world.now())
        .await;
    assert_eq!(foreign, Err(EngineError::Hidden));
    here.identity()
        .end_session("ann", &signed_in.session, &operator(), world.now())
        .await
        .unwrap();
    assert!(identify().await.is_none());
}

#[tokio::test]
async fn the_directory_says_who_somebody_is_now() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["nurse"]).await;
    let signed_in = world.sign_in("ann", PASSWORD).await.unwrap();
    assert_eq!(world.who(&signed_in).await.unwrap().actor.roles, [Arc::from("nurse")]);
    let engine = world.engine();
    engine.put_person(&person("ann", &["clerk"]), &operator()).await.unwrap();
    assert_eq!(world.who(&signed_in).await.unwrap().actor.roles, [Arc::from("clerk")]);
    engine.remove_person("ann", &operator()).await.unwrap();
    assert!(world.who(&signed_in).await.is_none());
    world.sign_in("ann", PASSWORD).await.unwrap_err();
    // who comes back begins anew
    engine.put_person(&person("ann", &["clerk"]), &operator()).await.unwrap();
    assert!(world.who(&signed_in).await.is_none());
    world.sign_in("ann", PASSWORD).await.unwrap_err();
    world.prove().await;
}

#[tokio::test]
async fn somebody_has_so_many_sessions_and_no_more() {
    let world = World::with(&[]).await;
    world.with_password("ann", &["nurse"]).await;
    let first = world.sign_in("ann", PASSWORD).await.unwrap();
    for _ in 0..SESSIONS_MAX {
        world.pass(1);
        world.sign_in("ann", PASSWORD).await.unwrap();
    }
    assert_eq!(world.store.sessions_of("ann").await.unwrap().len(), SESSIONS_MAX);
    assert!(world.who(&first).await.is_none());
}
