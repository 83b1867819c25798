//! `tests/run bench W …`: measures one workload in a release build.

use clap::Parser;
use statewright_tests::bench::{Arguments, Via, run};

/// That of the program, for what is measured in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    // Clients of a server take as little as can be of the cores that they share with it.
    let mut runtime = match arguments.via {
        Via::Http => tokio::runtime::Builder::new_current_thread(),
        Via::Engine => tokio::runtime::Builder::new_multi_thread(),
    };
    let ended = match runtime.enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error.to_string()),
    };
    match ended {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
