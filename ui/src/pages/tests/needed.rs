//! What a form says of fields that only a guard asks for, and what a check knows before all is filled in.

use super::{Seen, as_};
use crate::http::tests::api::{Api, post, quoted};

const CARD: &str = include_str!("card.yaml");

pub(super) async fn api() -> Api {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"card.yaml\", \"files\": {{\"card.yaml\": {}}}}}", quoted(CARD));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    let body = r#"{"with": {"number_on_card": "C-1", "kind": "first", "by_whom": "Ida"}}"#;
    api.check(post("/v1/instances/card", body).by(&api.clerk), "201").await;
    api
}

/// What stands behind the name of a field.
fn beside(page: &Seen, label: &str) -> String {
    let (_, rest) = page.html.split_once(&format!(">{label}")).expect("the field is there");
    let (words, _) = rest.split_once("</l").expect("a label ends");
    words.replace(" <span class=\"soft\">", "").replace("</span>", "")
}

#[tokio::test]
async fn a_field_that_a_guard_asks_for_is_not_said_to_be_left_open() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let start = clerk.see("/start/card").await;
    let said = ["Number on the card", "Sent by", "Place", "House"].map(|label| beside(&start, label));
    assert_eq!(said, ["", "", "(needed in some cases)", "(may be left open)"]);
    start.shows(&["If left open, it is worked out from who you are when this is sent."]);

    let measure = clerk.see("/instances/card/C-1/events/MEASURE").await;
    assert_eq!(
        ["Pulse", "Arm"].map(|label| beside(&measure, label)),
        ["", "(may be left open)"]
    );
    let change = clerk.see("/instances/card/C-1/events/CHANGE").await;
    assert_eq!(beside(&change, "Place"), "");
}

#[tokio::test]
async fn a_start_is_refused_at_once_for_all_that_is_known_to_be_wrong() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/card").await;
    let check = async |entries: &[(&str, &str)]| clerk.fill(&page, "/start/card", entries).await;
    // the key is missing, and what is proposed stands already
    let early = check(&[("with.kind", "again"), ("check", "page")]).await;
    early.shows(&["Nobody comes again to carl", "href=\"#with-number_on_card\""]);
    // of what is still to come nothing is said
    early.hides(&["Say where", "Say who sent them"]);
    let other = [("with.kind", "again"), ("with.house", "north"), ("check", "page")];
    check(&other).await.hides(&["Nobody comes again"]);
    // one that is there already is told beside the field that it is known by
    let taken = check(&[("with.number_on_card", "C-1"), ("with.kind", "again"), ("check", "page")]).await;
    taken.shows(&[
        "Number on the card is taken: card C-1 is there already",
        "href=\"#with-number_on_card\"",
        "Nobody comes again to carl",
        "Say where",
    ]);
    check(&[("with.number_on_card", "C-2"), ("check", "page")])
        .await
        .hides(&["is taken"]);
}
