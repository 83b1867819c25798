//! Guards of `always` over reads whose change wakes nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::chart::{Chart, Lets, ReadOf, Transition};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expression::Expression;

pub(super) fn check(chart: &Chart, out: &mut Diagnostics) {
    for state in &chart.states {
        for index in &state.always {
            let Some(transition) = chart.transitions.get(usize::from(index.0)) else {
                continue;
            };
            if let Some(read) = found_read(chart, transition) {
                let message = format!("not yet: `always` over the read `{read}`, whose change wakes nobody");
                let help = "let an event or a timer try the guard, or read by `key` or `keys`";
                out.push(Diagnostic::error(Code::NotBuilt, transition.span, message).help(help));
            }
        }
    }
}

/// A read by `where` or of marks that a guard rests on, itself or through named values.
fn found_read(chart: &Chart, transition: &Transition) -> Option<Arc<str>> {
    let branches = transition.branches.iter().flat_map(|branch| &branch.guards);
    let lets: Vec<&Lets> = std::iter::once(&transition.lets)
        .chain(transition.branches.iter().map(|branch| &branch.lets))
        .chain([&chart.lets])
        .collect();
    let mut asked = BTreeSet::new();
    let guards = transition.guards.iter().chain(branches);
    guards
        .map(|guard| &guard.condition)
        .find_map(|condition| rests_on(chart, condition, &lets, &mut asked))
}

/// `asked`: the named values that were asked already; none of them does.
fn rests_on(chart: &Chart, expression: &Expression, lets: &[&Lets], asked: &mut BTreeSet<Arc<str>>) -> Option<Arc<str>> {
    let references = expression.references();
    references.variables.keys().find_map(|name| {
        if let Some(read) = chart.reads.get(name) {
            return matches!(read.of, ReadOf::Found(_)).then(|| name.clone());
        }
        if !asked.insert(name.clone()) {
            return None;
        }
        let named = lets
            .iter()
            .flat_map(|lets| lets.iter())
            .filter(|(let_name, _)| let_name == name);
        named
            .map(|(_, inner)| inner)
            .find_map(|inner| rests_on(chart, inner, lets, asked))
    })
}
