//! Opening an instance that one may see in need, with a reason and for a time.

use std::sync::Arc;

use statewright_core::chart::ACCESS_REVIEWER;
use statewright_core::identity::{Digest, InputKey};
use statewright_core::step::{ACCESS_REVIEW, Actor, Input, InputKind, may_open, may_start, refuse_opening_reason};

use super::Engine;
use crate::body::Party;
use crate::error::{EngineError, EngineResult};
use crate::glass::review_source;
use crate::intake::{Answer, Origin, Request};

/// An instance is to be opened to its actor.
#[derive(Clone, Debug)]
pub struct OpenRequest {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    pub reason: Option<Arc<str>>,
    pub actor: Actor,
    /// Recognises a repetition. None: every request is a new one.
    pub input_key: Option<InputKey>,
}

impl Engine {
    /// Opens an instance to its actor for as long as its workflow says, and asks for a review. The answer says until when.
    ///
    /// # Errors
    /// As of any input. Whoever may not open it is told what they would be told if there were none.
    pub async fn open(&self, request: OpenRequest) -> EngineResult<Answer> {
        let OpenRequest {
            workflow,
            key,
            reason,
            actor,
            input_key,
        } = request;
        let reason = reason.map(|reason| Arc::from(reason.trim()));
        // whether there is such an instance is found out by giving a reason, and by that alone
        if let Some(refusal) = refuse_opening_reason(reason.as_deref()) {
            return Ok(Answer::refused(&Party { workflow, key }, refusal));
        }
        // what cannot be reviewed is not opened
        if self.may_open(&workflow, &actor).await.unwrap_or(false) {
            match self.inner.registry.live(ACCESS_REVIEW).await {
                Ok(_) => {}
                Err(EngineError::NoSuchWorkflow { .. }) => self.bring_review(&Actor::engine()).await?,
                Err(error) => return Err(error),
            }
        }
        self.inner.directory.refresh().await?;
        let roles = self.inner.directory.roles();
        let reviewer = roles.and_then(|version| version.roles.access_reviewer.clone());
        let named = input_key.is_some();
        let input = Input {
            signed: None,
            key: Some(input_key.unwrap_or_else(|| self.inner.unkeyed.draw())),
            actor,
            reason,
            kind: InputKind::Open {
                reviewer: reviewer.unwrap_or_else(|| ACCESS_REVIEWER.into()),
            },
        };
        self.ask(|reply| {
            let mut request = Request::to(Party { workflow, key }, input, Origin::Caller, reply);
            request.named = named;
            request
        })
        .await
    }

    /// Whether somebody might open instances of this workflow, were there one that its rule is about: so of one that they do not see they
    /// are told this, and of one that is not there the same.
    ///
    /// # Errors
    /// Those of the store. A workflow that is not there has none.
    pub async fn may_open(&self, workflow: &str, actor: &Actor) -> EngineResult<bool> {
        match self.inner.registry.live(workflow).await {
            Ok(known) => Ok(may_open(&known.chart, actor)),
            Err(EngineError::NoSuchWorkflow { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether this actor might start instances of a live workflow, as far as that can be said before a form is filled in.
    ///
    /// # Errors
    /// [`EngineError::NoSuchWorkflow`]; those of the store.
    pub async fn may_start(&self, workflow: &str, actor: &Actor) -> EngineResult<bool> {
        Ok(may_start(&self.inner.registry.live(workflow).await?.chart, actor))
    }

    /// Makes the workflow of reviews live, if what is live is not this program's.
    pub(super) async fn bring_review(&self, by: &Actor) -> EngineResult<()> {
        let source = review_source();
        let live = self.inner.registry.live_known(ACCESS_REVIEW);
        if live.is_some_and(|known| known.chart.definition == Digest::of(source.as_bytes())) {
            return Ok(());
        }
        let known = self.inner.registry.compile(&source)?;
        self.make_live(known, &source, by).await.map(|_| ())
    }
}
