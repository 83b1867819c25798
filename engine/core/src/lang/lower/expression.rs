//! Expressions: parsed, checked against the names in scope, and what they touch.

use std::sync::Arc;

use super::Lowering;
use crate::chart::ValueTemplate;
use crate::diagnostic::Code;
use crate::expression::{Expression, Function, References, Step, Template, Type, Use};
use crate::field::{self, Schema};
use crate::lang::personal::Flow;
use crate::lang::scope::{Known, Scope};
use crate::lang::{builtin, computed, unbuilt};
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
        self.note_references(scalar, 0, &expression.references(), scope);
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
        self.note_references(scalar, offset, &expression.references(), scope);
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
        self.note_references(scalar, 0, &template.references(), scope);
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

    /// Notes what is used of reads, and tells of functions and variables that are not built.
    fn note_references(&mut self, scalar: &Scalar, offset: usize, references: &References, scope: &Scope) {
        let span_of = |word: &str| {
            let at = scalar
                .text
                .get(offset..)
                .and_then(|rest| rest.find(word))
                .map(|at| at + offset);
            at.map_or(scalar.span, |at| scalar.span_of(at..at + word.len()))
        };
        for (variable, paths) in &references.variables {
            self.note_read(
                variable,
                paths.iter().map(|(path, reference)| (path.0.as_slice(), reference.usage)),
            );
            if &**variable == "sla" {
                self.check_clocks(paths.keys(), span_of);
            }
            if let Some(what) = builtin::unbuilt(variable).filter(|_| matches!(scope.get(variable), Some(Known::BuiltIn))) {
                self.out.push(unbuilt::diagnostic(self.unbuilt, span_of(variable), what));
            }
        }
        for (function, _) in &references.calls {
            if let Some(what) = unbuilt_function(*function) {
                self.out
                    .push(unbuilt::diagnostic(self.unbuilt, span_of(function.name()), what));
            }
        }
    }

    fn note_read<'p>(&mut self, variable: &Arc<str>, paths: impl Iterator<Item = (&'p [Step], Use)>) {
        let Some(noted) = self.read_paths.get_mut(variable) else {
            return;
        };
        for (path, usage) in paths {
            // of a list of views, what is asked of each
            let path = path.strip_prefix(&[Step::Each]).unwrap_or(path);
            let fields = path.iter().map_while(|step| match step {
                Step::Field(name) => Some(name.clone()),
                Step::Each => None,
            });
            let fields: Vec<Arc<str>> = fields.collect();
            if fields.is_empty() && usage == Use::Value {
                // The view as a whole: whoever gets it may ask for what identifies it.
                noted.extend([vec!["workflow".into()], vec!["key".into()]]);
            } else if !fields.is_empty() {
                noted.insert(fields);
            }
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

fn unbuilt_function(function: Function) -> Option<&'static str> {
    Some(match function {
        Function::BusinessDays | Function::BusinessHours | Function::BusinessBetween | Function::InBusinessHours => {
            "business time in expressions"
        }
        _ => return None,
    })
}
