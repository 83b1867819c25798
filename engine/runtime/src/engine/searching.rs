//! What is looked for: a word in everything, or instances of a workflow by their fields.

use jiff::tz::TimeZone;
use statewright_core::step::Actor;
use statewright_core::time::zone;

use super::Engine;
use crate::error::{EngineError, EngineResult};
use crate::queries::{FindRequest, Found, Hits, SearchRequest, day_of};

impl Engine {
    /// A typed or scanned word, in everything that the actor may see. A day is one of this deployment's zone.
    ///
    /// # Errors
    /// [`EngineError::NotSearchable`]; those of the store.
    pub async fn search(&self, request: &SearchRequest, actor: &Actor) -> EngineResult<Hits> {
        if let Some(workflow) = &request.workflow {
            self.inner.registry.live(workflow).await?;
        }
        let (live, zone) = (self.inner.registry.live_charts(), self.zone()?);
        self.inner.queries.search(request, &live, &zone, actor, self.now()).await
    }

    /// Instances of one workflow by what stands in their indexed fields, by their states and by when they were started.
    ///
    /// # Errors
    /// [`EngineError::NoSuchWorkflow`], [`EngineError::NotSearchable`]; those of the store.
    pub async fn find(&self, request: &FindRequest, actor: &Actor) -> EngineResult<Found> {
        let live = self.inner.registry.live(&request.workflow).await?;
        self.inner.queries.find(request, &live, actor, self.now()).await
    }

    /// The moments in which a day of this deployment's zone begins and ends, in microseconds; None: that is no day.
    ///
    /// # Errors
    /// As [`Engine::zone`].
    pub fn day(&self, written: &str) -> EngineResult<Option<(i64, i64)>> {
        Ok(day_of(written, &self.zone()?))
    }

    /// The zone of what names none.
    ///
    /// # Errors
    /// The configuration names none that there is.
    pub fn zone(&self) -> EngineResult<TimeZone> {
        let name = &self.inner.configuration.default_zone;
        zone(name).map_err(|_| EngineError::Damaged(format!("the configuration names a time zone that there is not: `{name}`")))
    }
}
