//! Workflow files, from a file system or out of a request, and what the language says of them.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use statewright_core::diagnostic::Sources;
use statewright_core::lang::{self, Bundle, Compiled, Resolver};

/// What is deployed by itself, in the order in which it is: calendars, roles and live tables first, since workflows may need them; views after
/// the workflows that they show, and portals after these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Calendar,
    Roles,
    Table,
    Workflow,
    View,
    Portal,
}

impl Kind {
    pub const ALL: [Kind; 6] = [
        Kind::Calendar,
        Kind::Roles,
        Kind::Table,
        Kind::Workflow,
        Kind::View,
        Kind::Portal,
    ];

    pub fn of(compiled: &Compiled) -> Self {
        match compiled {
            Compiled { calendar: Some(_), .. } => Kind::Calendar,
            Compiled { roles: Some(_), .. } => Kind::Roles,
            Compiled { table: Some(_), .. } => Kind::Table,
            Compiled { view: Some(_), .. } => Kind::View,
            Compiled { portal: Some(_), .. } => Kind::Portal,
            _ => Kind::Workflow,
        }
    }

    /// Where it is deployed under `/v1`.
    pub fn collection(self) -> &'static str {
        match self {
            Kind::Calendar => "calendars",
            Kind::Roles => "roles",
            Kind::Table => "tables",
            Kind::Workflow => "workflows",
            Kind::View => "views",
            Kind::Portal => "portals",
        }
    }
}

/// A file of a definition is written by people; what is larger is something else.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Names of a folder that are compared with a misspelt one.
const NAMES_MAX: usize = 1_000;

/// Examines a definition's files without a file system.
pub fn examine_bundle(sources: &mut Sources, bundle: &Bundle) -> Compiled {
    let text = bundle.files.get(&bundle.main).cloned().unwrap_or_else(|| "".into());
    examine(sources, &bundle.main, text, &Posted(bundle))
}

/// Files that somebody sends: what is no part of a definition is left out of what is made of them, as where it is made of files.
struct Posted<'b>(&'b Bundle);

impl Resolver for Posted<'_> {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        self.0.resolve(path)
    }

    fn stands_alone(&self) -> bool {
        true
    }
}

/// Examines a file and those that it names, which are read from beside it.
///
/// # Errors
/// The file itself cannot be read.
pub fn examine_file(sources: &mut Sources, path: &Path) -> std::io::Result<Compiled> {
    let text = read(path)?;
    Ok(examine(sources, &plain(path).display().to_string(), text.into(), &Folder))
}

fn examine(sources: &mut Sources, name: &str, text: Arc<str>, files: &dyn Resolver) -> Compiled {
    let main = sources.add(name, text);
    lang::compile(sources, main, files)
}

/// Without steps that lead nowhere: `./lab/./lens.yaml` is `lab/lens.yaml`. What a file names beside it is found by the one path, in the
/// folder as in a bundle of files that goes to a server.
pub fn plain(path: &Path) -> PathBuf {
    path.components().filter(|step| *step != Component::CurDir).collect()
}

/// Files named relative to where the command runs, as the main file was.
pub struct Folder;

impl Resolver for Folder {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        read(Path::new(path)).ok().map(Arc::from)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let folder = if folder.is_empty() { "." } else { folder };
        let entries = std::fs::read_dir(folder).into_iter().flatten().take(NAMES_MAX).flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

pub fn read(path: &Path) -> std::io::Result<String> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        // A pipe that nobody writes into would be waited for without end.
        return Err(std::io::Error::other("it is not a file"));
    }
    if found.len() > FILE_BYTES_MAX {
        return Err(std::io::Error::other(format!("longer than {FILE_BYTES_MAX} bytes")));
    }
    std::fs::read_to_string(path)
}
