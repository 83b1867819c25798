//! A whole installation in one thread on a clock of its own: nodes, callers, a machine and a database, everything that can go
//! wrong going wrong, and all of it drawn from one seed.
//!
//! # What is simulated
//! One to three nodes of the engine as it is, whose actors (intake, timers, messages, outbox, deployments, schedules) are ticked in an order
//! that is drawn. A tick may be stopped before and after each call of the store, so that anything may come in between; a node
//! may be killed there, or paused until its leases have ended. Answers of the database are lost before and after it has done what
//! it was asked for. Callers repeat themselves, lose patience, and look at old revisions; the machine behind the adapter answers
//! late, never, or that it failed although it did not.
//!
//! # What is checked
//! After each call of the store what it answered is compared with a model of what was written ([`model`]); after each answer to a
//! caller, what the trail says. Once nothing goes wrong any more everything must come to rest, and what is left must prove itself.
//!
//! A seed replays exactly on memory, and on a database as far as the database itself is exact: one call is under way at a time.

mod adapter;
mod bug;
mod caller;
mod clock;
mod connection;
mod course;
mod forgetting;
mod gate;
mod layer;
mod ledger;
pub mod model;
mod node;
mod proof;
mod schedule;
mod shipped;
mod trace;
mod workflows;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use bug::Bug;
pub use shipped::{Story, Tally};
pub use world::Place;

use self::ledger::lock;
use self::world::World;

/// One simulation, and no other, for each of these.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Ticks in which everything may go wrong; those in which everything ends come on top.
    pub ticks: u64,
    pub place: Place,
    pub bug: Option<Bug>,
    /// What is run: workflows of the simulation's own, or (if any is named) a story of those that ship.
    pub story: Option<Story>,
    /// Lines of the trace that a failure shows.
    pub lines: usize,
}

/// How much was simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub seeds: u64,
    pub ticks: u64,
    pub commits: u64,
    pub attempts: u64,
    pub boots: u64,
    /// Of stories.
    pub lives: Tally,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub seed: u64,
    pub what: String,
    /// The last that happened, a line for each.
    pub trace: String,
}

impl Figures {
    pub fn add(&mut self, other: Figures) {
        self.seeds += other.seeds;
        self.ticks += other.ticks;
        self.commits += other.commits;
        self.attempts += other.attempts;
        self.boots += other.boots;
        self.lives.add(other.lives);
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Figures {
            seeds,
            ticks,
            commits,
            attempts,
            boots,
            lives,
        } = self;
        write!(
            formatter,
            "{ticks} ticks over {seeds} seeds: {commits} writes committed, {attempts} attempts at effects, {boots} nodes started"
        )?;
        match *lives == Tally::default() {
            true => Ok(()),
            false => write!(formatter, "; {lives}"),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Failure { seed, what, trace } = self;
        write!(formatter, "{trace}\n{what}\nSTATEWRIGHT_SEED={seed} replays it")
    }
}

impl Plan {
    /// Simulates from the beginning to the end.
    ///
    /// # Errors
    /// The first thing that must not be.
    pub fn run(&self) -> Result<Figures, Box<Failure>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| self.failure(error.to_string(), String::new()))?;
        let trace = std::cell::RefCell::new(None);
        let ran = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let mut world = World::new(self).await?;
                *trace.borrow_mut() = Some(world.shared.trace.clone());
                let ran = self.simulate(&mut world).await;
                let figures = Figures {
                    seeds: 1,
                    ticks: world.ticks,
                    commits: lock(&world.shared.model).commits,
                    attempts: world.shared.machine.attempts(),
                    boots: world.boots,
                    lives: world.tally(),
                };
                world.bottom.store().close().await;
                ran.map(|()| figures)
            })
        }));
        let what = match ran {
            Ok(Ok(figures)) => return Ok(figures),
            Ok(Err(what)) => what,
            Err(_) => "it panicked (see above)".to_owned(),
        };
        let lines = trace.borrow().as_ref().map(|trace| trace.read()).unwrap_or_default();
        Err(self.failure(what, lines))
    }

    async fn simulate(&self, world: &mut World) -> Result<(), String> {
        world.struggle(self.ticks).await?;
        world.come_to_rest().await?;
        world.prove().await
    }

    fn failure(&self, what: String, trace: String) -> Box<Failure> {
        Box::new(Failure {
            seed: self.seed,
            what,
            trace,
        })
    }
}
