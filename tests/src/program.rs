//! The built program, run as people run it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::environment;
use crate::wait;

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A command that is told nothing but what stands here: no store, token or configuration of whoever runs the tests.
pub fn command(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(environment::binary());
    for variable in ["STATEWRIGHT_STORE", "STATEWRIGHT_TOKEN", "STATEWRIGHT_CONFIG", "RUST_LOG"] {
        command.env_remove(variable);
    }
    // A test that fails leaves no process behind.
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command to its end.
///
/// # Panics
/// Where it does not end within the deadline.
pub async fn run(folder: &Path, arguments: &[&str]) -> Outcome {
    let running = command(arguments).current_dir(folder).output();
    let ended = tokio::time::timeout(wait::DEADLINE, running).await;
    let ended = ended.unwrap_or_else(|_| panic!("`{}` does not end", arguments.join(" ")));
    let output = ended.expect("the program can be run");
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Outcome {
    /// What it said, if it was done.
    ///
    /// # Panics
    /// With what it said otherwise.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// Where it is not.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}
