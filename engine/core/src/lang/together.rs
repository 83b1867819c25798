//! What several workflows say of one another: compared where all of them are at hand.
//!
//! Each workflow is deployed by itself, and whom it names may be changed later or not be there yet. What can be seen beforehand is told here:
//! above all that a look-up by a field or a state that does not exist finds nothing, and a guard over it holds for the wrong reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::roles_named::check_roles;
use super::units_named::check_units;
use crate::chart::{
    Addressee, Chart, Children, Find, FindSource, Form, Read, ReadOf, Roles, Send, StartInstance, Trigger, ValueTemplate, Verb,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest};

/// Tells what is wrong between these charts, and between them and the files of roles. Of a workflow that is not among them nothing is known,
/// and nothing said.
pub fn check_together(charts: &[&Chart], roles: &[Roles], out: &mut Diagnostics) {
    check_roles(charts, roles, out);
    check_units(charts, roles, out);
    let by_name = charts.iter().map(|chart| (chart.workflow.clone(), *chart)).collect();
    for chart in charts {
        Together {
            chart,
            by_name: &by_name,
            out,
        }
        .check();
    }
}

struct Together<'a> {
    chart: &'a Chart,
    by_name: &'a BTreeMap<Arc<str>, &'a Chart>,
    out: &'a mut Diagnostics,
}

impl<'a> Together<'a> {
    fn check(&mut self) {
        let chart = self.chart;
        for read in chart.reads.values() {
            if let Some(other) = self.by_name.get(&read.workflow).copied() {
                self.check_read(read, other);
            }
        }
        for action in chart.actions() {
            match &action.verb {
                Verb::Send(send) => self.check_send(send, action.span),
                Verb::Start(start) => self.check_start(start, action.span),
                _ => {}
            }
        }
        let invokes = chart.states.iter().flat_map(|state| &state.invokes);
        for (children, span) in invokes.filter_map(|invoke| Some((invoke.children()?, invoke.span))) {
            self.check_children(children, span);
        }
    }

    fn check_read(&mut self, read: &Read, other: &Chart) {
        if let ReadOf::Found(find) = &read.of
            && find.source == FindSource::Instances
        {
            self.check_find(read, find, other);
        }
        for path in &read.paths {
            let [first, field, ..] = path.as_slice() else { continue };
            if &**first == "data" && &**field != "*" {
                self.check_shown(read, field, other);
            }
        }
    }

    /// A field or a state that is misspelt finds nobody.
    fn check_find(&mut self, read: &Read, find: &Find, other: &Chart) {
        for (field, _) in &find.blind {
            if other.blind.contains(field) {
                continue;
            }
            let message = format!("`{}` is found by no personal field `{field}`", other.workflow);
            let help = match other.data.get(field) {
                Some(found) if found.is_personal() => format!("mark it `index: true` in `{}`", other.workflow),
                Some(_) => {
                    "personal data is looked for in personal fields only: elsewhere it would stand in the trail".to_owned()
                }
                None => meant(
                    field,
                    other.blind.iter().map(|name| &**name),
                    "name a field that is marked `phi` and `index` there",
                ),
            };
            self.error(Code::UnknownField, read.span, message, help);
        }
        for (field, _) in &find.conditions {
            if other.indexed.contains(field) {
                continue;
            }
            let message = format!("`{}` is found by no field `{field}`", other.workflow);
            let help = match other.data.get(field) {
                Some(found) if found.is_personal() => {
                    "what a personal field is compared with is personal as well: a field marked `phi`, of a form or its own"
                        .to_owned()
                }
                Some(_) => format!("mark it `index: true` in `{}`", other.workflow),
                None => meant(
                    field,
                    other.indexed.iter().map(|name| &**name),
                    "name a field that is indexed there",
                ),
            };
            self.error(Code::UnknownField, read.span, message, help);
        }
        for state in &find.states {
            if other.states.iter().any(|known| known.name == *state || known.path == *state) {
                continue;
            }
            let names = other.states.iter().map(|known| &*known.name);
            let message = format!("`{}` has no state `{state}`", other.workflow);
            self.error(
                Code::UnknownState,
                read.span,
                message,
                meant(state, names, "name a state of it"),
            );
        }
    }

    /// What expressions ask of the view.
    fn check_shown(&mut self, read: &Read, field: &Arc<str>, other: &Chart) {
        let name = &read.name;
        match other.data.get(field) {
            Some(found) if found.is_personal() => {
                let message = format!(
                    "`{name}.data.{field}` is personal in `{}`, and shown to no other",
                    other.workflow
                );
                let help = "ask for what does not identify anybody, in a field of its own";
                self.error(Code::PersonalData, read.span, message, help);
            }
            Some(_) => {}
            None if other.is_public_let(field) => {}
            None if other.lets.iter().any(|(known, _)| known == field) => {
                let message = format!(
                    "`{name}.data.{field}` rests on more than what `{}` shows to others",
                    other.workflow
                );
                let help = "a `let` that others read rests on the instance's own fields and states, and on nothing personal";
                self.error(Code::UnknownField, read.span, message, help);
            }
            None => {
                let known = other.data.list.iter().map(|field| &*field.name);
                let message = format!("`{}` has no field `{field}`, and `{name}` asks for it", other.workflow);
                self.error(
                    Code::UnknownField,
                    read.span,
                    message,
                    meant(field, known, "declare it there"),
                );
            }
        }
    }

    fn check_send(&mut self, send: &Send, span: Span) {
        let Addressee::Instance { workflow, .. } = &send.to else {
            return;
        };
        let Some(other) = self.by_name.get(workflow).copied() else {
            return;
        };
        let mut admissions = other.transitions.iter().filter_map(|transition| match &transition.trigger {
            Trigger::Event(pattern) if pattern.matches(&send.event) => transition.admission.as_deref(),
            _ => None,
        });
        match admissions.next() {
            Some(admission) => self.check_form(
                &admission.form,
                &send.with,
                &format!("`{}` of `{workflow}`", send.event),
                span,
            ),
            None => {
                let message = format!("`{workflow}` takes no event `{}` from outside", send.event);
                let help = "give it a transition there, with `by: [{workflow: …}]`";
                self.error(Code::UnknownWord, span, message, help);
            }
        }
    }

    fn check_start(&mut self, start: &StartInstance, span: Span) {
        if let Some(other) = self.by_name.get(&start.workflow).copied() {
            let what = format!("the start of `{}`", start.workflow);
            self.check_form(&other.start.form, &start.with, &what, span);
        }
    }

    fn check_children(&mut self, children: &Children, span: Span) {
        if let Some(other) = self.by_name.get(&children.workflow).copied() {
            let what = format!("the start of `{}`", children.workflow);
            self.check_form(&other.start.form, &children.input, &what, span);
        }
    }

    /// What is sent along is what the form asks for.
    fn check_form(&mut self, form: &Form, with: &[(Arc<str>, ValueTemplate)], what: &str, span: Span) {
        for (name, _) in with {
            if form.fields.get(name).is_none() {
                let known = form.fields.list.iter().map(|field| &*field.name);
                let message = format!("{what} takes no `{name}`");
                self.error(
                    Code::UnknownField,
                    span,
                    message,
                    meant(name, known, "take it away, or add it to the form there"),
                );
            }
        }
        for field in &form.fields.list {
            if field.is_required() && !with.iter().any(|(name, _)| *name == field.name) {
                let message = format!("{what} needs `{}`", field.name);
                self.error(Code::MissingKey, span, message, "send it along: it would be refused without");
            }
        }
    }

    fn error(&mut self, code: Code, span: Span, message: String, help: impl Into<String>) {
        self.out.push(Diagnostic::error(code, span, message).help(help));
    }
}

fn meant<'n>(name: &str, known: impl Iterator<Item = &'n str>, otherwise: &str) -> String {
    match nearest(name, known) {
        Some(near) => format!("write `{near}`, if that is meant"),
        None => otherwise.to_owned(),
    }
}
