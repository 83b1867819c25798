//! What a deployment sets: a YAML file, and the environment for what must not stand in a file.
//!
//! ```yaml
//! listen: 127.0.0.1:8620
//! store: sqlite:/var/lib/statewright/orders.db
//! zone: Europe/Berlin
//! behind_proxy: true
//! log: {format: json, level: info}
//! limits: {queue: 4096, batch: 512, committers: 2, lease: 1m}
//! files: {largest: 20000000, media_types: [application/pdf, text/plain], scan: {address: "unix:/run/clamav/clamd.ctl"}}
//! mail: {server: smtp.example, user: lab, password: "${SMTP_PASSWORD}", from: lab@lab.example, links: "https://lab.example"}
//! adapters:
//!   lens_design:
//!     url: https://design.example/api
//!     actions:
//!       calculate: {method: POST, path: /calculate, secrets: {Authorization: "Bearer ${DESIGN_TOKEN}"}, timeout: 30s}
//! ```
//!
//! An unknown key is refused with its place and the nearest known one, as in a workflow.

mod adapter;
mod files;
mod mail;
mod section;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use statewright_core::diagnostic::{Code, Colour, Diagnostic, Diagnostics, Sources, text};
use statewright_core::time::{parse_duration, zone};
use statewright_core::yaml::parse;
use statewright_engine::clock::Clock;
use statewright_engine::configuration::EngineConfig;
use statewright_engine::mail::Mailing;
use statewright_engine::outbox::Adapters;

use self::adapter::AdapterSettings;
use self::files::FileSettings;
use self::mail::MailSettings;
use self::section::Section;
use crate::command::StoreAddress;
use crate::failure::Failure;
use crate::table::counted;

/// Where a server listens if nothing else is said.
pub const LISTEN_DEFAULT: &str = "127.0.0.1:8620";

/// Batches on their way to the database at once; more only take turns at its locks.
const COMMITTERS_MAX: i64 = 16;

/// How long a node holds an effect before another may take it on: at the least, so that it can hold on to what it performs (it looks
/// every second), and at the most, since a killed node's effects wait for so long.
const LEASE_LEAST: Duration = Duration::from_secs(3);
const LEASE_MOST: Duration = Duration::from_secs(60 * 60);

/// What may be set; what is not set is none.
#[derive(Debug, Default)]
pub struct Configuration {
    pub listen: Option<SocketAddr>,
    pub store: Option<StoreAddress>,
    pub zone: Option<Arc<str>>,
    pub behind_proxy: bool,
    pub log_format: LogFormat,
    /// As `tracing` reads it: `info`, `statewright=debug,warn`.
    pub log_level: Option<String>,
    queue_max: Option<usize>,
    batch_max: Option<usize>,
    committers: Option<usize>,
    lease_ms: Option<i64>,
    files: FileSettings,
    mail: Option<MailSettings>,
    adapters: Vec<AdapterSettings>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Whether the secrets that adapters name are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// They perform effects.
    Needed,
    /// They are only asked which actions they know.
    Unused,
}

impl Configuration {
    /// Nothing set, and nothing logged but what goes wrong.
    pub fn quiet() -> Self {
        Configuration {
            log_level: Some("warn".to_owned()),
            ..Configuration::default()
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or anything in it cannot be meant: all problems at once.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| Failure::unreadable(&name, error))?;
        Configuration::parse(&name, &text)
    }

    /// Reads a text; `name` is shown in messages.
    ///
    /// # Errors
    /// As [`Configuration::read`].
    pub fn parse(name: &str, source: &str) -> Result<Self, Failure> {
        let mut sources = Sources::new();
        let file = sources.add(name, source);
        let (node, mut problems) = parse(file, source);
        let mut configuration = Configuration::default();
        if !node.is_empty()
            && let Some(section) = Section::of(&node, "the configuration", &mut problems)
        {
            configuration.take(section, &mut problems);
        }
        let problems = problems.sorted();
        if !problems.has_errors() {
            return Ok(configuration);
        }
        let shown = text(&sources, &problems, Colour::Coloured);
        let errors = counted(problems.errors() as u64, "problem", "problems");
        Err(
            Failure::misused(Code::SettingUnusable, format!("`{name}` cannot be used: {errors}"))
                .note(shown.trim_end())
                .hint("Mend them all and try again; nothing was started"),
        )
    }

    /// The adapters, ready to be used.
    ///
    /// # Errors
    /// A secret is not in the environment; an adapter's settings contradict each other.
    pub fn adapters(&self, secrets: Secrets, clock: &Arc<dyn Clock>) -> Result<Adapters, Failure> {
        self.adapters
            .iter()
            .map(|settings| settings.connect(secrets, &environment, clock))
            .collect()
    }

    /// How a server sends mail.
    ///
    /// # Errors
    /// The password is not in the environment; a file cannot be read; TLS cannot be set up.
    pub fn mailing(&self) -> Result<Mailing, Failure> {
        match &self.mail {
            Some(settings) => settings.connect(&environment),
            None => Ok(Mailing::Nowhere),
        }
    }

    /// How an engine is set up by this.
    pub fn engine(&self, node: impl Into<Arc<str>>) -> EngineConfig {
        let mut engine = EngineConfig::named(node);
        let EngineConfig {
            default_zone,
            queue_max,
            batch_max,
            committers,
            outbox_lease_ms,
            files,
            ..
        } = &mut engine;
        *default_zone = self.zone.clone().unwrap_or_else(|| default_zone.clone());
        *queue_max = self.queue_max.unwrap_or(*queue_max);
        *batch_max = self.batch_max.unwrap_or(*batch_max);
        *committers = self.committers.unwrap_or(*committers);
        *outbox_lease_ms = self.lease_ms.unwrap_or(*outbox_lease_ms);
        *files = self.files.files();
        engine
    }

    fn take(&mut self, mut section: Section<'_>, problems: &mut Diagnostics) {
        self.listen = section.parsed(
            "listen",
            "an address such as `127.0.0.1:8620`",
            |text| text.parse().ok(),
            problems,
        );
        self.store = section.parsed(
            "store",
            "`sqlite:FILE`, `postgres://…` or `memory:`",
            |text| text.parse().ok(),
            problems,
        );
        self.zone = section.parsed(
            "zone",
            "a zone such as `Europe/Berlin`",
            |text| zone(text).ok().map(|_| text.into()),
            problems,
        );
        self.behind_proxy = section.boolean("behind_proxy", problems).unwrap_or(false);
        if let Some(mut log) = section.section("log", problems) {
            let format = log.parsed("format", "`text` or `json`", log_format, problems);
            self.log_format = format.unwrap_or_default();
            self.log_level = log.text("level", problems).map(|level| level.text.to_string());
            log.finish(problems);
        }
        if let Some(mut limits) = section.section("limits", problems) {
            self.queue_max = limits.count("queue", 1..=1_000_000, problems);
            self.batch_max = limits.count("batch", 1..=10_000, problems);
            self.committers = limits.count("committers", 1..=COMMITTERS_MAX, problems);
            self.lease_ms = limits.parsed("lease", "a duration from `3s` to `1h`", lease_ms, problems);
            limits.finish(problems);
        }
        if let Some(files) = section.section("files", problems) {
            self.files = FileSettings::take(files, problems);
        }
        let mail = section.take("mail");
        self.mail = mail.and_then(|node| MailSettings::take(node, problems));
        if let Some(adapters) = section.section("adapters", problems) {
            self.adapters = adapters.each(problems, AdapterSettings::take);
        }
        section.finish(problems);
    }
}

fn exact(text: &str) -> Option<Duration> {
    let duration = parse_duration(text).ok().filter(|duration| duration.is_exact())?;
    u64::try_from(duration.microseconds).ok().map(Duration::from_micros)
}

fn lease_ms(text: &str) -> Option<i64> {
    let lease = exact(text).filter(|lease| (LEASE_LEAST..=LEASE_MOST).contains(lease))?;
    i64::try_from(lease.as_millis()).ok()
}

fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

/// A variable of this process's environment; none if it is empty.
#[expect(clippy::disallowed_methods, reason = "this is the place that the rule names")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A setting that cannot be meant.
fn unusable(span: statewright_core::diagnostic::Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::SettingUnusable, span, message)
}

#[cfg(test)]
mod tests;
