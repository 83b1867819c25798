//! What somebody was told, the newest first, and what of it they have read.

use std::collections::BTreeSet;

use axum::http::Method;
use serde::Serialize;
use statewright_engine::body::Party;
use statewright_engine::queries::{Noticed, ReadExtent};

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::conversation::{Where, is_said};
use super::moment::Moment;
use super::reference::Reference;
use super::route::{Access, Page};
use super::words::Reading;
use crate::http::{Answered, Caller, mark_as_read, no_such_notice, notice_place, notice_text};
use crate::percent::query;

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

/// Instances of a page of which it is asked whether one can reply: each is a question to the engine. Further down the conversation itself says it.
const REPLIES_OFFERED_MAX: usize = 20;

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
    instance: Option<Reference>,
    /// The conversation in which it stands, if it is the reader's to see.
    conversation: Option<Conversation>,
}

#[derive(Serialize)]
struct Conversation {
    href: String,
    /// Something can be said in it by the reader now.
    can_reply: bool,
}

impl Row {
    fn of(noticed: &Noticed, reading: &Reading, talks: &BTreeSet<&Party>) -> Self {
        let about = &noticed.body.about;
        let place = Where {
            workflow: &about.workflow,
            key: &about.key,
            task: None,
        };
        Row {
            place: notice_text(&noticed.place),
            text: noticed.body.text.to_string(),
            at: reading.moment(noticed.at),
            read: noticed.read,
            instance: (!noticed.about.is_empty()).then(|| Reference::seen(noticed.about.clone(), &about.workflow, &about.key)),
            conversation: (noticed.thread && !noticed.about.is_empty()).then(|| Conversation {
                href: place.href(),
                can_reply: talks.contains(about),
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
    let talks = talks(&asked, &page.notices).await?;
    let model = Model {
        rows: page
            .notices
            .iter()
            .map(|noticed| Row::of(noticed, &reading, &talks))
            .collect(),
        here,
        after: page.next.as_ref().map(notice_text),
        up_to: newest.map(|newest| notice_text(&newest.place)),
    };
    Ok(View::new("inbox.html", "Inbox", model).topic("inbox").into())
}

/// The newest instances of a page in whose conversation the reader can say something now.
async fn talks<'n>(asked: &Asked, notices: &'n [Noticed]) -> Answered<BTreeSet<&'n Party>> {
    let mut about: Vec<&Party> = Vec::new();
    for noticed in notices.iter().filter(|noticed| noticed.thread && !noticed.about.is_empty()) {
        if !about.contains(&&noticed.body.about) {
            about.push(&noticed.body.about);
        }
    }
    let mut talks = BTreeSet::new();
    for instance in about.into_iter().take(REPLIES_OFFERED_MAX) {
        let offers = asked.engine().can(&instance.workflow, &instance.key, asked.actor()?).await;
        let offers = match offers {
            Ok(offers) => offers,
            // what cannot be found out of one keeps nobody from the others
            Err(error) if !error.passes() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        if offers.iter().any(|offer| is_said(offer) && offer.refusals.is_empty()) {
            talks.insert(instance);
        }
    }
    Ok(talks)
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
