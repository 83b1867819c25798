//! The whole-system suites, one module each; `tests/run SUITE` chooses among them by the module's name.

mod adapters;
mod browser;
mod dependencies;
mod durability;
mod files;
mod fuzz;
mod language;
mod open_pages;
mod roles;
mod simulation;

/// Fails with every problem at once, one a line.
#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} found:\n{}", problems.len(), problems.join("\n"));
}
