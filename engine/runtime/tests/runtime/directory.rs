//! The directory: who is put there is found by what they hold, on each store, and every change stands in a trail.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, Audience, AudiencePattern, SYSTEM_WORKFLOW, TaskAct, TaskRef, Verdict};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::directory::Absence;
use statewright_engine::error::EngineError;
use statewright_engine::queries::QueueRequest;
use statewright_engine::store::Store;
use statewright_engine::{SendRequest, TaskRequest};

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, answer_of, operator, person, send_of, source, start_of};

const ROLES: &str = "
roles: {clerk: {}, buyer: {}, approver: {}, nurse: {}, charge_nurse: {includes: [nurse]}}
apart: [[buyer, approver]]
units: [ED, W3]
substitutes: {nurse: [nurse]}
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
        people.iter().map(|person| person.actor.id.to_string()).collect()
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
        .map(|each| each.actor.id.to_string())
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

async fn stood_in_for(world: &World, substitute: &Actor) -> Vec<String> {
    let people = world
        .engine()
        .directory()
        .stood_in_for(substitute, world.now())
        .await
        .unwrap();
    people.iter().map(|person| person.actor.id.to_string()).collect()
}

async fn substitutes(store: Arc<dyn Store>) {
    const CASE: &str = "
workflow: case
data: {owner: user}
start: {by: [clerk], input: [owner]}
access: [{for: [clerk, {user: \"{{ owner }}\"}]}]
initial: open
states:
  open:
    task: {title: Decide, for: [{user: \"{{ owner }}\"}]}
    on: {DECIDE: {target: done, by: [{user: \"{{ owner }}\"}]}}
  done: {on: {CHECK: {by: [clerk, {not: \"{{ owner }}\"}]}}}
";
    let world = World::on(store.clone(), &[CASE], |_| {}).await;
    let engine = world.engine();
    let directory = engine.directory();
    engine.deploy_roles(&source(ROLES), &operator()).await.unwrap();
    for (id, role) in [("ann", "nurse"), ("bob", "charge_nurse"), ("eve", "clerk")] {
        world.put(&person(id, &[role])).await.unwrap();
    }
    let away = |substitute: &str, hours: i64| Absence {
        from: Some(world.now()),
        until: Some(world.now() + jiff::SignedDuration::from_hours(hours)),
        substitute: Some(substitute.into()),
    };
    let refused = async |absence: Absence, words: &str| {
        let said = directory
            .absent("ann", Some(absence), &operator(), world.now())
            .await
            .unwrap_err();
        assert!(said.to_string().contains(words), "{words}: {said}");
    };
    refused(away("eve", 8), "`eve` may not stand in for a `nurse`").await;
    refused(away("ann", 8), "nobody stands in for themselves").await;
    refused(away("zoe", 8), "there is no `zoe` in the directory").await;
    refused(away("bob", -1), "`until`: is not after the beginning").await;
    directory
        .absent("ann", Some(away("bob", 8)), &operator(), world.now())
        .await
        .unwrap();
    // who they are may change while they are away
    world.put(&person("ann", &["nurse", "clerk"])).await.unwrap();
    world.start("case", "A", &[("owner", Value::from("ann"))]).await.unwrap();
    let bob = person("bob", &["charge_nurse"]);
    let for_ann = directory.standing_in(&bob, "ann", world.now()).await.unwrap().unwrap();
    assert_eq!(stood_in_for(&world, &bob).await, ["ann"]);
    assert_eq!(stood_in_for(&world, &person("eve", &["clerk"])).await, [""; 0]);
    assert_eq!(
        directory
            .standing_in(&person("eve", &["clerk"]), "ann", world.now())
            .await
            .unwrap(),
        None
    );
    // what is for her by name is for him on her behalf, and only then
    let request = QueueRequest {
        limit: 10,
        ..QueueRequest::default()
    };
    assert_eq!(engine.queue(&request, &bob).await.unwrap().tasks.len(), 0);
    assert_eq!(engine.queue(&request, &for_ann).await.unwrap().tasks.len(), 1);
    let verdict = async |event: &str, who: &Actor| {
        let request = SendRequest {
            actor: who.clone(),
            ..send_of("case", "A", event)
        };
        world.send_as(request).await.map(|answer| answer.verdict.as_str())
    };
    assert!(verdict("DECIDE", &bob).await.is_err(), "he does not see it");
    // nor is it another's when she holds it
    let act = async |who: &Actor, act: TaskAct| {
        let request = TaskRequest {
            workflow: "case".into(),
            key: "A".into(),
            task: TaskRef::read("open"),
            act,
            actor: who.clone(),
            input_key: None,
            expected: None,
        };
        let engine = world.engine();
        let answer = world.ask(async move { engine.act(request).await }).await;
        answer.map(|answer| answer.verdict.as_str())
    };
    assert_eq!(act(&person("ann", &["nurse"]), TaskAct::Claim).await.ok(), Some("taken"));
    let own = QueueRequest {
        own: true,
        ..request.clone()
    };
    let held_by = async |who: &Actor| {
        let queue = engine.queue(&own, who).await.unwrap();
        queue
            .tasks
            .iter()
            .map(|queued| queued.task.holder.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(held_by(&for_ann).await, [Some("ann".into())]);
    assert_eq!(held_by(&bob).await, []);
    assert!(
        act(&bob, TaskAct::Release { note: None }).await.is_err(),
        "he does not know of it"
    );
    let comment = TaskAct::Comment { text: "seen".into() };
    assert_eq!(act(&for_ann, comment).await.ok(), Some("taken"));
    assert_eq!(verdict("DECIDE", &for_ann).await, Ok("taken"));
    // what she is excluded from, anybody is on her behalf
    let cyd = person("cyd", &["clerk"]);
    let cyd_for_ann = Actor {
        on_behalf_of: Some("ann".into()),
        ..cyd.clone()
    };
    assert_eq!(verdict("CHECK", &cyd_for_ann).await, Ok("refused"));
    assert_eq!(verdict("CHECK", &cyd).await, Ok("taken"));
    // the trail says both
    let rows = store.trail(InstanceId::of("case", "A"), 0, 10).await.unwrap();
    let said: Vec<(String, Option<String>)> = rows
        .iter()
        .map(|row| EntryText::read(&row.bytes).unwrap().actor().unwrap())
        .map(|actor| (actor.id.to_string(), actor.on_behalf_of.map(|away| away.to_string())))
        .collect();
    assert!(said.contains(&("bob".into(), Some("ann".into()))), "{said:?}");
    // who may not stand in any more does not, whatever was said once
    let porter = person("bob", &["clerk"]);
    assert_eq!(directory.standing_in(&porter, "ann", world.now()).await.unwrap(), None);
    assert_eq!(stood_in_for(&world, &porter).await, [""; 0]);
    world.put(&person("ann", &["nurse", "approver"])).await.unwrap();
    let stricter = ROLES.replace("{nurse: [nurse]}", "{nurse: [nurse], approver: [approver]}");
    engine.deploy_roles(&source(&stricter), &operator()).await.unwrap();
    assert_eq!(directory.standing_in(&bob, "ann", world.now()).await.unwrap(), None);
    world.put(&person("ann", &["nurse", "clerk"])).await.unwrap();
    assert!(directory.standing_in(&bob, "ann", world.now()).await.unwrap().is_some());
    // it ends by itself
    world.pass(8 * 3_600);
    assert_eq!(directory.standing_in(&bob, "ann", world.now()).await.unwrap(), None);
    assert_eq!(stood_in_for(&world, &bob).await, [""; 0]);
    world.prove().await;
}

#[tokio::test]
async fn a_substitute_acts_for_who_is_away_as_themselves_and_for_so_long() {
    on_memory(substitutes).await;
    on_sqlite(substitutes).await;
    on_postgres(substitutes).await;
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_and_one_that_is_kept_is_not_shown_by_accident() {
    let world = World::with(&[]).await;
    let engine = world.engine();
    let directory = engine.directory();
    let mut somebody = person("bob", &["nurse"]);
    somebody.unit = Some("a,b".into());
    let refused = engine.put_person_with_mail(&somebody, Some("bob"), &operator()).await;
    let Err(EngineError::PersonRefused(refusals)) = refused else {
        panic!("{refused:?}")
    };
    let mut fields: Vec<_> = refusals.iter().filter_map(|refusal| refusal.field.as_deref()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["mail", "unit"], "all at once");
    let ada = person("ada", &["nurse"]);
    let mail = Some("ada@lab.example");
    engine.put_person_with_mail(&ada, mail, &operator()).await.unwrap();
    let reached = || async { directory.reached("ada").await.unwrap().unwrap() };
    let kept = reached().await;
    assert_eq!(kept.mail.as_ref().map(|mail| mail.as_str()), mail);
    assert!(!format!("{kept:?}").contains("ada@"), "{kept:?}");
    // being away changes nothing of it, being put anew without one takes it away
    let away = Absence {
        from: None,
        until: None,
        substitute: None,
    };
    directory.absent("ada", Some(away), &operator(), world.now()).await.unwrap();
    assert_eq!(reached().await.mail, kept.mail);
    engine.put_person(&ada, &operator()).await.unwrap();
    assert_eq!(reached().await.mail, None);
}

const MOVING: &str = "workflow: stay
key: \"{{ name }}\"
data: {name: string, place: unit}
start: {by: [clerk], input: [name, place]}
access: [{for: [clerk]}]
initial: here
states: {here: {on: {MOVE: {by: [clerk], input: [place]}, LOOK: {by: [clerk]}}}}
";

/// A unit is one of those that the file of roles names when it is given; what stood there before stays.
async fn units_are_those_of_the_file(store: Arc<dyn Store>) {
    let world = World::on(store, &[MOVING], |_| {}).await;
    let begin = async |name: &str, at: &str| {
        let payload = [("name", Value::from_text(name)), ("place", Value::from_text(at))];
        let answer = world.start("stay", name, &payload).await.unwrap();
        said(&answer.verdict)
    };
    let move_to = async |at: &str| {
        let mut request = send_of("stay", "one", "MOVE");
        request.payload.insert("place".into(), Value::from_text(at));
        said(&world.send_as(request).await.unwrap().verdict)
    };
    // nobody has named any
    assert_eq!(begin("one", "Emergency").await, "taken");
    world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
    assert_eq!(begin("two", "Emergency").await, "place must be one of ED or W3");
    assert_eq!(begin("two", "ED").await, "taken");
    assert_eq!(move_to("Emergency").await, "place must be one of ED or W3");
    assert_eq!(said(&world.send("stay", "one", "LOOK").await.unwrap().verdict), "taken");
    assert_eq!(move_to("W3").await, "taken");
    let without = source("roles: {clerk: {}}\nunits: {ED: {title: Emergency department}}\n");
    world.engine().deploy_roles(&without, &operator()).await.unwrap();
    assert_eq!(move_to("W3").await, "place must be ED (Emergency department)");
    assert_eq!(said(&world.send("stay", "one", "LOOK").await.unwrap().verdict), "taken");
    assert_eq!(world.field("stay", "one", "place").await, Value::from_text("W3"));
    // all of it comes out the same again, whatever the file says by now
    world.prove().await;
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refused(refusals) => refusals
            .iter()
            .map(|refusal| format!("{} {}", refusal.field.as_deref().unwrap_or_default(), refusal.sentence))
            .collect(),
        verdict => verdict.as_str().to_owned(),
    }
}

#[tokio::test]
async fn a_unit_that_is_given_is_one_of_the_file_of_roles() {
    on_memory(units_are_those_of_the_file).await;
    on_sqlite(units_are_those_of_the_file).await;
    on_postgres(units_are_those_of_the_file).await;
}

#[tokio::test]
async fn another_node_knows_a_new_unit_as_soon_as_it_is_given() {
    on_memory(async |store| {
        let world = World::on(store, &[MOVING], |_| {}).await;
        let mut two = world.another_node("two");
        world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
        two.engine.directory().refresh().await.unwrap();
        let more = source("roles: {clerk: {}}\nunits: [ED, W3, W4]\n");
        world.engine().deploy_roles(&more, &operator()).await.unwrap();
        let payload = [("name", Value::from_text("one")), ("place", Value::from_text("W4"))];
        let (engine, start) = (two.engine.clone(), start_of("stay", None, &payload));
        let asked = tokio::spawn(async move { engine.start(start).await });
        let answer = answer_of(&mut two, world.now(), asked).await;
        assert_eq!(said(&answer.unwrap().verdict), "taken");
    })
    .await;
}
