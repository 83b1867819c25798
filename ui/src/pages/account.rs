//! One's own account: the password, the second factor, and where one is signed in.

use axum::http::{Method, StatusCode};
use serde::Serialize;
use statewright_core::step::Refusal;
use statewright_engine::error::EngineError;
use statewright_engine::identity::{LENGTH_MAX, LENGTH_MIN, Standing};

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::moment::Moment;
use super::route::{Access, Page};
use super::sign_in::{onward, secret, wanted};
use super::substitution::{self, Away, Leaving, StoodInFor};
use crate::http::Answered;

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/account",
        operation: "pageAccount",
        access: Access::Person,
        handler: |asked| Box::pin(async move { page(&asked, Leaving::default(), StatusCode::OK).await }),
    },
    Page {
        method: Method::POST,
        path: "/account/sessions/{session}/end",
        operation: "pageEndSession",
        access: Access::Person,
        handler: |asked| Box::pin(end(asked)),
    },
    Page {
        method: Method::GET,
        path: "/account/password",
        operation: "pagePassword",
        access: Access::SignedIn,
        handler: |asked| Box::pin(async move { show_password(&asked, "") }),
    },
    Page {
        method: Method::POST,
        path: "/account/password",
        operation: "pageChangePassword",
        access: Access::SignedIn,
        handler: |asked| Box::pin(change_password(asked)),
    },
];

#[derive(Serialize)]
struct Model {
    user: String,
    second_factor: bool,
    sessions: Vec<Session>,
    stood_in_for: Vec<StoodInFor>,
    away: Option<Away>,
    leaving: Leaving,
}

#[derive(Serialize)]
struct Session {
    id: String,
    from: String,
    since: Moment,
    seen: Moment,
    second_factor: bool,
    /// The one that the page is shown in.
    this: bool,
}

#[derive(Serialize)]
struct PasswordModel {
    to: String,
    /// Whoever has one for once changes it before anything else.
    must: bool,
    least: usize,
    most: usize,
    problem: String,
}

/// The account, with what was entered of an absence and not taken.
pub async fn page(asked: &Asked, leaving: Leaving, status: StatusCode) -> Answered<Answer> {
    let session = asked.session()?;
    let (now, zone) = (asked.now(), asked.zone());
    let sessions = asked.engine().identity().sessions(&session.actor.id).await?;
    let sessions = sessions.iter().map(|listed| Session {
        id: listed.id.to_string(),
        from: listed.origin.to_string(),
        since: Moment::of(listed.created_at, now, &zone),
        seen: Moment::of(listed.seen_at, now, &zone),
        second_factor: listed.second_factor,
        this: listed.id == session.session,
    });
    let model = Model {
        user: session.actor.id.to_string(),
        second_factor: session.second_factor,
        sessions: sessions.collect(),
        stood_in_for: substitution::stood_in_for(asked).await?,
        away: substitution::away(asked).await?,
        leaving,
    };
    Ok(View::new("account.html", "My account", model).status(status).into())
}

async fn end(asked: Asked) -> Answered<Answer> {
    let actor = asked.actor()?;
    let identity = asked.engine().identity();
    identity
        .end_session(&actor.id, asked.segment("session"), actor, asked.now())
        .await?;
    Ok(see_other("/account"))
}

fn show_password(asked: &Asked, problem: &str) -> Answered<Answer> {
    let standing = asked.session()?.standing;
    if standing == Standing::GiveCode {
        return Ok(onward(standing, &wanted(asked)));
    }
    let model = PasswordModel {
        to: wanted(asked),
        must: standing == Standing::ChangePassword,
        least: LENGTH_MIN,
        most: LENGTH_MAX,
        problem: problem.to_owned(),
    };
    let status = if problem.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(View::new("password.html", "Change password", model).status(status).into())
}

async fn change_password(asked: Asked) -> Answered<Answer> {
    let (current, next) = (secret(&asked, "current"), secret(&asked, "next"));
    if next != secret(&asked, "again") {
        return show_password(&asked, "The new password was not the same both times.");
    }
    let identity = asked.engine().identity();
    match identity.change_password(asked.session()?, &current, &next, asked.now()).await {
        Ok(()) => Ok(see_other(wanted(&asked))),
        Err(EngineError::NotProved) => show_password(&asked, "The present password was not right, or it was tried too often."),
        Err(EngineError::IdentityRefused(refusals)) => show_password(&asked, &said("The new password", &refusals)),
        Err(other) => Err(other.into()),
    }
}

/// What is wrong with it, as a sentence.
pub fn said(what: &str, refusals: &[Refusal]) -> String {
    let said: Vec<&str> = refusals.iter().map(|refusal| &*refusal.sentence).collect();
    format!("{what} {}.", said.join(", and "))
}
