//! What would become of an event or of a start: asked before it is sent, as often as a form is filled in. Nothing is changed by it, and
//! nothing kept.

use std::sync::Arc;

use statewright_core::chart::Chart;
use statewright_core::step::{Actor, Attempt, Refusal, RefusalKind, Trial, Verdict, in_words};
use statewright_core::value::Object;

use super::{Engine, SendRequest, StartRequest};
use crate::access::Told;
use crate::body::Party;
use crate::error::{EngineError, EngineResult};
use crate::starts::{ReadyStart, UNNUMBERED};

impl Engine {
    /// What would become of an event. Whoever signs is taken to have proved who they are.
    ///
    /// # Errors
    /// As [`Engine::can`].
    pub async fn try_event(&self, request: SendRequest) -> EngineResult<Trial> {
        let SendRequest {
            workflow,
            key,
            event,
            payload,
            actor,
            reason,
            task,
            ..
        } = request;
        let payload = match self.with_files(&workflow, Some(&key), payload, &actor, false).await? {
            Ok(payload) => payload,
            Err(answer) => return Ok(not_taken(answer.verdict)),
        };
        let attempt = Attempt {
            event,
            payload,
            reason,
            task,
            actor,
        };
        let trial = self.inner.queries.try_event(&workflow, &key, &attempt, self.now()).await;
        self.unless_refused(trial, "can", &workflow, &key, &attempt.actor).await
    }

    /// What would become of a start, by the definition that is live now. No number is drawn by it.
    ///
    /// # Errors
    /// [`EngineError::NoSuchWorkflow`]; those of the store.
    pub async fn try_start(&self, request: StartRequest) -> EngineResult<Trial> {
        let StartRequest {
            workflow,
            key,
            payload,
            actor,
            reason,
            ..
        } = request;
        let payload = match self.with_files(&workflow, key.as_deref(), payload, &actor, true).await? {
            Ok(payload) => payload,
            Err(answer) => return Ok(not_taken(answer.verdict)),
        };
        let start = match self
            .inner
            .starts
            .tried(&workflow, payload.clone(), key.as_deref(), self.now())
            .await
        {
            Ok(start) => start,
            Err(EngineError::KeyRefused(refusals)) => return Ok(not_taken(Verdict::Refused(refusals))),
            Err(error) => return Err(error),
        };
        let attempt = Attempt {
            event: "start".into(),
            payload,
            reason,
            task: None,
            actor,
        };
        let trial = self.inner.queries.try_start(&start, &attempt, self.now()).await?;
        // whoever may not start one learns of none that there is
        let is_theirs = match &trial.verdict {
            Verdict::Taken => true,
            Verdict::Refused(refusals) => !refusals.iter().any(Refusal::is_forbidden),
            _ => false,
        };
        match is_theirs && &*start.to.key != UNNUMBERED && self.is_there(&start.to).await? {
            true => Ok(there_already(trial, &start)),
            false => Ok(trial),
        }
    }

    async fn is_there(&self, party: &Party) -> EngineResult<bool> {
        let rows = self.store().load(&[party.id()]).await?;
        Ok(rows.iter().any(Option::is_some))
    }

    /// Those of these fields that this actor sees, as they are now: what a form opens with. It is a reading of them and of nothing else.
    ///
    /// # Errors
    /// As [`Engine::show`].
    pub async fn fields(&self, workflow: &str, key: &str, names: &[Arc<str>], actor: &Actor) -> EngineResult<Object> {
        let shown = self.inner.queries.show(workflow, key, actor, self.now()).await;
        let mut shown = self.unless_refused(shown, "show", workflow, key, actor).await?;
        shown.data.retain(|name, value| names.contains(name) && !value.is_null());
        let data = std::mem::take(&mut shown.data);
        shown.personal.retain(|name| data.contains_key(name));
        self.told(actor, "show", Told::of_shown(&shown)).await?;
        Ok(data)
    }
}

/// Beside the field that the key is, where it is one.
fn there_already(trial: Trial, start: &ReadyStart) -> Trial {
    let Party { workflow, key } = &start.to;
    let refusal = match key_field(&start.known.chart) {
        Some(field) => {
            let sentence = format!("is taken: {} {key} is there already", in_words(workflow).to_lowercase());
            Refusal::new(RefusalKind::Conflict, sentence).in_field(&*field)
        }
        None => Refusal::new(RefusalKind::Conflict, format!("{workflow} {key} exists already")),
    };
    let known = match trial.verdict {
        Verdict::Refused(refusals) => refusals,
        _ => Vec::new(),
    };
    not_taken(Verdict::Refused(std::iter::once(refusal).chain(known).collect()))
}

/// The field of the form that alone is the key.
fn key_field(chart: &Chart) -> Option<Arc<str>> {
    let (_, expression) = chart.key.as_ref()?.single()?;
    let references = expression.references();
    let mut variables = references.variables.keys();
    match (variables.next(), variables.next()) {
        (Some(name), None) => chart.start.form.fields.get(name).map(|field| field.name.clone()),
        _ => None,
    }
}

fn not_taken(verdict: Verdict) -> Trial {
    Trial {
        verdict,
        states: Vec::new(),
        label: String::new(),
        waits_for_others: false,
        computed: Vec::new(),
    }
}
