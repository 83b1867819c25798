//! Whom a notice may be expected to reach: people of the file, and roles that somebody has or is told as.
//!
//! A name that is nobody's would hold that nothing reached them, whatever happens.

use std::sync::Arc;

use statewright_core::chart::{Chart, Party, People, Verb};
use statewright_core::diagnostic::{Code, Diagnostic, nearest};
use statewright_core::yaml::{Node, Scalar};

use super::Reader;

/// Roles that a workflow names where it tells people something: in notices, and on the rungs of its ladders.
pub(super) fn roles_told(chart: &Chart) -> Vec<Arc<str>> {
    let notified = chart.actions().filter_map(|action| match &action.verb {
        Verb::Notify(notify) => Some(&notify.to),
        _ => None,
    });
    let of_tasks = chart
        .states
        .iter()
        .flat_map(|state| &state.task)
        .flat_map(|task| &task.ladder);
    let of_clocks = chart.clocks.iter().flat_map(|clock| &clock.ladder);
    let rungs = of_tasks.chain(of_clocks).map(|rung| &rung.people);
    notified.chain(rungs).flat_map(roles_of).collect()
}

/// The roles that are written out.
fn roles_of(people: &People) -> impl Iterator<Item = Arc<str>> {
    let patterns = people.parties.iter().filter_map(|party| match party {
        Party::Person(pattern) => Some(pattern),
        _ => None,
    });
    patterns
        .flat_map(|pattern| &pattern.role)
        .filter_map(|role| role.literal_text())
}

impl Reader<'_> {
    /// The items of expected notices name whom they reach.
    pub(super) fn addressees(&mut self, notices: &Node) {
        for item in notices.as_sequence().unwrap_or_default() {
            if let Some(to) = item.get("to").and_then(Node::as_scalar) {
                self.addressee(to);
            }
        }
    }

    fn addressee(&mut self, to: &Scalar) {
        // a role may be told as such by what could not be read
        let is_known = !self.is_whole || self.people.contains(&to.text) || self.roles.contains(&to.text);
        if is_known || to.text.contains("{{") {
            return;
        }
        let message = format!(
            "nobody under `given.people` is called `{}`, and nobody has that role or is told as such",
            to.text
        );
        let diagnostic = Diagnostic::error(Code::TestNameUnknown, to.span, message);
        let known = self.people.iter().chain(&self.roles).map(|name| &**name);
        self.out.push(match nearest(&to.text, known) {
            Some(meant) => diagnostic
                .help(format!("write `{meant}`, if that is meant"))
                .repair(to.span, meant),
            None => diagnostic.help(format!("add `{}: [ROLE]` to `given.people`", to.text)),
        });
    }
}
