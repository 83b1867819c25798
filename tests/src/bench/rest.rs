//! A server at rest: how soon it is ready on a database that is there, and what it takes while nothing happens.

use serde_json::json;

use super::arguments::Arguments;
use super::cpu::Used;
use super::http::Server;
use super::memory::resident_mib;
use super::workloads;
use crate::wait;

/// Until what a start needs is given back, and then for as long as is looked at.
const REST_MS: u64 = 5_000;

pub async fn run(arguments: &Arguments) -> Result<(), String> {
    let mut server = Server::start(&arguments.store).await?;
    let mut ready_ms = Vec::new();
    for _ in 0..arguments.runs.max(1) {
        let (started, took) = server.restart(&arguments.store).await?;
        server = started;
        ready_ms.push(took.as_millis() as u64);
    }
    ready_ms.sort_unstable();
    wait::distance(REST_MS).await;
    let before = Used::by(&[server.process()]);
    wait::distance(REST_MS).await;
    let used = Used::by(&[server.process()]).since(before);
    println!(
        "{}",
        json!({"peer": "statewright", "w": "rest", "store": workloads::kind_of_store(&arguments.store),
            "ready_ms": ready_ms[ready_ms.len() / 2], "all": ready_ms, "rss_mib": resident_mib(server.process()),
            "cpu_ms_per_s": used.program.as_millis() as u64 * 1_000 / REST_MS})
    );
    server.stop().await;
    Ok(())
}
