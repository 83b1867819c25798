//! Views and portals in a browser: what stands in them, who sees it, and how one goes on.

use axum::http::StatusCode;

use super::as_;
use crate::http::tests::api::{Api, post, quoted};

const OPEN: &str = "view: open\ntitle: Tickets\nfor: [clerk]\nkind: list\nof: ticket\ncolumns: [key, label]\nactions: [SIT]\n";
const LANES: &str = "view: lanes\ntitle: Where they are\nfor: [clerk]\nkind: board\nof: ticket\nlanes: [open, {title: Behind us, in: [paid]}]\ncolumns: [key]\n";
const HOW_MANY: &str = "view: how-many\ntitle: How many\nfor: [clerk]\nkind: chart\nof: ticket\ngroup: states\nmeasure: count\n";
const DESK: &str = "portal: desk\ntitle: The desk\nfor: [clerk]\nhome: lanes\npages: [open, lanes, how-many]\n";
/// Guests come in as well, and its one view is not for them.
const HALL: &str = "portal: hall\ntitle: The hall\nfor: [guest, clerk]\npages: [open]\n";

async fn api() -> Api {
    let api = Api::new().await;
    for (kind, text) in [
        ("views", OPEN),
        ("views", LANES),
        ("views", HOW_MANY),
        ("portals", DESK),
        ("portals", HALL),
    ] {
        let name = kind.trim_end_matches('s');
        let files = format!(
            "{{\"main\": \"{name}.yaml\", \"files\": {{\"{name}.yaml\": {}}}}}",
            quoted(text)
        );
        api.check(post(&format!("/v1/{kind}"), &files).by(&api.operator), "201").await;
    }
    for code in ["T-1", "T-2"] {
        let body = format!("{{\"with\": {{\"code\": \"{code}\"}}}}");
        api.check(post("/v1/instances/ticket", &body).by(&api.clerk), "201").await;
    }
    api
}

#[tokio::test]
async fn a_portal_is_a_place_of_those_it_is_for() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    clerk.see("/tasks").await.shows(&["href=\"/portals/desk\"", "The desk"]);
    clerk.see("/portals/desk").await.leads_to("/views/lanes");
    let board = clerk.see("/views/lanes").await;
    board.shows(&["Where they are", "Behind us", "T-1", "T-2", "href=\"/views/open\""]);
    let guest = as_(&api, &api.session("gina", &["guest"]).await);
    guest.see("/tasks").await.hides(&["The desk", "The hall"]);
    for path in ["/portals/desk", "/portals/hall", "/views/lanes", "/views/open"] {
        assert_eq!(guest.see(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_list_has_links_and_what_can_be_done_and_a_chart_its_numbers() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let list = clerk.see("/views/open").await;
    list.shows(&[
        "href=\"/instances/ticket/T-1\"",
        "href=\"/instances/ticket/T-1/events/SIT\"",
        "<table class=\"stacked\">",
    ]);
    let chart = clerk.see("/views/how-many").await;
    chart.shows(&["<svg class=\"bars\"", "<td class=\"number\">2</td>"]);
    chart.hides(&["style="]);
    assert_eq!(clerk.see("/views/open?sort=nothing").await.status, StatusCode::BAD_REQUEST);
}
