//! Tasks, signatures and notices: the queue, what is done with a task, and what is said when it cannot be.

use statewright_core::value::Value;

use super::api::{ask, post, quoted};
use super::*;
use crate::json::{member, member_items, member_number, member_texts};

/// The workflow of these tests.
pub const REVIEW: &str = include_str!("review.yaml");

/// An engine with the workflow deployed and reviews open.
pub async fn with_reviews(codes: &[&str]) -> Api {
    let api = Api::new().await;
    let files = format!(
        "{{\"main\": \"review.yaml\", \"files\": {{\"review.yaml\": {}}}}}",
        quoted(REVIEW)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    for code in codes {
        let body = format!("{{\"with\": {{\"code\": \"{code}\", \"note\": \"blue\"}}}}");
        api.check(post("/v1/instances/review", &body).by(&api.clerk), "201").await;
    }
    api
}

fn put(path: &str, body: &str) -> api::Ask {
    ask("PUT", path, body).with("content-type", "application/json")
}

fn act(code: &str, act: &str, body: &str) -> api::Ask {
    post(&format!("/v1/instances/review/{code}/tasks/open/{act}"), body)
}

pub fn send(code: &str, body: &str) -> api::Ask {
    post(&format!("/v1/instances/review/{code}/events"), body)
}

/// The keys of a queue, each with its holder.
async fn queue(api: &Api, who: &str, query: &str) -> Vec<String> {
    let queue = api.check(get(&format!("/v1/tasks{query}")).by(who), "200").await.value();
    let line = |task: &Value| format!("{}{}", member(task, "key"), member(task, "holder"));
    member_items(&queue, "tasks").iter().map(line).collect()
}

#[tokio::test]
async fn a_task_is_found_claimed_given_back_and_finished() {
    let api = with_reviews(&["A-1", "A-2"]).await;
    let dora = api.token("dora", &["clerk"]).await;
    let listed = api.check(get("/v1/tasks").by(&dora), "200").await.value();
    let first = &member_items(&listed, "tasks")[0];
    assert_eq!(
        [
            member(first, "name"),
            member(first, "id"),
            member(first, "title"),
            member(first, "about"),
            member(first, "help")
        ],
        ["open", "open@1", "Look at A-1", "Review of A-1", "Compare it with the paper."]
    );
    assert_eq!(member_number(first, "priority"), 6);
    let words = |name| -> Vec<&str> { member_items(first, name).iter().map(|line| member(line, "what")).collect() };
    assert_eq!(words("why"), ["start, by carl"]);
    assert_eq!(words("next"), ["goes to chief as well (mail)"]);
    assert_eq!(member_texts(first, "events"), ["PASS", "DROP", "TELL"]);
    let beside = &member_items(first, "show")[0];
    assert_eq!((member(beside, "name"), member(beside, "value")), ("note", "blue"));
    let claimed = api.check(act("A-1", "claim", "{}").by(&dora), "200").await;
    assert_eq!(claimed.header("etag"), "\"2\"");
    assert_eq!(queue(&api, &api.clerk, "").await, ["A-2"]);
    assert_eq!(queue(&api, &api.clerk, "?held=true").await, ["A-1dora", "A-2"]);
    assert_eq!(queue(&api, &dora, "?own=true").await, ["A-1dora"]);
    assert_eq!(queue(&api, &dora, "?workflow=ticket").await, [""; 0]);
    api.check(
        act("A-1", "release", r#"{"note": "the frame is on its way"}"#).by(&dora),
        "200",
    )
    .await;
    assert_eq!(queue(&api, &api.clerk, "").await, ["A-1", "A-2"]);
    api.check(send("A-1", r#"{"event": "DROP", "task": "open@1"}"#).by(&dora), "200")
        .await;
    api.check(
        send("A-1", r#"{"event": "DROP", "task": "open@1"}"#).by(&dora),
        "409 SW-2207 Nothing in review/A-1 answers to DROP now: it is in dropped",
    )
    .await;
    assert_eq!(queue(&api, &dora, "").await, ["A-2"]);
    assert_eq!(queue(&api, &api.stranger, "").await, [""; 0]);
}

#[tokio::test]
async fn a_queue_is_read_page_by_page() {
    let api = with_reviews(&["A-1", "A-2", "A-3"]).await;
    let (mut keys, mut query) = (Vec::new(), "?limit=2".to_owned());
    for _ in 0..3 {
        let page = api
            .check(get(&format!("/v1/tasks{query}")).by(&api.clerk), "200")
            .await
            .value();
        keys.extend(member_items(&page, "tasks").iter().map(|task| member(task, "key").to_owned()));
        match member(&page, "after") {
            "" => break,
            after => query = format!("?limit=2&after={after}"),
        }
    }
    assert_eq!(keys, ["A-1", "A-2", "A-3"]);
    for (query, expected) in [
        ("?after=x", "`after` is not what a page gave"),
        ("?limit=201", "`limit` is from 1 to 200"),
        ("?held=yes", "`held` is `true` or `false`"),
        ("?holder=ann", "There is no parameter `holder`"),
    ] {
        let heard = api.ask(get(&format!("/v1/tasks{query}")).by(&api.clerk)).await;
        assert!(heard.status == 400 && heard.body.contains(expected), "{}", heard.body);
    }
}

#[tokio::test]
async fn a_lost_claim_says_who_holds_it() {
    let api = with_reviews(&["A-1"]).await;
    let dora = api.token("dora", &["clerk"]).await;
    let claim = || act("A-1", "claim", "{}").by(&dora).with("idempotency-key", "k");
    api.check(claim(), "200").await;
    api.check(
        act("A-1", "claim", "{}").by(&api.clerk),
        "409 SW-2211 dora holds this task [held]",
    )
    .await;
    assert_eq!(api.check(claim(), "200").await.header("idempotent-replayed"), "true");
    let stale = act("A-1", "release", "{}").by(&dora).with("if-match", "\"1\"");
    assert_eq!(api.ask(stale).await.status, 412);
    api.check(
        post("/v1/instances/review/A-1/tasks/open@9/claim", "{}").by(&dora),
        "409 SW-2211 the task `open` is not open any more [held]",
    )
    .await;
}

#[tokio::test]
async fn a_task_is_given_to_somebody_whom_it_is_for() {
    let api = with_reviews(&["A-1"]).await;
    api.token("dora", &["clerk"]).await;
    api.check(act("A-1", "assign", r#"{"to": "dora"}"#).by(&api.clerk), "200")
        .await;
    assert_eq!(queue(&api, &api.clerk, "?held=true").await, ["A-1dora"]);
    api.check(
        act("A-1", "assign", r#"{"to": "gina"}"#).by(&api.clerk),
        "403 SW-2201 gina is not among those whom this task is for [forbidden]",
    )
    .await;
    api.check(
        act("A-1", "assign", r#"{"to": "zed"}"#).by(&api.clerk),
        "403 SW-2201 zed is not among those whom this task is for [forbidden]",
    )
    .await;
    api.check(
        act("A-1", "delegate", r#"{"to": "carl"}"#).by(&api.clerk),
        "403 SW-2201 only who holds a task may delegate it [forbidden]",
    )
    .await;
    for to in ["zed", "dora"] {
        let hidden = act("A-1", "assign", &format!("{{\"to\": \"{to}\"}}")).by(&api.stranger);
        api.check(hidden, "404 SW-2103 There is no review/A-1, or it is not yours to see")
            .await;
    }
}

#[tokio::test]
async fn a_task_is_taken_over_from_who_is_away_and_only_from_whom_it_was_seen_with() {
    let api = with_reviews(&["A-1"]).await;
    let dora = api.token("dora", &["clerk"]).await;
    api.check(act("A-1", "claim", "{}").by(&dora), "200").await;
    let take = |from: &str| act("A-1", "take-over", &format!("{{\"from\": \"{from}\"}}")).by(&api.clerk);
    let listed = async || {
        let page = api.check(get("/v1/tasks?held=true").by(&api.clerk), "200").await.value();
        member_items(&page, "tasks")[0].field("take_over").cloned()
    };
    let too_early =
        "403 SW-2201 dora holds this task, is not away, and it has not waited long enough to come to carl [forbidden]";
    api.check(take("dora"), too_early).await;
    assert_eq!(listed().await, Some(Value::Boolean(false)));
    let heard = api.ask(act("A-1", "take-over", "{}").by(&api.clerk)).await;
    assert!(
        heard.status == 400 && heard.body.contains("`from` is missing"),
        "{}",
        heard.body
    );
    let person = r#"{"roles": ["clerk"]}"#;
    api.check(put("/v1/people/dora", person).by(&api.operator), "204").await;
    api.check(put("/v1/people/dora/absence", "{}").by(&api.operator), "204").await;
    assert_eq!(listed().await, Some(Value::Boolean(true)));
    api.check(take("eve"), "409 SW-2211 dora holds this task, and not eve [held]")
        .await;
    api.check(take("dora"), "200").await;
    assert_eq!(queue(&api, &api.clerk, "?own=true").await, ["A-1carl"]);
}

#[tokio::test]
async fn an_act_takes_its_own_members_and_no_others() {
    let api = with_reviews(&["A-1"]).await;
    api.check(act("A-1", "acknowledge", "{}").by(&api.clerk), "200").await;
    api.check(
        act("A-1", "follow-up", r#"{"at": "2099-01-01T08:00:00Z"}"#).by(&api.clerk),
        "200",
    )
    .await;
    let tasks = get("/v1/instances/review/A-1/tasks");
    let tasks = api.check(tasks.by(&api.clerk), "200").await.value();
    let task = &member_items(&tasks, "tasks")[0];
    assert_eq!(
        (member(task, "acknowledged"), member(task, "follow_up")),
        ("carl", "2099-01-01T08:00:00Z")
    );
    api.check(act("A-1", "follow-up", r#"{"at": null}"#).by(&api.clerk), "200")
        .await;
    api.check(
        act("A-1", "comment", r#"{"text": "The paper is in tray 7"}"#).by(&api.clerk),
        "200",
    )
    .await;
    let long = "x".repeat(statewright_core::step::NOTE_CHARACTERS_MAX + 1);
    api.check(
        act("A-1", "comment", &format!("{{\"text\": \"{long}\"}}")).by(&api.clerk),
        "422 SW-2202 text: is longer than 4000 characters [invalid text]",
    )
    .await;
    api.check(
        act("A-1", "release", r#"{"note": " "}"#).by(&api.clerk),
        "422 SW-2202 note: is empty [invalid note]",
    )
    .await;
    for (word, body, expected) in [
        ("follow-up", r#"{"at": "soon"}"#, "`at` is `soon`; it should be a moment"),
        ("comment", "{}", "`text` is missing"),
        ("claim", r#"{"to": "dora"}"#, "member `to`"),
        ("finish", "{}", "`act` is one of claim, take-over, release"),
    ] {
        let heard = api.ask(act("A-1", word, body).by(&api.clerk)).await;
        assert!(heard.status == 400 && heard.body.contains(expected), "{}", heard.body);
    }
}

#[tokio::test]
async fn two_people_sign_and_one_may_take_it_back() {
    let api = with_reviews(&["A-1"]).await;
    let dora = api.token("dora", &["clerk"]).await;
    let sign = |token: &str| send("A-1", &format!("{{\"event\": \"PASS\", \"sign\": \"{token}\"}}")).by(token);
    api.check(
        send("A-1", r#"{"event": "PASS"}"#).by(&dora),
        "422 SW-2210 this is to be signed with a password: I have looked at A-1 [signature]",
    )
    .await;
    let foreign = send("A-1", &format!("{{\"event\": \"PASS\", \"sign\": \"{}\"}}", api.clerk)).by(&dora);
    assert_eq!(api.ask(foreign).await.status, 401);
    api.check(sign(&dora), "200").await;
    let can = get("/v1/instances/review/A-1/can?event=PASS");
    let can = api.check(can.by(&api.clerk), "200").await.value();
    let offer = &member_items(&can, "events")[0];
    let wanted = offer.field("sign").expect("it is to be signed");
    assert_eq!(
        [member(wanted, "means"), member(wanted, "with"), member(wanted, "people")],
        ["I have looked at A-1", "password", "2 different people"]
    );
    assert_eq!(
        (member_texts(wanted, "signed"), member(offer, "task")),
        (vec!["dora"], "open")
    );
    let shown = |token: &str| get("/v1/instances/review/A-1").by(token);
    let seen = api.check(shown(&dora), "200").await.value();
    let pending = &member_items(&seen, "signatures")[0];
    assert_eq!(member(pending, "event"), "PASS");
    assert_eq!(member(&member_items(pending, "signed")[0], "user"), "dora");
    assert_eq!(member_texts(&seen, "tasks"), ["open"]);
    let seen = api.check(shown(&api.guest), "200").await.value();
    assert_eq!(member_items(&seen, "signatures").len(), 0, "not every field is seen");
    let withdraw = |token: &str| ask("DELETE", "/v1/instances/review/A-1/signatures/PASS", "").by(token);
    api.check(withdraw(&api.clerk), "409 SW-2203 carl has not signed PASS [guard]")
        .await;
    api.check(
        withdraw(&api.stranger),
        "404 SW-2103 There is no review/A-1, or it is not yours to see",
    )
    .await;
    api.check(withdraw(&dora), "200").await;
    api.check(withdraw(&dora), "409 SW-2203 no signature of PASS is pending [guard]")
        .await;
    api.check(sign(&api.clerk), "200").await;
    let passed = api.check(sign(&dora), "200").await.value();
    assert_eq!(member_texts(&passed, "states"), ["passed"]);
}

#[tokio::test]
async fn what_somebody_was_told_stands_in_their_inbox_and_in_the_conversation() {
    let api = with_reviews(&["A-1"]).await;
    for _ in 0..2 {
        api.check(send("A-1", r#"{"event": "TELL"}"#).by(&api.clerk), "200").await;
    }
    let page = |path: &str, token: &str| get(path).by(token);
    let first = api.check(page("/v1/inbox?limit=1", &api.guest), "200").await.value();
    let notice = &member_items(&first, "notices")[0];
    assert_eq!(
        [member(notice, "workflow"), member(notice, "key"), member(notice, "text")],
        ["review", "A-1", "A-1 takes longer"]
    );
    assert_eq!(notice.field("thread"), Some(&Value::Boolean(true)));
    let rest = format!("/v1/inbox?after={}", member(&first, "after"));
    let rest = api.check(page(&rest, &api.guest), "200").await.value();
    assert_eq!((member_items(&rest, "notices").len(), member(&rest, "after")), (1, ""));
    let others = api.check(page("/v1/inbox", &api.clerk), "200").await.value();
    assert_eq!(member_items(&others, "notices").len(), 0);
    let thread = "/v1/instances/review/A-1/thread";
    for token in [&api.clerk, &api.guest] {
        let thread = api.check(page(thread, token), "200").await.value();
        assert_eq!(member_items(&thread, "messages").len(), 2);
    }
    api.check(
        page(thread, &api.stranger),
        "404 SW-2103 There is no review/A-1, or it is not yours to see",
    )
    .await;
}
