//! Writing JSON text: the pieces that the canonical and the interface form share.

use std::fmt::Write as _;

/// Writes text in quotes, escaping only what JSON demands: quotes, backslashes and control characters.
pub(super) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    // nearly all text needs no escape; looked at without a way out, the compiler looks at many bytes at once
    let escaped = text
        .bytes()
        .fold(false, |found, byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
    if !escaped {
        out.push_str(text);
        out.push('"');
        return;
    }
    let mut plain = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[plain..index]);
        if escape.is_empty() {
            write_formatted(out, format_args!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
        plain = index + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

/// Writes formatted text; writing to a string cannot fail.
pub(super) fn write_formatted(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("a string takes every write");
}

/// Writes one bracketed, comma-separated sequence.
pub(super) fn write_sequence<T>(
    items: impl Iterator<Item = T>,
    (open, close): (char, char),
    out: &mut String,
    mut write_item: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_item(item, out);
    }
    out.push(close);
}
