//! What comes into force while a scenario runs: `deploy`, and the live tables that the workflows ask from the beginning.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Sources};
use statewright_core::lang::{self, Resolver, beside};
use statewright_core::yaml::{Mapping, Node, Scalar};

use crate::scenario::plan::Deployable;

/// Files that `deploy` names, by what is written there; None for one that cannot be deployed, which was told.
pub(super) type Deployed = BTreeMap<Arc<str>, Option<Deployable>>;

/// Reads every file that some step deploys.
pub(super) fn read(
    root: &Mapping,
    sources: &mut Sources,
    main: FileId,
    files: &dyn Resolver,
    charts: &[&Chart],
    out: &mut Diagnostics,
) -> Deployed {
    let from = sources.get(main).map_or("", |source| source.name()).to_owned();
    let lists = ["scenarios", "fragments"]
        .into_iter()
        .filter_map(|key| root.get(key)?.as_mapping());
    let steps = lists.flatten().filter_map(|entry| entry.value.as_sequence()).flatten();
    let named = steps.filter_map(|step| step.get("deploy")?.as_scalar());
    let mut deployed = Deployed::new();
    for path in named {
        if !deployed.contains_key(&path.text) {
            let deployable = read_one(path, &from, sources, files, charts, out);
            deployed.insert(path.text.clone(), deployable);
        }
    }
    deployed
}

fn read_one(
    path: &Scalar,
    from: &str,
    sources: &mut Sources,
    files: &dyn Resolver,
    charts: &[&Chart],
    out: &mut Diagnostics,
) -> Option<Deployable> {
    let Some((text, found)) = beside(from, &path.text).and_then(|path| Some((files.resolve(&path)?, path))) else {
        let message = format!("there is no file `{}` beside this one", path.text);
        out.push(Diagnostic::error(Code::MissingFile, path.span, message).help("name the file by its path from here"));
        return None;
    };
    let file = sources.add(found, text);
    let compiled = lang::compile(sources, file, files);
    let has_errors = compiled.diagnostics.has_errors();
    out.append(compiled.diagnostics);
    let bundle = || Some(Arc::<str>::from(compiled.bundle.as_ref()?.canonical()));
    let (deployable, name, is_used) = match (compiled.table, compiled.calendar) {
        (Some(version), _) => {
            let name = version.table.name;
            let asks = |chart: &&Chart| chart.tables.by_name.get(&name).is_some_and(|table| table.live);
            let is_used = charts.iter().any(asks);
            (Deployable::Table(bundle()?), name, is_used)
        }
        (None, Some(calendar)) => {
            let is_used = charts.iter().any(|chart| chart.calendar.as_ref() == Some(&calendar.name));
            (Deployable::Calendar(bundle()?), calendar.name, is_used)
        }
        _ if has_errors => return None,
        _ => {
            let message = "this is neither a live table nor a calendar";
            let help = "a table says `live: true` if it is deployed by itself; workflows stand under `uses`";
            out.push(Diagnostic::error(Code::UnknownKind, path.span, message).help(help));
            return None;
        }
    };
    if !is_used {
        let message = format!("no workflow under `uses` asks `{name}`");
        out.push(Diagnostic::error(Code::UnknownTable, path.span, message).help("correct the file, or take the step away"));
    }
    Some(deployable)
}

/// The live tables at these paths, as they are deployed before anything else happens.
pub(crate) fn from_the_beginning(
    paths: impl IntoIterator<Item = Arc<str>>,
    sources: &mut Sources,
    files: &dyn Resolver,
    out: &mut Diagnostics,
) -> Vec<Arc<str>> {
    let mut tables = Vec::new();
    for path in paths {
        let Some(text) = files.resolve(&path) else { continue };
        let file = sources.add(path, text);
        let compiled = lang::compile(sources, file, files);
        out.append(compiled.diagnostics);
        tables.extend(compiled.bundle.map(|bundle| Arc::from(bundle.canonical())));
    }
    tables
}

impl super::Reader<'_> {
    pub(super) fn deploy(&mut self, mapping: &Mapping, value: &Node) -> Option<super::StepKind> {
        let path = self.text(value, "`deploy`")?;
        let deployable = self.deployed.get(&path)?.clone()?;
        let refused = mapping.get("refused").and_then(|node| self.text(node, "`refused`"));
        Some(super::StepKind::Deploy { deployable, refused })
    }
}
