//! The units that workflows name: compared with the file of roles where both are at hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::chart::{Chart, Party, People, Roles};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};
use crate::field::{DefaultValue, Fields, Units, unknown_unit};
use crate::value::Value;

/// Tells which units there are not. Without a file of roles that names units any name is one.
pub(super) fn check_units(charts: &[&Chart], roles: &[Roles], out: &mut Diagnostics) {
    let known: Units = roles.iter().flat_map(Roles::titled_units).collect();
    if known.is_empty() {
        return;
    }
    for chart in charts {
        let mut told = BTreeSet::new();
        for (name, span) in named(chart).into_iter().filter(|(name, _)| !known.contains_key(name)) {
            // it is mended once, wherever it stands in one place of the file
            if told.insert((name.clone(), span)) {
                out.push(unknown(&name, span, &known));
            }
        }
    }
}

fn unknown(name: &str, span: Span, known: &Units) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UnknownUnit, span, format!("there is no unit `{name}`"));
    match nearest(name, known.keys().map(|unit| &**unit)) {
        Some(meant) => diagnostic.help(format!("write `{meant}`, if that is meant")),
        None => diagnostic.help(format!(
            "it {}; or name it under `units` in the file of roles",
            unknown_unit(known)
        )),
    }
}

/// The units that are written out, each with its place.
fn named(chart: &Chart) -> Vec<(Arc<str>, Span)> {
    let mut named = Vec::new();
    for (people, span) in chart.people() {
        named.extend(units_of(people).map(|unit| (unit, span)));
    }
    let head = chart.states.first().map(|root| root.span).unwrap_or_default();
    let mut of_fields = |fields: &Fields, span: Span| named.extend(written(fields).into_iter().map(|unit| (unit, span)));
    of_fields(&chart.data, head);
    of_fields(&chart.start.form.fields, head);
    for transition in &chart.transitions {
        if let Some(admission) = transition.admission.as_deref() {
            of_fields(&admission.form.fields, transition.span);
        }
    }
    named
}

fn units_of(people: &People) -> impl Iterator<Item = Arc<str>> {
    let patterns = people.parties.iter().filter_map(|party| match party {
        Party::Person(pattern) => Some(pattern),
        _ => None,
    });
    let units = patterns.flat_map(|pattern| &pattern.unit);
    units.filter_map(|unit| unit.literal_text())
}

/// What fields hold where nobody filled them in, and what they may hold.
fn written(fields: &Fields) -> Vec<Arc<str>> {
    let mut units = Vec::new();
    for field in &fields.list {
        let default = field.default.as_ref().and_then(|default| match default {
            DefaultValue::Literal(value) => Some(value),
            DefaultValue::Computed(_) => None,
        });
        let allowed = field.schema.allowed.iter().flatten();
        for value in default.into_iter().chain(allowed) {
            let one = Fields {
                list: vec![field.clone()],
            };
            let taken = [(field.name.clone(), Value::clone(value))].into();
            units.extend(one.units(&taken).into_iter().map(|given| given.name));
        }
    }
    units
}
