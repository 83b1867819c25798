//! What clamd answers in the end.

use statewright_engine::files::{Away, Verdict};

/// Characters of a finding's name that go on: names of signatures are short.
const NAME_CHARACTERS_MAX: usize = 100;

/// Characters of an answer that is not understood, for the log.
const QUOTED_CHARACTERS_MAX: usize = 100;

/// `stream: OK`, `stream: NAME FOUND`; anything else is no verdict.
pub(crate) fn read(answer: &[u8]) -> Result<Verdict, Away> {
    let text = String::from_utf8_lossy(answer);
    let text = text.trim_end_matches(['\0', '\n', '\r']);
    match text.strip_prefix("stream: ") {
        Some("OK") => Ok(Verdict::Clean),
        Some(said) => match said.strip_suffix(" FOUND") {
            Some(name) => Ok(Verdict::Infected {
                found: shown(name, NAME_CHARACTERS_MAX),
            }),
            None => Err(not_understood(text)),
        },
        None => Err(not_understood(text)),
    }
}

fn not_understood(text: &str) -> Away {
    Away(format!("clamd answers `{}`", shown(text, QUOTED_CHARACTERS_MAX)))
}

fn shown(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_plainly_clean_is_clean() {
        let infected = |found: &str| Ok(Verdict::Infected { found: found.into() });
        assert_eq!(read(b"stream: OK\0"), Ok(Verdict::Clean));
        assert_eq!(read(b"stream: Eicar-Test FOUND\0"), infected("Eicar-Test"));
        assert_eq!(read(b"stream: a\nb FOUND\n"), infected("ab"));
        for answer in [
            b"".as_slice(),
            b"stream: OK OK\0",
            b"OK\0",
            b"stream: \0",
            b"INSTREAM size limit exceeded. ERROR\0",
            b"stream: Can't allocate memory ERROR\0",
            b"\xff\xfe",
        ] {
            assert!(read(answer).is_err(), "{}", String::from_utf8_lossy(answer));
        }
    }
}
