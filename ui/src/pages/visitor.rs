//! Who visits: the session in the cookie of a browser, and what their forms prove themselves with.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use statewright_engine::error::EngineResult;
use statewright_engine::identity::{Secret, Use};

use super::FRONT;
use super::asked::Asked;
use crate::http::{Answered, Caller, Service};
use crate::percent::{decode, encode, query};

/// Where TLS ends before the server: no other site of the same domain, and no page without TLS, can put one there.
const COOKIE_BEHIND_TLS: &str = "__Host-statewright";

const COOKIE: &str = "statewright";

/// Behind TLS, and without it: for whom somebody chose to stand in. It is no secret, and gives nobody a right.
const BEHALF_BEHIND_TLS: &str = "__Host-statewright-for";

const BEHALF: &str = "statewright-for";

/// Longer than any secret of ours.
const SECRET_BYTES_MAX: usize = 128;

/// Longer than any user's id, encoded.
const BEHALF_BYTES_MAX: usize = 600;

#[derive(Clone, Debug)]
pub struct Visit {
    /// On behalf of whom they stand in for, if they chose to.
    pub caller: Caller,
    /// What they are called for whom the visitor acts.
    pub acts_for: Option<Arc<str>>,
    /// What every form of this visit carries, and no other site can know.
    pub form_token: Arc<str>,
}

impl Visit {
    /// When the session is over and nobody went on, what is on the screen is nobody's to read: the browser leaves the page by itself.
    pub fn ends(&self, asked: &Asked) -> Option<HeaderValue> {
        let ends_at = self.caller.session.as_ref()?.ends_at;
        let seconds = (ends_at.as_second() - asked.now().as_second()).max(0) + 1;
        let to = if asked.is_act() { FRONT } else { asked.target() };
        let page = query("/signed-out", &[("to", to)]);
        HeaderValue::from_str(&format!("{seconds}; url={page}")).ok()
    }
}

/// # Errors
/// 503 while the database is away.
pub async fn visit(service: &Service, headers: &HeaderMap, used: Use) -> Answered<Option<Visit>> {
    let Some(secret) = secret(service, headers) else {
        return Ok(None);
    };
    let identity = service.engine.identity();
    let identified = identity.identify(&Secret::from(secret), used, service.engine.now()).await?;
    let Some(identified) = identified else { return Ok(None) };
    let behalf = behalf(service, headers, &identified.actor).await?;
    // a form that was opened as oneself is not sent on behalf of another, nor the other way round
    let form = match &behalf {
        Some((actor, _)) => format!("form token of {secret} for {:?}", actor.on_behalf_of),
        None => format!("form token of {secret}"),
    };
    let (actor, acts_for) = match behalf {
        Some((actor, name)) => (Arc::new(actor), Some(name)),
        None => (identified.actor.clone(), None),
    };
    Ok(Some(Visit {
        caller: Caller {
            actor,
            token: None,
            session: Some(identified),
        },
        acts_for,
        form_token: Digest::of(form.as_bytes()).to_string().into(),
    }))
}

/// The visitor on behalf of whom they chose, with what that person is called. Whoever does not stand in for them any more acts as themselves.
async fn behalf(service: &Service, headers: &HeaderMap, visitor: &Actor) -> EngineResult<Option<(Actor, Arc<str>)>> {
    let chosen = cookie(headers, behalf_name(service)).filter(|chosen| (1..=BEHALF_BYTES_MAX).contains(&chosen.len()));
    let Some(away) = chosen.and_then(decode) else {
        return Ok(None);
    };
    let stood_in = service
        .engine
        .directory()
        .stood_in(visitor, &away, service.engine.now())
        .await?;
    Ok(stood_in.map(|(actor, person)| (actor, person.actor.name.unwrap_or(person.actor.id))))
}

/// Whether the browser was signed in once.
pub fn was_here(service: &Service, headers: &HeaderMap) -> bool {
    secret(service, headers).is_some()
}

/// A cookie with this secret; an empty one takes it away.
pub fn cookie_of(service: &Service, secret: &str) -> String {
    cookie_named(service, name(service), secret)
}

/// A cookie that says for whom the visitor stands in; for nobody, it takes that away.
pub fn behalf_cookie_of(service: &Service, away: &str) -> String {
    let mut encoded = String::new();
    encode(away, &mut encoded);
    cookie_named(service, behalf_name(service), &encoded)
}

fn cookie_named(service: &Service, name: &str, value: &str) -> String {
    let secure = if service.behind_tls { "; Secure" } else { "" };
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
}

fn behalf_name(service: &Service) -> &'static str {
    if service.behind_tls { BEHALF_BEHIND_TLS } else { BEHALF }
}

fn name(service: &Service) -> &'static str {
    if service.behind_tls { COOKIE_BEHIND_TLS } else { COOKIE }
}

fn secret<'a>(service: &Service, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, name(service)).filter(|secret| (1..=SECRET_BYTES_MAX).contains(&secret.len()))
}

/// What a script asks for by itself keeps nobody signed in: browsers say when it is not somebody who goes to a page (Fetch Metadata).
pub fn used(headers: &HeaderMap) -> Use {
    let for_what = headers.get("sec-fetch-dest").and_then(|dest| dest.to_str().ok());
    if for_what.is_some_and(|dest| dest != "document") {
        Use::Watches
    } else {
        Use::Acts
    }
}

/// A cookie's value (RFC 6265, section 5.4).
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let given = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = given
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value)
}
