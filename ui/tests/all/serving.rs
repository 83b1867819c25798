//! A server in a process of its own, and the command line on the other side of the network.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use crate::program::{Folder, Serving};

const TICKET: &str = include_str!("../../src/http/tests/ticket.yaml");

/// How often something is looked at that takes its time. Each look is a process of its own, so that this is some seconds.
const LOOKS_MAX: usize = 400;

#[test]
fn a_server_answers_the_same_command_line_and_ends_when_told() {
    let folder = Folder::new("serving");
    folder.write("ticket.yaml", TICKET);
    let operator = token(&folder, "olga:operator");
    let clerk = token(&folder, "carl:clerk");
    let mut server = Serving::start(
        &folder,
        &["serve", "--listen", "127.0.0.1:0", "--store", "sqlite:s.db", "--json"],
    );
    let url = server.announcement()["url"].as_str().expect("a url").to_owned();
    let remote = |token: &str, line: &str| -> String {
        let words: Vec<&str> = line.split(' ').chain(["--server", &url, "--token", token]).collect();
        folder.answer(&words)
    };
    assert!(remote(&operator, "deploy ticket.yaml").ends_with("  live\n"));
    assert_eq!(
        remote(&clerk, "start ticket --with code=A/1"),
        "ticket/A/1  revision 1  open  (Open)\n"
    );
    assert_eq!(
        remote(&clerk, "send ticket/A/1 PAY --with price=5"),
        "ticket/A/1  revision 2  paid  (Paid)\n"
    );
    let exported = remote(&clerk, "trail ticket/A/1 --export");
    folder.write("a.jsonl", &exported);
    assert_eq!(folder.run(&["verify", "a.jsonl"]).status.code(), Some(0), "{exported}");

    // Revoked in the store by another process: the next request is refused.
    let listed = folder.answer(&["token", "list", "--json", "--store", "sqlite:s.db"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("a list of tokens");
    let clerks = listed["tokens"]
        .as_array()
        .expect("tokens")
        .iter()
        .find(|token| token["principal"]["user"] == "carl");
    let id = clerks
        .and_then(|token| token["id"].as_str())
        .expect("the clerk's token")
        .to_owned();
    folder.answer(&["token", "revoke", &id, "--store", "sqlite:s.db"]);
    let refused = folder.run(&["show", "ticket/A/1", "--server", &url, "--token", &clerk]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("SW-2101"), "{refused:?}");

    assert_eq!(server.end(), Some(0));
}

#[test]
fn what_a_server_took_outlives_it() {
    let folder = Folder::new("outliving");
    folder.write("ticket.yaml", TICKET);
    folder.answer(&["deploy", "ticket.yaml", "--store", "sqlite:s.db"]);
    let clerk = token(&folder, "carl:clerk");
    for (code, revision) in [("A-1", 1), ("A-2", 1)] {
        let mut server = Serving::start(
            &folder,
            &["serve", "--listen", "127.0.0.1:0", "--store", "sqlite:s.db", "--json"],
        );
        let url = server.announcement()["url"].as_str().expect("a url").to_owned();
        let with = format!("code={code}");
        let started = folder.answer(&["start", "ticket", "--with", &with, "--server", &url, "--token", &clerk]);
        assert_eq!(started, format!("ticket/{code}  revision {revision}  open  (Open)\n"));
        // Killed, not told to end.
        drop(server);
    }
    let verified = folder.run(&["verify", "--store", "sqlite:s.db"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    assert_eq!(folder.answer(&["list", "--store", "sqlite:s.db"]).lines().count(), 3);
}

#[test]
fn an_address_that_is_taken_is_told_at_once() {
    let folder = Folder::new("taken");
    let mut server = Serving::start(&folder, &["serve", "--listen", "127.0.0.1:0", "--store", "memory:", "--json"]);
    let url = server.announcement()["url"].as_str().expect("a url").to_owned();
    let address = url.strip_prefix("http://").expect("an http url");
    let second = folder.run(&["serve", "--listen", address, "--store", "memory:"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&second.stderr).contains("error[SW-2010]: Cannot listen on"),
        "{second:?}"
    );
}

#[test]
fn the_demo_tells_its_story_and_cleans_up() {
    let folder = Folder::new("demo");
    let mut demo = Serving::start_talkative(&folder, &["demo", "--listen", "127.0.0.1:0", "--json"]);
    let announced = demo.announcement();
    let url = announced["url"].as_str().expect("a url").to_owned();
    let token = |user: &str| {
        let tokens = announced["tokens"].as_array().expect("tokens");
        let found = tokens
            .iter()
            .find(|token| token["user"] == user)
            .and_then(|token| token["token"].as_str());
        found.unwrap_or_else(|| panic!("a token for {user}")).to_owned()
    };
    let auditor = token("aude");
    for (order, state) in [
        ("D-1001", "shipped"),
        ("D-1002", "shipped"),
        ("D-1003", "in_lab.hold.held"),
        ("D-1004", "blank_pick"),
    ] {
        wait_for(&folder, &url, &auditor, order, state);
    }
    // A practice sees its own orders, and those of no other.
    let listed = folder.answer(&["list", "lens-order", "--server", &url, "--token", &token("nora")]);
    assert!(
        listed.contains("D-1001") && listed.contains("D-1003") && !listed.contains("D-1002"),
        "{listed}"
    );
    let figures = figures(&url, &token("olga"));
    let (code, log) = demo.end_with_log();
    assert_eq!(code, Some(0));
    assert!(
        figures.contains("statewright_requests_total") && log.contains("D-1002"),
        "{figures}{log}"
    );
    for personal in personal_values_of_the_demo() {
        assert!(!log.contains(&personal), "`{personal}` is logged:\n{log}");
        assert!(
            !figures.contains(&personal),
            "`{personal}` stands among the figures: {figures}"
        );
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("the folder").count(),
        0,
        "nothing is left behind"
    );
}

fn figures(url: &str, token: &str) -> String {
    let address = url.strip_prefix("http://").expect("an http url");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let request =
        format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it takes a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer is text");
    answer
}

/// Whom the demo's orders are for, when its patients were born, and what they complain of: as its source says it.
fn personal_values_of_the_demo() -> Vec<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo");
    let read = |file: &str| std::fs::read_to_string(source.join(file)).expect("the demo has this file");
    let told: String = ["story.rs", "eyes.rs", "clinic.rs"].map(read).concat();
    let after = |begin: &'static str| {
        let parts = told.split(begin).skip(1);
        parts.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
    };
    let is_day = |text: &&str| text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    let days = told.split('"').filter(is_day).map(str::to_owned);
    let values: Vec<String> = after("\"patient\": \"")
        .chain(after("\"complaint\": \""))
        .chain(days)
        .collect();
    assert!(values.len() >= 10, "the demo's source names them otherwise: {values:?}");
    values
}

fn token(folder: &Folder, principal: &str) -> String {
    folder
        .answer(&["token", "create", principal, "--store", "sqlite:s.db"])
        .trim()
        .to_owned()
}

fn wait_for(folder: &Folder, url: &str, token: &str, order: &str, state: &str) {
    let name = format!("lens-order/{order}");
    let mut last = None;
    for _ in 0..LOOKS_MAX {
        let output = folder.run(&["show", &name, "--json", "--server", url, "--token", token]);
        let shown: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let states = shown["states"].as_array().cloned().unwrap_or_default();
        if states
            .iter()
            .filter_map(|path| path.as_str())
            .any(|path| path.ends_with(state))
        {
            return;
        }
        last = Some(output);
    }
    panic!("{name} did not come to {state}: {last:?}");
}

#[test]
fn a_demo_goes_with_its_terminal_and_takes_back_what_it_gave_away() {
    let folder = Folder::new("demo-again");
    let arguments = [
        "demo",
        "--listen",
        "127.0.0.1:0",
        "--json",
        "--store",
        "sqlite:demo.db",
        "--pace",
        "1h",
    ];
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let mut demo = Serving::start(&folder, &arguments);
        let given = demo.announcement()["tokens"].as_array().map_or(0, Vec::len);
        assert_eq!(demo.end_by("-HUP"), Some(0));
        let listed = folder.answer(&["token", "list", "--json", "--store", "sqlite:demo.db"]);
        let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
        tokens.push((given, listed["tokens"].as_array().map_or(0, Vec::len)));
    }
    assert!(
        tokens.iter().all(|(given, listed)| given == listed && *given > 0),
        "{tokens:?}"
    );
}
