//! Five hundred pages open at one server: each hears of what somebody else did, and they weigh little.

use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Response, Url};
use statewright_tests::doors::Doors;
use statewright_tests::folder::Folder;
use statewright_tests::node::Plan;
use statewright_tests::{program, wait};

const PAIR: &str = include_str!("../browser/pair.yaml");

const PAGES: usize = 500;

/// What the server may weigh at most while they are open, in bytes.
const RESIDENT_MAX: u64 = 200 * 1024 * 1024;

const PASSWORD: &str = "four words nobody guesses";

/// What every page is told when it is to look again.
const PING: &str = "event: ping";

#[tokio::test]
async fn five_hundred_open_pages_hear_of_what_somebody_else_did() {
    let folder = Folder::new();
    let store = format!("sqlite:{}", folder.path().join("statewright.db").display());
    let run = async |arguments: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--store", &store]).collect();
        program::run(folder.path(), &arguments).await.done()
    };
    std::fs::write(folder.path().join("pair.yaml"), PAIR).expect("a file can be written");
    std::fs::write(folder.path().join("statewright.yaml"), "zone: Europe/Berlin\n").expect("a file can be written");
    run(&["deploy", "pair.yaml", "--as", "olga:operator"]).await;
    run(&["people", "put", "ines:inspector", "--as", "olga:operator"]).await;
    let once = run(&["people", "password", "ines", "--as", "olga:operator"]).await;
    run(&["start", "pair", "--with", "order=A-1", "--as", "dora:desk"]).await;
    let plan = Arc::new(Plan {
        name: "open-pages".to_owned(),
        store: store.clone(),
        configuration: folder.path().join("statewright.yaml"),
        folder: folder.path().to_owned(),
        doors: Arc::new(Doors::default()),
    });
    let node = plan.start().await;
    let ines = Visitor::signed_in(&node.url(), "ines", once.trim()).await;

    let mut pages = Vec::new();
    for number in 0..PAGES {
        // half of them show a queue, half the pair itself
        let topic = if number % 2 == 0 { "tasks" } else { "instance:pair/A-1" };
        pages.push(OpenPage::open(&ines, topic).await);
    }
    let before = ines.see("/instances/pair/A-1").await;
    assert!(before.contains("Inspect pair A-1"), "{before}");

    // somebody else does something, by way of the server
    let token = made_token(folder.path(), &store).await;
    let posted = statewright_tests::client::Client::new()
        .with_token(&token)
        .post(
            &format!("{}/v1/instances/pair/A-1/events", node.url()),
            Some("ship-once"),
            &serde_json::json!({"event": "SHIP"}),
        )
        .await
        .expect("an answer");
    assert_eq!(posted.status, 200, "{}", posted.body);

    let heard = async {
        for page in &mut pages {
            page.hears(PING).await;
        }
    };
    let heard = tokio::time::timeout(wait::DEADLINE, heard).await;
    assert!(heard.is_ok(), "not every page heard of it");
    let after = ines.see("/instances/pair/A-1").await;
    assert!(after.contains("Shipped") && !after.contains("Inspect pair A-1"), "{after}");
    let resident = node.resident_peak_bytes();
    assert!(resident < RESIDENT_MAX, "{resident} bytes with {PAGES} pages open");
    drop(pages);
    node.stop().await;
}

async fn made_token(folder: &std::path::Path, store: &str) -> String {
    let arguments = [
        "token",
        "create",
        "ingo:inspector",
        "--json",
        "--as",
        "olga:operator",
        "--store",
        store,
    ];
    let made = program::run(folder, &arguments).await.json();
    made["token"].as_str().expect("a token").to_owned()
}

/// A browser's part in it: one who has signed in.
struct Visitor {
    http: reqwest::Client,
    url: String,
    cookie: String,
}

impl Visitor {
    /// With a password for once, which is changed on the way.
    async fn signed_in(url: &str, name: &str, once: &str) -> Visitor {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        let mut visitor = Visitor {
            http: http.expect("a client can be built"),
            url: url.to_owned(),
            cookie: String::new(),
        };
        let first = visitor.post("/sign-in", &[("name", name), ("password", once)]).await;
        visitor.take_cookie(&first);
        let page = visitor.see("/account/password").await;
        let token = page
            .split("name=\"form_token\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let token = token.expect("a form has its token");
        let fields = [
            ("form_token", token),
            ("current", once),
            ("next", PASSWORD),
            ("again", PASSWORD),
        ];
        let changed = visitor.post("/account/password", &fields).await;
        visitor.take_cookie(&changed);
        visitor
    }

    fn take_cookie(&mut self, response: &Response) {
        let leads = response.headers().get(LOCATION);
        let set = response.headers().get(SET_COOKIE).and_then(|set| set.to_str().ok());
        let cookie = set.and_then(|set| set.split(';').next());
        match cookie {
            Some(cookie) => self.cookie = cookie.to_owned(),
            None => assert!(leads.is_some(), "{response:?}"),
        }
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        // written as a query is, which is what a form is
        let written = Url::parse_with_params("http://form", fields).expect("a form can be written");
        let request = self.http.post(format!("{}{path}", self.url));
        let request = request
            .header(ORIGIN, &self.url)
            .header(COOKIE, &self.cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(written.query().unwrap_or_default().to_owned());
        request.send().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.url)).header(COOKIE, &self.cookie);
        request.send().await.expect("an answer")
    }

    async fn see(&self, path: &str) -> String {
        let answer = self.get(path).await;
        let status = answer.status();
        let text = answer.text().await.expect("a page");
        assert_eq!(status, 200, "{path}: {text}");
        text
    }
}

/// What a page listens to.
struct OpenPage {
    stream: Response,
    heard: String,
}

impl OpenPage {
    async fn open(visitor: &Visitor, topic: &str) -> OpenPage {
        let stream = visitor.get(&format!("/live?topic={topic}")).await;
        assert_eq!(stream.status(), 200);
        OpenPage {
            stream,
            heard: String::new(),
        }
    }

    async fn hears(&mut self, what: &str) {
        while !self.heard.contains(what) {
            let piece = self.stream.chunk().await.expect("the stream goes on");
            let piece = piece.expect("the stream has not ended");
            self.heard += &String::from_utf8_lossy(&piece);
        }
    }
}
