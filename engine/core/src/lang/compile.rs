//! From a file to its chart.

use std::sync::Arc;

use super::fields::FIELDS_MAX;
use super::grammar::{KINDS, Kind};
use super::loader::{Loader, TableSlot};
use super::lower::lower;
use super::table::Rows;
use super::view::{Beside, Neighbours, read_portal, read_view};
use super::{Bundle, Resolver, calendar, contract, marks, roles, shape, table};
use crate::chart::{Chart, PortalVersion, RolesVersion, TableVersion, ViewVersion};
use crate::check::check;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Sources, nearest};
use crate::time::CalendarVersion;
use crate::yaml::{Mapping, Node, is_extension, parse};

/// What came of a file.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// None where an error was found, and for files that hold no workflow.
    pub chart: Option<Chart>,
    /// None where an error was found, and for files that hold no calendar.
    pub calendar: Option<CalendarVersion>,
    /// None where an error was found, and for files that hold no roles.
    pub roles: Option<RolesVersion>,
    /// None where an error was found, and for files that hold no live table.
    pub table: Option<TableVersion>,
    /// None where an error was found, and for files that hold no view.
    pub view: Option<ViewVersion>,
    /// None where an error was found, and for files that hold no portal.
    pub portal: Option<PortalVersion>,
    /// The files of whatever is deployed; what is stored under the chart's `definition` or the other's version.
    pub bundle: Option<Bundle>,
    /// Of a workflow, the paths of the live tables that it asks, as the resolver knows them.
    pub live_tables: Vec<Arc<str>>,
    /// Sorted by file and place.
    pub diagnostics: Diagnostics,
}

/// Reads the file `main` of `sources`, and the files it names, which are added to `sources`.
pub fn compile(sources: &mut Sources, main: FileId, files: &dyn Resolver) -> Compiled {
    let (name, text) = sources.get(main).map_or_else(Default::default, |source| {
        (source.name().to_owned(), source.text().to_owned())
    });
    let (node, mut out) = parse(main, &text);
    let nothing = |out: Diagnostics| Compiled {
        chart: None,
        calendar: None,
        roles: None,
        table: None,
        view: None,
        portal: None,
        bundle: None,
        live_tables: Vec::new(),
        diagnostics: out.sorted(),
    };
    let (Some(mapping), Some(kind)) = (node.as_mapping(), kind_of(&node, main, &mut out)) else {
        return nothing(out);
    };
    shape::check(&node, kind.construct, &mut out);
    if kind.key == "table" {
        let (mut loader, mut room) = (Loader::new(sources, &name, files), FIELDS_MAX);
        if let Some(own) = mapping.get("table").and_then(Node::as_scalar) {
            loader.tables.insert(own.text.clone(), TableSlot::Reading);
        }
        let table = table::read(mapping, Rows::Within, &mut loader, &mut out, &mut room);
        let table = table.filter(|table| table.live && !out.has_errors());
        let bundle = table.as_ref().map(|_| Bundle::new(&name, &text, &loader.pinned));
        let version = bundle.as_ref().map(Bundle::digest);
        return Compiled {
            table: table.zip(version).map(|(table, version)| TableVersion { version, table }),
            bundle,
            ..nothing(out)
        };
    }
    if kind.key == "adapter" {
        let (mut loader, mut room) = (Loader::new(sources, &name, files), FIELDS_MAX);
        contract::read(mapping, &mut loader, &mut out, &mut room);
    }
    if let "view" | "portal" = kind.key {
        let beside = Beside::new(&name, files);
        let beside = (!files.stands_alone()).then_some(&beside as &dyn Neighbours);
        let bundle = Bundle::new(&name, &text, &Default::default());
        let version = bundle.digest();
        let (view, portal) = match kind.key {
            "view" => (read_view(mapping, beside, &mut out), None),
            _ => (None, read_portal(mapping, beside, &mut out)),
        };
        return Compiled {
            bundle: (view.is_some() || portal.is_some()).then_some(bundle),
            view: view.map(|view| ViewVersion { version, view }),
            portal: portal.map(|portal| PortalVersion { version, portal }),
            ..nothing(out)
        };
    }
    if kind.key == "marks" {
        let (mut loader, mut room) = (Loader::new(sources, &name, files), FIELDS_MAX);
        marks::read(mapping, &mut loader, &mut out, &mut room);
    }
    if kind.key == "calendar" {
        let mut loader = Loader::new(sources, &name, files);
        let calendar = calendar::read(mapping, &mut loader, &mut out);
        let bundle = Bundle::new(&name, &text, &loader.pinned);
        let name = mapping
            .get("calendar")
            .and_then(Node::as_scalar)
            .map(|name| name.text.clone());
        let calendar = name.zip(calendar).filter(|_| !out.has_errors());
        let version = bundle.digest();
        return Compiled {
            calendar: calendar.map(|(name, calendar)| CalendarVersion { name, version, calendar }),
            bundle: Some(bundle),
            ..nothing(out)
        };
    }
    if kind.key == "roles" {
        let roles = roles::read(mapping, &mut out).filter(|_| !out.has_errors());
        let bundle = Bundle::new(&name, &text, &Default::default());
        let version = bundle.digest();
        return Compiled {
            roles: roles.map(|roles| RolesVersion { version, roles }),
            bundle: Some(bundle),
            ..nothing(out)
        };
    }
    if kind.key != "workflow" {
        return nothing(out);
    }
    let lowered = lower(mapping, Loader::new(sources, &name, files), out);
    let bundle = Bundle::new(&name, &text, &lowered.loader.pinned);
    let definition = bundle.digest();
    let mut diagnostics = lowered.diagnostics;
    if let Some(chart) = &lowered.drafted {
        diagnostics.append(check(chart, &lowered.doubts));
    }
    let chart = lowered.drafted.filter(|_| !diagnostics.has_errors());
    Compiled {
        chart: chart.map(|chart| Chart { definition, ..chart }),
        bundle: Some(bundle),
        live_tables: lowered.loader.live.into_iter().collect(),
        ..nothing(diagnostics)
    }
}

/// The kind that the first key names; None with a diagnostic where none does.
fn kind_of(node: &Node, file: FileId, out: &mut Diagnostics) -> Option<&'static Kind> {
    let kinds = || {
        KINDS
            .iter()
            .map(|kind| format!("`{}`", kind.key))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Some(mapping) = node.as_mapping() else {
        if !node.is_broken() {
            let place = crate::diagnostic::Span::at(file, node.span.start);
            out.push(
                Diagnostic::error(Code::UnknownKind, place, "the file holds no definition")
                    .help(format!("begin with one of {}", kinds())),
            );
        }
        return None;
    };
    let first = mapping.iter().find(|entry| !is_extension(entry.name()))?;
    if let Some(kind) = KINDS.iter().find(|kind| kind.key == first.name()) {
        return Some(kind);
    }
    if let Some(kind) = elsewhere(mapping) {
        let message = format!("`{}` names the kind of file and stands first", kind.key);
        out.push(
            Diagnostic::error(Code::UnknownKind, first.key.span, message)
                .help(format!("put `{}` before everything else", kind.key)),
        );
        return Some(kind);
    }
    let diagnostic = Diagnostic::error(
        Code::UnknownKind,
        first.key.span,
        format!("`{}` is no kind of file", first.name()),
    );
    out.push(match nearest(first.name(), KINDS.iter().map(|kind| kind.key)) {
        Some(meant) => diagnostic
            .help(format!("write `{meant}`, if that is meant"))
            .repair(first.key.span, meant),
        None => diagnostic.help(format!("begin with one of {}", kinds())),
    });
    None
}

/// A kind whose key stands further down. Only kinds whose key says nothing else at another place.
fn elsewhere(mapping: &Mapping) -> Option<&'static Kind> {
    let telling = ["workflow", "schema", "table", "calendar", "marks", "test"];
    KINDS
        .iter()
        .find(|kind| telling.contains(&kind.key) && mapping.get(kind.key).is_some())
}

/// Reads the file `main` of `sources` as a file of scenarios: its tree, with every problem that its grammar shows. What the language has
/// and this version cannot run is a warning, since only the steps that use it cannot be run. None where it is no such file.
pub fn read_test(sources: &Sources, main: FileId) -> (Option<Node>, Diagnostics) {
    read_tree(sources, main, "test", "a test file")
}

/// As [`read_test`], of a file of a simulation.
pub fn read_simulation(sources: &Sources, main: FileId) -> (Option<Node>, Diagnostics) {
    read_tree(sources, main, "simulation", "a simulation")
}

/// The key that names the kind of file that this text is; None where it is none that is known.
pub fn kind_of_file(text: &str) -> Option<&'static str> {
    let (node, _) = parse(FileId::default(), text);
    let first = node.as_mapping()?.iter().find(|entry| !is_extension(entry.name()))?;
    let kind = KINDS.iter().find(|kind| kind.key == first.name())?;
    Some(kind.key)
}

fn read_tree(sources: &Sources, main: FileId, wanted: &str, noun: &str) -> (Option<Node>, Diagnostics) {
    let text = sources.get(main).map_or("", |source| source.text());
    let (node, mut out) = parse(main, text);
    let kind = kind_of(&node, main, &mut out);
    match kind.filter(|kind| kind.key == wanted) {
        Some(kind) => {
            shape::check(&node, kind.construct, &mut out);
            (Some(node), out)
        }
        None => {
            if let Some(kind) = kind {
                let place = node
                    .as_mapping()
                    .and_then(|mapping| mapping.entry(kind.key))
                    .map_or(node.span, |entry| entry.key.span);
                let message = format!("this is {}, and {noun} is wanted", kind.construct.noun);
                let help = format!("{noun} begins with `{wanted}: NAME`");
                out.push(Diagnostic::error(Code::UnknownKind, place, message).help(help));
            }
            (None, out)
        }
    }
}
