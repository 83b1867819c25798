//! Putting an instance into states: for scenarios alone, so that nothing outside of this crate can ask for it.

use std::sync::Arc;

use statewright_core::identity::InputKey;
use statewright_core::step::{Actor, Input, InputKind, PlacedMark, Placement};
use statewright_core::value::Object;

use super::Engine;
use crate::error::EngineResult;
use crate::intake::{Answer, Origin, Request};

/// An instance is to be put into states.
#[derive(Clone, Debug)]
pub(crate) struct PlaceRequest {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    /// Paths; empty: where the workflow begins.
    pub states: Vec<Arc<str>>,
    /// Fields of the data.
    pub data: Object,
    pub marks: Vec<PlacedMark>,
    pub input_key: InputKey,
}

impl Engine {
    /// Puts an instance into states, whether it exists or not. Like any input it is one transaction and stands in the trail, where it is
    /// told from all others.
    pub(crate) async fn place(&self, request: PlaceRequest) -> EngineResult<Answer> {
        let PlaceRequest {
            workflow,
            key,
            states,
            data,
            marks,
            input_key,
        } = request;
        let ready = self.inner.starts.settled(&workflow, key, None, data).await?;
        let input = Input {
            signed: None,
            key: Some(input_key),
            actor: Actor::engine(),
            reason: None,
            kind: InputKind::Place(Box::new(Placement {
                start: ready.input,
                states,
                marks,
            })),
        };
        self.ask(|reply| {
            let mut request = Request::to(ready.to, input, Origin::Caller, reply);
            request.chart = Some(ready.known);
            request.named = true;
            request
        })
        .await
    }
}
