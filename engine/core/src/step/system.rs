//! The chart in whose one instance's trail the system's own acts stand.

use crate::chart::{Chart, Notable, Start, State, StateIndex, StateKind};
use crate::diagnostic::Span;
use crate::field::Fields;
use crate::identity::Digest;

/// The workflow of the instance that records the system's own acts.
pub const SYSTEM_WORKFLOW: &str = "statewright-system";
/// Its key: there is one in each database.
pub const SYSTEM_KEY: &str = "system";

/// Stands for the definition: it is made here and not read from a file.
const DEFINITION: &[u8] = b"statewright/system/1";

pub(super) fn chart() -> Chart {
    Chart {
        definition: Digest::of(DEFINITION),
        workflow: SYSTEM_WORKFLOW.into(),
        title: None,
        description: None,
        key: None,
        zone: None,
        calendar: None,
        called: Vec::new(),
        data: Fields::default(),
        lets: Vec::new(),
        reads: Default::default(),
        contracts: Default::default(),
        marks: None,
        tables: Default::default(),
        start: Start::default(),
        access: Vec::new(),
        clocks: Vec::new(),
        schedules: Vec::new(),
        migrations: Vec::new(),
        states: vec![root()],
        transitions: Vec::new(),
        notable: Notable::default(),
        indexed: Vec::new(),
        blind: Vec::new(),
        holds_personal_data: false,
    }
}

fn root() -> State {
    State {
        index: StateIndex::ROOT,
        name: SYSTEM_WORKFLOW.into(),
        path: "".into(),
        parent: None,
        children: Vec::new(),
        depth: 0,
        kind: StateKind::Atomic,
        label: None,
        title: None,
        description: None,
        tags: Vec::new(),
        entry: Vec::new(),
        exit: Vec::new(),
        on: Vec::new(),
        always: Vec::new(),
        after: Vec::new(),
        invokes: Vec::new(),
        task: None,
        unique: Vec::new(),
        pauses: Vec::new(),
        pauses_clocks: Vec::new(),
        on_done: None,
        output: None,
        span: Span::default(),
    }
}
