//! An instance as it stood, on a page.

use statewright_core::identity::InstanceId;
use statewright_core::step::Actor;

use super::super::*;
use crate::http::tests::access::with_jobs;

async fn seated() -> Api {
    let api = Api::new().await;
    api.ticket("A-1").await;
    api.send("A-1", r#"{"event": "SIT", "with": {"seat": "7A"}}"#, "200").await;
    api.send("A-1", r#"{"event": "STAND"}"#, "200").await;
    api
}

#[tokio::test]
async fn each_entry_leads_to_how_it_stood_then_and_from_there_on() {
    let api = seated().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let trail = clerk.see("/instances/ticket/A-1/trail").await;
    trail.shows(&["href=\"/instances/ticket/A-1?entry=2\">As it stood then"]);
    let page = clerk.see("/instances/ticket/A-1?entry=2").await;
    page.shows(&[
        "This is the past: as it stood on",
        "href=\"/instances/ticket/A-1\">As it stands now",
        "<span class=\"tag here\">Seated</span>",
        "7A",
        "href=\"/instances/ticket/A-1?entry=1\" rel=\"prev\"",
        "href=\"/instances/ticket/A-1?entry=3\" rel=\"next\"",
        "id=\"entry-2\"",
        "id=\"entry-3\"",
        // its diagram, with the way up to then
        "aria-label=\"Seated: it is here now, it was entered once; its entry in the trail\"",
        "aria-label=\"Open: it was entered once; its entry in the trail\"",
        "href=\"/instances/ticket/A-1?entry=2&amp;size=whole#diagram\"",
    ]);
    // nothing can be done to what was, and nothing refreshes it
    page.hides(&[
        "method=\"post\" action=\"/instances",
        "What can be done",
        "Open tasks",
        "data-topic",
    ]);
    let last = clerk.see("/instances/ticket/A-1?entry=3").await;
    last.shows(&["Nothing has come since.", "<span class=\"tag here\">Open</span>"]);
    last.hides(&["rel=\"next\""]);
    clerk
        .see("/instances/ticket/A-1?entry=1")
        .await
        .hides(&["rel=\"prev\"", "7A</dd>"]);
}

#[tokio::test]
async fn a_day_and_time_are_entered_in_the_zone_that_the_page_names() {
    let api = seated().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let zone = api.service.engine.zone().expect("a zone");
    let name = zone.iana_name().expect("a name");
    let page = clerk.see("/instances/ticket/A-1").await;
    page.shows(&["type=\"datetime-local\"", &format!("({name})")]);
    let rows = api
        .service
        .engine
        .trail("ticket", "A-1", &api_clerk(), 0, 9)
        .await
        .expect("a trail");
    let second = jiff::Timestamp::from_microsecond(rows[1].at_us).expect("a moment");
    let entered = second.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    let then = clerk.see(&format!("/instances/ticket/A-1?at={entered}")).await;
    then.shows(&["This is the past", "<span class=\"tag here\">Seated</span>", "7A"]);
    let early = clerk.see("/instances/ticket/A-1?at=2001-01-01T00:00").await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    early.shows(&[
        "There was nothing of it yet",
        "href=\"/instances/ticket/A-1?entry=1\"",
        "type=\"datetime-local\"",
    ]);
    early.hides(&["What was known"]);
    let late = clerk.see("/instances/ticket/A-1?at=9000-01-01T00:00").await;
    late.shows(&[
        "That moment is still to come",
        "href=\"/instances/ticket/A-1\">As it stands now",
    ]);
    clerk
        .see("/instances/ticket/A-1?entry=7")
        .await
        .shows(&["numbered from 1 to 3"]);
}

fn api_clerk() -> Actor {
    let mut clerk = Actor::plain(statewright_core::step::ActorKind::Person, "carl");
    clerk.roles = vec!["clerk".into()];
    clerk
}

#[tokio::test]
async fn what_was_erased_and_what_is_personal_is_said_and_not_left_empty() {
    let api = with_jobs(&["J-1"]).await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    clerk.see("/instances/job/J-1?entry=1").await.shows(&["Ida Roth"]);
    let aude = as_(&api, &api.session("aude", &["auditor"]).await);
    let told = aude.see("/instances/job/J-1?entry=1").await;
    told.shows(&["<dt>Patient</dt><dd><span class=\"tag\">Personal, and not yours to see"]);
    told.hides(&["Ida"]);
    // the log says which moment it was that the clerk looked at
    aude.see("/accesses")
        .await
        .shows(&["The case as it stood on", "href=\"/instances/job/J-1?entry=1\""]);
    api.service
        .engine
        .erase("job", "J-1", &Actor::engine())
        .await
        .expect("it is there");
    assert!(
        api.service
            .engine
            .store()
            .personal(InstanceId::of("job", "J-1"))
            .await
            .expect("a store")
            .is_empty()
    );
    for reader in [&clerk, &aude] {
        let then = reader.see("/instances/job/J-1?entry=1").await;
        then.shows(&[
            "<dt>Patient</dt><dd><span class=\"tag\">Erased since",
            "as far as its entries name it",
        ]);
        then.hides(&["Ida"]);
    }
}

#[tokio::test]
async fn who_may_not_read_the_trail_sees_neither_the_field_nor_the_past() {
    let api = with_jobs(&["J-1"]).await;
    let gina = as_(&api, &api.session("gina", &["guest"]).await);
    let words = |page: &Seen, key: &str| {
        (
            page.status,
            page.html
                .contains(&format!("There is no job/{key}, or it is not yours to see")),
        )
    };
    for query in ["entry=1", "entry=99", "at=2001-01-01T00:00"] {
        for key in ["J-1", "J-2"] {
            let page = gina.see(&format!("/instances/job/{key}?{query}")).await;
            assert_eq!(words(&page, key), (StatusCode::NOT_FOUND, true), "{query}: {}", page.html);
        }
    }
}
