//! Which passwords somebody may have: long ones that are not easily guessed (NIST SP 800-63B-4, section 3.1.1). Nothing is asked of their letters.

use statewright_core::step::{Actor, Refusal, RefusalKind};

use super::secret::Secret;
use crate::clock::Entropy;

/// In characters: what the commonest guesses do not reach.
pub const LENGTH_MIN: usize = 12;

/// In characters: longer than any sentence that somebody types, and short enough to be hashed without a thought.
pub const LENGTH_MAX: usize = 128;

/// Characters that have to be left when what is easily guessed is taken out.
const UNGUESSED_MIN: usize = 6;

/// Characters of a name that count as one; shorter ones are part of too many words.
const NAME_MIN: usize = 3;

/// What the commonest long passwords are made of, in small letters. Short ones are refused for their length already.
const COMMON: [&str; 40] = [
    "password",
    "passwort",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "qwertyuiop",
    "qwertzuiop",
    "qwerty",
    "qwertz",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "iloveyou",
    "ichliebedich",
    "letmein",
    "welcome",
    "willkommen",
    "administrator",
    "admin",
    "changeme",
    "default",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "superman",
    "monkey",
    "master",
    "trustno1",
    "hospital",
    "krankenhaus",
    "summer",
    "winter",
    "sommer",
    "spring",
    "statewright",
    "secret",
];

/// Letters of a password that was made for somebody: none that is taken for another.
const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Groups of letters of such a password, and letters of a group: 100 bits.
const GROUPS: usize = 5;
const GROUP_LETTERS: usize = 4;

/// Everything that is wrong with a password that somebody is to have.
pub(super) fn refusals(password: &Secret, person: &Actor) -> Vec<Refusal> {
    let text = password.reveal();
    let length = text.chars().count();
    let why = if length < LENGTH_MIN {
        format!("is {length} characters long; it needs {LENGTH_MIN}, and a few words make a good one")
    } else if length > LENGTH_MAX {
        format!("is {length} characters long; {LENGTH_MAX} are the most")
    } else if text.chars().any(char::is_control) {
        "holds a character that cannot be typed".to_owned()
    } else if is_monotonous(text) {
        "is a run of characters that everybody would try".to_owned()
    } else if is_guessed(text, person) {
        "is little more than your own name or what everybody would try".to_owned()
    } else {
        return Vec::new();
    };
    vec![Refusal::new(RefusalKind::Invalid, why).in_field("password")]
}

/// A password for somebody to begin with.
pub(super) fn made(entropy: &dyn Entropy) -> Secret {
    let drawn = entropy.draw();
    // a letter is five bits: 32 of them, so that each is as likely as any other
    let letters: Vec<char> = drawn
        .iter()
        .filter_map(|byte| LETTERS.get(usize::from(byte & 31)))
        .map(|letter| char::from(*letter))
        .take(GROUPS * GROUP_LETTERS)
        .collect();
    let groups: Vec<String> = letters.chunks(GROUP_LETTERS).map(|group| group.iter().collect()).collect();
    Secret::new(groups.join("-"))
}

/// One character, a short word again and again, or neighbours in a row: `aaaaaaaaaaaa`, `abcabcabcabc`, `123456789012`.
fn is_monotonous(text: &str) -> bool {
    let letters: Vec<char> = text.to_lowercase().chars().collect();
    let repeats = (1..=REPEATED_MAX).any(|unit| letters.iter().zip(letters.iter().skip(unit)).all(|(one, other)| one == other));
    let steps = letters.iter().zip(letters.iter().skip(1));
    let beside = steps.filter(|(one, other)| {
        let difference = (**other as i64) - (**one as i64);
        difference.abs() <= 1 || (**one == '9' && **other == '0') || (**one == '0' && **other == '9')
    });
    repeats || beside.count() + UNGUESSED_MIN > letters.len()
}

/// Characters of a word that is said again and again.
const REPEATED_MAX: usize = 4;

fn is_guessed(text: &str, person: &Actor) -> bool {
    let mut left = text.to_lowercase();
    let own = person
        .name
        .iter()
        .flat_map(|name| name.split_whitespace())
        .chain([&*person.id]);
    let own: Vec<String> = own
        .filter(|name| name.chars().count() >= NAME_MIN)
        .map(str::to_lowercase)
        .collect();
    let mut known: Vec<&str> = own.iter().map(String::as_str).chain(COMMON).collect();
    known.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in known {
        left = left.replace(word, "");
    }
    let letters = left.chars().filter(|letter| letter.is_alphabetic()).count();
    left != text.to_lowercase() && letters < UNGUESSED_MIN
}

#[cfg(test)]
mod tests {
    use statewright_core::step::ActorKind;

    use super::*;
    use crate::clock::SeededEntropy;

    fn ann() -> Actor {
        let mut ann = Actor::plain(ActorKind::Person, "annkath");
        ann.name = Some("Anna-Katharina Öztürk".into());
        ann
    }

    #[test]
    fn a_password_is_long_and_not_what_everybody_would_try() {
        let check = |password: &str, why: &str| {
            let refusals = refusals(&Secret::from(password), &ann());
            let said: Vec<&str> = refusals.iter().map(|refusal| &*refusal.sentence).collect();
            match why {
                "" => assert!(said.is_empty(), "{password}: {said:?}"),
                why => assert!(said.iter().any(|sentence| sentence.contains(why)), "{password}: {said:?}"),
            }
        };
        check("", "is 0 characters long");
        check("elevenchars", "is 11 characters long");
        check("twelve chars", "");
        check("übergrößen ä", "");
        check(&"correct horse ".repeat(9)[..126], "");
        check(&"correct horse ".repeat(10), "128 are the most");
        check("correct\thorse battery", "cannot be typed");
        check("correct horse battery staple", "");
        check("ohne Sonderzeichen", "");
        for monotonous in [
            "aaaaaaaaaaaaa",
            "abcabcabcabc",
            "123456789012",
            "abcdefghijklmno",
            "987654321098",
        ] {
            check(monotonous, "a run of characters");
        }
        for guessed in [
            "password1234",
            "Password!2026!",
            "qwertyuiop123",
            "annkath-2026!",
            "ÖZTÜRK2026!!",
            "AnnKathAnnKath",
            "Statewright2026!",
            "letmeinletmein",
            "Winter2026!!!",
        ] {
            check(guessed, "little more than");
        }
        check("annkath reads seven books", "");
    }

    #[test]
    fn what_is_made_for_somebody_may_be_theirs() {
        let entropy = SeededEntropy::of(1);
        let (one, other) = (made(&entropy), made(&entropy));
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), GROUPS * GROUP_LETTERS + GROUPS - 1);
        assert!(refusals(&one, &ann()).is_empty(), "{}", one.reveal());
        assert_eq!(LETTERS.len(), 32);
    }
}
