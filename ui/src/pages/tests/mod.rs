//! The pages from outside: requests through the gate, as a browser sends them.

mod accesses;
mod called;
mod conversation;
mod drawn;
mod elsewhere;
mod files;
mod forms;
mod going_on;
mod history;
mod inbox;
mod needed;
mod references;
mod search;
mod signing_in;
mod substitution;
mod system;
mod units;
mod views;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::http::tests::api::{Api, get, post, quoted};
use crate::http::tests::tasks::with_reviews;
use crate::json::{member, member_items};

struct Browser<'a> {
    api: &'a Api,
    secret: String,
}

struct Seen {
    status: StatusCode,
    to: String,
    html: String,
}

impl Browser<'_> {
    async fn send(&self, request: axum::http::request::Builder, body: String) -> Seen {
        let request = request
            .header(header::COOKIE, format!("theme=dark; statewright={}", self.secret))
            .header(header::ACCEPT, "text/html");
        let answer = self.api.answer(request, body).await;
        Seen {
            status: answer.status,
            to: answer
                .headers
                .get(header::LOCATION)
                .map_or("", |to| to.to_str().expect("an address"))
                .to_owned(),
            html: answer.body.replace("&#x2f;", "/"),
        }
    }

    async fn see(&self, path: &str) -> Seen {
        self.send(Request::get(path), String::new()).await
    }

    /// Fills in the form of a page and sends it.
    async fn fill(&self, page: &Seen, action: &str, entries: &[(&str, &str)]) -> Seen {
        self.post(action, page.body(action, entries)).await
    }

    async fn post(&self, action: &str, body: String) -> Seen {
        let request = Request::post(action).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body).await
    }
}

impl Seen {
    /// What its form for this action sends, with these entries.
    fn body(&self, action: &str, entries: &[(&str, &str)]) -> String {
        let form = self
            .html
            .split("<form ")
            .find(|form| form.contains(&format!("action=\"{action}\"")));
        let form = form.unwrap_or_else(|| panic!("there is no form for {action} in {}", self.html));
        let form = form.split("</form>").next().unwrap_or_default();
        let hidden = form.split("<input type=\"hidden\" name=\"").skip(1).filter_map(|input| {
            let (name, rest) = input.split_once("\" value=\"")?;
            Some((name, rest.split('"').next()?))
        });
        let pairs = hidden.chain(entries.iter().copied());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    #[track_caller]
    fn shows(&self, words: &[&str]) {
        for word in words {
            assert!(self.html.contains(word), "{word:?} is not in {}", self.html);
        }
    }

    #[track_caller]
    fn hides(&self, words: &[&str]) {
        for word in words {
            assert!(!self.html.contains(word), "{word:?} is in {}", self.html);
        }
    }

    #[track_caller]
    fn leads_to(&self, to: &str) {
        assert_eq!((self.status, &*self.to), (StatusCode::SEE_OTHER, to), "{}", self.html);
    }
}

fn as_<'a>(api: &'a Api, secret: &str) -> Browser<'a> {
    Browser {
        api,
        secret: secret.to_owned(),
    }
}

#[tokio::test]
async fn whoever_has_not_signed_in_is_sent_to_do_so_and_comes_back() {
    let api = Api::new().await;
    let nobody = as_(&api, "nonsense");
    nobody.see("/tasks?held=1").await.leads_to("/sign-in?to=%2Ftasks%3Fheld%3D1");
    nobody.post("/start/ticket", String::new()).await.leads_to("/sign-in");
    let page = nobody.see("/sign-in?to=//elsewhere.example/").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&["name=\"to\" value=\"/tasks\""]);
    assert_eq!(nobody.see("/nowhere").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let api = Api::new().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/ticket").await;
    for body in ["key=T-1", "key=T-1&form_token=guessed"] {
        let answer = clerk.post("/start/ticket", body.into()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    // its own form, but sent by another site's script
    let token = page
        .html
        .split("name=\"form_token\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let request = Request::post("/start/ticket")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site");
    let body = format!("key=T-1&form_token={}", token.expect("a token"));
    assert_eq!(clerk.send(request, body).await.status, StatusCode::FORBIDDEN);
    clerk.see("/instances").await.hides(&["T-1"]);
}

#[tokio::test]
async fn a_page_loads_nothing_but_what_is_ours_and_says_so() {
    let api = Api::new().await;
    let request = Request::get("/tasks").header(
        header::COOKIE,
        format!("statewright={}", api.session("carl", &["clerk"]).await),
    );
    let answer = api.gate.answer(request.body(Body::empty()).expect("a request")).await;
    let policy = answer.headers().get(header::CONTENT_SECURITY_POLICY).expect("a policy");
    let policy = policy.to_str().expect("text");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = as_(&api, &api.session("carl", &["clerk"]).await).see("/tasks").await;
    page.hides(&[" style=", "<style", "onclick"]);
    for asset in page.html.split("\"/assets/").skip(1) {
        let path = format!("/assets/{}", asset.split('"').next().expect("an end"));
        assert_eq!(as_(&api, "").see(&path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn from_the_first_task_to_the_next() {
    let api = with_reviews(&["A-1", "A-2"]).await;
    let dora = as_(&api, &api.session("dora", &["clerk"]).await);
    let list = dora.see("/tasks").await;
    list.shows(&["Look at A-1", "Look at A-2", "You hold nothing"]);
    let task = dora.see("/tasks/review/A-1/open%401").await;
    task.shows(&[
        "Look at A-1",
        "Compare it with the paper.",
        "Nobody has it yet",
        "Started, by carl",
    ]);
    let claimed = dora.fill(&task, "/tasks/review/A-1/open%401/claim", &[]).await;
    claimed.leads_to("/tasks/review/A-1/open%401");
    dora.see("/tasks").await.shows(&["Yours <span class=\"count\">1</span>"]);

    // somebody else is told who has it
    let eve = as_(&api, &api.session("eve", &["clerk"]).await);
    let theirs = eve.see("/tasks/review/A-1/open%401").await;
    theirs.shows(&["dora has it"]);
    let stale = eve.fill(&task, "/tasks/review/A-1/open%401/claim", &[]).await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN, "a form of somebody else's visit");
    let list = eve.see("/tasks").await;
    let late = eve
        .fill(
            &list,
            "/tasks/claim",
            &[("task", "/review/A-1/open%401"), ("task", "/review/A-2/open%401")],
        )
        .await;
    late.shows(&["1 of 2 claimed", "dora", "Yours now", "Not claimed"]);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_the_field_and_what_was_entered_stays() {
    let api = Api::new().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let form = clerk.see("/start/ticket").await;
    let refused = clerk
        .fill(
            &form,
            "/start/ticket",
            &[("with.code", "too long a code for a ticket"), ("with.note", "<b>blue</b>")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.shows(&[
        "must match the pattern",
        "href=\"#with-code\"",
        "aria-invalid=\"true\"",
        "&lt;b&gt;blue",
    ]);
    refused.hides(&["<b>blue"]);

    let made = clerk.fill(&refused, "/start/ticket", &[("with.code", "T-1")]).await;
    made.leads_to("/instances/ticket/T-1?done=ticket%2FT-1");
    clerk.see(&made.to).await.shows(&["Ticket T-1", "is now: Open"]);
    // the same form again is the same ticket
    let again = clerk.fill(&refused, "/start/ticket", &[("with.code", "T-1")]).await;
    again.leads_to("/instances/ticket/T-1?done=ticket%2FT-1");

    let pay = clerk.see("/instances/ticket/T-1/events/PAY").await;
    let little = clerk
        .fill(&pay, "/instances/ticket/T-1/events/PAY", &[("with.price", "2")])
        .await;
    assert_eq!(little.status, StatusCode::UNPROCESSABLE_ENTITY);
    little.shows(&["2 is too little", "value=\"2\""]);
    let unasked = clerk.see("/instances/ticket/T-1/events/DROP").await;
    let unasked = clerk.fill(&unasked, "/instances/ticket/T-1/events/DROP", &[]).await;
    assert_eq!(unasked.status, StatusCode::UNPROCESSABLE_ENTITY);
    unasked.shows(&["href=\"#reason\"", "id=\"reason-error\""]);
}

#[tokio::test]
async fn what_is_not_yours_to_see_is_not_there() {
    let api = Api::new().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let form = clerk.see("/start/ticket").await;
    clerk.fill(&form, "/start/ticket", &[("with.code", "T-1")]).await;
    let sid = as_(&api, &api.session("sid", &[]).await);
    let hidden = sid.see("/instances/ticket/T-1").await;
    let absent = sid.see("/instances/ticket/T-2").await;
    assert_eq!((hidden.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let alike = |seen: &Seen| seen.html.replace("T-1", "T-2").split("<footer").next().map(str::to_owned);
    assert_eq!(alike(&hidden), alike(&absent));
    sid.see("/instances").await.hides(&["T-1"]);
    sid.see("/start").await.shows(&["nothing that you may start"]);
    assert_eq!(sid.see("/live?topic=instance:ticket/T-1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_trail_says_who_did_what_and_what_changed() {
    let api = Api::new().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let form = clerk.see("/start/ticket").await;
    clerk.fill(&form, "/start/ticket", &[("with.code", "T-1")]).await;
    let sit = clerk.see("/instances/ticket/T-1/events/SIT").await;
    clerk
        .fill(&sit, "/instances/ticket/T-1/events/SIT", &[("with.seat", "7A")])
        .await
        .leads_to("/instances/ticket/T-1?done=ticket%2FT-1");
    clerk.see("/instances/ticket/T-1/trail").await.shows(&[
        "Started",
        "Sit",
        "by carl",
        "Came to Open",
        "From Open to Seated",
        "<ins>7A</ins>",
        "This trail is whole",
        "Its 2 entries",
        "statewright trail ticket/T-1 --export",
    ]);
    let drop = clerk.see("/instances/ticket/T-1").await;
    drop.shows(&["Stand", "<svg"]);
}

#[tokio::test]
async fn an_open_page_hears_of_a_change_and_of_nothing_that_is_not_its_own() {
    let api = Api::new().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    for code in ["T-1", "T-2"] {
        let form = clerk.see("/start/ticket").await;
        clerk.fill(&form, "/start/ticket", &[("with.code", code)]).await;
    }
    let mut body = listen(&api, &api.session("carl", &["clerk"]).await, "instance:ticket/T-1").await;
    let sit = |code: &'static str| {
        let clerk = &clerk;
        async move {
            let action = format!("/instances/ticket/{code}/events/SIT");
            let form = clerk.see(&action).await;
            clerk.fill(&form, &action, &[("with.seat", code)]).await
        }
    };
    sit("T-2").await;
    sit("T-1").await;
    assert_eq!(next(&mut body).await.as_deref(), Some("event: ping\ndata:\n\n"));
    // whoever is thrown out hears nothing more
    let engine = &api.service.engine;
    let by = statewright_core::step::Actor::engine();
    engine
        .identity()
        .end_sessions("carl", &by, engine.now())
        .await
        .expect("ended");
    let form = as_(&api, &api.session("dora", &["clerk"]).await);
    let stand = form.see("/instances/ticket/T-1/events/STAND").await;
    form.fill(&stand, "/instances/ticket/T-1/events/STAND", &[]).await;
    assert_eq!(next(&mut body).await.as_deref(), Some("event: ended\ndata:\n\n"));
    assert_eq!(next(&mut body).await, None);
}

/// Begins to listen to a topic.
async fn listen(api: &Api, secret: &str, topic: &str) -> Body {
    let request = Request::get(format!("/live?topic={topic}")).header(header::COOKIE, format!("statewright={secret}"));
    let answer = api.gate.answer(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let mut body = answer.into_body();
    assert_eq!(next(&mut body).await.as_deref(), Some("retry: 2000\n\n"));
    body
}

#[tokio::test]
async fn a_list_that_is_open_hears_of_what_begins() {
    let api = Api::new().await;
    let secret = api.session("carl", &["clerk"]).await;
    let mut open = listen(&api, &secret, "instances").await;
    let clerk = as_(&api, &secret);
    let form = clerk.see("/start/ticket").await;
    clerk.fill(&form, "/start/ticket", &[("with.code", "T-1")]).await;
    assert_eq!(next(&mut open).await.as_deref(), Some("event: ping\ndata:\n\n"));
}

const JOB: &str = "workflow: job
data: {patient: {type: string, phi: true}}
start: {by: [clerk], input: [patient]}
access: [{for: [clerk]}]
initial: open
states: {open: {on: {NOTE: {target: noted, by: [clerk]}}}, noted: {}}
";

#[tokio::test]
async fn a_page_that_is_open_reads_nothing_by_itself() {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"job.yaml\", \"files\": {{\"job.yaml\": {}}}}}", quoted(JOB));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    let body = r#"{"key": "J-1", "with": {"patient": "Ida Roth"}}"#;
    api.check(post("/v1/instances/job", body).by(&api.clerk), "201").await;
    let auditor = api.token("otto", &["auditor"]).await;
    let readings = async || {
        let log = api.check(get("/v1/access").by(&auditor), "200").await.value();
        member_items(&log, "readings").len()
    };
    let secret = api.session("carl", &["clerk"]).await;
    let clerk = as_(&api, &secret);
    clerk.see("/instances/job/J-1").await.shows(&["Ida Roth"]);
    assert_eq!(readings().await, 1);
    let mut open = listen(&api, &secret, "instance:job/J-1").await;
    let note = clerk.see("/instances/job/J-1/events/NOTE").await;
    clerk.fill(&note, "/instances/job/J-1/events/NOTE", &[]).await;
    assert_eq!(next(&mut open).await.as_deref(), Some("event: ping\ndata:\n\n"));
    clerk.see("/tasks?done=job%2FJ-1").await;
    assert_eq!(readings().await, 1, "only what was shown was read");
    clerk.see("/instances/job/J-1").await.shows(&["Ida Roth"]);
    assert_eq!(readings().await, 2);
}

async fn next(body: &mut Body) -> Option<String> {
    let frame = std::future::poll_fn(|context| axum::body::HttpBody::poll_frame(std::pin::Pin::new(&mut *body), context)).await?;
    let data = frame.expect("a frame").into_data().expect("data");
    Some(String::from_utf8(data.to_vec()).expect("text"))
}
