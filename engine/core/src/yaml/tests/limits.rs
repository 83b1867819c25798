//! Every limit refuses in one sentence, and nothing near it costs time.

use std::fmt::Write;

use super::super::{ALIASES_MAX, BYTES_MAX, DEPTH_MAX, EXPANDED_NODES_MAX, NODES_MAX};
use super::{outline, problems};

/// One problem, and nothing of the file is used.
fn check(source: &str, place: &str) {
    assert_eq!(problems(source), format!("{place} SW-0120"));
    assert_eq!(outline(source), "!");
}

#[test]
fn bytes() {
    check(&"a".repeat(BYTES_MAX + 1), "1:1");
    assert_eq!(problems(&format!("# {}", "a".repeat(BYTES_MAX - 2))), "");
}

#[test]
fn no_escape_makes_the_character_nul() {
    for (source, place) in [(r#"a: "x\0y""#, "1:4"), (r#"a: "\u0000""#, "1:4"), (r#""\x00": a"#, "1:1")] {
        assert!(
            problems(source).starts_with(&format!("{place} SW-0119")),
            "{source}: {}",
            problems(source)
        );
    }
}

#[test]
fn nodes() {
    check(&"- a\n".repeat(NODES_MAX), "1:1");
    assert_eq!(problems(&"- a\n".repeat(NODES_MAX - 1)), "");
}

#[test]
fn depth() {
    let nested = |open: &str, close: &str, depth: usize| format!("{}a{}", open.repeat(depth), close.repeat(depth));
    check(&nested("[", "]", DEPTH_MAX + 1), "1:65");
    assert_eq!(problems(&nested("[", "]", DEPTH_MAX)), "");
    check(&nested("[", "]", 2_000), "1:65");
    check(&"- ".repeat(2_000), "1:129");
}

#[test]
fn depth_through_aliases() {
    let mut source = "a0: &a0 [x]\n".to_owned();
    for level in 1..=DEPTH_MAX {
        let _ = writeln!(source, "a{level}: &a{level} [*a{}]", level - 1);
    }
    assert!(problems(&source).ends_with("SW-0120"), "{}", problems(&source));
}

#[test]
fn aliases() {
    let source = format!("a: &a x\nb: [{}]", "*a, ".repeat(ALIASES_MAX));
    assert_eq!(problems(&source), "");
    check(
        &format!("a: &a x\nb: [{}]", "*a, ".repeat(ALIASES_MAX + 1)),
        &format!("2:{}", 5 + 4 * ALIASES_MAX),
    );
}

#[test]
fn values_behind_aliases() {
    // Ten levels of nine aliases each: three thousand million values from five hundred bytes.
    let mut source = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = format!("*a{}", level - 1);
        let _ = writeln!(source, "a{level}: &a{level} [{}]", vec![below; 9].join(", "));
    }
    check(&source, "1:1");
    assert!(9_usize.pow(5) < EXPANDED_NODES_MAX, "four levels are within the limit");
    let four: String = source.lines().take(4).map(|line| format!("{line}\n")).collect();
    assert_eq!(problems(&four), "");
}

#[test]
fn hostile_lines_are_answered() {
    for piece in [
        "{", "[", "{{", "'", "\"", "(a,", "a: {", "[@,", "*a ", "\t", "- ", "x: \"", "{{ a ", "a{{", "#", "a: b: ", "&a ", "!a ",
        "? ", "\\",
    ] {
        let source = piece.repeat(60_000 / piece.len());
        assert!(!problems(&source).is_empty() || !outline(&source).is_empty());
        let lines = format!("{piece}\n").repeat(20_000 / piece.len());
        assert!(!problems(&lines).is_empty() || !outline(&lines).is_empty());
    }
}
