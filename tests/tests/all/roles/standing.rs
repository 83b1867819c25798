//! An instance that stands where one wants it, without the way there: whether somebody may is asked before anything else.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::chart::{Chart, Party, StateIndex, StateKind, StateSet};
use statewright_core::expression::Template;
use statewright_core::identity::{Digest, InstanceId};
use statewright_core::step::{Snapshot, Status};
use statewright_core::value::{Object, Value};

use super::oracle::{self, comparison, field_of};

/// In a state, with every field set that says whose it is.
pub fn at(chart: &Chart, state: StateIndex) -> Snapshot {
    let mut active = StateSet::default();
    enter(chart, StateIndex(0), &way_to(chart, state), &mut active);
    let key: Arc<str> = oracle::OWN.into();
    Snapshot {
        instance: InstanceId::of(&chart.workflow, &key),
        workflow: chart.workflow.clone(),
        key,
        number: None,
        definition: chart.definition,
        sequence: 1,
        head: Digest([0; 32]),
        status: Status::Active,
        zone: "UTC".into(),
        started_at: super::now(),
        parent: None,
        active,
        history: BTreeMap::new(),
        data: Arc::new(whose(chart)),
        timers: BTreeMap::new(),
        invokes: BTreeMap::new(),
        calls: BTreeMap::new(),
        tasks: BTreeMap::new(),
        doers: BTreeMap::new(),
        clocks: BTreeMap::new(),
        signatures: BTreeMap::new(),
        compensations: Vec::new(),
        undoing: Vec::new(),
        held: None,
        sends: BTreeMap::new(),
        claims: BTreeMap::new(),
        subscriptions: Default::default(),
        taken: Arc::default(),
        openings: BTreeMap::new(),
        output: Value::Null,
        secret: None,
    }
}

/// The states from the root to this one.
fn way_to(chart: &Chart, state: StateIndex) -> Vec<StateIndex> {
    let mut way = vec![state];
    while let Some(parent) = chart.states[usize::from(way[way.len() - 1].0)].parent {
        way.push(parent);
    }
    way
}

/// Goes in: along the way where it goes, else into the first child there is; into all of a parallel state.
fn enter(chart: &Chart, state: StateIndex, way: &[StateIndex], active: &mut StateSet) {
    active.insert(state);
    let state = &chart.states[usize::from(state.0)];
    let rests = |child: &StateIndex| !matches!(chart.states[usize::from(child.0)].kind, StateKind::History { .. });
    let children = || state.children.iter().copied().filter(|child| rests(child));
    match state.kind {
        StateKind::Parallel => children().for_each(|child| enter(chart, child, way, active)),
        StateKind::Compound { .. } => {
            let next = children().find(|child| way.contains(child)).or_else(|| children().next());
            next.into_iter().for_each(|child| enter(chart, child, way, active));
        }
        StateKind::Atomic | StateKind::Final | StateKind::History { .. } => {}
    }
}

/// Fields that the file compares people with.
fn whose(chart: &Chart) -> Object {
    let of_transitions = chart
        .transitions
        .iter()
        .filter_map(|transition| transition.admission.as_ref());
    let people = of_transitions.map(|admission| &admission.by);
    let people = people.chain(chart.access.iter().map(|access| &access.people));
    let templates: Vec<&Template> = people
        .flat_map(|people| &people.parties)
        .flat_map(|party| match party {
            Party::Person(person) => {
                let lines = [&person.user, &person.unit, &person.organisation];
                lines.into_iter().flatten().collect::<Vec<_>>()
            }
            Party::Not(users) => users.iter().collect(),
            _ => Vec::new(),
        })
        .collect();
    let compared = chart.access.iter().filter_map(|rule| Some(comparison(rule)?.0));
    let fields = templates.into_iter().filter_map(field_of).chain(compared);
    let declared = fields.filter(|field| chart.data.list.iter().any(|known| *known.name == **field));
    declared.map(|field| (Arc::from(field), oracle::whose())).collect()
}
