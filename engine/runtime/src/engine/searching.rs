//! What is looked for: a word in everything that somebody may see.

use jiff::tz::TimeZone;
use statewright_core::step::Actor;
use statewright_core::time::zone;

use super::Engine;
use crate::access::{SEARCH, Told};
use crate::error::{EngineError, EngineResult};
use crate::queries::{Hits, SearchRequest, day_of};

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
        let mut hits = self.inner.queries.search(request, &live, &zone, actor, self.now()).await?;
        // what was found says where it stands and not what stands in it: only who is found by what is personal is read of
        hits.hits.iter_mut().for_each(|hit| hit.shown.withhold_data());
        if request.personal && request.after.is_none() {
            let people = self.inner.queries.people(request, &live, actor, self.now()).await?;
            self.looked(actor, &people.asked).await?;
            self.told(actor, SEARCH, people.hits.iter().filter_map(Told::of_hit)).await?;
            (hits.people, hits.crowded) = (people.hits, people.crowded);
            hits.people.iter_mut().for_each(|hit| hit.shown.withhold_data());
        }
        Ok(hits)
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
