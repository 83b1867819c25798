//! What holds for every file of the project.

use std::path::Path;

use regex::Regex;
use statewright_tests::repository;

use crate::assert_none;

/// A file is one noun; what is longer holds two.
const LINES_MAX: usize = 500;

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

/// What `LINES_MAX` is for: what people write and read as code. Prose, data and lock files are as long as they must be.
const CODE: &[&str] = &["css", "html", "jinja", "js", "mjs", "py", "rs", "sh", "sol", "sql", "ts"];

/// What no file may hold, and why. In brackets stands one letter of each word, so that this file does not hold it either.
const FORBIDDEN: &[(&str, &str)] = &[
    (
        r"(^|[^A-Za-z0-9_.}-])/([w]ork|[r]oot|tmp/[t]rees)(/|$)",
        "a path of one machine; paths are relative to the repository",
    ),
    (
        r"\b(index|static)\.[c]rates\.io|\b[r]egistry\.(npmjs|yarnpkg)\b|\bfiles\.[p]ythonhosted\.org|\b[p]ypi\.org/simple|\bproxy\.[g]olang\.org|\bdeb\.[d]ebian\.org",
        "a registry's host; which registry or mirror is used is each machine's own setting",
    ),
];

/// What no Rust file may hold in its tests.
const FORBIDDEN_IN_TESTS: &[(&str, &str)] = &[
    (
        r"#\[[i]gnore\b",
        "a test runs, or it goes; long forms ask for STATEWRIGHT_LONG",
    ),
    (
        r"\bthread::[s]leep\b",
        "never sleep in a test: wait for what is expected, under a deadline",
    ),
    (
        r"\btime::(\{[^}]*\b)?[s]leep(_until)?\b",
        "never sleep in a test: wait for what is expected, under a deadline",
    ),
];

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let mut problems = Vec::new();
    for (path, text) in texts() {
        problems.extend(found(FORBIDDEN, &path, &text, 0));
    }
    assert_none(&problems);
}

#[test]
fn tests_neither_sleep_nor_hide() {
    let mut problems = Vec::new();
    for (path, text) in texts().into_iter().filter(|(path, _)| path.ends_with(".rs")) {
        problems.extend(found(FORBIDDEN_IN_TESTS, &path, &text, first_line_of_tests(&path, &text)));
    }
    assert_none(&problems);
}

#[test]
fn files_are_short() {
    let mut problems = Vec::new();
    for (path, text) in texts() {
        let longer = LONGER.iter().any(|(exception, _)| *exception == path);
        problems.extend(length(&path, &text, longer));
    }
    let gone = LONGER
        .iter()
        .filter(|(exception, _)| !repository::root().join(exception).is_file());
    problems.extend(gone.map(|(exception, _)| format!("{exception} is gone; so should be its exception")));
    assert_none(&problems);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut problems = Vec::new();
    for (path, text) in texts().into_iter().filter(|(path, _)| path.ends_with(".md")) {
        let folder = repository::root().join(&path);
        let folder = folder.parent().unwrap_or(repository::root());
        problems.extend(dead_links(&path, &text, |target| folder.join(target).exists()));
    }
    assert_none(&problems);
}

#[test]
fn a_dead_link_is_found_with_its_line() {
    let text = "[a](a.md#part) [b](https://example.org/b.md)\n![c](c.svg), [d](#here)\n";
    assert_eq!(
        dead_links("x.md", text, |target| target == "a.md"),
        ["x.md:2: there is no c.svg"]
    );
}

#[test]
fn what_is_forbidden_is_found_with_its_line() {
    let lines = |forbidden, text: &str| -> Vec<String> {
        let problems = found(forbidden, "a.rs", text, 0);
        problems
            .iter()
            .map(|problem| problem.split(": ").next().unwrap_or_default().to_owned())
            .collect()
    };
    let machine = [
        "cd /",
        "work/main\nlet a = \"/",
        "root/x\";\ndocs/",
        "work/a\n/",
        "work\n${HOME}/",
        "work/b\n/",
        "tmp/",
        "trees/x\n/workflows/lab",
    ]
    .concat();
    assert_eq!(lines(FORBIDDEN, &machine), ["a.rs:1", "a.rs:2", "a.rs:4", "a.rs:6"]);
    let registry = [
        "https://github.com/rust-lang/crates.io-index\nhttps://index.",
        "crates.io/\nhttps://registry.",
        "npmjs.org/x",
    ]
    .concat();
    assert_eq!(lines(FORBIDDEN, &registry), ["a.rs:2", "a.rs:3"]);
    let sleeping = [
        "use tokio::time::{timeout, sl",
        "eep};\nstd::thread::sl",
        "eep(x);\n#[ign",
        "ore = \"slow\"]\ntokio::time::interval(x);\ntime::sl",
        "eep_until(t)",
    ];
    assert_eq!(
        lines(FORBIDDEN_IN_TESTS, &sleeping.concat()),
        ["a.rs:1", "a.rs:2", "a.rs:3", "a.rs:5"]
    );
}

#[test]
fn only_the_tests_of_a_file_may_not_sleep() {
    assert_eq!(
        first_line_of_tests("engine/runtime/src/outbox.rs", "a\nb\n#[cfg(test)]\nmod tests {}\n"),
        2
    );
    assert_eq!(first_line_of_tests("engine/runtime/src/outbox.rs", "a\nb\n"), 2);
    assert_eq!(first_line_of_tests("engine/runtime/src/outbox/tests.rs", "a\nb\n"), 0);
    assert_eq!(first_line_of_tests("tests/src/bin/bench.rs", "a\nb\n"), 0);
    assert_eq!(first_line_of_tests("examples/simulators/tests/all.rs", "a\nb\n"), 0);
}

#[test]
fn a_file_too_long_is_found_and_so_is_an_exception_no_longer_needed() {
    let long = "x\n".repeat(LINES_MAX + 1);
    let short = "x\n".repeat(LINES_MAX);
    assert_eq!(
        length("a.rs", &long, false),
        Some("a.rs has 501 lines, more than 500: which second noun is in it?".to_owned())
    );
    assert!(length("tests/run", &format!("#!/usr/bin/env bash\n{long}"), false).is_some());
    assert_eq!(length("a.rs", &short, false), None);
    assert_eq!(length("a.md", &long, false), None);
    assert_eq!(length("a.rs", &long, true), None);
    assert_eq!(
        length("a.rs", &short, true),
        Some("a.rs is short enough again: take its exception away".to_owned())
    );
}

/// Every file of the project that is text, with its path as written in the repository.
fn texts() -> Vec<(String, String)> {
    let read = |path: &Path| {
        std::fs::read(repository::root().join(path))
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
    };
    repository::files()
        .iter()
        .filter_map(|path| Some((path.to_str()?.to_owned(), read(path)?)))
        .collect()
}

fn found(forbidden: &[(&str, &str)], path: &str, text: &str, first_line: usize) -> Vec<String> {
    let mut problems = Vec::new();
    for (pattern, reason) in forbidden {
        let pattern = Regex::new(pattern).expect("the pattern is valid");
        let lines = text.lines().enumerate().skip(first_line);
        problems.extend(
            lines
                .filter(|(_, line)| pattern.is_match(line))
                .map(|(line, _)| format!("{path}:{}: {reason}", line + 1)),
        );
    }
    problems.sort();
    problems
}

/// Links to files that are not there. What other hosts hold is their own affair.
fn dead_links(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)#:\s]+)(#[^)]*)?\)").expect("the pattern is valid");
    let mut problems = Vec::new();
    for (line, text) in text.lines().enumerate() {
        let targets = link
            .captures_iter(text)
            .filter_map(|found| found.get(1))
            .map(|target| target.as_str());
        problems.extend(
            targets
                .filter(|target| !exists(target))
                .map(|target| format!("{path}:{}: there is no {target}", line + 1)),
        );
    }
    problems
}

/// From which line on (counted from 0) a Rust file is a test.
fn first_line_of_tests(path: &str, text: &str) -> usize {
    if path.split('/').any(|part| matches!(part, "tests" | "tests.rs")) {
        return 0;
    }
    text.lines()
        .position(|line| line.trim() == "#[cfg(test)]")
        .unwrap_or_else(|| text.lines().count())
}

fn length(path: &str, text: &str, longer: bool) -> Option<String> {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    let is_code = extension.map_or(text.starts_with("#!"), |extension| CODE.contains(&extension));
    let lines = text.lines().count();
    match (is_code && lines > LINES_MAX, longer) {
        (true, false) => Some(format!(
            "{path} has {lines} lines, more than {LINES_MAX}: which second noun is in it?"
        )),
        (false, true) => Some(format!("{path} is short enough again: take its exception away")),
        _ => None,
    }
}
