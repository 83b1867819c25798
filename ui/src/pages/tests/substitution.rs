//! Being away, and standing in for somebody who is.

use super::*;

const CASE: &str = r#"workflow: case
key: "{{ code }}"
title: Case {{ code }}
data: {code: string, owner: user}
start: {by: [clerk], input: [code, owner]}
access: [{for: [{user: "{{ owner }}"}]}]
initial: open
states:
  open:
    task: {title: "Decide {{ code }}", for: [{user: "{{ owner }}"}]}
    on: {DECIDE: {target: over, by: [{user: "{{ owner }}"}]}}
  over: {type: final}
"#;

const TASK: &str = "/tasks/case/C-1/open%401";
const DECIDE: &str = "/instances/case/C-1/events/DECIDE";

/// With a case that is Ann's by name.
async fn with_a_case() -> Api {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"case.yaml\", \"files\": {{\"case.yaml\": {}}}}}", quoted(CASE));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    let body = r#"{"with": {"code": "C-1", "owner": "ann"}}"#;
    api.check(post("/v1/instances/case", body).by(&api.clerk), "201").await;
    api
}

/// In a browser in which somebody chose to act for Ann.
fn for_ann<'a>(api: &'a Api, secret: &str) -> Browser<'a> {
    as_(api, &format!("{secret}; statewright-for=ann"))
}

#[tokio::test]
async fn who_is_away_says_so_and_their_substitute_acts_for_them_until_they_are_back() {
    let api = with_a_case().await;
    let ann = as_(&api, &api.session("ann", &["clerk"]).await);
    let (bob, eve) = (api.session("bob", &["clerk"]).await, api.session("eve", &["clerk"]).await);
    let (as_himself, for_her) = (as_(&api, &bob), for_ann(&api, &bob));
    as_himself.see("/tasks").await.hides(&["Decide C-1", "You stand in for"]);
    for_her.see("/tasks").await.hides(&["Decide C-1", "You act for"]);

    let account = ann.see("/account").await;
    let nobody = ann.fill(&account, "/account/away", &[("substitute", "zoe")]).await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    nobody.shows(&["there is no zoe in the directory", "value=\"zoe\""]);
    let entries = [("until", "2000-01-01T08:00"), ("substitute", "bob")];
    ann.fill(&nobody, "/account/away", &entries)
        .await
        .shows(&["Until is not after the beginning"]);
    ann.fill(&account, "/account/away", &[("substitute", "bob")])
        .await
        .leads_to("/account");
    ann.see("/account")
        .await
        .shows(&["You are away", "<strong>bob</strong> stands in for you"]);

    let tasks = as_himself.see("/tasks").await;
    tasks.shows(&["You stand in for <strong>ann</strong>"]);
    tasks.hides(&["Decide C-1"]);
    as_himself.fill(&tasks, "/account/behalf", &[]).await.leads_to("/tasks");
    as_himself.see("/account").await.shows(&["For whom you stand in"]);
    for_her
        .see("/tasks")
        .await
        .shows(&["You act for <strong>ann</strong>", "Decide C-1"]);

    // it gives nobody else a right
    let eve_for_her = for_ann(&api, &eve);
    eve_for_her.see("/tasks").await.hides(&["Decide C-1", "You act for"]);
    let account = as_(&api, &eve).see("/account").await;
    let body = account.body("/sign-out", &[("user", "ann")]);
    assert_eq!(
        as_(&api, &eve).post("/account/behalf", body).await.status,
        StatusCode::NOT_FOUND
    );

    let task = for_her.see(TASK).await;
    for_her.fill(&task, DECIDE, &[]).await.leads_to("/tasks?done=case%2FC-1");
    let trail = ann.see("/instances/case/C-1/trail").await;
    trail.shows(&["by bob, on behalf of ann"]);

    let account = ann.see("/account").await;
    ann.fill(&account, "/account/back", &[]).await.leads_to("/account");
    ann.see("/account").await.hides(&["You are away"]);
    for_her.see("/tasks").await.hides(&["You act for"]);
    as_himself.see("/tasks").await.hides(&["You stand in for"]);
}

#[tokio::test]
async fn a_form_is_sent_as_whom_it_was_opened_by() {
    let api = with_a_case().await;
    let ann = as_(&api, &api.session("ann", &["clerk"]).await);
    let bob = api.session("bob", &["clerk"]).await;
    let account = ann.see("/account").await;
    ann.fill(&account, "/account/away", &[("substitute", "bob")])
        .await
        .leads_to("/account");
    let (as_himself, for_her) = (as_(&api, &bob), for_ann(&api, &bob));
    // opened before the choice was made, in another window say
    let form = as_himself.see("/start/ticket").await;
    let sent = for_her.fill(&form, "/start/ticket", &[("with.code", "T-1")]).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    sent.shows(&["open the page again"]);
    let task = for_her.see(TASK).await;
    let sent = as_himself.fill(&task, DECIDE, &[]).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_somebody_holds_who_is_away_is_their_substitutes_to_see_and_to_finish_for_them() {
    let api = with_a_case().await;
    let ann = as_(&api, &api.session("ann", &["clerk"]).await);
    let bob = api.session("bob", &["clerk"]).await;
    let (as_himself, for_her) = (as_(&api, &bob), for_ann(&api, &bob));
    let task = ann.see(TASK).await;
    ann.fill(&task, &format!("{TASK}/claim"), &[]).await.leads_to(TASK);
    let account = ann.see("/account").await;
    ann.fill(&account, "/account/away", &[("substitute", "bob")])
        .await
        .leads_to("/account");
    as_himself.see("/tasks?held=1").await.hides(&["Decide C-1"]);
    let list = for_her.see("/tasks").await;
    list.shows(&[
        "Held by ann, for whom you stand in <span class=\"count\">1</span>",
        "Decide C-1",
        "Yours for ann",
    ]);
    list.shows(&["You hold nothing", "Nothing waits for you"]);
    let task = for_her.see(TASK).await;
    task.shows(&["Held by ann, for whom you stand in", "Give it back", "Hand it on"]);
    // over the API as well, and for her alone
    let token = api.token("bob", &["clerk"]).await;
    let own = || get("/v1/tasks?own=true").by(&token);
    api.check(own(), "200").await;
    assert_eq!(member_items(&api.check(own(), "200").await.value(), "tasks").len(), 0);
    let theirs = api.check(own().with("on-behalf-of", "ann"), "200").await.value();
    let held = &member_items(&theirs, "tasks")[0];
    assert_eq!((member(held, "key"), member(held, "holder")), ("C-1", "ann"));

    for_her.fill(&task, DECIDE, &[]).await.leads_to("/tasks?done=case%2FC-1");
    let trail = ann.see("/instances/case/C-1/trail").await;
    trail.shows(&["by bob, on behalf of ann"]);
}

#[tokio::test]
async fn what_a_substitute_sees_of_what_is_held_ends_with_the_absence() {
    let api = with_a_case().await;
    let ann = as_(&api, &api.session("ann", &["clerk"]).await);
    let for_her = for_ann(&api, &api.session("bob", &["clerk"]).await);
    let task = ann.see(TASK).await;
    ann.fill(&task, &format!("{TASK}/claim"), &[]).await.leads_to(TASK);
    let account = ann.see("/account").await;
    ann.fill(&account, "/account/away", &[("substitute", "bob")])
        .await
        .leads_to("/account");
    let opened = for_her.see(TASK).await;
    opened.shows(&["Give it back"]);
    let account = ann.see("/account").await;
    ann.fill(&account, "/account/back", &[]).await.leads_to("/account");
    // what he had open is not taken any more
    let late = for_her.fill(&opened, &format!("{TASK}/release"), &[]).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN);
    for_her.see("/tasks?held=1").await.hides(&["Decide C-1"]);
    ann.see("/tasks").await.shows(&["Yours <span class=\"count\">1</span>"]);
}

#[tokio::test]
async fn what_somebody_holds_who_is_away_is_taken_over_in_one_press_and_they_are_told() {
    let api = with_reviews(&["A-1", "A-2"]).await;
    let ann = as_(&api, &api.session("ann", &["clerk"]).await);
    let bob = as_(&api, &api.session("bob", &["clerk"]).await);
    let places = ["/tasks/review/A-1/open%401", "/tasks/review/A-2/open%401"];
    for place in places {
        let task = ann.see(place).await;
        ann.fill(&task, &format!("{place}/claim"), &[]).await.leads_to(place);
    }
    bob.see("/tasks?held=1").await.hides(&["Take over"]);
    bob.see(places[0]).await.hides(&["Take over"]);
    let account = ann.see("/account").await;
    ann.fill(&account, "/account/away", &[]).await.leads_to("/account");
    // on the page of the task
    let task = bob.see(places[0]).await;
    task.shows(&["Take over from ann"]);
    let taken = bob.fill(&task, &format!("{}/take-over", places[0]), &[]).await;
    taken.leads_to(places[0]);
    bob.see(places[0]).await.shows(&["Yours", "Give it back"]);
    // and in the list
    let list = bob.see("/tasks?held=1").await;
    let button = format!(
        "form=\"take-over\" name=\"from\" value=\"ann\" formaction=\"{}/take-over\"",
        places[1]
    );
    list.shows(&[&button, "<form id=\"take-over\" method=\"post\">"]);
    let pressed = list.body("/tasks/claim", &[("from", "ann")]);
    bob.post(&format!("{}/take-over", places[1]), pressed)
        .await
        .leads_to(places[1]);
    bob.see("/tasks").await.shows(&["Yours <span class=\"count\">2</span>"]);
    ann.see("/inbox")
        .await
        .shows(&["bob took over from you: Look at A-1", "bob took over from you: Look at A-2"]);
    let trail = bob.see("/instances/review/A-1/trail").await;
    trail.shows(&["Took over the task “Open” from ann"]);
}
