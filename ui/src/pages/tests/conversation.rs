//! The conversation of an instance, in a browser.

use super::*;
use crate::http::tests::api::member_of;
use crate::http::tests::conversation::{say, with_talk};

const PAGE: &str = "/instances/order/O-1";
const TASK: &str = "/tasks/order/O-1/open%401";

async fn practice<'a>(api: &'a Api, organisation: &str, user: &str) -> Browser<'a> {
    as_(api, &api.session_of(&member_of(organisation, user, &["ecp"])).await)
}

/// What stands under the heading.
fn talk(page: &Seen) -> &str {
    let from = page.html.split("id=\"conversation\"").nth(1);
    from.and_then(|rest| rest.split("</section>").next()).unwrap_or_default()
}

#[tokio::test]
async fn what_was_said_stands_on_the_page_of_the_instance_and_of_its_task() {
    let api = with_talk().await;
    let nora = practice(&api, "north", "nora").await;
    for path in [PAGE, TASK] {
        let page = nora.see(path).await;
        page.shows(&[
            "Which side?",
            "<strong>carl</strong>",
            "to Ecp north",
            "Both",
            "<strong>You</strong>",
        ]);
        page.shows(&["<time datetime=", "Nobody has read it yet", ">New<", "unread-count\">1<"]);
        page.hides(&["Mind this one", "Both, they say", "cost", "Its trail"]);
        let (asked, answered) = (talk(&page).find("Which side?"), talk(&page).find("Both"));
        assert!(asked < answered, "the oldest comes first");
    }
    let carl = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = carl.see(PAGE).await;
    page.shows(&["Which side?", "Mind this one", "Both", "Both, they say", "Its trail"]);
    assert_eq!(talk(&page).matches(">New<").count(), 1, "the answer; nothing of their own");
}

#[tokio::test]
async fn another_practice_sees_counts_and_hears_nothing_of_it() {
    let api = with_talk().await;
    let sven = practice(&api, "south", "sven").await;
    assert_eq!(sven.see(PAGE).await.status, StatusCode::NOT_FOUND);
    assert_eq!(sven.see("/live?topic=instance:order/O-1").await.status, StatusCode::NOT_FOUND);
    for path in ["/inbox", "/tasks", "/instances", "/search?q=O-1"] {
        sven.see(path)
            .await
            .hides(&["Which side?", "Mind this one", "Both", "unread-count"]);
    }
    // whoever listens to their own inbox hears nothing of what is said to others, but of what is said to them
    let mut inbox = listen(&api, &sven.secret, "inbox").await;
    say(&api, &api.clerk, "ASK", "question", "And the other?").await;
    let body = r#"{"with": {"code": "S-1", "practice": "south"}}"#;
    api.check(post("/v1/instances/order", body).by(&api.clerk), "201").await;
    let asked = r#"{"event": "ASK", "with": {"question": "Yours now?"}}"#;
    api.check(post("/v1/instances/order/S-1/events", asked).by(&api.clerk), "200")
        .await;
    assert_eq!(next(&mut inbox).await.as_deref(), Some("event: ping\ndata:\n\n"));
    let page = sven.see("/inbox").await;
    page.shows(&["Yours now?", "unread-count\">1<"]);
    page.hides(&["And the other?"]);
    // and no form of theirs marks what is another's
    let carl = as_(&api, &api.session("carl", &["clerk"]).await);
    let theirs = carl.see(PAGE).await;
    let place = theirs.html.split("name=\"up_to\" value=\"").nth(1).expect("it is unread");
    let place = place.split('"').next().expect("a place");
    for action in [
        format!("{PAGE}/conversation/read"),
        "/instances/order/S-1/conversation/read".into(),
    ] {
        let forged = page.body("/sign-out", &[("up_to", place)]);
        assert_eq!(sven.post(&action, forged).await.status, StatusCode::NOT_FOUND, "{action}");
    }
}

#[tokio::test]
async fn an_answer_is_written_under_the_question_and_marks_it_as_read() {
    let api = with_talk().await;
    let nora = practice(&api, "north", "nora").await;
    let answer = format!("{PAGE}/events/ANSWER");
    for (path, back) in [
        (PAGE, "/instances/order/O-1#conversation"),
        (TASK, "/tasks/order/O-1/open%401#conversation"),
    ] {
        say(&api, &api.clerk, "ASK", "question", "Are you sure?").await;
        let page = nora.see(path).await;
        assert!(
            talk(&page).contains(&format!("action=\"{answer}\"")),
            "its form stands in the conversation"
        );
        assert_eq!(
            page.html.matches(&format!("action=\"{answer}\"")).count(),
            1,
            "and nowhere else"
        );
        let short = nora.fill(&page, &answer, &[("with.answer", "y")]).await;
        assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
        short.shows(&["href=\"#with-answer\"", "aria-invalid=\"true\"", "with-answer-error"]);
        // what comes after the page was shown stays unread
        say(&api, &api.clerk, "ASK", "question", "Quite sure?").await;
        let stale = nora.fill(&short, &answer, &[("with.answer", "Quite sure")]).await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
        let sent = nora.fill(&stale, &answer, &[("with.answer", "Quite sure")]).await;
        sent.leads_to(back);
        let page = nora.see(path).await;
        page.shows(&["Quite sure", "unread-count\">1<"]);
        let marked = nora.fill(&page, &format!("{PAGE}/conversation/read"), &[]).await;
        marked.leads_to(back);
        nora.see(path).await.hides(&["unread-count"]);
    }
    let carl = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = carl.see(PAGE).await;
    page.shows(&["Read by nora"]);
    // who has nothing unread comes back to the conversation as well
    carl.fill(&page, &format!("{PAGE}/conversation/read"), &[]).await;
    let page = carl.see(PAGE).await;
    page.hides(&["unread-count"]);
    let asked = carl
        .fill(&page, &format!("{PAGE}/events/ASK"), &[("with.question", "Anything else?")])
        .await;
    asked.leads_to("/instances/order/O-1#conversation");
}

#[tokio::test]
async fn the_inbox_leads_to_the_conversation() {
    let api = with_talk().await;
    let nora = practice(&api, "north", "nora").await;
    let link = "<a href=\"/instances/order/O-1#conversation\">";
    nora.see("/inbox").await.shows(&[&format!("{link}Reply")]);
    let close = r#"{"event": "CLOSE"}"#;
    api.check(post("/v1/instances/order/O-1/events", close).by(&api.clerk), "200")
        .await;
    nora.see("/inbox").await.shows(&[&format!("{link}Conversation")]);
    nora.see(PAGE).await.hides(&["Answer the lab"]);
}

#[tokio::test]
async fn a_page_that_is_open_hears_that_something_was_said_and_read() {
    let api = with_talk().await;
    let carl = api.session("carl", &["clerk"]).await;
    let mut open = listen(&api, &carl, "instance:order/O-1").await;
    let nora = practice(&api, "north", "nora").await;
    let page = nora.see(PAGE).await;
    nora.fill(&page, &format!("{PAGE}/conversation/read"), &[]).await;
    assert_eq!(next(&mut open).await.as_deref(), Some("event: ping\ndata:\n\n"));
    as_(&api, &carl).see(PAGE).await.shows(&["Read by nora"]);
}

#[tokio::test]
async fn a_long_conversation_shows_its_end_and_leads_to_what_was_before() {
    let api = with_talk().await;
    for number in 1..=crate::pages::conversation::SHOWN {
        say(&api, &api.clerk, "ASK", "question", &format!("Question {number}.")).await;
    }
    let nora = practice(&api, "north", "nora").await;
    let page = nora.see(PAGE).await;
    page.shows(&["Question 1.", "Question 50.", "unread-count\">51<"]);
    assert!(!talk(&page).contains("Which side?"));
    let earlier = talk(&page).split("<a href=\"").nth(1).and_then(|rest| rest.split('#').next());
    let earlier = nora.see(earlier.expect("a link to what was before")).await;
    assert!(talk(&earlier).contains("Which side?") && !talk(&earlier).contains("Question 1."));
    earlier.shows(&["Back to the newest"]);
}
