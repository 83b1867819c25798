//! One event that several active states answer to, each with another form: nobody could say which to fill in.

use super::Doubts;
use crate::chart::{Chart, EventPattern, State, StateIndex, StateKind, Transition, Trigger};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

pub(super) fn check(chart: &Chart, doubts: &Doubts, out: &mut Diagnostics) {
    let asking: Vec<(&str, &Transition, String)> = chart
        .transitions
        .iter()
        .filter(|transition| !doubts.anything_in(transition.source))
        .filter_map(|transition| {
            let Trigger::Event(EventPattern::Exact(event)) = &transition.trigger else {
                return None;
            };
            let admission = transition.admission.as_ref()?;
            Some((&**event, transition, admission.form.fields.json_schema(None)))
        })
        .collect();
    for (position, (event, first, form)) in asking.iter().enumerate() {
        for (other_event, second, other_form) in asking.iter().skip(position + 1) {
            if event == other_event && form != other_form && together(chart, first.source, second.source) {
                let message = format!(
                    "`{event}` is asked for here with another form than by another state that is active at the same time"
                );
                let diagnostic = Diagnostic::warning(Code::FormsBeside, second.span, message)
                    .note_at(first.span, "the other form")
                    .help("give one of the events another name, or both the same form");
                out.push(diagnostic);
            }
        }
    }
}

/// Whether two different states can be active at once: one inside the other, or in different regions of a parallel state.
fn together(chart: &Chart, first: StateIndex, second: StateIndex) -> bool {
    let (ways, other_ways) = (line(chart, first), line(chart, second));
    let Some(common) = ways
        .iter()
        .find(|state| other_ways.iter().any(|other| other.index == state.index))
    else {
        return false;
    };
    let apart = common.index != first && common.index != second;
    first != second && (!apart || common.kind == StateKind::Parallel)
}

/// A state and what is around it, innermost first.
fn line(chart: &Chart, state: StateIndex) -> Vec<&State> {
    let mut line = Vec::new();
    let mut level = Some(state);
    while let Some(state) = level.and_then(|index| chart.states.get(usize::from(index.0))) {
        line.push(state);
        level = state.parent;
    }
    line
}
