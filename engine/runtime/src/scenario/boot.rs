//! The node of a world, at rest: everything of it is the same each time, and its counterparts are the file's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::chart::Chart;

use super::counterparts::{Counterparts, Line};
use crate::adapter::Adapter;
use crate::clock::{SeededEntropy, VirtualClock};
use crate::configuration::EngineConfig;
use crate::engine::{Node, Surroundings};
use crate::store::memory::MemoryStore;

/// From which everything random is drawn.
const SEED: u64 = 0x5ce_a410;

/// Work that nothing is held up by: nobody else needs the room.
pub(super) const UNLIMITED: usize = 1_000_000;

/// The how many-th it is decides what it draws.
pub(super) fn boot(
    ordinal: u64,
    store: &Arc<MemoryStore>,
    clock: &Arc<VirtualClock>,
    counterparts: &Arc<Counterparts>,
    adapters: &BTreeSet<Arc<str>>,
    charts: &Arc<BTreeMap<Arc<str>, Arc<Chart>>>,
) -> Node {
    let mut configuration = EngineConfig::named(format!("scenario-{ordinal}"));
    configuration.committers = 1;
    configuration.believes_file_records = true;
    configuration.effects_held_max = UNLIMITED;
    configuration.attempts_per_adapter_max = UNLIMITED;
    let charts = charts.clone();
    let compiler = move |source: &str| -> Result<Chart, String> {
        let chart = charts.get(source).map(|chart| Chart::clone(chart));
        chart.ok_or_else(|| "no file that is used holds this definition".to_owned())
    };
    let line = |adapter: &Arc<str>| -> (Arc<str>, Arc<dyn Adapter>) {
        let counterparts = counterparts.clone();
        let line = Line {
            adapter: adapter.clone(),
            counterparts,
        };
        (adapter.clone(), Arc::new(line))
    };
    Node::new(
        configuration,
        Surroundings {
            store: store.clone(),
            compiler: Arc::new(compiler),
            adapters: adapters.iter().map(line).collect(),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::of(SEED + ordinal)),
        },
    )
}
