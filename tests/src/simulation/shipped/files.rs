//! The files of a story, compiled once for the whole run of the program.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::lang::{Resolver, compile};

use super::Story;
use crate::repository;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Calendar,
    Roles,
    /// A live one.
    Table,
    Workflow,
}

/// What is deployed.
#[derive(Clone)]
pub struct Source {
    pub kind: Kind,
    /// As a store keeps it.
    pub canonical: String,
    /// Of a workflow.
    pub chart: Option<Arc<Chart>>,
}

/// In the order in which they are deployed: calendars and live tables first.
pub fn sources(story: Story) -> Result<Vec<Source>, String> {
    static KNOWN: OnceLock<Mutex<BTreeMap<&'static str, Source>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    let mut known = known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let read = story.files().iter().map(|file| {
        if let Some(source) = known.get(file) {
            return Ok(source.clone());
        }
        let source = read(file)?;
        known.insert(file, source.clone());
        Ok(source)
    });
    read.collect()
}

fn read(file: &str) -> Result<Source, String> {
    let path = repository::root().join(file);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let mut sources = Sources::new();
    let main = sources.add(path.display().to_string(), text);
    let compiled = compile(&mut sources, main, &Folder);
    match compiled.bundle {
        Some(bundle) if !compiled.diagnostics.has_errors() => Ok(Source {
            kind: match (&compiled.calendar, &compiled.roles, &compiled.table) {
                (Some(_), ..) => Kind::Calendar,
                (_, Some(_), _) => Kind::Roles,
                (.., Some(_)) => Kind::Table,
                (None, None, None) => Kind::Workflow,
            },
            canonical: bundle.canonical(),
            chart: compiled.chart.map(Arc::new),
        }),
        _ => Err(concise(&sources, &compiled.diagnostics)),
    }
}

/// Files beside the one that names them.
struct Folder;

impl Resolver for Folder {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        std::fs::read_to_string(Path::new(path)).ok().map(Arc::from)
    }
}
