//! The values of one input, cut into the pieces that the conditions of a table tell apart, and how a choice of pieces reads.

use std::sync::Arc;

use jiff::civil::Time;

use crate::chart::Condition;
use crate::field::{Field, Kind, Schema};
use crate::value::order::order;
use crate::value::{Decimal, Value, text};

/// Values that are listed in one sentence before the rest is only counted.
const LISTED_MAX: usize = 6;

/// One input with its pieces, in order.
pub(super) struct Axis {
    pub(super) name: Arc<str>,
    /// How many values the conditions name, the same one each time.
    values: usize,
    pieces: Vec<Piece>,
    /// The smallest difference between two values, where there is one.
    step: Step,
    /// Whether its values are moments, for the words.
    temporal: bool,
}

/// Values that no condition tells apart.
#[derive(Clone, Debug)]
enum Piece {
    Null,
    Value(Value),
    /// Between two values, without them; None: without end.
    Between(Option<Value>, Option<Value>),
    /// Any text that no row names.
    Other,
}

#[derive(Clone, Copy)]
enum Step {
    None,
    Whole,
    Scale(u32),
    Day,
}

/// Some of an axis's pieces, one bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pieces(Vec<u64>);

impl Axis {
    /// The values of an input, told apart by these conditions.
    pub(super) fn of(input: &Field, conditions: &[&Condition]) -> Axis {
        let schema = &input.schema;
        let named: Vec<&Value> = conditions.iter().flat_map(|condition| condition.values()).collect();
        let values = named.len();
        let step = step_of(&schema.kind);
        let mut pieces = if input.optional { vec![Piece::Null] } else { Vec::new() };
        match (&schema.allowed, &schema.kind) {
            (Some(allowed), _) => pieces.extend(allowed.iter().cloned().map(Piece::Value)),
            (None, Kind::Boolean) => pieces.extend([true, false].map(|truth| Piece::Value(Value::Boolean(truth)))),
            (None, Kind::Integer | Kind::Decimal { .. } | Kind::Date | Kind::Time | Kind::Instant) => {
                pieces.extend(ordered_pieces(schema, named, step));
            }
            _ => {
                pieces.extend(sorted(named).into_iter().map(Piece::Value));
                pieces.push(Piece::Other);
            }
        }
        Axis {
            name: input.name.clone(),
            values,
            pieces,
            step,
            temporal: matches!(schema.kind, Kind::Date | Kind::Time | Kind::Instant),
        }
    }

    /// How often values are compared when each condition is held against each piece.
    pub(super) fn cost(&self) -> usize {
        self.values.saturating_mul(self.pieces.len())
    }

    /// All of them.
    pub(super) fn all(&self) -> Pieces {
        self.which(|_| true)
    }

    /// Those for which the condition holds.
    pub(super) fn fulfilling(&self, condition: &Condition) -> Pieces {
        self.which(|piece| fulfils(condition, piece))
    }

    fn which(&self, chosen: impl Fn(&Piece) -> bool) -> Pieces {
        let mut bits = vec![0_u64; self.pieces.len().div_ceil(64)];
        for (index, _) in self.pieces.iter().enumerate().filter(|(_, piece)| chosen(piece)) {
            if let Some(word) = bits.get_mut(index / 64) {
                *word |= 1 << (index % 64);
            }
        }
        Pieces(bits)
    }

    /// How these pieces read after "when": "`age` is 65 or more".
    pub(super) fn in_words(&self, chosen: &Pieces) -> String {
        let mut parts = Vec::new();
        let mut run: Option<(usize, usize)> = None;
        for index in (0..self.pieces.len()).filter(|index| chosen.contains(*index)) {
            let continues = run.is_some_and(|(_, last)| last + 1 == index && self.touch(last, index));
            match (&mut run, continues) {
                (Some((_, last)), true) => *last = index,
                _ => {
                    parts.extend(run.take().map(|run| self.run_in_words(run)));
                    run = Some((index, index));
                }
            }
        }
        parts.extend(run.map(|run| self.run_in_words(run)));
        let more = parts.len().saturating_sub(LISTED_MAX);
        parts.truncate(LISTED_MAX);
        if more > 0 {
            parts.push(format!("one of {more} others"));
        }
        format!("`{}` is {}", self.name, parts.join(" or "))
    }

    /// Whether two neighbouring pieces read as one range.
    fn touch(&self, left: usize, right: usize) -> bool {
        let both = (self.pieces.get(left), self.pieces.get(right));
        matches!(
            both,
            (Some(Piece::Value(_)), Some(Piece::Between(..))) | (Some(Piece::Between(..)), Some(Piece::Value(_)))
        ) || matches!(both, (Some(Piece::Value(left)), Some(Piece::Value(right))) if self.step.is_next(left, right))
    }

    fn run_in_words(&self, (first, last): (usize, usize)) -> String {
        let (Some(first), Some(last)) = (self.pieces.get(first), self.pieces.get(last)) else {
            return String::new();
        };
        let low = match first {
            Piece::Null => return "empty".into(),
            Piece::Other => return "anything else".into(),
            Piece::Value(value) => Some((value.clone(), true)),
            Piece::Between(low, _) => low.as_ref().map(|low| self.step.above(low)),
        };
        let high = match last {
            Piece::Value(value) => Some((value.clone(), true)),
            Piece::Between(_, high) => high.as_ref().map(|high| self.step.below(high)),
            Piece::Null | Piece::Other => None,
        };
        // no time of day is before midnight: it says nothing to name it
        let is_midnight = |value: &Value| matches!(value, Value::Time(time) if *time == Time::midnight());
        let low = low.filter(|(low, _)| !is_midnight(low) || high.as_ref().is_none_or(|(high, _)| order(low, high).is_eq()));
        let (more, less, or_more, or_less) = match self.temporal {
            true => ("after", "before", "or later", "or earlier"),
            false => ("more than", "less than", "or more", "or less"),
        };
        let lower = |(value, inclusive): &(Value, bool)| match inclusive {
            true => format!("{} {or_more}", written(value)),
            false => format!("{more} {}", written(value)),
        };
        let upper = |(value, inclusive): &(Value, bool)| match inclusive {
            true => format!("{} {or_less}", written(value)),
            false => format!("{less} {}", written(value)),
        };
        match (low, high) {
            (Some((low, true)), Some((high, true))) if order(&low, &high).is_eq() => written(&low),
            (Some((low, true)), Some((high, true))) => format!("{} to {}", written(&low), written(&high)),
            (Some(low), Some(high)) => format!("{} and {}", lower(&low), upper(&high)),
            (Some(low), None) => lower(&low),
            (None, Some(high)) => upper(&high),
            (None, None) => "anything".into(),
        }
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("`{text}`"),
        value => text::to_text(value, None),
    }
}

fn fulfils(condition: &Condition, piece: &Piece) -> bool {
    match (condition, piece) {
        (Condition::AnyOf(conditions), piece) => conditions.iter().any(|condition| fulfils(condition, piece)),
        (condition, Piece::Null) => condition.holds(&Value::Null),
        (condition, Piece::Value(value)) => condition.holds(value),
        // every end of a range is a piece of its own: what is between two is within a range as a whole, or not at all
        (Condition::Within { least, most }, Piece::Between(low, high)) => {
            let above = least
                .as_ref()
                .is_none_or(|bound| low.as_ref().is_some_and(|low| order(low, &bound.value).is_ge()));
            let below = most
                .as_ref()
                .is_none_or(|bound| high.as_ref().is_some_and(|high| order(high, &bound.value).is_le()));
            above && below
        }
        _ => false,
    }
}

/// The line of all values, cut at those that are named and at the limits of the type.
fn ordered_pieces(schema: &Schema, named: Vec<&Value>, step: Step) -> Vec<Piece> {
    let (low, high) = (lowest(schema), highest(schema));
    let ends = low.iter().chain(&high).map(|(value, _)| value);
    let cuts = sorted(named.into_iter().chain(ends).collect());
    let is_inside = |value: &Value| {
        let above = low.as_ref().is_none_or(|(low, inclusive)| {
            let order = order(value, low);
            order.is_gt() || (*inclusive && order.is_eq())
        });
        let below = high.as_ref().is_none_or(|(high, inclusive)| {
            let order = order(value, high);
            order.is_lt() || (*inclusive && order.is_eq())
        });
        above && below
    };
    let begins = |from: Option<&Value>| match (&low, from) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((low, _)), Some(from)) => order(from, low).is_ge(),
    };
    let ends = |to: Option<&Value>| match (&high, to) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some((high, _)), Some(to)) => order(to, high).is_le(),
    };
    let mut pieces = Vec::new();
    let mut before: Option<Value> = None;
    let between = |from: Option<&Value>, to: Option<&Value>, pieces: &mut Vec<Piece>| {
        let is_empty = matches!((from, to), (Some(from), Some(to)) if step.is_next(from, to));
        if begins(from) && ends(to) && !is_empty {
            pieces.push(Piece::Between(from.cloned(), to.cloned()));
        }
    };
    for cut in cuts {
        between(before.as_ref(), Some(&cut), &mut pieces);
        if is_inside(&cut) && step.holds(&cut) {
            pieces.push(Piece::Value(cut.clone()));
        }
        before = Some(cut);
    }
    between(before.as_ref(), None, &mut pieces);
    pieces
}

fn lowest(schema: &Schema) -> Option<(Value, bool)> {
    if matches!(schema.kind, Kind::Time) {
        return Some((Value::Time(Time::midnight()), true));
    }
    let limit = |limit: Option<Decimal>, inclusive| limit.map(|limit| (Value::Decimal(limit), inclusive));
    let ends = [limit(schema.minimum, true), limit(schema.exclusive_minimum, false)];
    ends.into_iter()
        .flatten()
        .max_by(|(left, left_inclusive), (right, right_inclusive)| order(left, right).then(right_inclusive.cmp(left_inclusive)))
}

fn highest(schema: &Schema) -> Option<(Value, bool)> {
    let limit = |limit: Option<Decimal>, inclusive| limit.map(|limit| (Value::Decimal(limit), inclusive));
    let ends = [limit(schema.maximum, true), limit(schema.exclusive_maximum, false)];
    ends.into_iter()
        .flatten()
        .min_by(|(left, left_inclusive), (right, right_inclusive)| order(left, right).then(left_inclusive.cmp(right_inclusive)))
}

fn sorted(values: Vec<&Value>) -> Vec<Value> {
    let mut values: Vec<Value> = values.into_iter().cloned().collect();
    values.sort_by(order);
    values.dedup_by(|left, right| order(left, right).is_eq());
    values
}

fn step_of(kind: &Kind) -> Step {
    match kind {
        Kind::Integer => Step::Whole,
        Kind::Decimal { scale: Some(scale) } => Step::Scale(*scale),
        Kind::Date => Step::Day,
        _ => Step::None,
    }
}

impl Step {
    fn size(self) -> Option<Decimal> {
        match self {
            Step::Whole => Some(Decimal::ONE),
            Step::Scale(scale) => Decimal::try_new(1, scale).ok(),
            Step::None | Step::Day => None,
        }
    }

    /// The least value above this one, or the value itself as an end that does not belong.
    fn above(self, value: &Value) -> (Value, bool) {
        self.moved(value, 1).map_or((value.clone(), false), |next| (next, true))
    }

    fn below(self, value: &Value) -> (Value, bool) {
        self.moved(value, -1).map_or((value.clone(), false), |next| (next, true))
    }

    fn moved(self, value: &Value, by: i64) -> Option<Value> {
        match (self, value) {
            (Step::Day, Value::Date(date)) => {
                let moved = if by > 0 { date.tomorrow() } else { date.yesterday() };
                moved.ok().map(Value::Date)
            }
            (Step::Whole | Step::Scale(_), value) => {
                let (number, size) = (value.as_decimal()?, self.size()?);
                let rest = number.checked_rem(size)?;
                // from between two steps it is not a whole step to the next one
                let on_step = if rest.is_zero() {
                    number
                } else {
                    return between_steps(number, size, by);
                };
                Some(Value::Decimal(on_step.checked_add(size.checked_mul(Decimal::from(by))?)?))
            }
            _ => None,
        }
    }

    /// Whether nothing is between two values.
    fn is_next(self, left: &Value, right: &Value) -> bool {
        self.moved(left, 1).is_some_and(|next| order(&next, right).is_ge())
    }

    /// Whether a value can be given at all.
    fn holds(self, value: &Value) -> bool {
        match (self.size(), value.as_decimal()) {
            (Some(size), Some(number)) => number.checked_rem(size).is_none_or(|rest| rest.is_zero()),
            _ => true,
        }
    }
}

fn between_steps(number: Decimal, size: Decimal, by: i64) -> Option<Value> {
    let steps = number.checked_div(size)?;
    let steps = if by > 0 { steps.ceil() } else { steps.floor() };
    Some(Value::Decimal(steps.checked_mul(size)?))
}

impl Pieces {
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// What comparing it with another costs.
    pub(super) fn words(&self) -> usize {
        self.0.len()
    }

    /// Those that are in both.
    pub(super) fn and(&self, other: &Pieces) -> Pieces {
        Pieces(self.0.iter().zip(&other.0).map(|(left, right)| left & right).collect())
    }

    /// Those that are not in the other.
    pub(super) fn without(&self, other: &Pieces) -> Pieces {
        Pieces(self.0.iter().zip(&other.0).map(|(left, right)| left & !right).collect())
    }

    fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}
