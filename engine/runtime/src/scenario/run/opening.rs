//! Opening an instance, and what people see.

use statewright_core::diagnostic::Span;
use statewright_core::step::{ACCESS_REVIEW, Verdict, Visibility, review_key};
use statewright_core::value::{Object, Value};

use super::act::Outcome;
use super::{Run, Stop};
use crate::body::Party;
use crate::engine::OpenRequest;
use crate::error::EngineError;
use crate::scenario::plan::{Opening, Who};
use crate::scenario::world::Standing;

impl Run<'_> {
    pub(super) async fn open(&mut self, span: Span, opening: &Opening) -> Result<(), Stop> {
        let about = self.party(span, &opening.of)?;
        let request = OpenRequest {
            workflow: about.workflow.clone(),
            key: about.key.clone(),
            reason: opening.common.reason.clone(),
            actor: self.actor(span, &opening.common.actor)?,
            input_key: Some(self.world.next_input_key()),
        };
        let engine = self.world.engine();
        let answer = self.world.ask(async move { engine.open(request).await }).await;
        let answer = answer.map_err(|trouble| self.failed(span, trouble))?;
        if let (Some(alias), Ok(answer)) = (&opening.alias, &answer)
            && answer.verdict == Verdict::Taken
        {
            let review = Party {
                workflow: ACCESS_REVIEW.into(),
                key: review_key(answer.instance, answer.sequence),
            };
            self.aliases.insert(alias.clone(), review);
        }
        self.compare(span, &opening.common, &Outcome::of(answer), Some(about)).await
    }

    /// What each of those who are named in `wanted` sees of an instance: `all`, `nothing`, or the names of fields.
    pub(in crate::scenario) async fn sight(&self, span: Span, wanted: &Value, standing: &Standing) -> Result<Value, Stop> {
        let mut seen = Object::new();
        let Party { workflow, key } = Party::of(&standing.snapshot);
        for name in wanted.as_object().into_iter().flat_map(|people| people.keys()) {
            let actor = self.actor(span, &Who::Named(name.clone()))?;
            let now = self.world.now();
            let visible = match self.world.engine().queries().sight(&workflow, &key, &actor, now).await {
                Ok(Visibility::Shown { fields: None }) => Value::from_text("all"),
                Ok(Visibility::Shown {
                    fields: Some(mut fields),
                }) => {
                    fields.sort();
                    Value::from_items(fields.into_iter().map(Value::Text).collect())
                }
                Ok(Visibility::Hidden) | Err(EngineError::Hidden) => Value::from_text("nothing"),
                Err(error) => return Err(self.failed(span, error.to_string())),
            };
            seen.insert(name.clone(), visible);
        }
        Ok(Value::from_fields(seen))
    }
}
