//! A no, as a page: in the words of the API.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use statewright_core::diagnostic::Code;
use statewright_core::step::Refusal;
use statewright_engine::identity::Use;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::glass::page_of;
use super::reference::{self, Reference};
use super::visitor;
use crate::http::{Problem, Shared};

/// A reason, with where to look.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    pub sentence: String,
    /// As the workflow writes it, where its words are for its owners alone.
    pub rule: Option<String>,
    pub instances: Vec<Reference>,
}

#[derive(Serialize)]
struct Model<'a> {
    title: &'a str,
    detail: &'a str,
    code: &'a str,
    reasons: Vec<Reason>,
    /// Another try may succeed.
    passes: bool,
    /// Where it may be opened with a reason.
    open: Option<String>,
}

impl Reason {
    pub fn of(refusal: &Refusal) -> Self {
        Reason {
            sentence: sentence(refusal),
            rule: None,
            instances: refusal.instances.iter().map(|name| Reference::of(name)).collect(),
        }
    }
}

/// The reason as a sentence of its own.
pub fn sentence(refusal: &Refusal) -> String {
    match &refusal.field {
        Some(field) => format!("{field} {}", refusal.sentence),
        None => refusal.sentence.clone(),
    }
}

/// A problem to whoever asked for a page.
pub struct ProblemPage<'a> {
    asked: &'a Asked,
    problem: Problem,
}

pub fn page(asked: &Asked, problem: Problem) -> ProblemPage<'_> {
    ProblemPage { asked, problem }
}

impl ProblemPage<'_> {
    pub async fn into_response(self) -> Response {
        let problem = &self.problem;
        let status = problem.status();
        let reasons = problem.reasons().iter().map(Reason::of).collect::<Vec<_>>();
        let (workflow, key) = (self.asked.segment("workflow"), self.asked.segment("key"));
        let behind_glass = problem.code() == Code::BehindGlass.as_str() && !key.is_empty();
        let open = behind_glass.then(|| page_of(workflow, key));
        let model = Model {
            title: problem.title(),
            // what a program does about it stands behind the colon
            detail: match &open {
                Some(_) => problem.detail().split(": POST").next().unwrap_or_default(),
                None => problem.detail(),
            },
            code: problem.code(),
            // the detail of several is made of them
            reasons: if reasons.len() > 1 || reasons.iter().any(|reason| !reason.instances.is_empty()) {
                reasons
            } else {
                Vec::new()
            },
            open,
            passes: matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS),
        };
        let mut view = View::new("problem.html", problem.title(), model).status(status);
        reference::resolve(self.asked, &mut view).await;
        let mut response = Answer::Page(view).into_response(self.asked);
        for (name, value) in problem.headers() {
            // a page is asked for with a cookie: no browser is to ask for a name and a password of its own
            if name != header::WWW_AUTHENTICATE {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}

/// Whether somebody wants to look at the answer.
pub fn is_browser(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accepts| accepts.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

/// A problem that came up before any page was found: to a browser as a page, to a program as it is.
pub async fn as_page(service: &Shared, request: Request, problem: Problem) -> Response<Body> {
    if !is_browser(request.headers()) || request.uri().path().starts_with("/v1/") {
        return problem.into_response();
    }
    let (parts, _) = request.into_parts();
    let mut asked = Asked::unrouted(service.clone(), &parts);
    asked.visit = visitor::visit(service, &asked.headers, Use::Watches).await.ok().flatten();
    page(&asked, problem).into_response().await
}

/// Where not even a page can be made.
pub fn plain(status: StatusCode, words: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response()
}
