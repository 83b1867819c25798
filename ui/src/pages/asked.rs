//! What a handler of a page is given.

use std::sync::Arc;

use axum::extract::RawPathParams;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::diagnostic::Code;
use statewright_core::identity::InputKey;
use statewright_core::step::Actor;
use statewright_engine::Engine;
use statewright_engine::identity::Identified;
use statewright_engine::queries::Unread;

use super::posted::Posted;
use super::visitor::Visit;
use super::words::Reading;
use crate::http::{Answered, Caller, Problem, Shared};

/// A request for a page, taken apart.
#[derive(Clone)]
pub struct Asked {
    pub service: Shared,
    pub headers: HeaderMap,
    pub uri: Uri,
    /// None: nobody has signed in.
    pub visit: Option<Visit>,
    /// How much they have not read; None: it is not said on this page.
    pub unread: Option<Unread>,
    /// The form, of a POST.
    pub posted: Posted,
    path: Vec<(Arc<str>, Arc<str>)>,
    is_act: bool,
}

impl Asked {
    pub fn of(service: Shared, parts: &Parts, parameters: &RawPathParams) -> Self {
        Asked {
            path: parameters.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            ..Asked::unrouted(service, parts)
        }
    }

    /// Where no route was found.
    pub fn unrouted(service: Shared, parts: &Parts) -> Self {
        Asked {
            service,
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
            visit: None,
            unread: None,
            posted: Posted::default(),
            path: Vec::new(),
            is_act: parts.method != Method::GET,
        }
    }

    pub fn engine(&self) -> &Engine {
        &self.service.engine
    }

    pub fn now(&self) -> Timestamp {
        self.engine().now()
    }

    /// The zone in which moments are shown and entered: the deployment's.
    pub fn zone(&self) -> TimeZone {
        self.engine().zone().unwrap_or(TimeZone::UTC)
    }

    pub fn reading(&self) -> Reading {
        Reading {
            now: self.now(),
            zone: self.zone(),
        }
    }

    /// A segment of the path, which the route named.
    pub fn segment(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(known, _)| &**known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Whether a form was sent: its address is no page.
    pub fn is_act(&self) -> bool {
        self.is_act
    }

    /// The path and query that were asked for.
    pub fn target(&self) -> &str {
        self.uri.path_and_query().map_or("/", |target| target.as_str())
    }

    /// A parameter of the query; of several the first.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&self.uri).ok()?;
        let found = pairs.0.into_iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// Who has signed in.
    ///
    /// # Errors
    /// 401: nobody has. Pages that are not open never come to it.
    pub fn visit(&self) -> Answered<&Visit> {
        let visit = self.visit.as_ref();
        visit.ok_or_else(|| Problem::of(Code::Unauthenticated, "Nobody has signed in"))
    }

    /// # Errors
    /// 401: nobody has signed in.
    pub fn caller(&self) -> Answered<&Caller> {
        Ok(&self.visit()?.caller)
    }

    /// # Errors
    /// 401: nobody has signed in.
    pub fn session(&self) -> Answered<&Identified> {
        let session = self.caller()?.session.as_ref();
        session.ok_or_else(|| Problem::of(Code::Unauthenticated, "Nobody has signed in"))
    }

    /// # Errors
    /// 401: nobody has signed in.
    pub fn actor(&self) -> Answered<&Actor> {
        Ok(&self.caller()?.actor)
    }

    /// What an act is known by if its form is sent twice: each form that is shown has a word of its own.
    ///
    /// # Errors
    /// 401: nobody has signed in.
    pub fn input_key(&self) -> Answered<Option<InputKey>> {
        let once = self.posted.text("once");
        let user = &self.actor()?.id;
        Ok(once.map(|once| InputKey::of(&["page", user, self.uri.path(), once])))
    }
}
