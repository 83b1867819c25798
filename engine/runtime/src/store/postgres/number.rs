//! Running numbers: callers that wait for one are served together, by one statement, in the order they came.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sqlx::{PgPool, Row};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::columns::Columns;
use super::connection::failed;
use super::row::{count, unsigned};
use crate::store::{StoreError, StoreResult};

/// Each workflow's next numbers at once; in the order of the names, so that two nodes never wait for each other.
pub(super) const DRAW: &str = "
    insert into number (workflow, last)
    select workflow, how_many from unnest($1::text[], $2::int8[]) as d (workflow, how_many)
    on conflict (workflow) do update set last = number.last + excluded.last
    returning workflow, last";

struct Call {
    workflow: String,
    reply: oneshot::Sender<StoreResult<u64>>,
}

pub(super) struct Numbers {
    /// None once closed.
    calls: Mutex<Option<mpsc::UnboundedSender<Call>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Numbers {
    pub(super) fn start(pool: PgPool) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Numbers {
            calls: Mutex::new(Some(sender)),
            task: Mutex::new(Some(tokio::spawn(serve(pool, receiver)))),
        }
    }

    pub(super) async fn draw(&self, workflow: &str) -> StoreResult<u64> {
        let (reply, answer) = oneshot::channel();
        let call = Call {
            workflow: workflow.into(),
            reply,
        };
        {
            let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = calls.as_ref().ok_or_else(closed)?;
            sender.send(call).map_err(|_| closed())?;
        }
        answer.await.map_err(|_| closed())?
    }

    pub(super) async fn close(&self) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // A task that panicked has no more to say; its callers were told that the store is closed.
            let _ = task.await;
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

async fn serve(pool: PgPool, mut calls: mpsc::UnboundedReceiver<Call>) {
    while let Some(first) = calls.recv().await {
        let mut waiting: BTreeMap<String, Vec<oneshot::Sender<StoreResult<u64>>>> = BTreeMap::new();
        let mut next = Some(first);
        while let Some(call) = next {
            waiting.entry(call.workflow).or_default().push(call.reply);
            next = calls.try_recv().ok();
        }
        let drawn = draw(&pool, &waiting).await;
        for (workflow, replies) in waiting {
            let mut answer = first_of(&drawn, &workflow, replies.len());
            for reply in replies {
                // A number for a caller that has gone away leaves a gap.
                let _ = reply.send(answer.clone());
                answer = answer.map(|number| number + 1);
            }
        }
    }
}

/// The last number of each workflow.
async fn draw<T>(pool: &PgPool, waiting: &BTreeMap<String, Vec<T>>) -> StoreResult<BTreeMap<String, u64>> {
    let mut columns = Columns::default();
    columns.add(waiting.keys().map(String::as_str))?;
    columns.add(waiting.values().map(|replies| count(replies.len())))?;
    let found = sqlx::query_with(DRAW, columns.finish())
        .fetch_all(pool)
        .await
        .map_err(failed)?;
    let last = found
        .iter()
        .map(|found| Ok((found.try_get("workflow")?, unsigned(found, "last")?)));
    last.collect::<Result<_, sqlx::Error>>().map_err(failed)
}

fn first_of(drawn: &StoreResult<BTreeMap<String, u64>>, workflow: &str, how_many: usize) -> StoreResult<u64> {
    let last = drawn.as_ref().map_err(Clone::clone)?.get(workflow).copied();
    let last = last.ok_or_else(|| StoreError::Damaged("a number was drawn and not given".into()))?;
    Ok(last - how_many as u64 + 1)
}
