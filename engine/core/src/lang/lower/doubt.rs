//! Where errors leave a chart uncertain, so that its graph is judged only as far as it is known.

use std::ops::Range;

use super::skeleton::Draft;
use crate::check::Doubts;
use crate::diagnostic::{Code, Diagnostics, FileId, Severity};
use crate::yaml::{Entry, Kind, Mapping, Node, is_extension};

/// Keys of the workflow that make no state and no way. Whatever is wrong there, the graph is known.
const BESIDE_THE_GRAPH: [&str; 14] = [
    "workflow",
    "title",
    "description",
    "key",
    "zone",
    "calendar",
    "called",
    "data",
    "let",
    "reads",
    "start",
    "access",
    "sla",
    "schedules",
];

/// Keys of a state that lead nowhere. (`output` is not among them: where it is wrong, the state may be meant to be final.)
const LEADING_NOWHERE: [&str; 9] = [
    "entry",
    "exit",
    "label",
    "title",
    "description",
    "tags",
    "task",
    "unique",
    "pauses",
];

/// Keys of a transition that do not say where it leads.
const BESIDE_THE_TARGET: [&str; 9] = ["guard", "actions", "let", "by", "title", "input", "sign", "reason", "reenter"];

/// Keys under which transitions stand.
const WAYS: [&str; 6] = ["initial", "on", "always", "after", "invoke", "onDone"];

/// Errors after which the reader of YAML may have taken one part of the text for another.
const SHAKING: [Code; 9] = [
    Code::YamlSyntax,
    Code::NeverClosed,
    Code::StrayClosing,
    Code::TabIndentation,
    Code::Indentation,
    Code::SecondDocument,
    Code::TooLarge,
    Code::RecursiveAnchor,
    Code::TooManyParts,
];

/// Parts of the file, by what an error in them leaves uncertain.
#[derive(Default)]
struct Regions {
    /// Nothing of the graph.
    beside: Vec<Range<usize>>,
    /// No way, and no part of a state.
    leading_nowhere: Vec<Range<usize>>,
    /// Ways, and no part of a state.
    ways: Vec<Range<usize>>,
}

/// What the errors found so far in `file` leave uncertain of the states drafted from it.
pub(super) fn doubts(file: FileId, drafts: &[Draft], found: &Diagnostics) -> Doubts {
    let errors = || {
        found
            .iter()
            .filter(|each| each.severity == Severity::Error && each.span.file == file)
    };
    if found.dropped() > 0 || errors().any(|error| SHAKING.contains(&error.code)) {
        return everything(drafts.len());
    }
    let regions = Regions::of(drafts);
    let places: Vec<usize> = errors().map(|error| error.span.start).collect();
    let about: Vec<usize> = places
        .iter()
        .copied()
        .filter(|place| !within(&regions.beside, *place))
        .collect();
    let leading: Vec<usize> = about
        .iter()
        .copied()
        .filter(|place| !within(&regions.leading_nowhere, *place))
        .collect();
    let shaping: Vec<usize> = leading
        .iter()
        .copied()
        .filter(|place| !within(&regions.ways, *place))
        .collect();
    let extents: Vec<Vec<Range<usize>>> = drafts.iter().map(extents).collect();
    let touched = |places: &[usize]| {
        let touches = |extents: &Vec<Range<usize>>| places.iter().any(|place| within(extents, *place));
        extents.iter().map(touches).collect()
    };
    Doubts {
        ways: !leading.is_empty(),
        parts: touched(&shaping),
        anything: touched(&about),
    }
}

fn everything(states: usize) -> Doubts {
    Doubts {
        ways: true,
        parts: vec![true; states],
        anything: vec![true; states],
    }
}

fn within(regions: &[Range<usize>], place: usize) -> bool {
    // The end belongs to it: an error at the end of a value is about the value.
    regions.iter().any(|region| region.start <= place && place <= region.end)
}

impl Regions {
    fn of(drafts: &[Draft]) -> Self {
        let mut regions = Regions::default();
        for (position, draft) in drafts.iter().enumerate() {
            for entry in draft.mapping.iter() {
                regions.of_state(entry, position == 0);
            }
        }
        regions
    }

    fn of_state(&mut self, entry: &Entry, is_root: bool) {
        let name = entry.name();
        if is_root && BESIDE_THE_GRAPH.contains(&name) || is_extension(name) {
            self.beside.push(entry.span().range());
        } else if LEADING_NOWHERE.contains(&name) {
            self.leading_nowhere.push(entry.span().range());
        } else if WAYS.contains(&name) {
            self.ways.push(entry.span().range());
            match name {
                "on" | "after" => entry
                    .value
                    .as_mapping()
                    .into_iter()
                    .flatten()
                    .for_each(|each| self.of_transitions(&each.value)),
                "invoke" => self.of_invokes(&entry.value),
                _ => self.of_transitions(&entry.value),
            }
        }
    }

    /// An invoke's transitions stand, whatever is wrong with what is called.
    fn of_invokes(&mut self, node: &Node) {
        for mapping in mappings(node) {
            for entry in mapping {
                match entry.name() {
                    "onDone" | "onError" => self.of_transitions(&entry.value),
                    "adapter" | "action" | "input" | "retry" | "require" | "compensate" | "timeout" | "expires" => {
                        self.leading_nowhere.push(entry.span().range());
                    }
                    _ => {}
                }
            }
        }
    }

    fn of_transitions(&mut self, node: &Node) {
        for mapping in mappings(node) {
            for entry in mapping {
                if BESIDE_THE_TARGET.contains(&entry.name()) {
                    self.leading_nowhere.push(entry.span().range());
                } else if entry.name() == "choose" {
                    self.of_transitions(&entry.value);
                }
            }
        }
    }
}

/// A mapping, or those of a list.
fn mappings(node: &Node) -> impl Iterator<Item = &Mapping> {
    let items = node.as_sequence().unwrap_or_default();
    node.as_mapping().into_iter().chain(items.iter().filter_map(Node::as_mapping))
}

/// Where a state's text stands: its name, its own, and what it names by aliases.
fn extents(draft: &Draft) -> Vec<Range<usize>> {
    let mut extents = vec![draft.name_span.range()];
    for entry in draft.mapping.iter() {
        extents.push(entry.span().range());
        add_aliased(&entry.value, &mut extents);
    }
    extents
}

/// What is aliased inside of what is aliased is left out: it could be reached by very many ways.
fn add_aliased(node: &Node, extents: &mut Vec<Range<usize>>) {
    if let Some(alias) = &node.alias {
        extents.push(alias.definition.range());
        return;
    }
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| add_aliased(item, extents)),
        Kind::Mapping(mapping) => mapping.iter().for_each(|entry| add_aliased(&entry.value, extents)),
        Kind::Scalar(_) | Kind::Empty | Kind::Broken => {}
    }
}
