//! The three forms of names.

/// Bytes in a name: it stands in tables, file names and addresses.
pub const NAME_BYTES_MAX: usize = 100;

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `snake_case`
    Name,
    /// `UPPER_SNAKE`
    Event,
    /// `kebab-case`
    FileName,
}

impl Form {
    /// Whether a word has this form.
    pub fn accepts(self, word: &str) -> bool {
        let is_letter = |b: u8| match self {
            Form::Event => b.is_ascii_uppercase(),
            Form::Name | Form::FileName => b.is_ascii_lowercase(),
        };
        let first = word.bytes().next();
        // A file may be named after a norm or a year; a name in an expression cannot begin with a digit.
        let begins = first.is_some_and(|b| is_letter(b) || (self == Form::FileName && b.is_ascii_digit()));
        begins && word.len() <= NAME_BYTES_MAX && word.bytes().all(|b| is_letter(b) || b.is_ascii_digit() || b == self.joint())
    }

    /// For a sentence: what the word is not.
    pub fn describe(self) -> &'static str {
        match self {
            Form::Name => "a name in `snake_case`",
            Form::Event => "an event's name in `UPPER_SNAKE`",
            Form::FileName => "a file's name in `kebab-case`",
        }
    }

    /// How such a name is built.
    pub fn rule(self) -> &'static str {
        match self {
            Form::Name => "a name is small letters, digits and `_`, and begins with a letter: `final_inspection`",
            Form::Event => "an event is capital letters, digits and `_`, and begins with a letter: `BREAK_LENS`",
            Form::FileName => "a file's name is small letters, digits and `-`: `lens-order`",
        }
    }

    fn joint(self) -> u8 {
        match self {
            Form::Name | Form::Event => b'_',
            Form::FileName => b'-',
        }
    }
}

/// The same words in another form; `None` when they cannot be.
pub(super) fn respell(word: &str, form: Form) -> Option<String> {
    let mut out = String::new();
    let mut before = ' ';
    for character in word.chars() {
        let joins = !character.is_alphanumeric() || (character.is_uppercase() && before.is_lowercase());
        if joins && !out.is_empty() && !out.ends_with(char::from(form.joint())) {
            out.push(char::from(form.joint()));
        }
        if character.is_alphanumeric() {
            match form {
                Form::Event => out.extend(character.to_uppercase()),
                Form::Name | Form::FileName => out.extend(character.to_lowercase()),
            }
        }
        before = character;
    }
    let out = out.trim_end_matches(char::from(form.joint()));
    form.accepts(out).then(|| out.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, form: Form, expected: Option<&str>) {
        let found = if form.accepts(word) {
            Some(word.to_owned())
        } else {
            respell(word, form)
        };
        assert_eq!(found.as_deref(), expected, "{word}");
    }

    #[test]
    fn a_word_of_another_form_is_spelled_anew() {
        check("final_inspection", Form::Name, Some("final_inspection"));
        check("Final Inspection", Form::Name, Some("final_inspection"));
        check("finalInspection", Form::Name, Some("final_inspection"));
        check("breakLens", Form::Event, Some("BREAK_LENS"));
        check("break-lens", Form::Event, Some("BREAK_LENS"));
        check("D3_DONE", Form::Event, Some("D3_DONE"));
        check("lens_order", Form::FileName, Some("lens-order"));
        check("z80-1", Form::FileName, Some("z80-1"));
        check("2026-prices", Form::FileName, Some("2026-prices"));
    }

    #[test]
    fn what_cannot_be_a_name_has_no_spelling() {
        check("", Form::Name, None);
        check("--", Form::Name, None);
        check("3rd", Form::Name, None);
        check("größe", Form::Name, None);
        check(&"a".repeat(NAME_BYTES_MAX + 1), Form::Name, None);
    }
}
