//! What a server said, as far as it is kept.

/// Of a server's words, in characters: enough to look them up.
const WORDS_CHARACTERS_MAX: usize = 200;

/// What stands where an address stood.
const ADDRESS: &str = "(address)";

/// One line of a server's words, without addresses: they are personal data, and servers like to repeat them.
pub(crate) fn shown(words: &str) -> String {
    let shown: Vec<&str> = words
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| if word.contains('@') { ADDRESS } else { word })
        .collect();
    shown.join(" ").chars().take(WORDS_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_are_one_line_without_addresses() {
        let check = |words: &str, expected: &str| assert_eq!(shown(words), expected, "{words}");
        check("5.1.1 <ada@lab.example>: no such user", "5.1.1 (address) no such user");
        check("one\r\ntwo\u{7}three", "one two three");
        check("", "");
        assert_eq!(shown(&"x".repeat(1_000)).len(), WORDS_CHARACTERS_MAX);
    }
}
