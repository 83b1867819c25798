//! The filters over lists: those with an expression for each item, and those for a list as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::Filter;
use super::ast::Node;
use super::evaluate::{Evaluation, fault};
use super::operators::rank;
use super::scope::{FaultKind, Stop};
use crate::value::number;
use crate::value::order::{self, Ordered};
use crate::value::{Object, Value};

impl Evaluation<'_> {
    pub(super) fn filter(
        &mut self,
        filter: Filter,
        operand: &Node,
        arguments: &[Node],
        pattern: Option<&Regex>,
        node: &Node,
    ) -> Result<Value, Stop> {
        if filter == Filter::Default {
            return self.or_default(operand, arguments);
        }
        let value = self.present(operand)?;
        if filter.is_over_items() {
            let Value::List(items) = &value else {
                return Err(self.mismatch(operand, &value, &format!("`{}` takes a list", filter.name())));
            };
            self.burn(items.len(), node.span)?;
            return self.over_items(filter, operand, items, arguments.first(), node);
        }
        match (filter, &value, arguments) {
            (Filter::Length, _, _) => self.length(&value, operand),
            (Filter::Last, Value::List(items), _) => Ok(items.last().cloned().unwrap_or(Value::Null)),
            (Filter::Join, Value::List(items), _) => self.joined(items, operand, arguments.first(), node),
            (Filter::Reverse, Value::List(items), _) => {
                self.expect_items(items.len(), node.span)?;
                Ok(Value::from_items(items.iter().rev().cloned().collect()))
            }
            (Filter::Slice, Value::List(items), _) => {
                let range = self.slice_range(arguments, items.len())?;
                Ok(Value::from_items(items.get(range).unwrap_or(&[]).to_vec()))
            }
            (Filter::Keys, Value::Object(fields), _) => {
                self.expect_items(fields.len(), node.span)?;
                Ok(Value::from_items(
                    fields.keys().map(|name| Value::Text(Arc::clone(name))).collect(),
                ))
            }
            (Filter::Values, Value::Object(fields), _) => {
                self.expect_items(fields.len(), node.span)?;
                Ok(Value::from_items(fields.values().cloned().collect()))
            }
            (Filter::Last | Filter::Join | Filter::Reverse, _, _) => {
                Err(self.mismatch(operand, &value, &format!("`{}` takes a list", filter.name())))
            }
            (Filter::Keys | Filter::Values, _, _) => {
                Err(self.mismatch(operand, &value, &format!("`{}` takes an object", filter.name())))
            }
            (Filter::Round | Filter::Format | Filter::Duration | Filter::Text, _, _) => {
                self.presented(filter, &value, operand, arguments, node)
            }
            _ => self.text_filter(filter, &value, operand, arguments, pattern, node),
        }
    }

    /// What is asked for once an index range is known: from `a` up to and without `b`, cut to what is there.
    pub(super) fn slice_range(&mut self, arguments: &[Node], length: usize) -> Result<std::ops::Range<usize>, Stop> {
        let mut bounds = [0, length];
        for (bound, argument) in bounds.iter_mut().zip(arguments) {
            let number = self.whole_number(argument)?;
            *bound = usize::try_from(number).map(|number| number.min(length)).map_err(|_| {
                fault(
                    FaultKind::Number,
                    argument.span,
                    format!("{} is {number}, and places are counted from 0", self.quoted(argument)),
                )
            })?;
        }
        Ok(bounds[0]..bounds[1].max(bounds[0]))
    }

    fn or_default(&mut self, operand: &Node, arguments: &[Node]) -> Result<Value, Stop> {
        match (self.value(operand)?, arguments.first()) {
            (Value::Null, Some(fallback)) => self.value(fallback),
            (value, _) => Ok(value),
        }
    }

    fn length(&self, value: &Value, operand: &Node) -> Result<Value, Stop> {
        let length = match value {
            Value::List(items) => items.len(),
            Value::Object(fields) => fields.len(),
            Value::Text(text) => text.chars().count(),
            _ => return Err(self.mismatch(operand, value, "only lists, objects and text have a length")),
        };
        Ok(count(length))
    }

    fn joined(&mut self, items: &[Value], operand: &Node, separator: Option<&Node>, node: &Node) -> Result<Value, Stop> {
        let separator = match separator {
            Some(node) => self.text(node)?,
            None => Arc::from(""),
        };
        let mut text = String::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.push_str(&separator);
            }
            self.burn(1, node.span)?;
            self.append_text(item, operand, &mut text)
                .map_err(|stop| stop.noted(|| format!(" (item {})", index + 1)))?;
        }
        Ok(Value::Text(text.into()))
    }

    fn over_items(
        &mut self,
        filter: Filter,
        operand: &Node,
        items: &[Value],
        argument: Option<&Node>,
        node: &Node,
    ) -> Result<Value, Stop> {
        let mut each = Each {
            operand,
            items,
            argument,
        };
        match filter {
            Filter::Where => {
                let kept = each.chosen(self)?.map(|index| items[index].clone());
                Ok(Value::from_items(kept.collect()))
            }
            Filter::Count => Ok(count(if argument.is_some() {
                each.chosen(self)?.count()
            } else {
                items.len()
            })),
            Filter::Any => Ok(Value::Boolean(each.first(self, true)?.is_some())),
            Filter::All => Ok(Value::Boolean(each.first(self, false)?.is_none())),
            Filter::First if argument.is_none() => Ok(items.first().cloned().unwrap_or(Value::Null)),
            Filter::First => Ok(each.first(self, true)?.map_or(Value::Null, |index| items[index].clone())),
            Filter::Map => each.values(self).map(Value::from_items),
            Filter::Sum => each.sum(self, node),
            Filter::Group => each.group(self, node),
            Filter::Sort => each.sort(self, node),
            Filter::Unique => each.unique(self, node),
            _ => Err(fault(
                FaultKind::Type,
                node.span,
                format!("{} is not over items", self.quoted(node)),
            )),
        }
    }

    /// Text that is not null.
    pub(super) fn text(&mut self, node: &Node) -> Result<Arc<str>, Stop> {
        match self.present(node)? {
            Value::Text(text) => Ok(text),
            other => Err(self.mismatch(node, &other, "text is needed")),
        }
    }
}

/// A list, and the expression that is evaluated for each of its items.
struct Each<'a> {
    operand: &'a Node,
    items: &'a [Value],
    argument: Option<&'a Node>,
}

impl Each<'_> {
    /// The places of the items for which the expression is true.
    fn chosen(&mut self, evaluation: &mut Evaluation<'_>) -> Result<impl Iterator<Item = usize> + use<>, Stop> {
        let mut places = Vec::new();
        for index in 0..self.items.len() {
            if self.truth(evaluation, index)? {
                places.push(index);
            }
        }
        Ok(places.into_iter())
    }

    /// The place of the first item for which the expression is `wanted`.
    fn first(&mut self, evaluation: &mut Evaluation<'_>, wanted: bool) -> Result<Option<usize>, Stop> {
        for index in 0..self.items.len() {
            if self.truth(evaluation, index)? == wanted {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// The expression's value for each item, or the items themselves.
    fn values(&mut self, evaluation: &mut Evaluation<'_>) -> Result<Vec<Value>, Stop> {
        let Some(argument) = self.argument else {
            return Ok(self.items.to_vec());
        };
        (0..self.items.len())
            .map(|index| self.at(evaluation, index, |inner| inner.value(argument)))
            .collect()
    }

    fn truth(&mut self, evaluation: &mut Evaluation<'_>, index: usize) -> Result<bool, Stop> {
        match self.argument {
            Some(argument) => self.at(evaluation, index, |inner| inner.truth(argument)),
            None => Ok(true),
        }
    }

    fn at<T>(
        &self,
        evaluation: &mut Evaluation<'_>,
        index: usize,
        evaluate: impl FnOnce(&mut Evaluation<'_>) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let item = self.items[index].clone();
        let result = evaluation.with_item(item, index, |inner| evaluate(inner));
        result.map_err(|stop| stop.noted(|| self.place(evaluation, index)))
    }

    /// " (item 2 of `lots`)", counted as people count.
    fn place(&self, evaluation: &Evaluation<'_>, index: usize) -> String {
        format!(" (item {} of {})", index + 1, evaluation.quoted(self.operand))
    }

    /// The node to name when a value is at fault.
    fn named(&self) -> &Node {
        self.argument.unwrap_or(self.operand)
    }

    fn sum(&mut self, evaluation: &mut Evaluation<'_>, node: &Node) -> Result<Value, Stop> {
        let mut total: Option<Value> = None;
        for (index, value) in self.values(evaluation)?.into_iter().enumerate() {
            total = Some(match (total, value) {
                (None, value @ (Value::Integer(_) | Value::Decimal(_) | Value::Duration(_))) => value,
                (Some(Value::Duration(sum)), Value::Duration(next)) => {
                    evaluation.timed(sum.plus(next).map(Value::Duration), node)?
                }
                (Some(sum), next) if sum.as_decimal().is_some() && next.as_decimal().is_some() => {
                    evaluation.counted(number::add(&sum, &next), node)?
                }
                (None, value) => return Err(self.unfit(evaluation, &value, index, "numbers or durations are summed")),
                (Some(sum), value) => {
                    let wanted = format!("it is added to {}", sum.kind().described());
                    return Err(self.unfit(evaluation, &value, index, &wanted));
                }
            });
        }
        Ok(total.unwrap_or(Value::Integer(0)))
    }

    fn unfit(&self, evaluation: &Evaluation<'_>, value: &Value, index: usize, wanted: &str) -> Stop {
        evaluation
            .mismatch(self.named(), value, wanted)
            .noted(|| self.place(evaluation, index))
    }

    fn group(&mut self, evaluation: &mut Evaluation<'_>, node: &Node) -> Result<Value, Stop> {
        let mut places: BTreeMap<Ordered, usize> = BTreeMap::new();
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        for (item, key) in self.items.iter().zip(self.values(evaluation)?) {
            pay_for_search(evaluation, &key, groups.len(), node)?;
            let place = *places.entry(Ordered(key.clone())).or_insert(groups.len());
            if place == groups.len() {
                groups.push((key, Vec::new()));
            }
            groups[place].1.push(item.clone());
        }
        let group = |(key, items): (Value, Vec<Value>)| {
            Value::from_fields(Object::from([
                (Arc::from("key"), key),
                (Arc::from("items"), Value::from_items(items)),
            ]))
        };
        evaluation.sized(Value::from_items(groups.into_iter().map(group).collect()), node)
    }

    fn unique(&mut self, evaluation: &mut Evaluation<'_>, node: &Node) -> Result<Value, Stop> {
        let mut seen: BTreeMap<Ordered, ()> = BTreeMap::new();
        let mut kept = Vec::new();
        for (item, key) in self.items.iter().zip(self.values(evaluation)?) {
            pay_for_search(evaluation, &key, seen.len(), node)?;
            if seen.insert(Ordered(key), ()).is_none() {
                kept.push(item.clone());
            }
        }
        Ok(Value::from_items(kept))
    }

    /// Ascending by key. Keys are sorted in the order of all values, which never fails, and of which what the language
    /// compares is a part; whether it compares these is checked apart.
    fn sort(&mut self, evaluation: &mut Evaluation<'_>, node: &Node) -> Result<Value, Stop> {
        let keys = self.values(evaluation)?;
        for (index, key) in keys.iter().enumerate() {
            let fits = keys.first().is_some_and(|first| rank(first, key).is_some());
            if !fits {
                return Err(self.unfit(evaluation, key, index, &sort_fault(&keys, key)));
            }
            pay_for_search(evaluation, key, keys.len(), node)?;
        }
        let mut pairs: Vec<(&Value, &Value)> = keys.iter().zip(self.items).collect();
        pairs.sort_by(|(left, _), (right, _)| order::order(left, right));
        for pair in pairs.windows(2) {
            if let Some(order) = rank(pair[0].0, pair[1].0) {
                evaluation.timed(order, node)?;
            }
        }
        Ok(Value::from_items(pairs.into_iter().map(|(_, item)| item.clone()).collect()))
    }
}

fn sort_fault(keys: &[Value], key: &Value) -> String {
    match keys.first() {
        Some(first) if first.kind() != key.kind() => format!("the first item's is {}", first.kind().described()),
        _ => "only numbers, text, dates, times, instants and durations have an order".to_owned(),
    }
}

/// What it costs to find a key among so many.
fn pay_for_search(evaluation: &mut Evaluation<'_>, key: &Value, among: usize, node: &Node) -> Result<(), Stop> {
    let comparisons = (usize::BITS - among.leading_zeros()) as usize + 1;
    let weight = evaluation.weight(key);
    evaluation.burn(weight.saturating_mul(comparisons), node.span)
}

fn count(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
