//! From the tree of a workflow to its chart: names become indexes, texts become expressions.
//!
//! What has the wrong shape was told by the pass over shapes; here it is passed over. What has the right shape and no meaning is told.

mod action;
mod admission;
mod assignment;
mod before;
mod choices;
mod clock;
mod contracts;
mod doubt;
mod event_names;
mod expression;
mod invoke;
mod live;
mod marks;
mod migration;
mod names;
mod people;
mod read_uses;
mod reads;
mod sameness;
mod schedule;
mod signature;
mod skeleton;
mod state;
mod tables;
mod target;
mod task;
mod timer;
mod transition;
mod value;
mod words;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fields::{ComputedDefault, FIELDS_MAX, FieldReader};
use super::loader::Loader;
use super::scope::{Asked, Scope};
use crate::chart::{ActionContract, Chart, Contract, Marks, Read, State, StateIndex, Transition, TransitionIndex};
use crate::check::Doubts;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::field::Fields;
use crate::yaml::{Mapping, Node, Scalar};

pub use names::LETS_MAX;

/// Transitions of one chart, branches not counted.
pub const TRANSITIONS_MAX: usize = 10_000;

/// Everything that is known while a workflow is lowered.
pub(super) struct Lowering<'a> {
    loader: Loader<'a>,
    out: Diagnostics,
    fields_left: usize,
    data: Arc<Fields>,
    /// Field name to its type as written, which a form may narrow.
    data_nodes: BTreeMap<Arc<str>, Node>,
    /// Computed defaults of `data`, until the names they may use are known.
    data_defaults: Vec<ComputedDefault>,
    /// The names that hold everywhere in the workflow.
    scope: Scope,
    states: Vec<State>,
    /// For each state, what was written.
    drafts: Vec<skeleton::Draft>,
    transitions: Vec<Transition>,
    /// Names of the personal fields of all forms.
    personal_fields: BTreeSet<Arc<str>>,
    /// Tables and their inputs that are given personal data somewhere.
    personal_inputs: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Whether the workflow names a calendar.
    has_calendar: bool,
    /// By adapter; None for one without a contract, or one that cannot be used.
    contracts: BTreeMap<Arc<str>, Option<Arc<Contract>>>,
    /// The marks that a file beside the workflow declares; None: nobody has asked yet.
    marks: Option<Option<Arc<Marks>>>,
    /// What is agreed on the actions of invokes, by their ids.
    invoke_contracts: BTreeMap<Arc<str>, Arc<ActionContract>>,
    /// The tables that expressions ask.
    tables: Asked,
    read_uses: read_uses::ReadUses,
    /// The reads that invokes of children are.
    child_reads: BTreeMap<Arc<str>, Read>,
    /// Names of the `sla` clocks.
    clock_names: Vec<Arc<str>>,
    /// Names of the schedules.
    schedule_names: Vec<Arc<str>>,
    /// What `undo` names, to be compared with the invokes when all are known.
    undone: Vec<Scalar>,
    /// Invokes that say how they are undone.
    compensated: BTreeSet<Arc<str>>,
    events: event_names::EventNames,
    words: words::Words,
    /// Ids of invokes, with their places.
    invoke_ids: BTreeMap<Arc<str>, Span>,
}

/// Lowers a workflow. The chart's `definition` is still to be set. Where errors were found it has gaps: good to look at,
/// not to run.
pub(super) fn lower<'a>(workflow: &Mapping, loader: Loader<'a>, found: Diagnostics) -> Lowered<'a> {
    let mut lowering = Lowering {
        loader,
        out: found,
        fields_left: FIELDS_MAX,
        data: Arc::default(),
        data_nodes: BTreeMap::new(),
        data_defaults: Vec::new(),
        scope: Scope::default(),
        states: Vec::new(),
        drafts: Vec::new(),
        transitions: Vec::new(),
        personal_fields: BTreeSet::new(),
        personal_inputs: BTreeSet::new(),
        has_calendar: workflow.get("calendar").is_some(),
        contracts: BTreeMap::new(),
        marks: None,
        invoke_contracts: BTreeMap::new(),
        tables: Asked::default(),
        read_uses: read_uses::ReadUses::default(),
        child_reads: BTreeMap::new(),
        clock_names: Vec::new(),
        schedule_names: Vec::new(),
        undone: Vec::new(),
        compensated: BTreeSet::new(),
        events: event_names::EventNames::default(),
        words: words::Words::default(),
        invoke_ids: BTreeMap::new(),
    };
    let drafted = lowering.workflow(workflow);
    if let Some(chart) = &drafted {
        lowering.refuse_live(chart, workflow);
    }
    let file = workflow
        .entries
        .first()
        .map_or_else(Default::default, |entry| entry.key.span.file);
    Lowered {
        drafted,
        doubts: doubt::doubts(file, &lowering.drafts, &lowering.out),
        loader: lowering.loader,
        diagnostics: lowering.out,
    }
}

/// What came of it.
pub(super) struct Lowered<'a> {
    /// None where not even its name could be read.
    pub(super) drafted: Option<Chart>,
    /// What the errors leave uncertain of it.
    pub(super) doubts: Doubts,
    pub(super) loader: Loader<'a>,
    pub(super) diagnostics: Diagnostics,
}

impl<'a> Lowering<'a> {
    fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.out.push(Diagnostic::error(code, span, message).help(help));
    }

    fn fields<'l>(&'l mut self) -> FieldReader<'l, 'a> {
        FieldReader::new(&mut self.loader, &mut self.out, &mut self.fields_left)
    }

    fn state(&self, index: StateIndex) -> Option<&State> {
        self.states.get(usize::from(index.0))
    }

    /// Takes a transition into the arena; None with a diagnostic when there are too many.
    fn push_transition(&mut self, transition: Transition) -> Option<TransitionIndex> {
        let index = u16::try_from(self.transitions.len())
            .ok()
            .filter(|index| usize::from(*index) < TRANSITIONS_MAX);
        let Some(index) = index.map(TransitionIndex) else {
            let message = format!("the workflow has more than {TRANSITIONS_MAX} transitions");
            self.out.push(Diagnostic::error(Code::TooManyParts, transition.span, message));
            return None;
        };
        self.transitions.push(Transition { index, ..transition });
        Some(index)
    }
}

/// Where a value begins, for a mark that is to be read at a glance: of a mapping its first key.
pub(super) fn head(node: &Node) -> Span {
    node.as_mapping()
        .and_then(|mapping| mapping.entries.first())
        .map_or(node.span, |entry| entry.key.span)
}
