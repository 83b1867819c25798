//! A table whose rows say under which conditions they answer, and with what.
//!
//! It answers from its inputs alone: it asks no other table, no clock and no calendar. Days and times of day are those of the zone in which
//! it is asked, as they are for every expression of that instance: the zone is the instance's own from its first step on, so the same
//! instance has the same answer for ever. A calendar may change any day, and a table that counted along one would answer otherwise
//! afterwards; what is to be counted in business time is computed outside and given as a moment.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Condition;
use crate::chart::{Lets, ValueTemplate};
use crate::expression::limits::{PARTS_PER_FUEL, STEP_FUEL_MAX};
use crate::expression::{Call, Expression, FaultKind, Meter, Scope, Stop, Type};
use crate::field::Fields;
use crate::time::Calendar;
use crate::value::order::order;
use crate::value::{Object, Value, limits, number};

/// `let` values of one table: each may rest on those before it, and evaluating recurses.
pub const TABLE_LETS_MAX: usize = 32;

/// Rows that decide.
#[derive(Clone, Debug)]
pub struct Decision {
    pub inputs: Fields,
    /// Each uses at most those before it.
    pub lets: Lets,
    /// In the order in which they are tried.
    pub rows: Vec<Row>,
    pub answer: Answer,
    /// The type of what it answers.
    pub gives: Type,
    /// Whether a value that was given may stand in an answer.
    pub repeats_inputs: bool,
}

/// How rows become one answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The first row that applies gives these fields.
    First(Fields),
    /// The only row that applies gives these fields; two are a fault.
    Unique(Fields),
    /// The first row of each group that applies; a row without a group is a group of its own.
    Collect(Vec<(Arc<str>, Combined)>),
}

/// A part of an answer, put together from rows.
#[derive(Clone, Debug)]
pub struct Combined {
    pub from: Combining,
    /// Computed for each row, of what it gives.
    pub of: Expression,
    /// Only of rows for which this holds.
    pub condition: Option<Expression>,
}

/// How the parts of rows are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combining {
    List,
    /// True if no row says false.
    All,
    /// True if some row says true.
    Any,
    /// 0 of none.
    Sum,
    /// Null of none.
    Max,
    /// Null of none.
    Min,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Counted from 1, as people count.
    pub number: u32,
    pub group: Option<Arc<str>>,
    /// Input to its condition; all must hold.
    pub when: Vec<(Arc<str>, Condition)>,
    pub condition: Option<Expression>,
    /// None: it applies, and says nothing.
    pub then: Option<Vec<(Arc<str>, ValueTemplate)>>,
}

/// What a table answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What it was given, as its inputs hold it.
    pub given: Object,
    pub answer: Value,
    /// The numbers of the rows that applied.
    pub rows: Vec<u32>,
}

impl Decision {
    /// Answers for these inputs. `outer` is where it is asked: its zone and its budget hold here, too.
    ///
    /// # Errors
    /// A fault with a sentence that begins with the table's name: an input that does not fit, no row that applies, a row that cannot
    /// be computed.
    pub fn decide(&self, table: &str, given: &Object, outer: &dyn Scope) -> Result<Decided, Stop> {
        let taken = self.inputs.accept_object(given).map_err(|problems| {
            let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
            refused(table, &sentences.join("; "))
        })?;
        let given = taken.unwrap_or_else(|| given.clone());
        let asking = Asking {
            table,
            decision: self,
            outer,
            given: &given,
            named: &RefCell::default(),
            row: None,
        };
        let rows = asking.applying()?;
        let answer = asking.answer(&rows)?;
        Ok(Decided {
            answer,
            rows: rows.iter().map(|row| row.number).collect(),
            given,
        })
    }

    /// Of inputs and rows that give an answer this way, whether a value that was given may stand in it.
    pub fn may_repeat(inputs: &Fields, lets: &Lets, rows: &[Row], answer: &Answer) -> bool {
        let computed = |then: &Vec<(Arc<str>, ValueTemplate)>| then.iter().any(|(_, value)| is_computed(value));
        let combined = match answer {
            Answer::Collect(parts) => parts.iter().any(|(_, part)| {
                let references = part.of.references();
                let own = |name: &Arc<str>| inputs.get(name).is_some() || lets.iter().any(|(known, _)| known == name);
                references.variables.keys().any(own)
            }),
            Answer::First(_) | Answer::Unique(_) => false,
        };
        combined || rows.iter().filter_map(|row| row.then.as_ref()).any(computed)
    }
}

fn is_computed(value: &ValueTemplate) -> bool {
    match value {
        ValueTemplate::Literal(_) => false,
        ValueTemplate::Computed(_) => true,
        ValueTemplate::List(items) => items.iter().any(is_computed),
        ValueTemplate::Object(fields) => fields.iter().any(|(_, value)| is_computed(value)),
    }
}

fn refused(table: &str, sentence: &str) -> Stop {
    Stop::fault(FaultKind::Scope, format!("`{table}`: {sentence}"))
}

/// One question to a table: what its expressions see.
struct Asking<'a> {
    table: &'a str,
    decision: &'a Decision,
    outer: &'a dyn Scope,
    given: &'a Object,
    /// `let` values that were computed. They name inputs and one another, never what a row gives, and so are the same for every row.
    named: &'a RefCell<BTreeMap<Arc<str>, Result<Value, Stop>>>,
    /// What the row that is being combined gives.
    row: Option<&'a Object>,
}

impl<'a> Asking<'a> {
    /// The rows that answer.
    fn applying(&self) -> Result<Vec<&'a Row>, Stop> {
        let mut found: Vec<&Row> = Vec::new();
        let mut answered: BTreeSet<&Arc<str>> = BTreeSet::new();
        for row in &self.decision.rows {
            if row.group.as_ref().is_some_and(|group| answered.contains(group)) || !self.applies(row)? {
                continue;
            }
            found.push(row);
            match (&self.decision.answer, found.as_slice()) {
                (Answer::First(_), _) => break,
                (Answer::Unique(_), [first, second]) => {
                    let sentence = format!("rows {} and {} apply both", first.number, second.number);
                    return Err(refused(self.table, &sentence));
                }
                _ => answered.extend(&row.group),
            }
        }
        Ok(found)
    }

    fn applies(&self, row: &Row) -> Result<bool, Stop> {
        self.burn(1 + row.when.len())?;
        let given = |input: &str| self.given.get(input).unwrap_or(&Value::Null);
        if !row.when.iter().all(|(input, condition)| condition.holds(given(input))) {
            return Ok(false);
        }
        match &row.condition {
            Some(condition) => condition.evaluate_truth(self).map_err(|stop| self.in_row(row, stop)),
            None => Ok(true),
        }
    }

    fn answer(&self, rows: &[&'a Row]) -> Result<Value, Stop> {
        match &self.decision.answer {
            Answer::First(fields) | Answer::Unique(fields) => {
                let Some(row) = rows.first() else {
                    return Err(refused(self.table, "no row applies"));
                };
                let then = self.then(row)?.unwrap_or_default();
                match fields.accept_object(&then) {
                    Ok(taken) => Ok(Value::from_fields(taken.unwrap_or(then))),
                    Err(problems) => {
                        let sentences: Vec<String> = problems.iter().map(ToString::to_string).collect();
                        let sentence = format!("row {} gives what it may not: {}", row.number, sentences.join("; "));
                        Err(refused(self.table, &sentence))
                    }
                }
            }
            Answer::Collect(parts) => self.collect(rows, parts),
        }
    }

    fn collect(&self, rows: &[&'a Row], parts: &[(Arc<str>, Combined)]) -> Result<Value, Stop> {
        let mut given = Vec::new();
        for row in rows {
            if let Some(then) = self.then(row)? {
                given.push((*row, then));
            }
        }
        let mut answer = Object::new();
        for (name, part) in parts {
            let mut values = Vec::new();
            for (row, then) in &given {
                let scope = Asking {
                    row: Some(then),
                    ..*self
                };
                values.extend(scope.part(part).map_err(|stop| self.in_row(row, stop))?);
            }
            answer.insert(name.clone(), self.combined(name, part.from, values)?);
        }
        self.sized(Value::from_fields(answer))
    }

    /// What one row has for a part of the answer.
    fn part(&self, part: &Combined) -> Result<Option<Value>, Stop> {
        self.burn(1)?;
        if let Some(condition) = &part.condition
            && !condition.evaluate_truth(self)?
        {
            return Ok(None);
        }
        match part.from {
            Combining::All | Combining::Any => part.of.evaluate_truth(self).map(Value::Boolean).map(Some),
            Combining::List | Combining::Sum | Combining::Max | Combining::Min => part.of.evaluate(self).map(Some),
        }
    }

    fn combined(&self, name: &str, from: Combining, values: Vec<Value>) -> Result<Value, Stop> {
        let is_true = |value: &Value| *value == Value::Boolean(true);
        let empty = || refused(self.table, &format!("`{name}`: a row gives nothing for it"));
        Ok(match from {
            Combining::List => Value::from_items(values),
            Combining::All => Value::Boolean(values.iter().all(is_true)),
            Combining::Any => Value::Boolean(values.iter().any(is_true)),
            _ if values.iter().any(Value::is_null) => return Err(empty()),
            Combining::Sum => {
                let sum = values
                    .iter()
                    .try_fold(Value::Integer(0), |sum, value| number::add(&sum, value));
                sum.map_err(|error| refused(self.table, &format!("`{name}`: {error}")))?
            }
            Combining::Max => values.into_iter().max_by(order).unwrap_or(Value::Null),
            Combining::Min => values.into_iter().min_by(order).unwrap_or(Value::Null),
        })
    }

    /// What a row gives; None if it says nothing.
    fn then(&self, row: &Row) -> Result<Option<Object>, Stop> {
        let Some(then) = &row.then else { return Ok(None) };
        let mut given = Object::new();
        for (name, value) in then {
            let value = self.value(value).map_err(|stop| self.in_row(row, stop))?;
            given.insert(name.clone(), value);
        }
        Ok(Some(given))
    }

    fn value(&self, value: &ValueTemplate) -> Result<Value, Stop> {
        match value {
            ValueTemplate::Literal(value) => Ok(value.clone()),
            ValueTemplate::Computed(template) => template.evaluate(self),
            ValueTemplate::List(items) => {
                let items: Result<Vec<Value>, Stop> = items.iter().map(|item| self.value(item)).collect();
                self.sized(Value::from_items(items?))
            }
            ValueTemplate::Object(fields) => {
                let fields: Result<Object, Stop> = fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.value(value)?)))
                    .collect();
                self.sized(Value::from_fields(fields?))
            }
        }
    }

    fn sized(&self, value: Value) -> Result<Value, Stop> {
        limits::check(&value).map_err(|error| refused(self.table, &error.to_string()))?;
        self.burn(limits::weight(&value, limits::VALUE_NODES_MAX) / PARTS_PER_FUEL)?;
        Ok(value)
    }

    fn burn(&self, amount: usize) -> Result<(), Stop> {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        if self.outer.meter().is_some_and(|meter| !meter.burn(amount)) {
            let sentence = format!("all expressions together take more than {STEP_FUEL_MAX} steps");
            return Err(Stop::fault(FaultKind::Limit, sentence));
        }
        Ok(())
    }

    fn in_row(&self, row: &Row, stop: Stop) -> Stop {
        match stop {
            Stop::Fault(mut fault) => {
                fault.message = format!("`{}`, row {}: {}", self.table, row.number, fault.message);
                Stop::Fault(fault)
            }
            needs @ Stop::Needs(_) => needs,
        }
    }
}

impl Scope for Asking<'_> {
    fn variable(&self, name: &str) -> Result<Option<Value>, Stop> {
        if let Some(value) = self.row.and_then(|row| row.get(name)) {
            return Ok(Some(value.clone()));
        }
        if let Some(value) = self.given.get(name) {
            return Ok(Some(value.clone()));
        }
        let Some((name, expression)) = self.decision.lets.iter().find(|(known, _)| **known == *name) else {
            return Ok(None);
        };
        if let Some(value) = self.named.borrow().get(name) {
            return value.clone().map(Some);
        }
        let value = expression.evaluate(self);
        self.named.borrow_mut().insert(name.clone(), value.clone());
        value.map(Some)
    }

    fn call(&self, _call: &Call<'_>) -> Result<Value, Stop> {
        Err(refused(self.table, "a table asks nobody else"))
    }

    fn zone(&self) -> &TimeZone {
        self.outer.zone()
    }

    fn now(&self) -> Timestamp {
        self.outer.now()
    }

    fn meter(&self) -> Option<&Meter> {
        self.outer.meter()
    }

    fn calendar(&self) -> Option<&dyn Calendar> {
        None
    }
}
