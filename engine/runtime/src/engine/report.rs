//! What adapters report of effects beside their answers: steps on the way, and that an answer does not stand any more.

use std::sync::{Arc, Weak};

use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::{Actor, ActorKind, Input, InputKind, Report, Verdict};
use statewright_core::trail::EntryText;
use statewright_core::value::canonical::to_canonical;
use statewright_core::value::{Object, Value};

use super::{Engine, Inner};
use crate::body::Party;
use crate::error::{EngineError, EngineResult};
use crate::intake::{Answer, Origin, Request};

/// Something that an adapter reports of an effect.
#[derive(Clone, Debug)]
pub struct ReportRequest {
    /// The key under which the adapter was asked.
    pub effect: Arc<str>,
    pub report: Report,
    /// The adapter.
    pub actor: Actor,
}

impl Engine {
    /// Takes what an adapter reports of an effect that it was asked for. The same report of the same effect is one report, however often
    /// it comes, so that it may be sent again until it is answered. One that waits for a pause to end is to be sent again later.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] where this adapter was asked for nothing under that key.
    pub async fn report(&self, request: ReportRequest) -> EngineResult<Answer> {
        let ReportRequest { effect, report, actor } = request;
        let to = self.asked(&effect, &actor).await?;
        let content = to_canonical(&Value::from_fields(report.fields().clone()));
        let input = Input {
            signed: None,
            key: Some(InputKey::of(&["report", report.as_str(), &effect, &content])),
            actor,
            reason: None,
            kind: InputKind::AdapterReport { effect, report },
        };
        self.ask(|reply| {
            let mut request = Request::to(to, input, Origin::Caller, reply);
            request.named = true;
            request
        })
        .await
    }

    /// The instance that asked this adapter under that key. Its trail says so.
    async fn asked(&self, effect: &str, actor: &Actor) -> EngineResult<Party> {
        let Some((instance, sequence)) = place_of(effect) else {
            return Err(EngineError::Hidden);
        };
        let row = self.inner.store.load(&[instance]).await?.into_iter().next().flatten();
        let row = row.ok_or(EngineError::Hidden)?;
        let entries = self.inner.store.trail(instance, sequence.saturating_sub(1), 1).await?;
        let entry = entries.first().filter(|entry| entry.sequence == sequence);
        let entry = entry.and_then(|entry| EntryText::read(&entry.bytes).ok());
        let effects = entry
            .as_ref()
            .and_then(|entry| entry.member("effects"))
            .and_then(Value::as_list);
        let is_meant = |asked: &Value| {
            let is = |name: &str, text: &str| asked.field(name).and_then(Value::as_text) == Some(text);
            is("key", effect) && is("adapter", &actor.id)
        };
        match actor.kind == ActorKind::Adapter && effects.unwrap_or_default().iter().any(is_meant) {
            true => Ok(Party {
                workflow: row.workflow,
                key: row.key,
            }),
            false => Err(EngineError::Hidden),
        }
    }
}

/// The instance and the entry that an effect's key names: `instance:sequence:name`.
fn place_of(effect: &str) -> Option<(InstanceId, u64)> {
    let mut parts = effect.splitn(3, ':');
    let (instance, sequence) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().map(|_| (instance, sequence))
}

/// An adapter's way to report by itself, whenever it has something to report. It lasts as long as the engine.
#[derive(Clone)]
pub struct Reports {
    adapter: Arc<str>,
    engine: Weak<Inner>,
}

impl Reports {
    pub(super) fn of(adapter: Arc<str>, engine: &Engine) -> Self {
        Reports {
            adapter,
            engine: Arc::downgrade(&engine.inner),
        }
    }

    /// A step on the way to the answer of the effect with this key.
    ///
    /// # Errors
    /// As [`Engine::report`].
    pub async fn progress(&self, effect: &Arc<str>, fields: Object) -> EngineResult<Verdict> {
        self.report(effect, Report::Progress { fields }).await
    }

    /// The answer that was given to the effect with this key does not stand any more.
    ///
    /// # Errors
    /// As [`Engine::report`].
    pub async fn undone(&self, effect: &Arc<str>, fields: Object) -> EngineResult<Verdict> {
        self.report(effect, Report::Undone { fields }).await
    }

    async fn report(&self, effect: &Arc<str>, report: Report) -> EngineResult<Verdict> {
        let inner = self.engine.upgrade().ok_or(EngineError::ShuttingDown)?;
        let request = ReportRequest {
            effect: effect.clone(),
            report,
            actor: Actor::plain(ActorKind::Adapter, self.adapter.clone()),
        };
        Ok(Engine { inner }.report(request).await?.verdict)
    }
}
