//! What pages load: one style and one script, under a name that changes with what they hold, so that a browser may keep them for ever.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use statewright_core::identity::Digest;

use crate::diagram;
use crate::http::Shared;

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", &[include_str!("../../assets/statewright.css"), diagram::STYLE]));
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| Asset::new("js", &[include_str!("../../assets/statewright.js")]));

struct Asset {
    path: String,
    text: String,
}

impl Asset {
    fn new(kind: &str, parts: &[&str]) -> Self {
        let text = parts.concat();
        let digest = Digest::of(text.as_bytes()).to_string();
        Asset {
            path: format!("/assets/statewright-{}.{kind}", digest.get(..16).unwrap_or(&digest)),
            text,
        }
    }

    fn response(&self, media: &'static str) -> Response {
        let a_year = HeaderValue::from_static("public, max-age=31536000, immutable");
        let media = HeaderValue::from_static(media);
        let headers = [(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, a_year)];
        (StatusCode::OK, headers, self.text.clone()).into_response()
    }
}

pub fn style_path() -> &'static str {
    &STYLE.path
}

pub fn script_path() -> &'static str {
    &SCRIPT.path
}

pub fn router() -> Router<Shared> {
    Router::new()
        .route(&STYLE.path, get(async || STYLE.response("text/css; charset=utf-8")))
        .route(&SCRIPT.path, get(async || SCRIPT.response("text/javascript; charset=utf-8")))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
}
