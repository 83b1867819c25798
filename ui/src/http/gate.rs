//! The way into the API: every request passes here, and only then comes to its route.
//!
//! One future and not a tower of layers: each layer of a router costs every request a box, a clone and a move of the request.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response, header};
use axum::response::IntoResponse;
use statewright_core::diagnostic::Code;
use statewright_engine::access::in_request;
use tower::Service as _;

use super::limit::{REQUEST_TIMEOUT, UPLOAD_TIMEOUT};
use super::problem::Problem;
use super::service::Shared;
use super::{files, guard, route};

/// The whole API, with everything that stands before a handler. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    service: Shared,
    routes: Router,
}

impl Gate {
    pub fn new(service: Shared) -> Self {
        let routes = route::router(&service)
            .merge(crate::pages::router(service.cast.is_some()))
            .fallback(unknown_path)
            .method_not_allowed_fallback(unknown_method)
            .with_state(service.clone());
        Gate { service, routes }
    }

    /// Numbers the request, keeps it within its limits, and logs and dresses the answer, whoever gave it.
    pub async fn answer(&self, request: Request) -> Response<Body> {
        let number = self.service.next_request();
        let method = request.method().clone();
        let uri = request.uri().clone();
        let begun = self.service.engine.now();
        let name = format!("{}/{number}", self.service.engine.node());
        let mut response = in_request(name.into(), self.within_limits(request)).await;
        let took_us = self.service.engine.now().as_microsecond() - begun.as_microsecond();
        let noted = response.extensions_mut().remove::<guard::Noted>().unwrap_or_default();
        self.service
            .traffic
            .add(noted.operation(), response.status().as_u16(), took_us);
        guard::log(&method, uri.path(), &response, &noted, number, took_us);
        guard::wear(response.headers_mut(), &self.service, number);
        response
    }

    async fn within_limits(&self, request: Request) -> Response<Body> {
        if let Some(problem) = guard::oversized(&request) {
            return problem.into_response();
        }
        let Ok(_place) = self.service.places.try_acquire() else {
            return Problem::of(Code::Overloaded, "Too many requests are under way").into_response();
        };
        let most = most_for(&request);
        // Cloning a router clones a pointer.
        let mut routes = self.routes.clone();
        let routed = async move {
            match routes.call(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        };
        within(most, without_panic(routed)).await
    }
}

/// Files come over slow lines; what is not sent for a while is given up by whoever reads it.
fn most_for(request: &Request) -> Duration {
    let is_form_with_files = || {
        let media = request.headers().get(header::CONTENT_TYPE);
        media.is_some_and(|media| media.as_bytes().starts_with(b"multipart/form-data"))
    };
    let brings_file = request.method() == Method::POST && (request.uri().path() == files::UPLOADS || is_form_with_files());
    if brings_file { UPLOAD_TIMEOUT } else { REQUEST_TIMEOUT }
}

/// Ends a request that takes too long.
async fn within(most: Duration, answer: impl Future<Output = Response<Body>>) -> Response<Body> {
    match tokio::time::timeout(most, answer).await {
        Ok(response) => response,
        Err(_) => Problem::of(Code::TimedOut, "The request took too long; it may still be taken").into_response(),
    }
}

/// A handler that panics ends its own request and nothing else.
async fn without_panic(answer: impl Future<Output = Response<Body>>) -> Response<Body> {
    let mut answer = pin!(answer);
    std::future::poll_fn(|context| {
        // Whoever panicked is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
        polled.unwrap_or_else(|cause| Poll::Ready(guard::panicked(&*cause)))
    })
    .await
}

async fn unknown_path(State(service): State<Shared>, request: Request) -> Response<Body> {
    let nothing = Problem::nothing(format_args!("`{}`", request.uri().path()));
    crate::pages::as_page(&service, request, nothing).await
}

async fn unknown_method(method: Method, request: Request) -> Problem {
    let matched = request.extensions().get::<axum::extract::MatchedPath>();
    let path = matched.map_or("", |matched| matched.as_str());
    Problem::of(Code::MethodUnknown, format!("{method} is not known here")).allow(&route::methods(path))
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_told_to_come_again() {
        let answer = within(REQUEST_TIMEOUT, std::future::pending()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_says_nothing_of_itself() {
        let answer = without_panic(async { panic!("secret words") }).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a problem");
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
}
