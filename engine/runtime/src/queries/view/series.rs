//! The points of a chart: how many there are of each, or what a column of them comes to.
//!
//! What its reader does not see is counted for them as in any count: where enough of it comes together, and never by what names somebody.

use std::sync::Arc;

use statewright_core::chart::Measure;
use statewright_core::step::{counts_least, state_names};
use statewright_core::value::Value;
use statewright_core::value::order::order;

use super::cell::Cell;
use super::column::dotted;
use super::scan::Source;
use super::{Asked, is_one_of};
use crate::error::{EngineError, EngineResult};
use crate::instances::{Instance, Personal};
use crate::queries::Queries;
use crate::queries::counts::{COUNT_SCAN_MAX, Told, usable, whereabouts};
use crate::queries::sight::Sight;
use crate::queries::tally::{self, Combining, Counted, Counts, Table};
use crate::registry::Known;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// `count`, `sum`, `min` or `max`.
    pub measure: &'static str,
    /// Of which column.
    pub of: Option<String>,
    /// By which column; None: there is one point alone, the total.
    pub group: Option<String>,
    /// Of fewer that the reader does not see, nothing is said. None: they see all that is counted.
    pub least: Option<u64>,
    /// Of all together; None: it is withheld.
    pub total: Option<Point>,
    /// In the order of the view; the greatest first, if it has none.
    pub points: Vec<Point>,
    /// There is more than these points say.
    pub withheld: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What they have in common; null of the total, and of those that have nothing there.
    pub value: Value,
    pub count: u64,
    /// What the column comes to; of a chart that counts the count. None: nothing of it has a value, or it is withheld.
    pub measure: Option<Value>,
}

impl Queries {
    pub(super) async fn series(&self, asked: &Asked<'_>, live: &Known) -> EngineResult<Series> {
        let mut table = Table::new(combining(&asked.view.measure), counts_least(&live.chart, asked.actor));
        let mut source = Source::of(asked, &live.chart);
        // what is left out of the table is looked at too where some of it is counted unseen
        if counts_least(&live.chart, asked.actor).is_some() {
            source = Source::all_of(&live.chart);
        }
        let mut looked_at = 0;
        loop {
            let (rows, is_last) = self.next(&mut source).await?;
            looked_at += rows.len();
            if looked_at > COUNT_SCAN_MAX {
                return Err(EngineError::ViewTooLarge { most: COUNT_SCAN_MAX });
            }
            for restored in self
                .instances
                .restore_all(&rows.iter().collect::<Vec<_>>(), Personal::Without)
                .await?
            {
                let instance = match restored {
                    Err(error @ EngineError::DamagedInstance { .. }) => {
                        tracing::error!(%error, "an instance cannot be counted");
                        continue;
                    }
                    restored => restored?,
                };
                if let Some(told) = self.told(&instance, asked.actor, asked.now).await? {
                    self.count(asked, &mut table, instance, told).await?;
                }
            }
            if is_last || rows.is_empty() {
                return Ok(series_of(asked, table.counts()));
            }
        }
    }

    async fn count(&self, asked: &Asked<'_>, table: &mut Table, instance: Instance, told: Told) -> EngineResult<()> {
        let (_, measured) = asked.view.measure.parts();
        let group = asked.view.group.as_ref();
        match told {
            Told::Seen { fields } => {
                let seen = Sight { instance, fields };
                if !asked.shows(&seen) {
                    return Ok(());
                }
                let cell = match group {
                    Some(path) => Some(self.grouped(asked, &seen, path).await?),
                    None => None,
                };
                let value = match measured {
                    Some(path) => Some(told_of(self.cell(asked, &seen, path).await?)),
                    None => None,
                };
                table.add(Counted {
                    unseen: false,
                    cell,
                    value,
                });
            }
            Told::Counted(ref countable) => {
                table.withhold_below(countable.least);
                if !asked.counts(&instance, &told) {
                    table.leave_out();
                    return Ok(());
                }
                table.add(Counted {
                    unseen: true,
                    cell: group.map(|path| unseen_value(&instance, &told, path)),
                    value: measured.map(|path| unseen_value(&instance, &told, path)),
                });
            }
        }
        Ok(())
    }

    async fn grouped(&self, asked: &Asked<'_>, seen: &Sight, path: &[Arc<str>]) -> EngineResult<tally::Told> {
        match path {
            [name] if **name == *"states" => Ok(Some(state_of(&seen.instance))),
            path => Ok(told_of(self.cell(asked, seen, path).await?)),
        }
    }
}

impl Asked<'_> {
    /// Whether one that its reader does not see is counted: chosen by nothing that may not be told.
    fn counts(&self, instance: &Instance, told: &Told) -> bool {
        let Instance { known, snapshot, .. } = instance;
        self.is_in(&state_names(&known.chart, snapshot))
            && self.conditions().iter().all(|(field, texts)| {
                let field = usable(&known.chart, field).filter(|field| told.may_tell(field));
                let value = field.and_then(|field| snapshot.data.get(&field.name));
                value.is_some_and(|value| is_one_of(value, texts))
            })
    }
}

/// Of one that the reader does not see.
fn unseen_value(instance: &Instance, told: &Told, path: &[Arc<str>]) -> tally::Told {
    let [name] = path else { return None };
    if **name == *"states" {
        return Some(state_of(instance));
    }
    let field = usable(&instance.known.chart, name).filter(|field| told.may_tell(field));
    field.map(|field| instance.snapshot.data.get(&field.name).cloned().unwrap_or(Value::Null))
}

fn state_of(instance: &Instance) -> Value {
    Value::from_text(whereabouts(&instance.known.chart, &instance.snapshot))
}

fn told_of(cell: Cell) -> tally::Told {
    match cell {
        Cell::Value(value) => Some(value),
        Cell::Withheld => None,
    }
}

pub(super) fn combining(measure: &Measure) -> Combining {
    match measure {
        Measure::Count | Measure::Sum(_) => Combining::Sum,
        Measure::Min(_) => Combining::Least,
        Measure::Max(_) => Combining::Greatest,
    }
}

pub(super) fn series_of(asked: &Asked<'_>, counts: Counts) -> Series {
    let view = asked.view;
    let (measure, of) = view.measure.parts();
    let point = |value: Value, cell: tally::Cell| Point {
        value,
        count: cell.count,
        measure: match of {
            None => i64::try_from(cell.count).ok().map(Value::Integer),
            Some(_) => cell.sum,
        },
    };
    let mut points: Vec<Point> = counts.cells.into_iter().map(|(value, cell)| point(value, cell)).collect();
    match view.sort.iter().find(|each| Some(&each.by) == view.group.as_ref()) {
        Some(by) if by.descending => points.sort_by(|left, right| order(&right.value, &left.value)),
        Some(_) => points.sort_by(|left, right| order(&left.value, &right.value)),
        None => points.sort_by(|left, right| {
            let null = Value::Null;
            let measure = |point: &Point| point.measure.clone().unwrap_or_else(|| null.clone());
            order(&measure(right), &measure(left)).then_with(|| order(&left.value, &right.value))
        }),
    }
    Series {
        measure,
        of: of.map(|path| dotted(path)),
        group: view.group.as_deref().map(dotted),
        least: counts.least,
        total: counts.total.map(|cell| point(Value::Null, cell)),
        points,
        withheld: counts.withheld,
    }
}
