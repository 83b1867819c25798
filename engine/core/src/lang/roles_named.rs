//! The roles that workflows name, and the workflow that a roster names: compared with the file of roles where both are at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::roles::unknown_role;
use crate::chart::{ACCESS_REVIEWER, AUDITOR, Chart, MONITOR, OPERATOR, Party, People, Roles, Roster};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};

/// Tells which roles nobody can have, and what is wrong with the rosters. Without a file of roles any name is a role, and what looks like
/// another one misspelt is only doubted.
pub(super) fn check_roles(charts: &[&Chart], roles: &[Roles], out: &mut Diagnostics) {
    if roles.is_empty() {
        return charts.iter().for_each(|chart| doubt_roles(chart, out));
    }
    let mut known: BTreeSet<&str> = roles.iter().flat_map(|file| file.roles.keys()).map(|role| &**role).collect();
    known.extend([AUDITOR, MONITOR, OPERATOR]);
    for chart in charts {
        let mut told = BTreeSet::new();
        for (people, span) in chart.people() {
            for role in roles_of(people).filter(|role| !known.contains(&**role)) {
                // it is mended once, wherever it stands in one place of the file
                if told.insert((role.clone(), span)) {
                    out.push(unknown_role(&role, span, known.iter().copied()));
                }
            }
        }
    }
    let named = roles.iter().any(|file| file.access_reviewer.is_some());
    if !named && !known.contains(ACCESS_REVIEWER) {
        charts
            .iter()
            .filter(|chart| chart.has_glass())
            .for_each(|chart| out.push(nobody_reviews(chart)));
    }
    for roster in roles.iter().filter_map(|file| file.roster.as_ref()) {
        if let Some(chart) = charts.iter().find(|chart| chart.workflow == roster.workflow) {
            check_roster(roster, chart, out);
        }
    }
}

/// Its reviews would wait for a role that nobody can have.
fn nobody_reviews(chart: &Chart) -> Diagnostic {
    let span = chart.states.first().map(|root| root.span).unwrap_or_default();
    let message = format!(
        "who opens an instance of `{}` is reviewed by nobody: there is no role `{ACCESS_REVIEWER}`",
        chart.workflow
    );
    let help = format!(
        "add it to the file of roles, or name another role there: `access_reviewer: ROLE`; without it `{ACCESS_REVIEWER}` reviews"
    );
    Diagnostic::error(Code::UnknownRole, span, message).help(help)
}

/// A role that stands once in a workflow, and looks like one that stands there more often.
fn doubt_roles(chart: &Chart, out: &mut Diagnostics) {
    let mut places: BTreeMap<Arc<str>, Vec<Span>> = BTreeMap::new();
    for (people, span) in chart.people() {
        for role in roles_of(people) {
            places.entry(role).or_default().push(span);
        }
    }
    let often = || places.iter().filter(|(_, spans)| spans.len() > 1).map(|(role, _)| &**role);
    for (role, spans) in &places {
        if let ([span], Some(meant)) = (spans.as_slice(), nearest(role, often())) {
            let message = format!("the role `{role}` stands here and nowhere else in `{}`", chart.workflow);
            let help = format!("write `{meant}`, if that is meant; a file of roles, checked with it, says which roles there are");
            out.push(Diagnostic::warning(Code::UnknownRole, *span, message).help(help));
        }
    }
}

/// The roles that are written out.
fn roles_of(people: &People) -> impl Iterator<Item = Arc<str>> {
    let patterns = people.parties.iter().filter_map(|party| match party {
        Party::Person(pattern) => Some(pattern),
        _ => None,
    });
    let roles = patterns.flat_map(|pattern| &pattern.role);
    roles.filter_map(|role| role.literal_text())
}

/// A misspelt field or state has nobody on duty.
fn check_roster(roster: &Roster, chart: &Chart, out: &mut Diagnostics) {
    let fields = [
        Some(&roster.person),
        roster.from.as_ref(),
        roster.to.as_ref(),
        roster.unit.as_ref(),
    ];
    for path in fields.into_iter().flatten() {
        let name = path.split('.').next().unwrap_or_default();
        let shown = chart.data.get(name).is_some_and(|field| !field.is_personal()) || chart.is_public_let(name);
        if !shown {
            let lets = chart
                .lets
                .iter()
                .map(|(name, _)| &**name)
                .filter(|name| chart.is_public_let(name));
            let known = chart.data.list.iter().map(|field| &*field.name).chain(lets);
            let message = format!("`{}` shows nothing called `{name}` to others", chart.workflow);
            out.push(unknown(
                Code::UnknownField,
                roster.span,
                message,
                name,
                known,
                "name a field of it, or a `let`",
            ));
        }
    }
    // of a workflow without an index nobody keeps who is in which state
    let indexed = chart.indexed.contains(&roster.person);
    if !indexed && chart.data.get(&roster.person).is_some() {
        let message = format!(
            "`{}` of `{}` is not indexed, and shifts are found by it",
            roster.person, chart.workflow
        );
        let help = format!("mark it `index: true` in `{}`", chart.workflow);
        out.push(Diagnostic::error(Code::NotIndexed, roster.span, message).help(help));
    }
    for state in &roster.states {
        let is_there = chart.states.iter().any(|known| known.name == *state || known.path == *state);
        if !is_there {
            let names = chart.states.iter().map(|known| &*known.name);
            let message = format!("`{}` has no state `{state}`", chart.workflow);
            out.push(unknown(
                Code::UnknownState,
                roster.span,
                message,
                state,
                names,
                "name a state of it",
            ));
        }
    }
}

fn unknown<'n>(
    code: Code,
    span: Span,
    message: String,
    name: &str,
    known: impl Iterator<Item = &'n str>,
    otherwise: &str,
) -> Diagnostic {
    let help = match nearest(name, known) {
        Some(meant) => format!("write `{meant}`, if that is meant"),
        None => otherwise.to_owned(),
    };
    Diagnostic::error(code, span, message).help(help)
}
