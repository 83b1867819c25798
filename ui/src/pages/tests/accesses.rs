//! Who has looked at personal data, on a page.

use super::*;
use crate::http::tests::access::with_jobs;

const NOTHING: &str = "404 SW-2103 There is no job/J-1, or it is not yours to see";

#[tokio::test]
async fn auditors_see_who_has_looked_at_what_and_who_was_refused() {
    let keys = ["J-1", "J-2"];
    let api = with_jobs(&keys).await;
    for key in keys {
        api.check(get(&format!("/v1/instances/job/{key}")).by(&api.clerk), "200")
            .await;
    }
    api.check(get("/v1/instances/job/J-1").by(&api.guest), NOTHING).await;
    let aude = as_(&api, &api.session("aude", &["auditor"]).await);
    let all = aude.see("/accesses").await;
    all.shows(&[
        "carl",
        "href=\"/instances/job/J-1\"",
        "href=\"/instances/job/J-2\"",
        "Patient",
        "Refused",
        "gina",
    ]);
    all.hides(&["Ida Roth"]);
    let one = aude.see("/accesses?case=job/J-1&who=carl").await;
    one.shows(&["/instances/job/J-1\""]);
    one.hides(&["/instances/job/J-2\"", "gina"]);
    let by_key = aude.see("/accesses?case=J-1").await;
    by_key.shows(&["/instances/job/J-1\""]);
    by_key.hides(&["/instances/job/J-2\""]);
    aude.see("/accesses?case=job")
        .await
        .shows(&["/instances/job/J-1\"", "/instances/job/J-2\""]);
    let refused = aude.see("/accesses?refused=1").await;
    refused.shows(&["gina"]);
    refused.hides(&["carl"]);
    aude.see("/accesses?to=2020-12-31")
        .await
        .shows(&["There is nothing of the kind"]);
    let wrong = aude.see("/accesses?from=yesterday").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    for (user, role) in [("carla", "clerk"), ("otto", "operator")] {
        let other = as_(&api, &api.session(user, &[role]).await).see("/accesses").await;
        assert_eq!(other.status, StatusCode::FORBIDDEN);
        other.hides(&["J-1"]);
    }
}

#[tokio::test]
async fn who_or_what_is_not_there_is_not_taken_for_one_at_which_nobody_looked() {
    let api = with_jobs(&["J-1", "J-2"]).await;
    api.check(get("/v1/instances/job/J-1").by(&api.clerk), "200").await;
    let aude = as_(&api, &api.session("aude", &["auditor"]).await);
    let check = async |query: &str, shown: &[&str], hidden: &[&str]| {
        let page = aude.see(&format!("/accesses?{query}")).await;
        assert_eq!(page.status, StatusCode::OK);
        page.shows(shown);
        page.hides(hidden);
    };
    let (nobody, no_case, nothing) = ("Nobody is known as", "There is no case", "There is nothing of the kind");
    check("who=carll", &["Nobody is known as “carll”"], &[nothing, no_case]).await;
    for case in ["job/J-9", "J-9", "jbo/J-1"] {
        let said = format!("There is no case “{case}”");
        check(&format!("case={case}"), &[&said], &[nothing, nobody]).await;
    }
    check("who=carll&case=job/J-9", &[nobody, no_case], &[nothing]).await;
    // somebody who never looked, a case at which nobody did, and who is known by what they read although no directory has them
    check("who=aude", &[nothing], &[nobody]).await;
    check("case=job/J-2", &[nothing], &[no_case]).await;
    check("who=carl&to=2020-12-31", &[nothing], &[nobody]).await;
    check("who=carl", &["/instances/job/J-1"], &[nobody, nothing]).await;
}

#[tokio::test]
async fn a_case_leads_auditors_to_its_own_readings() {
    let api = with_jobs(&["J-1"]).await;
    let link = "href=\"/accesses?case=job%2FJ-1\"";
    let clerk = as_(&api, &api.session("carla", &["clerk"]).await);
    clerk.see("/instances/job/J-1").await.hides(&["/accesses"]);
    let aude = as_(&api, &api.session("aude", &["auditor"]).await);
    aude.see("/instances/job/J-1").await.shows(&[link]);
    aude.see("/accesses?case=job%2FJ-1").await.shows(&["carla"]);
    // nobody records who looks at what is not personal
    api.check(
        post("/v1/instances/ticket", r#"{"with": {"code": "T-1"}}"#).by(&api.clerk),
        "201",
    )
    .await;
    aude.see("/instances/ticket/T-1").await.hides(&["Who has looked at it"]);
}

const CALL: &str = "workflow: call
data: {patient: {type: string, phi: true}}
start: {by: [clerk], input: [patient]}
access: [{for: [clerk]}]
initial: open
states: {open: {task: {title: 'Call {{ key }}', for: [clerk], show: [patient]}, on: {CALLED: {target: gone, by: [clerk]}}}, gone: {type: final}}
";

#[tokio::test]
async fn a_list_of_tasks_is_a_reading_only_if_it_shows_something_personal() {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"call.yaml\", \"files\": {{\"call.yaml\": {}}}}}", quoted(CALL));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for key in ["C-1", "C-2"] {
        let body = format!(r#"{{"key": "{key}", "with": {{"patient": "Ida Roth"}}}}"#);
        api.check(post("/v1/instances/call", &body).by(&api.clerk), "201").await;
    }
    let auditor = api.token("otto", &["auditor"]).await;
    let readings = async || {
        let log = api.check(get("/v1/access").by(&auditor), "200").await.value();
        let ways = member_items(&log, "readings")
            .iter()
            .map(|reading| member(reading, "by").to_owned());
        ways.collect::<Vec<_>>()
    };
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let list = clerk.see("/tasks").await;
    list.shows(&["Call C-1", "Call C-2"]);
    list.hides(&["Ida Roth"]);
    assert_eq!(readings().await, [""; 0]);
    // a case shows what it holds, and of its tasks what they are called
    clerk.see("/instances/call/C-1").await.shows(&["Ida Roth", "Call C-1"]);
    assert_eq!(readings().await, ["show"]);
    let task = clerk.see("/tasks/call/C-1/open%401").await;
    task.shows(&["Ida Roth"]);
    assert_eq!(readings().await, ["tasks", "show"]);
    // to go on is to see where one goes on
    clerk
        .fill(&task, "/instances/call/C-1/events/CALLED", &[])
        .await
        .leads_to("/tasks/call/C-2/open%401?done=call%2FC-1");
    assert_eq!(readings().await, ["tasks", "show"]);
    let given = api.check(get("/v1/tasks").by(&api.clerk), "200").await;
    assert!(given.body.contains("Ida Roth"), "{}", given.body);
    assert_eq!(readings().await, ["queue", "tasks", "show"]);
}
