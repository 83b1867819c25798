//! `demo`: everything at once, on an embedded database: the shipped workflows, simulators of the outside, people with tokens, and a
//! few orders on their way.

mod absent;
mod clinic;
mod eyes;
mod people;
mod story;
mod workflows;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use statewright_core::diagnostic::Code;
use statewright_core::identity::Digest;
use statewright_core::lang::Bundle;
use statewright_core::step::Actor;
use statewright_core::value::Value;
use statewright_engine::adapter::Adapter;
use statewright_engine::clock::{Clock, Entropy, SystemEntropy, WallClock};
use statewright_engine::configuration::EngineConfig;
use statewright_engine::error::EngineError;
use statewright_engine::identity::{PasswordFor, Secret};
use statewright_engine::outbox::Adapters;
use statewright_engine::registry::LanguageCompiler;
use statewright_engine::{Engine, Surroundings};
use statewright_http::{ActionConfiguration, HttpAdapter, HttpConfiguration, Method};
use statewright_simulators::{Behaviour, LensDesign, Running, Shipping};

use self::absent::{ABSENT, Absent};
use self::people::{EVERYONE, Person, everyone_else};
use self::story::Story;
use crate::client::{Call, Client};
use crate::command::StoreAddress;
use crate::definition::Kind;
use crate::desk::engine_failure;
use crate::failure::Failure;
use crate::http::{Caller, Gate, Service, Shared};
use crate::json::{member, member_items, object, text, text_or_null, texts};
use crate::pages::Cast;
use crate::table::Table;
use crate::terminal::Terminal;

/// Simulators listen here, on any port that is free; the adapters may connect to nothing else.
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const LOOPBACK_NETWORK: &str = "127.0.0.0/8";

/// How long an access token of the demo is good for: nobody should find one lying about next week.
const TOKEN_VALID_FOR: &str = "12h";

/// Everybody's in the demo.
const PASSWORD: &str = "look around the demo";

/// A running demo.
pub struct Demo {
    pub service: Shared,
    lens_design: Running,
    shipping: Running,
    tokens: Vec<(Person, String)>,
    /// The folder of a database that goes with the demo.
    folder: Option<PathBuf>,
}

impl Demo {
    /// Puts everything together, up to the tokens. `store`: none for a database that goes with the demo.
    pub async fn begin(store: Option<StoreAddress>) -> Result<Self, Failure> {
        let (address, folder) = match store {
            Some(address) => (address, None),
            None => temporary().map(|folder| (StoreAddress::Sqlite(folder.join("demo.db")), Some(folder)))?,
        };
        let store = crate::command::reach(&address, true).await?;
        let lens_design = LensDesign::start(LOOPBACK, Behaviour::default()).await.map_err(unstarted)?;
        let shipping = Shipping::start(LOOPBACK, Behaviour::default()).await.map_err(unstarted)?;
        let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
        let surroundings = Surroundings {
            store,
            compiler: Arc::new(LanguageCompiler),
            adapters: adapters(&lens_design, &shipping, &clock)?,
            clock,
            entropy: Arc::new(SystemEntropy),
        };
        let engine = Engine::launch(EngineConfig::named("demo"), surroundings)
            .await
            .map_err(engine_failure)?;
        let shipped = workflows::shipped().map_err(|problems| Failure::no(Code::DefinitionRefused, problems))?;
        let cast = cast(&engine, &shipped).await?;
        let mut demo = Demo {
            service: Service::demo(engine, cast),
            lens_design,
            shipping,
            tokens: Vec::new(),
            folder,
        };
        demo.deploy(&shipped).await?;
        demo.revoke_tokens().await?;
        demo.make_tokens().await?;
        Ok(demo)
    }

    /// Lets orders come in and go their way.
    pub async fn tell(&self, pace: Duration, terminal: Terminal) -> Result<(), Failure> {
        let story = Story {
            gate: self.gate(),
            terminal,
            pace,
        };
        story.tell().await
    }

    /// Where to look, as whom, and how.
    pub fn to_value(&self, url: &str) -> Value {
        let tokens = self.tokens.iter().map(|(person, token)| {
            object([
                ("name", text(person.name)),
                ("organisation", text_or_null(person.organisation)),
                ("roles", texts(person.roles)),
                ("token", text(token)),
                ("user", text(person.user)),
            ])
        });
        object([
            ("demo", Value::Boolean(true)),
            ("lens_design", text(&self.lens_design.url)),
            ("shipping", text(&self.shipping.url)),
            ("tokens", Value::from_items(tokens.collect())),
            ("url", text(url)),
        ])
    }

    /// The same for people.
    pub fn words(&self, url: &str) -> String {
        let mut table = Table::new(["WHO", "ROLE", "TOKEN"]);
        for (person, token) in &self.tokens {
            let at = person
                .organisation
                .map(|organisation| format!(" at {organisation}"))
                .unwrap_or_default();
            table.row([
                person.name.to_owned(),
                format!("{}{at}", person.roles.join(", ")),
                token.clone(),
            ]);
        }
        let token = |user: &str| {
            let found = self.tokens.iter().find(|(person, _)| person.user == user);
            found.map_or("TOKEN", |(_, token)| token)
        };
        let (service, stock, auditor) = (
            token(people::CUSTOMER_SERVICE.user),
            token(people::STOCK_ROOM.user),
            token(people::AUDITOR.user),
        );
        format!(
            "This is a demo: it listens on this machine only, its people are made up, and its tokens end after {TOKEN_VALID_FOR}.\n\n\
             pages        {url}/demo\n\
             API          {url}/v1/openapi.json\n\
             lens design  {}/_log\n\
             carrier      {}/_log\n\n\
             {table}\n\
             Try:\n\n\
             curl -H 'Authorization: Bearer {service}' {url}/v1/instances\n\
             curl -H 'Authorization: Bearer {service}' {url}/v1/instances/lens-order/D-1003/can\n\
             curl -H 'Authorization: Bearer {stock}' -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\\n  \
               -d '{{\"event\": \"SCAN_BLANK\", \"with\": {{\"lot\": \"LOT-7\"}}}}' {url}/v1/instances/lens-order/D-1004/events\n\
             curl -H 'Authorization: Bearer {auditor}' -H 'Accept: application/jsonl' '{url}/v1/instances/lens-order/D-1001/trail?limit=1000' | statewright verify -\n",
            self.lens_design.url, self.shipping.url
        )
    }

    /// Stops the simulators, and takes the database away if it came with the demo. The engine has let go of it before.
    pub async fn end(self) {
        self.lens_design.stop().await;
        self.shipping.stop().await;
        if let Some(folder) = &self.folder
            && let Err(error) = std::fs::remove_dir_all(folder)
        {
            tracing::warn!(%error, folder = %folder.display(), "the demo's database could not be removed");
        }
    }

    async fn deploy(&self, shipped: &[(Kind, Bundle)]) -> Result<(), Failure> {
        for (kind, bundle) in shipped {
            let call = Call::post(&[kind.collection()], crate::command::deployment_request(bundle));
            self.operator().call(call).await?;
        }
        Ok(())
    }

    /// Those of an earlier demo on the same store: nobody reads them any more.
    async fn revoke_tokens(&self) -> Result<(), Failure> {
        let operator = self.operator();
        let tokens = operator.call(Call::get(&["tokens"])).await?.value()?;
        for token in member_items(&tokens, "tokens") {
            let principal = token.field("principal").unwrap_or(&Value::Null);
            let is_ours = |person: &Person| person.user == member(principal, "user") && person.name == member(principal, "name");
            if EVERYONE.iter().any(is_ours) {
                let revoke = Call::new(axum::http::Method::DELETE, &["tokens", member(token, "id")]);
                operator.call(revoke).await?;
            }
        }
        Ok(())
    }

    async fn make_tokens(&mut self) -> Result<(), Failure> {
        let operator = self.operator();
        for person in EVERYONE {
            let body = crate::json::present([
                ("name", text(person.name)),
                ("organisation", text_or_null(person.organisation)),
                ("person", text_or_null(person.person)),
                ("roles", texts(person.roles)),
                ("skills", texts(person.skills)),
                ("unit", text_or_null(person.unit)),
                ("user", text(person.user)),
                ("valid_for", text(TOKEN_VALID_FOR)),
            ]);
            let made = operator.call(Call::post(&["tokens"], body)).await?.value()?;
            self.tokens.push((*person, member(&made, "token").to_owned()));
        }
        Ok(())
    }

    fn operator(&self) -> Client {
        Client::Local {
            gate: self.gate(),
            caller: Caller::vouched_for(Arc::new(people::OPERATOR.actor())),
        }
    }

    fn gate(&self) -> Gate {
        Gate::new(self.service.clone())
    }
}

/// Somebody for every role of the houses that are shipped, with a password.
async fn cast(engine: &Engine, shipped: &[(Kind, Bundle)]) -> Result<Cast, Failure> {
    let by = people::OPERATOR.actor();
    if let Some(roles) = workflows::roles(shipped) {
        engine.deploy_roles(&roles.canonical(), &by).await.map_err(engine_failure)?;
    }
    let roles = engine.directory().roles();
    let others = roles.map(|version| everyone_else(&version.roles)).unwrap_or_default();
    let people: Vec<Actor> = EVERYONE.iter().map(Person::actor).chain(others).collect();
    let password = Secret::from(PASSWORD);
    for person in &people {
        engine.put_person(person, &by).await.map_err(engine_failure)?;
        // one of an earlier demo on the same store has it already
        let known = engine.store().credential(&person.id).await.map_err(EngineError::from);
        if known.map_err(engine_failure)?.is_none() {
            let (identity, now) = (engine.identity(), engine.now());
            let set = identity
                .set_password(&person.id, Some(&password), PasswordFor::Good, &by, now)
                .await;
            set.map_err(engine_failure)?;
        }
    }
    Ok(Cast {
        people,
        password: PASSWORD,
    })
}

/// A folder of our own among the machine's temporary files.
fn temporary() -> Result<PathBuf, Failure> {
    let drawn = Digest(SystemEntropy.draw()).to_string();
    let folder = std::env::temp_dir().join(format!("statewright-demo-{}", drawn.get(..16).unwrap_or(&drawn)));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&folder)
        .map_err(|error| Failure::unreadable(&folder.display().to_string(), error))?;
    Ok(folder)
}

fn adapters(lens_design: &Running, shipping: &Running, clock: &Arc<dyn Clock>) -> Result<Adapters, Failure> {
    let connect = |name: &str, url: &str, action: &str, path: &str| {
        let mut configuration = HttpConfiguration::new(name, url);
        configuration.networks = vec![LOOPBACK_NETWORK.to_owned()];
        configuration
            .actions
            .insert(action.to_owned(), ActionConfiguration::new(Method::Post, path));
        let adapter = HttpAdapter::new(&configuration, clock.clone())
            .map_err(|invalid| Failure::no(Code::SettingUnusable, invalid.to_string()))?;
        Ok((Arc::from(name), Arc::new(adapter) as Arc<dyn Adapter>))
    };
    let absent = ABSENT.map(|name| Ok((Arc::from(name), Arc::new(Absent(name)) as Arc<dyn Adapter>)));
    [
        connect("lens_design", &lens_design.url, "calculate", "/calculate"),
        connect("carrier", &shipping.url, "ship", "/shipments"),
    ]
    .into_iter()
    .chain(absent)
    .collect()
}

fn unstarted(error: io::Error) -> Failure {
    Failure::no(
        Code::AddressUnusable,
        format!("A simulator cannot listen on this machine: {error}"),
    )
}
