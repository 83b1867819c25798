//! Somebody is told by mail: from an event over HTTP, through a real server of ours, to a real mail server over TLS.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use statewright_tests::client::Client;
use statewright_tests::doors::Doors;
use statewright_tests::folder::Folder;
use statewright_tests::node::Plan;
use statewright_tests::{environment, program, repository};

const ORDER: &str = "
workflow: lens-order
title: Order
data: {patient: {type: string, phi: true}}
start: {by: [clerk], input: [patient]}
access: [{for: [clerk, nurse]}]
initial: open
states:
  open:
    on:
      TELL: {by: [clerk], actions: [{notify: {to: [nurse], text: \"{{ key }} waits\", via: [mail]}}]}
";

/// Whom the order is for, which is nobody's to read in a mail.
const PATIENT: &str = "Rosalind Rothe";

#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_by_mail_gets_one_with_a_link() {
    let Some(python) = environment::smtp() else {
        println!("skipped: STATEWRIGHT_TEST_SMTP names no Python with aiosmtpd");
        return;
    };
    let mail = repository::root().join("adapters/mail/tests");
    let mut server = Command::new(python)
        .arg(mail.join("server.py"))
        .arg("starttls")
        .args([mail.join("tls/server.pem"), mail.join("tls/server.key")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("STATEWRIGHT_TEST_SMTP can be run");
    let mut told = BufReader::new(server.stdout.take().expect("it has an output")).lines();
    let mut line = move || told.next().expect("it says something").expect("it is there");
    let port: u16 = line().parse().expect("it says its port");
    let folder = Folder::new();
    let configuration = json!({"mail": {
        "server": "127.0.0.1",
        "port": port,
        "certificate_name": "mail.example",
        "authorities": mail.join("tls/authority.pem"),
        "from": "lab@lab.example",
        "links": "https://lab.example",
    }});
    let plan = Arc::new(Plan {
        name: "one".into(),
        store: format!("sqlite:{}", folder.file("test.db").display()),
        configuration: folder.write("statewright.yaml", configuration.to_string()),
        folder: folder.path().to_owned(),
        doors: Arc::<Doors>::default(),
    });
    let workflow = folder.write("order.yaml", ORDER).display().to_string();
    let run = async |arguments: &[&str]| {
        let on_store = ["--store", &plan.store];
        program::run(folder.path(), &[arguments, &on_store].concat()).await
    };
    run(&["deploy", &workflow]).await.done();
    run(&["people", "put", "nia:nurse", "--mail", "nia@lab.example"]).await.done();
    run(&["people", "put", "noa:nurse"]).await.done();
    let made = run(&["token", "create", "carl:clerk", "--json"]).await.json();
    let carl = Client::new().with_token(made["token"].as_str().expect("a token is text"));
    let node = plan.start().await;
    let url = format!("{}/v1/instances/lens-order", node.url());
    let started = carl
        .post(&url, None, &json!({"key": "A-1", "with": {"patient": PATIENT}}))
        .await;
    assert_eq!(started.expect("the server answers").status, 201);
    let sent = carl.post(&format!("{url}/A-1/events"), None, &json!({"event": "TELL"})).await;
    assert_eq!(sent.expect("the server answers").status, 200);
    let taken = tokio::task::spawn_blocking(line).await.expect("a mail comes");
    let taken: Value = serde_json::from_str(&taken).expect("the server writes JSON");
    assert_eq!(taken["to"], json!(["nia@lab.example"]));
    assert_eq!(taken["headers"]["subject"], "Order A-1: A-1 waits");
    assert_eq!(taken["encrypted"], true);
    let body = taken["body"].as_str().unwrap_or_default();
    assert!(body.contains("\nhttps://lab.example/instances/lens-order/A-1\n"), "{body}");
    assert!(!taken.to_string().contains(PATIENT), "{taken}");
    let log = node.log();
    assert!(!log.contains("nia@") && !log.contains(PATIENT), "{log}");
    node.stop().await;
    let _ = server.kill();
    let _ = server.wait();
}
