//! Counts of instances, for those who see them and for those who are told of many together only.
//!
//! # Invariants
//! - An instance is in one cell: by the state in which it is, as far down as that is one state, or by one field.
//! - What somebody does not see is counted for them only where enough of it comes together, in each cell and in all that is withheld.
//! - Cells that are withheld are not named: their names are values of fields.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, StateIndex, StateKind};
use statewright_core::field::{Field, Kind};
use statewright_core::step::{Actor, Countable, Snapshot, Visibility, countable, counts_least};
use statewright_core::value::Value;
use statewright_core::value::canonical::to_canonical;
use statewright_core::value::number::add;

use super::Queries;
use super::withholding::withhold;
use crate::error::{EngineError, EngineResult};
use crate::instances::{Instance, Personal};
use crate::registry::Known;
use crate::roles::{self, AUDITOR};
use crate::store::ListQuery;

/// Instances that are looked at for one count. Each is asked whether it may be counted: no index knows that.
pub const COUNT_SCAN_MAX: usize = 50_000;

/// Read at once.
const PAGE: usize = 500;

/// Cells of one answer: more than anybody compares.
pub const COUNT_CELLS_MAX: usize = 1_000;

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
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Of fewer that the actor does not see, nothing is said. None: they see all that is counted.
    pub least: Option<u64>,
    /// None: it is withheld.
    pub total: Option<Cell>,
    /// The largest first; none, where they are counted by nothing.
    pub cells: Vec<(Value, Cell)>,
    /// There is more than these cells say.
    pub withheld: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub count: u64,
    /// None: none was asked for, there is no value, or it is withheld.
    pub sum: Option<Value>,
}

/// What an actor is told of one instance.
enum Told {
    Seen { fields: Option<Vec<Arc<str>>> },
    Counted(Countable),
}

#[derive(Clone, Debug, Default)]
struct Tally {
    count: u64,
    /// Of these, those that the actor does not see.
    unseen: u64,
    sum: Option<Value>,
    /// Unseen ones that have a value.
    summed: u64,
    /// Some of these may not be added up for the actor, or cannot be.
    unsummed: bool,
}

/// The cells of a table while it is made.
struct Table<'a> {
    request: &'a CountRequest,
    least: Option<u64>,
    total: Tally,
    /// By the canonical form of their value.
    cells: BTreeMap<String, (Value, Tally)>,
    /// Of those whose value the actor may not be told.
    untold: Tally,
}

impl Queries {
    /// How many instances of a workflow there are, of those that the actor sees or may have counted.
    ///
    /// # Errors
    /// [`EngineError::NotCountable`] for a field by which nothing is counted, [`EngineError::TooManyToCount`]; those of the store.
    pub async fn counts(&self, request: &CountRequest, live: &Known, actor: &Actor, now: Timestamp) -> EngineResult<Counts> {
        check_fields(request, &live.chart)?;
        let mut table = Table::of(request, counts_least(&live.chart, actor));
        let mut after = None;
        let mut looked_at = 0;
        loop {
            let query = ListQuery {
                workflow: Some(request.workflow.clone()),
                done: None,
                after,
                limit: PAGE,
            };
            let page = self.store.list(&query).await?;
            for row in &page.rows {
                looked_at += 1;
                if looked_at > COUNT_SCAN_MAX {
                    return Err(EngineError::TooManyToCount { most: COUNT_SCAN_MAX });
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
                    table.add(&instance, &told);
                }
            }
            if !page.more || page.rows.is_empty() {
                return Ok(table.counts());
            }
        }
    }

    async fn told(&self, instance: &Instance, actor: &Actor, now: Timestamp) -> EngineResult<Option<Told>> {
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

impl Told {
    /// Whether the actor may be told what stands in a field. Whom or what an instance is about is told by no count, unless a rule names it.
    fn may_tell(&self, field: &Field) -> bool {
        let names = |fields: &[Arc<str>]| fields.contains(&field.name);
        match self {
            Told::Seen { fields } => fields.as_deref().is_none_or(names),
            Told::Counted(Countable {
                fields: Some(fields), ..
            }) => names(fields),
            Told::Counted(_) => !matches!(field.schema.kind, Kind::Reference { .. } | Kind::User),
        }
    }

    fn is_unseen(&self) -> bool {
        matches!(self, Told::Counted(_))
    }
}

impl<'a> Table<'a> {
    fn of(request: &'a CountRequest, least: Option<u64>) -> Self {
        Table {
            request,
            least,
            total: Tally::default(),
            cells: BTreeMap::new(),
            untold: Tally::default(),
        }
    }

    fn add(&mut self, instance: &Instance, told: &Told) {
        if let Told::Counted(countable) = told {
            self.least = Some(self.least.unwrap_or(0).max(countable.least));
        }
        let (chart, snapshot) = (&instance.known.chart, &instance.snapshot);
        let value = self.request.sum.as_ref().map(|name| {
            let field = usable(chart, name).filter(|field| told.may_tell(field));
            field.map(|field| snapshot.data.get(&field.name).cloned().unwrap_or(Value::Null))
        });
        self.total.add(value.as_ref(), told.is_unseen());
        let cell = match &self.request.by {
            CountBy::Nothing => return,
            CountBy::State => Some(Value::from_text(whereabouts(chart, snapshot))),
            CountBy::Field(name) => {
                let field = usable(chart, name).filter(|field| told.may_tell(field));
                field.map(|field| snapshot.data.get(&field.name).cloned().unwrap_or(Value::Null))
            }
        };
        let tally = match cell {
            Some(cell) => {
                &mut self
                    .cells
                    .entry(to_canonical(&cell))
                    .or_insert_with(|| (cell, Tally::default()))
                    .1
            }
            None => &mut self.untold,
        };
        tally.add(value.as_ref(), told.is_unseen());
    }

    fn counts(self) -> Counts {
        let least = self.least.unwrap_or(0);
        let mut cells: Vec<(Option<Value>, Tally)> =
            self.cells.into_values().map(|(value, tally)| (Some(value), tally)).collect();
        cells.sort_by_key(|(_, tally)| Reverse(tally.count));
        // those beyond what an answer holds are withheld like those that may not be told
        let beyond = cells.split_off(cells.len().min(COUNT_CELLS_MAX));
        let mut untold = self.untold;
        beyond.into_iter().for_each(|(_, tally)| untold.merge(&tally));
        if untold.count > 0 {
            cells.push((None, untold));
        }
        let part = |tally: &Tally| tally.unseen;
        let parts: Vec<u64> = cells.iter().map(|(_, tally)| part(tally)).collect();
        let forced: Vec<bool> = cells.iter().map(|(value, _)| value.is_none()).collect();
        let counted = withhold(&parts, &forced, least);
        let summed: Vec<u64> = cells.iter().map(|(_, tally)| tally.summed).collect();
        let unsummed: Vec<bool> = cells
            .iter()
            .zip(&counted.cells)
            .map(|((_, tally), withheld)| *withheld || tally.unsummed)
            .collect();
        let sums = withhold(&summed, &unsummed, least);
        let total_is_withheld = self.total.unseen < least;
        let total_sum_is_withheld = self.total.unsummed || self.total.summed < least;
        let withheld = total_is_withheld || counted.cells.iter().any(|withheld| *withheld);
        let flags = counted.cells.into_iter().zip(sums.cells);
        let given = cells
            .into_iter()
            .zip(flags)
            .filter_map(|((value, tally), (withheld, unsummed))| {
                let value = value.filter(|_| !withheld)?;
                Some((value, tally.cell(unsummed)))
            });
        Counts {
            least: self.least,
            cells: given.collect(),
            total: (!total_is_withheld).then(|| self.total.clone().cell(total_sum_is_withheld)),
            withheld,
        }
    }
}

impl Tally {
    /// `value`: None where none is asked for; a value that is None may not be told.
    fn add(&mut self, value: Option<&Option<Value>>, unseen: bool) {
        self.count += 1;
        self.unseen += u64::from(unseen);
        match value {
            None | Some(Some(Value::Null)) => {}
            Some(None) => self.unsummed = true,
            Some(Some(value)) => {
                self.summed += u64::from(unseen);
                self.add_value(value);
            }
        }
    }

    fn merge(&mut self, other: &Tally) {
        self.count += other.count;
        self.unseen += other.unseen;
        self.summed += other.summed;
        self.unsummed |= other.unsummed;
        if let Some(value) = &other.sum {
            self.add_value(value);
        }
    }

    fn add_value(&mut self, value: &Value) {
        match add(self.sum.as_ref().unwrap_or(&Value::Integer(0)), value) {
            Ok(sum) => self.sum = Some(sum),
            // beyond what numbers hold, or no number under an older definition
            Err(_) => self.unsummed = true,
        }
    }

    fn cell(self, unsummed: bool) -> Cell {
        Cell {
            count: self.count,
            sum: self.sum.filter(|_| !unsummed),
        }
    }
}

/// A field that may be counted by or added up at all: one of its own, and not personal.
fn usable<'c>(chart: &'c Chart, name: &str) -> Option<&'c Field> {
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
fn whereabouts<'c>(chart: &'c Chart, snapshot: &Snapshot) -> &'c str {
    let mut state = chart.state(StateIndex::ROOT);
    while let StateKind::Compound { .. } = state.kind {
        let active = state.children.iter().find(|child| snapshot.active.contains(**child));
        let Some(active) = active else { break };
        state = chart.state(*active);
    }
    &state.path
}
