//! Being away, and standing in for somebody who is.
//!
//! A substitute chooses for whom they act, and every page says so until they choose otherwise. The choice is the browser's to keep; whether it
//! holds is asked of the directory each time.

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use statewright_core::step::Refusal;
use statewright_engine::directory::Absence;
use statewright_engine::error::EngineError;

use super::answer::{Answer, see_other};
use super::asked::Asked;
use super::filled::moment;
use super::moment::Moment;
use super::route::{Access, Page};
use super::sign_in::keeping;
use super::{FRONT, account, visitor};
use crate::http::{Answered, Problem};

pub const PAGES: &[Page] = &[
    Page {
        method: Method::POST,
        path: "/account/away",
        operation: "pageAway",
        access: Access::Person,
        handler: |asked| Box::pin(leave(asked)),
    },
    Page {
        method: Method::POST,
        path: "/account/back",
        operation: "pageBack",
        access: Access::Person,
        handler: |asked| Box::pin(come_back(asked)),
    },
    Page {
        method: Method::POST,
        path: "/account/behalf",
        operation: "pageBehalf",
        access: Access::Person,
        handler: |asked| Box::pin(choose(asked)),
    },
];

/// Somebody whom the reader stands in for now.
#[derive(Serialize)]
pub struct StoodInFor {
    user: String,
    name: String,
    until: Option<Moment>,
}

/// When the reader is away, as they said it.
#[derive(Serialize)]
pub struct Away {
    from: Option<Moment>,
    until: Option<Moment>,
    substitute: Option<String>,
}

/// What was entered of an absence, and what was wrong with it.
#[derive(Default, Serialize)]
pub struct Leaving {
    from: String,
    until: String,
    substitute: String,
    problems: Vec<String>,
}

/// For whom the reader could act now and does not.
///
/// # Errors
/// 503 while the database is away.
pub async fn stood_in_for(asked: &Asked) -> Answered<Vec<StoodInFor>> {
    let actor = asked.actor()?;
    let away = asked.engine().directory().stood_in_for(actor, asked.now()).await?;
    let reading = asked.reading();
    let others = away
        .iter()
        .filter(|person| actor.on_behalf_of.as_ref() != Some(&person.actor.id));
    let others = others.map(|person| StoodInFor {
        user: person.actor.id.to_string(),
        name: person.actor.name.as_deref().unwrap_or(&person.actor.id).to_owned(),
        until: person
            .absence
            .as_ref()
            .and_then(|absence| absence.until)
            .map(|until| reading.moment(until)),
    });
    Ok(others.collect())
}

/// None: the reader is not away, and will not be.
///
/// # Errors
/// 503 while the database is away.
pub async fn away(asked: &Asked) -> Answered<Option<Away>> {
    let held = asked.engine().directory().reached(&asked.actor()?.id).await?;
    let absence = held.and_then(|person| person.absence);
    let absence = absence.filter(|absence| absence.until.is_none_or(|until| until > asked.now()));
    let reading = asked.reading();
    Ok(absence.map(|absence| Away {
        from: absence.from.map(|from| reading.moment(from)),
        until: absence.until.map(|until| reading.moment(until)),
        substitute: absence.substitute.map(|user| user.to_string()),
    }))
}

async fn leave(asked: Asked) -> Answered<Answer> {
    let entered = |name: &str| asked.posted.text(name).unwrap_or_default().to_owned();
    let mut leaving = Leaving {
        from: entered("from"),
        until: entered("until"),
        substitute: entered("substitute"),
        problems: Vec::new(),
    };
    let mut read = |name: &str, text: &str| -> Option<Timestamp> {
        let at = moment(text, &asked.zone());
        if at.is_none() && !text.is_empty() {
            leaving.problems.push(format!("{name} is no day with a time"));
        }
        at
    };
    let absence = Absence {
        from: read("From", &leaving.from.clone()),
        until: read("Until", &leaving.until.clone()),
        substitute: asked.posted.text("substitute").map(Into::into),
    };
    if leaving.problems.is_empty() {
        let actor = asked.actor()?;
        let directory = asked.engine().directory();
        match directory.absent(&actor.id, Some(absence), actor, asked.now()).await {
            Ok(()) => return Ok(see_other("/account")),
            Err(EngineError::PersonRefused(refusals)) => leaving.problems = refusals.iter().map(sentence).collect(),
            Err(EngineError::Hidden) => leaving
                .problems
                .push("You are not in the directory: an operator puts you there".to_owned()),
            Err(other) => return Err(other.into()),
        }
    }
    account::page(&asked, leaving, StatusCode::UNPROCESSABLE_ENTITY).await
}

fn sentence(refusal: &Refusal) -> String {
    match refusal.field.as_deref() {
        Some("until") => format!("Until {}", refusal.sentence),
        Some("substitute") => format!("Who stands in: {}", refusal.sentence.replace('`', "")),
        _ => refusal.sentence.to_string(),
    }
}

async fn come_back(asked: Asked) -> Answered<Answer> {
    let actor = asked.actor()?;
    asked.engine().directory().absent(&actor.id, None, actor, asked.now()).await?;
    Ok(see_other("/account"))
}

/// Acts for somebody from now on; for nobody, as oneself again.
async fn choose(asked: Asked) -> Answered<Answer> {
    let away = asked.posted.text("user").unwrap_or_default();
    if !away.is_empty() {
        let session = asked.session()?;
        let standing = asked
            .engine()
            .directory()
            .standing_in(&session.actor, away, asked.now())
            .await?;
        // whoever is not there is answered alike
        standing.ok_or_else(|| Problem::nothing(format_args!("{away} whom you stand in for now")))?;
    }
    Ok(keeping(FRONT, &[visitor::behalf_cookie_of(&asked.service, away)]))
}
