//! What a form sends: name and value pairs, each form with the token of its visit. One that sends files is read by [`multipart`].

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use statewright_core::diagnostic::Code;

use super::asked::Asked;
use super::multipart;
use super::route::{Access, Page};
use crate::http::{Answered, BODY_BYTES_MAX, Problem, read_bytes};

/// The field of a form that proves that the form was ours.
pub const FORM_TOKEN: &str = "form_token";

/// Controls of one form, sent at once: above the largest form of a workflow.
pub const PAIRS_MAX: usize = 5_000;

/// What was entered, in the order of the form.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    pairs: Arc<Vec<(String, String)>>,
}

impl Posted {
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Posted { pairs: Arc::new(pairs) }
    }

    /// A value without what surrounds it; none where nothing was entered.
    pub fn text<'a>(&'a self, name: &str) -> Option<&'a str> {
        let named = self.pairs.iter().filter(|(given, _)| given == name);
        named.map(|(_, value)| value.trim()).find(|value| !value.is_empty())
    }

    /// All values of controls that share a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.pairs.iter().filter(move |(given, _)| given == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Reads the form of a POST, and finds out whether a page of ours sent it.
///
/// # Errors
/// 403 for a form of another site, 413 for one that is too long, 415 for what is no form.
pub async fn read(page: &Page, asked: &mut Asked, parts: &Parts, body: Body) -> Answered<()> {
    if page.method != Method::POST {
        return Ok(());
    }
    if from_elsewhere(&parts.headers) {
        return Err(foreign());
    }
    if let Some(boundary) = multipart::boundary(&parts.headers).filter(|_| page.access != Access::Open) {
        asked.posted = Posted::of(multipart::read(asked, body, &boundary).await?);
        return check_token(page, asked);
    }
    let media = parts.headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let is_form = media.is_some_and(|media| media.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(Problem::of(
            Code::MediaUnsupported,
            "A form is to be sent as a page's form sends it",
        ));
    }
    let bytes = read_bytes(&parts.headers, body, BODY_BYTES_MAX, &asked.service.bodies).await?;
    asked.posted = Posted::of(pairs(&bytes)?);
    check_token(page, asked)
}

fn check_token(page: &Page, asked: &Asked) -> Answered<()> {
    if page.access != Access::Open {
        let expected = &asked.visit()?.form_token;
        let given = asked.posted.text(FORM_TOKEN).unwrap_or_default();
        if !same(given.as_bytes(), expected.as_bytes()) {
            return Err(foreign());
        }
    }
    Ok(())
}

pub fn foreign() -> Problem {
    Problem::of(
        Code::Forbidden,
        "This form was not sent from a page of your present visit; open the page again, and send it from there",
    )
}

/// What browsers say of where a request comes from (Fetch Metadata); older ones say the origin; who says neither is held by the token alone.
fn from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) != text("host"),
        (None, None) => false,
    }
}

/// Compared without telling by its time how far it was right.
pub fn same(given: &[u8], expected: &[u8]) -> bool {
    let different = given
        .iter()
        .zip(expected)
        .fold(0, |different, (left, right)| different | (left ^ right));
    given.len() == expected.len() && different == 0
}

fn pairs(bytes: &[u8]) -> Answered<Vec<(String, String)>> {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().take(PAIRS_MAX + 1).collect();
    if pairs.len() > PAIRS_MAX {
        return Err(Problem::of(
            Code::BodyTooLarge,
            format!("The form has more than {PAIRS_MAX} fields"),
        ));
    }
    Ok(pairs)
}
