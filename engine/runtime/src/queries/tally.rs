//! A table of counts while it is made: how many are in each cell, what their values come to, and what of it is not told.
//!
//! # Invariants
//! - What somebody does not see is counted for them only where enough of it comes together, in each cell and in all that is withheld.
//! - Cells that are withheld are not named: their names are values of fields.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use statewright_core::value::Value;
use statewright_core::value::canonical::to_canonical;
use statewright_core::value::number::add;
use statewright_core::value::order::order;

use super::withholding::withhold;

/// Cells of one answer: more than anybody compares.
pub const COUNT_CELLS_MAX: usize = 1_000;

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
    /// What the values come to. None: none was asked for, there is no value, or it is withheld.
    pub sum: Option<Value>,
}

/// What values come to together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Combining {
    #[default]
    Sum,
    Least,
    Greatest,
}

/// A value that may not be told is none.
pub(super) type Told = Option<Value>;

/// One that is counted.
pub(super) struct Counted {
    /// The actor does not see it.
    pub unseen: bool,
    /// The cell it is in; None: they are counted by nothing.
    pub cell: Option<Told>,
    /// None: nothing is combined.
    pub value: Option<Told>,
}

#[derive(Clone, Debug, Default)]
struct Tally {
    count: u64,
    /// Of these, those that the actor does not see.
    unseen: u64,
    sum: Option<Value>,
    /// Unseen ones that have a value.
    summed: u64,
    /// Some of these may not be combined for the actor, or cannot be.
    unsummed: bool,
}

/// The cells of a table while it is made.
pub(super) struct Table {
    combining: Combining,
    least: Option<u64>,
    total: Tally,
    /// By the canonical form of their value.
    cells: BTreeMap<String, (Value, Tally)>,
    /// Of those whose value the actor may not be told.
    untold: Tally,
    /// That the actor does not see, and that were left out of the table.
    left_out: u64,
}

impl Table {
    /// `least`: of fewer that the actor does not see nothing is said; None: as far as is known they see all.
    pub fn new(combining: Combining, least: Option<u64>) -> Self {
        Table {
            combining,
            least,
            total: Tally::default(),
            cells: BTreeMap::new(),
            untold: Tally::default(),
            left_out: 0,
        }
    }

    /// One that the actor does not see is no part of this table, and may be one of another: so few that nothing may be said of them must
    /// not be the difference of the two.
    pub fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// Of several numbers the strictest holds.
    pub fn withhold_below(&mut self, least: u64) {
        self.least = Some(self.least.unwrap_or(0).max(least));
    }

    pub fn add(&mut self, counted: Counted) {
        let Counted { unseen, cell, value } = counted;
        let combining = self.combining;
        self.total.add(value.as_ref(), unseen, combining);
        let tally = match cell {
            None => return,
            Some(Some(cell)) => {
                &mut self
                    .cells
                    .entry(to_canonical(&cell))
                    .or_insert_with(|| (cell, Tally::default()))
                    .1
            }
            Some(None) => &mut self.untold,
        };
        tally.add(value.as_ref(), unseen, combining);
    }

    pub fn counts(self) -> Counts {
        let least = match self.least.unwrap_or(0) {
            least if (1..least).contains(&self.left_out) => u64::MAX,
            least => least,
        };
        let mut cells: Vec<(Option<Value>, Tally)> =
            self.cells.into_values().map(|(value, tally)| (Some(value), tally)).collect();
        cells.sort_by_key(|(_, tally)| Reverse(tally.count));
        // those beyond what an answer holds are withheld like those that may not be told
        let beyond = cells.split_off(cells.len().min(COUNT_CELLS_MAX));
        let mut untold = self.untold;
        beyond.into_iter().for_each(|(_, tally)| untold.merge(&tally, self.combining));
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
    fn add(&mut self, value: Option<&Told>, unseen: bool, combining: Combining) {
        self.count += 1;
        self.unseen += u64::from(unseen);
        match value {
            None | Some(Some(Value::Null)) => {}
            Some(None) => self.unsummed = true,
            // the least and the greatest are each somebody's own
            Some(Some(_)) if unseen && combining != Combining::Sum => self.unsummed = true,
            Some(Some(value)) => {
                self.summed += u64::from(unseen);
                self.combine(value, combining);
            }
        }
    }

    fn merge(&mut self, other: &Tally, combining: Combining) {
        self.count += other.count;
        self.unseen += other.unseen;
        self.summed += other.summed;
        self.unsummed |= other.unsummed;
        if let Some(value) = &other.sum {
            self.combine(value, combining);
        }
    }

    fn combine(&mut self, value: &Value, combining: Combining) {
        let takes = |wanted: Ordering| self.sum.as_ref().is_none_or(|sum| order(value, sum) == wanted);
        let takes = match combining {
            Combining::Sum => return self.add_up(value),
            Combining::Least => takes(Ordering::Less),
            Combining::Greatest => takes(Ordering::Greater),
        };
        if takes {
            self.sum = Some(value.clone());
        }
    }

    fn add_up(&mut self, value: &Value) {
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
