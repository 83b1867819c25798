//! Evaluating a template.
//!
//! In a mixture every value stands in its text form (see [`crate::value::text`]): decimals as written, dates in ISO 8601,
//! instants in RFC 3339 in the scope's zone. Null, lists and objects have none: naming one is a fault, so that no sentence
//! has a hole in it.

use std::sync::Arc;

use super::evaluate::Evaluation;
use super::limits::FUEL_MAX;
use super::scope::{Scope, Stop};
use super::{Expression, Part, Template};
use crate::value::Value;

impl Template {
    /// The value: of its type if the template is exactly one `{{ … }}`, otherwise text.
    ///
    /// # Errors
    /// [`Stop::Fault`] with its place in the template; [`Stop::Needs`] unchanged from the scope.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, Stop> {
        match self.single() {
            Some((offset, expression)) => expression.evaluate(scope).map_err(|stop| stop.shifted(offset)),
            None => self.evaluate_text(scope).map(Value::Text),
        }
    }

    /// The text, also of a template that is exactly one `{{ … }}`.
    ///
    /// # Errors
    /// As [`Template::evaluate`], and a fault for a value without a text form.
    pub fn evaluate_text(&self, scope: &dyn Scope) -> Result<Arc<str>, Stop> {
        if let [Part::Text(text)] = self.parts() {
            return Ok(Arc::clone(text));
        }
        let mut filling = Filling {
            scope,
            fuel: FUEL_MAX,
            out: String::new(),
        };
        match self.single() {
            Some((offset, expression)) => filling.append(offset, expression)?,
            None => {
                for part in self.parts() {
                    match part {
                        Part::Text(text) => filling.out.push_str(text),
                        Part::Expression { offset, expression } => filling.append(*offset, expression)?,
                    }
                }
            }
        }
        Ok(filling.out.into())
    }
}

/// A text that is being filled in; all its expressions share one budget.
struct Filling<'a> {
    scope: &'a dyn Scope,
    fuel: u64,
    out: String,
}

impl Filling<'_> {
    fn append(&mut self, offset: usize, expression: &Expression) -> Result<(), Stop> {
        let mut evaluation = Evaluation::with_fuel(expression.source(), self.scope, self.fuel);
        let root = expression.root();
        let appended = evaluation
            .value(root)
            .and_then(|value| evaluation.append_text(&value, root, &mut self.out));
        self.fuel = evaluation.fuel();
        appended.map_err(|stop| stop.shifted(offset))
    }
}
