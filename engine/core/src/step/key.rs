//! The key of a new instance, settled before its first step.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::interrupt::NoValue;
use super::machine::Machine;
use super::scope::Locals;
use super::{Actor, Facts, Refusal, RefusalKind, StartInput};
use crate::chart::Chart;
use crate::value::{Object, Value};

/// The longest key: it stands in paths, mails and on labels.
pub const KEY_BYTES_MAX: usize = 200;

/// What the key of a new instance is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyResolution {
    Key(Arc<str>),
    /// The key is made of the workflow's running number: draw one and ask again.
    NeedsNumber,
    Refused(Refusal),
}

/// Settles the key from what the starter gave, the key template, and the running number if one was drawn.
pub fn resolve_key(chart: &Chart, payload: &Object, given: Option<&str>, number: Option<u64>, now: Timestamp) -> KeyResolution {
    let Some(template) = &chart.key else {
        return match (given, number) {
            (Some(given), _) => checked(given),
            (None, Some(number)) => checked(&number.to_string()),
            (None, None) => KeyResolution::NeedsNumber,
        };
    };
    if number.is_none() && template.references().touches("number") {
        return match given {
            Some(given) => checked(given),
            None => KeyResolution::NeedsNumber,
        };
    }
    let start = StartInput {
        key: "".into(),
        number,
        payload: Object::new(),
        parent: None,
        default_zone: "UTC".into(),
        secret: None,
    };
    let actor = Actor::engine();
    let facts = Facts::default();
    let mut machine = Machine::new(chart, super::run::blank(chart, &start, now), &actor, None, &facts, now);
    // wrong fields are refused by the step itself, with all that is wrong
    let fields = chart
        .start
        .form
        .fields
        .accept(&Value::from_fields(payload.clone()))
        .unwrap_or_else(|_| payload.clone());
    machine.set_event("start".into(), Cow::Owned(fields.clone()));
    machine.next.data = Arc::new(chart.data.record(fields));
    let computed = machine.scope(&[], &Locals::default()).text(template);
    match (computed, given) {
        (Ok(computed), Some(given)) if computed != given => {
            refused(format!("the key would be `{computed}`, not `{given}`: leave it out"), "key")
        }
        (Ok(computed), _) => checked(&computed),
        (Err(NoValue::Needs), _) => refused("the key cannot be made of what other instances say".into(), "key"),
        (Err(NoValue::Fault(sentence)), _) => refused(format!("the key cannot be made: {sentence}"), "key"),
    }
}

fn checked(key: &str) -> KeyResolution {
    if key.trim().is_empty() || key.trim() != key {
        return refused("the key is empty, or begins or ends with a blank".into(), "key");
    }
    if key.len() > KEY_BYTES_MAX {
        return refused(format!("the key is longer than {KEY_BYTES_MAX} bytes"), "key");
    }
    if key.chars().any(char::is_control) {
        return refused("the key has a control character".into(), "key");
    }
    KeyResolution::Key(key.into())
}

fn refused(sentence: String, field: &str) -> KeyResolution {
    KeyResolution::Refused(Refusal::new(RefusalKind::Invalid, sentence).in_field(field))
}
