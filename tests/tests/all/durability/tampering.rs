//! Trails changed behind the program's back: what was done is found, with its place, by the program and by another's program.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use statewright_core::identity::InstanceId;
use statewright_tests::database::{Database, Dialect};
use statewright_tests::program;
use statewright_tests::repository;
use statewright_tests::site::{Settings, Site};
use tokio::process::Command;

/// Instance, sequence, kind.
type Findings = BTreeSet<(String, u64, String)>;

/// Entries of each instance.
const ENTRIES: u64 = 8;

/// A way to tamper with an instance's trail. Each is tried on an instance of its own, named after it.
struct Way {
    name: &'static str,
    /// `$I` is the instance's id.
    statements: &'static str,
    found_in_store: &'static [(u64, &'static str)],
    /// A file has no numbers but the entries' own.
    found_in_export: &'static [(u64, &'static str)],
}

const WAYS: &[Way] = &[
    Way {
        name: "untouched",
        statements: "",
        found_in_store: &[],
        found_in_export: &[],
    },
    Way {
        name: "edited",
        statements: "update trail set bytes = replace(bytes, '\"note-3\"', '\"note-0\"') where instance = $I and sequence = 4",
        found_in_store: &[(4, "edited")],
        found_in_export: &[(4, "edited")],
    },
    Way {
        name: "edited-last",
        statements: "update trail set bytes = replace(bytes, '\"note-7\"', '\"note-0\"') where instance = $I and sequence = 8",
        found_in_store: &[(8, "edited")],
        found_in_export: &[(8, "edited")],
    },
    Way {
        name: "deleted",
        statements: "delete from trail where instance = $I and sequence = 4",
        found_in_store: &[(4, "missing")],
        found_in_export: &[(4, "missing")],
    },
    Way {
        name: "reordered",
        statements: "update trail set sequence = 99 where instance = $I and sequence = 4;
            update trail set sequence = 4 where instance = $I and sequence = 5;
            update trail set sequence = 5 where instance = $I and sequence = 99",
        // Both are filed wrongly; of lines, one comes late. No byte of either was edited.
        found_in_store: &[(4, "reordered"), (5, "reordered")],
        found_in_export: &[(4, "reordered")],
    },
    Way {
        name: "truncated",
        statements: "delete from trail where instance = $I and sequence >= 6",
        found_in_store: &[(6, "truncated")],
        found_in_export: &[(6, "truncated")],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_a_trail_on_sqlite_is_found_where_it_was_done() {
    tamper(Dialect::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_a_trail_on_postgres_is_found_where_it_was_done() {
    tamper(Dialect::Postgres).await;
}

async fn tamper(dialect: Dialect) {
    let site = Site::open(Database::create(dialect).await, Settings::default()).await;
    site.deploy("tests/fixtures/durability/job.yaml").await;
    for Way { name, .. } in WAYS {
        write_trail(&site, name).await;
    }
    let clean = site.run(&["verify", "--json"]).await;
    assert_eq!(
        (clean.code, found(&clean.json())),
        (0, Findings::new()),
        "before anything is done: {}",
        clean.stdout
    );

    is_append_only(&site).await;
    let mut expected = (Findings::new(), Findings::new());
    for way in WAYS {
        let id = site.database.id(&id(way.name));
        site.database.execute(&way.statements.replace("$I", &id)).await;
        let named = |(sequence, kind): &(u64, &str)| (format!("job/{}", way.name), *sequence, (*kind).to_owned());
        expected.0.extend(way.found_in_store.iter().map(named));
        expected.1.extend(way.found_in_export.iter().map(named));
    }

    let verified = site.run(&["verify", "--json"]).await;
    assert_eq!((verified.code, found(&verified.json())), (1, expected.0));
    verify_exports(&site, &expected.1).await;
}

/// A start and seven notes, each with its text, by the command line alone: no server, no effects.
async fn write_trail(site: &Site, name: &str) {
    let clerk = ["--as", "carla:clerk"];
    let fields = format!(r#"{{"name": "{name}", "counter": "none", "rest_seconds": 1, "stamp": "start"}}"#);
    site.run(&[&["start", "job", "--with", &fields], &clerk[..]].concat())
        .await
        .done();
    for number in 1..ENTRIES {
        let stamp = format!("stamp=note-{number}");
        site.run(&[&["send", &format!("job/{name}"), "NOTE", "--with", &stamp], &clerk[..]].concat())
            .await
            .done();
    }
}

/// The database itself refuses, until somebody who may takes its triggers away.
async fn is_append_only(site: &Site) {
    for statement in ["update trail set at = at + 1", "delete from trail"] {
        let refused = site.database.try_to_execute(statement).await;
        assert!(
            refused.as_ref().is_err_and(|error| error.contains("append-only")),
            "{statement}: {refused:?}"
        );
    }
    let triggers = match site.database.dialect() {
        Dialect::Sqlite => "drop trigger trail_is_not_changed; drop trigger trail_is_not_deleted",
        Dialect::Postgres => "drop trigger trail_is_not_changed on trail",
    };
    site.database.execute(triggers).await;
}

/// The exported bytes, proven by the program and by another that was written from the format's description alone.
async fn verify_exports(site: &Site, expected: &Findings) {
    let mut exports = String::new();
    for Way { name, .. } in WAYS {
        let export = site.run(&["trail", &format!("job/{name}"), "--export"]).await.done();
        if *name == "untouched" {
            let file = site.folder().write("untouched.jsonl", &export).display().to_string();
            let verified = program::run(site.folder().path(), &["verify", &file]).await;
            assert_eq!(
                (verified.code, independent(&file).await),
                (0, (0, Vec::new())),
                "{}",
                verified.stdout
            );
            damage_file(site, &export).await;
        }
        exports.push_str(&export);
    }
    let file = site.folder().write("all.jsonl", &exports).display().to_string();
    let verified = program::run(site.folder().path(), &["verify", &file, "--json"]).await;
    assert_eq!((verified.code, found(&verified.json())), (1, expected.clone()));

    let line = |(instance, sequence, kind): &(String, u64, String)| {
        let key = instance.strip_prefix("job/").unwrap_or_default();
        format!("{} {sequence} {kind}", id(key))
    };
    let mut expected: Vec<String> = expected.iter().map(line).collect();
    expected.sort();
    let (code, mut found) = independent(&file).await;
    found.sort();
    assert_eq!((code, found), (1, expected), "both verifiers say the same");
}

/// A way to damage an exported file: its lines, each with its line feed, and what both verifiers say of what is left. `line` findings
/// name no instance.
type FileWay = (
    &'static str,
    fn(&[&str]) -> String,
    &'static [(&'static str, u64, &'static str)],
);

const FILE_WAYS: &[FileWay] = &[
    (
        "written-anew",
        |lines| lines.concat().replacen("\"format\":1", "\"format\": 1", 1),
        &[("job", 1, "edited")],
    ),
    (
        "crlf",
        |lines| lines.concat().replace('\n', "\r\n"),
        &[
            ("job", 1, "edited"),
            ("job", 2, "edited"),
            ("job", 3, "edited"),
            ("job", 4, "edited"),
            ("job", 5, "edited"),
            ("job", 6, "edited"),
            ("job", 7, "edited"),
            ("job", 8, "edited"),
        ],
    ),
    ("without-head", |lines| lines[..8].concat(), &[("job", 8, "headless")]),
    ("end-and-head-cut", |lines| lines[..5].concat(), &[("job", 5, "headless")]),
    (
        "no-entry",
        |lines| [&lines[..3], &["what?\n"], &lines[4..]].concat().concat(),
        &[("line", 4, "malformed"), ("job", 4, "missing")],
    ),
    (
        "a-line-cut",
        |lines| lines.concat().trim_end().to_owned(),
        &[("line", 9, "malformed"), ("job", 8, "headless")],
    ),
    (
        "another-format",
        |lines| lines.concat().replacen("\"format\":1", "\"format\":2", 1),
        &[("job", 1, "malformed"), ("job", 1, "edited")],
    ),
    (
        "a-member-twice",
        |lines| lines.concat().replacen("{\"actor\"", "{\"format\":1,\"actor\"", 1),
        &[("line", 1, "malformed"), ("job", 1, "missing")],
    ),
    (
        "twice",
        |lines| [&lines[..3], &lines[2..]].concat().concat(),
        &[("job", 3, "reordered")],
    ),
];

/// What was done to a file after it was exported is found in the same words by both.
async fn damage_file(site: &Site, export: &str) {
    let lines: Vec<&str> = export.split_inclusive('\n').collect();
    for (name, damage, expected) in FILE_WAYS {
        let file = site.folder().write(&format!("{name}.jsonl"), damage(&lines));
        let file = file.display().to_string();
        let place = |instance: &str, of_job: &str| match instance {
            "job" => of_job.to_owned(),
            other => other.to_owned(),
        };
        let named =
            |(instance, sequence, kind): &(&str, u64, &str)| (place(instance, "job/untouched"), *sequence, (*kind).to_owned());
        let verified = program::run(site.folder().path(), &["verify", &file, "--json"]).await;
        let wanted: Findings = expected.iter().map(named).collect();
        assert_eq!((verified.code, found(&verified.json())), (1, wanted), "{name}");
        let id = id("untouched");
        let line = |(instance, sequence, kind): &(&str, u64, &str)| format!("{} {sequence} {kind}", place(instance, &id));
        let mut wanted: Vec<String> = expected.iter().map(line).collect();
        wanted.sort();
        let (code, mut found) = independent(&file).await;
        found.sort();
        assert_eq!((code, found), (1, wanted), "{name}");
    }
}

async fn independent(file: &str) -> (i32, Vec<String>) {
    let script = repository::root().join("tests/independent/verify_trail.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(file)
        .output()
        .await
        .expect("python3 is on PATH");
    let lines = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    (output.status.code().unwrap_or(-1), lines)
}

fn id(key: &str) -> String {
    InstanceId::of("job", key).to_string()
}

fn found(report: &Value) -> Findings {
    let findings = report["findings"].as_array().into_iter().flatten();
    let read = |finding: &Value| {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        (
            text("instance"),
            finding["sequence"].as_u64().unwrap_or_default(),
            text("kind"),
        )
    };
    assert_ne!(report["findings"], json!(null), "{report}");
    findings.map(read).collect()
}
