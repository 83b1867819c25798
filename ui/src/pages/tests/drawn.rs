//! Diagrams on pages: each state leads somewhere, to what the reader may see.

mod past;

use super::*;

/// A ticket that sat down and stood up again, and two that are open.
async fn with_tickets() -> Api {
    let api = Api::new().await;
    for key in ["A-1", "A-2", "A-3"] {
        api.ticket(key).await;
    }
    api.send("A-1", r#"{"event": "SIT", "with": {"seat": "7A"}}"#, "200").await;
    api
}

#[tokio::test]
async fn a_workflow_says_how_many_open_cases_stand_where_and_leads_to_them() {
    let api = with_tickets().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/workflows/ticket").await;
    page.shows(&[
        "aria-label=\"Open: 2 open cases stand here\"",
        "aria-label=\"Seated: 1 open case stands here\"",
        "href=\"/instances?workflow=ticket&amp;state=seated\"",
    ]);
    let seated = clerk.see("/instances?workflow=ticket&state=seated").await;
    seated.shows(&["In the state <strong>Seated</strong>", "href=\"/instances/ticket/A-1\""]);
    seated.hides(&["/instances/ticket/A-2"]);
    // who sees none of them is told of none
    let eve = as_(&api, &api.session("eve", &["visitor"]).await);
    let page = eve.see("/workflows/ticket").await;
    page.hides(&["open case stands here", "open cases stand here"]);
    page.shows(&["this does not say that nobody is there"]);
    // an operator has no case by being one, and is told so
    let olga = as_(&api, &api.session("olga", &["operator"]).await);
    let page = olga.see("/workflows/ticket").await;
    page.shows(&["this does not say that nobody is there"]);
    page.hides(&["open case stands here", "open cases stand here"]);
    eve.see("/instances?workflow=ticket&state=seated").await.hides(&["A-1"]);
}

#[tokio::test]
async fn a_workflow_says_since_when_it_is_live_and_by_whom_and_its_conditions() {
    let api = with_tickets().await;
    let page = as_(&api, &api.session("olga", &["operator"]).await)
        .see("/workflows/ticket")
        .await;
    page.shows(&["Live since <time", ", deployed by ", "PAY", "[event.price"]);
    page.hides(&["was first deployed"]);
}

/// The people of a practice do not write workflows: conditions as those write them are nothing to them.
#[tokio::test]
async fn the_diagram_of_a_case_says_what_people_say_and_no_conditions() {
    let api = with_tickets().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    for path in ["/instances/ticket/A-1", "/instances/ticket/A-1?entry=1"] {
        let page = clerk.see(path).await;
        let drawn = page.html.split("class=\"diagram\"").nth(1).expect("a diagram");
        let drawn = drawn.split("</svg>").next().expect("an end");
        for (word, is_there) in [
            (">Sit<", true),
            ("Pay", true),
            ("PAY", false),
            ("event.price", false),
            ("price", false),
        ] {
            assert_eq!(drawn.contains(word), is_there, "{path}: {word}: {drawn}");
        }
    }
}

#[tokio::test]
async fn an_instance_shows_the_way_it_came_and_each_state_leads_to_its_entry() {
    let api = with_tickets().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/instances/ticket/A-1").await;
    page.shows(&[
        "aria-label=\"Open: it was entered once; its entry in the trail\"",
        "href=\"/instances/ticket/A-1/trail?after=0#entry-1\"",
        "aria-label=\"Seated: it is here now, it was entered once; its entry in the trail\"",
        "href=\"/instances/ticket/A-1/trail?after=1#entry-2\"",
        // where it never was it leads to those that are there
        "href=\"/instances?workflow=ticket&amp;state=waiting\"",
    ]);
    assert_eq!(page.html.matches("class=\"way went\"").count(), 1, "{}", page.html);
    let trail = clerk.see("/instances/ticket/A-1/trail?after=1").await;
    trail.shows(&["id=\"entry-2\""]);
    trail.hides(&["id=\"entry-1\""]);
}
