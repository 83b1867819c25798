//! Who asks: a bearer token in the head of the request. The engine knows whom it stands for.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use statewright_core::chart::Proof;
use statewright_core::diagnostic::Code;
use statewright_core::step::Actor;
use statewright_engine::identity::{Identified, Secret};
use statewright_engine::roles;

use super::ON_BEHALF_OF;
use super::problem::{Answered, Problem};
use super::service::Service;

/// Longer than any token; what is longer is not even hashed.
const TOKEN_BYTES_MAX: usize = 128;

/// Who asks, and by which token or in which session; by none at the command line, which opened the store itself.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Arc<Actor>,
    /// Its id, which says nothing of its text.
    pub token: Option<Arc<str>>,
    /// Only of pages: the API takes tokens.
    pub session: Option<Identified>,
}

impl Caller {
    /// Somebody for whom this process itself vouches.
    pub fn vouched_for(actor: Arc<Actor>) -> Caller {
        Caller {
            actor,
            token: None,
            session: None,
        }
    }

    pub fn has_role(&self, role: &str) -> bool {
        roles::has(&self.actor, role)
    }
}

/// Finds out who asks. A token that is unknown, expired or revoked is answered like one that never was.
///
/// # Errors
/// 401 without a valid token; 503 while the database is away.
pub async fn authenticate(service: &Service, headers: &HeaderMap) -> Answered<Caller> {
    let Some(given) = headers.get(header::AUTHORIZATION) else {
        return Err(Problem::of(Code::Unauthenticated, "An access token is needed"));
    };
    let invalid = || Problem::of(Code::Unauthenticated, "The access token is not valid").invalid_token();
    let token = given.to_str().ok().and_then(bearer).ok_or_else(invalid)?;
    let principal = service.engine.tokens().identify(token, service.engine.now()).await?;
    let principal = principal.ok_or_else(invalid)?;
    Ok(Caller {
        actor: principal.actor,
        token: Some(principal.token),
        session: None,
    })
}

/// The caller, on behalf of the one whom the head names: only who stands in for them now may.
///
/// # Errors
/// 403 for anybody else; 503 while the database is away.
pub async fn on_behalf(service: &Service, caller: Caller, headers: &HeaderMap) -> Answered<Caller> {
    let Some(away) = headers.get(ON_BEHALF_OF) else {
        return Ok(caller);
    };
    let directory = service.engine.directory();
    let away = away.to_str().unwrap_or_default();
    match directory.standing_in(&caller.actor, away, service.engine.now()).await? {
        Some(actor) => Ok(Caller {
            actor: Arc::new(actor),
            ..caller
        }),
        None => Err(Problem::of(
            Code::Forbidden,
            format!("{} does not stand in for `{}` now", caller.actor.id, away.escape_debug()),
        )),
    }
}

/// Finds out whether the caller has proved anew who they are: who is signed in with their password or a code of their second factor, others
/// with an access token of their own. Nobody proves themselves with a wallet here. Whom the command line vouches for has none of these: it
/// vouches for this as well, and the trail says so by the actor's name.
///
/// # Errors
/// 401 if the token is not valid, or another's; 403 if the password or the code is not right; 503 while the database is away.
pub async fn prove(service: &Service, caller: &Caller, token: &str) -> Answered<Proof> {
    let invalid = || {
        Problem::of(
            Code::Unauthenticated,
            "What it was signed with is not an access token of your own",
        )
    };
    if let Some(session) = &caller.session {
        let identity = service.engine.identity();
        return Ok(identity.prove(session, &Secret::from(token), service.engine.now()).await?);
    }
    if caller.token.is_none() {
        return Ok(Proof::Password);
    }
    if token.len() > TOKEN_BYTES_MAX {
        return Err(invalid());
    }
    let principal = service.engine.tokens().identify(token, service.engine.now()).await?;
    match principal {
        Some(principal) if principal.actor.id == caller.actor.id => Ok(Proof::Password),
        _ => Err(invalid()),
    }
}

fn bearer(given: &str) -> Option<&str> {
    let (scheme, token) = given.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && (1..=TOKEN_BYTES_MAX).contains(&token.len())).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_of_a_sane_length_is_looked_up() {
        let check = |given: &str, expected: Option<&str>| assert_eq!(bearer(given), expected, "{given}");
        check("Bearer swt_1", Some("swt_1"));
        check("bearer  swt_1", Some("swt_1"));
        check("Basic swt_1", None);
        check("swt_1", None);
        check("Bearer ", None);
        check(&format!("Bearer {}", "0".repeat(TOKEN_BYTES_MAX + 1)), None);
    }
}
