//! Being somebody else in the demo, without a password: these pages are there in the demo alone.

use axum::http::Method;
use serde::Serialize;
use statewright_core::step::Actor;
use statewright_engine::identity::Secret;

use super::FRONT;
use super::answer::{Answer, View};
use super::asked::Asked;
use super::route::{Access, Page};
use super::sign_in::turned_to;
use crate::http::{Answered, Problem};

/// Who may be whom in a demo.
pub struct Cast {
    pub people: Vec<Actor>,
    /// Everybody's: nothing in a demo is worth a secret.
    pub password: &'static str,
}

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/demo",
        operation: "pageCast",
        access: Access::Open,
        handler: |asked| Box::pin(async move { show(&asked) }),
    },
    Page {
        method: Method::POST,
        path: "/demo",
        operation: "pageSwitch",
        access: Access::Open,
        handler: |asked| Box::pin(switch(asked)),
    },
];

#[derive(Serialize)]
struct Model {
    people: Vec<Person>,
    password: &'static str,
}

#[derive(Serialize)]
struct Person {
    user: String,
    name: String,
    roles: String,
    current: bool,
}

fn cast(asked: &Asked) -> Answered<&Cast> {
    asked.service.cast.as_ref().ok_or_else(|| Problem::nothing("demo"))
}

fn show(asked: &Asked) -> Answered<Answer> {
    let cast = cast(asked)?;
    let current = asked.actor().ok().map(|actor| &actor.id);
    let people = cast.people.iter().map(|person| Person {
        user: person.id.to_string(),
        name: person.name.as_deref().unwrap_or(&person.id).to_owned(),
        roles: person.roles.join(", ").replace('_', " "),
        current: current == Some(&person.id),
    });
    let model = Model {
        people: people.collect(),
        password: cast.password,
    };
    Ok(View::new("demo.html", "Who are you?", model).into())
}

async fn switch(asked: Asked) -> Answered<Answer> {
    let cast = cast(&asked)?;
    let user = asked.posted.text("user").unwrap_or_default();
    let person = cast.people.iter().find(|person| *person.id == *user);
    let person = person.ok_or_else(|| Problem::nothing(format_args!("{user} in this demo")))?;
    let identity = asked.engine().identity();
    let password = Secret::from(cast.password);
    let signed_in = identity.sign_in(&person.id, &password, "the demo", asked.now()).await?;
    Ok(turned_to(&asked, &signed_in, FRONT))
}
