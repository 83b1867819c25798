//! Scenarios: files of sentences with steps, run against the real engine on a clock of their own.
//!
//! # Purpose
//! [`read`] makes a [`TestFile`] of a `*.test.yaml`, with the definitions that it uses; [`run`] runs its scenarios, each on a node of its
//! own over the memory store, whose actors are ticked by hand; a [`FileReport`] says what held. Years pass in milliseconds, since the
//! clock jumps from one moment at which something is due to the next.
//!
//! # Invariants
//! - **Architecture invariant:** what is tested is the engine itself: inputs go through the intake, timers, messages and effects through
//!   their actors. Only the store, the clock, randomness and the adapters' other side are stand-ins.
//! - The same file gives the same report, byte for byte.
//! - After every scenario all trails are proven and stepped again.

mod boot;
pub(crate) mod counterparts;
pub(crate) mod coverage;
mod expect;
mod followed;
pub(crate) mod moment;
pub(crate) mod placing;
pub(crate) mod plan;
mod proof;
pub(crate) mod reading;
mod report;
mod reported;
pub(crate) mod run;
mod schedule;
pub(crate) mod trail;
pub(crate) mod world;
pub(crate) mod written;

use statewright_core::diagnostic::{Diagnostics, FileId, Sources};
use statewright_core::lang::Resolver;

pub use coverage::{Taken, Untaken};
pub use plan::TestFile;
pub use report::{Difference, Failed, FileReport, ScenarioReport};
pub use schedule::ORDERS_MAX;

use self::plan::Scenario;
use self::schedule::Schedule;

/// Of the thread in which scenarios run: fragments play fragments, each within a step of the one before, and an unoptimised build needs much
/// for each. What is not used takes no memory.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Reads the test file `main` of `sources`, and the definitions that it uses, which are added to `sources`. There is a file exactly where
/// no error was found; its diagnostics name what this version cannot run, too.
pub fn read(sources: &mut Sources, main: FileId, files: &dyn Resolver) -> (Option<TestFile>, Diagnostics) {
    reading::read(sources, main, files)
}

/// Runs every scenario of a file. Blocks until all are done, on a thread and a runtime of one thread of its own, so that it may be called
/// from anywhere.
///
/// # Errors
/// The thread cannot be had.
pub fn run(file: &TestFile, sources: &Sources) -> std::io::Result<FileReport> {
    let name = sources.get(file.file).map_or("", |source| source.name()).to_owned();
    alone("scenarios", || run_all(file, name))
}

/// Does this on a thread and a runtime of one thread of its own, and waits for it.
///
/// # Errors
/// The thread cannot be had.
pub(crate) fn alone<T: Send, F: Future<Output = T>>(name: &str, work: impl FnOnce() -> F + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(name.into()).stack_size(STACK_BYTES);
        let running = thread.spawn_scoped(scope, || {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            Ok(runtime.block_on(work()))
        })?;
        let broken = |_| std::io::Error::other("its thread ended without an answer");
        running.join().map_err(broken)?
    })
}

async fn run_all(file: &TestFile, name: String) -> FileReport {
    let mut report = FileReport {
        file: name,
        test: file.name.to_string(),
        scenarios: Vec::with_capacity(file.scenarios.len()),
        taken: Taken::default(),
    };
    for scenario in &file.scenarios {
        let done = run_scenario(file, scenario, &mut report.taken).await;
        report.scenarios.push(done);
    }
    report
}

/// Goes through every order of a scenario's races, until one fails.
async fn run_scenario(file: &TestFile, scenario: &Scenario, taken: &mut Taken) -> ScenarioReport {
    let mut report = ScenarioReport {
        sentence: scenario.sentence.to_string(),
        span: scenario.span,
        orders: 0,
        failures: Vec::new(),
    };
    let mut schedule = Some(Schedule::default());
    while let Some(planned) = schedule {
        if planned.is_endless() || report.orders >= ORDERS_MAX {
            let sentence =
                format!("its races have more than {ORDERS_MAX} orders: race fewer steps at once, or in scenarios of their own");
            report.failures.push(Failed::new(scenario.span, sentence));
            break;
        }
        let ran = run::run(file, scenario, planned).await;
        if !ran.redundant {
            report.orders += 1;
            taken.append(ran.taken);
        }
        report.failures = ran.failures;
        if !report.failures.is_empty() {
            break;
        }
        schedule = ran.schedule.next();
    }
    report
}
