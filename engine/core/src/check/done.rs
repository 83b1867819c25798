//! An `onDone` that never comes, because what it waits for has no end.

use super::Doubts;
use crate::chart::{Chart, State, StateIndex, StateKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

pub(super) fn check(chart: &Chart, doubts: &Doubts, out: &mut Diagnostics) {
    for state in &chart.states {
        let Some(transition) = state.on_done.and_then(|index| chart.transitions.get(usize::from(index.0))) else {
            continue;
        };
        let endless: Vec<&State> = waited_for(chart, state)
            .into_iter()
            .filter(|state| !has_end(chart, state) && !doubts.parts_of(state.index))
            .collect();
        for region in endless {
            let message = match region.index == state.index {
                true => "`onDone` never comes: this state has no final state inside".to_owned(),
                false => format!("`onDone` never comes: the region `{}` has no final state", region.name),
            };
            let help = "give it a child with `type: final`, or put `onDone` on the region that ends";
            out.push(
                Diagnostic::error(Code::DoneNever, transition.span, message)
                    .note_at(region.span, "has no end")
                    .help(help),
            );
        }
    }
}

/// The final states in which a state is done, or one of its regions is.
pub(super) fn ends(chart: &Chart, state: StateIndex) -> Vec<StateIndex> {
    let Some(state) = chart.states.get(usize::from(state.0)) else {
        return Vec::new();
    };
    let regions = waited_for(chart, state);
    regions.into_iter().flat_map(|region| finals(chart, region)).collect()
}

/// The compound states that must all be in a final child: the state itself, or each of its regions.
fn waited_for<'c>(chart: &'c Chart, state: &'c State) -> Vec<&'c State> {
    match state.kind {
        StateKind::Parallel => children(chart, state).flat_map(|region| waited_for(chart, region)).collect(),
        StateKind::History { .. } => Vec::new(),
        _ => vec![state],
    }
}

fn has_end(chart: &Chart, state: &State) -> bool {
    state.kind == StateKind::Final || !finals(chart, state).is_empty()
}

fn finals(chart: &Chart, state: &State) -> Vec<StateIndex> {
    children(chart, state)
        .filter(|child| child.kind == StateKind::Final)
        .map(|child| child.index)
        .collect()
}

fn children<'c>(chart: &'c Chart, state: &'c State) -> impl Iterator<Item = &'c State> {
    state
        .children
        .iter()
        .filter_map(|child| chart.states.get(usize::from(child.0)))
}
