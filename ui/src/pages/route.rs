//! The table of pages, and the way from a request to its handler and back.

use std::pin::Pin;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use statewright_core::diagnostic::Code;
use statewright_core::step::ActorKind;
use statewright_engine::identity::Use;

use super::answer::{Answer, see_other};
use super::asked::Asked;
use super::sign_in::step_of;
use super::{FRONT, assets, frame, posted, problem, reference, visitor};
use crate::http::{Answered, Noted, Problem, Shared, note};
use crate::percent::query;

/// One page, or one act.
pub struct Page {
    pub method: Method,
    pub path: &'static str,
    /// Its name in the log.
    pub operation: &'static str,
    pub access: Access,
    pub handler: Handler,
}

/// Who may ask for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Open,
    /// Whoever has signed in, although something is still missing: a code, a password of their own, a second factor.
    SignedIn,
    /// Whoever has signed in and may go on.
    Person,
    /// Only with the engine's own role of that name.
    Role(&'static str),
}

pub type Answering = Pin<Box<dyn Future<Output = Answered<Answer>> + Send>>;
pub type Handler = fn(Asked) -> Answering;

/// Every page, in the order in which a newcomer would meet them.
fn pages() -> impl Iterator<Item = &'static Page> {
    [
        super::sign_in::PAGES,
        super::account::PAGES,
        super::substitution::PAGES,
        super::second_factor::PAGES,
        super::tasks::PAGES,
        super::task::PAGES,
        super::act::PAGES,
        super::inbox::PAGES,
        super::views::PAGES,
        super::search::PAGES,
        super::instances::PAGES,
        super::instance::PAGES,
        super::conversation::PAGES,
        super::glass::PAGES,
        super::event::PAGES,
        super::files::PAGES,
        super::start::PAGES,
        super::trail::PAGES,
        super::history::PAGES,
        super::accesses::PAGES,
        super::workflows::PAGES,
        super::incidents::PAGES,
        super::system::PAGES,
        super::live::PAGES,
    ]
    .into_iter()
    .flatten()
}

/// The router over all of them, and over what they load. In a demo there are pages that are not there otherwise.
pub fn router(is_demo: bool) -> Router<Shared> {
    let for_demo = super::demo::PAGES.iter().filter(|_| is_demo);
    let router = pages().chain(for_demo).fold(Router::new(), |router, page| {
        let filter = match page.method {
            Method::POST => MethodFilter::POST,
            _ => MethodFilter::GET,
        };
        let handler = move |State(service): State<Shared>, parameters: RawPathParams, request: Request| {
            answer(page, service, parameters, request)
        };
        router.route(page.path, on(filter, handler))
    });
    router.merge(assets::router())
}

async fn answer(page: &'static Page, service: Shared, parameters: RawPathParams, request: Request) -> Response {
    let mut noted = Noted::of(page.operation);
    let (parts, body) = request.into_parts();
    let mut asked = Asked::of(service, &parts, &parameters);
    let mut answered = match admit(page, &mut asked).await {
        Ok(None) => {
            noted.caller = asked.visit.as_ref().map(|visit| visit.caller.clone());
            match posted::read(page, &mut asked, &parts, body).await {
                Ok(()) => (page.handler)(asked.clone()).await,
                Err(problem) => Err(problem),
            }
        }
        Ok(Some(elsewhere)) => Ok(elsewhere),
        Err(problem) => Err(problem),
    };
    if !matches!(answered, Ok(Answer::Elsewhere(_) | Answer::Raw(_))) {
        asked.unread = frame::unread(&asked).await;
    }
    if let Ok(Answer::Page(view)) = &mut answered {
        reference::resolve(&asked, view).await;
    }
    let response = match answered {
        Ok(answer) => answer.into_response(&asked),
        Err(problem) => problem::page(&asked, problem).into_response().await,
    };
    note(response, noted)
}

/// Finds out who asks. Whoever has not signed in is sent to do so, and comes back afterwards.
async fn admit(page: &Page, asked: &mut Asked) -> Answered<Option<Answer>> {
    let used = match page.access {
        // nobody does anything there
        Access::Open => Use::Watches,
        _ => visitor::used(&asked.headers),
    };
    asked.visit = visitor::visit(&asked.service, &asked.headers, used).await?;
    if page.access == Access::Open {
        return Ok(None);
    }
    let Some(visit) = &asked.visit else {
        let back = match page.method {
            Method::GET => query("/sign-in", &[("to", asked.target())]),
            _ => "/sign-in".to_owned(),
        };
        return Ok(Some(see_other(back)));
    };
    if visit.caller.actor.kind == ActorKind::Adapter {
        return Err(Problem::of(Code::RoleMissing, "Pages are for people, and this is an adapter"));
    }
    let standing = asked.session()?.standing;
    if let Some(step) = step_of(standing).filter(|_| page.access != Access::SignedIn) {
        let to = if page.method == Method::GET { asked.target() } else { FRONT };
        return Ok(Some(see_other(query(step, &[("to", to)]))));
    }
    match page.access {
        Access::Role(role) if !visit.caller.has_role(role) => {
            Err(Problem::of(Code::RoleMissing, format!("This page takes the role `{role}`")))
        }
        _ => Ok(None),
    }
}
