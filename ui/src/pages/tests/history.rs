//! What happened to all instances, on a page.

use super::*;

async fn filled(api: &Api) {
    for key in ["A-1", "A-2"] {
        api.ticket(key).await;
    }
    api.send("A-1", r#"{"event": "SIT", "with": {"seat": "<b>7A"}}"#, "200").await;
}

#[tokio::test]
async fn auditors_go_through_it_by_what_they_look_for() {
    let api = Api::new().await;
    filled(&api).await;
    let aude = as_(&api, &api.session("aude", &["auditor"]).await);
    let all = aude.see("/trail").await;
    all.shows(&[
        ">Trail</a>",
        "href=\"/instances/ticket/A-1/trail\"",
        "From Open to Seated",
        "&lt;b&gt;7A",
        "This is where it begins",
    ]);
    // what the system did by itself is told to whoever asks for it
    all.hides(&["Deployed"]);
    let whole = aude.see("/trail?system=1").await;
    whole.shows(&["Deployed", "From Open to Seated", "name=\"system\" value=\"1\" checked"]);
    aude.see("/trail?workflow=statewright-system").await.shows(&["Deployed"]);
    let sat = aude.see("/trail?event=Sit&actor=carl&workflow=ticket&field=seat").await;
    sat.shows(&[
        "From Open to Seated",
        "value=\"Sit\"",
        "<option value=\"ticket\" selected>Ticket</option>",
    ]);
    sat.hides(&["Came to Open", "Deployed"]);
    // what is offered, and taken: names as they are shown
    sat.shows(&["<option value=\"Seat\">", "<option value=\"aude\">"]);
    aude.see("/trail?field=Seat").await.shows(&["From Open to Seated"]);
    aude.see("/trail?key=ticket/A-2")
        .await
        .hides(&["/instances/ticket/A-1/trail", "Deployed"]);
    aude.see("/trail?key=A-3").await.shows(&["There is nothing of the kind"]);
    let refused = aude.see("/trail?from=yesterday").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.shows(&["Nothing was looked for", "a day such as 2026-01-31"]);
}

#[tokio::test]
async fn nobody_else_sees_any_of_it() {
    let api = Api::new().await;
    filled(&api).await;
    for (user, role) in [("carl", "clerk"), ("olga", "operator")] {
        let refused = as_(&api, &api.session(user, &[role]).await);
        let refused = refused.see("/trail?key=ticket/A-1").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        refused.hides(&[">Trail</a>", "A-1/trail"]);
    }
}
