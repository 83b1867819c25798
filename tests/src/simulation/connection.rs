//! A node's connection to the database: it may be lost before a call or after it, and a killed node has none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use statewright_core::step::BlindKey;
use statewright_engine::store::{Applied, Store, StoreError, StoreResult, Write};

use super::gate::{Gate, stop};
use super::layer::Layer;
use super::trace::Trace;

/// The database, which may be opened anew while the nodes go on.
pub struct Database {
    store: Mutex<Arc<dyn Store>>,
}

impl Database {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Database {
            store: Mutex::new(store),
        }
    }

    pub fn store(&self) -> Arc<dyn Store> {
        self.store.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// From now on every connection goes to this one.
    pub fn replace(&self, store: Arc<dyn Store>) {
        *self.store.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = store;
    }
}

/// One node's.
pub struct Connection {
    pub database: Arc<Database>,
    pub gate: Arc<Gate>,
    pub trace: Arc<Trace>,
    pub node: Arc<str>,
    pub killed: Arc<AtomicBool>,
}

impl Connection {
    /// What a killed node was about to do it never does.
    async fn end_if_killed(&self) {
        if self.killed.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    async fn carry<T: Send>(
        &self,
        what: &'static str,
        call: impl Future<Output = StoreResult<T>> + Send,
        told: impl Fn(&T) -> Option<String> + Send,
    ) -> StoreResult<T> {
        self.end_if_killed().await;
        let driven = self.gate.is_driving();
        let _turn = match driven {
            true => None,
            false => Some(self.gate.task_turn().await),
        };
        self.end_if_killed().await;
        let fate = self.gate.draw();
        if driven && fate.stops_before {
            self.trace.note(&self.node, format!("stops before {what}"));
            stop().await;
        }
        if fate.lost_before {
            self.trace.note(&self.node, format!("lost the database before {what}"));
            return Err(StoreError::Unavailable("the connection was lost before".into()));
        }
        let under_way = self.gate.begin_call();
        let answer = call.await;
        drop(under_way);
        match &answer {
            Ok(answer) => told(answer).into_iter().for_each(|line| self.trace.note(&self.node, line)),
            Err(error) => self.trace.note(&self.node, format!("{what}: {error}")),
        }
        if driven && fate.stops_after {
            self.trace.note(&self.node, format!("stops after {what}"));
            stop().await;
        }
        if fate.lost_after {
            self.trace.note(&self.node, format!("lost the database after {what}"));
            return Err(StoreError::Unavailable("the connection was lost after".into()));
        }
        answer
    }
}

impl Layer for Connection {
    fn behind(&self) -> Arc<dyn Store> {
        self.database.store()
    }

    async fn around<T: Send>(&self, what: &'static str, call: impl Future<Output = StoreResult<T>> + Send) -> StoreResult<T> {
        self.carry(what, call, |_| None).await
    }

    /// Read once by each node: it is waited for, and nothing comes in between or goes wrong, since others of the node wait for it meanwhile.
    async fn blind_key(&self) -> StoreResult<BlindKey> {
        let _under_way = self.gate.begin_call();
        self.behind().blind_key().await
    }

    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Applied>> {
        let told = |applied: &Vec<Applied>| {
            let lines: Vec<String> = writes
                .iter()
                .zip(applied)
                .map(|(write, applied)| line_of(write, applied))
                .collect();
            Some(lines.join("; "))
        };
        let store = self.behind();
        self.carry("commit", store.commit(writes), told).await
    }
}

fn line_of(write: &Write, applied: &Applied) -> String {
    let next = &write.next;
    let became = match applied {
        Applied::Committed => "",
        Applied::Moved => " moved",
        Applied::Duplicate { .. } => " duplicate",
        Applied::ClaimHeld { .. } => " held",
        Applied::ReadMoved => " read moved",
        Applied::MessageGone { .. } => " message gone",
    };
    let taken = match write.messages_taken.as_slice() {
        [] => String::new(),
        taken => format!(" took {taken:?}"),
    };
    let timers: String = write.timers_armed.iter().map(|(name, _)| format!(" armed {name}")).collect();
    let gone: String = write.timers_gone.iter().map(|name| format!(" ended {name}")).collect();
    let sent = match write.messages.len() {
        0 => String::new(),
        sent => format!(" sent {sent}"),
    };
    let effects: String = write
        .effects
        .iter()
        .map(|effect| format!(" asks {}", short(&effect.key)))
        .collect();
    format!(
        "{}/{} {}→{}{became}{taken}{timers}{gone}{sent}{effects}",
        next.workflow, next.key, write.expected, next.sequence
    )
}

/// An effect's key without the instance, which stands beside it.
pub fn short(key: &str) -> &str {
    key.split_once(':').map_or(key, |(_, rest)| rest)
}
