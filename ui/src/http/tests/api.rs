//! What the tests share: an engine with a workflow, people with tokens, and requests.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::{Value, json};
use statewright_engine::clock::{Clock, WallClock};
use statewright_engine::configuration::EngineConfig;
use statewright_engine::identity::{PasswordFor, Secret};
use statewright_engine::outbox::Adapters;
use statewright_engine::store::Store;
use statewright_engine::store::memory::MemoryStore;

use crate::desk::{Equipment, Local};
use crate::http::{Gate, Service, Shared};
use crate::json::{member, member_items};

use super::silence::Silence;

/// The workflow of these tests.
pub const TICKET: &str = include_str!("ticket.yaml");

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery";

pub struct Api {
    pub gate: Gate,
    pub service: Shared,
    pub operator: String,
    pub clerk: String,
    pub guest: String,
    /// Knows no role at all.
    pub stranger: String,
    /// What is personal and was entered.
    silence: Silence,
    /// Takes the inputs, for as long as it is there.
    _local: Local,
}

pub struct Ask {
    request: axum::http::request::Builder,
    body: String,
}

pub struct Heard {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Api {
    pub async fn new() -> Api {
        Api::on(Arc::new(MemoryStore::new()), EngineConfig::named("test")).await
    }

    /// With these adapters.
    pub async fn with_adapters(adapters: Adapters) -> Api {
        Api::over(Arc::new(MemoryStore::new()), EngineConfig::named("test"), adapters).await
    }

    /// With the workflow deployed and everyone's tokens made.
    pub async fn on(store: Arc<dyn Store>, configuration: EngineConfig) -> Api {
        Api::over(store, configuration, Adapters::new()).await
    }

    async fn over(store: Arc<dyn Store>, configuration: EngineConfig, adapters: Adapters) -> Api {
        let silence = Silence::begin();
        let clock: Arc<dyn Clock> = Arc::new(WallClock::default());
        let equipment = Equipment {
            store,
            adapters,
            configuration,
            clock,
        };
        let local = Local::begin(equipment).await.expect("a store in memory opens");
        let service = Service::new(local.engine.clone(), false);
        let mut api = Api {
            gate: Gate::new(service.clone()),
            service,
            operator: String::new(),
            clerk: String::new(),
            guest: String::new(),
            stranger: String::new(),
            silence,
            _local: local,
        };
        api.operator = api.token("olga", &["operator"]).await;
        api.clerk = api.token("carl", &["clerk"]).await;
        api.guest = api.token("gina", &["guest"]).await;
        api.stranger = api.token("sid", &[]).await;
        let files = format!(
            "{{\"main\": \"ticket.yaml\", \"files\": {{\"ticket.yaml\": {}}}}}",
            quoted(TICKET)
        );
        api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
        api
    }

    pub async fn token(&self, user: &str, roles: &[&str]) -> String {
        self.token_of(&person(user, roles)).await
    }

    pub async fn token_of(&self, principal: &Actor) -> String {
        let now = self.service.engine.now();
        let issued = self
            .service
            .engine
            .tokens()
            .issue(principal, None, &Actor::engine(), now)
            .await;
        issued.expect("a store in memory takes a token").text
    }

    /// Puts somebody into the directory and signs them in; answers what their browser holds.
    pub async fn session(&self, user: &str, roles: &[&str]) -> String {
        self.session_of(&person(user, roles)).await
    }

    pub async fn session_of(&self, person: &Actor) -> String {
        let user = &*person.id;
        let (engine, by) = (&self.service.engine, Actor::engine());
        engine
            .put_person(person, &by)
            .await
            .expect("a store in memory takes a person");
        let (identity, password) = (engine.identity(), Secret::from(PASSWORD));
        if engine.store().credential(user).await.expect("a store in memory").is_none() {
            let set = identity
                .set_password(user, Some(&password), PasswordFor::Good, &by, engine.now())
                .await;
            set.expect("a good password");
        }
        let signed_in = identity.sign_in(user, &password, "a test", engine.now()).await;
        signed_in.expect("the right password").secret.reveal().to_owned()
    }

    pub async fn ask(&self, ask: Ask) -> Heard {
        self.answer(ask.request, ask.body).await
    }

    /// Sends a request, and holds that nothing personal is told or logged on its way.
    pub async fn answer(&self, request: axum::http::request::Builder, body: String) -> Heard {
        self.silence.enter(&self.service, &body).await;
        let request = request.body(Body::from(body)).expect("a request that can be made");
        let response = self.gate.answer(request).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the answer's body");
        let body = String::from_utf8(bytes.to_vec()).expect("an answer is text");
        let media = parts.headers.get("content-type").and_then(|media| media.to_str().ok());
        self.silence.holds(parts.status, media.unwrap_or_default(), &body);
        Heard {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Asks, and compares the answer's first words: the status, and of a problem its code and detail.
    pub async fn check(&self, ask: Ask, expected: &str) -> Heard {
        let heard = self.ask(ask).await;
        assert_eq!(heard.summary(), expected, "{}", heard.body);
        heard
    }

    /// A ticket that is open.
    pub async fn ticket(&self, code: &str) {
        self.check(
            post("/v1/instances/ticket", &format!("{{\"with\": {{\"code\": \"{code}\"}}}}")).by(&self.clerk),
            "201",
        )
        .await;
    }

    /// Sends an event as the clerk.
    pub async fn send(&self, code: &str, body: &str, expected: &str) -> Heard {
        self.check(event(code, body).by(&self.clerk), expected).await
    }
}

fn person(user: &str, roles: &[&str]) -> Actor {
    let mut person = Actor::plain(ActorKind::Person, user);
    person.roles = roles.iter().map(|role| Arc::from(*role)).collect();
    person
}

/// Somebody of an organisation.
pub fn member_of(organisation: &str, user: &str, roles: &[&str]) -> Actor {
    Actor {
        organisation: Some(organisation.into()),
        ..person(user, roles)
    }
}

pub fn get(path: &str) -> Ask {
    ask("GET", path, "")
}

pub fn post(path: &str, body: &str) -> Ask {
    ask("POST", path, body).with("content-type", "application/json")
}

pub fn ask(method: &str, path: &str, body: &str) -> Ask {
    Ask {
        request: Request::builder().method(method).uri(path),
        body: body.to_owned(),
    }
}

pub fn event(code: &str, body: &str) -> Ask {
    post(&format!("/v1/instances/ticket/{code}/events"), body)
}

pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}

impl Ask {
    pub fn by(self, token: &str) -> Ask {
        self.with("authorization", &format!("Bearer {token}"))
    }

    pub fn with(self, name: &str, value: &str) -> Ask {
        Ask {
            request: self.request.header(name, value),
            body: self.body,
        }
    }
}

impl Heard {
    pub fn value(&self) -> Value {
        json::read(&self.body).expect("an answer in JSON")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    fn summary(&self) -> String {
        if self.header("content-type") != "application/problem+json" {
            return self.status.as_str().to_owned();
        }
        let problem = self.value();
        let mut summary = format!(
            "{} {} {}",
            self.status.as_str(),
            member(&problem, "code"),
            member(&problem, "detail")
        );
        for refusal in member_items(&problem, "refusals") {
            let (kind, field) = (member(refusal, "kind"), member(refusal, "field"));
            summary.push_str(&format!(" [{kind}{}{field}]", if field.is_empty() { "" } else { " " }));
        }
        summary
    }
}
