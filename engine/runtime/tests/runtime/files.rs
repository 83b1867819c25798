//! Files belong to the instance that names them from its commit on, and are kept and forgotten by that alone.

use std::sync::Arc;

use statewright_core::chart::Proof;
use statewright_core::field::FileRecord;
use statewright_core::step::{Actor, ActorKind, Verdict};
use statewright_core::value::{Object, Value};
use statewright_engine::SendRequest;
use statewright_engine::error::EngineError;
use statewright_engine::files::FileRefusal;
use statewright_engine::store::Store;

use crate::support::{World, clerk, on_every_store, operator, person, send_of};

const FOLDER: &str = "
workflow: folder
key: \"{{ no }}\"
data:
  no: string
  letter: optional file
  scan: {type: optional file, phi: true}
start: {by: [clerk], input: [no]}
access: [{for: [clerk]}]
initial: all
states:
  all:
    type: parallel
    states:
      work:
        initial: open
        states:
          open:
            on:
              PUT: {by: [clerk, {adapter: maker}], input: [optional letter, optional scan]}
              SIGN: {by: [clerk], input: [letter], sign: {means: I have read it, people: 2}}
              LATER: {by: [clerk], input: {copy: file}, actions: [{send: {to: {workflow: folder, key: B}, event: PUT_BY, with: {letter: \"{{ event.copy }}\"}, in: 7d}}]}
              PUT_BY: {by: [{workflow: folder}], input: [letter]}
      hold:
        initial: free
        states:
          free: {on: {REST: {target: held, by: [clerk]}}}
          held: {pauses: [work], on: {GO_ON: {target: free, by: [clerk]}}}
";

const DAY_S: i64 = 24 * 60 * 60;

on_every_store! {
    what_nobody_names_in_time_is_forgotten
    what_waits_to_be_signed_or_sent_is_kept
    an_erasure_takes_what_is_personal_and_nobody_else_has
    a_large_file_comes_back_as_it_was
}

async fn world(store: Arc<dyn Store>) -> World {
    let world = World::on(store, &[FOLDER], |_| {}).await;
    for no in ["A", "B"] {
        world.start("folder", no, &[("no", Value::from(no))]).await.unwrap();
    }
    world
}

async fn upload(world: &World, by: &Actor, bytes: &[u8]) -> FileRecord {
    let engine = world.engine();
    let mut receiving = engine.files().receive(by, "a.txt", None).await.unwrap();
    receiving.take(engine.files(), bytes).await.unwrap();
    receiving.finish(engine.files()).await.unwrap()
}

fn naming(fields: &[(&str, &FileRecord)]) -> Object {
    let named =
        |record: &FileRecord| Value::from_fields(Object::from([("file".into(), record.file.to_string().as_str().into())]));
    fields
        .iter()
        .map(|(field, record)| (Arc::from(*field), named(record)))
        .collect()
}

async fn send(world: &World, key: &str, event: &str, payload: Object) -> Verdict {
    let request = SendRequest {
        payload,
        ..send_of("folder", key, event)
    };
    world.send_as(request).await.unwrap().verdict
}

/// What whoever sees everything is given; None: nothing.
async fn bytes_of(world: &World, key: &str, record: &FileRecord) -> Option<Vec<u8>> {
    let given = world.engine().give_file("folder", key, record.file, &clerk()).await.unwrap();
    let mut given = given?;
    let mut bytes = Vec::new();
    while let Some(more) = given.next().await.unwrap() {
        bytes.extend_from_slice(&more);
    }
    Some(bytes)
}

async fn sweep(world: &mut World) {
    let now = world.now();
    world.node.sweeper.tick(now).await.unwrap();
}

async fn is_kept(world: &World, record: &FileRecord) -> bool {
    !world.store.files().uploads(&[record.file]).await.unwrap().is_empty()
}

async fn what_nobody_names_in_time_is_forgotten(store: Arc<dyn Store>) {
    let mut world = world(store).await;
    let mut other = world.another_node("two");
    let (early, late) = (
        upload(&world, &clerk(), b"early").await,
        upload(&world, &clerk(), b"late").await,
    );
    world.pass(DAY_S - 1);
    sweep(&mut world).await;
    assert_eq!(send(&world, "A", "PUT", naming(&[("letter", &early)])).await, Verdict::Taken);
    world.pass(2);
    let refused = send(&world, "A", "PUT", naming(&[("scan", &late)])).await;
    assert!(matches!(refused, Verdict::Refused(_)), "{refused:?}");
    sweep(&mut world).await;
    assert!(
        is_kept(&world, &late).await,
        "whoever named it at the last moment has still an hour"
    );
    world.pass(2 * 60 * 60);
    sweep(&mut world).await;
    other.sweeper.tick(world.now()).await.unwrap();
    assert!(!is_kept(&world, &late).await);
    world.pass(1000 * DAY_S);
    sweep(&mut world).await;
    assert_eq!(bytes_of(&world, "A", &early).await.as_deref(), Some(b"early".as_slice()));
    world.prove().await;
}

async fn what_waits_to_be_signed_or_sent_is_kept(store: Arc<dyn Store>) {
    let mut world = world(store).await;
    let signed = upload(&world, &clerk(), b"signed").await;
    let put_off = upload(&world, &clerk(), b"put off").await;
    let copy = upload(&world, &clerk(), b"copy").await;
    assert_eq!(send(&world, "A", "LATER", naming(&[("copy", &copy)])).await, Verdict::Taken);
    let sign = |by: Actor, payload: Object| SendRequest {
        actor: by,
        payload,
        signed: Some(Proof::Password),
        ..send_of("folder", "A", "SIGN")
    };
    let pending = world.send_as(sign(clerk(), naming(&[("letter", &signed)]))).await.unwrap();
    assert_eq!(pending.verdict, Verdict::Taken);
    assert_eq!(bytes_of(&world, "A", &signed).await, None, "no field holds it yet");
    world.pass(3 * DAY_S);
    sweep(&mut world).await;
    world.send_as(sign(person("ben", &["clerk"]), Object::new())).await.unwrap();
    assert_eq!(bytes_of(&world, "A", &signed).await.as_deref(), Some(b"signed".as_slice()));
    assert!(
        !is_kept(&world, &put_off).await,
        "a second day has passed, and nobody named it"
    );

    // people are told that it is on hold; what a machine sends waits
    let machine = Actor::plain(ActorKind::Adapter, "maker");
    let put_off = upload(&world, &machine, b"put off").await;
    assert_eq!(send(&world, "A", "REST", Object::new()).await, Verdict::Taken);
    let request = SendRequest {
        actor: machine,
        payload: naming(&[("letter", &put_off)]),
        ..send_of("folder", "A", "PUT")
    };
    assert_eq!(world.send_as(request).await.unwrap().verdict, Verdict::Deferred);
    world.pass(3 * DAY_S);
    sweep(&mut world).await;
    assert_eq!(send(&world, "A", "GO_ON", Object::new()).await, Verdict::Taken);
    world.settle().await;
    assert_eq!(bytes_of(&world, "A", &put_off).await.as_deref(), Some(b"put off".as_slice()));
    world.pass(2 * DAY_S);
    world.settle().await;
    assert_eq!(
        bytes_of(&world, "B", &copy).await.as_deref(),
        Some(b"copy".as_slice()),
        "a week later"
    );
    world.prove().await;
}

async fn an_erasure_takes_what_is_personal_and_nobody_else_has(store: Arc<dyn Store>) {
    let world = world(store).await;
    let letter = upload(&world, &clerk(), b"letter").await;
    let scan = upload(&world, &clerk(), b"scan").await;
    let shared = upload(&world, &clerk(), b"shared").await;
    send(&world, "A", "PUT", naming(&[("letter", &letter), ("scan", &shared)])).await;
    send(&world, "A", "PUT", naming(&[("scan", &scan)])).await;
    send(&world, "B", "PUT", naming(&[("letter", &shared)])).await;
    assert_eq!(bytes_of(&world, "A", &scan).await.as_deref(), Some(b"scan".as_slice()));
    world.engine().erase("folder", "A", &operator()).await.unwrap();
    assert_eq!(bytes_of(&world, "A", &scan).await, None);
    assert!(!is_kept(&world, &scan).await, "neither its bytes nor what it was called");
    assert_eq!(world.store.files().chunk(scan.file, 0).await.unwrap(), None);
    assert_eq!(
        bytes_of(&world, "A", &letter).await.as_deref(),
        Some(b"letter".as_slice()),
        "it is not personal"
    );
    assert_eq!(
        bytes_of(&world, "B", &shared).await.as_deref(),
        Some(b"shared".as_slice()),
        "another instance has it"
    );
    assert_eq!(bytes_of(&world, "A", &shared).await, None);
    world.prove().await;
}

async fn a_large_file_comes_back_as_it_was(store: Arc<dyn Store>) {
    let world = world(store).await;
    let engine = world.engine();
    let bytes: Vec<u8> = (0..700_000_u32).map(|number| b'a' + (number % 23) as u8).collect();
    let mut receiving = engine.files().receive(&clerk(), "x", None).await.unwrap();
    for piece in bytes.chunks(33_333) {
        receiving.take(engine.files(), piece).await.unwrap();
    }
    let record = receiving.finish(engine.files()).await.unwrap();
    assert_eq!(
        (record.size, record.sha256),
        (700_000, statewright_core::identity::Digest::of(&bytes))
    );
    send(&world, "A", "PUT", naming(&[("letter", &record)])).await;
    assert!(bytes_of(&world, "A", &record).await == Some(bytes), "it is another file");
    // one that breaks a rule further on leaves nothing
    let mut receiving = engine.files().receive(&clerk(), "x", None).await.unwrap();
    receiving.take(engine.files(), &[b'a'; 300_000]).await.unwrap();
    let refused = match receiving.take(engine.files(), &[0; 300_000]).await {
        Err(EngineError::FileRefused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused, FileRefusal::Unknown { .. }), "{refused}");
    assert_eq!(world.store.files().sweep_files(i64::MAX, 9).await.unwrap(), 0);
}
