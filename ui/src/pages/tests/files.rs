//! Files in a browser: chosen in a form, kept where the form is not taken, listed and saved.

use axum::http::{Request, StatusCode, header};

use super::{Browser, Seen, as_};
use crate::http::tests::api::{Api, post, quoted};

const FOLDER: &str = include_str!("../../http/tests/folder.yaml");

const TRACE: &str = "JOB=7\r\nTRCFMT=1;4;E;R;F\r\nR=2000;1500;2000;1500\r\n";

async fn api() -> Api {
    let api = Api::new().await;
    let files = format!("{{\"main\": \"f.yaml\", \"files\": {{\"f.yaml\": {}}}}}", quoted(FOLDER));
    api.check(post("/v1/workflows", &files).by(&api.operator), "201").await;
    api
}

/// The form's hidden entries, as a browser sends them before all others.
fn hidden<'a>(page: &'a Seen, action: &str) -> Vec<(&'a str, &'a str)> {
    let form = page
        .html
        .split("<form ")
        .find(|form| form.contains(&format!("action=\"{action}\"")));
    let form = form.unwrap_or_else(|| panic!("there is no form for {action} in {}", page.html));
    assert!(
        form.starts_with("method=\"post\"") && form.contains("enctype=\"multipart/form-data\""),
        "{form}"
    );
    let inputs = form.split("<input type=\"hidden\" name=\"").skip(1);
    let pair = |input: &'a str| {
        let (name, rest) = input.split_once("\" value=\"")?;
        Some((name, rest.split('"').next()?))
    };
    inputs.filter_map(pair).collect()
}

/// Sends a form as a browser does: texts, then files with their names.
async fn send(clerk: &Browser<'_>, action: &str, texts: &[(&str, &str)], files: &[(&str, &str, &str)]) -> Seen {
    let mut body = String::new();
    for (name, value) in texts {
        body.push_str(&format!(
            "--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    for (name, file, bytes) in files {
        body.push_str(&format!(
            "--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n{bytes}\r\n"
        ));
    }
    body.push_str("--b0undary--\r\n");
    let request = Request::post(action).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b0undary");
    clerk.send(request, body).await
}

#[tokio::test]
async fn a_file_is_chosen_in_a_form_listed_and_saved() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/folder").await;
    page.shows(&["name=\"with.trace\" type=\"file\""]);
    let mut texts = hidden(&page, "/start/folder");
    texts.push(("with.code", "A"));
    let sent = send(&clerk, "/start/folder", &texts, &[("with.trace", "frame.oma", TRACE)]).await;
    sent.leads_to("/instances/folder/A?done=folder%2FA");
    let instance = clerk.see("/instances/folder/A").await;
    instance.shows(&["frame.oma", "text/plain", "from carl", "class=\"shape\""]);
    let listed = instance
        .html
        .split("href=\"/instances/folder/A/files/")
        .nth(1)
        .expect("a link to it");
    let file = listed.split('"').next().expect("its id");
    let saved = clerk.see(&format!("/instances/folder/A/files/{file}")).await;
    assert_eq!((saved.status, saved.html.as_str()), (StatusCode::OK, TRACE));
    let shape = clerk.see(&format!("/instances/folder/A/files/{file}/shape")).await;
    shape.shows(&["<svg", "A 40.00"]);
    let stranger = as_(&api, &api.session("sid", &[]).await);
    assert_eq!(
        stranger.see(&format!("/instances/folder/A/files/{file}")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_form_that_is_not_taken_keeps_its_file() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let page = clerk.see("/start/folder").await;
    let texts = hidden(&page, "/start/folder");
    let refused = send(&clerk, "/start/folder", &texts, &[("with.trace", "a.txt", "kept")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "the code is missing");
    refused.shows(&["Your file has been received."]);
    let mut texts = hidden(&refused, "/start/folder");
    texts.push(("with.code", "B"));
    // no other file is chosen: browsers send an empty one
    send(&clerk, "/start/folder", &texts, &[("with.trace", "", "")])
        .await
        .leads_to("/instances/folder/B?done=folder%2FB");
    clerk.see("/instances/folder/B").await.shows(&["a.txt"]);
}

#[tokio::test]
async fn a_form_of_another_site_uploads_nothing_and_a_refused_file_is_told_why() {
    let api = api().await;
    let clerk = as_(&api, &api.session("carl", &["clerk"]).await);
    let forged = [("form_token", "guessed"), ("with.code", "C")];
    let sent = send(&clerk, "/start/folder", &forged, &[("with.trace", "a.txt", "forged")]).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN, "{}", sent.html);
    let page = clerk.see("/start/folder").await;
    let texts = hidden(&page, "/start/folder");
    let sent = send(&clerk, "/start/folder", &texts, &[("with.trace", "a.svg", "<svg onload=x>")]).await;
    assert_eq!(sent.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    sent.shows(&["SW-2301"]);
    let swept = api.service.engine.store().files().sweep_files(i64::MAX, 9).await;
    assert_eq!(swept.expect("a store in memory answers"), 0, "nothing was kept");
}
