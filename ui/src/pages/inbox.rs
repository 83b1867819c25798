//! What somebody was told, the newest first, and what of it they have read.

use axum::http::Method;
use serde::Serialize;
use statewright_engine::queries::Noticed;
use statewright_engine::store::ReadExtent;

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::moment::Moment;
use super::problem::Found;
use super::route::{Access, Page};
use super::words::Reading;
use crate::http::{Answered, Caller, mark_as_read, no_such_notice, notice_place, notice_text};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/inbox",
        operation: "pageInbox",
        access: Access::Person,
        handler: |asked| Box::pin(show(asked)),
    },
    Page {
        method: Method::POST,
        path: "/inbox/read",
        operation: "pageMarkRead",
        access: Access::Person,
        handler: |asked| Box::pin(mark_read(asked)),
    },
];

/// Notices of a page: two screens.
pub const PAGE: usize = 50;

#[derive(Serialize)]
struct Model {
    rows: Vec<Row>,
    /// Where the page before ended, as the forms send it back.
    here: Option<String>,
    after: Option<String>,
    /// Up to which everything is read by one press; None: nothing of the page is unread.
    up_to: Option<String>,
}

#[derive(Serialize)]
struct Row {
    place: String,
    text: String,
    at: Moment,
    read: bool,
    /// None: it is not the reader's to see.
    instance: Option<Found>,
}

impl Row {
    fn of(noticed: &Noticed, reading: &Reading) -> Self {
        let about = &noticed.body.about;
        Row {
            place: notice_text(&noticed.place),
            text: noticed.body.text.to_string(),
            at: reading.moment(noticed.at),
            read: noticed.read,
            instance: (!noticed.about.is_empty()).then(|| Found {
                name: noticed.about.clone(),
                href: format!("/instances{}", path(&[&about.workflow, &about.key])),
            }),
        }
    }
}

async fn show(asked: Asked) -> Answered<Answer> {
    let here = asked.parameter("after");
    let after = here.as_deref().and_then(notice_place);
    let page = asked.engine().inbox(asked.actor()?, after, PAGE).await?;
    let reading = asked.reading();
    let is_unread = page.notices.iter().any(|noticed| !noticed.read);
    let newest = page.notices.first().filter(|_| is_unread);
    let model = Model {
        rows: page.notices.iter().map(|noticed| Row::of(noticed, &reading)).collect(),
        here,
        after: page.next.as_ref().map(notice_text),
        up_to: newest.map(|newest| notice_text(&newest.place)),
    };
    Ok(View::new("inbox.html", "Inbox", model).topic("inbox").into())
}

/// One notice, or everything up to what was shown: what came meanwhile was not read.
async fn mark_read(asked: Asked) -> Answered<Answer> {
    let caller: &Caller = asked.caller()?;
    let given = |name| asked.posted.text(name);
    let place = |given: &str| notice_place(given).ok_or_else(|| no_such_notice(given));
    let extent = match (given("notice"), given("up_to")) {
        (Some(one), _) => ReadExtent::One(place(one)?),
        (None, up_to) => ReadExtent::UpTo(place(up_to.unwrap_or_default())?),
    };
    mark_as_read(&asked.service, caller, extent).await?;
    Ok(see_other(match given("here") {
        Some(here) => query("/inbox", &[("after", here)]),
        None => "/inbox".to_owned(),
    }))
}
