//! Signing in, and what stands between it and going on.

use axum::http::HeaderMap;
use statewright_core::step::{Actor, ActorKind};
use statewright_engine::identity::{PasswordFor, Secret, code_of};

use super::*;
use crate::http::tests::api::PASSWORD;
use crate::http::{Gate, Service};

/// A browser that keeps the cookie it is given.
pub struct Fresh {
    gate: Gate,
    pub cookie: String,
    headers: HeaderMap,
}

impl Fresh {
    pub fn of(gate: &Gate) -> Self {
        Fresh {
            gate: gate.clone(),
            cookie: String::new(),
            headers: HeaderMap::new(),
        }
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Seen {
        let request = request
            .header(header::COOKIE, &self.cookie)
            .header(header::ACCEPT, "text/html")
            .header(header::USER_AGENT, "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0");
        let answer = self.gate.answer(request.body(Body::from(body)).expect("a request")).await;
        let (parts, body) = answer.into_parts();
        self.headers = parts.headers;
        if let Some(cookie) = self.headers.get(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            self.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        }
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a page");
        let to = self.header("location").to_owned();
        Seen {
            status: parts.status,
            to,
            html: String::from_utf8(bytes.to_vec()).expect("text").replace("&#x2f;", "/"),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub async fn see(&mut self, path: &str) -> Seen {
        self.send(Request::get(path), String::new()).await
    }

    pub async fn post(&mut self, action: &str, body: &str) -> Seen {
        let request = Request::post(action).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body.to_owned()).await
    }

    async fn fill(&mut self, page: &Seen, action: &str, entries: &[(&str, &str)]) -> Seen {
        let request = Request::post(action).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, page.body(action, entries)).await
    }

    async fn sign_in(&mut self, name: &str, password: &str, to: &str) -> Seen {
        let page = self.see(&format!("/sign-in?to={to}")).await;
        self.fill(&page, "/sign-in", &[("name", name), ("password", password)]).await
    }
}

/// Somebody with a password, and no session yet.
pub async fn with_password(api: &Api, id: &str, lasts: PasswordFor) {
    let engine = &api.service.engine;
    let mut person = Actor::plain(ActorKind::Person, id);
    person.roles = vec!["clerk".into()];
    engine.put_person(&person, &Actor::engine()).await.expect("a person");
    let given = Secret::from(PASSWORD);
    engine
        .identity()
        .set_password(id, Some(&given), lasts, &Actor::engine(), engine.now())
        .await
        .expect("a password");
}

async fn code(api: &Api, id: &str, later: i64) -> String {
    let credential = api
        .service
        .engine
        .store()
        .credential(id)
        .await
        .expect("a store")
        .expect("a credential");
    let at = api.service.engine.now() + jiff::SignedDuration::from_secs(later);
    code_of(&credential.secret.expect("a second factor"), at)
}

#[tokio::test]
async fn whoever_signs_in_comes_back_to_where_they_were() {
    let api = Api::new().await;
    with_password(&api, "ann", PasswordFor::Good).await;
    let mut browser = Fresh::of(&api.gate);
    let refused = browser.sign_in("ann", "wrong horse battery", "%2Finstances").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.shows(&[
        "That was not right, or it was tried too often",
        "value=\"ann\"",
        "value=\"/instances\"",
    ]);
    refused.hides(&["wrong horse"]);
    let unknown = browser.sign_in("eve", PASSWORD, "%2Finstances").await;
    let words = |seen: &Seen| seen.html.replace("eve", "ann").split("<footer").next().map(str::to_owned);
    assert_eq!(words(&unknown), words(&refused));
    browser.sign_in("ann", PASSWORD, "%2Finstances").await.leads_to("/instances");
    let cookie = browser.header("set-cookie").to_owned();
    assert!(cookie.starts_with("statewright=sws_"), "{cookie}");
    assert!(
        cookie.contains("; Path=/; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let page = browser.see("/instances").await;
    assert_eq!(page.status, StatusCode::OK);
    // the browser leaves the page when nothing is done
    let refresh = browser.header("refresh").to_owned();
    let (seconds, to) = refresh.split_once("; url=").expect("a moment and a page");
    assert!((1_700..=1_801).contains(&seconds.parse().unwrap_or(0)), "{refresh}");
    assert_eq!(to, "/signed-out?to=%2Finstances");
    let page = browser.see("/signed-out?to=%2Finstances").await;
    page.shows(&["You are still signed in", "href=\"/instances\""]);
    browser.fill(&page, "/sign-out", &[]).await.leads_to("/sign-in");
    assert!(browser.header("set-cookie").contains("Max-Age=0"));
    browser.see("/instances").await.leads_to("/sign-in?to=%2Finstances");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let api = Api::new().await;
    with_password(&api, "ann", PasswordFor::Good).await;
    for elsewhere in [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "/%09/elsewhere.example",
    ] {
        let mut browser = Fresh::of(&api.gate);
        browser.sign_in("ann", PASSWORD, elsewhere).await.leads_to("/tasks");
    }
}

#[tokio::test]
async fn behind_tls_the_cookie_is_for_this_host_alone() {
    let api = Api::new().await;
    with_password(&api, "ann", PasswordFor::Good).await;
    let gate = Gate::new(Service::new(api.service.engine.clone(), true));
    let mut browser = Fresh::of(&gate);
    browser.sign_in("ann", PASSWORD, "").await.leads_to("/tasks");
    let cookie = browser.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-statewright=sws_"), "{cookie}");
    assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert_eq!(browser.see("/tasks").await.status, StatusCode::OK);
    // one that a page without TLS could have put there is none
    browser.cookie = browser.cookie.replace("__Host-", "");
    browser.see("/tasks").await.leads_to("/sign-in?to=%2Ftasks");
}

#[tokio::test]
async fn a_password_for_once_is_changed_before_anything_else() {
    let api = Api::new().await;
    with_password(&api, "ann", PasswordFor::Once).await;
    let mut browser = Fresh::of(&api.gate);
    let change = "/account/password?to=%2Finstances";
    browser.sign_in("ann", PASSWORD, "%2Finstances").await.leads_to(change);
    browser.see("/instances").await.leads_to(change);
    browser.see("/account/second-factor?to=%2Finstances").await.leads_to(change);
    let page = browser.see(change).await;
    page.shows(&["chosen by somebody else"]);
    page.hides(&["href=\"/tasks\""]);
    let action = "/account/password";
    let fill =
        |current: &'static str, next: &'static str, again: &'static str| [("current", current), ("next", next), ("again", again)];
    for (entries, words) in [
        (
            fill(PASSWORD, "seven blue umbrellas", "seven blue umbrella"),
            "not the same both times",
        ),
        (fill(PASSWORD, "short", "short"), "is 5 characters long"),
        (
            fill("wrong horse battery", "seven blue umbrellas", "seven blue umbrellas"),
            "was not right",
        ),
    ] {
        let refused = browser.fill(&page, action, &entries).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.shows(&[words]);
        refused.hides(&["umbrella"]);
    }
    let changed = browser
        .fill(&page, action, &fill(PASSWORD, "seven blue umbrellas", "seven blue umbrellas"))
        .await;
    changed.leads_to("/instances");
    assert_eq!(browser.see("/instances").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_second_factor_is_set_up_and_asked_for() {
    let api = Api::new().await;
    with_password(&api, "ann", PasswordFor::Good).await;
    let mut browser = Fresh::of(&api.gate);
    browser.sign_in("ann", PASSWORD, "").await.leads_to("/tasks");
    let page = browser.see("/account/second-factor?to=/account").await;
    page.hides(&["name=\"password\""]);
    browser
        .fill(&page, "/account/second-factor", &[])
        .await
        .leads_to("/account/second-factor?to=%2Faccount");
    let page = browser.see("/account/second-factor?to=%2Faccount").await;
    page.shows(&[
        "otpauth://totp/Statewright:ann?secret=",
        "<path class=\"ink\" d=\"M4 4h1v1h-1z",
    ]);
    let confirm = "/account/second-factor/confirm";
    let wrong = browser.fill(&page, confirm, &[("code", "12345x")]).await;
    wrong.shows(&["is not what the app shows now"]);
    let right = code(&api, "ann", 0).await;
    browser.fill(&page, confirm, &[("code", &right)]).await.leads_to("/account");
    browser
        .see("/account")
        .await
        .shows(&["Second factor: in use", "password and code", "Firefox on Windows", "here"]);
    browser.see("/account/second-factor").await.hides(&["otpauth"]);

    let mut other = Fresh::of(&api.gate);
    other
        .sign_in("ann", PASSWORD, "%2Fstart")
        .await
        .leads_to("/sign-in/code?to=%2Fstart");
    let half = other.cookie.clone();
    for path in ["/start", "/account", "/account/password"] {
        let to = other.see(path).await.to;
        assert!(to.starts_with("/sign-in/code"), "{path}: {to}");
    }
    let page = other.see("/sign-in/code?to=%2Fstart").await;
    let wrong = other.fill(&page, "/sign-in/code", &[("code", "12345x")]).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let next = code(&api, "ann", 30).await;
    other
        .fill(&wrong, "/sign-in/code", &[("code", &next)])
        .await
        .leads_to("/start");
    assert_ne!(other.cookie, half);
    assert_eq!(other.see("/start").await.status, StatusCode::OK);
    other.cookie = half;
    other.see("/start").await.leads_to("/sign-in?to=%2Fstart");
}

#[tokio::test]
async fn one_ends_ones_own_session_in_another_browser() {
    let api = Api::new().await;
    with_password(&api, "ann", PasswordFor::Good).await;
    let (mut here, mut there) = (Fresh::of(&api.gate), Fresh::of(&api.gate));
    there.sign_in("ann", PASSWORD, "").await.leads_to("/tasks");
    here.sign_in("ann", PASSWORD, "").await.leads_to("/tasks");
    let page = here.see("/account").await;
    let end = page
        .html
        .split("action=\"/account/sessions/")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let end = format!("/account/sessions/{}", end.expect("another session"));
    here.fill(&page, &end, &[]).await.leads_to("/account");
    there.see("/tasks").await.leads_to("/sign-in?to=%2Ftasks");
    there.see("/sign-in").await.shows(&["You have been signed out"]);
    assert_eq!(here.see("/tasks").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_script_asks_for_keeps_nobody_signed_in() {
    let api = Api::new().await;
    let secret = api.session("ann", &["clerk"]).await;
    let seen_at = async || api.service.engine.store().sessions_of("ann").await.expect("a store")[0].seen_at_us;
    let before = seen_at().await;
    assert_eq!(
        super::super::visitor::used(&HeaderMap::new()),
        statewright_engine::identity::Use::Acts
    );
    let mut headers = HeaderMap::new();
    headers.insert("sec-fetch-dest", "empty".parse().expect("text"));
    assert_eq!(
        super::super::visitor::used(&headers),
        statewright_engine::identity::Use::Watches
    );
    as_(&api, &secret).see("/tasks").await;
    assert_eq!(seen_at().await, before, "a moment later nothing needs to be noted");
}

#[tokio::test]
async fn a_form_says_where_it_is_from() {
    let api = Api::new().await;
    let secret = api.session("ann", &["clerk"]).await;
    let ann = as_(&api, &secret);
    let page = ann.see("/account").await;
    for (origin, status) in [
        ("https://elsewhere.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
        ("https://lab.example", StatusCode::SEE_OTHER),
    ] {
        let request = Request::post("/sign-out")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::HOST, "lab.example")
            .header(header::ORIGIN, origin);
        let answer = ann.send(request, page.body("/sign-out", &[])).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}
