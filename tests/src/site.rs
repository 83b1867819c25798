//! A deployment of a test's own: a database, counterparts that misbehave, a configuration, people with tokens, any number of servers.

use std::sync::Arc;

use serde_json::{Value, json};
use statewright_simulators::{Behaviour, LensDesign, Running, Shipping};

use crate::client::Client;
use crate::database::Database;
use crate::doors::Doors;
use crate::folder::Folder;
use crate::node::{Node, Plan};
use crate::program::{self, Outcome};
use crate::repository;

/// How long an attempt at an effect may take: longer than a counterpart on this machine needs, short enough that one which hangs is
/// given up within a test.
const ATTEMPT_TIMEOUT: &str = "2s";

/// A deployment. Everything of it is gone with its owner.
pub struct Site {
    pub database: Database,
    pub doors: Arc<Doors>,
    pub design: Running,
    pub carrier: Running,
    folder: Folder,
    configuration: String,
}

/// How a site is made.
#[derive(Default)]
pub struct Settings {
    pub design: Behaviour,
    pub carrier: Behaviour,
    /// What the configuration says under `limits`; null: nothing.
    pub limits: Value,
}

impl Site {
    /// Counterparts run and the configuration is written; the database is empty and no server runs.
    ///
    /// # Panics
    /// Where there is no port, no folder, no program.
    pub async fn open(database: Database, settings: Settings) -> Site {
        let design = LensDesign::start("127.0.0.1:0", settings.design)
            .await
            .expect("a port is free");
        let carrier = Shipping::start("127.0.0.1:0", settings.carrier)
            .await
            .expect("a port is free");
        let folder = Folder::new();
        let configuration = configuration(&design, &carrier, &settings.limits);
        let configuration = folder.write("statewright.yaml", configuration).display().to_string();
        Site {
            database,
            doors: Arc::default(),
            design,
            carrier,
            folder,
            configuration,
        }
    }

    /// How to start a server of that name.
    pub fn plan(&self, name: &str) -> Arc<Plan> {
        self.plan_on(name, &self.database.url())
    }

    /// The same, where it reaches the database by another way.
    pub fn plan_on(&self, name: &str, store: &str) -> Arc<Plan> {
        Arc::new(Plan {
            name: name.to_owned(),
            store: store.to_owned(),
            configuration: self.configuration.clone().into(),
            folder: self.folder.path().to_owned(),
            doors: self.doors.clone(),
        })
    }

    /// Starts a server and waits for it.
    ///
    /// # Panics
    /// As [`Plan::start`].
    pub async fn start(&self, name: &str) -> Node {
        self.plan(name).start().await
    }

    /// Runs a command on the site's store.
    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        let store = self.database.url();
        let on_store = ["--store", &store, "--config", &self.configuration];
        program::run(self.folder.path(), &[arguments, &on_store].concat()).await
    }

    /// Makes a workflow live: a file of the repository.
    ///
    /// # Panics
    /// With what is wrong with it.
    pub async fn deploy(&self, file: &str) {
        let file = repository::root().join(file);
        self.run(&["deploy", &file.display().to_string()]).await.done();
    }

    /// Somebody with a token: `USER:ROLE,ROLE@ORGANISATION`.
    ///
    /// # Panics
    /// Where no token can be made.
    pub async fn person(&self, client: &Client, principal: &str) -> Client {
        let made = self.run(&["token", "create", principal, "--json"]).await;
        assert_eq!(made.code, 0, "{}", made.stderr);
        let token = made.json()["token"].as_str().expect("a token is text").to_owned();
        client.with_token(&token)
    }

    /// Proves the trails and takes all steps again.
    ///
    /// # Panics
    /// With what is wrong.
    pub async fn prove(&self) {
        for command in ["verify", "replay"] {
            self.run(&[command]).await.done();
        }
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }
}

fn configuration(design: &Running, carrier: &Running, limits: &Value) -> String {
    let adapter = |running: &Running, action: &str, path: &str| {
        json!({
            "url": running.url,
            "networks": ["127.0.0.0/8"],
            "actions": {action: {"method": "POST", "path": path, "timeout": ATTEMPT_TIMEOUT}},
        })
    };
    let adapters = json!({
        "lens_design": adapter(design, "calculate", "/calculate"),
        "carrier": adapter(carrier, "ship", "/shipments"),
    });
    let mut configuration = json!({"adapters": adapters});
    if !limits.is_null() {
        configuration["limits"] = limits.clone();
    }
    // JSON is YAML too.
    configuration.to_string()
}
