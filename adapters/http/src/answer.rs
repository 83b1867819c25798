//! From an answer to the outcome of an attempt.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use statewright_core::value::{Object, Value, json, limits};
use statewright_engine::adapter::AttemptFailure;

use crate::action::{Action, ResultFrom};
use crate::configuration::Meaning;
use crate::failure;
use crate::problem::{PROBLEM_BYTES_MAX, Problem, one_line};
use crate::retry_after;

/// Plain text as a result is a number or a note; what is longer has a structure, and should come as JSON.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Why a body was not read to its end.
enum Unread {
    TooLong,
    Broken(reqwest::Error),
}

/// Reads an answer to its end, as far as it is needed.
pub(crate) async fn read(action: &Action, mut response: Response, now: Timestamp) -> Result<Value, AttemptFailure> {
    let status = response.status();
    match action.meaning(status.as_u16()) {
        Meaning::Result => match &action.result {
            ResultFrom::Headers(headers) => Ok(headers_of(&response, headers)),
            ResultFrom::Body => result_of(action, &mut response).await,
        },
        Meaning::Temporary => {
            let asked = header_text(response.headers(), &RETRY_AFTER).and_then(|text| retry_after::parse(&text, now));
            let problem = problem_of(action, &mut response).await;
            Err(AttemptFailure::Temporary {
                message: format!("answered {}{}", named(status), problem.clause()),
                retry_after: asked,
            })
        }
        Meaning::Refused if status.is_redirection() => Err(AttemptFailure::Refused {
            message: format!(
                "answered {}; redirects are not followed: configure the address that it leads to",
                named(status)
            ),
            detail: Problem::default().describe(status.as_u16()),
        }),
        Meaning::Refused => {
            let problem = problem_of(action, &mut response).await;
            Err(AttemptFailure::Refused {
                message: format!("answered {}{}", named(status), problem.clause()),
                detail: problem.describe(status.as_u16()),
            })
        }
    }
}

fn headers_of(response: &Response, named: &BTreeMap<String, HeaderName>) -> Value {
    let text = |header: &HeaderName| header_text(response.headers(), header).map_or(Value::Null, |text| Value::from_text(&text));
    let fields = named.iter().map(|(field, header)| (field.as_str().into(), text(header)));
    Value::from_fields(fields.collect::<Object>())
}

async fn result_of(action: &Action, response: &mut Response) -> Result<Value, AttemptFailure> {
    let status = response.status();
    let unreadable = |why: String| AttemptFailure::Refused {
        message: format!(
            "answered {}, so it may be done, but the answer cannot be used: {}",
            named(status),
            one_line(&action.hide_secrets(&why))
        ),
        detail: Problem::default().describe(status.as_u16()),
    };
    let encoding =
        header_text(response.headers(), &CONTENT_ENCODING).filter(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    if let Some(encoding) = encoding {
        return Err(unreadable(format!(
            "it is encoded as `{}`, which was not asked for",
            encoding.escape_debug()
        )));
    }
    let bytes = match body(response, action.response_bytes_max).await {
        Ok(bytes) => bytes,
        Err(Unread::Broken(error)) => return Err(failure::broken(&error)),
        Err(Unread::TooLong) => return Err(unreadable(format!("it is longer than {} bytes", action.response_bytes_max))),
    };
    value_of(bytes, media_type(response.headers()).as_deref()).map_err(unreadable)
}

/// The value that a body is, or why it is none.
fn value_of(bytes: Vec<u8>, media_type: Option<&str>) -> Result<Value, String> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let is_json = |media_type: &str| media_type == "application/json" || media_type.ends_with("+json");
    let text = |bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned());
    match media_type {
        Some("text/plain") if bytes.len() > TEXT_BYTES_MAX => Err(format!("it is text of more than {TEXT_BYTES_MAX} bytes")),
        Some("text/plain") => match text(bytes)? {
            text if text.contains('\0') => Err("it is text with the character NUL, which cannot be stored".to_owned()),
            text => Ok(Value::from_text(&text)),
        },
        Some(other) if !is_json(other) => Err(format!("it is `{}`, neither JSON nor plain text", other.escape_debug())),
        _ => {
            let value = json::read(&text(bytes)?).map_err(|error| format!("it is not JSON: {error}"))?;
            limits::check(&value).map_err(|error| error.to_string())?;
            Ok(value)
        }
    }
}

/// What the other side says about its failure, if it says it in a way that is understood.
async fn problem_of(action: &Action, response: &mut Response) -> Problem {
    // The status alone says what it means; a text that does not arrive takes nothing from it.
    let bytes = body(response, PROBLEM_BYTES_MAX).await.unwrap_or_default();
    Problem::read(&bytes, |text| action.hide_secrets(text))
}

async fn body(response: &mut Response, bytes_max: usize) -> Result<Vec<u8>, Unread> {
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).map_or(true, |announced| announced > bytes_max) {
        return Err(Unread::TooLong);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Unread::Broken)? {
        if chunk.len() > bytes_max - bytes.len() {
            return Err(Unread::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The media type without its parameters, in small letters.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = header_text(headers, &CONTENT_TYPE)?;
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Some(essence).filter(|essence| !essence.is_empty())
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    std::str::from_utf8(value.as_bytes()).ok().map(str::to_owned)
}

/// `503 Service Unavailable`.
fn named(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}
