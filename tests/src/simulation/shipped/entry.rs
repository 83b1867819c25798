//! An entry of the trail, as far as the audit reads it.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::trail::EntryText;
use statewright_core::value::Value;

pub struct Entry {
    text: EntryText,
    pub at: Timestamp,
    pub sequence: u64,
    /// Its verdict: what was only ignored or refused is written down too.
    pub taken: bool,
}

impl Entry {
    pub fn read(bytes: &str) -> Result<Entry, String> {
        let text = EntryText::read(bytes).map_err(|error| error.to_string())?;
        Ok(Entry {
            at: text.at().map_err(|error| error.to_string())?,
            sequence: text.sequence().map_err(|error| error.to_string())?,
            taken: text.verdict().is_ok_and(|verdict| verdict == "taken"),
            text,
        })
    }

    /// Of its input.
    pub fn kind(&self) -> &str {
        self.text.input_kind()
    }

    /// A member of its input.
    pub fn input(&self, name: &str) -> Option<&str> {
        self.text.input()?.get(name)?.as_text()
    }

    pub fn input_value(&self, name: &str) -> Option<&Value> {
        self.text.input()?.get(name)
    }

    pub fn actor(&self) -> Arc<str> {
        let actor = self.text.member("actor");
        text_of(actor.unwrap_or(&Value::Null), "id").unwrap_or_default().into()
    }

    pub fn list(&self, member: &str) -> &[Value] {
        self.text.member(member).and_then(Value::as_list).unwrap_or_default()
    }

    /// A list within another member, such as `timers.armed`.
    pub fn list_in(&self, member: &str, name: &str) -> &[Value] {
        let found = self.text.member(member).and_then(|member| member.field(name));
        found.and_then(Value::as_list).unwrap_or_default()
    }

    /// Paths of the states that were left, or entered.
    pub fn names(&self, member: &str, name: &str) -> bool {
        self.list(member).iter().any(|path| path.as_text() == Some(name))
    }

    /// Paths of the active states without active children, afterwards; None: it does not say.
    pub fn states(&self) -> Option<Vec<&str>> {
        let after = self.text.member("after")?;
        let states = after.field("states").and_then(Value::as_list).unwrap_or_default();
        Some(states.iter().filter_map(Value::as_text).collect())
    }

    pub fn is_done(&self) -> bool {
        self.text.member("after").and_then(|after| text_of(after, "status")) == Some("done")
    }

    /// Whether there is a note of this kind about this place.
    pub fn notes(&self, kind: &str, place: &str) -> bool {
        let is_so = |note: &&Value| text_of(note, "kind") == Some(kind) && text_of(note, "where") == Some(place);
        self.list("notes").iter().any(|note| is_so(&note))
    }
}

pub fn text_of<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.field(name).and_then(Value::as_text)
}

/// A moment as entries write them: as a text.
pub fn moment_of(value: &Value, name: &str) -> Option<Timestamp> {
    text_of(value, name)?.parse().ok()
}
