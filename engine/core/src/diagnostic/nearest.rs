//! The known name that was probably meant.

/// Edits after which a name is another name rather than the same one misspelt, for a word of this many characters.
fn edits_max(characters: usize) -> usize {
    match characters {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    }
}

/// The candidate nearest to a name that is not known, if one is near enough to be what was meant. Of equally near ones the first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(name);
    let length = folded.chars().count();
    let most = edits_max(length);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let candidate_folded = fold(candidate);
        // Each letter more or less is an edit of its own; comparing letter by letter takes as long as one name times the other.
        if candidate_folded.chars().count().abs_diff(length) > most {
            continue;
        }
        let edits = strsim::osa_distance(&folded, &candidate_folded);
        let most = most.min(edits_max(candidate_folded.chars().count()));
        // A word of which every letter is changed is not the same word misspelt.
        if edits <= most && edits < length.max(1) && best.is_none_or(|(least, _)| edits < least) {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `camelCase`, `kebab-case` and `snake_case` of one name are the same word to whoever misspells it.
fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelt_name_finds_its_own_and_a_strange_one_finds_none() {
        let known = ["target", "tags", "title", "onDone", "after"];
        let check = |name: &str, expected: Option<&str>| assert_eq!(nearest(name, known), expected, "{name}");
        check("titel", Some("title"));
        check("on_done", Some("onDone"));
        check("ondone", Some("onDone"));
        check("afte", Some("after"));
        check("customer", None);
        check("x", None);
        // Two of three letters are another word.
        assert_eq!(nearest("FOO", ["GO"]), None);
        assert_eq!(nearest("GOO", ["GO"]), Some("GO"));
        check("", None);
        // Nor is a short name what is left of a longer one.
        assert_eq!(nearest("paid", ["id"]), None);
    }
}
