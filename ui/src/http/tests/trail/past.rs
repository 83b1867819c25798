//! An instance as it stood, over the API: for whoever may read its trail.

use statewright_core::value::Value;

use crate::http::tests::access::with_jobs;
use crate::http::tests::api::{Api, get};
use crate::http::tests::specification::conforms;
use crate::json::{member, member_items, member_number, member_texts};

async fn seated() -> Api {
    let api = Api::new().await;
    api.ticket("A-1").await;
    api.send("A-1", r#"{"event": "SIT", "with": {"seat": "7A"}}"#, "200").await;
    api
}

#[tokio::test]
async fn it_is_shown_as_it_stood_with_what_led_there_and_what_came_next() {
    let api = seated().await;
    let first = api.check(get("/v1/instances/ticket/A-1?entry=1").by(&api.clerk), "200").await;
    conforms("Instance", &first.body);
    assert_eq!(first.header("etag"), "", "nothing is sent on what was");
    let first = first.value();
    let then = first.field("as_it_stood").cloned().unwrap_or(Value::Null);
    let seat = first.field("data").and_then(|data| data.field("seat")).cloned();
    assert_eq!((member_texts(&first, "states"), seat), (vec!["open"], Some(Value::Null)));
    let number = |name: &str| then.field(name).map(|entry| member_number(entry, "number"));
    assert_eq!((number("entry"), number("next")), (Some(1), Some(2)));
    // between its two entries it stood so as well
    let next_at = then
        .field("next")
        .map(|next| member(next, "at").to_owned())
        .unwrap_or_default();
    let at = member(&then, "at");
    let same = api
        .check(get(&format!("/v1/instances/ticket/A-1?at={at}")).by(&api.clerk), "200")
        .await;
    assert_eq!(member_texts(&same.value(), "states"), ["open"]);
    let last = api
        .check(get(&format!("/v1/instances/ticket/A-1?at={next_at}")).by(&api.clerk), "200")
        .await
        .value();
    assert_eq!(member_texts(&last, "states"), ["seated"]);
    assert_eq!(
        last.field("as_it_stood").and_then(|then| then.field("next")),
        Some(&Value::Null)
    );
    let today = api.check(get("/v1/instances/ticket/A-1").by(&api.clerk), "200").await.value();
    assert_eq!((today.field("as_it_stood"), today.field("data")), (None, last.field("data")));
}

#[tokio::test]
async fn what_is_no_moment_of_its_life_is_refused_and_says_where_it_begins() {
    let api = seated().await;
    let begun = api
        .check(get("/v1/instances/ticket/A-1?entry=1").by(&api.clerk), "200")
        .await
        .value();
    let first = member(&begun, "started_at");
    let written = "400 SW-2108 `at` is a day with a time, such as 2026-11-03T14:05, or a moment such as 2026-11-03T13:05:00Z";
    for (query, refused) in [
        (
            "at=2001-01-01T00:00",
            &*format!("422 SW-2215 There was nothing of it yet: its first entry is of {first}"),
        ),
        ("entry=3", "422 SW-2215 It has no such entry: they are numbered from 1 to 2"),
        ("entry=0", "422 SW-2215 It has no such entry: they are numbered from 1 to 2"),
        ("at=yesterday", written),
        ("at=2026-11-03", written),
        ("entry=-1", "400 SW-2108 `entry` is the number of an entry"),
        (
            "entry=1&at=2026-11-03T14:05",
            "400 SW-2108 `at` and `entry` each name a moment: give one of them",
        ),
    ] {
        api.check(get(&format!("/v1/instances/ticket/A-1?{query}")).by(&api.clerk), refused)
            .await;
    }
    let future = api
        .ask(get("/v1/instances/ticket/A-1?at=9000-01-01T00:00").by(&api.clerk))
        .await;
    assert!(
        future.status.as_u16() == 422 && future.body.contains("That moment is still to come: it is "),
        "{}",
        future.body
    );
}

/// Whoever sees an instance only in part does not see what it was; they are told what they are told of nothing.
#[tokio::test]
async fn who_may_not_read_the_trail_is_told_that_there_is_nothing() {
    let api = with_jobs(&["J-1"]).await;
    let auditor = api.token("aude", &["auditor"]).await;
    for key in ["J-1", "J-2"] {
        for query in ["entry=1", "entry=99", "at=2001-01-01T00:00", "at=9000-01-01T00:00"] {
            let nothing = format!("404 SW-2103 There is no job/{key}, or it is not yours to see");
            for token in [&api.guest, &api.operator] {
                api.check(get(&format!("/v1/instances/job/{key}?{query}")).by(token), &nothing)
                    .await;
            }
        }
    }
    // an auditor is told that there was a personal value, and not which
    let told = api.check(get("/v1/instances/job/J-1?entry=1").by(&auditor), "200").await;
    assert!(!told.body.contains("Ida"), "{}", told.body);
    let then = told.value().field("as_it_stood").cloned().unwrap_or(Value::Null);
    assert_eq!(member_texts(&then, "withheld"), ["patient"]);
    // whoever sees it leaves a reading of that moment
    api.check(get("/v1/instances/job/J-1?entry=1").by(&api.clerk), "200").await;
    let log = api.check(get("/v1/access?refused=false").by(&auditor), "200").await;
    conforms("Readings", &log.body);
    let log = log.value();
    let [reading] = member_items(&log, "readings") else {
        panic!("one reading: {log:?}")
    };
    assert_eq!(
        (
            member(reading, "who"),
            member_number(reading, "entry"),
            member(reading, "moment")
        ),
        ("carl", 1, member(&then, "at"))
    );
}
