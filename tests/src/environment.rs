//! What a run of the tests is told by its environment (see `tests/run`); read nowhere else.

use std::path::PathBuf;

use crate::repository;

/// The built program.
///
/// # Panics
/// Where none is named or none is there: these tests are about real processes.
pub fn binary() -> PathBuf {
    let named = variable("STATEWRIGHT_BINARY").map(PathBuf::from);
    match named {
        Some(binary) if binary.is_file() => binary,
        Some(binary) => panic!("STATEWRIGHT_BINARY is {}, and no file is there", binary.display()),
        None => panic!("STATEWRIGHT_BINARY names no program: run `tests/run durability`, or set it to the built `statewright`"),
    }
}

/// The URL of the cluster that belongs to this run.
///
/// # Panics
/// Where none is named.
pub fn postgres() -> String {
    variable("STATEWRIGHT_TEST_POSTGRES").unwrap_or_else(|| {
        panic!("STATEWRIGHT_TEST_POSTGRES names no cluster: run `tests/run durability`, or start one with `tests/postgres start FOLDER`")
    })
}

/// The folder of third-party inputs, which may not be there.
pub fn corpus() -> PathBuf {
    variable("STATEWRIGHT_CORPUS").map_or_else(|| repository::root().join("../shared/data"), PathBuf::from)
}

/// The browser that pages are looked at in.
pub fn chromium() -> String {
    variable("STATEWRIGHT_CHROMIUM").unwrap_or_else(|| "chromium".to_owned())
}

/// A Python that has aiosmtpd, where there is one.
pub fn smtp() -> Option<String> {
    variable("STATEWRIGHT_TEST_SMTP")
}

/// Whether what is made by tests and kept in the repository is to be made anew.
pub fn renews() -> bool {
    variable("STATEWRIGHT_RENEW").as_deref() == Some("1")
}

/// Whether the long forms are asked for.
pub fn long() -> bool {
    variable("STATEWRIGHT_LONG").as_deref() == Some("1")
}

/// The seed to repeat a run with.
pub fn seed() -> Option<u64> {
    variable("STATEWRIGHT_SEED")?.parse().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "what a run of the tests is given, it is given here; the program itself reads its environment elsewhere"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
