//! What a letter says: what it is about, and where to look; nothing that is not for the open.

use std::fmt::Write;
use std::sync::Arc;

use statewright_core::identity::Digest;

use super::{Letter, MailAddress};
use crate::body::NoticeBody;
use crate::store::MailRow;

/// Of a subject, in characters: what programs show in a list.
const SUBJECT_CHARACTERS_MAX: usize = 120;

/// Of a notice, in characters: the rest stands where the link leads.
const TEXT_CHARACTERS_MAX: usize = 500;

const CLOSING: &str = "Nobody reads answers to this mail. What you were told stands in your inbox as well.\n";

/// One thing that a letter tells.
pub(super) struct Matter {
    pub(super) notice: NoticeBody,
    /// What its workflow is called.
    pub(super) label: String,
}

/// What a letter of these mails is called, whoever writes it and however often.
pub(super) fn id_of<'m>(mails: impl Iterator<Item = &'m MailRow>) -> Arc<str> {
    let mut names: Vec<String> = mails
        .map(|row| format!("{}:{}", row.lease.instance, row.lease.name))
        .collect();
    names.sort();
    Digest::of(names.join("\n").as_bytes()).to_string().into()
}

/// `instances_url` stands before `WORKFLOW/KEY`. Notices hold no personal data: a workflow that put some into one would not compile.
pub(super) fn letter_of(id: Arc<str>, to: MailAddress, matters: &[Matter], instances_url: &str) -> Letter {
    let mut body = String::new();
    for matter in matters {
        let about = &matter.notice.about;
        let text: String = matter.notice.text.trim().chars().take(TEXT_CHARACTERS_MAX).collect();
        let link = format!("{instances_url}{}/{}", percent(&about.workflow), percent(&about.key));
        // Writing to a text does not fail.
        let _ = write!(body, "{text}\n{} {}\n{link}\n\n", matter.label, about.key);
    }
    body.push_str(CLOSING);
    let subject = match matters {
        [matter] => format!("{} {}: {}", matter.label, matter.notice.about.key, matter.notice.text),
        several => format!("{} things you were told", several.len()),
    };
    Letter {
        id,
        to,
        subject: one_line(&subject),
        body,
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(SUBJECT_CHARACTERS_MAX).collect()
}

/// As one segment of a path. (RFC 3986, 2.3)
fn percent(segment: &str) -> String {
    let mut out = String::new();
    for byte in segment.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_written_so_that_it_stays_one() {
        let check = |segment: &str, expected: &str| assert_eq!(percent(segment), expected);
        check("lens-order", "lens-order");
        check("A/1 ü?#", "A%2F1%20%C3%BC%3F%23");
    }

    #[test]
    fn a_subject_is_one_line() {
        assert_eq!(one_line("Order A-1:\r\nBcc: x  waits"), "Order A-1: Bcc: x waits");
        assert_eq!(one_line(&"ü".repeat(500)).chars().count(), SUBJECT_CHARACTERS_MAX);
    }
}
