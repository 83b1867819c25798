//! What a form says of fields that only a guard asks for, what a check knows before all is filled in, and what would come of it.

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

#[tokio::test]
async fn what_would_be_written_is_told_before_it_is_sent() {
    let api = api().await;
    let rate = "/instances/card/C-1/events/RATE";
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see(rate).await;
    let check = async |entries: &[(&str, &str)]| clerk.fill(&page, rate, entries).await;
    let high = check(&[("with.beats", "120"), ("check", "part")]).await;
    high.shows(&[
        "It would then have:",
        "<dt>Risk</dt><dd>high</dd>",
        "<dt>Nearest</dt><dd>+1.50 D</dd>",
    ]);
    // what has no name of its own is the workflow's affair, and of personal data every reading is kept
    high.hides(&["Pulse", "about 120", "Remark"]);
    let entered = check(&[("with.beats", "90"), ("with.nearest", "2"), ("check", "page")]).await;
    entered.shows(&["<dt>Risk</dt><dd>low</dd>"]);
    // what was entered is not told again
    entered.hides(&["<dt>Nearest</dt>"]);
    check(&[("with.beats", "many"), ("check", "part")])
        .await
        .hides(&["It would then have"]);

    clerk
        .fill(&page, rate, &[("with.beats", "120")])
        .await
        .leads_to("/instances/card/C-1?done=card%2FC-1");
    clerk
        .see("/instances/card/C-1")
        .await
        .shows(&["<dd>high</dd>", "<dd>+1.50 D</dd>"]);
    // nothing new would be known by it
    let page = clerk.see(rate).await;
    clerk
        .fill(&page, rate, &[("with.beats", "121"), ("check", "part")])
        .await
        .hides(&["It would then have"]);

    // whoever sees less of it is told no more
    let porter = as_(&api, &api.session("paul", &["porter"]).await);
    let page = porter.see(rate).await;
    let seen = porter
        .fill(&page, rate, &[("with.beats", "70"), ("with.nearest", "4"), ("check", "part")])
        .await;
    seen.shows(&["<dt>Risk</dt><dd>low</dd>"]);
    seen.hides(&["Nearest"]);
    let body = r#"{"with": {"number_on_card": "C-2", "kind": "first", "by_whom": "Ida"}}"#;
    api.check(post("/v1/instances/card", body).by(&api.clerk), "201").await;
    let rate = "/instances/card/C-2/events/RATE";
    let page = porter.see(rate).await;
    let seen = porter.fill(&page, rate, &[("with.beats", "70"), ("check", "part")]).await;
    seen.shows(&["<dt>Risk</dt><dd>low</dd>"]);
    seen.hides(&["Nearest"]);

    let start = clerk.see("/start/card").await;
    let entries = [
        ("with.number_on_card", "C-3"),
        ("with.kind", "first"),
        ("with.by_whom", "Ida"),
        ("check", "part"),
    ];
    let begun = clerk.fill(&start, "/start/card", &entries).await;
    begun.shows(&["<dt>House</dt><dd>carl</dd>"]);
    begun.hides(&["<dt>Kind</dt>"]);
}

#[tokio::test]
async fn what_a_guard_refuses_in_any_case_is_not_offered() {
    let api = api().await;
    let body = r#"{"with": {"number_on_card": "C-2", "kind": "first", "by_whom": "Ida"}}"#;
    api.check(post("/v1/instances/card", body).by(&api.clerk), "201").await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let offered = |page: &Seen, key: &str| page.html.contains(&format!("<option value=\"{key}\">"));
    // neither is closed, which a start asks
    let start = clerk.see("/start/card").await;
    assert_eq!((offered(&start, "C-1"), offered(&start, "C-2")), (false, false));
    // an event of one may name the other, and not itself
    let hand_on = clerk.see("/instances/card/C-1/events/HAND_ON").await;
    assert_eq!((offered(&hand_on, "C-1"), offered(&hand_on, "C-2")), (false, true));
    api.check(
        post("/v1/instances/card/C-1/events", r#"{"event": "CLOSE"}"#).by(&api.clerk),
        "200",
    )
    .await;
    let start = clerk.see("/start/card").await;
    assert_eq!((offered(&start, "C-1"), offered(&start, "C-2")), (true, false));
    // and what is not offered may be typed, to be told why not
    let entries = [("with.follows", "C-2"), ("check", "page")];
    clerk
        .fill(&start, "/start/card", &entries)
        .await
        .shows(&["C-2 is not closed"]);
}
