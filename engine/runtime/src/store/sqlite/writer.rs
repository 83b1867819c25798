//! The one thread that writes: it owns the connection, and several jobs share one commit.
//!
//! While one commit is flushing, the next jobs gather in the channel; there is no timer. A job that fails takes the whole
//! commit back, and each job then gets one of its own, so that no job suffers from another.

use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::{failed, open_writer};
use crate::store::{StoreError, StoreResult};

/// A longer queue than this is committed in several parts, so that the first do not wait for the last.
const JOBS_PER_COMMIT_MAX: usize = 256;

pub(super) struct Writer {
    /// None once closed.
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(path: Option<&Path>) -> StoreResult<Self> {
        let connection = open_writer(path)?;
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || write_all(&connection, &receiver))
            .map_err(|error| StoreError::Unavailable(format!("cannot start the writing thread: {error}")))?;
        Ok(Writer {
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs `work` in a transaction and answers after its commit. `work` may be run more than once, and what it did is taken
    /// back if it fails.
    pub(super) async fn run<T, F>(&self, work: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> StoreResult<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Box::new(Task {
            work,
            result: None,
            reply,
        });
        {
            let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = jobs.as_ref().ok_or_else(closed)?;
            sender.send(task).map_err(|_| closed())?;
        }
        answer.await.map_err(|_| closed())?
    }

    /// Commits what is under way and lets go of the file.
    pub(super) async fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A thread that panicked has no more to say; its callers were told that the store is closed.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

trait Job: Send {
    /// False: it failed, and the transaction must be taken back.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Tells the caller, with what became of the commit.
    fn answer(self: Box<Self>, committed: StoreResult<()>);
}

struct Task<T, F> {
    work: F,
    result: Option<StoreResult<T>>,
    reply: oneshot::Sender<StoreResult<T>>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: Fn(&Connection) -> StoreResult<T> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let result = (self.work)(connection);
        let succeeded = result.is_ok();
        self.result = Some(result);
        succeeded
    }

    fn answer(self: Box<Self>, committed: StoreResult<()>) {
        let answer = match (self.result, committed) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(closed()),
        };
        // A caller that has gone away does not want to know.
        let _ = self.reply.send(answer);
    }
}

fn write_all(connection: &Connection, jobs: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(JOBS_PER_COMMIT_MAX - 1));
        match commit_together(connection, &mut batch) {
            Together::Ended(committed) => {
                for job in batch {
                    job.answer(committed.clone());
                }
            }
            Together::OneFailed => {
                for job in batch {
                    commit_alone(connection, job);
                }
            }
        }
    }
}

enum Together {
    Ended(StoreResult<()>),
    OneFailed,
}

fn commit_together(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Together {
    if let Err(error) = connection.execute_batch("begin immediate") {
        return Together::Ended(Err(failed(error)));
    }
    for job in batch {
        if !job.run(connection) {
            take_back(connection);
            return Together::OneFailed;
        }
    }
    Together::Ended(end(connection))
}

fn commit_alone(connection: &Connection, mut job: Box<dyn Job>) {
    if let Err(error) = connection.execute_batch("begin immediate") {
        return job.answer(Err(failed(error)));
    }
    if job.run(connection) {
        let committed = end(connection);
        job.answer(committed);
    } else {
        take_back(connection);
        job.answer(Ok(()));
    }
}

fn end(connection: &Connection) -> StoreResult<()> {
    connection.execute_batch("commit").map_err(|error| {
        take_back(connection);
        failed(error)
    })
}

fn take_back(connection: &Connection) {
    // Some errors (a full disk) have taken the transaction back already.
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("rollback")
    {
        tracing::error!(%error, "SQLite could not take a transaction back");
    }
}
