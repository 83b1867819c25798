//! The filters on text.

use std::sync::Arc;

use regex::Regex;

use super::Filter;
use super::ast::Node;
use super::evaluate::{Evaluation, fault};
use super::limits::RESULT_TEXT_BYTES_MAX;
use super::scope::{FaultKind, Stop};
use crate::value::Value;

impl Evaluation<'_> {
    pub(super) fn text_filter(
        &mut self,
        filter: Filter,
        value: &Value,
        operand: &Node,
        arguments: &[Node],
        pattern: Option<&Regex>,
        node: &Node,
    ) -> Result<Value, Stop> {
        let Value::Text(text) = value else {
            let takes = if filter == Filter::Slice {
                "takes a list or text"
            } else {
                "takes text"
            };
            return Err(self.mismatch(operand, value, &format!("`{}` {takes}", filter.name())));
        };
        self.expect_text(text.len(), node.span)?;
        match (filter, arguments) {
            (Filter::Lower, _) => Ok(Value::Text(text.to_lowercase().into())),
            (Filter::Upper, _) => Ok(Value::Text(text.to_uppercase().into())),
            (Filter::Trim, _) => Ok(Value::from_text(text.trim())),
            (Filter::Slice, _) => {
                let range = self.slice_range(arguments, text.chars().count())?;
                Ok(Value::Text(
                    text.chars().skip(range.start).take(range.len()).collect::<String>().into(),
                ))
            }
            (Filter::Replace, [from, to]) => self.replaced(text, from, to, node),
            (Filter::Split, [separator]) => self.split(text, separator, node),
            (Filter::StartsWith, [start]) => Ok(Value::Boolean(text.starts_with(&*self.text(start)?))),
            (Filter::EndsWith, [end]) => Ok(Value::Boolean(text.ends_with(&*self.text(end)?))),
            (Filter::Matches, _) => {
                self.burn(text.len(), node.span)?;
                Ok(Value::Boolean(pattern.is_some_and(|pattern| pattern.is_match(text))))
            }
            // Arities are checked when the expression is read.
            _ => Err(fault(
                FaultKind::Type,
                node.span,
                format!("{} has the wrong arguments", self.quoted(node)),
            )),
        }
    }

    fn replaced(&mut self, text: &str, from: &Node, to: &Node, node: &Node) -> Result<Value, Stop> {
        let old = self.nonempty(from)?;
        let new = self.text(to)?;
        let places = text.matches(&*old).count();
        let most = text.len().saturating_add(places.saturating_mul(new.len()));
        // Counted before it is made: a short expression must not be able to make a long text.
        self.expect_text(
            most.saturating_sub(places * old.len()).min(RESULT_TEXT_BYTES_MAX + 1),
            node.span,
        )?;
        Ok(Value::Text(text.replace(&*old, &new).into()))
    }

    fn split(&mut self, text: &str, separator: &Node, node: &Node) -> Result<Value, Stop> {
        let separator = self.nonempty(separator)?;
        self.expect_items(text.matches(&*separator).count() + 1, node.span)?;
        Ok(Value::from_items(text.split(&*separator).map(Value::from_text).collect()))
    }

    fn nonempty(&mut self, node: &Node) -> Result<Arc<str>, Stop> {
        let text = self.text(node)?;
        if text.is_empty() {
            return Err(fault(
                FaultKind::Type,
                node.span,
                format!("{} is text without a character", self.quoted(node)),
            ));
        }
        Ok(text)
    }
}
