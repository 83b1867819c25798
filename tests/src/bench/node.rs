//! A node in this process, with the benchmark's workflows deployed.

use std::sync::Arc;

use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::lang::{Bundle, Resolver, compile};
use statewright_core::step::{Actor, ActorKind};
use statewright_engine::clock::{SystemEntropy, WallClock};
use statewright_engine::configuration::EngineConfig;
use statewright_engine::outbox::Adapters;
use statewright_engine::store::open;
use statewright_engine::{Engine, Surroundings};

/// The workflows of the benchmark, as files.
pub const WORKFLOWS: [(&str, &str); 3] = [
    ("order.yaml", include_str!("../../fixtures/bench/order.yaml")),
    ("queue.yaml", include_str!("../../fixtures/bench/queue.yaml")),
    ("timer.yaml", include_str!("../../fixtures/bench/timer.yaml")),
];

pub async fn launch(store: &str, batch_max: Option<usize>, committers: Option<usize>) -> Result<Engine, String> {
    launch_recording(store, batch_max, committers, true).await
}

/// With or without the log of readings.
pub async fn launch_recording(
    store: &str,
    batch_max: Option<usize>,
    committers: Option<usize>,
    records_readings: bool,
) -> Result<Engine, String> {
    let mut configuration = EngineConfig::named(if records_readings { "bench" } else { "bench-unrecorded" });
    configuration.records_readings = records_readings;
    if let Some(batch_max) = batch_max {
        configuration.batch_max = batch_max;
    }
    if let Some(committers) = committers {
        configuration.committers = committers;
    }
    let surroundings = Surroundings {
        store: open(store).await.map_err(|error| error.to_string())?,
        compiler: Arc::new(compile_bundle),
        adapters: Adapters::default(),
        clock: Arc::new(WallClock::default()),
        entropy: Arc::new(SystemEntropy),
    };
    let engine = Engine::launch(configuration, surroundings)
        .await
        .map_err(|error| error.to_string())?;
    let operator = Actor::plain(ActorKind::Person, "bench");
    for (name, text) in WORKFLOWS {
        let source = bundle(name, text)?;
        engine.deploy(&source, &operator).await.map_err(|error| error.to_string())?;
    }
    Ok(engine)
}

struct NoFiles;

impl Resolver for NoFiles {
    fn resolve(&self, _path: &str) -> Option<Arc<str>> {
        None
    }
}

fn bundle(name: &str, text: &str) -> Result<String, String> {
    let mut sources = Sources::default();
    let main = sources.add(name, text);
    let compiled = compile(&mut sources, main, &NoFiles);
    match compiled.bundle {
        Some(bundle) if compiled.chart.is_some() => Ok(bundle.canonical()),
        _ => Err(concise(&sources, &compiled.diagnostics)),
    }
}

fn compile_bundle(source: &str) -> Result<Chart, String> {
    let bundle = Bundle::read(source).map_err(|error| error.to_string())?;
    let mut sources = Sources::default();
    let text = bundle.files.get(&bundle.main).cloned().unwrap_or_default();
    let main = sources.add(bundle.main.clone(), text);
    let compiled = compile(&mut sources, main, &bundle);
    compiled.chart.ok_or_else(|| concise(&sources, &compiled.diagnostics))
}
