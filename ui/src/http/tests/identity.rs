//! What operators do about people who cannot sign in, and where one is signed in oneself.

use statewright_core::chart::Proof;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::Value;
use statewright_engine::identity::{Identified, PasswordFor, Secret, Use, code_of, lockout};

use super::api::{ask, post};
use super::specification::conforms;
use super::*;
use crate::http::Caller;
use crate::http::authentication::prove;
use crate::json::{member, member_items};

const PASSWORD: &str = "correct horse battery";

impl Api {
    async fn person(&self, id: &str) {
        let mut person = Actor::plain(ActorKind::Person, id);
        person.roles = vec!["clerk".into()];
        self.service.engine.put_person(&person, &Actor::engine()).await.unwrap();
    }

    async fn with_password(&self, id: &str) {
        self.person(id).await;
        let (engine, given) = (&self.service.engine, Secret::from(PASSWORD));
        engine
            .identity()
            .set_password(id, Some(&given), PasswordFor::Good, &Actor::engine(), engine.now())
            .await
            .unwrap();
    }

    async fn signed_in(&self, id: &str) -> (Secret, Identified) {
        let engine = &self.service.engine;
        let signed_in = engine
            .identity()
            .sign_in(id, &PASSWORD.into(), "ward 3", engine.now())
            .await
            .unwrap();
        let who = self.who(&signed_in.secret).await.unwrap();
        (signed_in.secret, who)
    }

    async fn who(&self, secret: &Secret) -> Option<Identified> {
        let engine = &self.service.engine;
        engine.identity().identify(secret, Use::Acts, engine.now()).await.unwrap()
    }
}

#[tokio::test]
async fn an_operator_gives_a_password_for_once() {
    let api = Api::new().await;
    api.person("ann").await;
    let set = |body: &str| post("/v1/people/ann/password", body).by(&api.operator);
    let made = api.check(set("{}"), "200").await;
    conforms("NewPassword", &made.body);
    let made = made.value();
    let engine = &api.service.engine;
    let sign_in = async |password: &str| engine.identity().sign_in("ann", &password.into(), "", engine.now()).await;
    assert!(sign_in(member(&made, "password")).await.is_ok());
    let given = api.check(set(r#"{"password": "seven blue umbrellas"}"#), "200").await;
    assert!(!given.body.contains("umbrellas"), "{}", given.body);
    assert!(sign_in("seven blue umbrellas").await.is_ok());
    api.check(
        set(r#"{"password": "short"}"#),
        "422 SW-2202 password: is 5 characters long; it needs 12, and a few words make a good one [invalid password]",
    )
    .await;
    api.check(
        post("/v1/people/eve/password", "{}").by(&api.operator),
        "404 SW-2103 There is nothing of that name, or it is not yours to see",
    )
    .await;
}

#[tokio::test]
async fn an_operator_unlocks_and_ends_sessions() {
    let api = Api::new().await;
    api.with_password("ann").await;
    let engine = &api.service.engine;
    for _ in 0..=lockout::FREE {
        engine
            .identity()
            .sign_in("ann", &"wrong horse battery".into(), "", engine.now())
            .await
            .unwrap_err();
    }
    engine
        .identity()
        .sign_in("ann", &PASSWORD.into(), "", engine.now())
        .await
        .unwrap_err();
    api.check(ask("DELETE", "/v1/people/ann/lockout", "").by(&api.operator), "204")
        .await;
    let (secret, _) = api.signed_in("ann").await;
    let listed = api.check(get("/v1/people/ann/sessions").by(&api.operator), "200").await;
    conforms("Sessions", &listed.body);
    let listed = listed.value();
    let sessions = member_items(&listed, "sessions");
    assert_eq!((sessions.len(), member(&sessions[0], "from")), (1, "ward 3"));
    api.check(ask("DELETE", "/v1/people/ann/sessions", "").by(&api.operator), "204")
        .await;
    assert!(api.who(&secret).await.is_none());
    for (method, path) in [
        ("GET", "sessions"),
        ("DELETE", "sessions"),
        ("DELETE", "lockout"),
        ("DELETE", "second-factor"),
        ("POST", "password"),
    ] {
        api.check(
            ask(method, &format!("/v1/people/ann/{path}"), "").by(&api.clerk),
            "403 SW-2102 This takes the role `operator`",
        )
        .await;
    }
}

#[tokio::test]
async fn a_second_factor_is_taken_away_with_a_reason() {
    let api = Api::new().await;
    api.with_password("ann").await;
    let (_, who) = api.signed_in("ann").await;
    let engine = &api.service.engine;
    engine.identity().begin_enrolment(&who, None, engine.now()).await.unwrap();
    let secret = engine.store().credential("ann").await.unwrap().unwrap().secret.unwrap();
    let code = Secret::new(code_of(&secret, engine.now()));
    engine.identity().confirm_enrolment(&who, &code, engine.now()).await.unwrap();
    let remove = |query: &str| ask("DELETE", &format!("/v1/people/ann/second-factor{query}"), "").by(&api.operator);
    api.check(remove(""), "422 SW-2205 A reason is needed: it stands in the trail")
        .await;
    api.check(remove("?why=x"), "400 SW-2108 There is no parameter `why` here")
        .await;
    api.check(remove("?reason=lost"), "204").await;
    api.check(
        remove("?reason=lost"),
        "404 SW-2103 There is nothing of that name, or it is not yours to see",
    )
    .await;
}

#[tokio::test]
async fn one_sees_and_ends_ones_own_sessions_and_nobody_elses() {
    let api = Api::new().await;
    api.with_password("carl").await;
    api.with_password("ann").await;
    let (secret, who) = api.signed_in("carl").await;
    let (anns, ann) = api.signed_in("ann").await;
    let listed = api.check(get("/v1/sessions").by(&api.clerk), "200").await.value();
    let ids: Vec<&str> = member_items(&listed, "sessions")
        .iter()
        .map(|session| member(session, "id"))
        .collect();
    assert_eq!(ids, [&*who.session]);
    let end = |id: &str| ask("DELETE", &format!("/v1/sessions/{id}"), "").by(&api.clerk);
    let nothing = "404 SW-2103 There is nothing of that name, or it is not yours to see";
    api.check(end(&ann.session), nothing).await;
    assert!(api.who(&anns).await.is_some());
    api.check(end(&who.session), "204").await;
    assert!(api.who(&secret).await.is_none());
    api.check(end(&who.session), nothing).await;
}

#[tokio::test]
async fn the_api_takes_no_session_for_a_token() {
    let api = Api::new().await;
    api.with_password("ann").await;
    let (secret, _) = api.signed_in("ann").await;
    let secret = secret.reveal();
    api.check(get("/v1/sessions").by(secret), "401 SW-2101 The access token is not valid")
        .await;
    for name in ["statewright", "__Host-statewright"] {
        api.check(
            get("/v1/sessions").with("cookie", &format!("{name}={secret}")),
            "401 SW-2101 An access token is needed",
        )
        .await;
    }
}

#[tokio::test]
async fn whoever_came_by_a_session_signs_with_their_password() {
    let api = Api::new().await;
    api.with_password("ann").await;
    let (_, who) = api.signed_in("ann").await;
    let caller = Caller {
        actor: who.actor.clone(),
        token: None,
        session: Some(who),
    };
    assert_eq!(prove(&api.service, &caller, PASSWORD).await.unwrap(), Proof::Password);
    let wrong = prove(&api.service, &caller, "wrong horse battery").await.unwrap_err();
    assert!(format!("{wrong:?}").contains("SW-2119"), "{wrong:?}");
    // an access token of their own is no password
    let token = api.token("ann", &["clerk"]).await;
    assert!(prove(&api.service, &caller, &token).await.is_err());
}

#[tokio::test]
async fn who_is_taken_out_is_signed_in_nowhere() {
    let api = Api::new().await;
    api.with_password("ann").await;
    let (secret, _) = api.signed_in("ann").await;
    api.check(ask("DELETE", "/v1/people/ann", "").by(&api.operator), "204").await;
    assert!(api.who(&secret).await.is_none());
}

#[tokio::test]
async fn where_mail_reaches_somebody_is_kept_for_operators_and_taken_away_again() {
    let api = Api::new().await;
    let put = |body: &str| {
        let put = ask("PUT", "/v1/people/ann", body).by(&api.operator);
        put.with("content-type", "application/json")
    };
    let mail = async || {
        let listed = api.check(get("/v1/people").by(&api.operator), "200").await;
        conforms("People", &listed.body);
        let listed = listed.value();
        let ann = member_items(&listed, "people").iter().find(|listed| {
            let person = listed.field("person").unwrap_or(&Value::Null);
            member(person, "user") == "ann"
        });
        ann.map(|ann| member(ann, "mail").to_owned())
    };
    let refused = api.ask(put(r#"{"roles": ["clerk"], "mail": "ann"}"#)).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("has no `@`"), "{}", refused.body);
    assert_eq!(mail().await, None, "what is refused changes nothing");
    let kept = put(r#"{"roles": ["clerk"], "mail": "ann@lab.example"}"#);
    api.check(kept, "204").await;
    assert_eq!(mail().await.as_deref(), Some("ann@lab.example"));
    let others = api.ask(get("/v1/people").by(&api.clerk)).await;
    assert_eq!(others.status, 403);
    api.check(put(r#"{"roles": ["clerk"]}"#), "204").await;
    assert_eq!(mail().await.as_deref(), Some(""));
}
