//! What the benchmark was asked for.

use clap::{Parser, ValueEnum};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// A `statewright serve` process of its own, over HTTP.
    Http,
    /// The engine in this process.
    Engine,
}

/// Measures one workload and prints JSON lines.
#[derive(Clone, Debug, Parser)]
pub struct Arguments {
    /// w1, w2, w3, w5, w6; queue: pages of a queue and searches among a million open tasks; rest: a server that starts and has nothing to do; overload: a flood of one workflow beside a steady stream of another, then people's events while timers
    /// fall due; or step: the pure stepper, without a store.
    pub workload: String,
    #[arg(long, value_enum, default_value = "engine")]
    pub via: Via,
    /// Closed-loop clients; several numbers give a line each.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64")]
    pub clients: Vec<usize>,
    /// `sqlite:FILE` or `postgres://…`; an empty database is best.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub store: String,
    /// W5: transitions a commit.
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,512")]
    pub batch: Vec<usize>,
    /// In process: batches on their way to the database at once.
    #[arg(long)]
    pub committers: Option<usize>,
    /// Overload: connections that flood the server, more than it lets wait.
    #[arg(long, default_value_t = 6_000)]
    pub flood: usize,
    /// Instances of one run, open tasks of queue, or timers of W2 and of overload; 0: chosen by the workload.
    #[arg(long, default_value_t = 0)]
    pub instances: usize,
    /// W1 on PostgreSQL: so many trail entries are put into the database before anything is measured.
    #[arg(long, default_value_t = 0)]
    pub history: usize,
    /// Runs of which the median is printed.
    #[arg(long, default_value_t = 3)]
    pub runs: usize,
    /// Accepted for likeness with the other commands: the output is JSON lines in any case.
    #[arg(long)]
    pub json: bool,
}
