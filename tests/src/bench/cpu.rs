//! Processor time, from the operating system's books.

use std::time::Duration;

/// What a second is divided into in /proc (USER_HZ, fixed at 100 on every Linux that is met).
const TICKS_PER_SECOND: u32 = 100;

/// Time that these processes have used so far; a process that is gone counts nothing.
pub fn used_by(processes: &[u32]) -> Duration {
    processes.iter().filter_map(|process| ticks(*process)).sum::<u32>() * (Duration::from_secs(1) / TICKS_PER_SECOND)
}

fn ticks(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    // the fields after the name begin with the state, which is field 3; user and system time are fields 14 and 15
    Some(fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?)
}
