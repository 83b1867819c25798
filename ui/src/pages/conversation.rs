//! The conversation of an instance, as it stands on its page and on those of its tasks: what was said, and what can be said now.

use axum::http::Method;
use serde::Serialize;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, ActorKind, Offer, in_words};
use statewright_engine::error::EngineError;
use statewright_engine::queries::{Message, MessagesAsked, ReadExtent, Readers};

use super::answer::{Answer, see_other};
use super::asked::Asked;
use super::event::{EventForm, Hidden};
use super::moment::Moment;
use super::route::{Access, Page};
use super::words::Reading;
use crate::audience::Names;
use crate::http::{Answered, mark_as_read, no_such_notice, notice_place, notice_text};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[Page {
    method: Method::POST,
    path: "/instances/{workflow}/{key}/conversation/read",
    operation: "pageMarkConversationRead",
    access: Access::Person,
    handler: |asked| Box::pin(mark_read(asked)),
}];

/// Messages of a page: what was said before stands one step further.
pub const SHOWN: usize = 50;

/// Sent along by a form of the conversation: the page on which it stands.
pub const STANDS_ON: &str = "conversation_on";

/// Sent along as well, if something of it is unread: up to which message its sender had it before them.
pub const READ_UP_TO: &str = "conversation";

const ON_INSTANCE: &str = "instance";

/// Before the task.
const ON_TASK: &str = "task/";

/// What stands under the heading.
#[derive(Serialize)]
pub struct Talk {
    messages: Vec<Said>,
    /// `3`, `99+`; None: nothing.
    unread: Option<String>,
    /// The newest that is unread, of those that are shown.
    up_to: Option<String>,
    /// Where what was said is marked as read.
    read: String,
    task: Option<String>,
    earlier: Option<String>,
    newest: Option<String>,
    forms: Vec<EventForm>,
}

#[derive(Serialize)]
struct Said {
    place: String,
    by: String,
    to: String,
    at: Moment,
    text: String,
    mine: bool,
    read: bool,
    /// None: it is not the reader's to know.
    readers: Option<String>,
}

/// Where it stands: on the page of an instance, or of one of its tasks.
pub struct Where<'a> {
    pub workflow: &'a str,
    pub key: &'a str,
    pub task: Option<&'a str>,
}

impl Where<'_> {
    pub fn page(&self) -> String {
        match self.task {
            Some(task) => format!("/tasks{}", path(&[self.workflow, self.key, task])),
            None => format!("/instances{}", path(&[self.workflow, self.key])),
        }
    }

    /// What forms call it.
    fn name(&self) -> String {
        self.task
            .map_or_else(|| ON_INSTANCE.to_owned(), |task| format!("{ON_TASK}{task}"))
    }

    /// What its page is called with the conversation in view.
    pub fn href(&self) -> String {
        format!("{}#conversation", self.page())
    }
}

/// Whether an event is said in the conversation: its form stands there and nowhere else. One that finishes a task stands with the task.
pub fn is_said(offer: &Offer) -> bool {
    offer.says && offer.task.is_none()
}

impl Talk {
    /// None: nothing was said, and nothing can be; or the instance is not the reader's to see.
    pub async fn of(asked: &Asked, place: Where<'_>, mut forms: Vec<EventForm>) -> Answered<Option<Talk>> {
        let engine = asked.engine();
        let before = asked.parameter("before").as_deref().and_then(notice_place);
        let messages = MessagesAsked::Before(before);
        let actor = asked.actor()?;
        let found = engine.conversation(place.workflow, place.key, actor, messages, SHOWN).await;
        let found = match found {
            Ok(found) => found,
            // a task may be for somebody who does not see its instance
            Err(EngineError::Hidden) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if found.messages.is_empty() && forms.is_empty() && before.is_none() {
            return Ok(None);
        }
        let roles = engine.directory().roles();
        let names = Names {
            roles: roles.as_ref().map(|version| &version.roles),
            organisations: &found.organisations,
        };
        let reading = asked.reading();
        let newest_unread = found.messages.iter().rev().find(|message| !message.noticed.read);
        let up_to = newest_unread.map(|message| notice_text(&message.noticed.place));
        for form in &mut forms {
            form.hidden.push(Hidden::new(STANDS_ON, place.name()));
            form.hidden.extend(up_to.clone().map(|up_to| Hidden::new(READ_UP_TO, up_to)));
        }
        let page = place.page();
        Ok(Some(Talk {
            messages: found
                .messages
                .iter()
                .map(|message| Said::of(message, actor, names, &reading))
                .collect(),
            unread: (found.unread.count > 0).then(|| match found.unread.more {
                true => format!("{}+", found.unread.count),
                false => found.unread.count.to_string(),
            }),
            up_to,
            read: format!("/instances{}/conversation/read", path(&[place.workflow, place.key])),
            task: place.task.map(str::to_owned),
            earlier: found
                .next
                .map(|next| format!("{}#conversation", query(&page, &[("before", &notice_text(&next))]))),
            newest: before.map(|_| format!("{page}#conversation")),
            forms,
        }))
    }
}

impl Said {
    fn of(message: &Message, reader: &Actor, names: Names<'_>, reading: &Reading) -> Self {
        let noticed = &message.noticed;
        let mine = noticed.body.is_from(reader);
        Said {
            place: notice_text(&noticed.place),
            by: match &noticed.body.by {
                _ if mine => "You".to_owned(),
                Some(by) => author(by),
                None => "Somebody".to_owned(),
            },
            to: names.audience(&noticed.body.to),
            at: reading.moment(noticed.at),
            text: noticed.body.text.to_string(),
            mine,
            read: noticed.read,
            readers: message.readers.as_ref().map(|readers| read_by(readers, reading)),
        }
    }
}

fn author(by: &Actor) -> String {
    match (&by.kind, &by.on_behalf_of) {
        (ActorKind::Person, Some(other)) => format!("{} for {other}", by.id),
        (ActorKind::Person, None) => by.id.to_string(),
        (ActorKind::Workflow { workflow }, _) => format!("{} {}", in_words(workflow), by.id),
        (ActorKind::Adapter, _) => in_words(&by.id),
        // a reminder, say, which nobody sent
        (ActorKind::Engine | ActorKind::Schedule, _) => "By itself".to_owned(),
    }
}

fn read_by(readers: &Readers, reading: &Reading) -> String {
    let named = readers.named.iter();
    let mut named: Vec<String> = named
        .map(|(person, at)| format!("{person} {}", reading.moment(*at).absolute))
        .collect();
    if readers.more {
        named.push("others".to_owned());
    }
    match named.is_empty() {
        true => "Nobody has read it yet".to_owned(),
        false => format!("Read by {}", named.join(", ")),
    }
}

/// Everything up to what was shown: what came meanwhile was not read.
async fn mark_read(asked: Asked) -> Answered<Answer> {
    let given = asked.posted.text("up_to").unwrap_or_default();
    let task = asked.posted.text("task").map(str::to_owned);
    mark_up_to(&asked, given).await?;
    let place = Where {
        workflow: asked.segment("workflow"),
        key: asked.segment("key"),
        task: task.as_deref(),
    };
    Ok(see_other(place.href()))
}

/// Where somebody goes on who has said something; None: not from a conversation.
pub fn said(asked: &Asked) -> Option<Where<'_>> {
    let stands_on = asked.posted.text(STANDS_ON)?;
    Some(Where {
        workflow: asked.segment("workflow"),
        key: asked.segment("key"),
        task: stands_on.strip_prefix(ON_TASK),
    })
}

/// Keeps that the reader has read the conversation of the instance in the address up to there.
///
/// # Errors
/// 404: they were told no such thing there.
pub async fn mark_up_to(asked: &Asked, given: &str) -> Answered<()> {
    let instance = InstanceId::of(asked.segment("workflow"), asked.segment("key"));
    let place = notice_place(given).filter(|place| place.instance == instance);
    let place = place.ok_or_else(|| no_such_notice(given))?;
    mark_as_read(&asked.service, asked.caller()?, ReadExtent::InConversation(place)).await
}
