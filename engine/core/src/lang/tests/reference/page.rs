//! The page: sentences and examples that people write, and blocks that are made of the grammar.

use std::collections::BTreeMap;

use super::table;
use crate::lang::grammar::Map;

/// A block is renewed from the line that begins so to the line that is [`END`].
const BEGIN: &str = "<!-- made of the grammar: ";
const BEGIN_CLOSES: &str = " -->";
const END: &str = "<!-- end -->";

/// The page with every block made anew.
///
/// # Errors
/// What is wrong with its marks, a sentence each.
pub(super) fn renewed(page: &str) -> Result<String, Vec<String>> {
    let mut blocks = blocks();
    let mut problems = Vec::new();
    let mut text = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        text.push_str(line);
        text.push('\n');
        let Some(name) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(BEGIN_CLOSES)) else {
            continue;
        };
        match blocks.remove(name) {
            Some(block) => text.push_str(&format!("{block}{END}\n")),
            None => problems.push(format!("there is no block `{name}`, or it stands there twice")),
        }
        if !lines.any(|line| line == END) {
            problems.push(format!("the block `{name}` has no end"));
        }
    }
    let missing = blocks.keys();
    problems.extend(missing.map(|name| format!("put `{BEGIN}{name}{BEGIN_CLOSES}` and `{END}` where it belongs")));
    if problems.is_empty() { Ok(text) } else { Err(problems) }
}

/// Every block by its name.
fn blocks() -> BTreeMap<String, String> {
    let map = Map::of_the_language();
    let mut blocks = BTreeMap::from([
        ("kinds of file".to_owned(), table::kinds(&map)),
        ("types of fields".to_owned(), table::types()),
        ("variables".to_owned(), table::variables()),
        ("functions".to_owned(), table::functions()),
        ("filters".to_owned(), table::filters()),
    ]);
    for place in map.places() {
        let earlier = blocks.insert(map.title(place.construct), table::keys(&map, place));
        assert_eq!(earlier, None, "two blocks would be called {}", map.title(place.construct));
    }
    blocks
}

/// Sections (`##`) by their headings, in order.
pub(super) fn sections(page: &str) -> Vec<(&str, &str)> {
    page.split("\n## ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .collect()
}

/// The examples in YAML.
pub(super) fn examples(text: &str) -> impl Iterator<Item = &str> {
    let fenced = text.split("```yaml\n").skip(1);
    fenced.filter_map(|rest| rest.split_once("```").map(|(example, _)| example))
}

#[test]
fn a_page_without_a_block_or_with_a_strange_one_is_not_renewed() {
    let page = format!("{BEGIN}variables{BEGIN_CLOSES}\n{END}\n{BEGIN}a hat{BEGIN_CLOSES}\nold\n");
    let problems = renewed(&page).expect_err("blocks are missing");
    let has = |sentence: &str| problems.iter().any(|problem| problem == sentence);
    assert!(has("there is no block `a hat`, or it stands there twice"), "{problems:?}");
    assert!(has("the block `a hat` has no end"), "{problems:?}");
    assert!(
        has("put `<!-- made of the grammar: a state -->` and `<!-- end -->` where it belongs"),
        "{problems:?}"
    );
    assert!(
        !problems.iter().any(|problem| problem.contains("`variables`")),
        "{problems:?}"
    );
}
