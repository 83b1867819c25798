//! What a handler of a page gives back.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use minijinja::value::Serde;
use serde::Serialize;

use super::asked::Asked;
use super::{frame, problem};

/// Scripts and styles are our own files; nothing stands in the page itself, so that nothing that is put into a page can run.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub enum Answer {
    Page(View),
    Elsewhere(String),
    Raw(Response),
}

/// A page to be rendered: a template, and what stands in it.
pub struct View {
    pub template: &'static str,
    /// What the page is about, before the product's name in the window's title.
    pub title: String,
    pub model: minijinja::Value,
    pub status: StatusCode,
    /// What the page is told of while it is open.
    pub topic: Option<String>,
    /// Beside the keys of the instances that it refers to stands who or what they are, as far as its reader sees that.
    pub names: bool,
}

impl View {
    pub fn new(template: &'static str, title: impl Into<String>, model: impl Serialize) -> Self {
        View {
            template,
            title: title.into(),
            model: minijinja::Value::from(Serde(model)),
            status: StatusCode::OK,
            topic: None,
            names: false,
        }
    }

    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    #[must_use]
    pub fn with_names(mut self) -> Self {
        self.names = true;
        self
    }

    #[must_use]
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(topic.into());
        self
    }
}

impl From<View> for Answer {
    fn from(view: View) -> Self {
        Answer::Page(view)
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Answer::Raw(response)
    }
}

/// Goes on at another page.
pub fn see_other(to: impl Into<String>) -> Answer {
    Answer::Elsewhere(to.into())
}

impl Answer {
    pub fn into_response(self, asked: &Asked) -> Response {
        match self {
            Answer::Page(view) => rendered(asked, &view),
            Answer::Elsewhere(to) => elsewhere(&to),
            Answer::Raw(response) => response,
        }
    }
}

fn rendered(asked: &Asked, view: &View) -> Response {
    match frame::render(asked, view) {
        Ok(html) => {
            let mut response = (view.status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
            let policy = HeaderValue::from_static(POLICY);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            if let Some(refresh) = asked.visit.as_ref().and_then(|visit| visit.ends(asked)) {
                response.headers_mut().insert(header::REFRESH, refresh);
            }
            response
        }
        Err(error) => {
            tracing::error!(template = view.template, error = %error, "a page cannot be rendered");
            problem::plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "This page cannot be shown; the server's log says more",
            )
        }
    }
}

fn elsewhere(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => problem::plain(StatusCode::INTERNAL_SERVER_ERROR, "There is no such page"),
    }
}
