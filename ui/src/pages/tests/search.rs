//! The search page, and the field in the head of every page.

use axum::http::StatusCode;

use super::as_;
use crate::http::tests::api::{Api, get, post, quoted};
use crate::json::member_items;

const JOB: &str = "workflow: job
key: '{{ no }}'
data: {no: {type: string, index: true}, tray: {type: string, index: true, label: Tray}, patient: {type: string, phi: true}}
start: {by: [clerk], input: [no, tray, patient]}
access: [{for: [clerk]}]
initial: open
states: {open: {label: Waiting}}
";

async fn with_jobs() -> Api {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"job.yaml\", \"files\": {{\"job.yaml\": {}}}}}", quoted(JOB));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for (no, tray) in [("J-1", "7"), ("J-2", "7"), ("J-10", "70")] {
        let body = format!("{{\"with\": {{\"no\": \"{no}\", \"tray\": \"{tray}\", \"patient\": \"Ida Roth\"}}}}");
        api.check(post("/v1/instances/job", &body).by(&api.clerk), "201").await;
    }
    api
}

#[tokio::test]
async fn a_scan_that_means_one_thing_goes_straight_to_it() {
    let api = with_jobs().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    for page in ["/tasks", "/instances", "/search"] {
        clerk.see(page).await.shows(&["data-search", "action=\"/search\""]);
    }
    clerk.see("/search?q=j-1%20").await.leads_to("/instances/job/J-1?found=j-1");
    clerk
        .see("/instances/job/J-1?found=j-1")
        .await
        .shows(&["href=\"/search?q=j-1&amp;all=1\""]);
    clerk.see("/search?q=70").await.leads_to("/instances/job/J-10?found=70");
    // whoever asks for all is shown all, what is just that first
    let all = clerk.see("/search?q=J-1&all=1").await;
    all.shows(&["Just “J-1”", "What also begins so", "Waiting"]);
    let place = |word: &str| all.html.find(word).expect("a hit");
    assert!(place("/instances/job/J-1\"") < place("/instances/job/J-10\""));
    // a tray that holds two is a list
    let tray = clerk.see("/search?q=7").await;
    assert_eq!(tray.status, StatusCode::OK);
    tray.shows(&["Tray: 7", "/instances/job/J-1\"", "/instances/job/J-2\""]);
    tray.hides(&["/instances/job/J-10\"", "Ida"]);
}

#[tokio::test]
async fn what_is_not_found_says_what_to_try_and_what_cannot_be_looked_for_says_why() {
    let api = with_jobs().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let nothing = clerk.see("/search?q=%3Cb%3EIda").await;
    nothing.shows(&["Nothing that you see was found for “&lt;b&gt;Ida”", "Type only the beginning"]);
    clerk.see("/search?q=x").await.shows(&["Type at least two"]);
    let long = clerk.see(&format!("/search?q={}", "x".repeat(201))).await;
    long.shows(&["at most 200 bytes", "aria-invalid=\"true\""]);
    assert_eq!(clerk.see("/search?q=J-&after=nonsense").await.status, StatusCode::BAD_REQUEST);
    let guest = as_(&api, &api.session("gina", &["guest"]).await);
    let unseen = guest.see("/search?q=J-1").await;
    assert_eq!(unseen.status, StatusCode::OK);
    unseen.hides(&["/instances/job/J-1\""]);
}

#[tokio::test]
async fn a_page_of_hits_says_that_it_is_the_first_and_the_next_goes_on() {
    let api = with_jobs().await;
    for number in 100..160 {
        let body = format!("{{\"with\": {{\"no\": \"K-{number}\", \"tray\": \"9\", \"patient\": \"Ida Roth\"}}}}");
        api.check(post("/v1/instances/job", &body).by(&api.clerk), "201").await;
    }
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let first = clerk.see("/search?q=K-").await;
    first.shows(&["shows the first 50", "Show more", "job/K-149\""]);
    first.hides(&["job/K-150\""]);
    let next = first.html.split("<a href=\"/search?q=K-&amp;after=").nth(1).expect("a link");
    let next = next.split('"').next().expect("an end");
    let second = clerk.see(&format!("/search?q=K-&after={next}")).await;
    second.shows(&["job/K-150\"", "job/K-159\""]);
    second.hides(&["job/K-149\"", "Show more"]);
}

#[tokio::test]
async fn neither_a_search_nor_the_page_of_cases_reads_anything_personal() {
    let api = with_jobs().await;
    let auditor = api.token("otto", &["auditor"]).await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    clerk.see("/instances").await.shows(&["/instances/job/J-1\""]);
    clerk.see("/search?q=J-&all=1").await.shows(&["/instances/job/J-1\""]);
    let log = api.check(get("/v1/access").by(&auditor), "200").await.value();
    assert_eq!(member_items(&log, "readings").len(), 0);
}

#[tokio::test]
async fn people_are_found_by_a_form_that_is_posted_and_their_names_stand_in_no_address() {
    let api = Api::new().await;
    let person = "workflow: person
title: Person {{ key }}
data: {family: {type: string, phi: true, index: true, label: Family name}, born: {type: date, phi: true, index: true}}
start: {by: [clerk], input: [family, born]}
access: [{for: [clerk]}]
initial: here
states: {here: {}}
";
    let files = format!(
        "{{\"main\": \"person.yaml\", \"files\": {{\"person.yaml\": {}}}}}",
        quoted(person)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for born in ["1984-03-02", "1990-12-31"] {
        let body = format!("{{\"key\": \"P-{born}\", \"with\": {{\"family\": \"Petrova\", \"born\": \"{born}\"}}}}");
        api.check(post("/v1/instances/person", &body).by(&api.clerk), "201").await;
    }
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let search = clerk.see("/search").await;
    let found = clerk.fill(&search, "/search", &[("q", "petrova 1984-03-02")]).await;
    assert_eq!(found.status, StatusCode::OK);
    found.shows(&[
        "<h2>People</h2>",
        "Family name: Petrova",
        "1984-03-02",
        "/instances/person/P-1984-03-02\"",
    ]);
    found.hides(&["1990-12-31", "?q=petrova", "Search for petrova"]);
    // one is no reason to go there: whoever looks for somebody compares first
    clerk
        .fill(&found, "/search", &[("q", "petrova")])
        .await
        .shows(&["P-1984-03-02\"", "P-1990-12-31\""]);
    let by_address = clerk.see("/search?q=petrova").await;
    by_address.shows(&["People were not looked for"]);
    by_address.hides(&["<h2>People</h2>", "P-1984-03-02\""]);
    // a number goes straight to what it means, as before
    let scanned = clerk.fill(&search, "/search", &[("q", "P-1984-03-02")]).await;
    scanned.leads_to("/instances/person/P-1984-03-02?found=P-1984-03-02");
    let auditor = as_(&api, &api.session("otto", &["auditor"]).await);
    let log = auditor.see("/accesses").await;
    log.shows(&["A search for people", "All of person that they may see", "Family"]);
    log.hides(&["Petrova", "petrova"]);
}
