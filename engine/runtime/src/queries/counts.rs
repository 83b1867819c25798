//! Counts of instances, for those who see them and for those who are told of many together only.
//!
//! # Invariants
//! - An instance is in one cell: by the state in which it is, as far down as that is one state, or by one field.
//! - What somebody does not see is counted for them only where enough of it comes together, in each cell and in all that is withheld.
//! - Cells that are withheld are not named: their names are values of fields.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, StateIndex, StateKind};
use statewright_core::field::{Field, Kind};
use statewright_core::step::{Actor, Countable, Snapshot, Visibility, countable, counts_least};
use statewright_core::value::Value;

use super::Queries;
use super::tally::{Combining, Counted, Counts, Table};
use crate::error::{EngineError, EngineResult};
use crate::instances::{Instance, Personal};
use crate::registry::Known;
use crate::roles::{self, AUDITOR};
use crate::store::ListQuery;

/// Instances that are looked at for one count. Each is asked whether it may be counted: no index knows that.
pub const COUNT_SCAN_MAX: usize = 50_000;

/// Read at once.
const PAGE: usize = 500;

/// What instances are counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountBy {
    /// All of them together.
    Nothing,
    /// The state they are in.
    State,
    /// The value of this field.
    Field(Arc<str>),
}

/// What is to be counted.
#[derive(Clone, Debug)]
pub struct CountRequest {
    pub workflow: Arc<str>,
    pub by: CountBy,
    /// A field with numbers, to be added up.
    pub sum: Option<Arc<str>>,
    /// Only those that have ended, or only those that have not.
    pub done: Option<bool>,
    /// Of more nothing is said; at most [`COUNT_SCAN_MAX`].
    pub most: usize,
}

/// What an actor is told of one instance.
pub(super) enum Told {
    Seen { fields: Option<Vec<Arc<str>>> },
    Counted(Countable),
}

impl Queries {
    /// How many instances of a workflow there are, of those that the actor sees or may have counted.
    ///
    /// # Errors
    /// [`EngineError::NotCountable`] for a field by which nothing is counted, [`EngineError::TooManyToCount`]; those of the store.
    pub async fn counts(&self, request: &CountRequest, live: &Known, actor: &Actor, now: Timestamp) -> EngineResult<Counts> {
        check_fields(request, &live.chart)?;
        let mut table = Table::new(Combining::Sum, counts_least(&live.chart, actor));
        let mut after = None;
        let most = request.most.min(COUNT_SCAN_MAX);
        let mut looked_at = 0;
        loop {
            let query = ListQuery {
                workflow: Some(request.workflow.clone()),
                done: request.done,
                after,
                limit: PAGE,
            };
            let page = self.store.list(&query).await?;
            for row in &page.rows {
                looked_at += 1;
                if looked_at > most {
                    return Err(EngineError::TooManyToCount { most });
                }
                after = Some((row.started_at_us, row.instance));
                let instance = match self.instances.restore(row, Personal::Without).await {
                    Err(error @ EngineError::DamagedInstance { .. }) => {
                        tracing::error!(%error, "an instance cannot be counted");
                        continue;
                    }
                    restored => restored?,
                };
                if let Some(told) = self.told(&instance, actor, now).await? {
                    if let Told::Counted(countable) = &told {
                        table.withhold_below(countable.least);
                    }
                    table.add(request.counted(&instance, &told));
                }
            }
            if !page.more || page.rows.is_empty() {
                return Ok(table.counts());
            }
        }
    }

    pub(super) async fn told(&self, instance: &Instance, actor: &Actor, now: Timestamp) -> EngineResult<Option<Told>> {
        match self.visibility_among(instance, actor, now).await? {
            _ if roles::has(actor, AUDITOR) => return Ok(Some(Told::Seen { fields: None })),
            Visibility::Shown { fields } => return Ok(Some(Told::Seen { fields })),
            Visibility::Hidden => {}
        }
        let (chart, snapshot) = (&instance.known.chart, &instance.snapshot);
        let counted = self
            .ask(instance, now, |facts| countable(chart, snapshot, actor, facts, now))
            .await;
        match counted {
            // what was said of its visibility says it already
            Err(error) if !error.passes() => Ok(None),
            counted => Ok(counted?.map(Told::Counted)),
        }
    }
}

impl CountRequest {
    fn counted(&self, instance: &Instance, told: &Told) -> Counted {
        let (chart, snapshot) = (&instance.known.chart, &instance.snapshot);
        let value_of = |name: &Arc<str>| {
            let field = usable(chart, name).filter(|field| told.may_tell(field));
            field.map(|field| snapshot.data.get(&field.name).cloned().unwrap_or(Value::Null))
        };
        Counted {
            unseen: told.is_unseen(),
            value: self.sum.as_ref().map(value_of),
            cell: match &self.by {
                CountBy::Nothing => None,
                CountBy::State => Some(Some(Value::from_text(whereabouts(chart, snapshot)))),
                CountBy::Field(name) => Some(value_of(name)),
            },
        }
    }
}

impl Told {
    /// Whether the actor may be told what stands in a field. Whom or what an instance is about is told by no count, unless a rule names it.
    pub(super) fn may_tell(&self, field: &Field) -> bool {
        let names = |fields: &[Arc<str>]| fields.contains(&field.name);
        match self {
            Told::Seen { fields } => fields.as_deref().is_none_or(names),
            Told::Counted(Countable {
                fields: Some(fields), ..
            }) => names(fields),
            Told::Counted(_) => !matches!(field.schema.kind, Kind::Reference { .. } | Kind::User),
        }
    }

    pub(super) fn is_unseen(&self) -> bool {
        matches!(self, Told::Counted(_))
    }
}

/// A field that may be counted by or added up at all: one of its own, and not personal.
pub(super) fn usable<'c>(chart: &'c Chart, name: &str) -> Option<&'c Field> {
    chart.data.get(name).filter(|field| !field.is_personal())
}

fn is_cell(field: &Field) -> bool {
    field.is_indexed() && !matches!(field.schema.kind, Kind::List { .. })
}

fn is_number(field: &Field) -> bool {
    matches!(field.schema.kind, Kind::Integer | Kind::Decimal { .. })
}

fn check_fields(request: &CountRequest, chart: &Chart) -> EngineResult<()> {
    let refuse = |parameter: &'static str, name: &str, fits: fn(&Field) -> bool, besides: &[&str]| {
        let fields = chart.data.list.iter().filter(|field| !field.is_personal() && fits(field));
        let known: Vec<&str> = besides.iter().copied().chain(fields.map(|field| &*field.name)).collect();
        Err(EngineError::NotCountable {
            parameter,
            why: match known.as_slice() {
                [] => format!("`{name}` is no field with numbers, and the workflow has none"),
                known => format!("`{name}` is none of {}", known.join(", ")),
            },
        })
    };
    if let CountBy::Field(name) = &request.by
        && !usable(chart, name).is_some_and(is_cell)
    {
        return refuse("by", name, is_cell, &["state"]);
    }
    match &request.sum {
        Some(name) if !usable(chart, name).is_some_and(is_number) => refuse("sum", name, is_number, &[]),
        _ => Ok(()),
    }
}

/// The path of the state that an instance is in, as far down as it is in one: where it parts into regions, the path ends.
pub(super) fn whereabouts<'c>(chart: &'c Chart, snapshot: &Snapshot) -> &'c str {
    let mut state = chart.state(StateIndex::ROOT);
    while let StateKind::Compound { .. } = state.kind {
        let active = state.children.iter().find(|child| snapshot.active.contains(**child));
        let Some(active) = active else { break };
        state = chart.state(*active);
    }
    &state.path
}
