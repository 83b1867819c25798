//! Taking members out of a body.

use std::sync::Arc;

use statewright_core::value::canonical::read_canonical;
use statewright_core::value::{Object, Value};

/// A stored body that cannot be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored {what} cannot be read: {why}")]
pub struct BodyError {
    pub what: &'static str,
    pub why: String,
}

/// An object that is read member by member.
pub(super) struct Members {
    what: &'static str,
    object: Arc<Object>,
}

impl Members {
    pub(super) fn parse(what: &'static str, text: &str) -> Result<Self, BodyError> {
        let value = read_canonical(text).map_err(|error| BodyError {
            what,
            why: error.to_string(),
        })?;
        Members::of(what, &value)
    }

    pub(super) fn of(what: &'static str, value: &Value) -> Result<Self, BodyError> {
        match value {
            Value::Object(object) => Ok(Members {
                what,
                object: object.clone(),
            }),
            other => Err(BodyError {
                what,
                why: format!("it is {}", other.kind().described()),
            }),
        }
    }

    pub(super) fn fault(&self, why: impl Into<String>) -> BodyError {
        BodyError {
            what: self.what,
            why: why.into(),
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn optional_text(&self, name: &str) -> Result<Option<Arc<str>>, BodyError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.fault(format!("`{name}` is no text"))),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Arc<str>, BodyError> {
        self.optional_text(name)?
            .ok_or_else(|| self.fault(format!("`{name}` is missing")))
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<Arc<str>>, BodyError> {
        let Some(value) = self.value(name) else {
            return Ok(Vec::new());
        };
        let items = value.as_list().ok_or_else(|| self.fault(format!("`{name}` is no list")))?;
        let texts = items.iter().map(|item| item.as_text().map(Arc::from));
        texts
            .collect::<Option<_>>()
            .ok_or_else(|| self.fault(format!("`{name}` holds more than texts")))
    }

    pub(super) fn object(&self, name: &str) -> Result<Object, BodyError> {
        match self.value(name) {
            None => Ok(Object::new()),
            Some(Value::Object(object)) => Ok((**object).clone()),
            Some(_) => Err(self.fault(format!("`{name}` is no object"))),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_boolean).unwrap_or(false)
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<jiff::Timestamp>, BodyError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Instant(instant)) => Ok(Some(*instant)),
            Some(_) => Err(self.fault(format!("`{name}` is no moment"))),
        }
    }
}

/// An object of those members that are not null.
pub(super) fn object_of<const N: usize>(members: [(&str, Value); N]) -> Value {
    let present = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::from_fields(present.map(|(name, value)| (Arc::from(name), value)).collect())
}

pub(super) fn text_or_null(text: Option<&Arc<str>>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.clone()))
}
