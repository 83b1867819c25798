//! The body of a request: start an instance, or send it an event, and what becomes of it.

use std::sync::Arc;

use statewright_core::identity::InputKey;
use statewright_core::step::{InputKind, KeyResolution, StartInput, resolve_key};
use statewright_core::value::Object;
use statewright_core::value::document::{Document, DocumentError};

use crate::life::{Life, compiled};
use crate::{Target, text};

/// A workflow with a field of every type.
const FORM: &str = include_str!("form.yaml");

pub(crate) const TARGET: Target = Target {
    name: "body",
    hold,
    pieces: &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"key\":\"K-1\"",
        "\"with\":{",
        "\"event\":\"FILL\"",
        "\"reason\":\"because\"",
        "\"code\":\"A-1\"",
        "\"called\":",
        "\"amount\":\"1.25\"",
        "\"amount\":1.255",
        "\"count\":",
        "\"born\":\"2026-02-29\"",
        "\"at\":\"08:30\"",
        "\"since\":\"2026-01-05T08:30:00+01:00\"",
        "\"wait\":\"P1DT2H\"",
        "\"lines\":[{",
        "\"price\":",
        "\"open\":{",
        "null",
        "true",
        "1e2",
        "-0",
        "9007199254740993",
        "\"\\ud83d\\ude00\"",
        "\"\\u0000\"",
        "\n%%\n",
    ],
};

/// The first part is the body of a start, each further one that of an event.
fn hold(bytes: &[u8]) {
    let Some(input) = text::of(bytes) else { return };
    let (start, mut rest) = text::parts(input);
    let Some((key, payload, reason)) = answered(Document::read(start.as_bytes()).and_then(start_of)) else {
        return;
    };
    let mut life = Life::of(Arc::new(compiled(FORM)));
    let now = life.now();
    let key = match resolve_key(life.chart(), &payload, key.as_deref(), None, now) {
        KeyResolution::Key(key) => key,
        KeyResolution::NeedsNumber => "1".into(),
        KeyResolution::Refused(refusal) => return assert!(!refusal.sentence.is_empty()),
    };
    life.take(reason, start_input(key, payload));
    while let Some(more) = rest.filter(|_| life.has_begun()) {
        let (event, after) = text::parts(more);
        if let Some((name, payload, reason)) = answered(Document::read(event.as_bytes()).and_then(event_of)) {
            life.take(
                reason,
                InputKind::Event {
                    name,
                    payload,
                    task: None,
                },
            );
        }
        rest = after;
    }
    life.end();
}

pub(crate) fn start_input(key: Arc<str>, payload: Object) -> InputKind {
    InputKind::Start(Box::new(StartInput {
        key,
        number: Some(1),
        payload,
        parent: None,
        default_zone: "Europe/Berlin".into(),
        secret: Some([7; 32]),
    }))
}

/// What a body said, or nothing where it is refused with a sentence.
fn answered<T>(read: Result<T, DocumentError>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) => {
            assert!(!error.0.is_empty());
            None
        }
    }
}

/// A key or an event, what came with it, and a reason.
type Given<Name> = (Name, Object, Option<Arc<str>>);

fn start_of(mut given: Document) -> Result<Given<Option<Arc<str>>>, DocumentError> {
    let key = given.text("key")?;
    let payload = given.object("with")?.map_or_else(Object::new, Arc::unwrap_or_clone);
    let reason = given.text("reason")?;
    given.finish()?;
    Ok((key, payload, reason))
}

fn event_of(mut given: Document) -> Result<Given<Arc<str>>, DocumentError> {
    let event = given.required_text("event")?;
    let payload = given.object("with")?.map_or_else(Object::new, Arc::unwrap_or_clone);
    let reason = given.text("reason")?;
    given.finish()?;
    Ok((event, payload, reason))
}

/// Of the n-th input of a life.
pub(crate) fn input_key(position: usize) -> InputKey {
    InputKey::of(&["fuzz", &position.to_string()])
}
