//! States that nothing leads to, and states from which no end is reached.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, Reversed, Walker};

use crate::chart::{Chart, State, StateIndex, StateKind, Trigger};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// Two nodes for each state: entered by default (so its own beginning is entered too), and active.
struct Graph {
    graph: DiGraph<(), ()>,
}

pub(super) fn check(chart: &Chart, out: &mut Diagnostics) {
    let graph = Graph::new(chart);
    let reached = graph.reached(chart);
    unreachable(chart, &reached, out);
    no_way_out(chart, &graph, &reached, out);
}

impl Graph {
    fn new(chart: &Chart) -> Self {
        let mut graph = Graph {
            graph: DiGraph::with_capacity(chart.states.len() * 2, chart.transitions.len() * 2),
        };
        for _ in 0..chart.states.len() * 2 {
            graph.graph.add_node(());
        }
        for state in &chart.states {
            graph.structure(state);
        }
        for transition in &chart.transitions {
            let targets = || transition.branches.iter().flat_map(|branch| &branch.targets);
            let from: Vec<NodeIndex> = match transition.trigger {
                Trigger::Initial | Trigger::HistoryDefault => vec![entered(transition.source)],
                Trigger::Done => graph.ends_of(chart, transition.source),
                _ => vec![active(transition.source)],
            };
            for target in targets() {
                for from in &from {
                    graph.graph.update_edge(*from, entered(*target), ());
                }
            }
        }
        graph
    }

    fn structure(&mut self, state: &State) {
        self.graph.update_edge(entered(state.index), active(state.index), ());
        if let Some(parent) = state.parent {
            self.graph.update_edge(active(state.index), active(parent), ());
        }
        // Whatever entered a parallel state, all its regions are active.
        if state.kind == StateKind::Parallel {
            for child in &state.children {
                self.graph.update_edge(active(state.index), entered(*child), ());
            }
        }
    }

    /// Where a state is when it is done: in a final child, or in those of its regions.
    fn ends_of(&self, chart: &Chart, state: StateIndex) -> Vec<NodeIndex> {
        super::done::ends(chart, state).into_iter().map(active).collect()
    }

    fn reached(&self, chart: &Chart) -> Vec<bool> {
        let mut reached = vec![false; chart.states.len()];
        let seen = Dfs::new(&self.graph, entered(StateIndex::ROOT))
            .iter(&self.graph)
            .collect::<Vec<_>>();
        for node in seen {
            if let Some(state) = reached.get_mut(node.index() / 2) {
                *state = true;
            }
        }
        reached
    }

    /// The states from which one of these is reached.
    fn leading_to(&self, ends: &[StateIndex], states: usize) -> Vec<bool> {
        let mut leading = vec![false; states];
        for end in ends {
            let reversed = Reversed(&self.graph);
            for node in Dfs::new(reversed, active(*end)).iter(reversed) {
                let is_active = node.index() % 2 == 1;
                if let Some(state) = leading.get_mut(node.index() / 2).filter(|_| is_active) {
                    *state = true;
                }
            }
        }
        leading
    }
}

fn entered(state: StateIndex) -> NodeIndex {
    NodeIndex::new(usize::from(state.0) * 2)
}

fn active(state: StateIndex) -> NodeIndex {
    NodeIndex::new(usize::from(state.0) * 2 + 1)
}

/// The outermost states that nothing leads to.
fn unreachable(chart: &Chart, reached: &[bool], out: &mut Diagnostics) {
    let is_reached = |state: StateIndex| reached.get(usize::from(state.0)).copied().unwrap_or(true);
    for state in chart
        .states
        .iter()
        .filter(|state| !is_reached(state.index) && state.parent.is_none_or(is_reached))
    {
        // A history state is a way in, and is never active.
        let is_history = matches!(state.kind, StateKind::History { .. });
        let (what, help) = match is_history {
            true => (
                "no transition leads to the history state",
                "name it as a target, or take it away",
            ),
            false => (
                "nothing leads to the state",
                "name it as a target or as `initial`, or take it away",
            ),
        };
        let message = format!("{what} `{}`", state.path);
        out.push(Diagnostic::warning(Code::Unreachable, state.span, message).help(help));
    }
}

/// The outermost states from which no end of the workflow is reached, where it has ends at all.
fn no_way_out(chart: &Chart, graph: &Graph, reached: &[bool], out: &mut Diagnostics) {
    let Some(root) = chart.states.first() else { return };
    let is_final = |child: &StateIndex| {
        chart
            .states
            .get(usize::from(child.0))
            .is_some_and(|state| state.kind == StateKind::Final)
    };
    let ends: Vec<StateIndex> = root.children.iter().copied().filter(is_final).collect();
    if ends.is_empty() {
        // It lives for ever, as a machine or a practice does.
        return;
    }
    let leading = graph.leading_to(&ends, chart.states.len());
    let lost = Lost {
        chart,
        reached,
        leading: &leading,
    };
    for state in chart.states.iter().filter(|state| lost.is(state) && !lost.is_around(state)) {
        let message = format!("from `{}` no final state of the workflow is reached", state.path);
        out.push(
            Diagnostic::warning(Code::NoWayOut, state.span, message)
                .help("add a transition that leads on, or make it `type: final`"),
        );
    }
}

struct Lost<'c> {
    chart: &'c Chart,
    reached: &'c [bool],
    leading: &'c [bool],
}

impl Lost<'_> {
    /// Whether nobody who is here comes to an end: for a state with children, wherever in it.
    fn is(&self, state: &State) -> bool {
        let index = usize::from(state.index.0);
        let children = || {
            state
                .children
                .iter()
                .filter_map(|child| self.chart.states.get(usize::from(child.0)))
        };
        let mut active = children()
            .filter(|child| !matches!(child.kind, StateKind::History { .. }))
            .peekable();
        if matches!(state.kind, StateKind::History { .. }) || self.reached.get(index) != Some(&true) {
            return false;
        }
        match active.peek() {
            None => self.leading.get(index) == Some(&false),
            Some(_) => active.all(|child| self.is(child)),
        }
    }

    fn is_around(&self, state: &State) -> bool {
        state
            .parent
            .and_then(|parent| self.chart.states.get(usize::from(parent.0)))
            .is_some_and(|parent| self.is(parent))
    }
}
