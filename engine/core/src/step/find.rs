//! Reads that find more than one: what is asked for, and what is made of the answer.

use jiff::Timestamp;

use super::blind::BlindCondition;
use super::index::conditions_of;
use super::scope::{StepScope, fault};
use super::{FindRequest, Sought, task};
use crate::chart::{Find, FindSource, Read, Take};
use crate::expression::{Scope, Stop, Template};
use crate::value::Value;
use crate::value::order::order;

impl StepScope<'_, '_> {
    pub(super) fn found(&self, read: &Read, find: &Find) -> Result<Value, Stop> {
        let request = match self.find_request(read, find)? {
            Some(request) => request,
            // it asks for a value that is null: nobody has that
            None => return taken(find, Vec::new()),
        };
        let place = (read.name.clone(), request.text());
        let mut seen = self.machine.seen.borrow_mut();
        if seen.watching {
            seen.watched.extend(request.topics());
        }
        let Some(found) = self.machine.facts.found.get(&place) else {
            if !seen.needs.finds.contains(&request) {
                seen.needs.finds.push(request);
            }
            return Err(Stop::Needs(read.name.clone()));
        };
        let rows = found.as_list();
        for row in rows.into_iter().flatten() {
            let name = |name: &str| row.field(name).and_then(Value::as_text);
            match (name("workflow"), name("key"), name("instance")) {
                (Some(workflow), Some(key), _) => _ = seen.found.insert(format!("{workflow}/{key}")),
                (_, _, Some(instance)) => _ = seen.found.insert(instance.to_owned()),
                _ => {}
            }
        }
        seen.finds.insert(place, found.clone());
        drop(seen);
        match rows {
            None => Ok(found.clone()),
            Some(rows) if rows.len() > find.limit => Err(fault(format!(
                "`{}` finds more than {}: say it more narrowly",
                read.name, find.limit
            ))),
            Some(rows) => taken(find, arranged(find, rows)),
        }
    }

    fn find_request(&self, read: &Read, find: &Find) -> Result<Option<FindRequest>, Stop> {
        let Some(mut conditions) = conditions_of(&find.conditions, |value| self.computed(value))? else {
            return Ok(None);
        };
        let mut blind = Vec::with_capacity(find.blind.len());
        for (field, value) in &find.blind {
            let value = self.computed(value)?;
            if value.is_null() {
                return Ok(None);
            }
            let Some(secret) = &self.machine.next.secret else {
                return Err(fault(format!(
                    "`{}` looks for personal data, and there is none here",
                    read.name
                )));
            };
            let Some(condition) = BlindCondition::of(field, &value, secret) else {
                return Ok(None);
            };
            blind.push(condition);
        }
        let sought = match &find.source {
            FindSource::Instances => Sought::Instances(read.workflow.clone()),
            FindSource::Marks(name) => Sought::Marks(name.clone()),
            FindSource::Tasks { held } => {
                let of_workflow = (!read.workflow.is_empty()).then(|| (task::WORKFLOW.into(), vec![read.workflow.clone()]));
                let of_somebody = held.then(|| (task::HELD.into(), vec![task::YES.into()]));
                conditions.extend(of_workflow.into_iter().chain(of_somebody));
                Sought::Tasks
            }
        };
        Ok(Some(FindRequest {
            read: read.name.clone(),
            sought,
            conditions,
            blind,
            states: find.states.clone(),
            since: self.since(find.since.as_ref())?,
            limit: find.limit,
            count: find.take == Take::Count && find.one_per.is_none(),
            exact: find.exact,
        }))
    }

    fn since(&self, template: Option<&Template>) -> Result<Option<Timestamp>, Stop> {
        let Some(template) = template else { return Ok(None) };
        match template.evaluate(self)? {
            Value::Null => Ok(None),
            Value::Instant(moment) => Ok(Some(moment)),
            Value::Date(date) => crate::time::start_of_day(date, self.zone())
                .map(Some)
                .map_err(|error| fault(error.to_string())),
            other => Err(fault(format!("`since` is {}, not a moment", other.kind().described()))),
        }
    }
}

/// A field of a row by its dotted path: of a mark's values or an instance's data, else of the row itself.
fn part(row: &Value, path: &str) -> Value {
    let of = |whole: &Value| {
        path.split('.')
            .try_fold(whole.clone(), |value, name| value.field(name).cloned())
    };
    let within = ["values", "data"].iter().filter_map(|name| row.field(name));
    let found = within.filter_map(of).find(|value| !value.is_null());
    found.or_else(|| of(row)).unwrap_or(Value::Null)
}

/// In order, and of each only the latest.
fn arranged(find: &Find, rows: &[Value]) -> Vec<Value> {
    let (moment, identity) = match find.source {
        FindSource::Marks(_) => ("at", "at"),
        FindSource::Instances => ("since", "key"),
        FindSource::Tasks { .. } => ("opened", "opened"),
    };
    let mut rows: Vec<Value> = rows.to_vec();
    if let Some(path) = &find.one_per {
        let of = |row: &Value| match &**path {
            "instance" => row
                .field("instance")
                .or_else(|| row.field("key"))
                .cloned()
                .unwrap_or(Value::Null),
            path => part(row, path),
        };
        // the latest first, so that it is the one that stays
        rows.sort_by(|first, second| order(&part(second, moment), &part(first, moment)));
        let mut kept: Vec<Value> = Vec::new();
        for row in rows {
            if !kept.iter().any(|other| of(other) == of(&row)) {
                kept.push(row);
            }
        }
        rows = kept;
    }
    if let FindSource::Marks(_) = find.source {
        // they come newest first; of one moment, too, the one that was written first is to stand first
        rows.reverse();
    }
    let path = find.order.as_deref().unwrap_or(identity);
    rows.sort_by(|first, second| order(&part(first, path), &part(second, path)));
    rows
}

fn taken(find: &Find, rows: Vec<Value>) -> Result<Value, Stop> {
    let values = |path: &str| -> Vec<Value> {
        let parts = rows.iter().map(|row| part(row, path));
        parts.filter(|value| !value.is_null()).collect()
    };
    match &find.take {
        Take::List => Ok(Value::from_items(rows)),
        Take::Count => Ok(Value::Integer(rows.len() as i64)),
        Take::Sum(path) => {
            let mut sum = Value::Integer(0);
            for value in values(path) {
                sum = crate::value::number::add(&sum, &value).map_err(|_| fault(format!("`{path}` cannot be added up")))?;
            }
            Ok(sum)
        }
        Take::Min(path) => Ok(values(path).into_iter().min_by(order).unwrap_or(Value::Null)),
        Take::Max(path) => Ok(values(path).into_iter().max_by(order).unwrap_or(Value::Null)),
    }
}
