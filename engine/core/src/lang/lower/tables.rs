//! The tables that expressions ask: found before an expression is checked, so that its answer has a type.

use std::sync::Arc;

use super::Lowering;
use crate::chart::{Table, Tables};
use crate::diagnostic::Code;
use crate::expression::ast::{Node as Term, Term as Kind};
use crate::expression::{Expression, Function, Template};
use crate::lang::loader::TableSlot;
use crate::lang::personal::Flow;
use crate::lang::scope::Scope;
use crate::lang::table;
use crate::value::Value;
use crate::yaml::Scalar;

impl Lowering<'_> {
    /// Reads the tables that an expression, which begins at `offset` of the scalar's text, asks.
    pub(super) fn find_tables(&mut self, scalar: &Scalar, offset: usize, expression: &Expression) {
        let mut asked = Vec::new();
        gather(expression.root(), &mut asked);
        for (function, name) in asked {
            let span = scalar.span_of(name.span.start + offset..name.span.end + offset);
            let Kind::Constant(Value::Text(table)) = &name.term else {
                let message = "the name of a table is written out, so that the table belongs to the definition";
                let help = format!("write `{}('name', …)`", function.name());
                self.error(Code::WrongArguments, span, message, help);
                continue;
            };
            let found = self.table(table, span);
            self.tables.borrow_mut().insert(table.clone(), found);
        }
    }

    /// The same for every expression of a template.
    pub(super) fn find_tables_of(&mut self, scalar: &Scalar, template: &Template) {
        for (offset, expression) in template.expressions() {
            self.find_tables(scalar, offset, expression);
        }
    }

    fn table(&mut self, name: &str, place: crate::diagnostic::Span) -> Option<Arc<Table>> {
        table::named(&mut self.loader, &mut self.out, &mut self.fields_left, name, place)
    }

    /// Notes which inputs of tables an expression gives personal data.
    pub(super) fn note_inputs(&mut self, expression: &Expression, scope: &Scope) {
        let flow = Flow {
            scope,
            elsewhere: &self.personal_fields,
        };
        self.personal_inputs.extend(flow.personal_inputs(expression));
    }

    /// Every table of the definition.
    pub(super) fn pinned_tables(&mut self) -> Tables {
        let read = self.loader.tables.iter().filter_map(|(name, slot)| match slot {
            TableSlot::Read(Some(table)) => Some((name.clone(), table.clone())),
            TableSlot::Read(None) | TableSlot::Reading => None,
        });
        Tables {
            by_name: read.collect(),
            personal_inputs: std::mem::take(&mut self.personal_inputs),
        }
    }
}

/// Calls of tables, with their first argument.
fn gather<'e>(node: &'e Term, asked: &mut Vec<(Function, &'e Term)>) {
    if let Kind::Call {
        function: function @ (Function::Decide | Function::Table),
        arguments,
        ..
    } = &node.term
    {
        asked.extend(arguments.first().map(|name| (*function, name)));
    }
    node.children().into_iter().for_each(|child| gather(child, asked));
}
