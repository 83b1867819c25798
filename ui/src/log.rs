//! The server's log, on standard error: text for people, or a JSON object a line.
//!
//! Names and ids only: no payload, no token and no address of a person is ever logged.

use statewright_core::diagnostic::Code;
use tracing_subscriber::EnvFilter;

use crate::configuration::{Configuration, LogFormat, environment};
use crate::failure::Failure;

/// What is logged if nothing is said.
const LEVEL_DEFAULT: &str = "info";

/// The variable that says otherwise for one run.
const LEVEL_VARIABLE: &str = "STATEWRIGHT_LOG";

/// Begins to log.
///
/// # Errors
/// The level cannot be meant.
pub fn begin(configuration: &Configuration) -> Result<(), Failure> {
    let level = environment(LEVEL_VARIABLE).or_else(|| configuration.log_level.clone());
    let level = level.unwrap_or_else(|| LEVEL_DEFAULT.to_owned());
    let filter = EnvFilter::try_new(&level).map_err(|error| {
        Failure::misused(Code::SettingUnusable, format!("`{level}` is no level of the log: {error}"))
            .hint("Write `error`, `warn`, `info`, `debug`, or pairs such as `statewright=debug,warn`")
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(anstream::stderr);
    // A log that began already, in a test, goes on as it is.
    let _ = match configuration.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    Ok(())
}
