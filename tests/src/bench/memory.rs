//! Memory of a process, from the operating system's books.

/// The most that it had at once.
pub fn peak_mib(process: u32) -> Option<u64> {
    mib(process, "VmHWM:")
}

/// What it has now.
pub fn resident_mib(process: u32) -> Option<u64> {
    mib(process, "VmRSS:")
}

fn mib(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1_024)
}
