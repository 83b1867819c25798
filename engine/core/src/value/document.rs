//! A JSON object that someone sent, member by member: what is not known is refused, not passed over.

use std::sync::Arc;

use super::json;
use super::{Object, Value};
use crate::diagnostic::nearest;

/// The members of a request's body, or of one of its objects: each is taken once, and what is left over is refused.
#[derive(Debug, Default)]
pub struct Document {
    members: Object,
    known: Vec<&'static str>,
}

/// What is wrong with a document, as a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DocumentError(pub String);

impl Document {
    /// Reads a body that is one JSON object.
    ///
    /// # Errors
    /// It is not strict JSON in UTF-8, or no object.
    pub fn read(bytes: &[u8]) -> Result<Self, DocumentError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            DocumentError(format!("The body is not UTF-8 from byte {at} on"))
        })?;
        match json::read(text) {
            Ok(Value::Object(members)) => Ok(Document {
                members: Arc::unwrap_or_clone(members),
                known: Vec::new(),
            }),
            Ok(other) => Err(DocumentError(format!(
                "The body is {}, not an object",
                other.kind().described()
            ))),
            Err(error) => Err(DocumentError(format!("The body is not strict JSON: {error}"))),
        }
    }

    /// The value of a member; null counts as absent.
    pub fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.members.remove(name).filter(|value| !value.is_null())
    }

    /// A member that is text.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&mut self, name: &'static str) -> Result<Option<Arc<str>>, DocumentError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(misfit(name, &other, "text")),
        }
    }

    /// A member that is text and not empty.
    ///
    /// # Errors
    /// There is none, or it is something else.
    pub fn required_text(&mut self, name: &'static str) -> Result<Arc<str>, DocumentError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| DocumentError(format!("`{name}` is missing")))
    }

    /// A member that is a list of texts; none is an empty one.
    ///
    /// # Errors
    /// It is something else.
    pub fn texts(&mut self, name: &'static str) -> Result<Vec<Arc<str>>, DocumentError> {
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

    /// A member that is an object.
    ///
    /// # Errors
    /// It is something else.
    pub fn object(&mut self, name: &'static str) -> Result<Option<Arc<Object>>, DocumentError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(fields)),
            Some(other) => Err(misfit(name, &other, "an object")),
        }
    }

    /// Refuses what nobody took.
    ///
    /// # Errors
    /// The first member that is left.
    pub fn finish(self) -> Result<(), DocumentError> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(DocumentError(unknown("member", name, &self.known))),
        }
    }
}

/// What to say of a name that is not known: with the known one it is most like.
#[must_use]
pub fn unknown(what: &str, name: &str, known: &[&'static str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("There is no {what} `{name}` here; perhaps `{near}`"),
        None => format!("There is no {what} `{name}` here"),
    }
}

fn misfit(name: &str, found: &Value, wanted: &str) -> DocumentError {
    DocumentError(format!("`{name}` is {}; it should be {wanted}", found.kind().described()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], expected: &str) {
        let told = Document::read(body).and_then(|mut document| {
            let texts = (document.text("key")?, document.texts("roles")?.len());
            let with = document.object("with")?.map_or(0, |with| with.len());
            document.finish()?;
            Ok(format!("{texts:?} {with}"))
        });
        assert_eq!(told.unwrap_or_else(|error| error.to_string()), expected);
    }

    #[test]
    fn members_are_taken_once_and_what_is_left_is_refused() {
        check(br#"{"key":"A","roles":["a","b"],"with":{"x":null}}"#, r#"(Some("A"), 2) 1"#);
        check(br#"{"key":null}"#, "(None, 0) 0");
        check(br#"{"kye":"A"}"#, "There is no member `kye` here; perhaps `key`");
        check(br#"{"key":1}"#, "`key` is an integer; it should be text");
        check(br#"{"roles":[1]}"#, "`roles` is an integer; it should be text in every place");
        check(b"[]", "The body is a list, not an object");
        check(b"{\"\xff\"}", "The body is not UTF-8 from byte 2 on");
        check(
            b"",
            "The body is not strict JSON: at byte 0: the text ends where a value was expected",
        );
    }
}
