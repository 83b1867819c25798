//! Making ready what a start needs before it can be stepped: the chart that is live, the key, and what the shell draws.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::step::{KeyResolution, Refusal, StartInput, resolve_key};
use statewright_core::value::Object;

use crate::body::Party;
use crate::clock::Entropy;
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::registry::{Known, Registry};
use crate::store::Store;

pub struct Starts {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    entropy: Arc<dyn Entropy>,
    default_zone: Arc<str>,
}

/// Stands where a key is tried whose number nobody has drawn yet.
pub const UNNUMBERED: &str = "?";

/// A start whose key, and with it whose instance, is settled.
pub struct ReadyStart {
    pub to: Party,
    pub input: StartInput,
    pub known: Arc<Known>,
}

impl Starts {
    pub fn new(store: Arc<dyn Store>, registry: Arc<Registry>, entropy: Arc<dyn Entropy>, default_zone: Arc<str>) -> Self {
        Starts {
            store,
            registry,
            entropy,
            default_zone,
        }
    }

    /// Settles the key from what was given; a workflow's number is drawn only if its key is made of it.
    pub async fn ready(&self, workflow: &str, payload: Object, given: Option<&str>, now: Timestamp) -> EngineResult<ReadyStart> {
        let known = self.registry.live(workflow).await?;
        let (key, number) = match resolve(&known, &payload, given, None, now)? {
            KeyResolution::Key(key) => (key, None),
            KeyResolution::Refused(refusal) => return Err(unkeyed(&known, &payload, refusal)),
            KeyResolution::NeedsNumber => {
                let number = self.store.draw_number(workflow).await?;
                match resolve(&known, &payload, given, Some(number), now)? {
                    KeyResolution::Key(key) => (key, Some(number)),
                    KeyResolution::Refused(refusal) => return Err(unkeyed(&known, &payload, refusal)),
                    KeyResolution::NeedsNumber => {
                        return Err(EngineError::Damaged(format!(
                            "the key of `{workflow}` asks for a number again"
                        )));
                    }
                }
            }
        };
        let secret = known.chart.holds_personal_data.then(|| self.entropy.draw());
        let input = StartInput {
            key: key.clone(),
            number,
            payload,
            parent: None,
            default_zone: self.default_zone.clone(),
            secret,
        };
        Ok(ReadyStart {
            to: Party {
                workflow: known.chart.workflow.clone(),
                key,
            },
            input,
            known,
        })
    }
}

impl Starts {
    /// The same to try it: no number is drawn. A key that would be made of one, or of what is missing, has another in the meantime.
    pub async fn tried(&self, workflow: &str, payload: Object, given: Option<&str>, now: Timestamp) -> EngineResult<ReadyStart> {
        let known = self.registry.live(workflow).await?;
        let key = match resolve(&known, &payload, given, None, now)? {
            KeyResolution::Key(key) => key,
            // a form that does not fit is told of with all that is known besides
            KeyResolution::Refused(_) if known.chart.start.form.fields.accept_object(&payload).is_err() => UNNUMBERED.into(),
            KeyResolution::Refused(refusal) => return Err(unkeyed(&known, &payload, refusal)),
            KeyResolution::NeedsNumber => UNNUMBERED.into(),
        };
        self.settled(workflow, key, None, payload).await
    }

    /// A start whose key was settled before, and with it the number, if it is made of one.
    pub async fn settled(&self, workflow: &str, key: Arc<str>, number: Option<u64>, payload: Object) -> EngineResult<ReadyStart> {
        let known = self.registry.live(workflow).await?;
        let input = StartInput {
            key: key.clone(),
            number,
            payload,
            parent: None,
            default_zone: self.default_zone.clone(),
            secret: known.chart.holds_personal_data.then(|| self.entropy.draw()),
        };
        let to = Party {
            workflow: known.chart.workflow.clone(),
            key,
        };
        Ok(ReadyStart { to, input, known })
    }
}

/// A form that does not fit is the reason why no key can be made of it, and says what to do.
fn unkeyed(known: &Known, payload: &Object, refusal: Refusal) -> EngineError {
    let problems = known.chart.start.form.fields.accept_object(payload).err().unwrap_or_default();
    let refusals: Vec<Refusal> = problems.into_iter().map(Refusal::of_field).collect();
    EngineError::KeyRefused(if refusals.is_empty() { vec![refusal] } else { refusals })
}

fn resolve(
    known: &Known,
    payload: &Object,
    given: Option<&str>,
    number: Option<u64>,
    now: Timestamp,
) -> EngineResult<KeyResolution> {
    Ok(guarded(|| Ok(resolve_key(&known.chart, payload, given, number, now)))?)
}
