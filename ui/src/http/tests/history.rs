//! What happened to all instances, over the API.

use statewright_core::value::Value;

use super::api::{post, quoted};
use super::specification::conforms;
use super::*;
use crate::json::{member, member_items, member_number};

const JOB: &str = "workflow: job
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: open
states: {open: {}}
";

#[tokio::test]
async fn auditors_go_through_what_happened_to_all() {
    let api = Api::new().await;
    for key in ["A-1", "A-2"] {
        api.ticket(key).await;
    }
    api.send("A-1", r#"{"event": "SIT", "with": {"seat": "7A"}}"#, "200").await;
    let auditor = api.token("aude", &["auditor"]).await;
    let read = async |query: &str| {
        let page = api.check(get(&format!("/v1/trail{query}")).by(&auditor), "200").await;
        conforms("History", &page.body);
        page.value()
    };
    let keys = |page: &Value| {
        let of = |entry: &Value| format!("{}#{}", member(entry, "instance_key"), member_number(entry, "sequence"));
        member_items(page, "entries").iter().map(of).collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("?workflow=ticket", &["A-1#2", "A-2#1", "A-1#1"][..]),
        ("?key=A-1", &["A-1#2", "A-1#1"]),
        ("?workflow=ticket&key=A-3", &[]),
        ("?key=A-3", &[]),
        ("?event=sit", &["A-1#2"]),
        ("?field=seat", &["A-1#2"]),
        ("?actor=carl&event=start", &["A-2#1", "A-1#1"]),
        ("?actor=aude", &[]),
        ("?until=2020-12-31", &[]),
        ("?key=system&workflow=statewright-system&event=live", &[]),
    ] {
        assert_eq!(keys(&read(query).await), expected, "{query}");
    }
    let first = read("?workflow=ticket&limit=2").await;
    assert_eq!(keys(&first), ["A-1#2", "A-2#1"]);
    let next = format!("?workflow=ticket&limit=2&after={}", member(&first, "after"));
    let rest = read(&next).await;
    assert_eq!(
        (keys(&rest), rest.field("after")),
        (vec!["A-1#1".to_owned()], Some(&Value::Null))
    );
    assert!(member_number(&first, "looked_at") >= 2 && member(&first, "looked_back_to").ends_with('Z'));
    assert_eq!(rest.field("looked_back_to"), Some(&Value::Null));
}

#[tokio::test]
async fn nobody_else_does_and_what_is_no_filter_is_refused() {
    let api = Api::new().await;
    api.ticket("A-1").await;
    let only = "403 SW-2102 This takes the role `auditor`";
    for token in [&api.clerk, &api.operator, &api.guest] {
        api.check(get("/v1/trail").by(token), only).await;
        api.check(get("/v1/trail?workflow=ticket&key=A-1").by(token), only).await;
    }
    let auditor = api.token("aude", &["auditor"]).await;
    for (query, refused) in [
        (
            "?from=yesterday",
            "400 SW-2108 `from` is a day such as 2026-01-31, or a moment such as 2026-01-31T08:30:00Z",
        ),
        ("?after=7", "400 SW-2108 `after` is not what a page gave"),
        ("?limit=201", "400 SW-2108 `limit` is from 1 to 200"),
    ] {
        api.check(get(&format!("/v1/trail{query}")).by(&auditor), refused).await;
    }
    // another workflow has an instance of that name
    let files = format!("{{\"main\": \"job.yaml\", \"files\": {{\"job.yaml\": {}}}}}", quoted(JOB));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    api.check(post("/v1/instances/job", r#"{"key": "A-1"}"#).by(&api.clerk), "201")
        .await;
    let which = "400 SW-2108 `key` is that of job/A-1 and of ticket/A-1: name one of them with `workflow`";
    api.check(get("/v1/trail?key=A-1").by(&auditor), which).await;
    api.check(get("/v1/trail?key=A-1&workflow=job").by(&auditor), "200").await;
}
