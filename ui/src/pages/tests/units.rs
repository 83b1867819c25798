//! A unit is chosen among those that the file of roles names.

use axum::http::StatusCode;

use super::as_;
use crate::http::tests::api::{Api, post, quoted};

const STAY: &str = "workflow: stay
data: {at: unit, other: {type: optional unit, label: Other place}}
start: {by: [clerk], input: [at, optional other]}
access: [{for: [clerk]}]
initial: here
states: {here: {}}
";

async fn api(roles: &str) -> Api {
    let api = Api::new().await;
    let file = |name: &str, text: &str| format!("{{\"main\": \"{name}\", \"files\": {{\"{name}\": {}}}}}", quoted(text));
    api.check(post("/v1/workflows", &file("stay.yaml", STAY)).by(&api.operator), "201")
        .await;
    api.check(post("/v1/roles", &file("roles.yaml", roles)).by(&api.operator), "201")
        .await;
    api
}

#[tokio::test]
async fn a_page_offers_the_units_that_there_are_and_chooses_none() {
    let api = api("roles: {clerk: {}}\nunits: {ED: {title: Emergency department}, W3: {}}\n").await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/stay").await;
    page.shows(&[
        "<select id=\"with-at\" name=\"with.at\"",
        "<option value=\"\">Choose …</option>",
        "<option value=\"ED\">Emergency department (ED)</option><option value=\"W3\">W3</option>",
        "<select id=\"with-other\" name=\"with.other\"",
        "<option value=\"\">Not said</option>",
    ]);
    page.hides(&[" selected"]);
    // whoever sends something else all the same is told at the field what there is
    let refused = clerk.fill(&page, "/start/stay", &[("with.at", "Emergency")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows(&["At must be one of ED (Emergency department) or W3", "aria-invalid=\"true\""]);
    let checked = clerk
        .fill(&page, "/start/stay", &[("with.at", "W9"), ("check", "page")])
        .await;
    checked.shows(&["At must be one of ED (Emergency department) or W3"]);
    let kept = clerk
        .fill(&page, "/start/stay", &[("with.at", "W3"), ("with.other", "W9")])
        .await;
    kept.shows(&["<option value=\"W3\" selected>W3</option>", "Other place must be one of"]);
    let begun = clerk
        .fill(&page, "/start/stay", &[("with.at", "ED"), ("with.other", "")])
        .await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.html);
}

#[tokio::test]
async fn where_no_units_are_named_any_name_is_entered() {
    let api = api("roles: {clerk: {}}\n").await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/stay").await;
    page.shows(&["<input id=\"with-at\" name=\"with.at\" type=\"text\""]);
    let begun = clerk.fill(&page, "/start/stay", &[("with.at", "Emergency")]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.html);
}
