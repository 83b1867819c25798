//! Who visits: the cookie of a browser, and what their forms prove themselves with.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use statewright_core::identity::Digest;

use crate::http::{Answered, Caller, Service};

pub const COOKIE: &str = "statewright";

/// Longer than any secret of ours.
const SECRET_BYTES_MAX: usize = 128;

#[derive(Clone, Debug)]
pub struct Visit {
    pub caller: Caller,
    /// What every form of this visit carries, and no other site can know.
    pub form_token: Arc<str>,
}

/// # Errors
/// 503 while the database is away.
pub async fn visit(service: &Service, headers: &HeaderMap) -> Answered<Option<Visit>> {
    let Some(secret) = cookie(headers, COOKIE).filter(|secret| secret.len() <= SECRET_BYTES_MAX) else {
        return Ok(None);
    };
    let principal = service.engine.tokens().identify(secret, service.engine.now()).await?;
    Ok(principal.map(|principal| Visit {
        caller: Caller {
            actor: principal.actor,
            token: Some(principal.token),
        },
        form_token: Digest::of(format!("form token of {secret}").as_bytes()).to_string().into(),
    }))
}

/// A cookie's value (RFC 6265, section 5.4).
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let given = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = given
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value)
}
