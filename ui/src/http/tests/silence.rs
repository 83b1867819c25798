//! Whatever personal values the tests of the API and of the pages enter: none of them is logged, stands in a problem, or among the figures.
//!
//! Held at every answer of every such test. A page that shows a refused form again is not a problem: what was entered stays in it.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use axum::http::StatusCode;
use statewright_core::field::{Field, Kind};
use statewright_core::value::{Value, json};

use crate::http::Service;

/// Shorter values stand in other words by chance.
const CHARACTERS_MIN: usize = 5;

/// Everything that this process logged, as closely as it can be asked to.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        log().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn log() -> MutexGuard<'static, Vec<u8>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one test entered that is personal.
#[derive(Default)]
pub struct Silence(Mutex<BTreeSet<String>>);

impl Silence {
    pub fn begin() -> Silence {
        static BEGUN: Once = Once::new();
        BEGUN.call_once(|| {
            let kept = tracing_subscriber::fmt()
                .with_env_filter("trace")
                .with_writer(|| Kept)
                .with_ansi(false);
            kept.try_init().expect("these tests keep the log");
        });
        Silence::default()
    }

    /// Takes down what a body enters into personal fields of the workflows that are live.
    pub async fn enter(&self, service: &Service, body: &str) {
        let registry = service.engine.registry();
        let mut personal: BTreeSet<Arc<str>> = BTreeSet::new();
        for (name, _) in registry.live_hashes() {
            let known = registry.live(&name).await.expect("what is live is known");
            // a file is entered by the id of its record, which says nothing of it
            let is_said = |field: &&Field| field.phi && !matches!(field.schema.kind, Kind::File);
            let fields = known.chart.data.list.iter().filter(is_said);
            personal.extend(fields.map(|field| field.name.clone()));
        }
        let mut entered = self.entered();
        match json::read(body) {
            Ok(document) => named(&document, &personal, &mut entered),
            Err(_) => {
                for (name, value) in form_urlencoded::parse(body.as_bytes()) {
                    let field = name.strip_prefix("with.").and_then(|path| path.split('.').next());
                    if field.is_some_and(|field| personal.contains(field)) {
                        entered.insert(value.into_owned());
                    }
                }
            }
        }
        entered.retain(|value| value.chars().count() >= CHARACTERS_MIN);
    }

    /// # Panics
    /// One of them was told.
    #[track_caller]
    pub fn holds(&self, status: StatusCode, media: &str, body: &str) {
        let is_told = !media.starts_with("text/html") && (status.as_u16() >= 400 || media.contains("openmetrics"));
        let log = String::from_utf8_lossy(&log()).into_owned();
        for value in self.entered().iter() {
            assert!(!log.contains(&**value), "`{value}` is logged:\n{log}");
            assert!(!(is_told && body.contains(&**value)), "`{value}` is told: {body}");
        }
    }

    fn entered(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Texts under members of these names, wherever they stand.
fn named(value: &Value, names: &BTreeSet<Arc<str>>, into: &mut BTreeSet<String>) {
    if let Some(items) = value.as_list() {
        items.iter().for_each(|item| named(item, names, into));
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match names.contains(name) {
            true => texts(member, into),
            false => named(member, names, into),
        }
    }
}

fn texts(value: &Value, into: &mut BTreeSet<String>) {
    into.extend(value.as_text().map(str::to_owned));
    value.as_list().into_iter().flatten().for_each(|item| texts(item, into));
    value
        .as_object()
        .into_iter()
        .flatten()
        .for_each(|(_, member)| texts(member, into));
}
