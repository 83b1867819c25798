//! Packages that may not come in, directly or through another, and why.

use statewright_tests::repository;

use super::graph::{Graph, seeded};
use crate::assert_none;

/// The package, the versions meant (empty for all of them), and what to do instead.
const BANNED: &[(&str, &str, &str)] = &[
    ("aws-lc-rs", "", "one TLS stack: rustls with ring"),
    (
        "aws-lc-sys",
        "",
        "one TLS stack: rustls with ring; it is the longest unit to build of all",
    ),
    ("chrono-tz", "", "jiff is the one library for time"),
    ("cron", "", "it skips and doubles runs where clocks change; croner does not"),
    ("hl7v2", "", "AGPL"),
    (
        "libsqlite3-sys",
        "<0.37",
        "an old one drags SQLite down for everyone, since it links",
    ),
    ("minijinja", "<3", "the expression parser is built on version 3's tree"),
    ("minijinja", ">=4", "the expression parser is built on version 3's tree"),
    ("native-tls", "", "one TLS stack: rustls with ring"),
    ("openssl-sys", "", "one TLS stack: rustls with ring"),
    (
        "pg-embed",
        "",
        "it downloads programs; tests/postgres uses the installed ones",
    ),
    (
        "postgresql_embedded",
        "",
        "it downloads programs; tests/postgres uses the installed ones",
    ),
    ("rsa", "", "RUSTSEC-2023-0071, unmended"),
    ("rustls-webpki", "<0.103", "RUSTSEC-2026-0049 and three more"),
    (
        "serde_norway",
        "",
        "workflow YAML has a reader of its own, with spans and all its errors at once",
    ),
    ("serde_yaml", "", "archived; workflow YAML has a reader of its own"),
    (
        "serde_yaml_ng",
        "",
        "workflow YAML has a reader of its own, with spans and all its errors at once",
    ),
    (
        "serde_yml",
        "",
        "workflow YAML has a reader of its own, with spans and all its errors at once",
    ),
    ("sqlx", "<0.9", "two of them cannot share libsqlite3-sys"),
];

/// Of these one version is enough: they are large, link a C library, or their types meet in our signatures.
const ONE_VERSION: &[&str] = &[
    "axum",
    "http",
    "hyper",
    "jiff",
    "libsqlite3-sys",
    "minijinja",
    "reqwest",
    "ring",
    "rusqlite",
    "rust_decimal",
    "rustls",
    "serde",
    "serde_json",
    "sqlx",
    "tokio",
];

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn no_banned_package_comes_in() {
    assert_none(&banned(&Graph::read()));
}

#[test]
fn some_packages_come_in_one_version_only() {
    assert_none(&doubled(&Graph::read()));
}

#[test]
fn every_package_is_from_crates_io() {
    let graph = Graph::read();
    let elsewhere = graph.foreign().filter(|package| package.source.as_deref() != Some(CRATES_IO));
    let problems: Vec<String> = elsewhere
        .map(|package| format!("{} comes from {:?}", package.name, package.source))
        .collect();
    assert_none(&problems);
}

#[test]
fn a_banned_package_is_found_whoever_brings_it() {
    let graph = seeded(
        &[
            ("statewright-core", "0.1.0", "MIT"),
            ("innocent", "1.0.0", "MIT"),
            ("sqlx", "0.8.6", "MIT"),
            ("minijinja", "4.0.1", "MIT"),
            ("rsa", "0.9.10", "MIT"),
        ],
        &[("statewright-core", "innocent"), ("innocent", "rsa")],
    );
    let names: Vec<String> = banned(&graph)
        .iter()
        .filter_map(|problem| problem.split(':').next().map(str::to_owned))
        .collect();
    assert_eq!(
        names,
        ["minijinja 4.0.1 is banned", "rsa 0.9.10 is banned", "sqlx 0.8.6 is banned"]
    );

    let fine = seeded(
        &[
            ("sqlx", "0.9.0", "MIT"),
            ("minijinja", "3.0.5", "MIT"),
            ("libsqlite3-sys", "0.37.0", "MIT"),
        ],
        &[],
    );
    assert_none(&banned(&fine));
}

#[test]
fn a_second_version_is_found() {
    let graph = seeded(
        &[
            ("tokio", "1.54.1", "MIT"),
            ("tokio", "0.3.7", "MIT"),
            ("syn", "2.0.0", "MIT"),
            ("syn", "3.0.0", "MIT"),
        ],
        &[],
    );
    assert_eq!(doubled(&graph), ["tokio is there as 1.54.1 and 0.3.7: one version only"]);
}

#[test]
fn deny_toml_bans_the_same() {
    let text = std::fs::read_to_string(repository::root().join("deny.toml")).expect("deny.toml can be read");
    let written = regex::Regex::new(r#"(?m)^\s*\{ crate = "([^"]+)", (reason|deny-multiple-versions) = (?:"|true)"#)
        .expect("the pattern is valid");
    let mut written: Vec<(String, bool)> = written
        .captures_iter(&text)
        .map(|found| (found[1].to_owned(), &found[2] == "reason"))
        .collect();
    written.sort();
    let spec = |&(name, versions, _): &(&str, &str, &str)| match versions {
        "" => (name.to_owned(), true),
        _ => (format!("{name}@{versions}"), true),
    };
    let mut meant: Vec<(String, bool)> = BANNED
        .iter()
        .map(spec)
        .chain(ONE_VERSION.iter().map(|name| ((*name).to_owned(), false)))
        .collect();
    meant.sort();
    assert_eq!(written, meant);
}

fn banned(graph: &Graph) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, versions, reason) in BANNED {
        for package in graph
            .packages
            .iter()
            .filter(|package| package.name == *name && meets(&package.version, versions))
        {
            problems.push(format!(
                "{name} {} is banned: {reason}. `cargo tree --invert {name} --target all` says who brings it",
                package.version
            ));
        }
    }
    problems
}

fn doubled(graph: &Graph) -> Vec<String> {
    let mut problems = Vec::new();
    for name in ONE_VERSION {
        let versions: Vec<&str> = graph
            .packages
            .iter()
            .filter(|package| package.name == *name)
            .map(|package| package.version.as_str())
            .collect();
        if versions.len() > 1 {
            problems.push(format!("{name} is there as {}: one version only", versions.join(" and ")));
        }
    }
    problems
}

/// Whether a version is among those that a ban means: all, `<X`, or `>=X`.
fn meets(version: &str, versions: &str) -> bool {
    if let Some(bound) = versions.strip_prefix('<') {
        numbers(version) < numbers(bound)
    } else if let Some(bound) = versions.strip_prefix(">=") {
        numbers(version) >= numbers(bound)
    } else {
        assert!(versions.is_empty(), "a ban's versions are `<X` or `>=X`, not `{versions}`");
        true
    }
}

fn numbers(version: &str) -> [u64; 3] {
    let mut parts = version
        .split(['-', '+'])
        .next()
        .unwrap_or_default()
        .split('.')
        .map(|part| part.parse().unwrap_or_default());
    [
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    ]
}
