//! A node with its loops running: the clock is the machine's, and everything is waited for, nothing slept for.

use std::sync::Arc;
use std::time::Duration;

use statewright_core::value::Value;
use statewright_engine::clock::{SystemEntropy, WallClock};
use statewright_engine::configuration::EngineConfig;
use statewright_engine::error::EngineError;
use statewright_engine::registry::LanguageCompiler;
use statewright_engine::store::memory::MemoryStore;
use statewright_engine::{Engine, Surroundings};

use crate::effects::MAKER;
use crate::support::{COUNTER, Scripted, clerk, operator, send_of, source, start_of};

/// Longer than anything here takes, so that a defect fails and does not hang.
const PATIENCE: Duration = Duration::from_secs(30);

async fn launched(adapter: Arc<Scripted>) -> Engine {
    let surroundings = Surroundings {
        store: Arc::new(MemoryStore::new()),
        compiler: Arc::new(LanguageCompiler),
        adapters: [("maker".into(), adapter as Arc<dyn statewright_engine::adapter::Adapter>)].into(),
        clock: Arc::new(WallClock::default()),
        entropy: Arc::new(SystemEntropy),
    };
    let engine = Engine::launch(EngineConfig::named("one"), surroundings).await.unwrap();
    for workflow in [COUNTER, MAKER] {
        engine.deploy(&source(workflow), &operator()).await.unwrap();
    }
    engine
}

#[tokio::test]
async fn many_callers_at_once_are_all_answered() {
    let engine = launched(Arc::default()).await;
    let mut callers = Vec::new();
    for number in 0..32 {
        let engine = engine.clone();
        callers.push(tokio::spawn(async move {
            let key = format!("C-{number}");
            engine.start(start_of("counter", Some(&key), &[])).await.unwrap();
            for _ in 0..5 {
                engine.send(send_of("counter", &key, "ADD")).await.unwrap();
            }
            engine.send(send_of("counter", &key, "CLOSE")).await.unwrap().sequence
        }));
    }
    for caller in callers {
        assert_eq!(tokio::time::timeout(PATIENCE, caller).await.unwrap().unwrap(), 7);
    }
    assert!(engine.shut_down(PATIENCE).await.drained);
    let refused = engine.send(send_of("counter", "C-0", "ADD")).await;
    assert_eq!(refused, Err(EngineError::ShuttingDown));
}

#[tokio::test]
async fn a_shutdown_finishes_what_is_under_way_and_lets_go_of_the_rest() {
    let adapter: Arc<Scripted> = Arc::default();
    adapter.be_silent(true);
    let engine = launched(adapter.clone()).await;
    engine.start(start_of("maker", Some("A"), &[])).await.unwrap();
    engine.send(send_of("maker", "A", "MAKE")).await.unwrap();
    let asked = tokio::time::timeout(PATIENCE, async {
        while adapter.keys().is_empty() {
            tokio::task::yield_now().await;
        }
    });
    asked.await.unwrap();
    assert!(
        !engine.shut_down(Duration::from_millis(50)).await.drained,
        "the adapter never answers"
    );
    // Its lease is let go of: another node could have it at once.
    let now_us = engine.now().as_microsecond();
    let leased = engine.store().lease_effects("two", now_us, now_us + 1, 10).await.unwrap();
    assert_eq!(leased.len(), 1);
    assert_eq!(
        engine.show("maker", "A", &clerk()).await.unwrap().data.get("made"),
        Some(&Value::Null)
    );
}

#[tokio::test]
async fn a_task_is_given_as_soon_as_there_is_somebody() {
    const CALL: &str = "
workflow: call
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: open
states:
  open:
    task: {title: Call, for: [nurse], auto_assign: {order: [least_load]}}
    on: {CALLED: {target: called, by: [nurse]}}
  called: {type: final}
";
    let engine = launched(Arc::default()).await;
    engine.deploy(&source(CALL), &operator()).await.unwrap();
    engine.start(start_of("call", Some("A"), &[])).await.unwrap();
    let nurse = crate::support::person("nia", &["nurse"]);
    let holder = async || {
        let tasks = engine.tasks_of("call", "A", &nurse).await.unwrap();
        tasks.first().and_then(|queued| queued.task.holder.clone())
    };
    assert_eq!(holder().await, None);
    engine.directory().put(&nurse, &operator(), engine.now()).await.unwrap();
    let given = tokio::time::timeout(PATIENCE, async {
        while holder().await.is_none() {
            tokio::task::yield_now().await;
        }
    });
    given.await.unwrap();
    assert_eq!(holder().await.as_deref(), Some("nia"));
    assert!(engine.shut_down(PATIENCE).await.drained);
}

#[tokio::test]
async fn a_node_says_that_it_is_there_until_it_says_that_it_ends() {
    let engine = launched(Arc::default()).await;
    let store = engine.store().clone();
    let there = tokio::time::timeout(PATIENCE, async {
        loop {
            if let [node] = &store.operations().nodes().await.unwrap()[..] {
                return node.clone();
            }
            tokio::task::yield_now().await;
        }
    });
    let there = there.await.unwrap();
    assert_eq!((&*there.node, there.left), ("one", false));
    assert!(engine.shut_down(PATIENCE).await.drained);
    let ended = &store.operations().nodes().await.unwrap()[0];
    assert_eq!((ended.left, ended.started_at_us), (true, there.started_at_us));
}
