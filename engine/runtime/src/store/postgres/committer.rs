//! The tasks that commit, each with a connection of its own.
//!
//! Calls that wait are taken up together: what is plain becomes one statement, what is careful one transaction. While one is
//! under way the next gather; there is no timer.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use sqlx::{Connection, PgConnection};
use statewright_core::identity::InstanceId;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::batch::{self, is_careful};
use super::connection::{Address, TRUST_AFTER_USE, Trouble};
use crate::store::{Applied, StoreError, StoreResult, Write};

/// More than this gains little in one statement, and lets the first callers wait for the last.
const WRITES_PER_COMMIT_MAX: usize = 512;

/// One call of `commit`.
struct Job {
    writes: Arc<Vec<Write>>,
    is_careful: bool,
    reply: oneshot::Sender<StoreResult<Vec<Applied>>>,
}

pub(super) struct Committers {
    /// None once closed.
    jobs: std::sync::Mutex<Option<mpsc::UnboundedSender<Job>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Committers {
    pub(super) fn start(address: &Address, how_many: usize) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let queue = Arc::new(Mutex::new(Queue {
            receiver,
            waiting: VecDeque::new(),
        }));
        let start_one = |_| {
            let committer = Committer {
                address: address.clone(),
                queue: Arc::clone(&queue),
                connection: None,
                used: now(),
            };
            tokio::spawn(committer.run())
        };
        Committers {
            jobs: std::sync::Mutex::new(Some(sender)),
            tasks: Mutex::new((0..how_many).map(start_one).collect()),
        }
    }

    pub(super) async fn commit(&self, writes: Arc<Vec<Write>>) -> StoreResult<Vec<Applied>> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            is_careful: writes.iter().any(is_careful),
            writes,
            reply,
        };
        {
            let jobs = self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let sender = jobs.as_ref().ok_or_else(closed)?;
            sender.send(job).map_err(|_| closed())?;
        }
        answer.await.map_err(|_| closed())?
    }

    /// Commits what is under way and lets go of the connections.
    pub(super) async fn close(&self) {
        self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        for task in self.tasks.lock().await.drain(..) {
            // A task that panicked has no more to say; its callers were told that the store is closed.
            let _ = task.await;
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

struct Queue {
    receiver: mpsc::UnboundedReceiver<Job>,
    /// Taken out of the channel, but not to be committed together with those before it.
    waiting: VecDeque<Job>,
}

impl Queue {
    /// The next calls that may be committed together: all plain or all careful, and no instance twice. Empty: closed.
    async fn next(&mut self) -> Vec<Job> {
        let first = match self.waiting.pop_front() {
            Some(job) => Some(job),
            None => self.receiver.recv().await,
        };
        let Some(first) = first else { return Vec::new() };
        let mut instances: BTreeSet<InstanceId> = first.writes.iter().map(|write| write.instance).collect();
        let is_careful = first.is_careful;
        let mut together = vec![first];
        while let Some(job) = self.waiting.pop_front().or_else(|| self.receiver.try_recv().ok()) {
            let is_too_much = instances.len() + job.writes.len() > WRITES_PER_COMMIT_MAX;
            let meets = job.writes.iter().any(|write| instances.contains(&write.instance));
            if is_too_much || meets || job.is_careful != is_careful {
                self.waiting.push_front(job);
                break;
            }
            instances.extend(job.writes.iter().map(|write| write.instance));
            together.push(job);
        }
        together
    }
}

struct Committer {
    address: Address,
    queue: Arc<Mutex<Queue>>,
    connection: Option<PgConnection>,
    used: Instant,
}

impl Committer {
    async fn run(mut self) {
        loop {
            let jobs = self.queue.lock().await.next().await;
            if jobs.is_empty() {
                break;
            }
            self.commit_together(jobs).await;
        }
        if let Some(connection) = self.connection.take() {
            // The server notices by itself if we cannot tell it any more.
            let _ = connection.close().await;
        }
    }

    /// Together, and if that cannot be, one by one, so that no call suffers from another.
    async fn commit_together(&mut self, jobs: Vec<Job>) {
        let writes: Vec<&Write> = jobs.iter().flat_map(|job| job.writes.iter()).collect();
        match self.commit_writes(&writes).await {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                for job in jobs {
                    let own = answers.by_ref().take(job.writes.len()).collect();
                    job.answer(Ok(own));
                }
            }
            Err(Trouble::Collision(_) | Trouble::Failed(_)) if jobs.len() > 1 => {
                for job in jobs {
                    let writes: Vec<&Write> = job.writes.iter().collect();
                    let answer = self.commit_writes(&writes).await;
                    job.answer(answer.map_err(Trouble::into_error));
                }
            }
            Err(trouble) => {
                let error = trouble.into_error();
                for job in jobs {
                    job.answer(Err(error.clone()));
                }
            }
        }
    }

    /// Once more if others were in the way.
    async fn commit_writes(&mut self, writes: &[&Write]) -> Result<Vec<Applied>, Trouble> {
        match self.attempt(writes).await {
            Err(Trouble::Collision(_)) => self.attempt(writes).await,
            other => other,
        }
    }

    async fn attempt(&mut self, writes: &[&Write]) -> Result<Vec<Applied>, Trouble> {
        let connection = self.connected().await?;
        let answers = batch::commit(connection, writes).await;
        self.used = now();
        if matches!(&answers, Err(Trouble::Lost(_))) {
            self.connection = None;
        }
        answers
    }

    /// The connection, made anew if it was lost or if the database was restarted while nobody needed it.
    async fn connected(&mut self) -> StoreResult<&mut PgConnection> {
        if self.used.elapsed() > TRUST_AFTER_USE
            && let Some(connection) = &mut self.connection
            && connection.ping().await.is_err()
        {
            self.connection = None;
        }
        match self.connection {
            Some(ref mut connection) => Ok(connection),
            None => Ok(self.connection.insert(self.address.committer().await?)),
        }
    }
}

impl Job {
    /// Whoever is answered has the writes for themselves again.
    fn answer(self, answer: StoreResult<Vec<Applied>>) {
        drop(self.writes);
        // A caller that has gone away does not want to know.
        let _ = self.reply.send(answer);
    }
}

#[allow(clippy::disallowed_methods)] // how long a connection has rested says nothing about the engine's time
fn now() -> Instant {
    Instant::now()
}
