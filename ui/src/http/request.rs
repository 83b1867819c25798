//! What a request's head says about the input that it carries.

use axum::http::{HeaderMap, header};
use statewright_core::identity::InputKey;

use super::IDEMPOTENCY_KEY;
use super::authentication::Caller;
use super::body::unfit;
use super::limit::IDEMPOTENCY_KEY_BYTES_MAX;
use super::problem::Answered;

/// What the input is recognised by if it comes again: the idempotency key, which belongs to a principal and a route.
///
/// # Errors
/// 400 for one that is empty, too long, not visible ASCII, or there twice.
pub fn input_key(headers: &HeaderMap, caller: &Caller, route: &str) -> Answered<Option<InputKey>> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(unfit("Idempotency-Key", "stands twice"));
    }
    match first.to_str() {
        Ok(key) if (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) => {
            Ok(Some(InputKey::of(&["http", &caller.actor.id, route, key])))
        }
        _ => Err(unfit("Idempotency-Key", "is 1 to 255 visible characters")),
    }
}

/// The revision that the sender looked at.
///
/// # Errors
/// 400 for what is no single strong entity tag of ours.
pub fn expected_revision(headers: &HeaderMap) -> Answered<Option<u64>> {
    let Some(given) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let given = given.to_str().map(str::trim).unwrap_or_default();
    if given == "*" {
        // Any revision will do; an instance that is not there has none, and is answered as such.
        return Ok(None);
    }
    let revision = given
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|tag| tag.parse().ok());
    revision
        .map(Some)
        .ok_or_else(|| unfit("If-Match", "is one `ETag` as it was given, such as \"7\""))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use statewright_core::step::{Actor, ActorKind};

    use super::*;

    fn headers(name: header::HeaderName, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), value.parse().expect("a header's value"));
        }
        headers
    }

    #[test]
    fn an_idempotency_key_belongs_to_a_principal_and_a_route() {
        let caller = |id: &str| Caller::vouched_for(Arc::new(Actor::plain(ActorKind::Person, id)));
        let key = |values: &[&str], who: &str, route: &str| input_key(&headers(IDEMPOTENCY_KEY, values), &caller(who), route);
        let first = key(&["k"], "ann", "/a").expect("a key");
        assert!(first.is_some());
        assert_eq!(key(&["k"], "ann", "/a"), Ok(first));
        assert_ne!(key(&["k"], "bob", "/a"), Ok(first));
        assert_ne!(key(&["k"], "ann", "/b"), Ok(first));
        assert_ne!(key(&["l"], "ann", "/a"), Ok(first));
        assert_eq!(key(&[], "ann", "/a"), Ok(None));
        assert!(key(&["k", "k"], "ann", "/a").is_err());
        assert!(key(&[""], "ann", "/a").is_err());
        assert!(key(&[&"k".repeat(256)], "ann", "/a").is_err());
    }

    #[test]
    fn a_revision_is_one_strong_tag() {
        let check = |given: &str| expected_revision(&headers(header::IF_MATCH, &[given]));
        assert_eq!(check("\"7\""), Ok(Some(7)));
        assert_eq!(check("*"), Ok(None));
        for given in ["7", "W/\"7\"", "\"7\", \"8\"", "\"x\"", ""] {
            assert!(check(given).is_err(), "{given}");
        }
    }
}
