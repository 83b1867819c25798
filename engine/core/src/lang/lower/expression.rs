//! Expressions: parsed, checked against the names in scope, and what they touch.

use super::Lowering;
use crate::chart::ValueTemplate;
use crate::diagnostic::{Code, Span};
use crate::expression::{Expression, Function, References, Template, Type};
use crate::field::{self, Schema};
use crate::lang::computed;
use crate::lang::personal::Flow;
use crate::lang::scope::Scope;
use crate::yaml::{Kind, Node, Scalar};

impl Lowering<'_> {
    /// A bare expression, parsed and nothing more.
    pub(super) fn parsed(&mut self, node: &Node) -> Option<Expression> {
        computed::expression(node.as_scalar()?, &mut self.out)
    }

    /// A bare expression, with the type of its value.
    pub(super) fn typed_expression(&mut self, node: &Node, scope: &Scope) -> Option<(Expression, Type)> {
        let scalar = node.as_scalar()?;
        let expression = computed::expression(scalar, &mut self.out)?;
        let kind = self.check_expression(scalar, 0, &expression, scope);
        Some((expression, kind))
    }

    /// A bare expression that is true or false.
    pub(super) fn condition(&mut self, node: &Node, scope: &Scope) -> Option<Expression> {
        let scalar = node.as_scalar()?;
        let expression = computed::expression(scalar, &mut self.out)?;
        self.find_tables(scalar, 0, &expression);
        computed::report(scalar, expression.check_truth(scope), &mut self.out);
        self.check_words(scalar, 0, &expression);
        self.check_choices(scalar, 0, &expression, scope);
        self.note_inputs(&expression, scope);
        self.note_references(scalar, 0, &expression.references());
        Some(expression)
    }

    /// A bare expression that gives one of these types.
    pub(super) fn expression_of(&mut self, node: &Node, scope: &Scope, wanted: &[Type], noun: &str) -> Option<Expression> {
        let (expression, kind) = self.typed_expression(node, scope)?;
        self.check_kind(node.as_scalar()?, &kind, wanted, noun);
        Some(expression)
    }

    /// The type of an expression that begins at `offset` of the scalar's text; what is wrong with it is told.
    pub(super) fn check_expression(&mut self, scalar: &Scalar, offset: usize, expression: &Expression, scope: &Scope) -> Type {
        self.find_tables(scalar, offset, expression);
        let (kind, problems) = expression.check(scope);
        computed::report_at(scalar, offset, problems, &mut self.out);
        self.check_words(scalar, offset, expression);
        self.check_choices(scalar, offset, expression, scope);
        self.note_inputs(expression, scope);
        self.note_references(scalar, offset, &expression.references());
        kind
    }

    /// The type of a template's value; what is wrong with it is told.
    pub(super) fn check_template(&mut self, scalar: &Scalar, template: &Template, scope: &Scope) -> Type {
        self.find_tables_of(scalar, template);
        let (kind, problems) = template.check(scope);
        computed::report(scalar, problems, &mut self.out);
        self.note_template(scalar, template, scope);
        kind
    }

    /// Tells what is wrong with a template whose value is written as text.
    pub(super) fn check_text(&mut self, scalar: &Scalar, template: &Template, scope: &Scope) {
        self.find_tables_of(scalar, template);
        computed::report(scalar, template.check_text(scope), &mut self.out);
        self.note_template(scalar, template, scope);
    }

    fn note_template(&mut self, scalar: &Scalar, template: &Template, scope: &Scope) {
        for (offset, expression) in template.expressions() {
            self.check_words(scalar, offset, expression);
            self.check_choices(scalar, offset, expression, scope);
            self.note_inputs(expression, scope);
        }
        self.note_references(scalar, 0, &template.references());
    }

    /// The type of the items of a list.
    pub(super) fn check_list(&mut self, scalar: &Scalar, offset: usize, expression: &Expression, scope: &Scope) -> Type {
        let kind = self.check_expression(scalar, offset, expression, scope);
        match kind.present() {
            Type::List(item) => (**item).clone(),
            Type::Any | Type::Null => Type::Any,
            _ => {
                self.check_kind(scalar, &kind, &[Type::list(Type::Any)], "a list");
                Type::Any
            }
        }
    }

    pub(super) fn check_kind(&mut self, scalar: &Scalar, found: &Type, wanted: &[Type], noun: &str) {
        let found = found.present();
        let fits = matches!(found, Type::Any | Type::Null) || wanted.iter().any(|wanted| wanted.kind() == found.kind());
        if !fits {
            let message = format!("this is {found}, and {noun} is needed");
            self.error(Code::WrongType, scalar.span, message, format!("compute {noun}"));
        }
    }

    /// Whether a computed value may stand in a field.
    pub(super) fn check_fit(&mut self, schema: &Schema, found: &Type, scalar: &Scalar, place: &str) {
        let Some(misfit) = schema.misfit(found) else { return };
        let part = if misfit.path.is_empty() {
            "this".to_owned()
        } else {
            format!("`{}` in it", misfit.path)
        };
        let message = format!("{part} is {}, and {place} takes {}", misfit.found, misfit.wanted);
        self.error(Code::WrongType, scalar.span, message, "compute a value of the declared type");
    }

    /// As [`Self::check_fit`], for a structure with computed parts.
    pub(super) fn check_value_fit(&mut self, schema: &Schema, node: &Node, value: &ValueTemplate, scope: &Scope, place: &str) {
        match (value, &node.kind) {
            (ValueTemplate::Computed(template), Kind::Scalar(scalar)) => {
                let (kind, _) = template.check(scope);
                self.check_fit(schema, &kind, scalar, place);
            }
            (ValueTemplate::Object(_), _) if !matches!(schema.kind, field::Kind::Object { .. } | field::Kind::Any) => {
                let message = format!("this is an object, and {place} takes {}", schema.expression_type());
                self.error(Code::WrongType, node.span, message, "write a value of the declared type");
            }
            (ValueTemplate::List(_), _) if !matches!(schema.kind, field::Kind::List { .. } | field::Kind::Any) => {
                let message = format!("this is a list, and {place} takes {}", schema.expression_type());
                self.error(Code::WrongType, node.span, message, "write a value of the declared type");
            }
            _ => {}
        }
    }

    /// Notes what is used of reads, and tells of clocks that are not there and business time without a calendar.
    fn note_references(&mut self, scalar: &Scalar, offset: usize, references: &References) {
        let span_of = |word: &str| {
            let at = scalar
                .text
                .get(offset..)
                .and_then(|rest| rest.find(word))
                .map(|at| at + offset);
            at.map_or(scalar.span, |at| scalar.span_of(at..at + word.len()))
        };
        self.read_uses.note(references);
        for (variable, paths) in &references.variables {
            if &**variable == "sla" {
                self.check_clocks(paths.keys(), span_of);
            }
        }
        for (function, _) in &references.calls {
            if needs_calendar(*function) {
                self.need_calendar(span_of(function.name()));
            }
        }
    }

    /// Business time is counted along a calendar, which the workflow names.
    pub(super) fn need_calendar(&mut self, place: Span) {
        if !self.has_calendar {
            let message = "business time needs a calendar, and the workflow names none";
            let help = "add `calendar: NAME` to the workflow; its file is deployed like a workflow's";
            self.error(Code::CalendarUnnamed, place, message, help);
        }
    }

    pub(super) fn is_personal(&self, expression: &Expression, scope: &Scope) -> bool {
        Flow {
            scope,
            elsewhere: &self.personal_fields,
        }
        .expression(expression)
    }
}

/// Whether a function counts along the workflow's calendar.
fn needs_calendar(function: Function) -> bool {
    matches!(
        function,
        Function::BusinessDays | Function::BusinessHours | Function::BusinessBetween | Function::InBusinessHours
    )
}
