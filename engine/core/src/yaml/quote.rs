//! Text written so that YAML takes it as it is.

/// The text in quotes: double ones where nothing in it needs an escape, otherwise single ones; control characters need
/// double quotes and escapes.
pub fn quoted(text: &str) -> String {
    if text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'))
    {
        return escaped(text);
    }
    if text.contains(['"', '\\']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    format!("\"{text}\"")
}

/// Unquoted text of several lines in quotes: folded by YAML as it was without them.
pub(super) fn quoted_lines(text: &str) -> String {
    if text.contains(['"', '\\']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    format!("\"{text}\"")
}

fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    fn check(text: &str, expected: &str) {
        assert_eq!(quoted(text), expected);
    }

    #[test]
    fn the_simplest_quotes_that_keep_the_text() {
        check("Mount {{ order_no }}", "\"Mount {{ order_no }}\"");
        check("'a' in tags", "\"'a' in tags\"");
        check("x == \"a: b\"", "'x == \"a: b\"'");
        check("x == 'a' or y == \"b\"", "'x == ''a'' or y == \"b\"'");
        check("two\nlines", "\"two\\nlines\"");
        check("\u{85}", "\"\\u0085\"");
    }
}
