//! Fields that a form may leave open by their type, and that a guard asks for all the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::chart::{Admission, Chart, Form, Guard, Lets, Transition};
use crate::expression::ast::{Node, Term};

/// A field that nothing but a guard asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededField {
    pub name: Arc<str>,
    /// Whatever else is filled in. Else it depends on that.
    pub always: bool,
}

/// Of an event: by the guards of its transition and of its branches.
pub(super) fn needed_by_event(chart: &Chart, transition: &Transition, admission: &Admission) -> Vec<NeededField> {
    let mut asking = Asking::of(&admission.form, vec![&transition.lets, &chart.lets], false);
    asking.guards(&transition.guards, true);
    for branch in &transition.branches {
        asking.lets.insert(0, &branch.lets);
        // another branch may be gone without it
        asking.guards(&branch.guards, transition.branches.len() == 1);
        asking.lets.remove(0);
    }
    asking.needed()
}

/// Of a start. Its record is filled in before the guards are tried, which ask it as well.
#[must_use]
pub fn needed_by_start(chart: &Chart) -> Vec<NeededField> {
    let mut asking = Asking::of(&chart.start.form, vec![&chart.lets], true);
    asking.guards(&chart.start.guards, true);
    asking.needed()
}

/// What guards ask for, as far as it can be read off them.
struct Asking<'c> {
    form: &'c Form,
    lets: Vec<&'c Lets>,
    /// Fields that the form writes are asked for by their own names.
    in_record: bool,
    always: BTreeSet<Arc<str>>,
    sometimes: BTreeSet<Arc<str>>,
}

impl<'c> Asking<'c> {
    fn of(form: &'c Form, lets: Vec<&'c Lets>, in_record: bool) -> Self {
        Asking {
            form,
            lets,
            in_record,
            always: BTreeSet::new(),
            sometimes: BTreeSet::new(),
        }
    }

    fn guards(&mut self, guards: &[Guard], always: bool) {
        for guard in guards {
            self.clause(guard.condition.root(), true, always, &mut BTreeSet::new());
        }
    }

    /// `wanted`: what it must be for the guard to hold. `always`: the guard is false if it is not. `followed`: the named values that were
    /// looked at, and how. Each is once: values that name each other twice would be looked at for ever.
    fn clause(&mut self, node: &Node, wanted: bool, always: bool, followed: &mut BTreeSet<(Arc<str>, bool, bool)>) {
        match &node.term {
            Term::And(clauses) | Term::Or(clauses) => {
                let all = matches!(node.term, Term::And(_)) == wanted;
                for clause in clauses {
                    self.clause(clause, wanted, always && all, followed);
                }
            }
            Term::Not(operand) => self.clause(operand, !wanted, always, followed),
            Term::IsNone { negated, operand } if *negated == wanted => self.ask(operand, always),
            // what is not there is neither more nor less than anything
            Term::Compare { comparison, left, right } if always && !comparison.is_equality() => {
                self.ask(left, always);
                self.ask(right, always);
            }
            Term::Variable(name) if followed.insert((name.clone(), wanted, always)) => {
                let named = self.lets.iter().copied().flatten().find(|(known, _)| known == name);
                if let Some((_, expression)) = named {
                    self.clause(expression.root(), wanted, always, followed);
                }
            }
            _ => {}
        }
    }

    fn ask(&mut self, node: &Node, always: bool) {
        let Some(path) = node.path() else { return };
        let name = match path.as_slice() {
            [event, name] if &**event == "event" => name,
            [name] if self.in_record && self.form.writes.contains(name) => name,
            _ => return,
        };
        let field = self.form.fields.get(name);
        if field.is_some_and(|field| field.optional && field.default.is_none()) {
            let asked = if always { &mut self.always } else { &mut self.sometimes };
            asked.insert(name.clone());
        }
    }

    fn needed(self) -> Vec<NeededField> {
        let fields = self.form.fields.list.iter().filter_map(|field| {
            let always = self.always.contains(&field.name);
            (always || self.sometimes.contains(&field.name)).then(|| NeededField {
                name: field.name.clone(),
                always,
            })
        });
        fields.collect()
    }
}
