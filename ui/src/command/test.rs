//! `test`: scenarios against the real engine, on a clock of their own.

use std::path::{Path, PathBuf};

use statewright_core::diagnostic::{Code, Colour, Diagnostics, Sources, text};
use statewright_core::value::{Value, json as json_text};
use statewright_engine::scenario::{self, FileReport, Taken, TestFile, Untaken};

use super::check::{FOLDERS_MAX, gather};
use super::*;
use crate::definition::{Folder, read};
use crate::failure::{Exit, Failure};
use crate::json::{count, object};
use crate::table::counted;

/// How the name of a file of scenarios ends, so that it is told from the definitions beside it.
const ENDINGS: [&str; 2] = [".test.yaml", ".test.yml"];

#[derive(Debug, Args)]
pub struct Test {
    /// Test files, and folders in which every *.test.yaml is meant
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Name the transitions, timers and rungs that no scenario took
    #[arg(long)]
    coverage: bool,
}

/// What came of all files.
struct Tested {
    sources: Sources,
    diagnostics: Diagnostics,
    files: Vec<TestFile>,
    reports: Vec<FileReport>,
    taken: Taken,
    /// Files that could not be read, which were told.
    unreadable: usize,
}

impl Test {
    pub fn run(self, terminal: Terminal) -> Outcome {
        let (paths, mut unreadable) = self.files()?;
        let mut tested = Tested {
            sources: Sources::new(),
            diagnostics: Diagnostics::new(),
            files: Vec::new(),
            reports: Vec::new(),
            taken: Taken::default(),
            unreadable: 0,
        };
        for path in &paths {
            unreadable.extend(tested.read(path).err());
        }
        tested.unreadable = unreadable.len();
        // where nothing at all can be run, that is how the command ends
        let last = unreadable.pop_if(|_| tested.files.is_empty() && tested.diagnostics.is_empty());
        unreadable.iter().for_each(|failure| terminal.failure(failure));
        if let Some(last) = last {
            return Err(last);
        }
        tested.diagnostics = std::mem::take(&mut tested.diagnostics).sorted();
        if !terminal.json && !tested.diagnostics.is_empty() {
            terminal.say(text(&tested.sources, &tested.diagnostics, Colour::Coloured).trim_end());
        }
        tested.run(terminal)?;
        let untaken = self.coverage.then(|| tested.taken.untaken(&tested.files));
        tested.tell(terminal, untaken.as_deref());
        let failed: usize = tested.reports.iter().map(FileReport::failed).sum();
        match failed == 0 && tested.unreadable == 0 && !tested.diagnostics.has_errors() {
            true => Ok(Exit::Done),
            false => Ok(Exit::No),
        }
    }

    /// Files that are named, and those of folders whose names say what they are; and why others cannot be read.
    fn files(&self) -> Result<(Vec<PathBuf>, Vec<Failure>), Failure> {
        let (mut all, mut unreadable) = (Vec::new(), Vec::new());
        for path in &self.paths {
            let (mut files, before) = (Vec::new(), unreadable.len());
            gather(path, FOLDERS_MAX, &mut files, &mut unreadable);
            if path.is_dir() {
                files.retain(|file| is_test(file));
            }
            if files.is_empty() && unreadable.len() == before {
                let sentence = format!(
                    "There is nothing to run in `{}`: no file in it ends in .test.yaml",
                    path.display()
                );
                return Err(Failure::misused(Code::ScenariosAbsent, sentence)
                    .hint("Write one beside a workflow; docs/testing.md shows how"));
            }
            all.extend(files);
        }
        Ok((all, unreadable))
    }
}

impl Tested {
    fn read(&mut self, path: &Path) -> Result<(), Failure> {
        let name = path.display().to_string();
        let text = read(path).map_err(|error| Failure::unreadable(&name, error))?;
        let main = self.sources.add(name, text);
        let (file, diagnostics) = scenario::read(&mut self.sources, main, &Folder);
        self.diagnostics.append(diagnostics);
        self.files.extend(file);
        Ok(())
    }

    /// Files that can be read are run, whatever is wrong with others.
    fn run(&mut self, terminal: Terminal) -> Result<(), Failure> {
        for file in &self.files {
            let report = scenario::run(file, &self.sources);
            let report = report.map_err(|error| Failure::no(Code::Internal, format!("Scenarios cannot be run: {error}")))?;
            self.taken.append(report.taken.clone());
            if !terminal.json {
                terminal.data(report.words(&self.sources));
            }
            self.reports.push(report);
        }
        Ok(())
    }

    fn tell(&self, terminal: Terminal, untaken: Option<&[Untaken]>) {
        let held: usize = self.reports.iter().map(FileReport::held).sum();
        let failed: usize = self.reports.iter().map(FileReport::failed).sum();
        if terminal.json {
            let problems = statewright_core::diagnostic::json(&self.sources, &self.diagnostics);
            let untaken = untaken.map(|untaken| untaken.iter().map(|each| each.value(&self.sources)).collect());
            return terminal.document(&object([
                ("failed", count(failed as u64)),
                (
                    "files",
                    Value::from_items(self.reports.iter().map(|report| report.value(&self.sources)).collect()),
                ),
                ("held", count(held as u64)),
                ("problems", json_text::read(&problems).unwrap_or(Value::Null)),
                ("untaken", untaken.map_or(Value::Null, Value::from_items)),
            ]));
        }
        for each in untaken.into_iter().flatten() {
            terminal.line(format_args!("untaken  {}", each.line(&self.sources)));
        }
        let scenarios = counted((held + failed) as u64, "scenario", "scenarios");
        let files = counted(self.reports.len() as u64, "file", "files");
        let unread = match self.diagnostics.errors() {
            0 => String::new(),
            errors => format!("; {} in files that were not run", counted(errors as u64, "error", "errors")),
        };
        let unreadable = match self.unreadable {
            0 => String::new(),
            files => format!("; {} not read", counted(files as u64, "file", "files")),
        };
        let untaken = match untaken.map(<[Untaken]>::len) {
            None => String::new(),
            // where nothing was run nothing was taken
            Some(_) if self.reports.is_empty() => String::new(),
            Some(0) => "; every transition, timer and rung was taken".into(),
            Some(untaken) => format!("; {} taken by no scenario", counted(untaken as u64, "way", "ways")),
        };
        terminal.say(format_args!(
            "{files}, {scenarios}: {held} held, {failed} failed{unread}{unreadable}{untaken}"
        ));
    }
}

/// Whether a file's name says that it holds scenarios.
pub(super) fn is_test(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.is_some_and(|name| ENDINGS.iter().any(|ending| name.ends_with(ending)))
}
