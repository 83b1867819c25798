//! Problem details (RFC 9457): every answer that is a no.
//!
//! `type` is the path of the code's page on this server (`/errors/SW-2203`), `code` the code itself, `detail` the sentence for
//! people. `refusals` are the engine's own reasons: `kind`, `sentence`, and where they apply `field` (its path in the input) and
//! `instances` (`workflow/key`).

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use statewright_core::diagnostic::Code;
use statewright_core::step::{Refusal, RefusalKind};
use statewright_core::value::Value;
use statewright_core::value::interface::to_interface;

use super::limit::RETRY_AFTER_SECONDS;
use crate::json::{present, text, text_or_null, texts};
use crate::percent::path;

pub const PROBLEM_JSON: &str = "application/problem+json";

/// Boxed, since it goes through every result and is hardly ever there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    status: StatusCode,
    code: String,
    title: &'static str,
    detail: String,
    refusals: Vec<Refusal>,
    /// The trail entry in which the refusal stands.
    entry: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

pub type Answered<T> = Result<T, Problem>;

impl Problem {
    /// A problem of this kind, with a sentence for people.
    pub fn of(code: Code, detail: impl Into<String>) -> Self {
        let mut problem = Problem(Box::new(Details {
            status: status(code),
            code: code.to_string(),
            title: code.title(),
            detail: detail.into(),
            refusals: Vec::new(),
            entry: None,
            headers: Vec::new(),
        }));
        match code {
            Code::Overloaded | Code::StoreAway | Code::StoreFull | Code::TimedOut | Code::ShuttingDown | Code::ScannerAway => {
                problem = problem.retry_after_seconds(RETRY_AFTER_SECONDS);
            }
            Code::Unauthenticated => {
                let scheme = HeaderValue::from_static("Bearer realm=\"statewright\"");
                problem.0.headers.push((header::WWW_AUTHENTICATE, scheme));
            }
            _ => {}
        }
        problem
    }

    /// A problem that only its number is known of: those of a running instance are the core's own.
    pub fn numbered(status: StatusCode, number: &str, detail: impl Into<String>) -> Self {
        let mut problem = Problem::of(Code::parse(number).unwrap_or(Code::Internal), detail);
        problem.0.status = status;
        number.clone_into(&mut problem.0.code);
        problem
    }

    /// There is nothing of that name, or it may not be seen: the same words for both.
    pub fn nothing(what: impl std::fmt::Display) -> Self {
        Problem::of(Code::NotFound, format!("There is no {what}, or it is not yours to see"))
    }

    /// The same, to who might open one: in the very words of what is not there.
    pub fn behind_glass(workflow: &str, key: &str) -> Self {
        let route = path(&["v1", "instances", workflow, key, "open"]);
        let detail = format!(
            "There is no {workflow}/{key}, or it is not yours to see unless you open it with a reason, which somebody else reviews: POST {route}"
        );
        Problem::of(Code::BehindGlass, detail)
    }

    /// The engine's reasons. The most basic one gives the status: who may not need not hear first what the form lacks.
    pub fn refused(refusals: Vec<Refusal>) -> Self {
        let rank = |refusal: &&Refusal| RANKS.iter().position(|(kind, _)| *kind == refusal.kind);
        let code = refusals
            .iter()
            .min_by_key(rank)
            .and_then(|first| RANKS.iter().find(|(kind, _)| *kind == first.kind))
            .map_or(Code::Forbidden, |(_, code)| *code);
        let sentence = |refusal: &Refusal| match &refusal.field {
            Some(field) => format!("{field}: {}", refusal.sentence),
            None => refusal.sentence.clone(),
        };
        let sentences: Vec<String> = refusals.iter().map(sentence).collect();
        let failed = refusals.iter().find_map(|refusal| match refusal.kind {
            RefusalKind::Failed(code) => Some(code),
            _ => None,
        });
        let mut problem = Problem::of(failed.unwrap_or(code), sentences.join("; "));
        if failed.is_some() {
            problem.0.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        problem.0.refusals = refusals;
        problem
    }

    /// The engine's reasons beside what is said already.
    #[must_use]
    pub fn refusals(mut self, refusals: Vec<Refusal>) -> Self {
        self.0.refusals = refusals;
        self
    }

    /// Where in the trail it stands.
    #[must_use]
    pub fn entry(mut self, path: Option<String>) -> Self {
        self.0.entry = path;
        self
    }

    /// Says that a token was given and is not valid (RFC 6750, section 3.1).
    #[must_use]
    pub fn invalid_token(mut self) -> Self {
        self.0.headers.retain(|(name, _)| *name != header::WWW_AUTHENTICATE);
        let challenge = HeaderValue::from_static("Bearer realm=\"statewright\", error=\"invalid_token\"");
        self.0.headers.push((header::WWW_AUTHENTICATE, challenge));
        self
    }

    #[must_use]
    pub fn allow(mut self, methods: &str) -> Self {
        if let Ok(methods) = HeaderValue::from_str(methods) {
            self.0.headers.push((header::ALLOW, methods));
        }
        self
    }

    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: u64) -> Self {
        self.0.headers.retain(|(name, _)| *name != header::RETRY_AFTER);
        self.0.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds.max(1))));
        self
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    pub fn code(&self) -> &str {
        &self.0.code
    }

    pub fn title(&self) -> &'static str {
        self.0.title
    }

    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The engine's reasons, as far as there are any.
    pub fn reasons(&self) -> &[Refusal] {
        &self.0.refusals
    }

    /// When to come again, and the like.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }

    fn to_value(&self) -> Value {
        let refusals: Vec<Value> = self.0.refusals.iter().map(refusal_value).collect();
        present([
            ("code", text(&self.0.code)),
            ("detail", text(&self.0.detail)),
            ("instance", text_or_null(self.0.entry.as_deref())),
            (
                "refusals",
                if refusals.is_empty() {
                    Value::Null
                } else {
                    Value::from_items(refusals)
                },
            ),
            ("status", Value::Integer(self.0.status.as_u16().into())),
            ("title", text(self.0.title)),
            ("type", text(&format!("/errors/{}", self.0.code))),
        ])
    }
}

/// The kinds of refusal, the most basic first, and the code each is answered with.
const RANKS: [(RefusalKind, Code); 9] = [
    (RefusalKind::Hidden, Code::NotFound),
    (RefusalKind::Forbidden, Code::Forbidden),
    (RefusalKind::Invalid, Code::InputInvalid),
    (RefusalKind::Reason, Code::ReasonMissing),
    (RefusalKind::Signature, Code::SignatureMissing),
    (RefusalKind::Paused, Code::Paused),
    (RefusalKind::Conflict, Code::Conflicting),
    (RefusalKind::Held, Code::TaskHeld),
    (RefusalKind::Guard, Code::GuardFalse),
];

/// A refusal as a program reads it; also what `can` answers with.
pub fn refusal_value(refusal: &Refusal) -> Value {
    present([
        ("field", text_or_null(refusal.field.as_deref())),
        (
            "instances",
            if refusal.instances.is_empty() {
                Value::Null
            } else {
                texts(&refusal.instances)
            },
        ),
        ("kind", text(refusal.kind.as_str())),
        ("sentence", text(&refusal.sentence)),
    ])
}

/// The HTTP status of a code. What is no request's fault is 500.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::BodyUnreadable | Code::ParameterUnreadable => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        // the request is from somebody who is known; 401 would have them sign in
        Code::NotProved => StatusCode::FORBIDDEN,
        Code::RoleMissing | Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound | Code::BehindGlass => StatusCode::NOT_FOUND,
        Code::MethodUnknown => StatusCode::METHOD_NOT_ALLOWED,
        Code::RaceLost | Code::GuardFalse | Code::Paused | Code::Conflicting | Code::Ignored | Code::TaskHeld => {
            StatusCode::CONFLICT
        }
        Code::RevisionStale => StatusCode::PRECONDITION_FAILED,
        Code::FilesPending => StatusCode::CONFLICT,
        Code::BodyTooLarge | Code::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::MediaUnsupported | Code::FileNotTaken => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::IdempotencyKeyReused
        | Code::InputInvalid
        | Code::ReasonMissing
        | Code::SignatureMissing
        | Code::CountTooLarge
        | Code::ViewTooLarge
        | Code::NotThen
        | Code::FileInfected
        | Code::DefinitionRefused => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Overloaded => StatusCode::TOO_MANY_REQUESTS,
        Code::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Code::StoreAway | Code::StoreFull | Code::TimedOut | Code::ShuttingDown | Code::ScannerAway => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = to_interface(&self.to_value());
        let mut response = (self.0.status, [(header::CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        for (name, value) in self.0.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
