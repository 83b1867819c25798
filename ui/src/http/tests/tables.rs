//! Live tables: who makes one live, who looks into one, and what came before.

use super::api::{Ask, post};
use super::*;
use crate::json::{member, member_items, member_number};

const CLAIM: &str = "workflow: claim\nstart: {by: [clerk]}\naccess: [{for: [clerk]}]\ninitial: open\nstates:\n  open: {on: {GO: {by: [clerk], guard: \"decide('policy', days=5).covered\"}}}\n";

fn policy(inputs: &str, most: u32) -> String {
    format!(
        "table: policy\nlive: true\ninputs: {inputs}\noutput: {{covered: boolean}}\nrows:\n  - {{when: {{days: '<= {most}'}}, then: {{covered: true}}}}\n  - {{then: {{covered: false}}}}\n"
    )
}

fn bundle(files: &[(&str, &str)]) -> String {
    let texts = files
        .iter()
        .map(|(name, text)| format!("{}: {}", api::quoted(name), api::quoted(text)));
    format!(
        "{{\"main\": {}, \"files\": {{{}}}}}",
        api::quoted(files[0].0),
        texts.collect::<Vec<_>>().join(", ")
    )
}

async fn refused(api: &Api, ask: Ask, status: &str, code: &str) {
    let heard = api.ask(ask).await;
    assert_eq!(
        (heard.status.as_str(), member(&heard.value(), "code")),
        (status, code),
        "{}",
        heard.body
    );
}

const DAYS: &str = "{days: {type: integer, minimum: 0}}";

#[tokio::test]
async fn a_version_is_made_live_by_operators_and_read_back_by_them_and_auditors() {
    let api = Api::new().await;
    let first = bundle(&[("policy.yaml", &policy(DAYS, 9))]);
    refused(&api, post("/v1/tables", &first).by(&api.clerk), "403", "SW-2102").await;
    refused(&api, get("/v1/tables/policy").by(&api.operator), "404", "SW-2103").await;
    let deployed = api.check(post("/v1/tables", &first).by(&api.operator), "201").await;
    let version = member(&deployed.value(), "version").to_owned();
    // who asks it holds its declaration, whatever is sent with it
    let claim = bundle(&[("claim.yaml", CLAIM), ("policy.yaml", &policy(DAYS, 1))]);
    let live = api.check(post("/v1/workflows", &claim).by(&api.operator), "201").await;
    let again = bundle(&[("claim.yaml", CLAIM), ("policy.yaml", &policy(DAYS, 2))]);
    api.check(post("/v1/workflows", &again).by(&api.operator), "200").await;

    let second = bundle(&[("policy.yaml", &policy(DAYS, 3))]);
    let newer = api.check(post("/v1/tables", &second).by(&api.operator), "201").await;
    let newer = member(&newer.value(), "version").to_owned();
    let listed = api.check(get("/v1/tables").by(&api.clerk), "200").await.value();
    let tables: Vec<(&str, &str)> = member_items(&listed, "tables")
        .iter()
        .map(|row| (member(row, "name"), member(row, "version")))
        .collect();
    assert_eq!(tables, [("policy", &*newer)]);

    let look = "403 SW-2102 Only the roles `operator` and `auditor` look into live tables";
    api.check(get("/v1/tables/policy").by(&api.clerk), look).await;
    api.check(get("/v1/tables/policy/history").by(&api.clerk), look).await;
    let shown = api.check(get("/v1/tables/policy").by(&api.operator), "200").await.value();
    assert_eq!(member(&shown, "version"), newer);
    let text = shown
        .field("files")
        .and_then(|files| files.field("policy.yaml"))
        .and_then(|text| text.as_text());
    assert_eq!(text, Some(&*policy(DAYS, 3)));
    let auditor = api.token("aud", &["auditor"]).await;
    api.check(get("/v1/tables/policy").by(&auditor), "200").await;
    refused(&api, post("/v1/tables", &first).by(&auditor), "403", "SW-2102").await;
    let before = api
        .check(get(&format!("/v1/tables/policy?version={version}")).by(&api.operator), "200")
        .await
        .value();
    assert_eq!(before.field("live").and_then(|live| live.as_boolean()), Some(false));
    let nothing = format!("/v1/tables/other?version={version}");
    refused(&api, get(&nothing).by(&api.operator), "404", "SW-2103").await;
    refused(&api, get("/v1/tables/policy?version=x").by(&api.operator), "400", "SW-2108").await;

    let history = api
        .check(get("/v1/tables/policy/history?limit=1").by(&api.operator), "200")
        .await
        .value();
    let lines: Vec<(&str, &str)> = member_items(&history, "deployments")
        .iter()
        .map(|row| (member(row, "version"), member(row, "by")))
        .collect();
    assert_eq!(lines, [(&*newer, "olga")]);
    let older = format!("/v1/tables/policy/history?before={}", member_number(&history, "before"));
    let history = api.check(get(&older).by(&api.operator), "200").await.value();
    let lines: Vec<&str> = member_items(&history, "deployments")
        .iter()
        .map(|row| member(row, "version"))
        .collect();
    assert_eq!(lines, [&*version]);

    // what would break the workflow is refused with its name
    let needy = bundle(&[("policy.yaml", &policy("{days: {type: integer, minimum: 0}, kind: string}", 3))]);
    let definition = member(&live.value(), "definition").to_owned();
    let refused = api.ask(post("/v1/tables", &needy).by(&api.operator)).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(
        refused.body.contains(&format!(
            "`claim` ({definition}, as it is live): it needs an input `kind`, which nobody gives it"
        )),
        "{}",
        refused.body
    );
}
