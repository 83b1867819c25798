//! What a workload is run against: the engine in this process, or a server over HTTP. Both give the same two verbs.

use std::sync::Arc;

use statewright_core::step::{Actor, ActorKind, Verdict};
use statewright_core::value::{Object, json};
use statewright_engine::{Engine, SendRequest, StartRequest};

use super::arguments::{Arguments, Via};
use super::http::{Connection, Server};
use super::node;

pub enum Target {
    Engine(Engine),
    Server(Server),
}

/// One closed-loop client's way to the target.
pub enum Client {
    Engine(Engine, Actor),
    Connection(Box<Connection>),
}

impl Target {
    pub async fn open(arguments: &Arguments, batch_max: Option<usize>) -> Result<Target, String> {
        match arguments.via {
            Via::Engine => Ok(Target::Engine(
                node::launch(&arguments.store, batch_max, arguments.committers).await?,
            )),
            Via::Http => Ok(Target::Server(Server::start(&arguments.store).await?)),
        }
    }

    pub async fn client(&self) -> Result<Client, String> {
        match self {
            Target::Engine(engine) => Ok(Client::Engine(engine.clone(), bench_actor())),
            Target::Server(server) => Ok(Client::Connection(Box::new(server.connect().await?))),
        }
    }

    /// Processes whose time is the clients' and the engine's.
    pub fn processes(&self) -> Vec<u32> {
        match self {
            Target::Engine(_) => vec![std::process::id()],
            Target::Server(server) => vec![std::process::id(), server.process()],
        }
    }

    pub async fn close(self) {
        match self {
            Target::Engine(engine) => {
                engine.shut_down(std::time::Duration::from_secs(10)).await;
            }
            Target::Server(server) => server.stop().await,
        }
    }
}

pub fn bench_actor() -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, "bench");
    actor.roles = vec!["bench".into()];
    actor
}

impl Client {
    pub async fn start(&mut self, workflow: &str, key: &str, payload: &str) -> Result<(), String> {
        match self {
            Client::Connection(connection) => connection.start(workflow, key, payload).await,
            Client::Engine(engine, actor) => {
                let request = StartRequest {
                    signed: None,
                    workflow: workflow.into(),
                    key: Some(key.into()),
                    payload: object(payload)?,
                    actor: actor.clone(),
                    input_key: None,
                    reason: None,
                };
                let answer = engine.start(request).await.map_err(|error| error.to_string())?;
                taken(&answer.verdict)
            }
        }
    }

    pub async fn send(&mut self, workflow: &Arc<str>, key: &str, event: &str, payload: &str) -> Result<(), String> {
        match self {
            Client::Connection(connection) => connection.send(workflow, key, event, payload).await,
            Client::Engine(engine, actor) => {
                let request = SendRequest {
                    signed: None,
                    task: None,
                    workflow: workflow.clone(),
                    key: key.into(),
                    event: event.into(),
                    payload: object(payload)?,
                    actor: actor.clone(),
                    input_key: None,
                    reason: None,
                    expected: None,
                };
                let answer = engine.send(request).await.map_err(|error| error.to_string())?;
                taken(&answer.verdict)
            }
        }
    }
}

fn object(text: &str) -> Result<Object, String> {
    let value = json::read(text).map_err(|error| error.to_string())?;
    value
        .as_object()
        .cloned()
        .ok_or_else(|| "the payload is not an object".to_string())
}

fn taken(verdict: &Verdict) -> Result<(), String> {
    match verdict {
        Verdict::Taken => Ok(()),
        other => Err(format!("not taken: {other:?}")),
    }
}
