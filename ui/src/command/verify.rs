//! `verify` and `replay`: whether the trail proves itself.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use statewright_core::diagnostic::Code;
use statewright_engine::audit;
use statewright_engine::error::EngineError;
use statewright_engine::registry::{LanguageCompiler, Registry};
use statewright_engine::store::Store;

use super::*;
use crate::desk::engine_failure;
use crate::failure::{Exit, Failure};
use crate::proof::bundle::{self, Unreadable};
use crate::proof::{Finding, Report};
use crate::table::counted;

#[derive(Debug, Args)]
pub struct Verify {
    /// An exported trail, or `-` for standard input; without it, everything in the store
    file: Option<String>,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    target: Target,
}

impl Verify {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let report = match &self.file {
            Some(file) => verify_file(file, terminal)?,
            None => {
                let store = self.target.open_store(terminal).await?;
                let mut progress = terminal.progress("instances");
                let report = verify_store(&store, |walked| progress.at(walked.instances)).await;
                drop(progress);
                store.close().await;
                report.map_err(engine_failure)?
            }
        };
        tell(&report, "proved", terminal)
    }
}

impl Replay {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let store = self.target.open_store(terminal).await?;
        let mut progress = terminal.progress("instances");
        let report = replay_store(&store, |walked| progress.at(walked.instances)).await;
        drop(progress);
        store.close().await;
        tell(&report.map_err(engine_failure)?, "stepped again, all the same", terminal)
    }
}

async fn verify_store(store: &Arc<dyn Store>, progress: impl FnMut(audit::Progress)) -> Result<Report, EngineError> {
    let verified = audit::verify(store, progress).await?;
    let mut report = Report {
        instances: verified.walked.instances,
        entries: verified.walked.entries,
        ..Report::default()
    };
    for finding in verified.faults {
        report.find(Finding {
            instance: finding.subject,
            sequence: finding.sequence,
            kind: finding.kind.to_string(),
            detail: finding.detail,
        });
    }
    Ok(report)
}

async fn replay_store(store: &Arc<dyn Store>, progress: impl FnMut(audit::Progress)) -> Result<Report, EngineError> {
    let registry = Registry::new(store.clone(), Arc::new(LanguageCompiler));
    let replayed = audit::replay(store, &registry, progress).await?;
    let mut report = Report {
        instances: replayed.walked.instances,
        entries: replayed.walked.entries,
        erased: replayed.erased,
        ..Report::default()
    };
    for finding in replayed.findings {
        report.find(Finding {
            instance: format!("{}/{}", finding.workflow, finding.key),
            sequence: finding.sequence,
            kind: "different".to_owned(),
            detail: finding.detail,
        });
    }
    Ok(report)
}

fn verify_file(path: &str, terminal: Terminal) -> Result<Report, Failure> {
    let mut progress = terminal.progress("entries");
    let step = |entries| progress.at(entries);
    let report = match path {
        "-" => bundle::verify(std::io::stdin().lock(), step),
        path => {
            let file = File::open(path).map_err(|error| Failure::unreadable(path, error))?;
            bundle::verify(BufReader::new(file), step)
        }
    };
    drop(progress);
    report.map_err(|error| match error {
        Unreadable::Io(error) => Failure::unreadable(path, error),
        Unreadable::NoTrail(why) => Failure::misused(Code::BundleUnreadable, format!("`{path}` holds nothing of a trail: {why}"))
            .hint("Export the trail again with `statewright trail WORKFLOW/KEY --export`, and leave its bytes as they are"),
    })
}

fn tell(report: &Report, done: &str, terminal: Terminal) -> Outcome {
    terminal.answer(&report.to_value(), || {
        report.findings.iter().map(|finding| finding.line() + "\n").collect()
    });
    if !terminal.json {
        let instances = counted(report.instances, "instance", "instances");
        let entries = counted(report.entries, "entry", "entries");
        let verdict = if report.is_empty() {
            "there is nothing to prove"
        } else if report.is_whole() {
            done
        } else {
            "NOT whole"
        };
        terminal.say(format_args!("{instances}, {entries}: {verdict}"));
        if report.erased > 0 {
            terminal.note(format_args!("{}: proved, not replayable: erased", report.erased));
        }
    }
    Ok(if report.is_whole() { Exit::Done } else { Exit::No })
}
