//! The benchmarks of docs/performance: what they run, against what, and what they print.
//!
//! Every figure is of durable settings. A run prints JSON lines with the fields that the peers' scripts print, so that both can be
//! read side by side.

mod arguments;
mod cpu;
mod history;
mod http;
mod memory;
mod node;
mod overload;
mod queue;
mod report;
mod rest;
#[path = "../../../engine/core/examples/step_speed/stepping.rs"]
mod stepping;
mod target;
mod verification;
mod workloads;

pub use arguments::{Arguments, Via};

/// Runs what was asked for.
///
/// # Errors
/// A sentence for people: what could not be run.
pub async fn run(arguments: Arguments) -> Result<(), String> {
    if arguments.workload == "step" {
        stepping::measure()?.iter().for_each(|line| println!("{line}"));
        return Ok(());
    }
    if arguments.store.is_empty() {
        return Err("`--store` is needed: `sqlite:FILE` or `postgres://…`".into());
    }
    match arguments.workload.as_str() {
        "w1" => workloads::orders(&arguments, "W1").await,
        "w2" => workloads::timers(&arguments).await,
        "w3" => {
            workloads::orders(
                &Arguments {
                    clients: vec![1],
                    ..arguments
                },
                "W3",
            )
            .await
        }
        "w5" => workloads::batches(&arguments).await,
        "w6" => verification::run(&arguments).await,
        "queue" => queue::run(&arguments).await,
        "rest" => rest::run(&arguments).await,
        "overload" => overload::run(&arguments).await,
        other => Err(format!(
            "there is no workload `{other}`: w1, w2, w3, w5, w6, queue, rest, overload or step"
        )),
    }
}
