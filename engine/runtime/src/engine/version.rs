//! Making a version of what is deployed by itself the live one.

use std::sync::Arc;

use statewright_core::chart::{PortalVersion, TableVersion, ViewVersion};
use statewright_core::identity::Digest;
use statewright_core::step::Actor;
use statewright_core::time::CalendarVersion;

use super::Engine;
use crate::error::EngineResult;
use crate::versions::{Kept, Versioned, Versions};

/// What a deployment came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeployedVersion {
    pub name: Arc<str>,
    pub version: Digest,
    /// It was live already: nothing was written.
    pub unchanged: bool,
}

/// What the engine asks of a version before it is live.
pub(super) trait Deployable: Versioned {
    /// Where this node keeps those that it knows.
    fn known_to(engine: &Engine) -> &Versions<Self>;

    /// Refuses a version that does not fit what is live. It is asked again whenever something else was deployed meanwhile.
    fn refuse_misfit(&self, engine: &Engine, kept: &Kept) -> impl Future<Output = EngineResult<()>> + Send;
}

impl Engine {
    /// Keeps a version of a calendar for ever and makes it the one that business time is counted along from now on, whatever definition
    /// an instance is pinned to. Deadlines that are armed stay as they are. `source` is what the compiler reads.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`](crate::error::EngineError::DefinitionRefused) with what is wrong with it; those of the store.
    pub async fn deploy_calendar(&self, source: &str, by: &Actor) -> EngineResult<DeployedVersion> {
        self.deploy_version::<CalendarVersion>(source, by).await
    }

    /// Keeps a version of a live table for ever and makes it the one that steps ask from now on, whatever definition an instance is
    /// pinned to. Nobody is woken by it. `source` is what the compiler reads.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`](crate::error::EngineError::DefinitionRefused) with what is wrong with it, or with the workflows
    /// that could not ask it any more; those of the store.
    pub async fn deploy_table(&self, source: &str, by: &Actor) -> EngineResult<DeployedVersion> {
        self.deploy_version::<TableVersion>(source, by).await
    }

    /// Keeps a version of a view for ever and makes it the one that people are shown from now on. `source` is what the compiler reads.
    ///
    /// # Errors
    /// [`EngineError::DefinitionRefused`](crate::error::EngineError::DefinitionRefused) with what is wrong with it, or with what it names
    /// of a workflow that is live; those of the store.
    pub async fn deploy_view(&self, source: &str, by: &Actor) -> EngineResult<DeployedVersion> {
        self.deploy_version::<ViewVersion>(source, by).await
    }

    /// The same of a portal, which is compared with the views and the workflows that are live.
    ///
    /// # Errors
    /// As of a view.
    pub async fn deploy_portal(&self, source: &str, by: &Actor) -> EngineResult<DeployedVersion> {
        self.deploy_version::<PortalVersion>(source, by).await
    }

    async fn deploy_version<V: Deployable>(&self, source: &str, by: &Actor) -> EngineResult<DeployedVersion> {
        let versions = V::known_to(self);
        let compiled = Arc::new(versions.compile(source)?);
        let (name, version) = (compiled.name().clone(), compiled.version());
        let deployed = |unchanged| DeployedVersion {
            name: name.clone(),
            version,
            unchanged,
        };
        versions.refresh().await?;
        if versions.known(&name).is_some_and(|known| known.version() == version) {
            return Ok(deployed(true));
        }
        let now = self.now();
        let kept = Kept {
            version,
            name: name.clone(),
            source: source.to_owned(),
            deployed_at_us: now.as_microsecond(),
        };
        let mut act = self.inner.system.act(V::ACT, compiled.told(), by);
        loop {
            // what is deployed after this entry was begun makes it be written again: nothing is compared with what is not there any more
            let write = act.write(now).await?;
            compiled.refuse_misfit(self, &kept).await?;
            let applied = compiled.keep(&**self.store(), &kept, &by.id, &write).await?;
            if act.settled(Some(&applied))? {
                break;
            }
        }
        versions.make_live(compiled);
        tracing::info!(kind = V::NOUN, %name, %version, by = %by.id, "deployed");
        Ok(deployed(false))
    }
}

impl Deployable for CalendarVersion {
    fn known_to(engine: &Engine) -> &Versions<Self> {
        engine.inner.registry.calendars()
    }

    /// Nobody counts on more than that there is one.
    async fn refuse_misfit(&self, _engine: &Engine, _kept: &Kept) -> EngineResult<()> {
        Ok(())
    }
}
