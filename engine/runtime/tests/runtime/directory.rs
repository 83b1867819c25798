//! The directory: who is put there is found by what they hold, on each store, and every change stands in a trail.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, Audience, AudiencePattern, SYSTEM_WORKFLOW};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::error::EngineError;
use statewright_engine::store::Store;

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, operator, person, source};

const ROLES: &str = "
roles: {clerk: {}, buyer: {}, approver: {}, nurse: {}, charge_nurse: {includes: [nurse]}}
apart: [[buyer, approver]]
units: [ED, W3]
";

impl World {
    async fn put(&self, somebody: &Actor) -> Result<(), String> {
        let engine = self.engine();
        let put = engine.directory().put(somebody, &operator(), self.now()).await;
        put.map_err(|error| error.to_string())
    }

    async fn among(&self, role: &str) -> Vec<String> {
        let audience = Audience {
            any_of: vec![AudiencePattern {
                role: Some(vec![role.into()]),
                ..AudiencePattern::default()
            }],
            never: vec!["eve".into()],
        };
        let engine = self.engine();
        let people = engine.directory().among(&audience).await.unwrap();
        people.iter().map(|person| person.id.to_string()).collect()
    }
}

async fn found_by_what_they_hold(store: Arc<dyn Store>) {
    let world = World::on(store, &[], |_| {}).await;
    world.put(&person("ann", &["nurse"])).await.unwrap();
    world.put(&person("eve", &["nurse"])).await.unwrap();
    world.put(&person("cat", &["charge_nurse"])).await.unwrap();
    assert_eq!(world.among("nurse").await, ["ann"]);
    // what a role includes is found as soon as a file of roles says so
    let engine = world.engine();
    engine.deploy_roles(&source(ROLES), &operator()).await.unwrap();
    assert_eq!(world.among("nurse").await, ["ann", "cat"]);
    let cat = engine.person("cat").await.unwrap().unwrap();
    assert_eq!(cat.roles, ["charge_nurse".into(), "nurse".into()] as [Arc<str>; 2]);
    // a change is seen by the next look, and so is one who goes
    world.put(&person("ann", &["clerk"])).await.unwrap();
    assert_eq!(world.among("nurse").await, ["cat"]);
    engine.directory().remove("cat", &operator(), world.now()).await.unwrap();
    assert_eq!(world.among("nurse").await, Vec::<String>::new());
    assert_eq!(engine.person("cat").await.unwrap(), None);
    let gone = engine.directory().remove("cat", &operator(), world.now()).await;
    assert_eq!(gone, Err(EngineError::Hidden));
    let everybody: Vec<String> = engine
        .directory()
        .people()
        .await
        .unwrap()
        .iter()
        .map(|each| each.id.to_string())
        .collect();
    assert_eq!(everybody, ["ann", "eve"]);
    world.prove().await;
}

#[tokio::test]
async fn people_are_found_by_what_they_hold_and_what_that_includes() {
    on_memory(found_by_what_they_hold).await;
    on_sqlite(found_by_what_they_hold).await;
    on_postgres(found_by_what_they_hold).await;
}

#[tokio::test]
async fn another_node_follows_a_new_file_of_roles() {
    on_memory(async |store| {
        let world = World::on(store, &[], |_| {}).await;
        let two = world.another_node("two");
        let deployed = world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
        assert!(!deployed.unchanged);
        assert!(two.engine.directory().roles().is_none());
        two.engine.directory().refresh().await.unwrap();
        assert_eq!(two.engine.directory().roles().unwrap().version, deployed.version);
        let again = two.engine.deploy_roles(&source(ROLES), &operator()).await.unwrap();
        assert!(again.unchanged);
        let refused = two.engine.deploy_roles(&source("workflow: x\n"), &operator()).await;
        assert!(matches!(refused, Err(EngineError::DefinitionRefused(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_cannot_be_as_asked_is_refused_with_every_reason() {
    on_memory(async |store| {
        let world = World::on(store, &[], |_| {}).await;
        world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
        let refused = async |somebody: Actor, words: &[&str]| {
            let said = world.put(&somebody).await.unwrap_err();
            for word in words {
                assert!(said.contains(word), "{word}: {said}");
            }
        };
        refused(
            person("ann", &["buyer", "approver"]),
            &["nobody may have both `approver` and `buyer`"],
        )
        .await;
        refused(person("ann", &["nruse"]), &["there is no role `nruse`"]).await;
        let elsewhere = Actor {
            unit: Some("W9".into()),
            ..person(" ann", &["nurse"])
        };
        refused(elsewhere, &["`id`: ` ann` holds", "there is no unit `W9`"]).await;
        refused(person("", &["nurse"]), &["`id`: is empty"]).await;
        let many: Vec<String> = (0..200).map(|number| format!("r{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        refused(person("ann", &many), &["more than 100"]).await;
        assert_eq!(world.engine().directory().people().await.unwrap(), Vec::new());
        // the engine's own roles are always there
        world.put(&person("olga", &["operator"])).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn every_change_says_by_whom() {
    on_memory(async |store| {
        let world = World::on(store.clone(), &[], |_| {}).await;
        world.put(&person("ann", &["nurse"])).await.unwrap();
        world
            .engine()
            .directory()
            .remove("ann", &person("otto", &["operator"]), world.now())
            .await
            .unwrap();
        let rows = store
            .trail(InstanceId::of(SYSTEM_WORKFLOW, "person/ann"), 0, 10)
            .await
            .unwrap();
        let acts: Vec<String> = rows
            .iter()
            .map(|row| {
                let entry = EntryText::read(&row.bytes).unwrap();
                let act = entry
                    .input()
                    .and_then(|input| input.get("act"))
                    .and_then(|act| act.field("act"))
                    .cloned();
                let act = act.as_ref().and_then(Value::as_text).unwrap_or_default().to_owned();
                format!("{act} by {}", entry.actor().unwrap().id)
            })
            .collect();
        assert_eq!(acts, ["person_put by olga", "person_removed by otto"]);
    })
    .await;
}

#[tokio::test]
async fn a_token_brings_what_its_roles_include() {
    on_memory(async |store| {
        let world = World::on(store, &[], |_| {}).await;
        let (engine, now) = (world.engine(), world.now());
        let cat = person("cat", &["charge_nurse"]);
        let token = engine.tokens().issue(&cat, None, &operator(), now).await.unwrap();
        engine.deploy_roles(&source(ROLES), &operator()).await.unwrap();
        let known = engine.tokens().authenticate(&token.text, now).await.unwrap().unwrap();
        assert_eq!(known.roles, ["charge_nurse".into(), "nurse".into()] as [Arc<str>; 2]);
        // what is listed is what was given
        let listed = engine.tokens().list().await.unwrap();
        assert_eq!(listed.first().map(|token| token.actor.roles.len()), Some(1));
    })
    .await;
}
