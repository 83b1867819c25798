//! Under which licences a package may come in.

use statewright_tests::repository;

use super::graph::Graph;
use crate::assert_none;

/// Permissive licences that ask for no more than to be named.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// Packages under another licence, each with the reason why it is taken all the same.
const EXCEPTIONS: &[(&str, &str, &str)] = &[(
    "webpki-root-certs",
    "CDLA-Permissive-2.0",
    "data, not code: the root certificates of the public web",
)];

#[test]
fn every_licence_is_allowed() {
    let graph = Graph::read();
    let mut problems = Vec::new();
    for package in graph.foreign() {
        let licence = package.license.as_deref().unwrap_or_default();
        let excepted = EXCEPTIONS
            .iter()
            .any(|(name, exception, _)| *name == package.name && *exception == licence);
        if !excepted && !allows(licence) {
            problems.push(format!(
                "{} {} is under `{licence}`, which is not on the list",
                package.name, package.version
            ));
        }
    }
    assert_none(&problems);
}

#[test]
fn no_exception_is_left_over() {
    let graph = Graph::read();
    let unused = EXCEPTIONS
        .iter()
        .filter(|(name, _, _)| !graph.packages.iter().any(|package| package.name == *name));
    assert_none(
        &unused
            .map(|(name, _, _)| format!("the exception for {name} is no longer needed"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn ours_is_one_of_two() {
    for package in Graph::read().members() {
        assert_eq!(package.license.as_deref(), Some("MIT OR Apache-2.0"), "{}", package.name);
    }
}

#[test]
fn an_expression_is_read_as_spdx_means_it() {
    for allowed in [
        "MIT",
        "MIT/Apache-2.0",
        "Unlicense OR MIT",
        "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0",
        "(MIT OR GPL-3.0-only) AND (ISC OR AGPL-3.0-only)",
    ] {
        assert!(allows(allowed), "{allowed} should be allowed");
    }
    for refused in [
        "",
        "GPL-3.0-only",
        "AGPL-3.0-or-later",
        "MPL-2.0",
        "MIT AND GPL-2.0-only",
        "MIT OR",
        "(MIT",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "(MIT AND GPL-3.0-only) OR (ISC AND AGPL-3.0-only)",
    ] {
        assert!(!allows(refused), "{refused} should be refused");
    }
}

#[test]
fn deny_toml_allows_the_same() {
    let text = std::fs::read_to_string(repository::root().join("deny.toml")).expect("deny.toml can be read");
    let list = |text: &str| -> Vec<String> {
        let quoted = regex::Regex::new(r#""([^"]+)""#).expect("the pattern is valid");
        quoted.captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let allow = regex::Regex::new(r"(?ms)^allow = \[(.*?)^\]").expect("the pattern is valid");
    assert_eq!(list(&allow.captures(&text).expect("deny.toml has an allow list")[1]), ALLOWED);
    let exceptions = regex::Regex::new(r"(?ms)^exceptions = \[(.*?)^\]").expect("the pattern is valid");
    let written = list(&exceptions.captures(&text).expect("deny.toml has exceptions")[1]);
    let meant: Vec<&str> = EXCEPTIONS.iter().flat_map(|(name, licence, _)| [*name, *licence]).collect();
    assert_eq!(written, meant);
}

/// Whether an SPDX expression can be met with allowed licences alone. What cannot be read is refused.
fn allows(expression: &str) -> bool {
    // `/` is how packages wrote OR before SPDX expressions.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    matches!(either(&words), Some((allowed, [])) if allowed)
}

/// `both OR both …`
fn either<'a>(words: &'a [&'a str]) -> Option<(bool, &'a [&'a str])> {
    let (mut allowed, mut rest) = both(words)?;
    while let ["OR", after @ ..] = rest {
        let (next, after) = both(after)?;
        (allowed, rest) = (allowed | next, after);
    }
    Some((allowed, rest))
}

/// `one AND one …`
fn both<'a>(words: &'a [&'a str]) -> Option<(bool, &'a [&'a str])> {
    let (mut allowed, mut rest) = one(words)?;
    while let ["AND", after @ ..] = rest {
        let (next, after) = one(after)?;
        (allowed, rest) = (allowed & next, after);
    }
    Some((allowed, rest))
}

/// A licence, with or without an exception to it, or an expression in brackets. An exception only ever permits more.
fn one<'a>(words: &'a [&'a str]) -> Option<(bool, &'a [&'a str])> {
    match words {
        ["(", inner @ ..] => match either(inner)? {
            (allowed, [")", rest @ ..]) => Some((allowed, rest)),
            _ => None,
        },
        ["OR" | "AND" | "WITH" | ")", ..] | [] => None,
        [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => Some((ALLOWED.contains(licence), rest)),
    }
}
