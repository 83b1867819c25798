//! The trail over the API: its entries, its bytes, and who may read it.

mod past;

use statewright_core::value::Value;

use super::*;
use crate::http::JSON_LINES;
use crate::json::{member, member_items, member_number};
use crate::proof::bundle;

#[tokio::test]
async fn an_exported_trail_proves_itself() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    api.send(
        "A-1",
        r#"{"event": "FLY"}"#,
        "409 SW-2207 Nothing in ticket/A-1 answers to FLY now: it is in open",
    )
    .await;
    api.send("A-1", r#"{"event": "WAIT"}"#, "200").await;
    let lines = api
        .check(
            get("/v1/instances/ticket/A-1/trail")
                .by(&api.clerk)
                .with("accept", JSON_LINES),
            "200",
        )
        .await;
    assert_eq!(lines.header("content-type"), JSON_LINES);
    let report = bundle::verify(lines.body.as_bytes(), |_| ()).expect("an exported trail");
    assert_eq!((report.instances, report.entries, report.findings), (1, 3, vec![]));
    let edited = lines.body.replace("\"FLY\"", "\"FLX\"");
    let report = bundle::verify(edited.as_bytes(), |_| ()).expect("an exported trail");
    assert_eq!(
        report
            .findings
            .iter()
            .map(|finding| (finding.sequence, finding.kind.as_str()))
            .collect::<Vec<_>>(),
        [(2, "edited")]
    );
    let cut: String = lines
        .body
        .split_inclusive('\n')
        .filter(|line| !line.contains("\"sequence\":3,"))
        .collect();
    let report = bundle::verify(cut.as_bytes(), |_| ()).expect("an exported trail");
    assert_eq!(
        report
            .findings
            .iter()
            .map(|finding| finding.kind.as_str())
            .collect::<Vec<_>>(),
        ["truncated"]
    );
}

#[tokio::test]
async fn entries_come_page_by_page() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    for _ in 0..2 {
        api.ask(super::api::event("A-1", r#"{"event": "FLY"}"#).by(&api.clerk)).await;
    }
    let first = api
        .check(get("/v1/instances/ticket/A-1/trail?limit=2").by(&api.clerk), "200")
        .await
        .value();
    assert_eq!(
        (member_items(&first, "entries").len(), member_number(&first, "after")),
        (2, 2)
    );
    let second = api
        .check(get("/v1/instances/ticket/A-1/trail?after=2").by(&api.clerk), "200")
        .await
        .value();
    let last = &member_items(&second, "entries")[0];
    assert_eq!((member_number(last, "sequence"), member(last, "verdict")), (3, "ignored"));
    assert_eq!(second.field("after"), Some(&Value::Null));
}

#[tokio::test]
async fn an_auditor_reads_every_trail_the_systems_own_too() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    let auditor = api.token("aude", &["auditor"]).await;
    api.check(get("/v1/instances/ticket/A-1/trail").by(&auditor), "200").await;
    let system = api
        .check(get("/v1/instances/statewright-system/system/trail").by(&auditor), "200")
        .await;
    assert!(
        system.body.contains("\"deployed\"") && system.body.contains("\"token_created\""),
        "{}",
        system.body
    );
    api.check(
        get("/v1/instances/statewright-system/system/trail").by(&api.operator),
        "404 SW-2103 There is no statewright-system/system, or it is not yours to see",
    )
    .await;
}
