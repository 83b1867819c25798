//! `tests/run bench W …`: measures one workload in a release build.

use clap::Parser;
use statewright_tests::bench::{Arguments, run};

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
