//! What is named and is not the reader's to see is no link: it would lead to a no, and be told as one who was refused.

use super::as_;
use crate::http::tests::api::{Api, get, post, quoted};

/// Cases that refer to others: of a kind that its reader sees, of one that they do not, and of one that they might open with a reason.
const NOTE: &str = "workflow: note
data: {first: {type: ref, workflow: free}, gone: {type: ref, workflow: free}, second: {type: ref, workflow: closed}, third: {type: ref, workflow: glazed},
       all: {type: list, items: {type: ref, workflow: closed}}}
start: {by: [clerk], input: [first, gone, second, third, all]}
access: [{for: [clerk, boss]}]
initial: written
states: {written: {}}
";

fn of(workflow: &str, access: &str) -> String {
    format!(
        "workflow: {workflow}\ndata: {{name: {{type: optional string, phi: true}}}}\nstart: {{by: [boss, clerk]}}\naccess: [{access}]\ninitial: here\nstates: {{here: {{}}}}\n"
    )
}

#[tokio::test]
async fn what_leads_nowhere_for_its_reader_is_no_link() {
    let api = Api::new().await;
    let closed = of("closed", "{for: [boss]}");
    let glazed = of("glazed", "{for: [boss]}, {for: [clerk], break_glass: 1h}");
    let free = of("free", "{for: [boss, clerk]}");
    let deploy = |name: &str, text: &str| format!("{{\"main\": \"{name}\", \"files\": {{\"{name}\": {}}}}}", quoted(text));
    for (name, text) in [
        ("free.yaml", &*free),
        ("closed.yaml", &closed),
        ("glazed.yaml", &glazed),
        ("note.yaml", NOTE),
    ] {
        let request = post("/v1/workflows", &deploy(name, text)).by(&api.operator);
        api.check(request, "201").await;
    }
    let (clerk, boss) = (api.session("carl", &["clerk"]).await, api.session("bess", &["boss"]).await);
    let (clerk, boss) = (as_(&api, &clerk), as_(&api, &boss));
    for (workflow, key) in [("free", "F-1"), ("closed", "C-1"), ("glazed", "G-1")] {
        let path = format!("/start/{workflow}");
        let page = boss.see(&path).await;
        boss.fill(&page, &path, &[("key", key)])
            .await
            .leads_to(&format!("/instances/{workflow}/{key}?done={workflow}%2F{key}"));
    }
    let page = clerk.see("/start/note").await;
    let with = [
        ("key", "N-1"),
        ("with.first", "F-1"),
        ("with.gone", "F-2"),
        ("with.second", "C-1"),
        ("with.third", "G-1"),
        ("with.all.0", "C-1"),
    ];
    clerk
        .fill(&page, "/start/note", &with)
        .await
        .leads_to("/instances/note/N-1?done=note%2FN-1");

    let seen = clerk.see("/instances/note/N-1").await;
    seen.shows(&[
        "href=\"/instances/free/F-1\">F-1</a>",
        "href=\"/instances/glazed/G-1\">G-1</a>",
        "C-1",
        "F-2",
    ]);
    // one that is not there is not told from one that is not theirs
    seen.hides(&["/instances/closed/", "/instances/free/F-2"]);
    let seen = boss.see("/instances/note/N-1").await;
    seen.shows(&["/instances/closed/C-1", "/instances/free/F-1"]);

    // and nobody was refused anything, since nobody asked for it
    let auditor = api.token("otto", &["auditor"]).await;
    let log = api.check(get("/v1/access").by(&auditor), "200").await;
    assert!(!log.body.contains("\"refused\":true"), "{}", log.body);
}
