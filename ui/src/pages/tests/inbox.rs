//! What somebody was told, in a browser.

use super::*;
use crate::http::tests::tasks::send;
use crate::json::{member, member_number};

async fn tell(api: &Api, key: &str) {
    api.check(send(key, r#"{"event": "TELL"}"#).by(&api.clerk), "200").await;
}

#[tokio::test]
async fn what_is_new_is_counted_on_every_page_until_it_is_read() {
    let api = with_reviews(&["A-1", "A-2"]).await;
    let gina = as_(&api, &api.session("gina", &["guest"]).await);
    let other = as_(&api, &api.session("gerd", &["guest"]).await);
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let counts = |page: &Seen| {
        let after = page.html.split("unread-count\">").nth(1);
        after.and_then(|rest| rest.split('<').next()).map(str::to_owned)
    };
    gina.see("/inbox").await.shows(&["You were told nothing yet"]);
    for key in ["A-1", "A-1", "A-2"] {
        tell(&api, key).await;
    }
    assert_eq!(counts(&gina.see("/tasks").await).as_deref(), Some("3"));
    assert_eq!(counts(&gina.see("/nowhere-to-be-found").await), None);
    assert_eq!(counts(&clerk.see("/tasks").await), None, "it was not for clerks");

    let page = gina.see("/inbox").await;
    page.shows(&["A-1 takes longer", "A-2 takes longer", ">New<", "Mark all as read"]);
    page.shows(&["href=\"/instances/review/A-1\""]);
    let newest = page.html.split("name=\"notice\" value=\"").nth(1).expect("one is unread");
    let newest = newest.split('"').next().expect("its place").to_owned();
    gina.post("/inbox/read", page.body("/inbox/read", &[("notice", &newest)]))
        .await
        .leads_to("/inbox");
    let page = gina.see("/inbox").await;
    assert_eq!(page.html.matches(">New<").count(), 2);
    assert_eq!(counts(&page).as_deref(), Some("2"));

    // what comes after the page was shown stays unread
    tell(&api, "A-2").await;
    gina.fill(&page, "/inbox/read", &[]).await.leads_to("/inbox");
    assert_eq!(counts(&gina.see("/inbox").await).as_deref(), Some("1"));
    // and what one has read, nobody else has
    assert_eq!(counts(&other.see("/tasks").await).as_deref(), Some("4"));
}

#[tokio::test]
async fn nobody_reads_for_somebody_else_or_what_they_were_not_told() {
    let api = with_reviews(&["A-1"]).await;
    tell(&api, "A-1").await;
    let inbox = api.check(get("/v1/inbox").by(&api.guest), "200").await.value();
    let notice = &member_items(&inbox, "notices")[0];
    assert!(!member(notice, "about").is_empty(), "guests see the review");
    let body = format!("{{\"notice\": \"{}\"}}", member(notice, "place"));
    let refused = api.ask(post("/v1/inbox/read", &body).by(&api.clerk)).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    for body in ["{}", r#"{"notice": "1", "up_to": "1"}"#] {
        let refused = api.ask(post("/v1/inbox/read", body).by(&api.guest)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let unread = async |token: &str| {
        let unread = api.check(get("/v1/inbox/unread").by(token), "200").await.value();
        member_number(&unread, "count")
    };
    assert_eq!((unread(&api.guest).await, unread(&api.clerk).await), (1, 0));
    for _ in 0..2 {
        api.check(post("/v1/inbox/read", &body).by(&api.guest), "204").await;
        assert_eq!(unread(&api.guest).await, 0);
    }
    let carl = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = carl.see("/tasks").await;
    let forged = page.body("/sign-out", &[("up_to", member(notice, "place"))]);
    assert_eq!(carl.post("/inbox/read", forged).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_open_page_hears_that_there_is_something_new_and_others_do_not() {
    let api = with_reviews(&["A-1"]).await;
    let guest = api.session("gina", &["guest"]).await;
    let mut inbox = listen(&api, &guest, "inbox").await;
    let mut tasks = listen(&api, &guest, "tasks").await;
    tell(&api, "A-1").await;
    assert_eq!(next(&mut inbox).await.as_deref(), Some("event: ping\ndata:\n\n"));
    assert_eq!(
        next(&mut tasks).await.as_deref(),
        Some("event: told\ndata:\n\n"),
        "the list itself has not changed"
    );
}
