//! A server at rest: how soon it is ready on a database that is there, and what it takes while nothing happens.

use std::time::Duration;

use serde_json::json;

use super::arguments::Arguments;
use super::cpu::Used;
use super::http::Server;
use super::memory::resident_mib;
use super::workloads;

/// Until what a start needs is given back, and then for as long as is looked at.
const REST: Duration = Duration::from_secs(5);

pub async fn run(arguments: &Arguments) -> Result<(), String> {
    let mut server = Server::start(&arguments.store).await?;
    let mut ready_ms = Vec::new();
    for _ in 0..arguments.runs.max(1) {
        let (started, took) = server.restart(&arguments.store).await?;
        server = started;
        ready_ms.push(took.as_millis() as u64);
    }
    ready_ms.sort_unstable();
    tokio::time::sleep(REST).await;
    let before = Used::by(&[server.process()]);
    tokio::time::sleep(REST).await;
    let used = Used::by(&[server.process()]).since(before);
    println!(
        "{}",
        json!({"peer": "statewright", "w": "rest", "store": workloads::kind_of_store(&arguments.store),
            "ready_ms": ready_ms[ready_ms.len() / 2], "all": ready_ms, "rss_mib": resident_mib(server.process()),
            "cpu_ms_per_s": used.program.as_millis() as u64 / REST.as_secs()})
    );
    server.stop().await;
    Ok(())
}
