//! Files, as those outside ask for them.

use std::sync::Arc;

use statewright_core::identity::FileId;
use statewright_core::step::{Actor, Refusal};
use statewright_core::value::Object;

use super::Engine;
use crate::body::Party;
use crate::error::EngineResult;
use crate::files::{Files, Given, ListedFile};
use crate::intake::Answer;
use crate::queries::Shown;

impl Engine {
    /// What takes uploads.
    pub fn files(&self) -> &Files {
        &self.inner.files
    }

    /// The files that stand in what is seen of an instance.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn files_of(&self, shown: &Shown) -> EngineResult<Vec<ListedFile>> {
        self.inner.files.listed(shown).await
    }

    /// One of them; None where none of that id stands in what the actor sees. That it was given is noted in the system's trail.
    ///
    /// # Errors
    /// As [`Engine::show`].
    pub async fn give_file(&self, workflow: &str, key: &str, file: FileId, actor: &Actor) -> EngineResult<Option<Given>> {
        let shown = self.show(workflow, key, actor).await?;
        self.inner.files.give(&shown, file, actor).await
    }

    /// The payload with the engine's own records of the files that it names, or the refusal of what it says of them.
    pub(super) async fn with_files(
        &self,
        workflow: &Arc<str>,
        key: Option<&str>,
        payload: Object,
        actor: &Actor,
        starts: bool,
    ) -> EngineResult<Result<Object, Answer>> {
        if self.inner.configuration.believes_file_records {
            return Ok(Ok(payload));
        }
        let seen = async || match key.filter(|_| !starts) {
            None => Ok(None),
            Some(key) => match self.show(workflow, key, actor).await {
                Ok(shown) => Ok(Some(shown.data)),
                Err(error) if error.passes() => Err(error),
                // that it is hidden, absent or damaged is said by the step
                Err(_) => Ok(None),
            },
        };
        let completed = self.inner.files.complete(payload, actor, seen).await?;
        Ok(completed.map_err(|problems| {
            let to = Party {
                workflow: workflow.clone(),
                key: key.unwrap_or_default().into(),
            };
            Answer::refused_all(&to, problems.into_iter().map(Refusal::of_field).collect())
        }))
    }
}
