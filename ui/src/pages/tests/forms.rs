//! Forms: what they open with, and what is said of them before they are sent.

use axum::http::StatusCode;

use super::{Browser, Seen, as_};
use crate::http::tests::api::{Api, get, post, quoted};
use crate::json::member_items;

const SHEET: &str = include_str!("sheet.yaml");

/// With one sheet, `S-1`.
async fn api() -> Api {
    let api = Api::new().await;
    let files = format!(
        "{{\"main\": \"sheet.yaml\", \"files\": {{\"sheet.yaml\": {}}}}}",
        quoted(SHEET)
    );
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    let body = r#"{"key": "S-1", "with": {"patient": "Ida Roth"}}"#;
    api.check(post("/v1/instances/sheet", body).by(&api.clerk), "201").await;
    api
}

fn address(event: &str) -> String {
    format!("/instances/sheet/S-1/events/{event}")
}

async fn form(clerk: &Browser<'_>, event: &str) -> Seen {
    clerk.see(&address(event)).await
}

impl Seen {
    /// What is chosen or entered in the controls of this name, without anybody having done anything.
    fn entered(&self, name: &str) -> Vec<String> {
        let inputs = self.html.split("<input ").skip(1).filter_map(|input| input.split('>').next());
        let named = inputs.filter(|input| input.contains(&format!("name=\"{name}\"")));
        let is_entered = |input: &&str| !input.contains("type=\"radio\"") || input.contains("checked");
        let value = |input: &str| {
            input
                .split("value=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .map(str::to_owned)
        };
        named.filter(is_entered).filter_map(value).collect()
    }
}

#[tokio::test]
async fn nothing_is_answered_for_anybody() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = form(&clerk, "LOOK").await;
    for required in ["with.breathing", "with.mood"] {
        assert_eq!(page.entered(required), [""; 0], "{required}");
    }
    for open in ["with.lifesaving", "with.contact", "with.colour", "with.score", "with.seen"] {
        assert_eq!(page.entered(open), [""], "{open}");
    }
    page.shows(&[
        "Not said",
        "If left open: No",
        "If left open: deep red",
        "If left open: 3",
        "If left open, it is worked out",
    ]);
    page.hides(&[" selected"]);
    assert_eq!(page.html.matches("type=\"radio\" name=\"with.breathing\"").count(), 2);
    assert_eq!(page.html.matches("type=\"radio\" name=\"with.lifesaving\"").count(), 3);

    // what is required is asked for, and what was chosen stays chosen
    let said = [("with.lifesaving", ""), ("with.contact", "false"), ("with.mood", "calm")];
    let refused = clerk.fill(&page, &address("LOOK"), &said).await;
    refused.shows(&["href=\"#with-breathing\""]);
    assert_eq!(refused.entered("with.contact"), ["false"]);
    assert_eq!(refused.entered("with.lifesaving"), [""]);
    let said = [said.as_slice(), &[("with.breathing", "true")]].concat();
    clerk
        .fill(&refused, &address("LOOK"), &said)
        .await
        .leads_to("/instances/sheet/S-1?done=sheet%2FS-1");
    // and what was left open is what the form said it would be
    clerk.see("/instances/sheet/S-1").await.shows(&["deep_red"]);
}

async fn entries(api: &Api) -> usize {
    let trail = get("/v1/instances/sheet/S-1/trail").by(&api.clerk);
    member_items(&api.check(trail, "200").await.value(), "entries").len()
}

#[tokio::test]
async fn a_check_says_what_would_become_of_it_and_changes_nothing() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = form(&clerk, "GIVE").await;
    let check = async |entries: &[(&str, &str)]| clerk.fill(&page, &address("GIVE"), entries).await;

    let wrong = check(&[("with.lot", "17"), ("with.amount", "9"), ("check", "page")]).await;
    assert_eq!(wrong.status, StatusCode::OK);
    wrong.shows(&[
        "This would not be taken.",
        "Lot is not written as it must be, such as L-17",
        "href=\"#with-lot\"",
    ]);
    assert_eq!(
        (wrong.entered("with.lot"), wrong.entered("with.amount")),
        (vec!["17".to_owned()], vec!["9".to_owned()])
    );
    // a guard that rests on nothing but what fits is tried already
    wrong.shows(&["“Amount” must be at most “Most in a day”"]);
    let early = check(&[("with.lot", "L-0"), ("check", "page")]).await;
    early.shows(&[
        "There is no lot L-0",
        "Still to be filled in",
        "href=\"#with-amount\"",
        "Amount must be filled in",
    ]);
    check(&[("with.lot", "L-1"), ("check", "page")])
        .await
        .shows(&["Nothing is wrong so far.", "Still to be filled in"]);
    let good = check(&[("with.lot", "L-1"), ("with.amount", "2"), ("check", "page")]).await;
    good.shows(&["This would be taken. It is then: Was given", "nothing was sent"]);
    assert_eq!(entries(&api).await, 1, "nothing of it was kept");

    // the form that came back is sent as it is
    let entered = [("with.lot", "L-1"), ("with.amount", "2")];
    clerk
        .fill(&good, &address("GIVE"), &entered)
        .await
        .leads_to("/instances/sheet/S-1?done=sheet%2FS-1");
    assert_eq!(entries(&api).await, 2);
    let late = check(&[("with.lot", "L-1"), ("with.amount", "2"), ("check", "page")]).await;
    assert_eq!(late.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_script_is_given_only_what_was_found() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = form(&clerk, "GIVE").await;
    let ask = async |entries: &[(&str, &str)]| clerk.fill(&page, &address("GIVE"), entries).await;
    let found = ask(&[("with.lot", "17"), ("check", "part")]).await;
    found.hides(&["<html", "<form"]);
    found.shows(&["data-beside=\"with-lot\"", "data-beside=\"with-amount\"", "data-checked"]);
    // what nobody has come to yet is no mistake
    let meanwhile = ask(&[("with.lot", "17"), ("check", "meanwhile")]).await;
    meanwhile.shows(&["data-beside=\"with-lot\"", ">Amount<"]);
    meanwhile.hides(&["data-beside=\"with-amount\""]);
    // a file that is chosen and not sent along is not missing
    let chosen = ask(&[("with.lot", "L-1"), ("chosen", "with.amount"), ("check", "meanwhile")]).await;
    chosen.shows(&["Nothing is wrong so far."]);
    chosen.hides(&["Amount"]);

    let foreign = clerk.post(&address("GIVE"), "with.lot=L-1&check=part".into()).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_signed_is_checked_without_a_password_and_not_signed_by_it() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = form(&clerk, "SIGN").await;
    let checked = clerk
        .fill(
            &page,
            &address("SIGN"),
            &[("with.word", "yes"), ("sign", "guessed"), ("check", "page")],
        )
        .await;
    checked.shows(&["This would be taken, with your signature. It is then: Was given"]);
    checked.hides(&["guessed"]);
    assert_eq!(entries(&api).await, 1);
    let sent = clerk.fill(&checked, &address("SIGN"), &[("with.word", "yes")]).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "a check proves nobody");
}

#[tokio::test]
async fn a_start_is_checked_and_nothing_begins() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/sheet").await;
    let check = async |entries: &[(&str, &str)]| clerk.fill(&page, "/start/sheet", entries).await;
    check(&[("with.patient", "nobody"), ("check", "page")])
        .await
        .shows(&["Say who it is"]);
    check(&[("with.patient", "Ida"), ("check", "page")])
        .await
        .shows(&["This would be taken. It is then: Waiting", "value=\"Ida\""]);
    check(&[("key", "S-1"), ("with.patient", "Ida"), ("check", "page")])
        .await
        .shows(&["Sheet S-1 exists already"]);
    // no number was drawn either
    let begun = check(&[("with.patient", "Ida")]).await;
    begun.leads_to("/instances/sheet/1?done=sheet%2F1");
    // the API says as well that it was refused, and not whom it was about
    let body = r#"{"with": {"patient": "nobody"}}"#;
    let refused = api.ask(post("/v1/instances/sheet", body).by(&api.clerk)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_correction_opens_with_what_is_known_and_changes_only_what_was_changed() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let send = async |event: &str, entries: &[(&str, &str)]| {
        let page = form(&clerk, event).await;
        let sent = clerk.fill(&page, &address(event), entries).await;
        sent.leads_to("/instances/sheet/S-1?done=sheet%2FS-1");
    };
    let fresh = form(&clerk, "CORRECT").await;
    assert_eq!(fresh.entered("with.height"), [""]);
    assert_eq!(
        fresh.entered("with.urgent"),
        [""],
        "that it is not urgent was nobody's word yet"
    );
    fresh.shows(&["now: <b>No</b>", "now: <b>Ida Roth</b>", "If left open, it stays as it is."]);
    assert_eq!(fresh.entered("with.patient"), ["Ida Roth"]);
    send(
        "CORRECT",
        &[("with.height", "171"), ("with.urgent", "true"), ("with.notes.0", "slept")],
    )
    .await;
    send("WEIGH", &[("with.weight", "70")]).await;

    let page = form(&clerk, "CORRECT").await;
    page.shows(&["now: <b>171 cm</b>", "now: <b>Yes</b>"]);
    assert_eq!(
        (page.entered("with.height"), page.entered("with.urgent")),
        (vec!["171".into()], vec!["true".into()])
    );
    assert_eq!(page.entered("with.notes.0"), ["slept"]);
    // a new measurement is no correction of the old one
    let weigh = form(&clerk, "WEIGH").await;
    weigh.shows(&["now: <b>70 kg</b>"]);
    assert_eq!(weigh.entered("with.weight"), [""]);

    // sent as it came, nothing has changed
    let same = [
        ("with.height", "171"),
        ("with.urgent", "true"),
        ("with.notes.0", "slept"),
        ("with.patient", "Ida Roth"),
    ];
    send("CORRECT", &same).await;
    let trail = api
        .check(get("/v1/instances/sheet/S-1/trail").by(&api.clerk), "200")
        .await
        .value();
    let last = member_items(&trail, "entries").last().cloned().expect("an entry");
    assert_eq!(member_items(&last, "changes").len(), 0, "{last:?}");
}

#[tokio::test]
async fn a_form_opens_with_nothing_that_its_reader_does_not_see_and_what_it_shows_was_read() {
    let api = api().await;
    let porter = as_(&api, &api.session("paul", &["porter"]).await);
    let auditor = api.token("otto", &["auditor"]).await;
    let readings = async || {
        let log = api.check(get("/v1/access").by(&auditor), "200").await.value();
        member_items(&log, "readings").len()
    };
    let page = form(&porter, "CORRECT").await;
    page.hides(&["Ida Roth"]);
    assert_eq!((page.entered("with.patient"), readings().await), (vec![String::new()], 0));
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    form(&clerk, "GIVE").await;
    assert_eq!(readings().await, 0);
    form(&clerk, "CORRECT").await.shows(&["Ida Roth"]);
    assert_eq!(readings().await, 1);
}

#[tokio::test]
async fn people_read_words_and_owners_find_the_rule() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = form(&clerk, "GIVE").await;
    page.shows(&["“Amount” must be at most “Most in a day”", "“Urgent” must be no"]);
    page.shows(&[
        "as the workflow writes them",
        "<code>(notes | length) + event.amount &lt; 9</code>",
    ]);
    let entries = [("with.lot", "17"), ("with.amount", "0.7"), ("with.line.hour", "25")];
    let refused = clerk.fill(&page, &address("GIVE"), &entries).await;
    refused.shows(&[
        ">Lot is not written as it must be, such as L-17<",
        ">Amount must go in steps of 0.5<",
        ">Line, hour must be at most 23<",
        "<code>must match the pattern `^L-[0-9]+$`</code>",
    ]);
    let entries = [("with.lot", "L-1"), ("with.amount", "7")];
    let refused = clerk.fill(&refused, &address("GIVE"), &entries).await;
    refused.shows(&[
        ">“Amount” must be at most “Most in a day”<",
        "<code>`event.amount &lt;= most` is false",
    ]);
}

#[tokio::test]
async fn a_start_that_lacks_what_its_key_is_made_of_names_the_field() {
    let api = Api::new().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/ticket").await;
    let checked = clerk.fill(&page, "/start/ticket", &[("check", "page")]).await;
    checked.shows(&["Still to be filled in", "href=\"#with-code\""]);
    checked.hides(&["key cannot be made"]);
}

#[tokio::test]
async fn a_reference_offers_what_its_reader_sees_and_takes_another_key_as_well() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/sheet").await;
    page.shows(&[
        "list=\"with-follows-offered\"",
        "<option value=\"S-1\">Sheet S-1: Waiting</option>",
    ]);
    // whom it is about is not called out
    page.hides(&["Ida Roth"]);
    let said = [("with.patient", "Ida"), ("with.follows", "S-900")];
    clerk
        .fill(&page, "/start/sheet", &said)
        .await
        .leads_to("/instances/sheet/1?done=sheet%2F1");
    let visitor = as_(&api, &api.session("vera", &["visitor"]).await);
    let page = visitor.see("/start/sheet").await;
    page.shows(&["list=\"with-follows-offered\""]);
    page.hides(&["<option value=\"S-1\""]);
}
