//! Views and portals over HTTP: who makes one live, for whom it is there, and what a request may ask of it.

use super::api::post;
use super::specification::conforms;
use super::*;
use crate::json::{member, member_items, member_number};

const OPEN: &str = "view: open\ntitle: Tickets\nfor: [clerk]\nkind: list\nof: ticket\ncolumns: [key, label]\n";

const LANES: &str =
    "view: lanes\nfor: [clerk]\nkind: board\nof: ticket\nlanes: [open, {title: Behind us, in: [paid]}]\ncolumns: [key]\n";

const HOW_MANY: &str = "view: how-many\nfor: [clerk]\nkind: chart\nof: ticket\ngroup: states\nmeasure: count\n";

const DESK: &str = "portal: desk\nfor: [clerk]\npages: [open, {start: ticket, title: New}]\nbrand: {name: The desk}\n";

fn file(text: &str) -> String {
    format!("{{\"main\": \"v.yaml\", \"files\": {{\"v.yaml\": {}}}}}", api::quoted(text))
}

#[tokio::test]
async fn views_are_made_live_by_operators_and_shown_to_those_they_are_for() {
    let api = Api::new().await;
    api.check(
        post("/v1/views", &file(OPEN)).by(&api.clerk),
        "403 SW-2102 This takes the role `operator`",
    )
    .await;
    let deployed = api.check(post("/v1/views", &file(OPEN)).by(&api.operator), "201").await;
    conforms("ViewDeployment", &deployed.body);
    api.check(post("/v1/views", &file(OPEN)).by(&api.operator), "200").await;
    let misfit = api
        .ask(post("/v1/views", &file(&OPEN.replace("label", "lable"))).by(&api.operator))
        .await;
    assert_eq!(misfit.status.as_str(), "422");
    assert!(misfit.body.contains("`ticket` has no field `lable`"), "{}", misfit.body);
    for view in [LANES, HOW_MANY] {
        api.check(post("/v1/views", &file(view)).by(&api.operator), "201").await;
    }
    let portal = api.check(post("/v1/portals", &file(DESK)).by(&api.operator), "201").await;
    conforms("PortalDeployment", &portal.body);

    for code in ["A-1", "A-2", "A-3"] {
        let start = format!("{{\"with\": {{\"code\": \"{code}\"}}}}");
        api.check(post("/v1/instances/ticket", &start).by(&api.clerk), "201").await;
    }
    let listed = api.check(get("/v1/views").by(&api.clerk), "200").await;
    conforms("Views", &listed.body);
    let names: Vec<String> = member_items(&listed.value(), "views")
        .iter()
        .map(|view| member(view, "name").to_owned())
        .collect();
    assert_eq!(names, ["how-many", "lanes", "open"]);
    conforms("Portals", &api.check(get("/v1/portals").by(&api.clerk), "200").await.body);

    let first = api.check(get("/v1/views/open?limit=2").by(&api.clerk), "200").await;
    conforms("View", &first.body);
    assert_eq!(member_items(&first.value(), "rows").len(), 2);
    let on = format!("/v1/views/open?limit=2&after={}", member(&first.value(), "after"));
    let second = api.check(get(&on).by(&api.clerk), "200").await.value();
    assert_eq!((member_items(&second, "rows").len(), member(&second, "after")), (1, ""));
    let lanes = api.check(get("/v1/views/lanes").by(&api.clerk), "200").await;
    conforms("View", &lanes.body);
    assert_eq!(member_number(&member_items(&lanes.value(), "lanes")[0], "count"), 3);
    let chart = api.check(get("/v1/views/how-many").by(&api.clerk), "200").await;
    conforms("View", &chart.body);

    // for others there is nothing, in the very words of what is not there
    api.check(
        get("/v1/views/open").by(&api.operator),
        "404 SW-2103 There is no view open, or it is not yours to see",
    )
    .await;
    api.check(
        get("/v1/views/nothing").by(&api.clerk),
        "404 SW-2103 There is no view nothing, or it is not yours to see",
    )
    .await;
    let nothing = api.check(get("/v1/views").by(&api.operator), "200").await.value();
    assert_eq!(member_items(&nothing, "views").len(), 0);
    let portals = api.check(get("/v1/portals").by(&api.operator), "200").await.value();
    assert_eq!(member_items(&portals, "portals").len(), 0);

    // what a view cannot be asked is told
    for question in [
        "sort=nothing",
        "where.label=x",
        "lane=0",
        "after=00",
        "limit=0",
        "other=1",
        "scan=x",
    ] {
        let heard = api.ask(get(&format!("/v1/views/open?{question}")).by(&api.clerk)).await;
        assert_eq!(
            (heard.status.as_str(), member(&heard.value(), "code")),
            ("400", "SW-2108"),
            "{question}: {}",
            heard.body
        );
    }
}
