//! One action, checked: what an attempt at it sends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, Url};
use statewright_core::value::interface::write_interface;
use statewright_core::value::limits::JSON_BYTES_MAX;
use statewright_core::value::{Object, Value};
use statewright_engine::adapter::{Attempt, AttemptFailure};

use crate::base_url::BaseUrl;
use crate::configuration::{BodyFields, Meaning};
use crate::path::{Path, url_text};
use crate::percent;
use crate::secret::Secret;

/// As long as everything on the way must take (RFC 9110, 4.1); what is longer belongs into a body.
const URL_BYTES_MAX: usize = 8_000;

/// As much as is read of an answer: what one side does not read the other should not send.
const REQUEST_BYTES_MAX: usize = JSON_BYTES_MAX;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An action as it is performed.
#[derive(Debug)]
pub(crate) struct Action {
    pub method: reqwest::Method,
    pub path: Path,
    /// Parameter to field.
    pub query: BTreeMap<String, String>,
    pub body: BodyFields,
    /// Those that are the same for every attempt; secrets are marked as sensitive.
    pub headers: HeaderMap,
    pub secrets: Vec<Secret>,
    pub statuses: BTreeMap<u16, Meaning>,
    pub timeout: Duration,
    pub response_bytes_max: usize,
    pub result: ResultFrom,
}

/// What of a good answer becomes the result.
#[derive(Debug)]
pub(crate) enum ResultFrom {
    Body,
    Headers(BTreeMap<String, HeaderName>),
}

impl Action {
    /// What this attempt sends.
    ///
    /// # Errors
    /// `Refused`: this input cannot be sent, now or later. The message names fields, never what is in them.
    pub fn request(&self, base: &BaseUrl, attempt: &Attempt) -> Result<Request, AttemptFailure> {
        let fields = fields(&attempt.input)?;
        let url = self.url(base, &attempt.input)?;
        let mut request = Request::new(self.method.clone(), url);
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(IDEMPOTENCY_KEY, key(&attempt.key)?);
        if let Some(body) = self.body(fields) {
            if body.len() > REQUEST_BYTES_MAX {
                let length = body.len();
                return Err(unsendable(
                    format!("the input is {length} bytes of JSON, more than {REQUEST_BYTES_MAX}"),
                    None,
                ));
            }
            request.headers_mut().insert(CONTENT_TYPE, JSON);
            *request.body_mut() = Some(body.into());
        }
        Ok(request)
    }

    pub fn meaning(&self, status: u16) -> Meaning {
        self.statuses.get(&status).copied().unwrap_or_else(|| Meaning::of(status))
    }

    /// A text without any of this action's secrets, in case the other side repeats them.
    pub fn hide_secrets(&self, text: &str) -> String {
        self.secrets
            .iter()
            .fold(text.to_owned(), |text, secret| secret.hide_in(&text))
    }

    fn url(&self, base: &BaseUrl, input: &Value) -> Result<Url, AttemptFailure> {
        let mut text = self.path.fill(input).map_err(|(field, why)| unsendable(why, Some(&field)))?;
        self.append_query(input, &mut text)?;
        if text.len() > URL_BYTES_MAX {
            let length = text.len();
            let message = format!("path and query have {length} bytes, more than {URL_BYTES_MAX}");
            return Err(unsendable(message, None));
        }
        let rewritten = || unsendable("path and query would be read as others than they are".to_owned(), None);
        base.join(&text).ok_or_else(rewritten)
    }

    fn append_query(&self, input: &Value, text: &mut String) -> Result<(), AttemptFailure> {
        let mut separator = '?';
        for (parameter, field) in &self.query {
            let value = input.field(field).unwrap_or(&Value::Null);
            let items = match value {
                Value::Null => &[],
                Value::List(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            };
            for item in items {
                let is = item.kind().described();
                let problem = || {
                    format!(
                        "`{field}` stands in the query and is or holds {is}; it must be text, a number, a date or a list of them"
                    )
                };
                let item = url_text(item).ok_or_else(|| unsendable(problem(), Some(field)))?;
                text.push(separator);
                percent::encode(parameter, text);
                text.push('=');
                percent::encode(&item, text);
                separator = '&';
            }
        }
        Ok(())
    }

    fn body(&self, fields: &Object) -> Option<String> {
        let sent: Object = match &self.body {
            BodyFields::Nothing => return None,
            BodyFields::Only(names) => {
                let has = |name: &String| fields.get_key_value(name.as_str());
                names
                    .iter()
                    .filter_map(has)
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            }
            BodyFields::Rest => {
                let mut elsewhere: BTreeSet<&str> = self.path.fields();
                elsewhere.extend(self.query.values().map(String::as_str));
                let rest = fields.iter().filter(|(name, _)| !elsewhere.contains(&***name));
                rest.map(|(name, value)| (name.clone(), value.clone())).collect()
            }
        };
        let mut body = String::new();
        write_interface(&Value::from_fields(sent), &mut body);
        Some(body)
    }
}

/// A failure of this side: nothing was sent, and trying again would send nothing either.
fn unsendable(message: String, field: Option<&str>) -> AttemptFailure {
    let detail = field.map_or(Value::Null, |field| {
        Value::from_fields(Object::from([("field".into(), Value::from_text(field))]))
    });
    AttemptFailure::Refused {
        message: format!("not sent: {message}"),
        detail,
    }
}

fn fields(input: &Value) -> Result<&Object, AttemptFailure> {
    static NONE: Object = Object::new();
    match input {
        Value::Null => Ok(&NONE),
        Value::Object(fields) => Ok(fields),
        other => {
            let is = other.kind().described();
            Err(unsendable(format!("the input is {is}; an action is given fields"), None))
        }
    }
}

/// The effect's key as a header. Anything but visible ASCII could end the header and begin another.
fn key(key: &str) -> Result<HeaderValue, AttemptFailure> {
    let is_visible = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    let value = Some(key)
        .filter(|_| is_visible)
        .and_then(|key| HeaderValue::from_str(key).ok());
    value.ok_or_else(|| {
        unsendable(
            "the effect's key is not visible ASCII, and cannot be a header".to_owned(),
            None,
        )
    })
}
