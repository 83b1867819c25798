//! What the other side says about its own failure: problem details (RFC 9457), for people.

use statewright_core::value::{Object, Value, json};

/// Of an answer that is no result only this much is read: a problem is a few lines.
pub(crate) const PROBLEM_BYTES_MAX: usize = 64 * 1024;

/// It is shown in lists and kept in the trail; what is longer was written for machines.
const PROBLEM_TEXT_CHARACTERS_MAX: usize = 500;

/// The members of a problem that are understood, each on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problem {
    pub kind: Option<String>,
    pub title: Option<String>,
    pub detail: Option<String>,
}

impl Problem {
    /// Reads what is there. A body that is no problem has none; that is no failure of its own.
    pub fn read(body: &[u8], hide_secrets: impl Fn(&str) -> String) -> Problem {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let Ok(value) = json::read(text) else {
            return Problem::default();
        };
        let member = |name: &str| {
            let text = value.field(name).and_then(Value::as_text)?;
            // Hidden before it is cut: half a secret is one too.
            Some(one_line(&hide_secrets(text))).filter(|text| !text.is_empty())
        };
        Problem {
            kind: member("type"),
            title: member("title"),
            detail: member("detail"),
        }
    }

    /// What it adds to a sentence about the status: `: the title: the detail`.
    pub fn clause(&self) -> String {
        let parts = [&self.title, &self.detail];
        parts.into_iter().flatten().map(|part| format!(": {part}")).collect()
    }

    /// The failure's detail for a workflow: `status`, and of `type`, `title` and `detail` what there is.
    pub fn describe(&self, status: u16) -> Value {
        let mut fields = Object::from([("status".into(), Value::Integer(i64::from(status)))]);
        for (name, member) in [("type", &self.kind), ("title", &self.title), ("detail", &self.detail)] {
            fields.extend(member.as_deref().map(|text| (name.into(), Value::from_text(text))));
        }
        Value::from_fields(fields)
    }
}

/// The text with every run of blanks and control characters as one blank, cut to a length.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(PROBLEM_TEXT_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use statewright_core::value::interface::to_interface;

    use super::*;
    use crate::secret::Secret;

    fn check(body: &str, clause: &str, described: &str) {
        let secret = Secret::new("Bearer 5f3759df");
        let problem = Problem::read(body.as_bytes(), |text| secret.hide_in(text));
        assert_eq!(problem.clause(), clause, "{body}");
        assert_eq!(to_interface(&problem.describe(422)), described, "{body}");
    }

    #[test]
    fn what_is_understood_is_kept() {
        check(
            r#"{"type": "https://h/no-stock", "title": "No stock", "status": 409, "detail": "Blank 1.60 is out", "more": [1]}"#,
            ": No stock: Blank 1.60 is out",
            r#"{"detail":"Blank 1.60 is out","status":422,"title":"No stock","type":"https://h/no-stock"}"#,
        );
        check(r#"{"title": 7, "detail": ""}"#, "", r#"{"status":422}"#);
    }

    #[test]
    fn a_body_that_is_no_problem_adds_nothing() {
        for body in ["", "<html>", "[]", "null", "{\"title\": \"cut"] {
            check(body, "", r#"{"status":422}"#);
        }
    }

    #[test]
    fn a_text_is_one_short_line_without_secrets() {
        check(
            r#"{"title": "a\r\nb\u0007  c", "detail": "bad token 5f3759df"}"#,
            ": a b c: bad token (hidden)",
            r#"{"detail":"bad token (hidden)","status":422,"title":"a b c"}"#,
        );
        let before = "x".repeat(PROBLEM_TEXT_CHARACTERS_MAX - 3);
        check(
            &format!(r#"{{"title": "{before}5f3759df"}}"#),
            &format!(": {before}(hi…"),
            &format!(r#"{{"status":422,"title":"{before}(hi…"}}"#),
        );
    }
}
