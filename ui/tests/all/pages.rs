//! Pages of the documentation, followed word for word: their files are written, their commands run, and what they show is what is said.
//!
//! A `yaml` block is a whole file; it bears the name that stood last before it in backquotes. A `diff` block changes that file: what stays and
//! what goes stands in it exactly once, and an empty line begins another place. A `console` block holds commands and their answers; a page shows
//! neither exit codes nor the notes beside an answer.

use crate::program::{Folder, named};

/// Does what a reader would do with this page, in a folder of its own. Gives how each command ended.
fn follow(name: &str, page: &str) -> Vec<i32> {
    let folder = Folder::new(name);
    let mut codes = Vec::new();
    let mut file = None;
    for (place, part) in page.split("```").enumerate() {
        if place % 2 == 0 {
            file = last_file_named_in(part).or(file);
            continue;
        }
        let (kind, block) = part.split_once('\n').expect("a block has lines");
        match (kind, file) {
            ("yaml", Some(file)) => folder.write(file, block),
            ("diff", Some(file)) => folder.write(file, &changed(&folder.read(file), block)),
            ("console", _) => codes.extend(run(&folder, block)),
            (kind, file) => panic!("a block of {kind:?} for {file:?} cannot be followed"),
        }
    }
    codes
}

fn last_file_named_in(prose: &str) -> Option<&str> {
    let quoted = prose.split('`').skip(1).step_by(2);
    quoted.filter(|quoted| quoted.ends_with(".yaml")).last()
}

fn changed(text: &str, block: &str) -> String {
    let mut text = text.to_owned();
    for place in block.trim_end().split("\n\n") {
        let side = |mark: char| -> String {
            let lines = place.lines().filter(|line| line.starts_with([' ', mark]));
            lines.fold(String::new(), |side, line| side + &line[1..] + "\n")
        };
        let (before, after) = (side('-'), side('+'));
        assert_eq!(
            text.matches(&before).count(),
            1,
            "what stays and goes stands once in\n{text}\nof\n{place}"
        );
        text = text.replace(&before, &after);
    }
    text
}

/// Runs what stands behind each `$`, and holds the block against what came of it.
fn run(folder: &Folder, block: &str) -> Vec<i32> {
    let mut codes = Vec::new();
    let mut said = String::new();
    for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let command = command.strip_prefix("statewright ").expect("a page runs this program only");
        let transcript = folder.session(&[command]);
        let (answer, code) = transcript.trim_end().rsplit_once("= ").expect("it ends with its code");
        for line in answer.lines().filter(|line| !line.starts_with("! note:")) {
            said = said + line.strip_prefix("! ").unwrap_or(line) + "\n";
        }
        codes.push(code.parse().expect("a code is a number"));
    }
    assert!(!codes.is_empty(), "there is no command in\n{block}");
    // Moments and digests differ from run to run, on the page as well.
    let block = named(block);
    assert_eq!(block, said, "\nthe page says\n{block}\nthe program says\n{said}");
    codes
}

#[test]
fn the_tutorial_leads_from_nothing_to_live() {
    let codes = follow("tutorial", include_str!("../../../docs/tutorial.md"));
    let refused = |place: &usize| codes[*place] != 0;
    // The wrong state, the wrong expectation, a number that is none, somebody who may not, and what the version before does not know.
    let expected = [0, 5, 8, 11, codes.len() - 1];
    assert_eq!((0..codes.len()).filter(refused).collect::<Vec<_>>(), expected, "{codes:?}");
}

#[test]
fn the_page_for_staff_says_what_the_program_says() {
    follow("staff", include_str!("../../../docs/tasks.md"));
}

#[test]
fn the_page_about_signing_in_says_what_the_program_says() {
    follow("signing-in", include_str!("../../../docs/signing-in.md"));
}

#[test]
fn the_guide_to_simulating_says_what_the_program_says() {
    assert_eq!(follow("simulating", include_str!("../../../docs/simulating.md")), [0]);
}

#[test]
fn the_guide_to_testing_says_what_the_program_says() {
    assert_eq!(follow("guide", include_str!("../../../docs/testing.md")), [1]);
}
