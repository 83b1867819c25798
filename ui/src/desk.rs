//! The command line's own engine: a node without loops, on the store itself.
//!
//! It takes inputs and delivers the messages they cause, and is gone when the command is. Timers and effects are left to a server:
//! a command that ends in a moment is no place to wait for the outside world.

use std::sync::Arc;

use statewright_core::diagnostic::Code;
use statewright_core::step::Actor;
use statewright_engine::clock::{Clock, SystemEntropy};
use statewright_engine::configuration::EngineConfig;
use statewright_engine::error::EngineError;
use statewright_engine::intake::Ticked;
use statewright_engine::outbox::Adapters;
use statewright_engine::registry::LanguageCompiler;
use statewright_engine::store::Store;
use statewright_engine::{Engine, Node, Surroundings};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::failure::Failure;
use crate::http::{Caller, Gate, Service};

/// Rounds of messages that a command delivers before it leaves the rest to a server: more than any one input causes, and an end for
/// workflows that write to each other for ever.
const ROUNDS_MAX: u32 = 1_000;

/// How long to wait after the database did not answer.
const REST: std::time::Duration = std::time::Duration::from_millis(100);

/// Whom a command talks to, and what has to be let go of afterwards.
pub struct Desk {
    pub client: Client,
    local: Option<Local>,
}

/// An engine whose inputs and messages are taken in this process, without the loops of a server.
pub struct Local {
    pub engine: Engine,
    stop: watch::Sender<bool>,
    worker: JoinHandle<()>,
}

/// What a local engine is made with.
pub struct Equipment {
    pub store: Arc<dyn Store>,
    pub adapters: Adapters,
    pub configuration: EngineConfig,
    pub clock: Arc<dyn Clock>,
}

impl Desk {
    pub fn remote(client: Client) -> Self {
        Desk { client, local: None }
    }

    /// An engine in this process, and the actor that the command line vouches for.
    ///
    /// # Errors
    /// The store's schema cannot be made or is not this program's.
    pub async fn local(equipment: Equipment, caller: Caller, behalf: Option<&str>) -> Result<Self, Failure> {
        let local = Local::begin(equipment).await?;
        // as a token that the same person came with would be read
        let actor = local.engine.directory().with_included(Actor::clone(&caller.actor));
        let actor = match behalf {
            Some(away) => standing_in(&local.engine, &actor, away).await?,
            None => actor,
        };
        let caller = Caller {
            actor: Arc::new(actor),
            ..caller
        };
        let gate = Gate::new(Service::new(local.engine.clone(), false));
        Ok(Desk {
            client: Client::Local { gate, caller },
            local: Some(local),
        })
    }

    /// Delivers what is still on its way, and lets go of the store.
    pub async fn close(self) {
        if let Some(local) = self.local {
            local.end().await;
        }
    }
}

impl Local {
    /// # Errors
    /// The store's schema cannot be made or is not this program's.
    pub async fn begin(equipment: Equipment) -> Result<Self, Failure> {
        let Equipment {
            store,
            adapters,
            configuration,
            clock,
        } = equipment;
        store.migrate().await.map_err(EngineError::from).map_err(engine_failure)?;
        let configuration = EngineConfig {
            // Nothing is performed here, so nothing is held: a server takes it on at once.
            outbox_lease_ms: 0,
            ..configuration
        };
        let surroundings = Surroundings {
            store,
            compiler: Arc::new(LanguageCompiler),
            adapters,
            clock,
            entropy: Arc::new(SystemEntropy),
        };
        let node = Node::new(configuration, surroundings);
        let engine = node.engine.clone();
        engine.directory().refresh().await.map_err(engine_failure)?;
        let (stop, stopping) = watch::channel(false);
        let worker = tokio::spawn(work(node, stopping));
        Ok(Local { engine, stop, worker })
    }

    /// Delivers what is still on its way, and lets go of the store.
    pub async fn end(self) {
        self.stop.send_replace(true);
        // It ends after a bounded number of rounds; that it panicked is in the log, and no more to be told here.
        let _ = self.worker.await;
        self.engine.store().close().await;
    }
}

/// Takes inputs as they come and messages as they follow, until told to stop; then what is left of them.
async fn work(mut node: Node, mut stopping: watch::Receiver<bool>) {
    let mut rounds_left = ROUNDS_MAX;
    while rounds_left > 0 {
        let now = node.engine.now();
        let ticked = node.intake.tick(now).await;
        let delivered = node.messages.tick(now).await.is_ok();
        let (people, background) = node.intake.queue.waiting();
        if ticked == Ticked::Stumbled || !delivered {
            rounds_left -= 1;
            tokio::time::sleep(REST).await;
            continue;
        }
        let idle = ticked == Ticked::Idle && people + background == 0 && node.messages.is_idle();
        if !idle {
            rounds_left -= u32::from(*stopping.borrow());
            continue;
        }
        if *stopping.borrow() {
            return;
        }
        tokio::select! {
            () = node.intake.queue.arrived.notified() => {}
            _ = stopping.changed() => {}
        }
    }
}

async fn standing_in(engine: &Engine, actor: &Actor, away: &str) -> Result<Actor, Failure> {
    let found = engine.directory().standing_in(actor, away, engine.now()).await;
    found.map_err(engine_failure)?.ok_or_else(|| {
        Failure::no(Code::Forbidden, format!("{} does not stand in for `{away}` now", actor.id))
            .hint("`statewright people list` shows who is away, and who stands in for them")
    })
}

/// An error of the engine, where no request was made.
pub fn engine_failure(error: EngineError) -> Failure {
    let code = match &error {
        EngineError::Damaged(_) | EngineError::DamagedInstance { .. } => Code::Damaged,
        _ => Code::StoreUnopened,
    };
    Failure::no(code, format!("The store cannot be used: {error}"))
}
