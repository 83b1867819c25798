//! What is looked for over the API, and how lists are narrowed.

use super::api::{post, quoted};
use super::specification::conforms;
use super::*;
use crate::json::{member, member_items};

const JOB: &str = "workflow: job
key: '{{ no }}'
data: {no: {type: string, index: true}, tray: {type: string, index: true}, patient: {type: string, phi: true}}
start: {by: [clerk], input: [no, tray, patient]}
access: [{for: [clerk]}]
initial: open
states: {open: {on: {CLOSE: {target: closed, by: [clerk]}}}, closed: {type: final}}
";

async fn with_jobs() -> Api {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"job.yaml\", \"files\": {{\"job.yaml\": {}}}}}", quoted(JOB));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for (no, tray) in [("J-1", "7"), ("J-2", "7"), ("K-1", "70")] {
        let body = format!("{{\"with\": {{\"no\": \"{no}\", \"tray\": \"{tray}\", \"patient\": \"Ida Roth\"}}}}");
        api.check(post("/v1/instances/job", &body).by(&api.clerk), "201").await;
    }
    api
}

async fn keys(api: &Api, path: &str, list: &str) -> String {
    let heard = api.check(get(path).by(&api.clerk), "200").await;
    conforms(if list == "hits" { "Hits" } else { "Instances" }, &heard.body);
    let found = heard.value();
    let mut keys: Vec<&str> = member_items(&found, list).iter().map(|item| member(item, "key")).collect();
    keys.sort_unstable();
    keys.join(" ")
}

#[tokio::test]
async fn a_word_finds_what_the_caller_may_see_and_tells_no_personal_value() {
    let api = with_jobs().await;
    assert_eq!(keys(&api, "/v1/search?q=j-1", "hits").await, "J-1");
    assert_eq!(keys(&api, "/v1/search?q=7", "hits").await, "J-1 J-2");
    assert_eq!(keys(&api, "/v1/search?q=70&workflow=job", "hits").await, "K-1");
    assert_eq!(keys(&api, "/v1/search?q=Ida", "hits").await, "");
    let found = api.check(get("/v1/search?q=J-").by(&api.clerk), "200").await;
    assert!(!found.body.contains("Ida"), "{}", found.body);
    let hidden = api.check(get("/v1/search?q=J-").by(&api.guest), "200").await;
    assert_eq!(hidden.body, r#"{"after":null,"hits":[],"more":false}"#);
}

#[tokio::test]
async fn pages_of_a_search_and_of_a_narrowed_list_go_on_where_they_ended() {
    let api = with_jobs().await;
    for (path, list) in [
        ("/v1/search?q=J-&limit=1", "hits"),
        ("/v1/instances?workflow=job&tray=7*&limit=1", "instances"),
    ] {
        let mut found = Vec::new();
        let mut next = path.to_owned();
        for _ in 0..5 {
            let page = api.check(get(&next).by(&api.clerk), "200").await.value();
            found.extend(member_items(&page, list).iter().map(|item| member(item, "key").to_owned()));
            let after = member(&page, "after");
            if after.is_empty() {
                break;
            }
            next = format!("{path}&after={after}");
        }
        found.sort();
        let expected: &[&str] = if list == "hits" {
            &["J-1", "J-2"]
        } else {
            &["J-1", "J-2", "K-1"]
        };
        assert_eq!(found, expected, "{path}");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_by_fields_states_and_days() {
    let api = with_jobs().await;
    let close = post("/v1/instances/job/J-2/events", r#"{"event": "CLOSE"}"#);
    api.check(close.by(&api.clerk), "200").await;
    let list = async |query: &str| keys(&api, &format!("/v1/instances?workflow=job{query}"), "instances").await;
    assert_eq!(list("&tray=7").await, "J-1 J-2");
    assert_eq!(list("&tray=7&done=true").await, "J-2");
    assert_eq!(list("&no=J-*&tray=7&state=open").await, "J-1");
    assert_eq!(list("&data.no=K-1").await, "K-1");
    assert_eq!(list("&state=closed").await, "J-2");
    assert_eq!(list("&started=1999-01-01..1999-12-31").await, "");
    assert_eq!(list("&started=1999-01-01..").await, "J-1 J-2 K-1");
    let refused = async |query: &str, expected: &str| {
        api.check(get(query).by(&api.clerk), &format!("400 SW-2108 {expected}")).await;
    };
    refused("/v1/search", "`q`: there is no word to look for").await;
    refused("/v1/search?q=%00x", "`q`: a word holds no control characters").await;
    refused("/v1/search?q=x&after=nonsense", "`after` is not what a page gave").await;
    let none = "`patient`: it is none of the indexed fields of `job`: no, tray";
    refused("/v1/instances?workflow=job&patient=Ida", none).await;
    let of_none = "`state` is one of a workflow's: name it with `workflow`";
    refused("/v1/instances?state=open", of_none).await;
    let day = "`started` is a day such as 2026-01-31, or two of them with `..` between";
    refused("/v1/instances?started=May", day).await;
}

/// A workflow of which no field is indexed is in no index by its states either.
#[tokio::test]
async fn a_state_narrows_a_list_also_of_what_no_index_finds() {
    let api = Api::new().await;
    for code in ["A-1", "A-2", "A-3"] {
        api.ticket(code).await;
    }
    api.send("A-2", r#"{"event": "SIT", "with": {"seat": "7A"}}"#, "200").await;
    let list = async |query: &str| keys(&api, &format!("/v1/instances?workflow=ticket{query}"), "instances").await;
    assert_eq!(list("&state=seated").await, "A-2");
    assert_eq!(list("&state=open").await, "A-1 A-3");
    assert_eq!(list("&state=open&done=true").await, "");
    assert_eq!(list("&state=nowhere").await, "");
    let first = "/v1/instances?workflow=ticket&state=open&limit=1";
    let page = api.check(get(first).by(&api.clerk), "200").await.value();
    let [newest] = member_items(&page, "instances") else {
        panic!("one of two: {page:?}")
    };
    assert_eq!(member(newest, "key"), "A-3");
    let next = format!("{first}&after={}", member(&page, "after"));
    assert_eq!(keys(&api, &next, "instances").await, "A-1");
    let other = "`after`: it is of another list";
    let elsewhere = format!("{first}&after={}.open", "0".repeat(32));
    api.check(get(&elsewhere).by(&api.clerk), &format!("400 SW-2108 {other}"))
        .await;
}

const PERSON: &str = "workflow: person
title: Person {{ key }}
data: {family: {type: string, phi: true, index: true}, born: {type: date, phi: true, index: true}, ward: {type: string, index: true}}
start: {by: [clerk], input: [family, born, ward]}
access: [{for: [clerk]}, {for: [guest], show: [ward]}]
initial: here
states: {here: {}}
";

#[tokio::test]
async fn people_are_found_by_words_in_a_body_and_their_words_stand_in_no_address_and_no_log() {
    let api = Api::new().await;
    let files = format!(
        "{{\"main\": \"person.yaml\", \"files\": {{\"person.yaml\": {}}}}}",
        quoted(PERSON)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for (family, born) in [("Petrova", "1984-03-02"), ("Petrova", "1990-12-31")] {
        let body =
            format!("{{\"key\": \"P-{born}\", \"with\": {{\"family\": \"{family}\", \"born\": \"{born}\", \"ward\": \"W3\"}}}}");
        api.check(post("/v1/instances/person", &body).by(&api.clerk), "201").await;
    }
    let found = api
        .check(post("/v1/search", r#"{"q": "petrova 1984-03-02"}"#).by(&api.clerk), "200")
        .await;
    conforms("Hits", &found.body);
    let found = found.value();
    let hits = member_items(&found, "hits");
    assert_eq!(hits.len(), 1);
    let matched: Vec<String> = member_items(&hits[0], "matched")
        .iter()
        .map(|matched| format!("{} {}", member(matched, "field"), member(matched, "value")))
        .collect();
    assert_eq!(matched, ["family Petrova", "born 1984-03-02"]);
    // in an address they find nothing, and to others nothing either
    let in_address = api.check(get("/v1/search?q=petrova").by(&api.clerk), "200").await;
    assert_eq!(in_address.body, r#"{"after":null,"hits":[],"more":false}"#);
    let body = r#"{"q": "petrova"}"#;
    let hidden = api.check(post("/v1/search", body).by(&api.guest), "200").await;
    assert_eq!(hidden.body, r#"{"after":null,"hits":[],"more":false}"#);
    for (body, expected) in [
        (r#"{"q": ""}"#, "400 SW-2108 `q`: there is no word to look for"),
        (r#"{"q": "x", "whole": 1}"#, "400 SW-2108 `whole` is true or false"),
        (r#"{"q": "x", "limit": 0}"#, "400 SW-2108 `limit` is a number from 1 to 200"),
    ] {
        api.check(post("/v1/search", body).by(&api.clerk), expected).await;
    }
    let auditor = api.token("otto", &["auditor"]).await;
    let log = api.check(get("/v1/access").by(&auditor), "200").await;
    assert!(!log.body.to_lowercase().contains("petrova"), "{}", log.body);
    let log = log.value();
    let readings: Vec<&str> = member_items(&log, "readings")
        .iter()
        .map(|reading| member(reading, "by"))
        .collect();
    assert_eq!(readings, ["search", "search"], "of the clerk: the search, and whom it showed");
}
