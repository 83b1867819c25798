//! What stands before every handler: limits, who asks and whether they may, the log, the headers of every answer.

use std::any::Any;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, Response};
use axum::middleware::Next;
use axum::response::IntoResponse;
use statewright_core::diagnostic::Code;

use super::authentication::{Caller, authenticate};
use super::limit::{HEADER_BYTES_MAX, HEADERS_MAX, REQUEST_TIMEOUT, TARGET_BYTES_MAX};
use super::problem::Problem;
use super::route::{self, Access};
use super::service::{Service, Shared};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Microseconds from which on an answer was slow enough to be looked into.
const SLOW_US: i64 = 1_000_000;

/// What the log says of an answer; put there by [`admit`], which knows.
#[derive(Clone, Debug, Default)]
struct Noted {
    operation: &'static str,
    user: String,
    token: String,
}

/// Numbers the request, logs it, and dresses the answer. Names and ids are logged; payloads, queries and tokens are not.
pub async fn dress(State(service): State<Shared>, request: Request, next: Next) -> Response<Body> {
    let number = service.next_request();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let begun = service.engine.now();
    let mut response = next.run(request).await;
    let took_us = service.engine.now().as_microsecond() - begun.as_microsecond();
    let noted = response.extensions_mut().remove::<Noted>().unwrap_or_default();
    log(&method, &path, &response, &noted, number, took_us);
    wear(response.headers_mut(), &service, number);
    response
}

/// What was answered as it was asked for stands in the trail, and is logged for those who look closely; the rest for everyone.
fn log(method: &Method, path: &str, response: &Response<Body>, noted: &Noted, number: u64, took_us: i64) {
    let Noted { operation, user, token } = noted;
    let status = response.status().as_u16();
    macro_rules! answered {
        ($level:ident) => {
            tracing::$level!(
                target: "statewright::access",
                request = number, %method, path, operation, user, token, status, took_us, "answered"
            )
        };
    }
    if response.status().is_success() && took_us < SLOW_US {
        answered!(debug);
    } else {
        answered!(info);
    }
}

fn wear(headers: &mut HeaderMap, service: &Service, number: u64) {
    headers.insert(REQUEST_ID, HeaderValue::from(number));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    // What one person may see is not for a cache that others share.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if service.behind_tls {
        let two_years = HeaderValue::from_static("max-age=63072000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
}

/// Refuses what is too large before anything of it is looked at, and more requests at once than are worked on.
pub async fn limit(State(service): State<Shared>, request: Request, next: Next) -> Response<Body> {
    if let Some(problem) = oversized(&request) {
        return problem.into_response();
    }
    let Ok(_place) = service.places.try_acquire() else {
        return Problem::of(Code::Overloaded, "Too many requests are under way").into_response();
    };
    next.run(request).await
}

fn oversized(request: &Request) -> Option<Problem> {
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let too_large = if headers.len() > HEADERS_MAX {
        format!("There are more than {HEADERS_MAX} headers")
    } else if bytes > HEADER_BYTES_MAX {
        format!("The headers are longer than {HEADER_BYTES_MAX} bytes")
    } else if target > TARGET_BYTES_MAX {
        format!("The path and its query are longer than {TARGET_BYTES_MAX} bytes")
    } else {
        return None;
    };
    Some(Problem::of(Code::HeadersTooLarge, too_large))
}

/// Ends a request that takes too long.
pub async fn bound(request: Request, next: Next) -> Response<Body> {
    within(REQUEST_TIMEOUT, next.run(request)).await
}

async fn within(most: Duration, answer: impl Future<Output = Response<Body>>) -> Response<Body> {
    match tokio::time::timeout(most, answer).await {
        Ok(response) => response,
        Err(_) => Problem::of(Code::TimedOut, "The request took too long; it may still be taken").into_response(),
    }
}

/// Finds out who asks, and refuses who may not. What a route asks for stands in the table and nowhere else.
pub async fn admit(State(service): State<Shared>, mut request: Request, next: Next) -> Response<Body> {
    let matched = request
        .extensions()
        .get::<MatchedPath>()
        .map(|matched| matched.as_str().to_owned());
    let route = matched.and_then(|path| route::operation(request.method().as_str(), &path));
    let Some(route) = route else {
        // A path with another method: there is nothing behind it to be guarded.
        return next.run(request).await;
    };
    let mut noted = Noted {
        operation: route.operation,
        ..Noted::default()
    };
    if route.access != Access::Open {
        let caller = match request.extensions().get::<Caller>() {
            Some(caller) => Ok(caller.clone()),
            None => authenticate(&service, request.headers()).await,
        };
        let caller = match caller {
            Ok(caller) => caller,
            Err(problem) => return note(problem.into_response(), noted),
        };
        noted.user = caller.actor.id.to_string();
        noted.token = caller.token.as_deref().unwrap_or_default().to_owned();
        if let Access::Role(role) = route.access
            && !caller.has_role(role)
        {
            let problem = Problem::of(Code::RoleMissing, format!("This takes the role `{role}`"));
            return note(problem.into_response(), noted);
        }
        request.extensions_mut().insert(caller);
    }
    note(next.run(request).await, noted)
}

fn note(mut response: Response<Body>, noted: Noted) -> Response<Body> {
    response.extensions_mut().insert(noted);
    response
}

/// A handler that panicked is a fault of ours, and no reason to say more than that.
pub fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let words = cause.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("no words");
    tracing::error!(words, "a handler panicked");
    Problem::of(Code::Internal, "The server failed at this request; its log says more").into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_told_to_come_again() {
        let answer = within(REQUEST_TIMEOUT, std::future::pending()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    }

    #[test]
    fn a_panic_says_nothing_of_itself() {
        let answer = panicked(Box::new("secret words"));
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
