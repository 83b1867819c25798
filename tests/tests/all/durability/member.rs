//! One of several servers on one database, each with a network of its own to it, and somebody who starts it again when it is not there.

use std::sync::Arc;
use std::time::Duration;

use statewright_tests::client::Client;
use statewright_tests::node::{Node, Plan, Rising};
use statewright_tests::proxy::{Proxy, Weather};
use statewright_tests::site::Site;

/// How long a server that starts is asked whether it is ready before others are looked at again.
const ASK: Duration = Duration::from_millis(200);

pub struct Member {
    pub network: Proxy,
    plan: Arc<Plan>,
    state: State,
    /// How often it was started again because it found no database.
    pub restarts: u64,
}

enum State {
    /// Killed, and not to be started yet.
    Down,
    Starting(Node),
    Up(Node),
    Paused(Node),
}

impl Member {
    pub async fn begin(site: &Site, name: &str) -> Member {
        let network = Proxy::start(&site.database.url()).await;
        let plan = site.plan_on(name, network.url());
        let node = plan.start().await;
        Member {
            network,
            plan,
            state: State::Up(node),
            restarts: 0,
        }
    }

    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up(_))
    }

    /// Whether it can be expected to answer while the database does.
    pub fn is_reachable(&self) -> bool {
        let Weather { refusing, held, .. } = self.network.weather();
        self.is_up() && !refusing && !held
    }

    pub async fn kill(&mut self) {
        match std::mem::replace(&mut self.state, State::Down) {
            State::Up(node) => node.kill().await,
            other => self.state = other,
        }
    }

    /// Starts it again, and does not wait for it.
    pub fn spawn(&mut self) {
        if matches!(self.state, State::Down) {
            self.state = State::Starting(self.plan.spawn());
        }
    }

    pub fn pause(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Down) {
            State::Up(node) => {
                node.pause();
                State::Paused(node)
            }
            other => other,
        };
    }

    pub fn resume(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Down) {
            State::Paused(node) => {
                node.resume();
                State::Up(node)
            }
            other => other,
        };
    }

    /// Sees to it that it comes up: one that finds no database ends, and is started again, as by whoever supervises it.
    ///
    /// # Panics
    /// If it ended although it had been up.
    pub async fn look_after(&mut self, client: &Client) {
        match &mut self.state {
            State::Down | State::Paused(_) => {}
            State::Up(node) => node.runs(),
            State::Starting(node) => match tokio::time::timeout(ASK, node.comes_up(client)).await {
                Err(_) | Ok(Rising::Starting) => {}
                Ok(Rising::Ready) => {
                    if let State::Starting(node) = std::mem::replace(&mut self.state, State::Down) {
                        self.state = State::Up(node);
                    }
                }
                Ok(Rising::Ended(_)) => {
                    self.restarts += 1;
                    self.state = State::Starting(self.plan.spawn());
                }
            },
        }
    }

    /// # Panics
    /// If it is not up.
    pub fn into_node(self) -> (Node, Proxy) {
        match self.state {
            State::Up(node) => (node, self.network),
            _ => panic!("{} is not up", self.plan.name),
        }
    }
}
