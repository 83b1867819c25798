//! The pages in a real browser: what is done at the keyboard stands in `tests/browser/suite.mjs`; here is the server that it is done on.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use statewright_tests::client::Client;
use statewright_tests::doors::Doors;
use statewright_tests::folder::Folder;
use statewright_tests::node::{Node, Plan};
use statewright_tests::program::{self, Outcome};
use statewright_tests::{environment, repository};
use tokio::process::Command;

const PAIR: &str = include_str!("pair.yaml");
const REPORT: &str = include_str!("report.yaml");

/// The orders whose pairs wait to be inspected; of those that begin the day a report is open.
const ORDERS: [&str; 8] = ["A-1", "A-2", "B-1", "B-2", "C-1", "D-1", "E-1", "E-2"];

/// What is logged when one looks closely is scanned as well.
const CONFIGURATION: &str = "zone: Europe/Berlin\nlog: {level: debug}\n";

/// Personal values of the pairs, and words that people wrote to one another.
const PERSONAL: [&str; 4] = ["Pia Pair", "left lens", "Tray 14", "Lensmeter 2"];

/// How long all of it may take: a browser of a busy machine takes seconds for a page.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(360);

#[tokio::test]
async fn people_work_in_a_real_browser() {
    let folder = Folder::new();
    let store = format!("sqlite:{}", folder.path().join("statewright.db").display());
    for (name, text) in [
        ("pair.yaml", PAIR),
        ("report.yaml", REPORT),
        ("statewright.yaml", CONFIGURATION),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    let people = furnish(folder.path(), &store).await;
    let plan = Arc::new(Plan {
        name: "browser".to_owned(),
        store,
        configuration: folder.path().join("statewright.yaml"),
        folder: folder.path().to_owned(),
        doors: Arc::new(Doors::default()),
    });
    let node = plan.start().await;
    let given = json!({"url": node.url(), "people": people, "pictures": folder.path()});
    let suite = repository::root().join("tests/browser/suite.mjs");
    let running = Command::new("node")
        .arg(suite)
        .env("STATEWRIGHT_BROWSER", given.to_string())
        .env("STATEWRIGHT_CHROMIUM", environment::chromium())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, running).await;
    let output = output.expect("the browser is done in time").expect("node can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("ok "), "it did nothing: {said}");
    nothing_personal_is_told(&node, &given["people"], folder.path()).await;
    keep_pictures(folder.path());
}

/// The day that was worked: neither its log nor its figures hold a personal value, a password, or what somebody asked somebody else.
async fn nothing_personal_is_told(node: &Node, people: &Value, folder: &Path) {
    let store = format!("sqlite:{}", folder.join("statewright.db").display());
    let made = program::run(
        folder,
        &[
            "token",
            "create",
            "prometheus:monitor",
            "--json",
            "--as",
            "olga:operator",
            "--store",
            &store,
        ],
    )
    .await
    .json();
    let token = made["token"].as_str().expect("a token");
    let client = Client::new().with_token(token);
    let figures = client
        .get_as(&format!("{}/metrics", node.url()), "*/*")
        .await
        .expect("figures");
    assert!(figures.body.contains("statewright_requests_total"), "{}", figures.body);
    let log = node.log();
    assert!(log.contains("/instances/pair/"), "the log tells of the day:\n{log}");
    let passwords = people
        .as_object()
        .into_iter()
        .flat_map(|people| people.values())
        .filter_map(Value::as_str);
    for secret in passwords.chain(PERSONAL) {
        assert!(!log.contains(secret), "`{secret}` stands in the log");
        assert!(!figures.body.contains(secret), "`{secret}` stands in the figures");
    }
}

/// Workflows, pairs that wait, and people with passwords: by name.
async fn furnish(folder: &Path, store: &str) -> Value {
    let run = async |arguments: &[&str]| -> Outcome {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--store", store]).collect();
        program::run(folder, &arguments).await
    };
    run(&["deploy", "report.yaml", "--as", "olga:operator"]).await.done();
    run(&["deploy", "pair.yaml", "--as", "olga:operator"]).await.done();
    let mut people = serde_json::Map::new();
    for (name, role) in [
        ("ines", "inspector"),
        ("ingo", "inspector"),
        ("dita", "desk"),
        ("aude", "auditor"),
        ("olga", "operator"),
    ] {
        run(&["people", "put", &format!("{name}:{role}"), "--as", "olga:operator"])
            .await
            .done();
        let made = run(&["people", "password", name, "--as", "olga:operator"]).await.done();
        people.insert(name.to_owned(), made.trim().into());
    }
    for order in ORDERS {
        run(&[
            "start",
            "pair",
            "--with",
            &format!("order={order}"),
            "--with",
            &format!("patient={}", PERSONAL[0]),
            "--as",
            "dora:desk",
        ])
        .await
        .done();
    }
    for order in ["A-1", "B-1"] {
        run(&["start", "report", "--with", &format!("pair={order}"), "--as", "dora:desk"])
            .await
            .done();
    }
    Value::Object(people)
}

/// Pictures that stand in the documentation: each page wide, on a tablet and on a phone, in light and in dark.
const CHOSEN: [&str; 12] = [
    "tasks-wide-light",
    "tasks-wide-dark",
    "tasks-tablet-light",
    "tasks-phone-light",
    "tasks-phone-dark",
    "pair-wide-light",
    "pair-wide-dark",
    "pair-tablet-dark",
    "pair-phone-light",
    "inbox-wide-light",
    "inbox-tablet-dark",
    "inbox-phone-dark",
];

/// Where they are asked for, the pictures are put into the documentation.
fn keep_pictures(folder: &Path) {
    if !environment::renews() {
        return;
    }
    let kept = repository::root().join("docs/pages");
    std::fs::create_dir_all(&kept).expect("a folder can be made");
    for name in CHOSEN {
        let name = format!("{name}.png");
        std::fs::copy(folder.join(&name), kept.join(&name)).expect("a picture can be kept");
    }
}
