//! Gives back everything that a person holds, task by task, each in its own instance.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use statewright_core::identity::InputKey;
use statewright_core::step::{Actor, ActorKind, HandOver, Input, InputKind, REOFFER, TaskAct, TaskRef, Verdict};
use statewright_core::value::{Object, Value};
use tokio::sync::oneshot;

use crate::adapter::{Adapter, Attempt, AttemptFailure};
use crate::error::{EngineError, EngineResult};
use crate::intake::{Origin, Parcel, Queue, Reply, Request};
use crate::store::{Store, TaskPlace, TaskQuery, TaskRow};

/// Tasks read at once.
const PAGE: usize = 100;

/// The engine's own adapter. What it does is done at most once for each task: by the key under which it is asked, and since who holds
/// nothing has nothing to give back.
pub struct HandingOver {
    store: Arc<dyn Store>,
    queue: Arc<Queue>,
}

/// Who is to give back what, and on whose behalf.
struct Asked {
    by: Actor,
    hand_over: HandOver,
}

impl HandingOver {
    pub fn new(store: Arc<dyn Store>, queue: Arc<Queue>) -> Self {
        HandingOver { store, queue }
    }

    /// Gives back everything that somebody holds, on behalf of whoever asks under this key, and answers how much that was. One task that
    /// cannot be given back keeps none of the others.
    ///
    /// # Errors
    /// The last one that was not given back says why; those of the store.
    pub async fn give_back_all(&self, by: &Actor, hand_over: &HandOver, key: &str) -> EngineResult<i64> {
        let (mut given_back, mut failed) = (0, None);
        let mut after = None;
        loop {
            let page = self.page(&hand_over.holder, after).await?;
            for row in &page.rows {
                match self.give_back(row, by, hand_over, key).await {
                    Ok(given) => given_back += i64::from(given),
                    // what passes is worth asking again, and is said rather than what does not
                    Err(error) if failed.as_ref().is_some_and(EngineError::passes) && !error.passes() => {
                        tracing::error!(error = error.logged(), "a task was not given back");
                    }
                    Err(error) => failed = Some(error),
                }
            }
            after = page.rows.last().map(TaskRow::place);
            if !page.more {
                break;
            }
        }
        failed.map_or(Ok(given_back), Err)
    }

    async fn page(&self, holder: &Arc<str>, after: Option<TaskPlace>) -> EngineResult<crate::store::TaskPage> {
        let query = TaskQuery {
            holders: vec![holder.clone()],
            after,
            limit: PAGE,
            ..TaskQuery::default()
        };
        Ok(self.store.tasks(&query).await?)
    }

    /// Whether the task was given back.
    async fn give_back(&self, row: &TaskRow, by: &Actor, hand_over: &HandOver, key: &str) -> EngineResult<bool> {
        let opened = row.opened.to_string();
        let input = Input {
            key: Some(InputKey::of(&[REOFFER, key, &row.instance.to_string(), &row.name, &opened])),
            actor: by.clone(),
            reason: None,
            signed: None,
            kind: InputKind::Task {
                task: TaskRef {
                    name: row.name.clone(),
                    opened: Some(row.opened),
                },
                act: TaskAct::HandOver(Box::new(hand_over.clone())),
            },
        };
        let (sender, receiver) = oneshot::channel();
        let mut request = Request::new(row.instance, input, Origin::Engine, Reply::Caller(sender));
        request.named = true;
        if let Some(parcel) = Parcel::of(vec![request]) {
            self.queue.offer(parcel);
        }
        let answer = receiver.await.unwrap_or(Err(EngineError::ShuttingDown))?;
        Ok(answer.verdict == Verdict::Taken)
    }
}

#[async_trait]
impl Adapter for HandingOver {
    fn has_action(&self, action: &str) -> bool {
        action == REOFFER
    }

    async fn perform(&self, attempt: Attempt) -> Result<Value, AttemptFailure> {
        let Some(asked) = Asked::of(&attempt.input) else {
            return Err(AttemptFailure::Refused {
                message: "it does not say whose tasks are to be given back".into(),
                detail: Value::Null,
            });
        };
        let given_back = self.give_back_all(&asked.by, &asked.hand_over, &attempt.key).await;
        let count = given_back.map_err(|error| later(error.logged()))?;
        Ok(Value::from_fields(Object::from([(
            "given_back".into(),
            Value::Integer(count),
        )])))
    }
}

fn later(why: impl std::fmt::Display) -> AttemptFailure {
    AttemptFailure::Temporary {
        message: format!("not everything was given back yet: {why}"),
        retry_after: None,
    }
}

impl Asked {
    fn of(input: &Value) -> Option<Self> {
        let text = |name: &str| input.field(name).and_then(Value::as_text).map(Arc::<str>::from);
        let until = match input.field("until")? {
            Value::Instant(at) => *at,
            other => other.as_text()?.parse::<Timestamp>().ok()?,
        };
        let kind = ActorKind::Workflow {
            workflow: text("workflow")?,
        };
        Some(Asked {
            by: Actor::plain(kind, text("key")?),
            hand_over: HandOver {
                holder: text("holder")?,
                until,
                note: text("note"),
            },
        })
    }
}
