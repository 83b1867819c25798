//! About how many bytes of memory an input holds while it waits: a body of JSON becomes up to some twenty times as much.

use statewright_core::step::{InputKind, TaskAct};
use statewright_core::value::{Object, Value};

use super::request::Request;

/// What a request takes beside its payload: its head, keys, names and who waits for it.
const REQUEST_BYTES: usize = 1_024;

/// What a shared text or list takes beside its content: two counts, and what the allocator adds.
const SHARED_BYTES: usize = 32;

impl Request {
    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        let payload = match &self.input.kind {
            InputKind::Start(start) => fields_bytes(&start.payload),
            InputKind::Place(placement) => fields_bytes(&placement.start.payload),
            InputKind::Event { payload, .. } => fields_bytes(payload),
            InputKind::AdapterAnswer { result: Ok(value), .. } => value_bytes(value),
            InputKind::AdapterAnswer {
                result: Err(failure), ..
            } => failure.message.len() + value_bytes(&failure.detail),
            InputKind::AdapterReport { report, .. } => fields_bytes(report.fields()),
            InputKind::Task { act, .. } => match act {
                TaskAct::Comment { text } | TaskAct::Release { note: Some(text) } => text.len(),
                _ => 0,
            },
            InputKind::ChildEnded { output, .. } => value_bytes(output),
            InputKind::Timer { .. }
            | InputKind::SendAnswer { .. }
            | InputKind::Stop { .. }
            | InputKind::Withdraw { .. }
            | InputKind::Open { .. }
            | InputKind::Acknowledge { .. }
            | InputKind::Hold { .. }
            | InputKind::Wake => 0,
        };
        let reason = self.input.reason.as_ref().map_or(0, |reason| reason.len());
        REQUEST_BYTES + reason + payload
    }
}

fn fields_bytes(fields: &Object) -> usize {
    fields
        .iter()
        .map(|(name, value)| size_of::<std::sync::Arc<str>>() + SHARED_BYTES + name.len() + value_bytes(value))
        .sum()
}

/// No deeper than values are read: see `VALUE_DEPTH_MAX`.
fn value_bytes(value: &Value) -> usize {
    let content = match value {
        Value::Text(text) => SHARED_BYTES + text.len(),
        Value::List(items) => SHARED_BYTES + items.iter().map(value_bytes).sum::<usize>(),
        Value::Object(fields) => SHARED_BYTES + fields_bytes(fields),
        _ => 0,
    };
    size_of::<Value>() + content
}

#[cfg(test)]
mod tests {
    use statewright_core::value::json;

    use super::*;

    fn bytes(text: &str) -> usize {
        value_bytes(&json::read(text).expect("JSON"))
    }

    #[test]
    fn many_small_values_weigh_more_than_their_text() {
        let zeros = format!("[{}0]", "0,".repeat(9_999));
        assert!(bytes(&zeros) >= 10_000 * size_of::<Value>(), "{}", bytes(&zeros));
        let long = format!("\"{}\"", "a".repeat(100_000));
        assert!((100_000..101_000).contains(&bytes(&long)));
        assert!(bytes(r#"{"a": {"b": "c"}}"#) > bytes(r#"{"a": {}}"#));
    }
}
