//! One attempt at an effect: may it begin, what came of it, and what that means for the effect.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use statewright_core::identity::InputKey;
use statewright_core::step::{Actor, ActorKind, AdapterFailure, Facts, handles_failure, requirement};
use statewright_core::value::Value;
use statewright_core::value::limits;

use super::backoff::Backoff;
use crate::adapter::{Adapter, Attempt, AttemptFailure};
use crate::body::{EffectBody, MessageBody, MessageContent};
use crate::clock::Clock;
use crate::configuration::NEEDS_ROUNDS_MAX;
use crate::error::{EngineError, EngineResult};
use crate::guarded::{guarded, guarded_attempt};
use crate::instances::{Instance, Instances, Personal};
use crate::intake::Reader;
use crate::store::{EffectEnd, EffectResult, EffectRow, NewMessage, Store};

/// How long an attempt waits that could not be decided because the database was away.
const UNDECIDED_WAIT_US: i64 = 1_000_000;

/// How much of a failure's text is kept: enough to understand it, too little to fill a database.
const ERROR_CHARACTERS_MAX: usize = 2_000;

/// What an attempt works with.
pub(crate) struct Tools {
    pub instances: Arc<Instances>,
    pub reader: Arc<Reader>,
    pub clock: Arc<dyn Clock>,
    pub store: Arc<dyn Store>,
}

/// Why an effect will not be tried any more.
struct Final {
    why: &'static str,
    message: String,
    detail: Value,
}

/// What must not be asked twice was asked, or may have been.
fn unknown(why: &str) -> Final {
    Final {
        why: "unknown",
        message: format!("{why}; nobody knows whether it was done, and it must not be asked twice"),
        detail: Value::Null,
    }
}

impl Tools {
    /// Tries once, and says how the effect stands after it.
    pub async fn attempt(
        &self,
        row: &EffectRow,
        body: &EffectBody,
        adapter: Option<Arc<dyn Adapter>>,
        until: Timestamp,
    ) -> EffectResult {
        match self.may_begin(row, body).await {
            Ok(None) => {}
            Ok(Some(refused)) => return self.finish(row, row.attempts, refused).await,
            Err(error) => return self.undecided(row, row.attempts, &error),
        }
        let Some(adapter) = adapter else {
            return self.unconnected(row, body).await;
        };
        if body.once {
            match self.may_be_made_once(row).await {
                Ok(None) => {}
                Ok(Some(unknown)) => return self.finish(row, row.attempts, unknown).await,
                Err(error) => return self.undecided(row, row.attempts, &error),
            }
        }
        let number = row.attempts + 1;
        let attempt = Attempt {
            key: row.key.clone(),
            action: body.action.clone(),
            input: body.input.clone(),
            number,
            until,
        };
        let outcome = guarded_attempt(adapter.perform(attempt)).await;
        self.conclude(row, body, outcome).await
    }

    /// Nobody was asked, and another node may have the adapter.
    async fn unconnected(&self, row: &EffectRow, body: &EffectBody) -> EffectResult {
        let message = format!("no adapter `{}` is connected to this node", row.adapter);
        if !body.once {
            return self.again(row, body, message, None).await;
        }
        let due_us = self.now_us() + UNDECIDED_WAIT_US;
        self.result(row, row.attempts, EffectEnd::Postponed { due_us, error: message })
    }

    /// What an attempt's outcome means.
    pub async fn conclude(&self, row: &EffectRow, body: &EffectBody, outcome: Result<Value, AttemptFailure>) -> EffectResult {
        let number = row.attempts + 1;
        match outcome {
            Ok(value) => match limits::check(&value) {
                Ok(()) => self.result(row, number, EffectEnd::Answered(answer_of(row, Ok(value), self.now_us()))),
                Err(error) => {
                    let message = format!("the answer cannot be kept: {error}");
                    self.finish(
                        row,
                        number,
                        Final {
                            why: "refused",
                            message,
                            detail: Value::Null,
                        },
                    )
                    .await
                }
            },
            Err(AttemptFailure::Refused { message, detail }) if !body.once && self.passes(row, body, &detail).await => {
                self.again(row, body, message, None).await
            }
            Err(AttemptFailure::Refused { message, detail }) => {
                let detail = if limits::check(&detail).is_ok() { detail } else { Value::Null };
                self.finish(
                    row,
                    number,
                    Final {
                        why: "refused",
                        message,
                        detail,
                    },
                )
                .await
            }
            Err(AttemptFailure::Temporary { message, retry_after }) => self.again(row, body, message, retry_after).await,
        }
    }

    /// It may succeed later: postponed, as long as there are attempts left.
    async fn again(&self, row: &EffectRow, body: &EffectBody, message: String, retry_after: Option<Duration>) -> EffectResult {
        let number = row.attempts + 1;
        if body.once {
            return self.finish(row, number, unknown(&message)).await;
        }
        let backoff = Backoff::of(body.retry);
        if number >= backoff.attempts {
            let message = format!("{message} (after {number} attempts)");
            let exhausted = Final {
                why: "exhausted",
                message,
                detail: Value::Null,
            };
            return self.finish(row, number, exhausted).await;
        }
        let asked_us = retry_after.map_or(0, |wait| i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
        let wait_us = backoff.wait_us(&row.key, number).max(asked_us);
        let due_us = self.now_us().saturating_add(wait_us);
        self.result(
            row,
            number,
            EffectEnd::Postponed {
                due_us,
                error: shortened(&message),
            },
        )
    }

    /// Whether the contract says of this refusal that it passes by itself. Where that cannot be found out it does not.
    async fn passes(&self, row: &EffectRow, body: &EffectBody, detail: &Value) -> bool {
        if detail.field("type").is_none() {
            return false;
        }
        let instance = self.instance(row).await;
        instance.is_ok_and(|instance| {
            let agreed = instance.known.chart.contract(&row.adapter, &body.action);
            agreed.is_some_and(|agreed| agreed.is_temporary(detail))
        })
    }

    /// Why it must not begin: too late, or what it requires does not hold now.
    async fn may_begin(&self, row: &EffectRow, body: &EffectBody) -> EngineResult<Option<Final>> {
        let now = self.clock.now();
        if let Some(expires_at) = body.expires_at.filter(|expires_at| now > *expires_at) {
            let message = format!("it was not begun in time: by {expires_at} at the latest");
            return Ok(Some(Final {
                why: "expired",
                message,
                detail: Value::Null,
            }));
        }
        let Some(require) = &body.require else { return Ok(None) };
        let instance = self.instance(row).await?;
        let mut facts = Facts::default();
        for _ in 0..NEEDS_ROUNDS_MAX {
            let Instance { known, snapshot, .. } = &instance;
            match guarded(|| Ok(requirement(&known.chart, snapshot, require, &facts, now)))? {
                Ok(true) => return Ok(None),
                Ok(false) => {
                    let message = "what it requires does not hold now".to_owned();
                    return Ok(Some(Final {
                        why: "interlock",
                        message,
                        detail: Value::Null,
                    }));
                }
                Err(needs) => {
                    self.reader
                        .find(&mut facts, &needs, &known.chart, Some(snapshot), now)
                        .await?
                }
            }
        }
        Err(EngineError::Damaged(
            "what an effect requires asks for ever more reads".into(),
        ))
    }

    /// Of what must not be asked twice: why it must not be asked now. Else the attempt is counted before it is made: whoever finds this
    /// effect after us knows that it may have been done.
    async fn may_be_made_once(&self, row: &EffectRow) -> EngineResult<Option<Final>> {
        if row.attempts > 0 {
            return Ok(Some(unknown("the node that began it is gone")));
        }
        match self.store.count_attempt(row.instance, &row.key, row.epoch).await? {
            true => Ok(None),
            false => Err(EngineError::Unavailable("another node holds the effect by now".into())),
        }
    }

    /// An effect that has failed for good: its instance is told if it says what to do then; if not, a person is.
    async fn finish(&self, row: &EffectRow, attempts: u32, failure: Final) -> EffectResult {
        let Final { why, message, detail } = failure;
        let instance = match self.instance(row).await {
            Ok(instance) => instance,
            Err(error) => return self.undecided(row, attempts, &error),
        };
        let handled = guarded(|| Ok(handles_failure(&instance.known.chart, &instance.snapshot, &row.key))).unwrap_or(false);
        let end = if handled {
            let failure = AdapterFailure {
                why: why.into(),
                message: shortened(&message).into(),
                detail,
            };
            EffectEnd::Answered(answer_of(row, Err(failure), self.now_us()))
        } else {
            EffectEnd::Incident {
                error: shortened(&format!("{why}: {message}")),
            }
        };
        self.result(row, attempts, end)
    }

    /// Nothing was tried, or it is not known what it means: later. What was tried is not forgotten over it.
    fn undecided(&self, row: &EffectRow, attempts: u32, error: &EngineError) -> EffectResult {
        let end = match error {
            EngineError::Damaged(what) => EffectEnd::Incident { error: shortened(what) },
            damaged @ EngineError::DamagedInstance { .. } => EffectEnd::Incident {
                error: shortened(&damaged.to_string()),
            },
            error => EffectEnd::Postponed {
                due_us: self.now_us() + UNDECIDED_WAIT_US,
                error: shortened(&error.to_string()),
            },
        };
        self.result(row, attempts, end)
    }

    async fn instance(&self, row: &EffectRow) -> EngineResult<Instance> {
        let instance = self.instances.load_one(row.instance, Personal::With).await?;
        instance.ok_or_else(|| EngineError::Damaged(format!("{} has an effect and does not exist", row.instance)))
    }

    fn result(&self, row: &EffectRow, attempts: u32, end: EffectEnd) -> EffectResult {
        EffectResult {
            instance: row.instance,
            key: row.key.clone(),
            epoch: row.epoch,
            attempts,
            at_us: self.now_us(),
            end,
        }
    }

    fn now_us(&self) -> i64 {
        self.clock.now().as_microsecond()
    }
}

/// What the instance is told. It has one key whoever tells it, so that it hears of each effect once.
pub fn effect_answer(
    instance: statewright_core::identity::InstanceId,
    effect: &Arc<str>,
    result: Result<Value, AdapterFailure>,
    actor: Actor,
    at_us: i64,
) -> NewMessage {
    let content = MessageContent::Effect {
        effect: effect.clone(),
        result,
        actor,
    };
    let body = MessageBody {
        to: None,
        from: None,
        content,
    };
    NewMessage {
        to: instance,
        key: InputKey::of(&["effect", effect]),
        body: body.write(),
        due_us: at_us,
    }
}

fn answer_of(row: &EffectRow, result: Result<Value, AdapterFailure>, at_us: i64) -> NewMessage {
    effect_answer(
        row.instance,
        &row.key,
        result,
        Actor::plain(ActorKind::Adapter, row.adapter.clone()),
        at_us,
    )
}

/// What a database can hold of a failure's text.
pub(crate) fn shortened(text: &str) -> String {
    text.chars()
        .filter(|character| *character != '\0')
        .take(ERROR_CHARACTERS_MAX)
        .collect()
}
