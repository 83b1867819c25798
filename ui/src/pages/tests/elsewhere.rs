//! Pages that are there for some: opening in need, and being somebody else in a demo.

use statewright_core::step::{Actor, ActorKind};
use statewright_engine::identity::PasswordFor;

use super::signing_in::{Fresh, with_password};
use super::*;
use crate::http::tests::api::PASSWORD;
use crate::http::tests::glass::world;
use crate::http::{Gate, Service};
use crate::pages::Cast;

#[tokio::test]
async fn what_is_behind_glass_is_opened_with_a_reason() {
    let api = world(true).await;
    let dora = as_(&api, &api.session("dora", &["doctor"]).await);
    let hidden = dora.see("/instances/case/C-1").await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    hidden.shows(&["href=\"/instances/case/C-1/open\"", "Open it with a reason"]);
    hidden.hides(&["POST", "Ida"]);
    let (action, page) = ("/instances/case/C-1/open", dora.see("/instances/case/C-1/open").await);
    page.shows(&["4 hours or 30 minutes", "somebody else reviews it"]);
    let unreasoned = dora.fill(&page, action, &[("reason", " ")]).await;
    assert_eq!(unreasoned.status, StatusCode::UNPROCESSABLE_ENTITY);
    unreasoned.shows(&["id=\"reason-error\""]);
    dora.fill(&page, action, &[("reason", "She does not wake up")])
        .await
        .leads_to("/instances/case/C-1");
    dora.see("/instances/case/C-1")
        .await
        .shows(&["You opened this with a reason", "Ida"]);
    // the same page for what is not there
    let absent = dora.see("/instances/case/C-9/open").await;
    let alike = |seen: &Seen| {
        let words = seen.html.replace("C-1", "C-9");
        let words = words.split("<footer").next().map(str::to_owned).unwrap_or_default();
        // each form has a word of its own
        let (before, rest) = words.split_once("name=\"once\" value=\"").expect("a word");
        format!("{before}{}", rest.split_once('"').expect("its end").1)
    };
    assert_eq!(alike(&absent), alike(&page));
    let nothing = dora.fill(&absent, "/instances/case/C-9/open", &[("reason", "x")]).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    // whoever may open nothing is told of nothing
    let ned = as_(&api, &api.session("ned", &[]).await);
    assert_eq!(ned.see(action).await.status, StatusCode::NOT_FOUND);
    ned.see("/instances/case/C-1").await.hides(&["Open it"]);
}

#[tokio::test]
async fn nobody_is_somebody_else_but_in_a_demo() {
    let api = Api::new().await;
    with_password(&api, "ann", PasswordFor::Good).await;
    with_password(&api, "bob", PasswordFor::Good).await;
    let mut outside = Fresh::of(&api.gate);
    assert_eq!(outside.see("/demo").await.status, StatusCode::NOT_FOUND);
    assert_eq!(outside.post("/demo", "user=ann").await.status, StatusCode::NOT_FOUND);
    assert!(outside.cookie.is_empty());
    outside.see("/sign-in").await.hides(&["/demo"]);

    let people = ["ann", "bob"].map(|id| Actor::plain(ActorKind::Person, id));
    let cast = Cast {
        people: people.to_vec(),
        password: PASSWORD,
    };
    let gate = Gate::new(Service::demo(api.service.engine.clone(), cast));
    let mut inside = Fresh::of(&gate);
    let page = inside.see("/demo").await;
    page.shows(&["Be ann", "Be bob", PASSWORD]);
    inside.post("/demo", "user=ann").await.leads_to("/tasks");
    inside
        .see("/account")
        .await
        .shows(&["You sign in as <strong>ann</strong>", "/demo"]);
    inside.post("/demo", "user=bob").await.leads_to("/tasks");
    inside.see("/account").await.shows(&["You sign in as <strong>bob</strong>"]);
    // nobody who is not of the cast, be it with the same password
    with_password(&api, "eve", PasswordFor::Good).await;
    assert_eq!(inside.post("/demo", "user=eve").await.status, StatusCode::NOT_FOUND);
    inside.see("/account").await.shows(&["You sign in as <strong>bob</strong>"]);
}
