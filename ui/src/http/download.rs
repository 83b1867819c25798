//! A file on its way out: chunk by chunk, never whole in memory, and never as something that a browser would show or run.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::files::Given;

use crate::percent::encode;

/// What is sent of a file that is no page: nothing in it runs, whatever it is.
pub const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// The answer that gives it.
pub fn download(given: Given) -> Response {
    let record = given.record.clone();
    let body = Body::new(Download {
        left: record.size,
        state: State::Resting(Some(Box::new(given))),
    });
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(record.size));
    for (name, value) in [
        (header::CONTENT_TYPE, record.media_type.to_string()),
        (header::CONTENT_DISPOSITION, attachment(&record.name)),
        (header::ETAG, format!("\"{}\"", record.sha256)),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

/// `Content-Disposition` that saves under a name (RFC 6266): in plain letters for who knows no others, and as it is.
fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '_' })
        .filter(|c| !matches!(c, '"' | '\\' | '%'))
        .collect();
    let mut encoded = String::new();
    encode(name, &mut encoded);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

struct Download {
    /// Bytes that are still to come.
    left: u64,
    state: State,
}

type Next = (Box<Given>, EngineResult<Option<Vec<u8>>>);

enum State {
    /// None: it is over.
    Resting(Option<Box<Given>>),
    Reading(Pin<Box<dyn Future<Output = Next> + Send>>),
}

impl axum::body::HttpBody for Download {
    type Data = Bytes;
    type Error = EngineError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EngineError>>> {
        if let State::Resting(resting) = &mut self.state {
            let Some(mut given) = resting.take() else {
                return Poll::Ready(None);
            };
            self.state = State::Reading(Box::pin(async move {
                let next = given.next().await;
                (given, next)
            }));
        }
        let State::Reading(reading) = &mut self.state else {
            return Poll::Ready(None);
        };
        let (given, next) = match reading.as_mut().poll(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(read) => read,
        };
        match next {
            Ok(Some(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                self.state = State::Resting(Some(given));
                Poll::Ready(Some(Ok(Frame::data(Bytes::from(bytes)))))
            }
            Ok(None) => {
                self.state = State::Resting(None);
                Poll::Ready(None)
            }
            Err(error) => {
                // The head has gone out: all that can be said is that this is not all of it.
                tracing::warn!(%error, "a file broke off while it was given");
                self.state = State::Resting(None);
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_breaks_out_of_no_header() {
        let check = |name: &str, expected: &str| assert_eq!(attachment(name), expected);
        check("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf");
        check(
            "Größe 100% \"x\".txt",
            "attachment; filename=\"Gr__e 100 x.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20100%25%20%22x%22.txt",
        );
    }
}
