//! The conversation of an instance over HTTP: who reads, counts and marks what.

use axum::http::StatusCode;
use statewright_core::value::Value;

use super::api::{member_of, post, quoted};
use super::*;
use crate::json::{member, member_items, member_number};

/// The workflow of these tests.
const ORDER: &str = include_str!("conversation.yaml");

/// An engine with an order of the practice `north`, about which the lab asked, spoke among itself, was answered, and spoke again.
pub async fn with_talk() -> Api {
    let api = Api::new().await;
    let files = format!(
        "{{\"main\": \"order.yaml\", \"files\": {{\"order.yaml\": {}}}}}",
        quoted(ORDER)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    let body = r#"{"with": {"code": "O-1", "practice": "north"}}"#;
    api.check(post("/v1/instances/order", body).by(&api.clerk), "201").await;
    let nora = api.token_of(&member_of("north", "nora", &["ecp"])).await;
    say(&api, &api.clerk, "ASK", "question", "Which side?").await;
    say(&api, &api.clerk, "WHISPER", "word", "Mind this one").await;
    say(&api, &nora, "ANSWER", "answer", "Both").await;
    say(&api, &api.clerk, "WHISPER", "word", "Both, they say").await;
    api
}

pub async fn say(api: &Api, who: &str, event: &str, field: &str, words: &str) {
    let body = format!("{{\"event\": \"{event}\", \"with\": {{\"{field}\": \"{words}\"}}}}");
    api.check(post("/v1/instances/order/O-1/events", &body).by(who), "200").await;
}

const THREAD: &str = "/v1/instances/order/O-1/thread";

async fn thread(api: &Api, who: &str, query: &str) -> Value {
    api.check(get(&format!("{THREAD}{query}")).by(who), "200").await.value()
}

fn said(page: &Value) -> Vec<String> {
    let of_one = |message: &Value| {
        let by = message.field("by").expect("it is known");
        format!(
            "{} to {}: {}",
            member(by, "id"),
            member(message, "to"),
            member(message, "text")
        )
    };
    member_items(page, "messages").iter().map(of_one).collect()
}

#[tokio::test]
async fn a_practice_reads_what_was_said_to_it_and_by_it_and_nothing_else() {
    let api = with_talk().await;
    let nora = api.token_of(&member_of("north", "nora", &["ecp"])).await;
    let sven = api.token_of(&member_of("south", "sven", &["ecp"])).await;
    let theirs = ["carl to Ecp north: Which side?", "nora to Clerk: Both"];
    let page = thread(&api, &nora, "").await;
    assert_eq!(said(&page), theirs);
    let all = thread(&api, &api.clerk, "").await;
    assert_eq!(
        said(&all),
        [
            theirs[0],
            "carl to Clerk: Mind this one",
            theirs[1],
            "carl to Clerk: Both, they say"
        ]
    );
    // nothing of a page says that there is more than it shows
    let first = thread(&api, &nora, "?limit=1").await;
    let second = thread(&api, &nora, &format!("?limit=1&after={}", member(&first, "after"))).await;
    assert_eq!(
        (said(&first).len(), said(&second).len(), member(&second, "after")),
        (1, 1, "")
    );
    api.check(
        get(THREAD).by(&sven),
        "404 SW-2103 There is no order/O-1, or it is not yours to see",
    )
    .await;
    let inbox = api.check(get("/v1/inbox?limit=1").by(&sven), "200").await.value();
    assert_eq!((member_items(&inbox, "notices").len(), member(&inbox, "after")), (0, ""));
}

#[tokio::test]
async fn what_is_unread_is_counted_and_read_by_whom_it_was_said_to() {
    let api = with_talk().await;
    let nora = api.token_of(&member_of("north", "nora", &["ecp"])).await;
    let sven = api.token_of(&member_of("south", "sven", &["ecp"])).await;
    let dora = api.token("dora", &["clerk"]).await;
    let unread = async |who: &str| {
        let page = thread(&api, who, "").await;
        let inbox = api.check(get("/v1/inbox/unread").by(who), "200").await.value();
        let in_thread = member_number(page.field("unread").expect("a count"), "count");
        assert_eq!(in_thread, member_number(&inbox, "count"));
        in_thread
    };
    // nobody has their own words unread
    assert_eq!(
        (unread(&nora).await, unread(&api.clerk).await, unread(&dora).await),
        (1, 1, 3)
    );
    let all = thread(&api, &api.clerk, "").await;
    let places: Vec<&str> = member_items(&all, "messages")
        .iter()
        .map(|message| member(message, "place"))
        .collect();
    let mark = |place: &str| post("/v1/inbox/read", &format!("{{\"conversation\": \"{place}\"}}"));
    for place in &places {
        let refused = api.ask(mark(place).by(&sven)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{place}");
    }
    for place in [places[1], places[3]] {
        let refused = api.ask(mark(place).by(&nora)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{place}");
    }
    api.check(mark(places[0]).by(&nora), "204").await;
    api.check(mark(places[2]).by(&dora), "204").await;
    assert_eq!((unread(&nora).await, unread(&dora).await), (0, 1));
    let readers = async |who: &str| -> Vec<Option<Vec<String>>> {
        let page = thread(&api, who, "").await;
        let of_one = |message: &Value| {
            let readers = message.field("readers").filter(|readers| !readers.is_null())?;
            let named = member_items(readers, "named").iter();
            Some(named.map(|reader| member(reader, "user").to_owned()).collect())
        };
        member_items(&page, "messages").iter().map(of_one).collect()
    };
    let by = |user: &str| Some(vec![user.to_owned()]);
    assert_eq!(readers(&api.clerk).await, [by("nora"), by("dora"), by("dora"), Some(vec![])]);
    assert_eq!(
        readers(&nora).await,
        [None, by("dora")],
        "of what others wrote it is not theirs to know"
    );
}

#[tokio::test]
async fn an_offer_says_whether_it_is_said_in_the_conversation() {
    let api = with_talk().await;
    let offers = api
        .check(get("/v1/instances/order/O-1/can").by(&api.clerk), "200")
        .await
        .value();
    let said: Vec<(&str, bool)> = member_items(&offers, "events")
        .iter()
        .map(|offer| {
            (
                member(offer, "event"),
                offer.field("conversation") == Some(&Value::Boolean(true)),
            )
        })
        .collect();
    assert_eq!(said, [("CLOSE", false), ("ASK", true), ("ANSWER", true), ("WHISPER", true)]);
}
