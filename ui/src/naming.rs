//! What people call the parts of a workflow: the same on pages and in diagrams.

use statewright_core::chart::{Chart, State};
use statewright_core::expression::Template;
use statewright_core::step::in_words;

/// A state by its title, else by its label, as far as nothing is computed in them, else by its name in words.
pub fn state_name(state: &State) -> String {
    let written = said(state.title.as_ref()).or_else(|| said(state.label.as_ref()));
    written.unwrap_or_else(|| in_words(&state.name))
}

/// The state of this path; of one that the chart does not have, or of a chart that is not known, the last of its names in words.
pub fn state_at(chart: Option<&Chart>, path: &str) -> String {
    let state = chart.and_then(|chart| chart.state_at(path));
    state.map_or_else(|| in_words(path.rsplit('.').next().unwrap_or(path)), state_name)
}

/// Text for people, where nothing is computed in it.
pub fn said(template: Option<&Template>) -> Option<String> {
    let text = template?.literal()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
