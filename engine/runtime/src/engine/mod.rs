//! The engine: what everything outside calls, cheap to clone, usable from many tasks.

mod deployment;
mod files;
mod liveness;
mod loops;
mod node;
mod opening;
mod placing;
mod planned;
mod quiet_hours;
mod reading;
mod report;
mod request;
mod searching;
mod table;
mod taking_over;
mod trying;
mod version;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::step::{
    Actor, HandOver, Input, InputKind, Record, Refusal, SYSTEM_KEY, SYSTEM_WORKFLOW, Verdict, index_under, record,
};
use tokio::sync::{broadcast, oneshot};

pub use self::deployment::Deployed;
pub(crate) use self::deployment::calls_of;
pub use self::loops::Ended;
pub use self::node::{Node, Surroundings};
pub use self::opening::OpenRequest;
pub(crate) use self::placing::PlaceRequest;
pub use self::report::{ReportRequest, Reports};
pub use self::request::{SendRequest, StartRequest, TaskRequest, WithdrawRequest};
pub use self::version::DeployedVersion;
pub use self::view::PortalShown;

use self::loops::Running;
use crate::access::AccessLog;
use crate::assignments::HandingOver;
use crate::body::Party;
use crate::clock::Clock;
use crate::configuration::EngineConfig;
use crate::directory::{DeployedRoles, Directory};
use crate::error::{EngineError, EngineResult};
use crate::figures::Figures;
use crate::files::Files;
use crate::guarded::guarded;
use crate::handover::Handover;
use crate::identity::Identity;
use crate::incidents::{Decision, IncidentName, Incidents};
use crate::instances::{Instances, Personal};
use crate::intake::{Answer, Intake, Origin, Parcel, Reply, Request};
use crate::outbox::Adapters;
use crate::queries::{Queries, TRAIL_PAGE_MAX};
use crate::registry::Registry;
use crate::schedules::Places;
use crate::starts::Starts;
use crate::store::{Applied, Incident, MailCounts, NewEntry, NextInstance, Store, TrailRow, Write};
use crate::system::SystemTrail;
use crate::tokens::Tokens;
use crate::unreached::{UnreachedTask, unreached};

/// How often an erasure is tried while its instance moves.
const ERASURE_ATTEMPTS_MAX: u32 = 16;

#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    configuration: EngineConfig,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    adapters: Arc<Adapters>,
    registry: Arc<Registry>,
    instances: Arc<Instances>,
    handover: Arc<Handover>,
    figures: Arc<Figures>,
    starts: Arc<Starts>,
    places: Arc<Places>,
    system: Arc<SystemTrail>,
    files: Files,
    intake: Arc<Intake>,
    queries: Queries,
    access: Arc<AccessLog>,
    incidents: Incidents,
    tokens: Tokens,
    identity: Identity,
    directory: Arc<Directory>,
    handing_over: Arc<HandingOver>,
    unkeyed: Unkeyed,
    running: Running,
}

/// Keys for inputs that came without one: the engine itself may have to try them twice.
struct Unkeyed {
    /// Unlike that of any other start of any node.
    nonce: String,
    drawn: AtomicU64,
}

impl Unkeyed {
    fn new(nonce: [u8; 32]) -> Self {
        Unkeyed {
            nonce: Digest(nonce).to_string(),
            drawn: AtomicU64::new(0),
        }
    }

    fn draw(&self) -> InputKey {
        let ordinal = self.drawn.fetch_add(1, Ordering::Relaxed);
        InputKey::of(&["unkeyed", &self.nonce, &ordinal.to_string()])
    }
}

impl Engine {
    /// Starts an instance. Refusals are answers; errors say that nothing can be said.
    pub async fn start(&self, request: StartRequest) -> EngineResult<Answer> {
        let StartRequest {
            workflow,
            key,
            payload,
            actor,
            input_key,
            reason,
            signed,
        } = request;
        let inner = &self.inner;
        let payload = match self.with_files(&workflow, key.as_deref(), payload, &actor, true).await? {
            Ok(payload) => payload,
            Err(answer) => return Ok(answer),
        };
        let ready = match inner.starts.ready(&workflow, payload, key.as_deref(), self.now()).await {
            Ok(ready) => ready,
            Err(EngineError::KeyRefused(refusals)) => {
                let to = Party {
                    workflow,
                    key: key.unwrap_or_default(),
                };
                return Ok(Answer::refused_all(&to, refusals));
            }
            Err(error) => return Err(error),
        };
        let named = input_key.is_some();
        let input = Input {
            signed,
            key: Some(input_key.unwrap_or_else(|| inner.unkeyed.draw())),
            actor,
            reason,
            kind: InputKind::Start(Box::new(ready.input)),
        };
        self.ask(|reply| {
            let mut request = Request::to(ready.to, input, Origin::Caller, reply);
            request.chart = Some(ready.known);
            request.named = named;
            request
        })
        .await
    }

    /// Does something with a task beside finishing it, which is an event.
    pub async fn act(&self, request: TaskRequest) -> EngineResult<Answer> {
        let TaskRequest {
            workflow,
            key,
            task,
            act,
            actor,
            input_key,
            expected,
        } = request;
        let act = self.with_absence(act).await?;
        let named = input_key.is_some();
        let input = Input {
            signed: None,
            key: Some(input_key.unwrap_or_else(|| self.inner.unkeyed.draw())),
            actor,
            reason: None,
            kind: InputKind::Task { task, act },
        };
        self.ask(|reply| {
            let mut request = Request::to(Party { workflow, key }, input, Origin::Caller, reply);
            request.named = named;
            request.expected = expected;
            request
        })
        .await
    }

    /// Takes back one's own signature, while others are still to sign.
    pub async fn withdraw(&self, request: WithdrawRequest) -> EngineResult<Answer> {
        let WithdrawRequest {
            workflow,
            key,
            event,
            actor,
            input_key,
            expected,
        } = request;
        let named = input_key.is_some();
        let input = Input {
            signed: None,
            key: Some(input_key.unwrap_or_else(|| self.inner.unkeyed.draw())),
            actor,
            reason: None,
            kind: InputKind::Withdraw { event },
        };
        self.ask(|reply| {
            let mut request = Request::to(Party { workflow, key }, input, Origin::Caller, reply);
            request.named = named;
            request.expected = expected;
            request
        })
        .await
    }

    /// Sends an event. Ignored and refused are answers too.
    pub async fn send(&self, request: SendRequest) -> EngineResult<Answer> {
        let SendRequest {
            workflow,
            key,
            event,
            payload,
            actor,
            input_key,
            reason,
            expected,
            signed,
            task,
        } = request;
        let payload = match self.with_files(&workflow, Some(&key), payload, &actor, false).await? {
            Ok(payload) => payload,
            Err(answer) => return Ok(answer),
        };
        let named = input_key.is_some();
        let input = Input {
            signed,
            key: Some(input_key.unwrap_or_else(|| self.inner.unkeyed.draw())),
            actor,
            reason,
            kind: InputKind::Event {
                name: event,
                payload,
                task,
            },
        };
        self.ask(|reply| {
            let mut request = Request::to(Party { workflow, key }, input, Origin::Caller, reply);
            request.named = named;
            request.expected = expected;
            request
        })
        .await
    }

    /// What is asked of instances, for scenarios, which look at everything.
    pub(crate) fn queries(&self) -> &Queries {
        &self.inner.queries
    }

    /// What waits for a person. The caller sees to it that only operators ask.
    pub async fn incidents(&self) -> EngineResult<Vec<Incident>> {
        self.inner.incidents.list().await
    }

    /// Tasks that nobody in the directory could do. The caller sees to it that only operators ask.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn unreached(&self) -> EngineResult<Vec<UnreachedTask>> {
        unreached(self.inner.store.as_ref(), &self.inner.directory).await
    }

    /// Settles an incident. The caller sees to it that only operators ask.
    pub async fn settle(
        &self,
        incident: &IncidentName,
        decision: &Decision,
        reason: Option<&str>,
        by: &Actor,
    ) -> EngineResult<()> {
        self.inner.incidents.settle(incident, decision, reason, by, self.now()).await
    }

    /// The system's own trail. The caller sees to it that only operators ask.
    pub async fn system_trail(&self, after: u64, limit: usize) -> EngineResult<Vec<TrailRow>> {
        let system = InstanceId::of(SYSTEM_WORKFLOW, SYSTEM_KEY);
        Ok(self.inner.store.trail(system, after, limit.min(TRAIL_PAGE_MAX)).await?)
    }

    pub fn tokens(&self) -> &Tokens {
        &self.inner.tokens
    }

    /// How people prove who they are, and who is signed in.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Who works here, and with which roles.
    pub fn directory(&self) -> &Directory {
        &self.inner.directory
    }

    /// The person of this id: as the directory knows them, else as the youngest of their tokens does.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn person(&self, id: &str) -> EngineResult<Option<Actor>> {
        match self.inner.directory.person(id).await? {
            Some(person) => Ok(Some(person)),
            None => self.inner.tokens.person(id, self.now()).await,
        }
    }

    /// Puts a person into the directory, or changes who they are. Where they are signed in they are so as that from then on.
    ///
    /// # Errors
    /// [`EngineError::PersonRefused`] with every reason; those of the store.
    pub async fn put_person(&self, person: &Actor, by: &Actor) -> EngineResult<()> {
        self.put_person_with_mail(person, None, by).await
    }

    /// The same of somebody whom mail reaches there.
    ///
    /// # Errors
    /// As of [`Engine::put_person`].
    pub async fn put_person_with_mail(&self, person: &Actor, mail: Option<&str>, by: &Actor) -> EngineResult<()> {
        self.inner.directory.put_with_mail(person, mail, by, self.now()).await?;
        self.inner.identity.person_changed(&person.id).await
    }

    /// How many mails wait to be sent, and how many for a person.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn mail_counts(&self) -> EngineResult<MailCounts> {
        Ok(self.inner.store.mails().mail_counts().await?)
    }

    /// Takes somebody out of the directory, and then gives back what they hold: nothing can be given them any more by then. Asked for
    /// again, it gives back what is left. Answers how many tasks that were.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] if there is no such person, and nothing that they hold; those of the store; why a task was not given back.
    pub async fn remove_person(&self, id: &str, by: &Actor) -> EngineResult<i64> {
        let directory = &self.inner.directory;
        let known = directory.person(id).await?.is_some();
        if known {
            directory.remove(id, by, self.now()).await?;
        }
        self.inner.identity.forget(id, by, self.now()).await?;
        let hand_over = HandOver {
            holder: id.into(),
            // whatever some node's clock said when they took it on
            until: Timestamp::MAX,
            note: None,
        };
        let key = self.inner.unkeyed.draw().to_string();
        let given_back = self.inner.handing_over.give_back_all(by, &hand_over, &key).await?;
        match known || given_back > 0 {
            true => Ok(given_back),
            false => Err(EngineError::Hidden),
        }
    }

    /// Makes a file of roles the one that holds from now on. `source` is what the compiler reads.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`] with what is wrong with it; those of the store.
    pub async fn deploy_roles(&self, source: &str, by: &Actor) -> EngineResult<DeployedRoles> {
        self.inner.directory.deploy_roles(source, by, self.now()).await
    }

    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// What this node commits from now on: which instance has moved. What another node commits is not among it.
    pub fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.inner.handover.changes()
    }

    /// The name of this node.
    pub fn node(&self) -> &str {
        &self.inner.configuration.node
    }

    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// What this node did since it began.
    pub fn figures(&self) -> &Figures {
        &self.inner.figures
    }

    /// How many requests found no room since this node began.
    pub fn turned_away(&self) -> u64 {
        self.inner.intake.queue.turned_away()
    }

    /// Inputs that wait: people's, and the engine's own.
    pub fn waiting(&self) -> (usize, usize) {
        self.inner.intake.queue.waiting()
    }

    /// Deletes the personal data of an instance, for good, and keeps that it was done. The caller sees to it that only those ask
    /// who may.
    pub async fn erase(&self, workflow: &str, key: &str, by: &Actor) -> EngineResult<()> {
        let id = InstanceId::of(workflow, key);
        for _ in 0..ERASURE_ATTEMPTS_MAX {
            let now = self.now();
            let found = self.inner.instances.load_one(id, Personal::With).await?;
            let Some(instance) = found else {
                let (workflow, key) = (workflow.into(), key.into());
                return Err(EngineError::NoSuchInstance {
                    workflow,
                    key,
                    refusals: Vec::new(),
                });
            };
            let before = &instance.snapshot;
            let (outcome, entry) = guarded(|| record(&instance.known.chart, before, &Record::Erasure, by, now))?;
            let next = NextInstance {
                workflow: before.workflow.clone(),
                key: before.key.clone(),
                definition: before.definition,
                sequence: entry.sequence,
                done: outcome.next.status == statewright_core::step::Status::Done,
                snapshot: entry.snapshot,
                head: entry.digest,
                started_at_us: before.started_at.as_microsecond(),
            };
            let mut write = Write::new(id, before.sequence, next, now.as_microsecond());
            write.erase = true;
            // nobody is found any more by what is gone
            write.index = index_under(&instance.known.chart, &outcome.next, &self.inner.instances.blind_key().await?);
            write.files_gone = self.inner.files.personal_of(id).await?;
            write.entries.push(NewEntry {
                sequence: entry.sequence,
                at_us: now.as_microsecond(),
                input_key: None,
                bytes: entry.bytes,
            });
            let applied = self.inner.store.commit(std::slice::from_ref(&write)).await?;
            self.inner.intake.cache.forget([id]);
            match applied.first() {
                Some(Applied::Committed) => {
                    self.inner.handover.committed(&write);
                    if !write.files_gone.is_empty() {
                        self.inner.files.sweep().await?;
                    }
                    return Ok(());
                }
                Some(Applied::Moved) => {}
                other => return Err(EngineError::Damaged(format!("the store answered {other:?} to an erasure"))),
            }
        }
        Err(EngineError::Conflict {
            winner: "another input".into(),
            current: 0,
        })
    }

    /// Hands one input to the intake and waits for what becomes of it.
    async fn ask(&self, request: impl FnOnce(Reply) -> Request) -> EngineResult<Answer> {
        let (sender, receiver) = oneshot::channel();
        let Some(parcel) = Parcel::of(vec![request(Reply::Caller(sender))]) else {
            return Err(EngineError::ShuttingDown);
        };
        self.inner.intake.queue.offer(parcel);
        // A sender that goes away unused belonged to an intake that is no more.
        let answer = receiver.await.unwrap_or(Err(EngineError::ShuttingDown))?;
        Ok(without_view_if_forbidden(answer))
    }
}

/// Whoever may not send is not told how the instance stands.
fn without_view_if_forbidden(mut answer: Answer) -> Answer {
    if let Verdict::Refused(refusals) = &answer.verdict
        && refusals.iter().any(Refusal::is_forbidden)
    {
        answer.states.clear();
        answer.label = None;
        answer.lost_to = None;
    }
    answer
}
