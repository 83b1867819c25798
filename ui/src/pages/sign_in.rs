//! Signing in and out.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;

use super::FRONT;
use super::answer::{Answer, View};
use super::asked::Asked;
use super::route::{Access, Page};
use super::visitor::COOKIE;
use crate::http::Answered;

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/sign-in",
        operation: "pageSignIn",
        access: Access::Open,
        handler: |asked| Box::pin(async move { show(&asked, false) }),
    },
    Page {
        method: Method::POST,
        path: "/sign-in",
        operation: "pageSignInSent",
        access: Access::Open,
        handler: |asked| Box::pin(sign_in(asked)),
    },
    Page {
        method: Method::POST,
        path: "/sign-out",
        operation: "pageSignOut",
        access: Access::Person,
        handler: |asked| Box::pin(async move { Ok(turned(&asked, "/sign-in", "")) }),
    },
];

#[derive(Serialize)]
struct Model {
    to: String,
    refused: bool,
}

fn show(asked: &Asked, refused: bool) -> Answered<Answer> {
    let given = asked.posted.text("to").map(str::to_owned).or_else(|| asked.parameter("to"));
    let model = Model {
        to: within(given.as_deref()).to_owned(),
        refused,
    };
    let status = if refused { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    Ok(View::new("sign-in.html", "Sign in", model).status(status).into())
}

async fn sign_in(asked: Asked) -> Answered<Answer> {
    let token = asked.posted.text("token").unwrap_or_default();
    let found = asked.engine().tokens().identify(token, asked.now()).await?;
    match found {
        None => show(&asked, true),
        Some(_) => Ok(turned(&asked, within(asked.posted.text("to")), token)),
    }
}

/// A page of ours, whatever was asked for.
fn within(to: Option<&str>) -> &str {
    let is_ours = |to: &&str| to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    to.filter(is_ours).unwrap_or(FRONT)
}

fn turned(asked: &Asked, to: &str, secret: &str) -> Answer {
    let secure = if asked.service.behind_tls { "; Secure" } else { "" };
    let age = if secret.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response.into()
}
