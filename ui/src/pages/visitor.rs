//! Who visits: the session in the cookie of a browser, and what their forms prove themselves with.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use statewright_core::identity::Digest;
use statewright_engine::identity::{Secret, Use};

use super::FRONT;
use super::asked::Asked;
use crate::http::{Answered, Caller, Service};
use crate::percent::query;

/// Where TLS ends before the server: no other site of the same domain, and no page without TLS, can put one there.
const COOKIE_BEHIND_TLS: &str = "__Host-statewright";

const COOKIE: &str = "statewright";

/// Longer than any secret of ours.
const SECRET_BYTES_MAX: usize = 128;

#[derive(Clone, Debug)]
pub struct Visit {
    pub caller: Caller,
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
    Ok(identified.map(|identified| Visit {
        caller: Caller {
            actor: identified.actor.clone(),
            token: None,
            session: Some(identified),
        },
        form_token: Digest::of(format!("form token of {secret}").as_bytes()).to_string().into(),
    }))
}

/// Whether the browser was signed in once.
pub fn was_here(service: &Service, headers: &HeaderMap) -> bool {
    secret(service, headers).is_some()
}

/// A cookie with this secret; an empty one takes it away.
pub fn cookie_of(service: &Service, secret: &str) -> String {
    let secure = if service.behind_tls { "; Secure" } else { "" };
    let age = if secret.is_empty() { "; Max-Age=0" } else { "" };
    format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", name(service))
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
