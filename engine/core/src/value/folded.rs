//! Text as it is compared where people type it by heart: without case, accents, apostrophes and the kind of blank between words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The words of a text, folded: `Zoë  O'Brien-ŁUKASIK` has `zoe`, `obrien` and `lukasik`.
#[must_use]
pub fn folded_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            // `O'Brien` is one word, however it is typed
            '\'' | '’' | '‘' | 'ʼ' | '`' | '´' => {}
            letter if letter.is_alphanumeric() => words.last_mut().into_iter().for_each(|word| fold(letter, word)),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Large and small letters alike, and those alike that are one letter with a stroke through it or two in one.
fn fold(letter: char, word: &mut String) {
    for small in letter.to_uppercase().flat_map(char::to_lowercase) {
        match small {
            'ø' => word.push('o'),
            'ł' => word.push('l'),
            'đ' | 'ð' => word.push('d'),
            'ħ' => word.push('h'),
            'ı' => word.push('i'),
            'æ' => word.push_str("ae"),
            'œ' => word.push_str("oe"),
            'þ' => word.push_str("th"),
            small => word.push(small),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(folded_words(text).join(" "), expected, "{text}");
    }

    #[test]
    fn what_is_typed_by_heart_is_compared_without_case_and_accents() {
        check("Petrova", "petrova");
        check("  ZOË\u{a0}\tO'Brien-Łukasik ", "zoe obrien lukasik");
        check("Zoe\u{308} O’BRIEN Lukasik", "zoe obrien lukasik");
        check("Straße Σίσυφος ΣΊΣΥΦΟΣ", "strasse σισυφοσ σισυφοσ");
        check("Sørensen Ægir Þór", "sorensen aegir thor");
        check("Петрова ПЕТРОВА", "петрова петрова");
        check("1984-03-02", "1984 03 02");
        check(" -- ' ", "");
    }
}
