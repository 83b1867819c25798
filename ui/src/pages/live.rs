//! Pages that are open hear when to look again.
//!
//! What is sent is a ping, for the page or for the number beside the inbox, and nothing else: the page asks for itself anew, so that who may see what is decided where it always is.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Method, header};
use axum::response::IntoResponse;
use hyper::body::Frame;
use statewright_core::diagnostic::Code;
use statewright_core::identity::InstanceId;
use statewright_core::step::subjects_of;
use statewright_engine::error::EngineError;
use statewright_engine::identity::Use;
use statewright_engine::queries::Unread;
use statewright_engine::store::TaskQuery;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::answer::Answer;
use super::asked::Asked;
use super::route::{Access, Page};
use super::{conversation, inbox, visitor};
use crate::http::{Answered, Problem};

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/live",
    operation: "pageLive",
    access: Access::Person,
    handler: |asked| Box::pin(listen(asked)),
}];

/// Open pages of one server: each holds a connection and a few kilobytes.
const STREAMS_MAX: usize = 4_096;

/// Pings that wait for a slow reader: a second one says nothing that the first did not.
const PINGS_WAITING_MAX: usize = 1;

/// Tasks of a list that are compared with those before: what is further down is not on the screen.
const TASKS_COMPARED: usize = 100;

/// Between a change and its ping: a burst of changes is one look.
const REST: Duration = Duration::from_millis(250);

/// The same where a page shows many instances.
const REST_OF_MANY: Duration = Duration::from_secs(3);

/// How often a page is looked at although nothing was heard: what another node committed is found by then.
const LOOK: Duration = Duration::from_secs(5);

/// Below what proxies take for a connection that has died.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Places for open pages.
#[derive(Clone)]
pub struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Streams(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

impl Streams {
    /// How many pages are open.
    pub fn open(&self) -> usize {
        STREAMS_MAX - self.0.available_permits()
    }

    fn place(&self) -> Answered<OwnedSemaphorePermit> {
        let place = self.0.clone().try_acquire_owned();
        place.map_err(|_| Problem::of(Code::Overloaded, "Too many pages are open; this one does not refresh itself"))
    }
}

/// What a page is about.
enum Topic {
    /// The reader's own list.
    Tasks,
    /// What the reader was told.
    Inbox,
    /// Many instances: what of them is on the page only the page itself can say.
    Instances,
    /// How it goes: it is looked at every few seconds, whatever changes.
    System,
    Instance {
        workflow: String,
        key: String,
        id: InstanceId,
    },
}

impl Topic {
    fn read(asked: &Asked) -> Answered<Self> {
        let topic = asked.parameter("topic").unwrap_or_default();
        match topic.as_str() {
            "tasks" => return Ok(Topic::Tasks),
            "inbox" => return Ok(Topic::Inbox),
            "instances" => return Ok(Topic::Instances),
            "system" => return Ok(Topic::System),
            _ => {}
        }
        let name = topic.strip_prefix("instance:").and_then(|name| name.split_once('/'));
        let (workflow, key) = name.ok_or_else(|| Problem::nothing(format_args!("topic `{}`", topic.escape_debug())))?;
        Ok(Topic::Instance {
            workflow: workflow.to_owned(),
            key: key.to_owned(),
            id: InstanceId::of(workflow, key),
        })
    }

    /// Whether what has moved may be what the page shows.
    fn concerns(&self, moved: InstanceId) -> bool {
        match self {
            Topic::Tasks | Topic::Inbox | Topic::Instances => true,
            Topic::System => false,
            Topic::Instance { id, .. } => *id == moved,
        }
    }

    /// How long a burst of changes is gathered. A page of many is made anew for each ping, and whatever changes may be on it.
    fn rest(&self) -> Duration {
        match self {
            Topic::Instances => REST_OF_MANY,
            Topic::Tasks | Topic::Inbox | Topic::System | Topic::Instance { .. } => REST,
        }
    }

    /// What the page would show, as a number that changes with it; `heard` is how many changes this node has told of. Whoever may not see it
    /// any more is told nothing more of it.
    async fn standing(&self, asked: &Asked, heard: u64) -> Answered<u64> {
        let actor = asked.actor()?;
        match self {
            Topic::Instances => Ok(heard),
            Topic::System => Ok(asked.now().as_second().unsigned_abs()),
            Topic::Instance { workflow, key, .. } => {
                let engine = asked.engine();
                let standing = engine.standing(workflow, key, actor, conversation::SHOWN).await?;
                let mut hasher = DefaultHasher::new();
                standing.hash(&mut hasher);
                Ok(hasher.finish())
            }
            Topic::Inbox => {
                let page = asked.engine().told_lately(actor, inbox::PAGE).await?;
                let mut hasher = DefaultHasher::new();
                for noticed in &page.notices {
                    let place = &noticed.place;
                    (place.at_us, place.instance, place.sequence, place.ordinal, noticed.read).hash(&mut hasher);
                }
                Ok(hasher.finish())
            }
            Topic::Tasks => {
                let query = TaskQuery {
                    subjects: subjects_of(actor),
                    holders: actor.identities(),
                    held_too: true,
                    workflow: None,
                    after: None,
                    limit: TASKS_COMPARED,
                };
                let page = asked.engine().store().tasks(&query).await.map_err(EngineError::from)?;
                let mut hasher = DefaultHasher::new();
                for row in &page.rows {
                    (
                        row.instance,
                        &row.name,
                        row.opened,
                        &row.holder,
                        row.priority,
                        row.due_us,
                        &row.body,
                    )
                        .hash(&mut hasher);
                }
                Ok(hasher.finish())
            }
        }
    }
}

async fn listen(asked: Asked) -> Answered<Answer> {
    let place = asked.service.streams.place()?;
    let topic = Topic::read(&asked)?;
    // From before it is looked: what moves meanwhile is heard.
    let changes = asked.engine().changes();
    let standing = topic.standing(&asked, 0).await?;
    let unread = asked.engine().unread(asked.actor()?).await?;
    let (sender, receiver) = mpsc::channel(PINGS_WAITING_MAX);
    let stream = Stream {
        asked,
        topic,
        changes,
        heard: 0,
        standing,
        unread,
        sender,
    };
    tokio::spawn(stream.run());
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let body = Body::new(Pings { receiver, _place: place });
    Ok(Answer::Raw((headers, body).into_response()))
}

/// One open page.
struct Stream {
    asked: Asked,
    topic: Topic,
    changes: Receiver<InstanceId>,
    /// How many bursts of changes that may concern it.
    heard: u64,
    standing: u64,
    /// What the head of the page says.
    unread: Unread,
    sender: mpsc::Sender<Bytes>,
}

impl Stream {
    /// Until the page is closed, its reader has signed out or may not see it any more, or the server stops.
    async fn run(mut self) {
        // the first words: the page knows that it is heard
        let mut words: &'static str = "retry: 2000\n\n";
        loop {
            if self.sender.send(Bytes::from_static(words.as_bytes())).await.is_err() {
                return;
            }
            words = match self.next().await {
                Ok(Some(words)) => words,
                // whoever asks anew finds out why
                Ok(None) | Err(_) => {
                    let _ = self.sender.send(Bytes::from_static(b"event: ended\ndata:\n\n")).await;
                    return;
                }
            };
        }
    }

    /// What is to be said next; None: nothing any more.
    async fn next(&mut self) -> Answered<Option<&'static str>> {
        let mut heartbeat = pin!(tokio::time::sleep(HEARTBEAT));
        let sender = self.sender.clone();
        loop {
            tokio::select! {
                () = &mut heartbeat => return Ok(self.is_welcome().await?.then_some(": \n\n")),
                () = sender.closed() => return Ok(None),
                () = self.moved() => {}
            }
            if !self.is_welcome().await? {
                return Ok(None);
            }
            let standing = self.topic.standing(&self.asked, self.heard).await?;
            let unread = self.asked.engine().unread(self.asked.actor()?).await?;
            let has_moved = std::mem::replace(&mut self.standing, standing) != standing;
            let is_told = std::mem::replace(&mut self.unread, unread) != unread;
            match (has_moved, is_told) {
                (true, _) => return Ok(Some("event: ping\ndata:\n\n")),
                // the page is as it was, and only its head is not
                (false, true) => return Ok(Some("event: told\ndata:\n\n")),
                (false, false) => {}
            }
        }
    }

    /// Waits until there may be something new: what this node commits is heard at once, what others commit is looked for.
    async fn moved(&mut self) {
        let look = tokio::time::sleep(LOOK);
        let mut look = pin!(look);
        loop {
            tokio::select! {
                () = &mut look => return,
                heard = self.changes.recv() => match heard {
                    Ok(moved) if !self.topic.concerns(moved) => {}
                    Err(RecvError::Closed) => look.as_mut().await,
                    // what was missed may concern it
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                },
            }
        }
        self.heard += 1;
        // a burst is one look
        tokio::time::sleep(self.topic.rest()).await;
        while self.changes.try_recv().is_ok() {}
    }

    /// Whether the reader is still signed in, and the server still serves.
    async fn is_welcome(&self) -> Answered<bool> {
        if self.asked.service.is_stopping() {
            return Ok(false);
        }
        let visit = visitor::visit(&self.asked.service, &self.asked.headers, Use::Watches).await?;
        Ok(visit.is_some_and(|visit| {
            self.asked
                .visit
                .as_ref()
                .is_some_and(|before| before.caller.actor == visit.caller.actor)
        }))
    }
}

/// The body of a stream.
struct Pings {
    receiver: mpsc::Receiver<Bytes>,
    _place: OwnedSemaphorePermit,
}

impl HttpBody for Pings {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.receiver
            .poll_recv(context)
            .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
