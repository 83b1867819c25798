//! Where no live table is at hand: what an instance is called and shown as is asked without a step, and so is what a schedule does.

use super::Lowering;
use crate::chart::{Chart, Scheduled, ValueTemplate};
use crate::diagnostic::{Code, Span};
use crate::expression::{References, Template};
use crate::yaml::Mapping;

impl Lowering<'_> {
    /// Tells of live tables that are asked where none can be handed in.
    pub(super) fn refuse_live(&mut self, chart: &Chart, workflow: &Mapping) {
        if !chart.tables.by_name.values().any(|table| table.live) {
            return;
        }
        let mut asked: Vec<(References, Span, &str)> = Vec::new();
        let head = |key: &str| workflow.entry(key).map(|entry| entry.value.span).unwrap_or_default();
        let mut ask = |template: &Option<Template>, place: Span, what: &'static str| {
            asked.extend(template.iter().map(|template| (template.references(), place, what)));
        };
        ask(&chart.title, head("title"), "what the instance is called");
        ask(&chart.key, head("key"), "the key");
        for state in &chart.states {
            ask(&state.label, state.span, "what customers see");
            ask(&state.title, state.span, "what the state is called");
            if let Some(task) = &state.task {
                ask(&task.title, task.span, "what a task is called");
                if let Some(assignment) = &task.assignment {
                    ask(&assignment.first, task.span, "whom a task is given first");
                }
            }
        }
        for schedule in &chart.schedules {
            let mut references = References::default();
            let values = match &schedule.work {
                Scheduled::Start { key, with } => {
                    key.iter().for_each(|key| references.merge(key.references()));
                    with.iter().collect::<Vec<_>>()
                }
                Scheduled::Send { conditions, with, .. } => conditions.iter().chain(with).collect(),
            };
            values.iter().for_each(|(_, value)| merge(value, &mut references));
            asked.push((references, schedule.span, "what a schedule does"));
        }
        for (references, place, what) in asked {
            if chart.rests_on_live(&references) {
                let message = format!("{what} is asked for without a step, and a live table is handed to steps alone");
                let help = "keep what the table says in a field, with `assign`, and name the field here";
                self.error(Code::LiveMisplaced, place, message, help);
            }
        }
    }
}

fn merge(value: &ValueTemplate, references: &mut References) {
    match value {
        ValueTemplate::Literal(_) => {}
        ValueTemplate::Computed(template) => references.merge(template.references()),
        ValueTemplate::List(items) => items.iter().for_each(|item| merge(item, references)),
        ValueTemplate::Object(fields) => fields.iter().for_each(|(_, value)| merge(value, references)),
    }
}
