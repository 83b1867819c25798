//! Writing JSON objects whose members are known: the trail's entries and the snapshots.

use std::sync::Arc;

use jiff::Timestamp;

use crate::identity::{Digest, InstanceId};
use crate::value::digits::{write_instant, write_unsigned};

/// Writes members in the order in which they are given, which must be that of their names, and leaves out what is empty.
pub(super) struct Members<'o> {
    out: &'o mut String,
    first: bool,
}

impl<'o> Members<'o> {
    pub fn open(out: &'o mut String) -> Self {
        out.push('{');
        Members { out, first: true }
    }

    pub fn name(&mut self, name: &str) -> &mut String {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    pub fn text(&mut self, name: &str, text: &str) {
        let out = self.name(name);
        write_text(text, out);
    }

    pub fn optional(&mut self, name: &str, text: Option<&Arc<str>>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    pub fn texts<'t>(&mut self, name: &str, texts: impl Iterator<Item = &'t Arc<str>>) {
        let mut texts = texts.peekable();
        if texts.peek().is_some() {
            let out = self.name(name);
            write_list(texts, out, |text, out| write_text(text, out));
        }
    }

    pub fn list<T>(&mut self, name: &str, items: &[T], write: impl FnMut(&T, &mut String)) {
        if !items.is_empty() {
            let out = self.name(name);
            write_list(items.iter(), out, write);
        }
    }

    pub fn number(&mut self, name: &str, number: u64) {
        write_unsigned(u128::from(number), 1, self.name(name));
    }

    /// Text that needs no escape.
    pub fn quoted(&mut self, name: &str, write: impl FnOnce(&mut String)) {
        let out = self.name(name);
        out.push('"');
        write(out);
        out.push('"');
    }

    pub fn digest(&mut self, name: &str, digest: &Digest) {
        self.quoted(name, |out| digest.write(out));
    }

    pub fn instance(&mut self, name: &str, instance: &InstanceId) {
        self.quoted(name, |out| instance.write(out));
    }

    pub fn moment(&mut self, name: &str, moment: Timestamp) {
        self.quoted(name, |out| write_instant(moment, out));
    }

    pub fn close(self) {
        self.out.push('}');
    }
}

pub(super) fn write_text(text: &str, out: &mut String) {
    crate::value::canonical::write_canonical_text(text, out);
}

pub(super) fn write_list<T>(items: impl Iterator<Item = T>, out: &mut String, mut write: impl FnMut(T, &mut String)) {
    out.push('[');
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}
