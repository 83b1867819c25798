//! What adapters report over the API: their tokens, steps on the way, answers that do not stand any more.

use std::sync::Arc;

use statewright_core::value::Value;
use statewright_engine::adapter::{Adapter, Attempt, AttemptFailure};

use super::api::{post, quoted};
use super::*;
use crate::json::{member, member_items};

const PARCEL: &str = "workflow: parcel
key: '{{ code }}'
data: {code: string, place: optional string}
start: {by: [clerk], input: [code]}
access: [{for: [clerk]}]
initial: sent
states:
  sent:
    invoke: {id: send, adapter: carrier, action: send, input: {code: '{{ code }}'}, onProgress: {actions: [{assign: {place: '{{ event.place }}'}}]}, onDone: gone}
  gone: {on: {send.undone: sent, LOST: {target: sent, by: [{adapter: carrier}]}, SEEN: {by: [clerk]}}}
";

/// A carrier that never answers.
struct Slow;

#[async_trait::async_trait]
impl Adapter for Slow {
    fn has_action(&self, action: &str) -> bool {
        action == "send"
    }

    async fn perform(&self, _attempt: Attempt) -> Result<Value, AttemptFailure> {
        std::future::pending().await
    }
}

async fn adapter_token(api: &Api, adapter: &str) -> String {
    let made = api
        .check(
            post("/v1/tokens", &format!("{{\"adapter\": \"{adapter}\"}}")).by(&api.operator),
            "201",
        )
        .await
        .value();
    member(&made, "token").to_owned()
}

/// A parcel that the carrier was asked to send; the key of the effect, percent-encoded.
async fn with_parcel() -> (Api, String) {
    let api = Api::with_adapters([("carrier".into(), Arc::new(Slow) as Arc<dyn Adapter>)].into()).await;
    let files = format!(
        "{{\"main\": \"parcel.yaml\", \"files\": {{\"parcel.yaml\": {}}}}}",
        quoted(PARCEL)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    api.check(
        post("/v1/instances/parcel", r#"{"with": {"code": "P"}}"#).by(&api.clerk),
        "201",
    )
    .await;
    let trail = api
        .check(get("/v1/instances/parcel/P/trail").by(&api.clerk), "200")
        .await
        .value();
    let entry = &member_items(&trail, "entries")[0];
    let effect = member(&member_items(entry, "effects")[0], "key").replace(':', "%3A");
    (api, effect)
}

#[tokio::test]
async fn a_step_on_the_way_is_reported_by_the_adapter_that_was_asked_and_taken_once() {
    let (api, effect) = with_parcel().await;
    let (carrier, other) = (adapter_token(&api, "carrier").await, adapter_token(&api, "bank").await);
    let path = format!("/v1/effects/{effect}/progress");
    let report = |place: &str| post(&path, &format!("{{\"with\": {{\"place\": \"{place}\"}}}}"));
    let first = api.check(report("Ulm").by(&carrier), "200").await;
    let again = api.check(report("Ulm").by(&carrier), "200").await;
    assert_eq!(first.headers.get("etag"), again.headers.get("etag"));
    assert_eq!(
        again.headers.get("idempotent-replayed").and_then(|value| value.to_str().ok()),
        Some("true")
    );
    api.check(report("Bonn").by(&carrier), "200").await;
    let shown = api.check(get("/v1/instances/parcel/P").by(&api.clerk), "200").await.value();
    assert_eq!(shown.field("data").map(|data| member(data, "place")), Some("Bonn"));
    let refused = api.ask(report("Rom").by(&other)).await;
    assert_eq!(refused.status.as_u16(), 404, "{}", refused.body);
    let elsewhere = post("/v1/effects/nothing/progress", "{}");
    assert_eq!(api.ask(elsewhere.by(&carrier)).await.status.as_u16(), 404);
    assert_eq!(
        api.ask(report("Rom").by(&api.clerk)).await.status.as_u16(),
        403,
        "a person reports nothing"
    );
}

#[tokio::test]
async fn an_answer_that_was_not_given_is_not_taken_back() {
    let (api, effect) = with_parcel().await;
    let carrier = adapter_token(&api, "carrier").await;
    let early = api
        .ask(post(&format!("/v1/effects/{effect}/undone"), "{}").by(&carrier))
        .await;
    assert_eq!(early.status.as_u16(), 409, "{}", early.body);
}

#[tokio::test]
async fn an_adapter_sends_what_it_may_and_is_shown_nothing() {
    let (api, _) = with_parcel().await;
    let carrier = adapter_token(&api, "carrier").await;
    for path in [
        "/v1/instances/parcel/P",
        "/v1/instances/parcel/P/trail",
        "/v1/instances?workflow=parcel",
        "/v1/tasks",
    ] {
        assert_eq!(api.ask(get(path).by(&carrier)).await.status.as_u16(), 403, "{path}");
    }
    let send = |event: &str| post("/v1/instances/parcel/P/events", &format!("{{\"event\": \"{event}\"}}"));
    let sent = api.ask(send("LOST").by(&carrier)).await;
    assert_eq!(sent.status.as_u16(), 409, "nothing answers to it yet: {}", sent.body);
    let both = api
        .ask(post("/v1/tokens", r#"{"adapter": "carrier", "user": "ann"}"#).by(&api.operator))
        .await;
    assert_eq!(both.status.as_u16(), 400, "{}", both.body);
    let listed = api.check(get("/v1/tokens").by(&api.operator), "200").await.value();
    let adapters = member_items(&listed, "tokens")
        .iter()
        .filter_map(|token| token.field("principal"));
    assert_eq!(
        adapters.filter(|principal| member(principal, "adapter") == "carrier").count(),
        1
    );
}
