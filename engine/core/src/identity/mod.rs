//! Identifiers and digests. All but those of files are derived, not drawn: the same facts give the same identifier on every node.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// Says what a digest is over, so that digests of different things can never be exchanged.
const INSTANCE_DOMAIN: &[u8] = b"statewright/instance/1";
const INPUT_DOMAIN: &[u8] = b"statewright/input/1";
const TOPIC_DOMAIN: &[u8] = b"statewright/topic/1";

/// An instance: the first 16 bytes of a digest over its workflow's name and its key.
///
/// Being derived, it makes "unique among this workflow's instances for ever" the primary key of every table, lets a message
/// to `{workflow, key}` be addressed without a read, and lets the schema be partitioned by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub [u8; 16]);

/// What an input is recognised by when it comes a second time: a digest over who sent it, by which route, under which key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InputKey(pub [u8; 16]);

/// A file that was uploaded. Drawn by the shell, since what is derived could be guessed: two uploads of the same bytes are two files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub [u8; 16]);

/// A SHA-256 digest: of a definition, a trail entry, a snapshot, a request's body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl InstanceId {
    pub fn of(workflow: &str, key: &str) -> Self {
        InstanceId(first_half(digest_of(INSTANCE_DOMAIN, &[workflow.as_bytes(), key.as_bytes()])))
    }

    /// A topic: no instance, but watched as one is. `parts` say what is looked for, for example a workflow, a field and its value.
    pub fn of_topic(parts: &[&str]) -> Self {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        InstanceId(first_half(digest_of(TOPIC_DOMAIN, &parts)))
    }
}

impl InputKey {
    /// `parts` are for example the principal, the route and the Idempotency-Key, or the sender, its sequence and an ordinal.
    pub fn of(parts: &[&str]) -> Self {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        InputKey(first_half(digest_of(INPUT_DOMAIN, &parts)))
    }
}

impl Digest {
    /// Stands before the first entry of a chain.
    pub const ZERO: Digest = Digest([0; 32]);

    pub fn of(bytes: &[u8]) -> Self {
        Digest(Sha256::digest(bytes).into())
    }
}

/// Each part is preceded by its length, so that ("ab", "c") and ("a", "bc") differ.
fn digest_of(domain: &[u8], parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(domain);
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    Digest(hasher.finalize().into())
}

fn first_half(digest: Digest) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest.0[..16]);
    half
}

/// Not this many hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} hexadecimal digits")]
pub struct NotHexadecimal {
    pub expected: usize,
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The longest thing that is written so, in digits.
const DIGITS_MAX: usize = 64;

/// Digit by digit into one piece: identifiers and digests stand in every entry, and `{:02x}` costs as much as hashing it.
fn hexadecimal_digits(bytes: &[u8], text: &mut [u8; DIGITS_MAX]) -> usize {
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    (bytes.len() * 2).min(DIGITS_MAX)
}

fn with_hexadecimal<T>(bytes: &[u8], take: impl FnOnce(&str) -> T) -> T {
    let mut text = [0; DIGITS_MAX];
    let length = hexadecimal_digits(bytes, &mut text);
    take(std::str::from_utf8(&text[..length]).unwrap_or_default())
}

fn read_hexadecimal<const N: usize>(text: &str) -> Result<[u8; N], NotHexadecimal> {
    let refused = NotHexadecimal { expected: N * 2 };
    if text.len() != N * 2 {
        return Err(refused);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit_value(pair[0]), digit_value(pair[1])) else {
            return Err(refused);
        };
        *byte = high << 4 | low;
    }
    Ok(bytes)
}

fn digit_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

macro_rules! hexadecimal {
    ($name:ident) => {
        impl $name {
            /// Appends what it is displayed as.
            pub fn write(&self, out: &mut String) {
                with_hexadecimal(&self.0, |text| out.push_str(text));
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                with_hexadecimal(&self.0, |text| formatter.write_str(text))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                with_hexadecimal(&self.0, |text| formatter.write_str(text))
            }
        }

        impl FromStr for $name {
            type Err = NotHexadecimal;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                read_hexadecimal(text).map($name)
            }
        }
    };
}

hexadecimal!(InstanceId);
hexadecimal!(InputKey);
hexadecimal!(FileId);
hexadecimal!(Digest);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_one_another() {
        assert_ne!(InstanceId::of("ab", "c"), InstanceId::of("a", "bc"));
        assert_ne!(InputKey::of(&["ab", "c"]), InputKey::of(&["a", "bc"]));
        assert_ne!(InstanceId::of_topic(&["ab", "c"]), InstanceId::of_topic(&["a", "bc"]));
    }

    #[test]
    fn a_topic_is_no_instance() {
        assert_ne!(InstanceId::of_topic(&["order", "7"]), InstanceId::of("order", "7"));
    }

    #[test]
    fn identifiers_survive_their_text() {
        let id = InstanceId::of("lens-order", "A-1");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("zz".parse::<InstanceId>(), Err(NotHexadecimal { expected: 32 }));
        assert_eq!("é".repeat(16).parse::<InstanceId>(), Err(NotHexadecimal { expected: 32 }));
    }
}
