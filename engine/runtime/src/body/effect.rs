//! An effect while it waits to be performed.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Retry;
use statewright_core::step::Effect;
use statewright_core::time::Duration;
use statewright_core::value::Value;
use statewright_core::value::canonical::to_canonical;

use super::read::{BodyError, Members, object_of, text_or_null};

/// What the outbox needs beside the row: see [`Effect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectBody {
    pub action: Arc<str>,
    pub input: Value,
    pub retry: Option<Retry>,
    pub expires_at: Option<Timestamp>,
    pub require: Option<Arc<str>>,
    /// See [`Effect::once`].
    pub once: bool,
}

impl EffectBody {
    pub fn of(effect: &Effect) -> Self {
        EffectBody {
            action: effect.action.clone(),
            input: effect.input.clone(),
            retry: effect.retry,
            expires_at: effect.expires_at,
            require: effect.require.clone(),
            once: effect.once,
        }
    }

    pub fn write(&self) -> String {
        to_canonical(&object_of([
            ("action", Value::Text(self.action.clone())),
            ("expires_at", self.expires_at.map_or(Value::Null, Value::from_instant)),
            ("input", self.input.clone()),
            ("once", if self.once { Value::Boolean(true) } else { Value::Null }),
            ("require", text_or_null(self.require.as_ref())),
            ("retry", self.retry.map_or(Value::Null, retry_value)),
        ]))
    }

    pub fn read(text: &str) -> Result<Self, BodyError> {
        let members = Members::parse("effect", text)?;
        Ok(EffectBody {
            action: members.text("action")?,
            input: members.value("input").cloned().unwrap_or(Value::Null),
            retry: members.value("retry").map(read_retry).transpose()?,
            expires_at: members.instant("expires_at")?,
            require: members.optional_text("require")?,
            once: members.value("once").and_then(Value::as_boolean).unwrap_or(false),
        })
    }
}

fn retry_value(retry: Retry) -> Value {
    object_of([
        ("attempts", Value::Integer(i64::from(retry.attempts))),
        ("first", Value::Duration(retry.first)),
        ("most", Value::Duration(retry.most)),
    ])
}

fn read_retry(value: &Value) -> Result<Retry, BodyError> {
    let members = Members::of("retry", value)?;
    let duration = |name: &str| -> Result<Duration, BodyError> {
        match members.value(name) {
            Some(Value::Duration(duration)) => Ok(*duration),
            _ => Err(members.fault(format!("`{name}` is no duration"))),
        }
    };
    let attempts = members
        .value("attempts")
        .and_then(Value::as_integer)
        .and_then(|attempts| u32::try_from(attempts).ok());
    Ok(Retry {
        attempts: attempts.ok_or_else(|| members.fault("`attempts` is no count"))?,
        first: duration("first")?,
        most: duration("most")?,
    })
}

#[cfg(test)]
mod tests {
    use statewright_core::time::parse_duration;

    use super::*;

    #[test]
    fn an_effect_survives_its_body() {
        let body = EffectBody {
            once: true,
            action: "calculate".into(),
            input: Value::from_items(vec![Value::Integer(1), Value::Null]),
            retry: Some(Retry {
                attempts: 5,
                first: parse_duration("5s").expect("a duration"),
                most: parse_duration("5m").expect("a duration"),
            }),
            expires_at: Some("2026-01-05T08:00:00Z".parse().expect("a moment")),
            require: Some("engraving/invoke engraver".into()),
        };
        assert_eq!(EffectBody::read(&body.write()), Ok(body));
        let bare = EffectBody {
            once: false,
            action: "ping".into(),
            input: Value::Null,
            retry: None,
            expires_at: None,
            require: None,
        };
        assert_eq!(bare.write(), r#"{"action":"ping"}"#);
        assert_eq!(EffectBody::read(&bare.write()), Ok(bare));
    }
}
