//! What surrounds every page: its head, who has signed in, where else one may go.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;
use statewright_core::chart::PageContent;
use statewright_core::identity::Digest;
use statewright_engine::identity::Standing;
use statewright_engine::queries::Unread;

use super::answer::View;
use super::asked::Asked;
use super::moment::Moment;
use super::{assets, template};
use crate::http::{AUDITOR, OPERATOR, Problem};
use crate::percent::path;

/// 128 bits, in hexadecimal.
const ONCE_CHARACTERS: usize = 32;

/// A place to go to.
#[derive(Serialize)]
struct Place {
    href: String,
    title: String,
    current: bool,
    /// Beside its title, if it can say how much waits there: `3`, `99+`, or nothing.
    unread: Option<String>,
}

#[derive(Serialize)]
struct Person<'a> {
    name: &'a str,
    roles: String,
}

/// The whole page. A template has what its handler gave as `page`, and what every page has as `frame`.
///
/// # Errors
/// The template and the model do not fit each other.
pub fn render(asked: &Asked, view: &View) -> Result<String, minijinja::Error> {
    let visit = asked.visit.as_ref();
    let actor = visit.map(|visit| &visit.caller.actor);
    let person = actor.map(|actor| Person {
        name: actor.name.as_deref().unwrap_or(&actor.id),
        roles: actor
            .roles
            .iter()
            .map(|role| role.replace('_', " "))
            .collect::<Vec<_>>()
            .join(", "),
    });
    let model = context! {
        page => view.model.clone(),
        frame => context! {
            title => view.title.clone(),
            person => Value::from(Serde(person)),
            acts_for => visit.and_then(|visit| visit.acts_for.as_deref()),
            places => Value::from(Serde(visit.filter(|_| may_go_on(asked)).map(|_| places(asked)))),
            form_token => visit.map(|visit| &*visit.form_token),
            demo => asked.service.cast.is_some(),
            once => once(asked),
            target => asked.target(),
            topic => view.topic.clone(),
            style => assets::style_path(),
            script => assets::script_path(),
            version => env!("CARGO_PKG_VERSION"),
            now => Value::from(Serde(Moment::of(asked.now(), asked.now(), &asked.zone()))),
        },
    };
    template::render(view.template, model)
}

/// Whoever still has to do something before goes nowhere else.
fn may_go_on(asked: &Asked) -> bool {
    asked.session().is_ok_and(|session| session.standing == Standing::Full)
}

/// How much whoever has signed in has not read. A number that cannot be had keeps nobody from the page.
pub async fn unread(asked: &Asked) -> Option<Unread> {
    let actor = asked.actor().ok().filter(|_| may_go_on(asked))?;
    match asked.engine().unread(actor).await {
        Ok(unread) => Some(unread),
        Err(error) => {
            tracing::warn!(
                error = Problem::from(error).code(),
                "what somebody has not read cannot be counted"
            );
            None
        }
    }
}

fn unread_words(unread: Unread) -> String {
    match unread {
        Unread { count: 0, .. } => String::new(),
        Unread { count, more: false } => count.to_string(),
        Unread { count, more: true } => format!("{count}+"),
    }
}

/// A word that no other form has: what is sent twice is known by it.
fn once(asked: &Asked) -> String {
    let drawn = Digest(asked.service.draw()).to_string();
    drawn.get(..ONCE_CHARACTERS).unwrap_or(&drawn).to_owned()
}

fn places(asked: &Asked) -> Vec<Place> {
    let has = |role: &str| asked.visit.as_ref().is_some_and(|visit| visit.caller.has_role(role));
    let place = |href: &str, title: &str| Place {
        href: href.to_owned(),
        title: title.to_owned(),
        current: asked.uri.path() == href || asked.uri.path().starts_with(&format!("{href}/")),
        unread: None,
    };
    let inbox = Place {
        unread: asked.unread.map(unread_words),
        ..place("/inbox", "Inbox")
    };
    let mut places = vec![place("/tasks", "Tasks"), inbox];
    places.extend(portals(asked));
    places.extend([place("/instances", "Cases"), place("/start", "Start")]);
    if has(AUDITOR) {
        let trail = place("/trail", "Trail");
        places.push(Place {
            current: trail.current || asked.uri.path() == "/accesses",
            ..trail
        });
    }
    if has(OPERATOR) || has(AUDITOR) {
        places.push(place("/workflows", "Workflows"));
    }
    if has(OPERATOR) {
        places.extend([place("/incidents", "Incidents"), place("/system", "System")]);
    }
    places
}

/// The portals that are for whoever has signed in. One is where one is as long as one of its views is shown.
fn portals(asked: &Asked) -> Vec<Place> {
    let Some(visit) = &asked.visit else { return Vec::new() };
    let here = asked.uri.path();
    let portals = asked.engine().known_portals(&visit.caller.actor);
    let theirs = portals.iter().filter(|shown| !shown.pages.is_empty());
    let shows = |content: &PageContent| match content {
        PageContent::View(view) => here == format!("/views{}", path(&[view])),
        PageContent::Start(_) => false,
    };
    theirs
        .map(|shown| Place {
            href: format!("/portals{}", path(&[&shown.version.portal.name])),
            title: shown.version.portal.title.to_string(),
            current: shown.pages.iter().any(|(_, content)| shows(content)),
            unread: None,
        })
        .collect()
}
