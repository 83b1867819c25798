//! Reading a request: its body as strict JSON with exact numbers, and its query. What is not known is refused, not passed over.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use statewright_core::diagnostic::{Code, nearest};
use statewright_core::value::{Object, Value, json};

use super::problem::{Answered, Problem};

/// The members of a request's body, or of one of its objects: each is taken once, and what is left over is refused.
#[derive(Debug, Default)]
pub struct Document {
    members: Object,
    known: Vec<&'static str>,
}

/// Reads a body that is one JSON object.
///
/// # Errors
/// 415 for another media type or an encoded body, 413 for one that is too long, 400 for what is no strict JSON object.
pub async fn read_document(parts: &Parts, body: Body, bytes_max: usize) -> Answered<Document> {
    check_media(&parts.headers)?;
    let too_large = || Problem::of(Code::BodyTooLarge, format!("The body is longer than {bytes_max} bytes"));
    if declared_length(&parts.headers).is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    let bytes = axum::body::to_bytes(body, bytes_max).await.map_err(|_| too_large())?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let at = error.valid_up_to();
        Problem::of(Code::BodyUnreadable, format!("The body is not UTF-8 from byte {at} on"))
    })?;
    match json::read(text) {
        Ok(Value::Object(members)) => Ok(Document::of(members)),
        Ok(other) => Err(unreadable(format!("The body is {}, not an object", other.kind().described()))),
        Err(error) => Err(unreadable(format!("The body is not strict JSON: {error}"))),
    }
}

impl Document {
    fn of(members: Arc<Object>) -> Self {
        Document {
            members: Arc::unwrap_or_clone(members),
            known: Vec::new(),
        }
    }

    /// The value of a member; null counts as absent.
    pub fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.members.remove(name).filter(|value| !value.is_null())
    }

    pub fn text(&mut self, name: &'static str) -> Answered<Option<Arc<str>>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(misfit(name, &other, "text")),
        }
    }

    pub fn required_text(&mut self, name: &'static str) -> Answered<Arc<str>> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| unreadable(format!("`{name}` is missing")))
    }

    pub fn texts(&mut self, name: &'static str) -> Answered<Vec<Arc<str>>> {
        let Some(value) = self.take(name) else { return Ok(Vec::new()) };
        let Value::List(items) = &value else {
            return Err(misfit(name, &value, "a list of texts"));
        };
        let texts = items.iter().map(|item| match item {
            Value::Text(text) => Ok(text.clone()),
            other => Err(misfit(name, other, "text in every place")),
        });
        texts.collect()
    }

    pub fn object(&mut self, name: &'static str) -> Answered<Option<Arc<Object>>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(fields)),
            Some(other) => Err(misfit(name, &other, "an object")),
        }
    }

    /// Refuses what nobody took.
    pub fn finish(self) -> Answered<()> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(unreadable(unknown("member", name, &self.known))),
        }
    }
}

/// The parameters of a query: each is taken once, and what is left over is refused.
#[derive(Debug, Default)]
pub struct Parameters {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl Parameters {
    pub fn of(uri: &Uri) -> Answered<Self> {
        let given = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let Query(given) = given.map_err(|error| Problem::of(Code::ParameterUnreadable, format!("The query: {error}")))?;
        Ok(Parameters {
            given,
            known: Vec::new(),
        })
    }

    pub fn text(&mut self, name: &'static str) -> Answered<Option<String>> {
        self.known.push(name);
        let mut found = None;
        let mut twice = false;
        self.given.retain_mut(|(given, value)| {
            if given != name {
                return true;
            }
            twice |= found.replace(std::mem::take(value)).is_some();
            false
        });
        if twice {
            return Err(unfit(name, "stands twice"));
        }
        Ok(found)
    }

    pub fn flag(&mut self, name: &'static str) -> Answered<Option<bool>> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(unfit(name, "is `true` or `false`")),
        }
    }

    pub fn number(&mut self, name: &'static str) -> Answered<Option<u64>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.map(Some).ok_or_else(|| unfit(name, "is a whole number"))
    }

    /// How many items a page is to have.
    pub fn limit(&mut self, default: usize, most: usize) -> Answered<usize> {
        let Some(limit) = self.number("limit")? else {
            return Ok(default);
        };
        match usize::try_from(limit) {
            Ok(limit) if (1..=most).contains(&limit) => Ok(limit),
            _ => Err(unfit("limit", &format!("is from 1 to {most}"))),
        }
    }

    /// Refuses what nobody took.
    pub fn finish(self) -> Answered<()> {
        match self.given.first() {
            None => Ok(()),
            Some((name, _)) => Err(Problem::of(
                Code::ParameterUnreadable,
                unknown("parameter", name, &self.known),
            )),
        }
    }
}

/// A parameter that is not what it should be.
pub fn unfit(name: &str, what: &str) -> Problem {
    Problem::of(Code::ParameterUnreadable, format!("`{name}` {what}"))
}

/// A body that is not what it should be.
pub fn unreadable(sentence: String) -> Problem {
    Problem::of(Code::BodyUnreadable, sentence)
}

fn misfit(name: &str, found: &Value, wanted: &str) -> Problem {
    unreadable(format!("`{name}` is {}; it should be {wanted}", found.kind().described()))
}

fn unknown(what: &str, name: &str, known: &[&'static str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("There is no {what} `{name}` here; perhaps `{near}`"),
        None => format!("There is no {what} `{name}` here"),
    }
}

fn check_media(headers: &HeaderMap) -> Answered<()> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
    };
    let encoding = text(header::CONTENT_ENCODING).unwrap_or("identity");
    if !encoding.eq_ignore_ascii_case("identity") {
        return Err(Problem::of(
            Code::MediaUnsupported,
            "The body is compressed; send it as it is",
        ));
    }
    let media = text(header::CONTENT_TYPE).unwrap_or_default();
    let (essence, parameters) = media.split_once(';').unwrap_or((media, ""));
    let charset = parameters.trim().to_ascii_lowercase();
    let utf8 = matches!(charset.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"");
    if essence.trim().eq_ignore_ascii_case("application/json") && utf8 {
        Ok(())
    } else {
        Err(Problem::of(
            Code::MediaUnsupported,
            "The body is to be `application/json` in UTF-8",
        ))
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
