//! The figures of one line, and how they are computed.

use std::time::Duration;

use serde_json::{Value, json};

use super::cpu::Used;

/// One run of a workload.
pub struct Run {
    pub instances: usize,
    pub elapsed: Duration,
    /// Of each transition, in any order.
    pub latencies: Vec<Duration>,
    pub cpu: Used,
}

/// Events after the start; a start is not counted, as with the peers.
pub const TRANSITIONS_PER_INSTANCE: usize = 5;

impl Run {
    fn instances_per_second(&self) -> f64 {
        self.instances as f64 / self.elapsed.as_secs_f64()
    }

    fn ms_per_transition(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1_000.0 / (self.instances * TRANSITIONS_PER_INSTANCE) as f64
    }

    fn cpu_ms(&self) -> f64 {
        self.ms_per_transition(self.cpu.program + self.cpu.database)
    }

    fn database_cpu_ms(&self) -> f64 {
        self.ms_per_transition(self.cpu.database)
    }
}

/// The value below which the share lies; zero of nothing.
pub fn percentile(values: &mut [Duration], share: f64) -> Duration {
    values.sort_unstable();
    let position = ((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1));
    values.get(position).copied().unwrap_or_default()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

/// The line of several runs of one setting: the median of each figure.
pub fn orders(workload: &str, via: &str, store: &str, clients: usize, runs: &mut [Run], more: Value) -> Value {
    let instances_per_second = median(runs.iter().map(Run::instances_per_second).collect());
    let cpu_ms = median(runs.iter().map(Run::cpu_ms).collect());
    let database_cpu_ms = median(runs.iter().map(Run::database_cpu_ms).collect());
    let p50 = median(
        runs.iter_mut()
            .map(|run| milliseconds(percentile(&mut run.latencies, 0.50)))
            .collect(),
    );
    let p99 = median(
        runs.iter_mut()
            .map(|run| milliseconds(percentile(&mut run.latencies, 0.99)))
            .collect(),
    );
    let mut line = json!({
        "peer": "statewright", "w": workload, "via": via, "store": store, "clients": clients,
        "instances": runs.first().map_or(0, |run| run.instances),
        "inst_s": round(instances_per_second), "trans_s": round(instances_per_second * TRANSITIONS_PER_INSTANCE as f64),
        "p50_ms": p50, "p99_ms": p99,
        "all": runs.iter().map(|run| round(run.instances_per_second())).collect::<Vec<_>>(),
        "per_trans": {"cpu_ms": thousandths(cpu_ms), "cpu_pg_ms": thousandths(database_cpu_ms)},
    });
    if let (Some(line), Some(more)) = (line.as_object_mut(), more.as_object()) {
        line.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    line
}

fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

pub fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
