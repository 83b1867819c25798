//! The command line as a client of the API: the same requests, over the network or straight through the gate of an engine in this
//! process. So both answer alike, and what the command line can do a program can do as well.

mod hint;
mod remote;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use statewright_core::diagnostic::Code;
use statewright_core::value::interface::to_interface;
use statewright_core::value::limits::JSON_BYTES_MAX;
use statewright_core::value::{Value, json};
use statewright_engine::files::FILE_BYTES_MAX;

pub use remote::Remote;

use crate::failure::{Exit, Failure};
use crate::http::{Caller, Gate};
use crate::json::{member, member_items, member_texts};
use crate::percent::{encode, path};

/// An answer is a page of instances or of entries, each of which may be as large as JSON is read.
const ANSWER_BYTES_MAX: usize = 8 * JSON_BYTES_MAX;

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    /// Percent-encoded, from the slash on.
    target: String,
    headers: HeaderMap,
    body: Sent,
    answer_bytes_max: usize,
}

/// What a request brings.
#[derive(Clone, Debug)]
enum Sent {
    Nothing,
    Document(Value),
    Bytes(Vec<u8>),
}

/// What came back, if it was no problem.
#[derive(Clone, Debug)]
pub struct Reply {
    pub body: Vec<u8>,
}

/// Who answers.
pub enum Client {
    /// The API of an engine in this process, with the actor that the command line vouches for.
    Local {
        gate: Gate,
        caller: Caller,
    },
    Remote(Remote),
}

impl Call {
    /// `segments` are encoded, so that a key may hold anything.
    pub fn new(method: Method, segments: &[&str]) -> Self {
        Call {
            method,
            target: format!("/v1{}", path(segments)),
            headers: HeaderMap::new(),
            body: Sent::Nothing,
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }

    pub fn get(segments: &[&str]) -> Self {
        Call::new(Method::GET, segments)
    }

    pub fn post(segments: &[&str], body: Value) -> Self {
        let mut call = Call::new(Method::POST, segments);
        call.body = Sent::Document(body);
        call
    }

    pub fn put(segments: &[&str], body: Value) -> Self {
        let mut call = Call::new(Method::PUT, segments);
        call.body = Sent::Document(body);
        call
    }

    /// Brings a file; its media type is for a header to say.
    pub fn upload(segments: &[&str], bytes: Vec<u8>) -> Self {
        let mut call = Call::new(Method::POST, segments);
        call.body = Sent::Bytes(bytes);
        call
    }

    /// Is answered with a file.
    #[must_use]
    pub fn download(mut self) -> Self {
        self.answer_bytes_max = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
        self
    }

    /// A parameter of the query, if there is one.
    #[must_use]
    pub fn query(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            self.target.push_str(name);
            self.target.push('=');
            encode(&value.to_string(), &mut self.target);
        }
        self
    }

    /// A header, if there is one and it can be one.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: Option<impl ToString>) -> Self {
        if let Some(value) = value.and_then(|value| value.to_string().parse().ok()) {
            self.headers.insert(name, value);
        }
        self
    }
}

impl Reply {
    /// As JSON.
    ///
    /// # Errors
    /// What answered is no Statewright.
    pub fn value(&self) -> Result<Value, Failure> {
        let text = std::str::from_utf8(&self.body).ok();
        let value = text.and_then(|text| json::read(text).ok());
        value.ok_or_else(|| Failure::no(Code::ServerSilent, "The server answered something that is not its API"))
    }
}

impl Client {
    /// Sends a request.
    ///
    /// # Errors
    /// Whatever problem came back, with its code; or none did.
    pub async fn call(&self, call: Call) -> Result<Reply, Failure> {
        let (status, body) = match self {
            Client::Local { gate, caller } => locally(gate, caller.clone(), call).await?,
            Client::Remote(remote) => remote.call(call).await?,
        };
        let reply = Reply { body };
        if status.is_success() {
            Ok(reply)
        } else {
            Err(failure_of(status, &reply))
        }
    }
}

async fn locally(gate: &Gate, caller: Caller, call: Call) -> Result<(StatusCode, Vec<u8>), Failure> {
    let impossible = |error: String| Failure::no(Code::Internal, error);
    let mut request = Request::builder().method(call.method).uri(&call.target);
    let headers = request
        .headers_mut()
        .ok_or_else(|| impossible("The request cannot be made".into()))?;
    headers.extend(call.headers);
    let body = match call.body {
        Sent::Document(body) => {
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
            Body::from(to_interface(&body))
        }
        Sent::Bytes(bytes) => Body::from(bytes),
        Sent::Nothing => Body::empty(),
    };
    let mut request = request.body(body).map_err(|error| impossible(error.to_string()))?;
    // Nothing that comes over a network can carry an extension: only this process can vouch for a caller.
    request.extensions_mut().insert(caller);
    let response = gate.answer(request).await;
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), call.answer_bytes_max).await;
    body.map(|bytes| (status, bytes.to_vec()))
        .map_err(|error| impossible(error.to_string()))
}

/// A problem document as a failure of the command.
fn failure_of(status: StatusCode, reply: &Reply) -> Failure {
    let problem = match reply.value() {
        Ok(problem) if problem.field("code").is_some() => problem,
        _ => {
            return Failure::no(
                Code::ServerSilent,
                format!("The server answered {status}, and no problem document"),
            );
        }
    };
    let exit = if status == StatusCode::BAD_REQUEST {
        Exit::Misused
    } else {
        Exit::No
    };
    let code = member(&problem, "code");
    let refusals = member_items(&problem, "refusals");
    // Several reasons stand below each other, and what they have in common above them.
    let sentence = if refusals.len() > 1 {
        member(&problem, "title")
    } else {
        member(&problem, "detail")
    };
    let mut failure = Failure::of(exit, code, sentence.trim_end_matches('.'));
    // of one alone the sentence may say it already
    failure.notes = match refusals {
        [only] if sentence.contains(member(only, "sentence")) => Vec::new(),
        refusals => refusals.iter().map(refusal_line).collect(),
    };
    failure.hint = hint::hint(code);
    failure.problem = Some(problem);
    failure
}

/// One reason, on one line.
pub fn refusal_line(refusal: &Value) -> String {
    let instances = member_texts(refusal, "instances");
    let field = match member(refusal, "field") {
        "" => String::new(),
        field => format!("{field}: "),
    };
    let about = if instances.is_empty() {
        String::new()
    } else {
        format!(" ({})", instances.join(", "))
    };
    format!("{field}{}{about}", member(refusal, "sentence"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_parameters_are_encoded() {
        let call = Call::get(&["instances", "lens", "A-1/right ä"])
            .query("after", Some("1.2&x"))
            .query("limit", None::<u64>);
        assert_eq!(call.target, "/v1/instances/lens/A-1%2Fright%20%C3%A4?after=1.2%26x");
    }
}
