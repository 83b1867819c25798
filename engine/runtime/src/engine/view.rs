//! Views and portals: what they are compared with before they are live, and what people are shown by them.

use std::sync::Arc;

use statewright_core::chart::{Chart, PageContent, People, PortalVersion, ViewOf, ViewVersion};
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::lang::{Bundle, Neighbour, Neighbours, check_among};
use statewright_core::step::{Actor, Audience, in_words};

use super::Engine;
use super::version::Deployable;
use crate::access::Told;
use crate::error::{EngineError, EngineResult};
use crate::queries::{ViewRequest, ViewShown};
use crate::registry::Registry;
use crate::versions::{Kept, Portals, Views};

impl Deployable for ViewVersion {
    fn known_to(engine: &Engine) -> &Views {
        engine.inner.registry.views()
    }

    async fn refuse_misfit(&self, engine: &Engine, kept: &Kept) -> EngineResult<()> {
        engine.refuse_unknown(kept).await
    }
}

impl Deployable for PortalVersion {
    fn known_to(engine: &Engine) -> &Portals {
        engine.inner.registry.portals()
    }

    async fn refuse_misfit(&self, engine: &Engine, kept: &Kept) -> EngineResult<()> {
        engine.refuse_unknown(kept).await
    }
}

/// A portal as somebody enters it.
#[derive(Clone, Debug)]
pub struct PortalShown {
    pub version: Arc<PortalVersion>,
    /// Those that there are for them, each with what it is called here.
    pub pages: Vec<(Arc<str>, PageContent)>,
}

/// Whether somebody is among those who start instances, as far as that is said without one.
fn may_start(chart: &Chart, actor: &Actor) -> bool {
    Audience::as_written(&chart.start.by).includes(actor)
}

/// What is live on this node.
struct LiveNeighbours<'a>(&'a Registry);

impl Neighbours for LiveNeighbours<'_> {
    fn workflow(&self, name: &str) -> Neighbour<Arc<Chart>> {
        match self.0.live_known(name) {
            Some(known) => Neighbour::Found(Arc::new(known.chart.clone())),
            None => Neighbour::Absent(self.0.live_hashes().iter().map(|(name, _)| name.to_string()).collect()),
        }
    }

    fn view(&self, name: &str) -> Neighbour<People> {
        let views = self.0.views();
        match views.known(name) {
            Some(known) => Neighbour::Found(known.view.people.clone()),
            None => Neighbour::Absent(views.all().iter().map(|version| version.view.name.to_string()).collect()),
        }
    }
}

impl Engine {
    /// The views that are for this actor, by name.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn views(&self, actor: &Actor) -> EngineResult<Vec<Arc<ViewVersion>>> {
        let views = self.inner.registry.views();
        views.refresh().await?;
        let mut theirs = views.all();
        theirs.retain(|version| Audience::as_written(&version.view.people).includes(actor));
        Ok(theirs)
    }

    /// The portals that are for this actor, by name, each with the pages that there are for them.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn portals(&self, actor: &Actor) -> EngineResult<Vec<PortalShown>> {
        let registry = &self.inner.registry;
        registry.views().refresh().await?;
        registry.portals().refresh().await?;
        Ok(self.known_portals(actor))
    }

    /// The same, as far as this node knows.
    pub fn known_portals(&self, actor: &Actor) -> Vec<PortalShown> {
        let registry = &self.inner.registry;
        let mut views = registry.views().all();
        views.retain(|version| Audience::as_written(&version.view.people).includes(actor));
        let mut shown = Vec::new();
        for version in registry.portals().all() {
            let portal = &version.portal;
            if !Audience::as_written(&portal.people).includes(actor) {
                continue;
            }
            let mut pages = Vec::new();
            for page in &portal.pages {
                let title = match &page.content {
                    PageContent::View(name) => views
                        .iter()
                        .find(|version| version.view.name == *name)
                        .map(|version| version.view.title.clone()),
                    PageContent::Start(workflow) => registry
                        .live_known(workflow)
                        .filter(|known| may_start(&known.chart, actor))
                        .map(|_| Arc::from(in_words(workflow))),
                };
                pages.extend(title.map(|own| (page.title.clone().unwrap_or(own), page.content.clone())));
            }
            shown.push(PortalShown { version, pages });
        }
        shown
    }

    /// What a view shows this actor.
    ///
    /// # Errors
    /// [`EngineError::Hidden`] where there is none of that name, or none for them; [`EngineError::ViewUnfit`],
    /// [`EngineError::ViewTooLarge`], [`EngineError::ViewTooWide`]; those of the store.
    pub async fn view(&self, name: &str, request: &ViewRequest, actor: &Actor) -> EngineResult<(Arc<ViewVersion>, ViewShown)> {
        let version = self.inner.registry.views().find(name).await?;
        let version = version.filter(|version| Audience::as_written(&version.view.people).includes(actor));
        let version = version.ok_or(EngineError::Hidden)?;
        let live = match &version.view.of {
            ViewOf::Tasks => None,
            ViewOf::Workflow(workflow) => Some(self.inner.registry.live(workflow).await?),
        };
        let shown = self
            .inner
            .queries
            .view(&version.view, live.as_deref(), request, actor, self.now())
            .await?;
        self.told(actor, "view", shown.rows().into_iter().filter_map(Told::of_row))
            .await?;
        Ok((version, shown))
    }

    /// What a file names must be live.
    async fn refuse_unknown(&self, kept: &Kept) -> EngineResult<()> {
        let registry = &self.inner.registry;
        registry.refresh().await?;
        let bundle = Bundle::read(&kept.source).map_err(|error| EngineError::DefinitionRefused(error.to_string()))?;
        let text = bundle.files.get(&bundle.main).cloned().unwrap_or_default();
        let mut sources = Sources::new();
        let main = sources.add(bundle.main.clone(), text);
        let found = check_among(&sources, main, &LiveNeighbours(registry));
        match found.has_errors() {
            true => Err(EngineError::DefinitionRefused(concise(&sources, &found))),
            false => Ok(()),
        }
    }
}
