//! The files that a simulation is about: the workflows it is of, whoever they ask, and what these need.
//!
//! They stand beside it, or beside the folder `simulations` that it stands in.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::chart::{Addressee, Chart, Party, Verb};
use statewright_core::diagnostic::{Code, Diagnostic, Diagnostics, Sources, Span, nearest};
use statewright_core::field::{Fields, Kind};
use statewright_core::lang::{Resolver, beside, kind_of_file};
use statewright_core::yaml::{Mapping, Node, Scalar};

use super::entries;
use crate::scenario::reading::file::Used;

/// The folder in which simulations may stand besides beside the workflows.
const FOLDER: &str = "simulations";

/// Workflows of one simulation: more than ask one another anywhere.
const WORKFLOWS_MAX: usize = 200;

pub(super) struct Files<'f> {
    from: &'f str,
    files: &'f dyn Resolver,
}

/// The names under `of`.
pub(super) fn names_of(root: &Mapping) -> impl Iterator<Item = &Scalar> {
    let node = root.get("of");
    let list = node
        .and_then(Node::as_sequence)
        .unwrap_or_default()
        .iter()
        .filter_map(Node::as_scalar);
    node.and_then(Node::as_scalar).into_iter().chain(list)
}

impl<'f> Files<'f> {
    pub(super) fn new(from: &'f str, files: &'f dyn Resolver) -> Self {
        Files { from, files }
    }

    pub(super) fn gather(&self, root: &Mapping, sources: &mut Sources, out: &mut Diagnostics) -> Used {
        let mut used = Used::default();
        let mut seen = BTreeSet::new();
        let named: Vec<&Scalar> = names_of(root).collect();
        let mut wanted: Vec<(Arc<str>, Span, bool)> = named
            .iter()
            .rev()
            .map(|scalar| (scalar.text.clone(), scalar.span, true))
            .collect();
        while let Some((name, span, is_named)) = wanted.pop() {
            if !seen.insert(name.clone()) || seen.len() > WORKFLOWS_MAX {
                continue;
            }
            let Some((path, text)) = self.find(&[format!("{name}.yaml")], "workflow") else {
                out.push(self.missing(&name, span, is_named));
                used.unusable |= is_named;
                continue;
            };
            let known = used.definitions.len();
            used.take(path, text, sources, self.files, out);
            let partners = used.definitions.get(known).map(|definition| partners(&definition.chart));
            wanted.extend(partners.into_iter().flatten().rev().map(|name| (name, span, false)));
        }
        self.calendars(root, &mut used, sources, out);
        if let Some((path, text)) = self.find(&["roles.yaml".into(), "../roles.yaml".into()], "roles") {
            used.take(path, text, sources, self.files, out);
        }
        used
    }

    /// Those that workflows count along, and those in whose hours somebody comes or works.
    fn calendars(&self, root: &Mapping, used: &mut Used, sources: &mut Sources, out: &mut Diagnostics) {
        let head = root.entries.first().map(|entry| entry.key.span).unwrap_or_default();
        let counted = used
            .definitions
            .iter()
            .filter_map(|definition| definition.chart.calendar.clone());
        let mut wanted: Vec<(Arc<str>, Span)> = counted.map(|name| (name, head)).collect();
        let hours = |node: &Node| {
            let scalar = node.get("hours").and_then(Node::as_scalar);
            scalar.map(|scalar| (scalar.text.clone(), scalar.span))
        };
        wanted.extend(entries(root.get("arrivals")).filter_map(|entry| hours(&entry.value)));
        for entry in entries(root.get("staff")) {
            let groups = entry.value.as_sequence().unwrap_or(std::slice::from_ref(&entry.value));
            wanted.extend(groups.iter().filter_map(hours));
        }
        let mut seen = BTreeSet::new();
        for (name, span) in wanted {
            if !seen.insert(name.clone()) {
                continue;
            }
            let paths = [format!("calendars/{name}.yaml"), format!("{name}.yaml")];
            match self.find(&paths, "calendar") {
                Some((path, text)) => used.take(path, text, sources, self.files, out),
                None => {
                    let message = format!("there is no calendar `{name}`");
                    let help = format!("a calendar stands in `calendars/{name}.yaml` beside the workflows, or beside them");
                    out.push(Diagnostic::error(Code::MissingFile, span, message).help(help));
                    used.unusable = true;
                }
            }
        }
    }

    /// The first of these files that is of this kind.
    fn find(&self, paths: &[String], kind: &str) -> Option<(String, Arc<str>)> {
        paths.iter().find_map(|path| {
            let path = beside(self.from, &format!("{}{path}", self.home()))?;
            let text = self.files.resolve(&path)?;
            (kind_of_file(&text) == Some(kind)).then_some((path, text))
        })
    }

    /// The folder of the workflows, as it is seen from the file.
    fn home(&self) -> &'static str {
        match self.from.rsplit('/').nth(1) {
            Some(FOLDER) => "../",
            _ => "",
        }
    }

    fn missing(&self, name: &str, span: Span, is_named: bool) -> Diagnostic {
        if !is_named {
            let message = format!("a workflow asks `{name}`, and there is no file `{name}.yaml` beside it: nobody answers");
            return Diagnostic::warning(Code::MissingFile, span, message).help("put it beside the others, if it matters here");
        }
        let folder = beside(self.from, &format!("{}x", self.home())).unwrap_or_default();
        let names = self.files.names(folder.strip_suffix('x').unwrap_or_default());
        let known: Vec<&str> = names.iter().filter_map(|file| file.strip_suffix(".yaml")).collect();
        let diagnostic = Diagnostic::error(Code::MissingFile, span, format!("there is no workflow `{name}`"));
        match nearest(name, known) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(span, meant),
            None => diagnostic.help(format!(
                "it stands in `{name}.yaml` beside the simulation, or beside its folder `{FOLDER}`"
            )),
        }
    }
}

/// Whom a workflow names: whom it asks, tells, starts or refers to, and who tells it.
fn partners(chart: &Chart) -> BTreeSet<Arc<str>> {
    let mut partners = BTreeSet::new();
    let reads = chart.reads.values().map(|read| read.workflow.clone());
    partners.extend(reads.filter(|name| !name.is_empty()));
    for action in chart.actions() {
        match &action.verb {
            Verb::Send(send) => {
                if let Addressee::Instance { workflow, .. } = &send.to {
                    partners.insert(workflow.clone());
                }
            }
            Verb::Start(start) => drop(partners.insert(start.workflow.clone())),
            _ => {}
        }
    }
    let invokes = chart.states.iter().flat_map(|state| &state.invokes);
    partners.extend(invokes.filter_map(|invoke| Some(invoke.children()?.workflow.clone())));
    let people = chart.people();
    let parties = people.iter().flat_map(|(people, _)| &people.parties);
    partners.extend(parties.filter_map(|party| match party {
        Party::Workflow(workflow) => Some(workflow.clone()),
        _ => None,
    }));
    references(&chart.data, &mut partners);
    references(&chart.start.form.fields, &mut partners);
    partners
}

fn references(fields: &Fields, found: &mut BTreeSet<Arc<str>>) {
    for field in &fields.list {
        match &field.schema.kind {
            Kind::Reference {
                workflow: Some(workflow),
            } => drop(found.insert(workflow.clone())),
            Kind::Object { fields, .. } => references(fields, found),
            _ => {}
        }
    }
}
