//! Parcels of one kind that wait: in the order in which they came within a workflow, one workflow after the other between them.
//!
//! What is done for a parcel does not grow with what waits beside it. An instance that is under way is passed over once and comes
//! back with [`Lane::release`], in its old place.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;

use statewright_core::identity::InstanceId;

use crate::intake::request::Parcel;

#[derive(Default)]
pub(super) struct Lane {
    lines: HashMap<InstanceId, Line>,
    flows: HashMap<Arc<str>, Flow>,
    /// Workflows of which something may be free, each once; the first has the next turn.
    turns: VecDeque<Arc<str>>,
    held: Held,
    /// Of the next parcel that comes.
    next_number: u64,
}

/// How much is held, or is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub inputs: usize,
    pub bytes: usize,
}

/// What a lane gives next.
pub(super) enum Next {
    Parcel(Parcel, Held),
    /// Whose turn it is does not fit: it keeps its turn.
    Full,
    /// Nothing is free.
    Nothing,
}

/// What waits for one instance.
struct Line {
    workflow: Arc<str>,
    parcels: VecDeque<Waiting>,
    /// Whether it stands among what is free of its workflow.
    listed: bool,
    inputs: usize,
}

struct Waiting {
    number: u64,
    size: Held,
    parcel: Parcel,
}

/// What waits for one workflow.
#[derive(Default)]
struct Flow {
    /// Instances by the number of their first parcel: the one that came first is on top.
    free: BinaryHeap<Reverse<(u64, InstanceId)>>,
    /// Whether it stands among the turns.
    listed: bool,
    held: Held,
}

impl Held {
    pub fn of(parcel: &Parcel) -> Self {
        Held {
            inputs: parcel.requests.len(),
            bytes: parcel.requests.iter().map(|request| request.bytes()).sum(),
        }
    }

    pub fn add(&mut self, more: Held) {
        self.inputs += more.inputs;
        self.bytes += more.bytes;
    }

    fn subtract(&mut self, gone: Held) {
        self.inputs -= gone.inputs;
        self.bytes -= gone.bytes;
    }
}

impl Lane {
    pub fn held(&self) -> Held {
        self.held
    }

    /// What waits for a workflow.
    pub fn held_of(&self, workflow: &str) -> Held {
        self.flows.get(workflow).map_or_else(Held::default, |flow| flow.held)
    }

    /// Inputs that wait for an instance.
    pub fn inputs_of(&self, instance: &InstanceId) -> usize {
        self.lines.get(instance).map_or(0, |line| line.inputs)
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether something may be free.
    pub fn has_free(&self) -> bool {
        !self.turns.is_empty()
    }

    /// Puts a parcel behind those of its workflow.
    pub fn push(&mut self, workflow: Arc<str>, parcel: Parcel, size: Held) {
        let number = self.next_number;
        self.next_number += 1;
        let instance = parcel.instance;
        let line = self.lines.entry(instance).or_insert_with(|| Line {
            workflow,
            parcels: VecDeque::new(),
            listed: false,
            inputs: 0,
        });
        line.inputs += size.inputs;
        line.parcels.push_back(Waiting { number, size, parcel });
        self.held.add(size);
        let flow = self.flows.entry(line.workflow.clone()).or_default();
        flow.held.add(size);
        list(line, instance, flow, &mut self.turns);
    }

    /// The next parcel that is not `blocked` if it `fits`.
    pub fn next(&mut self, blocked: impl Fn(&InstanceId) -> bool, fits: impl Fn(Held) -> bool) -> Next {
        while let Some(workflow) = self.turns.front() {
            let Some(flow) = self.flows.get_mut(workflow) else {
                self.turns.pop_front();
                continue;
            };
            let Some(Reverse((_, instance))) = flow.free.peek().copied() else {
                flow.listed = false;
                self.turns.pop_front();
                continue;
            };
            let Some(line) = self.lines.get_mut(&instance).filter(|line| !line.parcels.is_empty()) else {
                flow.free.pop();
                continue;
            };
            if blocked(&instance) {
                flow.free.pop();
                line.listed = false;
                continue;
            }
            if line.parcels.front().is_some_and(|first| !fits(first.size)) {
                return Next::Full;
            }
            flow.free.pop();
            if let Some(first) = self.give(instance) {
                return Next::Parcel(first.parcel, first.size);
            }
        }
        Next::Nothing
    }

    /// Takes the first parcel of an instance out, and gives the turn to the next workflow.
    fn give(&mut self, instance: InstanceId) -> Option<Waiting> {
        let line = self.lines.get_mut(&instance)?;
        let first = line.parcels.pop_front()?;
        line.inputs -= first.size.inputs;
        self.held.subtract(first.size);
        let workflow = self.turns.pop_front()?;
        let flow = self.flows.get_mut(&workflow)?;
        flow.held.subtract(first.size);
        match line.parcels.front() {
            Some(second) => flow.free.push(Reverse((second.number, instance))),
            None => _ = self.lines.remove(&instance),
        }
        if !flow.free.is_empty() {
            self.turns.push_back(workflow);
        } else {
            flow.listed = false;
            if flow.held.inputs == 0 {
                self.flows.remove(&workflow);
            }
        }
        Some(first)
    }

    /// The instance is not under way any more: what waits for it is free, in its old place.
    pub fn release(&mut self, instance: InstanceId) {
        let Some(line) = self.lines.get_mut(&instance) else { return };
        if let Some(flow) = self.flows.get_mut(&line.workflow) {
            list(line, instance, flow, &mut self.turns);
        }
    }

    /// Everything, in the order in which it came.
    pub fn drain(&mut self) -> Vec<Parcel> {
        let lane = std::mem::take(self);
        let mut waiting: Vec<Waiting> = lane.lines.into_values().flat_map(|line| line.parcels).collect();
        waiting.sort_by_key(|waiting| waiting.number);
        waiting.into_iter().map(|waiting| waiting.parcel).collect()
    }
}

/// Puts a line among what is free, and its workflow among the turns.
fn list(line: &mut Line, instance: InstanceId, flow: &mut Flow, turns: &mut VecDeque<Arc<str>>) {
    if line.listed {
        return;
    }
    let Some(first) = line.parcels.front() else { return };
    line.listed = true;
    flow.free.push(Reverse((first.number, instance)));
    if !flow.listed {
        flow.listed = true;
        turns.push_back(line.workflow.clone());
    }
}
