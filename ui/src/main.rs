//! Statewright, the binary: command line, HTTP API and pages.
//!
//! # Purpose
//! [`command`] turns arguments into requests, [`http`] answers requests with the engine. The command line is a client of the API: on a
//! store that it opens itself it calls the same handlers without a network, so that both can never differ.
//!
//! # Invariants
//! - Standard output carries data and nothing else; the exit code is 0 done, 1 the answer is no, 2 used wrongly.
//! - **Architecture invariant:** what may be done is decided by the engine from the workflow; nothing here decides it a second time.
//! - The environment is read in [`configuration`] and by the argument parser, nowhere else.

mod audience;
mod client;
mod command;
mod configuration;
mod definition;
mod demo;
mod desk;
mod diagram;
mod failure;
mod http;
mod json;
mod log;
mod naming;
mod pages;
mod percent;
mod proof;
mod table;
mod terminal;

use std::process::ExitCode;

use crate::terminal::Terminal;

/// A request allocates some hundred small things on one thread and frees them on another, for which the C library's allocator takes
/// a tenth of the server's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Misuse ends here with code 2, and `--help` and `--version` with 0.
    let arguments = command::read_arguments();
    let terminal = Terminal { json: arguments.json };
    // One TLS stack for whatever speaks TLS in this process. It fails only if one was chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(worker_threads())
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal.say(format_args!("error: cannot start: {error}"));
            return ExitCode::from(1);
        }
    };
    let exit = runtime.block_on(command::run(arguments)).unwrap_or_else(|failure| {
        terminal.failure(&failure);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

/// Half the processors: a worker more wakes others in vain on every request, and what blocks (a file, a compiler, a database on the same
/// machine) has threads of its own and wants the other half. On two processors one worker took an eighth more events than two.
fn worker_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))
}
