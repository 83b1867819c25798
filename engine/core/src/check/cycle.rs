//! Circles of `always` that never come to rest.
//!
//! A circle is told where it is certain: the transitions in it have no guard, or all the same one and no action on the way that
//! could change its verdict. Circles whose guards may change are the author's, and end by the limit on microsteps if they do not.

use std::collections::BTreeSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Doubts;
use crate::chart::{Action, Branch, Chart, State, StateIndex, StateKind, Transition, Verb};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// One way an `always` may go.
struct Way<'c> {
    from: StateIndex,
    transition: &'c Transition,
    branch: &'c Branch,
    /// The texts of all its guards; empty: always taken.
    guards: Vec<&'c str>,
}

pub(super) fn check(chart: &Chart, doubts: &Doubts, out: &mut Diagnostics) {
    let ways = ways(chart);
    let mut guards: BTreeSet<Vec<&str>> = ways.iter().map(|way| way.guards.clone()).collect();
    guards.insert(Vec::new());
    let mut told = BTreeSet::new();
    for guard in &guards {
        for circle in circles(chart, &ways, guard) {
            let rests = circle.iter().any(|state| has_other_guard(&ways, *state, guard));
            let changes = !guard.is_empty() && circle.iter().any(|state| changes_data(chart, &ways, *state));
            if !rests && !changes && !is_doubted(&ways, &circle, doubts) && told.insert(circle.clone()) {
                tell(chart, &ways, &circle, guard, out);
            }
        }
    }
}

/// Whether something is missing in the circle, or in a state that one of its ways enters.
fn is_doubted(ways: &[Way<'_>], circle: &[StateIndex], doubts: &Doubts) -> bool {
    let entered = ways
        .iter()
        .filter(|way| circle.contains(&way.from))
        .flat_map(|way| &way.branch.targets);
    circle.iter().chain(entered).any(|state| doubts.anything_in(*state))
}

fn ways(chart: &Chart) -> Vec<Way<'_>> {
    let mut ways = Vec::new();
    for state in &chart.states {
        for transition in state
            .always
            .iter()
            .filter_map(|index| chart.transitions.get(usize::from(index.0)))
        {
            for branch in &transition.branches {
                let guards = transition
                    .guards
                    .iter()
                    .chain(&branch.guards)
                    .map(|guard| guard.condition.source().trim())
                    .collect();
                ways.push(Way {
                    from: state.index,
                    transition,
                    branch,
                    guards,
                });
            }
        }
    }
    ways
}

/// Whether a state may leave the circle by a guard of another kind, tried before.
fn has_other_guard(ways: &[Way<'_>], state: StateIndex, guard: &[&str]) -> bool {
    ways.iter()
        .any(|way| way.from == state && !way.guards.is_empty() && way.guards != guard)
}

fn changes_data(chart: &Chart, ways: &[Way<'_>], state: StateIndex) -> bool {
    let changing = |action: &Action| {
        matches!(
            action.verb,
            Verb::Assign(_) | Verb::Put(_) | Verb::Drop(_) | Verb::Raise { .. }
        )
    };
    let own = chart
        .states
        .get(usize::from(state.0))
        .is_some_and(|state| state.entry.iter().chain(&state.exit).any(changing));
    let on_the_way = ways
        .iter()
        .filter(|way| way.from == state)
        .any(|way| way.transition.actions.iter().chain(&way.branch.actions).any(changing));
    own || on_the_way || reads_states(ways, state)
}

/// A guard that asks where the instance is changes its verdict by going on.
fn reads_states(ways: &[Way<'_>], state: StateIndex) -> bool {
    let guards = |way: &Way<'_>| {
        way.transition.guards.iter().chain(&way.branch.guards).any(|guard| {
            let references = guard.condition.references();
            ["states", "tags", "settled"].iter().any(|name| references.touches(name))
        })
    };
    ways.iter().filter(|way| way.from == state).any(guards)
}

/// Groups of states that lead into one another by ways with this guard or none.
fn circles(chart: &Chart, ways: &[Way<'_>], guard: &[&str]) -> Vec<Vec<StateIndex>> {
    let mut graph: DiGraph<StateIndex, ()> = DiGraph::new();
    let nodes: Vec<NodeIndex> = chart.states.iter().map(|state| graph.add_node(state.index)).collect();
    let open = |way: &&Way<'_>| way.guards.is_empty() || way.guards == guard;
    // Where the guard holds, a state takes the first of its ways that is open.
    let taken = |state: &State| ways.iter().filter(open).find(|way| way.from == state.index);
    for way in chart.states.iter().filter_map(taken) {
        for next in followers(chart, ways, way, guard) {
            if let (Some(from), Some(to)) = (nodes.get(usize::from(way.from.0)), nodes.get(usize::from(next.0))) {
                graph.update_edge(*from, *to, ());
            }
        }
    }
    let is_circle =
        |group: &Vec<NodeIndex>| group.len() > 1 || group.first().is_some_and(|node| graph.contains_edge(*node, *node));
    let groups = tarjan_scc(&graph).into_iter().filter(is_circle);
    groups
        .map(|group| {
            let mut states: Vec<StateIndex> = group
                .into_iter()
                .filter_map(|node| graph.node_weight(node).copied())
                .collect();
            states.sort();
            states
        })
        .collect()
}

/// The states whose `always` comes next: for each leaf that is entered, the innermost that has one.
fn followers(chart: &Chart, ways: &[Way<'_>], way: &Way<'_>, guard: &[&str]) -> Vec<StateIndex> {
    let has_way = |state: StateIndex| {
        ways.iter()
            .any(|way| way.from == state && (way.guards.is_empty() || way.guards == guard))
    };
    let leaves: Vec<StateIndex> = match way.branch.targets.is_empty() {
        true => vec![way.from],
        false => way.branch.targets.iter().flat_map(|target| leaves(chart, *target)).collect(),
    };
    let mut followers = Vec::new();
    for leaf in leaves {
        let mut level = Some(leaf);
        while let Some(state) = level {
            // One with another guard may lead out before what is around it is tried: nothing is certain then.
            if has_way(state) || ways.iter().any(|way| way.from == state) {
                followers.extend(Some(state).filter(|state| has_way(*state)));
                break;
            }
            level = chart.states.get(usize::from(state.0)).and_then(|state| state.parent);
        }
    }
    followers
}

/// The states in which entering a state ends by default.
fn leaves(chart: &Chart, state: StateIndex) -> Vec<StateIndex> {
    let Some(found) = chart.states.get(usize::from(state.0)) else {
        return Vec::new();
    };
    match found.kind {
        StateKind::Compound { initial } => targets(chart, initial)
            .into_iter()
            .flat_map(|target| leaves(chart, target))
            .collect(),
        StateKind::Parallel => found.children.iter().flat_map(|child| leaves(chart, *child)).collect(),
        // What it restores is not known.
        StateKind::History { .. } => Vec::new(),
        StateKind::Atomic | StateKind::Final => vec![found.index],
    }
}

fn targets(chart: &Chart, transition: crate::chart::TransitionIndex) -> Vec<StateIndex> {
    let transition = chart.transitions.get(usize::from(transition.0));
    transition
        .into_iter()
        .flat_map(|transition| &transition.branches)
        .flat_map(|branch| branch.targets.clone())
        .collect()
}

fn tell(chart: &Chart, ways: &[Way<'_>], circle: &[StateIndex], guard: &[&str], out: &mut Diagnostics) {
    let name = |state: &State| {
        if state.path.is_empty() {
            "the workflow".to_owned()
        } else {
            format!("`{}`", state.path)
        }
    };
    let names: Vec<String> = circle
        .iter()
        .filter_map(|state| chart.states.get(usize::from(state.0)))
        .map(name)
        .collect();
    let Some(first) = ways.iter().find(|way| circle.contains(&way.from)) else {
        return;
    };
    let when = if guard.is_empty() {
        String::new()
    } else {
        format!(" as long as `{}` holds", guard.join("` and `"))
    };
    let message = match names.as_slice() {
        [only] => format!("`always` of {only} is taken again and again{when}"),
        _ => format!("`always` leads round in a circle for ever{when}: {}", names.join(", ")),
    };
    let help = "give one of the transitions a guard that something on the way makes false";
    out.push(Diagnostic::error(Code::EndlessCycle, first.transition.span, message).help(help));
}
