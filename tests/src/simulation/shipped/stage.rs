//! What a story is played on: its people, its files, whoever audits it, and an engine that nothing goes wrong for, which only
//! answers what people ask before they act.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use statewright_core::step::Actor;
use statewright_engine::adapter::Adapter;
use statewright_engine::clock::SeededEntropy;
use statewright_engine::configuration::EngineConfig;
use statewright_engine::registry::Registry;
use statewright_engine::store::Store;
use statewright_engine::{Engine, Node, Surroundings};

use super::Story;
use super::audit::Audit;
use super::cast::cast;
use super::files::{Kind, Source, sources};
use crate::simulation::clock::{NodeClock, WorldTime};
use crate::simulation::connection::Database;
use crate::simulation::layer::{Layer, Layered};
use crate::simulation::node::Remembering;

#[derive(Clone)]
pub struct Stage {
    pub story: Story,
    pub cast: Arc<Vec<Actor>>,
    pub audit: Arc<Mutex<Audit>>,
    sources: Arc<Vec<Source>>,
    pub(super) observer: Engine,
}

/// Straight to the database, whichever it is now.
struct Straight(Arc<Database>);

impl Layer for Straight {
    fn behind(&self) -> Arc<dyn Store> {
        self.0.store()
    }
}

impl Stage {
    pub fn new(story: Story, bottom: &Arc<Database>, time: &Arc<WorldTime>) -> Result<Stage, String> {
        let sources = sources(story)?;
        let charts = sources.iter().filter_map(|source| source.chart.clone());
        let audit = Arc::new(Mutex::new(Audit::of(charts)));
        let node = Node::new(
            EngineConfig::named("observer"),
            Surroundings {
                store: Arc::new(Layered(Straight(bottom.clone()))),
                compiler: Arc::new(Remembering),
                adapters: BTreeMap::<Arc<str>, Arc<dyn Adapter>>::new(),
                clock: Arc::new(NodeClock::new(time.clone())),
                entropy: Arc::new(SeededEntropy::of(0)),
            },
        );
        Ok(Stage {
            story,
            cast: Arc::new(cast(story)),
            audit,
            sources: Arc::new(sources),
            observer: node.engine,
        })
    }

    pub fn registry(&self) -> &Registry {
        self.observer.registry()
    }

    /// What is deployed, calendars first: what each is, and as stores keep it.
    pub fn deployed(&self) -> Vec<(Kind, String)> {
        let deployed = self.sources.iter();
        deployed.map(|source| (source.kind, source.canonical.clone())).collect()
    }
}
