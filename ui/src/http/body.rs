//! Reading a request: its body as strict JSON with exact numbers, and its query. What is not known is refused, not passed over.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use statewright_core::diagnostic::Code;
use statewright_core::value::document::{Document, DocumentError, unknown};

use super::bodies::{Bodies, Held};
use super::problem::{Answered, Problem};

/// A body that was read: its document, and the room that it takes in memory.
#[derive(Debug)]
pub struct Given<'a> {
    document: Document,
    held: Held<'a>,
}

impl<'a> Given<'a> {
    /// Refuses what nobody took. The body's room is free again when what this gives is dropped: what was read of it lives as long.
    pub fn finish(self) -> Answered<Held<'a>> {
        self.document.finish()?;
        Ok(self.held)
    }
}

impl Deref for Given<'_> {
    type Target = Document;

    fn deref(&self) -> &Document {
        &self.document
    }
}

impl DerefMut for Given<'_> {
    fn deref_mut(&mut self) -> &mut Document {
        &mut self.document
    }
}

/// Reads a body that is one JSON object.
///
/// # Errors
/// 415 for another media type or an encoded body, 413 for one that is too long, 429 if all bodies together are, 400 for what is no
/// strict JSON object.
pub async fn read_document<'a>(parts: &Parts, body: Body, bytes_max: usize, bodies: &'a Bodies) -> Answered<Given<'a>> {
    check_media(&parts.headers)?;
    let (bytes, held) = read(&parts.headers, body, bytes_max, bodies).await?;
    let document = Document::read(&bytes)?;
    Ok(Given { document, held })
}

/// Reads a body of any kind.
///
/// # Errors
/// 413 for one that is too long, 429 if all bodies together are.
pub async fn read_bytes(headers: &HeaderMap, body: Body, bytes_max: usize, bodies: &Bodies) -> Answered<Vec<u8>> {
    Ok(read(headers, body, bytes_max, bodies).await?.0)
}

async fn read<'a>(headers: &HeaderMap, body: Body, bytes_max: usize, bodies: &'a Bodies) -> Answered<(Vec<u8>, Held<'a>)> {
    let too_large = || Problem::of(Code::BodyTooLarge, format!("The body is longer than {bytes_max} bytes"));
    if declared_length(headers).is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    let mut held = bodies.hold();
    match collect(body, bytes_max, &mut held).await? {
        Some(bytes) => Ok((bytes, held)),
        None => Err(too_large()),
    }
}

/// All of a body; None if it is too long, or breaks off.
async fn collect(mut body: Body, bytes_max: usize, held: &mut Held<'_>) -> Answered<Option<Vec<u8>>> {
    let mut collected = Vec::new();
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let data: Bytes = match frame {
            None => return Ok(Some(collected)),
            Some(Err(_)) => return Ok(None),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => data,
                Err(_) => continue,
            },
        };
        if collected.len() + data.len() > bytes_max {
            return Ok(None);
        }
        held.add(data.len())?;
        collected.extend_from_slice(&data);
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

    /// Those whose name begins so, with the rest of their names.
    pub fn prefixed(&mut self, prefix: &'static str) -> Vec<(String, String)> {
        self.known.push(prefix);
        let mut found = Vec::new();
        self.given.retain_mut(|(given, value)| match given.strip_prefix(prefix) {
            Some(rest) => {
                found.push((rest.to_owned(), std::mem::take(value)));
                false
            }
            None => true,
        });
        found
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

    /// What nobody took by its name: it names fields of a workflow.
    pub fn rest(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.given)
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

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Problem {
        unreadable(error.0)
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
