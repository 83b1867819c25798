//! Entries of a trail, as an exported bundle brings them.

use statewright_core::trail::{EntryText, Exported};
use statewright_core::value::{Value, canonical};

use crate::{Target, text};

pub(crate) const TARGET: Target = Target {
    name: "trail",
    hold,
    pieces: &[
        "{\"actor\":{\"id\":\"ada\",\"kind\":\"person\",\"roles\":[\"clerk\"]}",
        "\"kind\":\"workflow\"",
        "\"sequence\":1",
        "\"sequence\":",
        "9007199254740992",
        "0",
        "-1",
        "\"format\":1",
        "\"instance\":\"",
        "\"previous\":\"",
        "\"facts\":{\"reads\":[{",
        "\"entropy\":\"",
        "\"input\":{\"kind\":\"start\"",
        "\"kind\":\"event\"",
        "\"kind\":\"timer\"",
        "\"kind\":\"adapter_answer\"",
        "\"failure\":{",
        "\"kind\":\"send_answer\"",
        "\"outcome\":\"taken\"",
        "\"parent\":{",
        "{\"$personal\":\"",
        "{\"$instant\":\"2026-01-05T08:30:00Z\"}",
        "{\"head\":\"",
        "00000000000000000000000000000000",
        "ff",
        "\n",
        ",",
        "}",
        "]",
    ],
};

/// Each line is an entry or a head, or is said not to be.
fn hold(bytes: &[u8]) {
    let Some(source) = text::of(bytes) else { return };
    let mut exported = Exported::default();
    let mut taken = 0;
    for line in source.split('\n') {
        match exported.take(line) {
            Ok(()) => taken += 1,
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        if let Ok(entry) = EntryText::read(line) {
            entry_holds(line, &entry);
        } else if let Ok(entry) = EntryText::read_any(line) {
            parts_hold(&entry);
        }
    }
    let proved = exported.finish();
    assert!(proved.entries <= taken && proved.chains.len() as u64 <= taken);
}

fn entry_holds(line: &str, entry: &EntryText) {
    let value = canonical::read_canonical_with(line, &|reference| Value::from_text(reference));
    assert!(value.is_ok_and(|value| value.as_object().is_some()));
    for commitment in EntryText::commitments(line) {
        assert!(
            line.to_ascii_lowercase().contains(&commitment.to_string()),
            "a commitment stands in the text"
        );
    }
    parts_hold(entry);
}

fn parts_hold(entry: &EntryText) {
    if let Ok(instance) = entry.instance() {
        assert_eq!(instance.to_string().parse(), Ok(instance));
    }
    if let Ok(sequence) = entry.sequence() {
        assert_eq!(
            entry.member("sequence").and_then(Value::as_integer),
            i64::try_from(sequence).ok()
        );
    }
    let _ = (
        entry.workflow(),
        entry.key(),
        entry.previous(),
        entry.definition(),
        entry.snapshot(),
    );
    let _ = (entry.at(), entry.verdict(), entry.format(), entry.facts());
    if let Ok(input) = entry.as_input(None) {
        assert!(!entry.input_kind().is_empty());
        assert_eq!(entry.actor(), Ok(input.actor));
    }
}
