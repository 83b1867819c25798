//! The threads that read, each with a connection of its own, beside the writer.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::open_reader;
use super::writer::closed;
use crate::store::{StoreError, StoreResult};

/// Reads are short and from memory mostly; more threads than this only compete with the writer.
const READERS: usize = 4;

type Job = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    /// None once closed.
    jobs: Mutex<Option<Sender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> StoreResult<Self> {
        let (sender, receiver) = channel::<Job>();
        let shared = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::with_capacity(READERS);
        for number in 0..READERS {
            let connection = open_reader(path)?;
            let jobs = Arc::clone(&shared);
            let thread = std::thread::Builder::new()
                .name(format!("sqlite-reader-{number}"))
                .spawn(move || read_all(&connection, &jobs))
                .map_err(|error| StoreError::Unavailable(format!("cannot start a reading thread: {error}")))?;
            threads.push(thread);
        }
        Ok(Readers {
            jobs: Mutex::new(Some(sender)),
            threads: Mutex::new(threads),
        })
    }

    /// Each job sees everything that was committed before it was asked for.
    pub(super) async fn run<T, F>(&self, work: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> StoreResult<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        {
            let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = jobs.as_ref().ok_or_else(closed)?;
            let job: Job = Box::new(move |connection| {
                // A caller that has gone away does not want to know.
                let _ = reply.send(work(connection));
            });
            sender.send(job).map_err(|_| closed())?;
        }
        answer.await.map_err(|_| closed())?
    }

    pub(super) async fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || threads.into_iter().try_for_each(JoinHandle::join));
        // A thread that panicked has no more to say; its callers were told that the store is closed.
        let _ = joined.await;
    }
}

fn read_all(connection: &Connection, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        job(connection);
    }
}
