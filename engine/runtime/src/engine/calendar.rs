//! Making a calendar live.

use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use statewright_core::value::Value;

use super::Engine;
use crate::error::EngineResult;
use crate::store::StoredCalendar;

/// What the deployment of a calendar came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedCalendar {
    pub name: Arc<str>,
    pub version: Digest,
    /// It was live already: nothing was written.
    pub unchanged: bool,
}

impl Engine {
    /// Keeps a version of a calendar for ever and makes it the one that business time is counted along from now on, whatever definition
    /// an instance is pinned to. Deadlines that are armed stay as they are. `source` is what the compiler reads.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`](crate::error::EngineError::DefinitionRefused) with what is wrong with it; those of the store.
    pub async fn deploy_calendar(&self, source: &str, by: &Actor) -> EngineResult<DeployedCalendar> {
        let inner = &self.inner;
        let calendars = inner.registry.calendars();
        let calendar = Arc::new(calendars.compile(source)?);
        let (name, version) = (calendar.name.clone(), calendar.version);
        calendars.refresh().await?;
        if calendars.known(&name).is_some_and(|known| known.version == version) {
            return Ok(DeployedCalendar {
                name,
                version,
                unchanged: true,
            });
        }
        let now = self.now();
        let stored = StoredCalendar {
            version,
            name: name.clone(),
            source: source.to_owned(),
            deployed_at_us: now.as_microsecond(),
        };
        let members = [
            ("calendar", Value::Text(name.clone())),
            ("version", Value::from_text(&version.to_string())),
        ];
        let mut act = inner.system.act("calendar_deployed", members, by);
        loop {
            let write = act.write(now).await?;
            let applied = inner.store.deploy_calendar(&stored, &write).await?;
            if act.settled(Some(&applied))? {
                break;
            }
        }
        calendars.make_live(calendar);
        tracing::info!(calendar = %name, %version, by = %by.id, "deployed");
        Ok(DeployedCalendar {
            name,
            version,
            unchanged: false,
        })
    }
}
