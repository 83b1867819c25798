//! Fields of a form that stand for a field of the instance of the same name: what is known of it is what the form corrects.

use std::sync::Arc;

use crate::chart::{Action, Admission, Transition, ValueTemplate, Verb};
use crate::expression::{Step, Template};

/// A field of a form that the event writes into the instance's field of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptField {
    pub name: Arc<str>,
    /// Left open, the instance's field stays as it is; else it is emptied, or gets the form's default.
    pub stays: bool,
}

/// Those that the form writes itself, and those that an action writes as they came.
pub(super) fn kept_fields(transition: &Transition, admission: &Admission) -> Vec<KeptField> {
    let actions = transition.branches.iter().flat_map(|branch| &branch.actions);
    let actions: Vec<&Action> = transition.actions.iter().chain(actions).collect();
    let fields = admission.form.fields.list.iter().filter_map(|field| {
        let is_written = admission.form.writes.contains(&field.name);
        let is_assigned = || actions.iter().any(|action| assigns_as_it_came(action, &field.name));
        (is_written || is_assigned()).then(|| KeptField {
            name: field.name.clone(),
            stays: is_written && field.default.is_none(),
        })
    });
    fields.collect()
}

/// `assign: {lot: "{{ event.lot }}"}`, of `lot`.
fn assigns_as_it_came(action: &Action, name: &str) -> bool {
    let Verb::Assign(assignments) = &action.verb else {
        return false;
    };
    assignments.iter().any(|assignment| {
        let to = matches!(&*assignment.path, [field] if **field == *name);
        to && matches!(&assignment.value, ValueTemplate::Computed(template) if is_event_field(template, name))
    })
}

fn is_event_field(template: &Template, name: &str) -> bool {
    let references = template.references();
    let mut variables = references.variables.iter();
    let (Some((variable, paths)), None) = (variables.next(), variables.next()) else {
        return false;
    };
    let is_field = |path: &crate::expression::Path| matches!(&*path.0, [Step::Field(field)] if **field == *name);
    &**variable == "event" && references.calls.is_empty() && paths.len() == 1 && paths.keys().all(is_field)
}
