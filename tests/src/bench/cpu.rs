//! Processor time, from the operating system's books.

use std::time::Duration;

/// What a second is divided into in /proc (USER_HZ, fixed at 100 on every Linux that is met).
const TICKS_PER_SECOND: u32 = 100;

/// Time used so far.
#[derive(Clone, Copy)]
pub struct Used {
    /// By the engine, and by the clients.
    pub program: Duration,
    /// By the PostgreSQL cluster whose first process `BENCH_PGPID` names.
    pub database: Duration,
}

impl Used {
    /// What these processes and the database have used; a process that is gone counts nothing.
    pub fn by(processes: &[u32]) -> Used {
        let ticks = processes
            .iter()
            .filter_map(|process| Times::of(*process))
            .map(|times| times.own)
            .sum();
        Used {
            program: duration(ticks),
            database: duration(database_ticks().unwrap_or(0)),
        }
    }

    pub fn since(self, before: Used) -> Used {
        Used {
            program: self.program.saturating_sub(before.program),
            database: self.database.saturating_sub(before.database),
        }
    }
}

fn duration(ticks: u32) -> Duration {
    ticks * (Duration::from_secs(1) / TICKS_PER_SECOND)
}

/// The first process, its children that have ended, and those that run.
fn database_ticks() -> Option<u32> {
    let first: u32 = std::env::var("BENCH_PGPID").ok()?.parse().ok()?;
    let postmaster = Times::of(first)?;
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let running = processes.filter_map(Times::of).filter(|times| times.parent == first);
    Some(postmaster.own + postmaster.ended_children + running.map(|times| times.own).sum::<u32>())
}

struct Times {
    parent: u32,
    own: u32,
    ended_children: u32,
}

impl Times {
    fn of(process: u32) -> Option<Times> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let after_name = stat.rsplit_once(')')?.1;
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        // the fields after the name begin with the state, which is field 3; the parent is field 4, times are fields 14 to 17
        let number = |field: usize| fields.get(field - 3)?.parse::<u32>().ok();
        Some(Times {
            parent: number(4)?,
            own: number(14)? + number(15)?,
            ended_children: number(16)? + number(17)?,
        })
    }
}
