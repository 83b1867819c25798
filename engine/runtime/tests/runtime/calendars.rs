//! Calendars, from a deployment to the trail: no definition pins them, and every entry names the version that it was counted along.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use statewright_core::chart::Chart;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::time::CalendarVersion;
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::Engine;
use statewright_engine::audit::{described, replay, verify};
use statewright_engine::registry::{Compiler, LanguageCompiler, Registry};
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::store::{Store, open};

use crate::fixture::{Folder, on_memory, on_postgres, on_sqlite};
use crate::support::{World, operator, send_of, source, source_beside};

const ORDER: &str = "
workflow: order
calendar: lab
data: {note: optional string, spent: optional duration}
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: open
states:
  open:
    after:
      remind: {in: 2 business hours, actions: [{assign: {note: reminded}}]}
    on:
      NOTE: {by: [clerk], actions: [{assign: {note: noted}}]}
      AGAIN: {target: open, reenter: true, by: [clerk]}
      CLOSE:
        target: closed
        by: [clerk]
        guard: {if: in_business_hours(now), otherwise: We are closed}
        actions: [{assign: {spent: \"{{ business_between(now, now + hours(24)) }}\"}}]
  closed: {type: final}
";

/// Open from Monday to Friday, but on these days. The world begins on Monday, 5 January 2026, at 09:00 in Berlin.
fn lab(holidays: &str) -> String {
    let national = format!("calendar: national\nzone: Europe/Berlin\nhours: {{}}\nholidays: [{holidays}]\n");
    let days = ["mon", "tue", "wed", "thu", "fri"].map(|day| format!("{day}: ['08:00-10:00', '13:00-17:00']"));
    let own = format!("calendar: lab\nextends: national\nhours: {{{}}}\n", days.join(", "));
    source_beside(&own, &[("national.yaml", &national)])
}

async fn version_of_last(store: &Arc<dyn Store>, key: &str) -> Option<Digest> {
    let rows = store.trail(InstanceId::of("order", key), 0, 100).await.unwrap();
    EntryText::read(&rows.last().unwrap().bytes).unwrap().calendar().unwrap()
}

async fn reminder(store: &Arc<dyn Store>, key: &str) -> String {
    let due = store.due_timers(i64::MAX, 100).await.unwrap();
    let of_it = due
        .iter()
        .find(|timer| timer.instance == InstanceId::of("order", key))
        .unwrap();
    jiff::Timestamp::from_microsecond(of_it.due_us).unwrap().to_string()
}

async fn send(engine: &Engine, world: &World, node: &statewright_engine::Node, key: &str, event: &str) -> String {
    let (engine, send) = (engine.clone(), send_of("order", key, event));
    let asked = tokio::spawn(async move { engine.send(send).await });
    while !asked.is_finished() {
        tokio::task::yield_now().await;
        node.intake.tick(world.now()).await;
    }
    format!("{:?}", asked.await.unwrap().unwrap().verdict)
}

async fn check(store: Arc<dyn Store>) {
    let mut world = World::on(store.clone(), &[], |_| {}).await;
    let engine = world.engine();
    let refused = engine.deploy(&source(ORDER), &operator()).await.unwrap_err().to_string();
    assert!(refused.contains("the calendar `lab` has not been deployed"), "{refused}");
    let first = engine.deploy_calendar(&lab(""), &operator()).await.unwrap();
    assert!(!first.unchanged && engine.deploy_calendar(&lab(""), &operator()).await.unwrap().unchanged);
    engine.deploy(&source(ORDER), &operator()).await.unwrap();

    // one hour of this morning, one of the afternoon
    world.start("order", "A", &[]).await.unwrap();
    assert_eq!(reminder(&store, "A").await, "2026-01-05T13:00:00Z");
    assert_eq!(version_of_last(&store, "A").await, Some(first.version));
    world.send("order", "A", "NOTE").await.unwrap();
    assert_eq!(version_of_last(&store, "A").await, None);

    // Epiphany is a holiday from now on: what is armed stays, what is armed anew is counted along the new version
    let second = engine.deploy_calendar(&lab("2026-01-06"), &operator()).await.unwrap();
    assert!(!second.unchanged && second.version != first.version);
    assert_eq!(reminder(&store, "A").await, "2026-01-05T13:00:00Z");
    world.pass(7 * 3_600);
    world.send("order", "A", "AGAIN").await.unwrap();
    assert_eq!(reminder(&store, "A").await, "2026-01-07T08:00:00Z");
    assert_eq!(version_of_last(&store, "A").await, Some(second.version));

    // another node, which has seen neither deployment, counts along what is live; one that has not heard of a newer version says so
    let other = world.another_node("two");
    world.start("order", "B", &[]).await.unwrap();
    assert_eq!(send(&other.engine, &world, &other, "B", "AGAIN").await, "Taken");
    assert_eq!(version_of_last(&store, "B").await, Some(second.version));
    let third = engine
        .deploy_calendar(&lab("2026-01-06, 2026-01-07"), &operator())
        .await
        .unwrap();
    assert_eq!(send(&other.engine, &world, &other, "B", "AGAIN").await, "Taken");
    assert_eq!(version_of_last(&store, "B").await, Some(second.version));
    other.engine.registry().refresh().await.unwrap();
    assert_eq!(send(&other.engine, &world, &other, "B", "AGAIN").await, "Taken");
    assert_eq!(version_of_last(&store, "B").await, Some(third.version));
    assert_eq!(reminder(&store, "B").await, "2026-01-08T08:00:00Z");

    // timers fire when business time has passed; guards and values are counted, too
    world.pass(3 * 24 * 3_600);
    world.settle().await;
    assert_eq!(world.field("order", "B", "note").await, Value::from_text("reminded"));
    assert_eq!(world.send("order", "B", "CLOSE").await.unwrap().verdict.as_str(), "taken");
    let spent = world.field("order", "B", "spent").await;
    assert_eq!(statewright_core::value::text::to_text(&spent, None), "6 business hours");
    world.prove().await;
}

#[tokio::test]
async fn versions_of_a_calendar_are_kept_used_and_proven_in_memory() {
    on_memory(check).await;
}

#[tokio::test]
async fn versions_of_a_calendar_are_kept_used_and_proven_on_sqlite() {
    on_sqlite(check).await;
}

#[tokio::test]
async fn versions_of_a_calendar_are_kept_used_and_proven_on_postgres() {
    on_postgres(check).await;
}

#[tokio::test]
async fn a_calendar_that_was_edited_or_is_gone_does_not_go_unseen() {
    let folder = Folder::new();
    let store: Arc<dyn Store> = open(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    store.migrate().await.unwrap();
    let world = World::on(store.clone(), &[], |_| {}).await;
    let deployed = world.engine().deploy_calendar(&lab(""), &operator()).await.unwrap();
    world.engine().deploy(&source(ORDER), &operator()).await.unwrap();
    world.start("order", "A", &[]).await.unwrap();
    world.prove().await;
    let execute = |statement: &str| {
        rusqlite::Connection::open(folder.file())
            .unwrap()
            .execute_batch(statement)
            .unwrap()
    };
    let found = || async {
        let verified = verify(&store, |_| {}).await.unwrap();
        let replayed = replay(&store, world.engine().registry(), |_| {}).await.unwrap();
        let mut found: Vec<String> = verified.faults.iter().map(described).collect();
        found.extend(
            replayed
                .findings
                .iter()
                .map(|finding| format!("replay {}: {}", finding.key, finding.detail)),
        );
        found
    };
    let version = deployed.version;
    execute("update calendar set source = replace(source, '17:00', '18:00');");
    assert_eq!(
        found().await,
        [
            format!("calendar {version}: edited: the source of a version of `lab` has another digest"),
            format!("replay A: the source of version {version} of the calendar `lab` has another digest"),
        ]
    );
    execute("delete from calendar;");
    assert_eq!(
        found().await,
        [
            format!("calendar {version}: missing: it is not there, and is the live one of `lab`"),
            format!("replay A: version {version} of its calendar is not there"),
        ]
    );
    store.close().await;
}

#[tokio::test]
async fn what_is_no_calendar_is_refused() {
    let world = World::with(&[]).await;
    let engine = world.engine();
    let refused = engine
        .deploy_calendar(&source(ORDER), &operator())
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("a calendar is needed"), "{refused}");
    let refused = engine
        .deploy_calendar(&source("calendar: x\nzone: UTC\nhours: {mon: ['8']}\n"), &operator())
        .await;
    assert!(refused.unwrap_err().to_string().contains("SW-0911"));
    let refused = engine.deploy(&lab(""), &operator()).await.unwrap_err().to_string();
    assert!(refused.contains("a workflow is needed"), "{refused}");
}

/// The language, with how many calendars were compiled.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Compiler for Counting {
    fn compile(&self, source: &str) -> Result<Chart, String> {
        LanguageCompiler.compile(source)
    }

    fn compile_calendar(&self, source: &str) -> Result<CalendarVersion, String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        LanguageCompiler.compile_calendar(source)
    }
}

#[tokio::test]
async fn a_version_is_compiled_once_for_a_replay() {
    on_memory(|store: Arc<dyn Store>| async move {
        let world = World::on(store.clone(), &[], |_| {}).await;
        world.engine().deploy_calendar(&lab(""), &operator()).await.unwrap();
        world.engine().deploy(&source(ORDER), &operator()).await.unwrap();
        for key in ["A", "B", "C"] {
            world.start("order", key, &[]).await.unwrap();
            world.send("order", key, "AGAIN").await.unwrap();
        }
        let compiler = Arc::new(Counting::default());
        let registry = Registry::new(store.clone(), compiler.clone());
        let replayed = replay(&store, &registry, |_| {}).await.unwrap();
        assert_eq!((replayed.same, replayed.findings), (4, Vec::new()));
        // once for the replay, and once where the registry asks what is live
        assert!(compiler.0.load(Ordering::Relaxed) <= 2, "{:?}", compiler.0);
    })
    .await;
}

#[tokio::test]
async fn a_live_calendar_that_cannot_be_read_is_set_aside_until_another_is_deployed() {
    let folder = Folder::new();
    let store: Arc<dyn Store> = open(&format!("sqlite:{}", folder.file().display())).await.unwrap();
    store.migrate().await.unwrap();
    let world = World::on(store.clone(), &[], |_| {}).await;
    let engine = world.engine();
    engine.deploy_calendar(&lab(""), &operator()).await.unwrap();
    engine.deploy(&source(ORDER), &operator()).await.unwrap();
    world.start("order", "A", &[]).await.unwrap();
    // another node makes one live, which is damaged afterwards
    let other = world.another_node("two");
    let second = other.engine.deploy_calendar(&lab("2026-01-06"), &operator()).await.unwrap();
    rusqlite::Connection::open(folder.file())
        .unwrap()
        .execute_batch("update calendar set source = replace(source, '2026-01-06', '2026-01-66');")
        .unwrap();
    engine.registry().refresh().await.unwrap();
    let refused = world.start("order", "B", &[]).await.unwrap_err().to_string();
    assert!(
        refused.contains("the calendar `lab` is needed and cannot be used"),
        "{refused}"
    );
    // it is looked at once, not each time
    let compiler = Arc::new(Counting::default());
    let registry = Registry::new(store.clone(), compiler.clone());
    registry.live("order").await.unwrap();
    for _ in 0..3 {
        registry.refresh().await.unwrap();
    }
    assert_eq!(compiler.0.load(Ordering::Relaxed), 1);
    // going back to the version before is a deployment
    let back = engine.deploy_calendar(&lab(""), &operator()).await.unwrap();
    assert!(!back.unchanged && back.version != second.version);
    world.start("order", "B", &[]).await.unwrap();
    assert_eq!(version_of_last(&store, "B").await, Some(back.version));
    store.close().await;
}

/// A compiler that is done when somebody else has come to his turn.
struct Waiting(Mutex<Receiver<()>>);

impl Compiler for Waiting {
    fn compile(&self, source: &str) -> Result<Chart, String> {
        let others = self.0.lock().unwrap();
        others
            .recv_timeout(Duration::from_secs(20))
            .map_err(|_| "nobody else came to his turn".to_owned())?;
        LanguageCompiler.compile(source)
    }

    fn compile_calendar(&self, source: &str) -> Result<CalendarVersion, String> {
        let others = self.0.lock().unwrap();
        others
            .recv_timeout(Duration::from_secs(20))
            .map_err(|_| "nobody else came to his turn".to_owned())?;
        LanguageCompiler.compile_calendar(source)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn whoever_compiles_holds_up_nobody() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let registry = Arc::new(Registry::new(store, Arc::new(Waiting(Mutex::new(receiver)))));
    let compiling = tokio::spawn(async move {
        // put beside this one, on the only thread there is
        let somebody_else = |sender: Sender<()>| tokio::spawn(async move { sender.send(()) });
        let first = somebody_else(sender.clone());
        registry.compile(&source(ORDER)).map_err(|error| error.to_string())?;
        let second = somebody_else(sender);
        registry.calendars().compile(&lab("")).map_err(|error| error.to_string())?;
        let _ = (first.await, second.await);
        Ok::<(), String>(())
    });
    assert_eq!(compiling.await.unwrap(), Ok(()));
}
