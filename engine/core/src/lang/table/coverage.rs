//! What the rows of a decision leave open, and where two of them answer for the same values.
//!
//! Only `when` is looked at. A row with `if` may always be passed over, so it covers nothing; whatever it says, it is allowed to stand
//! before rows that answer for the same values. A row without `when` and `if` is for all that the others leave: it closes every gap, and
//! overlaps none, except where the only row that applies is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decision::{Placed, is_unique};
use super::region::{Axis, Pieces};
use crate::chart::{Answer, Condition};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span};
use crate::field::Fields;
use crate::yaml::Mapping;

/// Boxes that what is still open may fall into: beyond this the table cannot be judged in the time of a keystroke.
const OPEN_BOXES_MAX: usize = 10_000;

/// How often a condition may be held against a piece of its input, all rows of a group together: a few tenths of a second. Ranges in as
/// many rows as there may be are held against their ends eight million times.
const HELD_MAX: usize = 20_000_000;

/// Words of bits that are compared for one group of rows: a few tenths of a second.
const WORDS_MAX: usize = 100_000_000;

/// Gaps that are told in one sentence.
const GAPS_TOLD_MAX: usize = 3;

/// One choice of pieces on each axis: the values for which a row answers, or that nobody answers for.
type Values = Vec<Pieces>;

/// Tells gaps, overlaps, and rows that are never reached.
pub(super) fn check(inputs: &Fields, rows: &[Placed], answer: &Answer, table: &Mapping, out: &mut Diagnostics) {
    let place = table
        .entry("rows")
        .or(table.entry("rows_from"))
        .or(table.entry("table"))
        .map_or_else(Span::default, |entry| entry.key.span);
    let mut groups: BTreeMap<Option<&Arc<str>>, Vec<&Placed>> = BTreeMap::new();
    for placed in rows {
        groups.entry(placed.row.group.as_ref()).or_default().push(placed);
    }
    let collects = matches!(answer, Answer::Collect(_));
    for (group, rows) in groups {
        // a row that belongs to no group stands for itself
        if collects && group.is_none() {
            continue;
        }
        let group = Group {
            name: group,
            axes: axes(inputs, &rows),
            rows,
            place,
        };
        group.check(is_unique(answer), out);
    }
}

/// The inputs that some row asks of.
fn axes(inputs: &Fields, rows: &[&Placed]) -> Vec<Axis> {
    let conditions_on = |name: &Arc<str>| -> Vec<&Condition> {
        let all = rows.iter().flat_map(|placed| &placed.row.when);
        all.filter(|(input, _)| input == name)
            .map(|(_, condition)| condition)
            .collect()
    };
    let asked = inputs.list.iter().map(|input| (input, conditions_on(&input.name)));
    asked
        .filter(|(_, conditions)| !conditions.is_empty())
        .map(|(input, conditions)| Axis::of(input, &conditions))
        .collect()
}

/// Rows of which one answers.
struct Group<'r> {
    name: Option<&'r Arc<str>>,
    axes: Vec<Axis>,
    rows: Vec<&'r Placed>,
    place: Span,
}

impl Group<'_> {
    fn check(&self, unique: bool, out: &mut Diagnostics) {
        if let Some(axis) = self.axes.iter().find(|axis| axis.cost() > HELD_MAX) {
            let message = format!("the rows name too many values of `{}` to be checked for gaps", axis.name);
            out.push(
                Diagnostic::error(Code::TooManyParts, self.place, message).help("divide the table, or look the values up in one"),
            );
            return;
        }
        // of each two rows, whether they overlap
        let words: usize = self.axes.iter().map(|axis| axis.all().words()).sum();
        let mut compared = words.saturating_mul(self.rows.len() * self.rows.len() / 2);
        if compared > WORDS_MAX {
            return self.too_much(out);
        }
        let covered: Vec<Values> = self.rows.iter().map(|placed| self.values_of(placed)).collect();
        let overlapping = self.overlaps(&covered, unique, out);
        let mut open = vec![self.axes.iter().map(Axis::all).collect::<Values>()];
        for (position, (placed, values)) in self.rows.iter().zip(&covered).enumerate() {
            let is_empty = values.iter().any(Pieces::is_empty);
            let is_reached = !is_empty && open.iter().any(|open| meet(open, values).is_some());
            if !is_reached && !overlapping.contains(&position) && (is_empty || !unique) {
                self.never_reached(placed, is_empty, out);
            }
            if placed.row.condition.is_some() {
                continue;
            }
            let before = open.len();
            open = open.iter().flat_map(|open| subtract(open, values)).collect();
            compared = compared.saturating_add(words.saturating_mul(before + open.len()));
            if open.len() > OPEN_BOXES_MAX || compared > WORDS_MAX {
                return self.too_much(out);
            }
        }
        let judged = self.rows.iter().any(|placed| !placed.row.when.is_empty());
        if judged && !open.is_empty() {
            self.gap(&open, out);
        }
    }

    fn too_much(&self, out: &mut Diagnostics) {
        let message = "the rows divide their inputs in too many ways to be checked for gaps";
        out.push(Diagnostic::error(Code::TooManyParts, self.place, message).help("divide the table, or ask of fewer inputs"));
    }

    fn values_of(&self, placed: &Placed) -> Values {
        let on_axis = |axis: &Axis| {
            let conditions = placed.row.when.iter().filter(|(input, _)| *input == axis.name);
            conditions.fold(axis.all(), |pieces, (_, condition)| pieces.and(&axis.fulfilling(condition)))
        };
        self.axes.iter().map(on_axis).collect()
    }

    /// Tells rows that answer for values for which a row before them does; gives their positions.
    fn overlaps(&self, covered: &[Values], unique: bool, out: &mut Diagnostics) -> Vec<usize> {
        let mut found = Vec::new();
        let counts = |placed: &Placed| placed.row.condition.is_none() && (unique || !placed.is_otherwise());
        for (position, (placed, values)) in self.rows.iter().zip(covered).enumerate() {
            if !counts(placed) {
                continue;
            }
            let before = self.rows.iter().zip(covered).take(position);
            let other = before
                .filter(|(other, _)| counts(other))
                .find_map(|(other, theirs)| meet(theirs, values).map(|common| (other, common)));
            if let Some((other, common)) = other {
                let message = format!(
                    "rows {} and {} both answer {}",
                    other.row.number,
                    placed.row.number,
                    self.words(&common)
                );
                out.push(
                    Diagnostic::error(Code::TableOverlap, placed.span, message)
                        .note_at(other.span, format!("row {}", other.row.number))
                        .help("narrow one of them: each value has one answer"),
                );
                found.push(position);
            }
        }
        found
    }

    fn never_reached(&self, placed: &Placed, is_empty: bool, out: &mut Diagnostics) {
        let number = placed.row.number;
        let (message, help) = if is_empty {
            let message = format!("row {number} never answers: no value of its inputs fulfils it");
            (message, "correct its `when`, or take the row away")
        } else {
            let message = format!("row {number} never answers: rows before it take all its values");
            (message, "move it before them, or take it away")
        };
        out.push(Diagnostic::error(Code::RowNeverReached, placed.span, message).help(help));
    }

    fn gap(&self, open: &[Values], out: &mut Diagnostics) {
        let of_group = self.name.map_or_else(String::new, |name| format!(" of the group `{name}`"));
        let mut told: Vec<String> = open.iter().take(GAPS_TOLD_MAX).map(|values| self.words(values)).collect();
        if open.len() > GAPS_TOLD_MAX {
            told.push(format!("in {} more cases", open.len() - GAPS_TOLD_MAX));
        }
        let message = format!("no row{of_group} answers {}", told.join(", nor "));
        let help = match self.name {
            None => "add a row for them; one without `when` and `if` takes all that is left",
            Some(_) => "add a row for them; one without `then` says nothing",
        };
        out.push(Diagnostic::error(Code::TableGap, self.place, message).help(help));
    }

    /// "when `age` is 65 or more and `member` is true".
    fn words(&self, values: &Values) -> String {
        let narrowed = self.axes.iter().zip(values).filter(|(axis, pieces)| **pieces != axis.all());
        let parts: Vec<String> = narrowed.map(|(axis, pieces)| axis.in_words(pieces)).collect();
        if parts.is_empty() {
            "whatever is given".to_owned()
        } else {
            format!("when {}", parts.join(" and "))
        }
    }
}

/// What is in both; None if nothing is.
fn meet(left: &Values, right: &Values) -> Option<Values> {
    let both: Values = left.iter().zip(right).map(|(left, right)| left.and(right)).collect();
    (!both.iter().any(Pieces::is_empty)).then_some(both)
}

/// What is left of the first, in pieces that do not overlap.
fn subtract(from: &Values, taken: &Values) -> Vec<Values> {
    let Some(common) = meet(from, taken) else {
        return vec![from.clone()];
    };
    let mut left = Vec::new();
    let mut inside = from.clone();
    for axis in 0..from.len() {
        let (Some(own), Some(both)) = (from.get(axis), common.get(axis)) else {
            continue;
        };
        let outside = own.without(both);
        if !outside.is_empty() {
            let mut piece = inside.clone();
            if let Some(place) = piece.get_mut(axis) {
                *place = outside;
            }
            left.push(piece);
        }
        if let Some(place) = inside.get_mut(axis) {
            *place = both.clone();
        }
    }
    left
}
