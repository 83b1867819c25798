//! Signing in and out: a name and a password, then a code where there is a second factor.

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::identity::{Secret, SignedIn, Standing};

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::route::{Access, Page};
use super::{FRONT, browser, visitor};
use crate::http::Answered;
use crate::percent::query;

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
        method: Method::GET,
        path: "/sign-in/code",
        operation: "pageCode",
        access: Access::SignedIn,
        handler: |asked| Box::pin(async move { show_code(&asked, false) }),
    },
    Page {
        method: Method::POST,
        path: "/sign-in/code",
        operation: "pageCodeSent",
        access: Access::SignedIn,
        handler: |asked| Box::pin(give_code(asked)),
    },
    Page {
        method: Method::GET,
        path: "/signed-out",
        operation: "pageSignedOut",
        access: Access::Open,
        handler: |asked| Box::pin(async move { Ok(signed_out(&asked)) }),
    },
    Page {
        method: Method::POST,
        path: "/sign-out",
        operation: "pageSignOut",
        access: Access::SignedIn,
        handler: |asked| Box::pin(sign_out(asked)),
    },
];

#[derive(Serialize)]
struct Model {
    to: String,
    refused: bool,
    /// They were signed in before, and are not any more.
    ended: bool,
    name: String,
}

#[derive(Serialize)]
struct CodeModel {
    to: String,
    refused: bool,
}

#[derive(Serialize)]
struct SignedOut {
    to: String,
}

/// Where a step of signing in leads to.
pub fn step_of(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Full => None,
        Standing::GiveCode => Some("/sign-in/code"),
        Standing::ChangePassword => Some("/account/password"),
        Standing::Enrol => Some("/account/second-factor"),
    }
}

/// The page that was wanted, or the step that is still missing before it.
pub fn onward(standing: Standing, to: &str) -> Answer {
    see_other(match step_of(standing) {
        None => to.to_owned(),
        Some(step) => query(step, &[("to", to)]),
    })
}

/// The page of ours that was asked for before.
pub fn wanted(asked: &Asked) -> String {
    let given = asked.posted.text("to").map(str::to_owned).or_else(|| asked.parameter("to"));
    within(given.as_deref()).to_owned()
}

/// A page of ours, whatever was asked for.
fn within(to: Option<&str>) -> &str {
    let is_ours = |to: &&str| to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n', '\t']);
    to.filter(is_ours).unwrap_or(FRONT)
}

fn show(asked: &Asked, refused: bool) -> Answered<Answer> {
    let model = Model {
        to: wanted(asked),
        refused,
        ended: !refused && asked.visit.is_none() && visitor::was_here(&asked.service, &asked.headers),
        name: asked.posted.text("name").unwrap_or_default().to_owned(),
    };
    let status = if refused { StatusCode::FORBIDDEN } else { StatusCode::OK };
    Ok(View::new("sign-in.html", "Sign in", model).status(status).into())
}

async fn sign_in(asked: Asked) -> Answered<Answer> {
    let name = asked.posted.text("name").unwrap_or_default();
    let password = secret(&asked, "password");
    let origin = browser::origin(&asked.headers);
    let signed_in = asked.engine().identity().sign_in(name, &password, &origin, asked.now()).await;
    match proved(signed_in)? {
        Some(signed_in) => Ok(turned(&asked, &signed_in)),
        None => show(&asked, true),
    }
}

fn show_code(asked: &Asked, refused: bool) -> Answered<Answer> {
    let session = asked.session()?;
    if session.standing != Standing::GiveCode {
        return Ok(onward(session.standing, &wanted(asked)));
    }
    let model = CodeModel {
        to: wanted(asked),
        refused,
    };
    let status = if refused { StatusCode::FORBIDDEN } else { StatusCode::OK };
    Ok(View::new("sign-in-code.html", "Code", model).status(status).into())
}

async fn give_code(asked: Asked) -> Answered<Answer> {
    let code = secret(&asked, "code");
    let given = asked
        .engine()
        .identity()
        .give_code(asked.session()?, &code, asked.now())
        .await;
    match proved(given)? {
        Some(signed_in) => Ok(turned(&asked, &signed_in)),
        None => show_code(&asked, true),
    }
}

/// Where a page goes by itself when nothing was done for so long that the session is over. Whoever was busy in another window goes on.
fn signed_out(asked: &Asked) -> Answer {
    let to = wanted(asked);
    match &asked.visit {
        // not there by itself: a page that goes on by itself would keep them signed in
        Some(_) => View::new("signed-out.html", "Nothing was done", SignedOut { to }).into(),
        None => see_other(query("/sign-in", &[("to", &to)])),
    }
}

async fn sign_out(asked: Asked) -> Answered<Answer> {
    asked.engine().identity().sign_out(asked.session()?, asked.now()).await?;
    Ok(with_cookie(&asked, "/sign-in", ""))
}

fn turned(asked: &Asked, signed_in: &SignedIn) -> Answer {
    turned_to(asked, signed_in, &wanted(asked))
}

/// Goes on as whoever has just signed in.
pub fn turned_to(asked: &Asked, signed_in: &SignedIn, to: &str) -> Answer {
    let to = match step_of(signed_in.standing) {
        None => to.to_owned(),
        Some(step) => query(step, &[("to", to)]),
    };
    with_cookie(asked, &to, signed_in.secret.reveal())
}

fn with_cookie(asked: &Asked, to: &str, secret: &str) -> Answer {
    // whoever comes acts as themselves, whatever was chosen in this browser before
    let cookies = [
        visitor::cookie_of(&asked.service, secret),
        visitor::behalf_cookie_of(&asked.service, ""),
    ];
    keeping(to, &cookies)
}

/// Goes on at another page, with cookies to be kept.
pub fn keeping(to: &str, cookies: &[String]) -> Answer {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response();
    for cookie in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.into()
}

/// What was entered there, blanks and all.
pub fn secret(asked: &Asked, name: &str) -> Secret {
    let named = asked.posted.pairs().find(|(given, _)| *given == name);
    Secret::from(named.map_or("", |(_, value)| value))
}

/// None: that was not right.
pub fn proved<T>(answer: EngineResult<T>) -> EngineResult<Option<T>> {
    match answer {
        Ok(proved) => Ok(Some(proved)),
        Err(EngineError::NotProved) => Ok(None),
        Err(other) => Err(other),
    }
}
