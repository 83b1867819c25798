//! `check` and `deploy`: every problem of workflow files, and making them live.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use statewright_core::chart::{Chart, Roles};
use statewright_core::diagnostic::{Code, Colour, Diagnostics, FileId, Sources, json, text};
use statewright_core::lang::{Bundle, check_together, kind_of_file};
use statewright_core::value::{Object, Value};
use statewright_engine::{scenario, simulation};

use super::test::is_test;
use super::*;
use crate::client::Call;
use crate::definition::{Folder, Kind, examine_file, plain, read};
use crate::failure::{Exit, Failure};
use crate::json::{member, object};
use crate::table::counted;

/// Folders within folders that are looked into: no repository of workflows is deeper.
pub(super) const FOLDERS_MAX: usize = 16;

#[derive(Debug, Args)]
pub struct Check {
    /// Files, and folders in which every *.yaml and *.yml is meant
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Deploy {
    /// Files of workflows, calendars, live tables, roles, views and portals, and folders in which all of these are meant
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
}

impl Check {
    pub fn run(self, terminal: Terminal) -> Outcome {
        let mut examined = Examined::of(&self.paths)?;
        if examined.files > 0 {
            examined.tell(terminal, true);
        }
        if let Some(last) = examined.tell_unreadable(terminal) {
            return Err(last);
        }
        if examined.diagnostics.has_errors() {
            return Ok(Exit::No);
        }
        // A file that was named may be a schema alone; of a folder at least one workflow is expected.
        if examined.deployable.is_empty() && self.paths.iter().any(|path| path.is_dir()) {
            return Err(no_workflow());
        }
        Ok(Exit::Done)
    }
}

impl Deploy {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let mut examined = Examined::of(&self.paths)?;
        examined.deployable.retain(|deployable| !deployable.stands_in);
        if !examined.unreadable.is_empty() && !examined.diagnostics.is_empty() {
            examined.tell(terminal, false);
        }
        if let Some(last) = examined.tell_unreadable(terminal) {
            return Err(last.note("nothing was deployed"));
        }
        if examined.diagnostics.has_errors() {
            // The problems are what was asked for here as well: whoever deploys should not have to ask again.
            examined.tell(terminal, false);
            let errors = counted(examined.diagnostics.errors() as u64, "error", "errors");
            return Err(
                Failure::no(Code::DefinitionRefused, format!("{errors}: nothing was deployed"))
                    .hint("Mend them; `statewright check` shows them again"),
            );
        }
        if examined.deployable.is_empty() {
            return Err(no_workflow());
        }
        if let Some(failure) = two_versions(&examined.deployable) {
            return Err(failure);
        }
        if !terminal.json && !examined.diagnostics.is_empty() {
            examined.tell(terminal, false);
        }
        let desk = self.target.open_making(terminal).await?;
        let deployed = deploy(&desk, &examined.deployable, terminal).await;
        desk.close().await;
        deployed.map(|()| Exit::Done)
    }
}

async fn deploy(desk: &Desk, deployable: &[Deployable], terminal: Terminal) -> Result<(), Failure> {
    let ordered = Kind::ALL
        .into_iter()
        .flat_map(|kind| deployable.iter().filter(move |each| each.kind == kind));
    for Deployable { kind, bundle, .. } in ordered {
        let (name, version) = match kind {
            Kind::Calendar => ("calendar", "version"),
            Kind::Roles => ("roles", "version"),
            Kind::Table => ("table", "version"),
            Kind::Workflow => ("workflow", "definition"),
            Kind::View => ("view", "version"),
            Kind::Portal => ("portal", "version"),
        };
        let deployment = desk
            .client
            .call(Call::post(&[kind.collection()], request(bundle)))
            .await?
            .value()?;
        terminal.answer(&deployment, || {
            let changed = deployment.field("changed").and_then(Value::as_boolean) == Some(true);
            let (name, version) = (member(&deployment, name), member(&deployment, version));
            format!("{name}  {version}  {}\n", if changed { "live" } else { "live already" })
        });
    }
    Ok(())
}

/// The files of one of these.
struct Deployable {
    kind: Kind,
    bundle: Bundle,
    /// It is for scenarios alone.
    stands_in: bool,
    /// The name of a live table.
    table: Option<Arc<str>>,
    file: String,
}

/// Schema `DeploymentRequest`.
pub fn request(bundle: &Bundle) -> Value {
    let files: Object = bundle
        .files
        .iter()
        .map(|(name, text)| (name.clone(), Value::Text(text.clone())))
        .collect();
    object([
        ("files", Value::from_fields(files)),
        ("main", Value::Text(bundle.main.clone())),
    ])
}

/// What came of some files.
struct Examined {
    sources: Sources,
    diagnostics: Diagnostics,
    deployable: Vec<Deployable>,
    /// Of the workflows without errors.
    charts: Vec<Chart>,
    /// Of the files of roles without errors.
    roles: Vec<Roles>,
    /// That could be read.
    files: usize,
    /// Those that could not, each with its reason.
    unreadable: Vec<Failure>,
}

impl Examined {
    fn of(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut examined = Examined {
            sources: Sources::new(),
            diagnostics: Diagnostics::new(),
            deployable: Vec::new(),
            charts: Vec::new(),
            roles: Vec::new(),
            files: 0,
            unreadable: Vec::new(),
        };
        for path in paths {
            let mut files = Vec::new();
            gather(path, FOLDERS_MAX, &mut files, &mut examined.unreadable);
            if files.is_empty() && examined.unreadable.is_empty() {
                return Err(no_file(path));
            }
            files.iter().for_each(|file| examined.examine(&plain(file)));
        }
        let charts: Vec<&Chart> = examined.charts.iter().collect();
        check_together(&charts, &examined.roles, &mut examined.diagnostics);
        examined.diagnostics = std::mem::take(&mut examined.diagnostics).sorted();
        Ok(examined)
    }

    fn examine(&mut self, file: &Path) {
        let text = match read(file) {
            Ok(text) => text,
            Err(error) => return self.unreadable.push(Failure::unreadable(&file.display().to_string(), error)),
        };
        match kind_of_file(&text) {
            _ if is_test(file) => self.examine_aside(file, text, |sources, main| scenario::read(sources, main, &Folder).1),
            Some("simulation") => self.examine_aside(file, text, |sources, main| simulation::read(sources, main, &Folder).1),
            _ => self.examine_definition(file),
        }
    }

    fn examine_definition(&mut self, file: &Path) {
        match examine_file(&mut self.sources, file) {
            Ok(compiled) => {
                self.files += 1;
                let kind = Kind::of(&compiled);
                self.diagnostics.append(compiled.diagnostics);
                self.charts.extend(compiled.chart);
                self.roles.extend(compiled.roles.map(|version| version.roles));
                let stands_in = stands_in(file);
                let table = compiled.table.map(|version| version.table.name);
                self.deployable.extend(compiled.bundle.map(|bundle| Deployable {
                    kind,
                    bundle,
                    stands_in,
                    table,
                    file: file.display().to_string(),
                }));
            }
            Err(error) => self.unreadable.push(Failure::unreadable(&file.display().to_string(), error)),
        }
    }

    /// What a file of scenarios or a simulation says itself. The definitions that it uses are checked where they are named.
    fn examine_aside(&mut self, path: &Path, text: String, problems: impl FnOnce(&mut Sources, FileId) -> Diagnostics) {
        self.files += 1;
        let main = self.sources.add(path.display().to_string(), text);
        let found = problems(&mut self.sources, main);
        let own = found.iter().filter(|diagnostic| diagnostic.span.file == main);
        own.for_each(|diagnostic| self.diagnostics.push(diagnostic.clone()));
    }

    /// Says of all files but the last why they cannot be read; the last one is how the command ends.
    fn tell_unreadable(&mut self, terminal: Terminal) -> Option<Failure> {
        let last = self.unreadable.pop()?;
        self.unreadable.iter().for_each(|failure| terminal.failure(failure));
        Some(last)
    }

    /// `asked`: the problems are the answer, and not the reason for another one.
    fn tell(&self, terminal: Terminal, asked: bool) {
        let Examined {
            sources,
            diagnostics,
            files,
            ..
        } = self;
        if terminal.json && asked {
            return terminal.line(json(sources, diagnostics));
        }
        let shown = text(sources, diagnostics, Colour::Coloured);
        if asked {
            terminal.data(&shown);
        } else {
            terminal.say(shown.trim_end());
        }
        if asked {
            let files = counted(*files as u64, "file", "files");
            let errors = counted(diagnostics.errors() as u64, "error", "errors");
            let warnings = counted(diagnostics.warnings() as u64, "warning", "warnings");
            terminal.say(format_args!("{files}: {errors}, {warnings}"));
        }
    }
}

/// Of two versions of a live table the last one would be in force, whichever that is.
fn two_versions(deployable: &[Deployable]) -> Option<Failure> {
    let mut seen: BTreeMap<&Arc<str>, &Deployable> = BTreeMap::new();
    for each in deployable {
        let Some(name) = &each.table else { continue };
        if let Some(first) = seen.insert(name, each).filter(|first| first.bundle != each.bundle) {
            let sentence = format!(
                "There are two versions of the live table `{name}`, in `{}` and `{}`: nothing was deployed",
                first.file, each.file
            );
            let hint = format!("Name one of the two; what only scenarios use stands in a folder `{STAND_INS}`");
            return Some(Failure::no(Code::DefinitionRefused, sentence).hint(hint));
        }
    }
    None
}

/// The folder of what only scenarios use: it is checked, and never deployed.
const STAND_INS: &str = "stand-ins";

fn stands_in(file: &Path) -> bool {
    let folders = file.parent().into_iter().flat_map(Path::components);
    folders.into_iter().any(|folder| folder.as_os_str() == STAND_INS)
}

fn no_file(folder: &Path) -> Failure {
    let sentence = format!(
        "There is nothing to check in `{}`: no file in it ends in .yaml or .yml",
        folder.display()
    );
    Failure::misused(Code::WorkflowAbsent, sentence).hint("Name a workflow's file, or a folder that holds some")
}

fn no_workflow() -> Failure {
    Failure::misused(
        Code::WorkflowAbsent,
        "There is no workflow, calendar, live table, view, portal or file of roles among these files",
    )
    .hint("A workflow's file begins with `workflow: NAME`, a calendar's with `calendar: NAME`, a live table's with `table: NAME`, a file of roles with `roles:`, a view's with `view: NAME`, a portal's with `portal: NAME`")
}

/// The paths in a folder, in the order of their names.
fn entries_of(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut entries = entries.collect::<Result<Vec<PathBuf>, _>>()?;
    entries.sort();
    Ok(entries)
}

/// Files as they are named; of folders every YAML file, in the order of their names.
pub(super) fn gather(path: &Path, depth: usize, files: &mut Vec<PathBuf>, unreadable: &mut Vec<Failure>) {
    if !path.is_dir() {
        // A file that was named is meant, whatever it is called; whether it is there shows when it is read.
        files.push(path.to_owned());
        return;
    }
    let entries = entries_of(path).unwrap_or_else(|error| {
        unreadable.push(Failure::unreadable(&path.display().to_string(), error));
        Vec::new()
    });
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let yaml = entry
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if !hidden && entry.is_dir() && depth > 0 {
            gather(&entry, depth - 1, files, unreadable);
        } else if !hidden && yaml {
            files.push(entry);
        }
    }
}
