//! What an expression is evaluated in, and how an evaluation can stop.

use std::cell::Cell;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Function, Span};
use crate::time::Calendar;
use crate::value::Value;

/// The world as an expression sees it. Everything it answers must be the same when asked again within one step.
pub trait Scope {
    /// The value of a variable; `None` if there is none of that name. `item` and `index` of list filters, `now` and `today`
    /// are not asked for; `item` and `index` of an action's `each` are.
    ///
    /// # Errors
    /// [`Stop::Needs`] if it has to be looked up first; a fault of a `let`.
    fn variable(&self, name: &str) -> Result<Option<Value>, Stop>;

    /// A field of a variable, where the scope has it at hand without making the whole object; `None`: the variable is to be asked for.
    fn member(&self, _variable: &str, _field: &str) -> Option<Value> {
        None
    }

    /// The answer of a function that is answered from outside: see [`Function::is_answered_by_scope`].
    ///
    /// # Errors
    /// [`Stop::Needs`], or a fault such as an unknown table or [`FaultKind::NotYet`].
    fn call(&self, call: &Call<'_>) -> Result<Value, Stop>;

    /// The zone for dates and calendar units.
    fn zone(&self) -> &TimeZone;

    /// The moment of the step.
    fn now(&self) -> Timestamp;

    /// The budget that this evaluation shares with others; None: it has only its own.
    fn meter(&self) -> Option<&Meter> {
        None
    }

    /// The calendar for business time, if one is set.
    fn calendar(&self) -> Option<&dyn Calendar> {
        None
    }
}

/// What is left of a budget that many evaluations share.
#[derive(Debug)]
pub struct Meter {
    left: Cell<u64>,
    ran_out: Cell<bool>,
}

impl Meter {
    #[must_use]
    pub fn of(fuel: u64) -> Self {
        Meter {
            left: Cell::new(fuel),
            ran_out: Cell::new(false),
        }
    }

    /// Whether something was asked for that was not there any more.
    #[must_use]
    pub fn ran_out(&self) -> bool {
        self.ran_out.get()
    }

    /// Takes from the budget. False: there is not so much left, and from now on nothing is.
    pub(crate) fn burn(&self, amount: u64) -> bool {
        let left = self.left.get().checked_sub(amount);
        self.left.set(left.unwrap_or(0));
        self.ran_out.set(self.ran_out.get() || left.is_none());
        !self.ran_out.get()
    }
}

/// A call that the scope answers.
#[derive(Debug)]
pub struct Call<'a> {
    pub function: Function,
    /// Null where an argument is empty; of `hmac_ref` the name of the field, as a path in text.
    pub arguments: &'a [Value],
    /// Of `decide` only.
    pub named: &'a [(Arc<str>, Value)],
}

/// Why an evaluation gives no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The expression has no value here, and the sentence says why. Boxed, because it is rare and results are many.
    Fault(Box<Fault>),
    /// Something must be looked up first; the evaluation is begun again when it has been. The scope knows what; this is its name.
    Needs(Arc<str>),
}

/// The kind of a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A value is null where one is needed.
    Empty,
    /// A value has a type that does not fit.
    Type,
    /// No variable, field, key or item of that name or place.
    Missing,
    /// Division by zero, too many digits, not a number.
    Number,
    /// A moment or duration that cannot be computed.
    Time,
    /// More steps, items or text than the limits allow.
    Limit,
    /// The language has it and this version does not.
    NotYet,
    /// What the scope had to say: an unknown table, a refused read.
    Scope,
}

/// An expression that has no value here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// A sentence without a full stop: "`rx.left.add` is empty".
    pub message: String,
    /// Where, within the text that was parsed.
    pub span: Span,
}

impl Stop {
    /// A fault without a place; the evaluator gives it the place of the variable or call that it came from.
    #[must_use]
    pub fn fault(kind: FaultKind, message: impl Into<String>) -> Stop {
        Stop::Fault(Box::new(Fault {
            kind,
            message: message.into(),
            span: Span::default(),
        }))
    }

    /// The same stop with that place, if it is a fault.
    #[must_use]
    pub(super) fn placed(self, span: Span) -> Stop {
        match self {
            Stop::Fault(mut fault) => {
                fault.span = span;
                Stop::Fault(fault)
            }
            needs @ Stop::Needs(_) => needs,
        }
    }

    /// The same stop with more words at the end of the sentence, if it is a fault.
    #[must_use]
    pub(super) fn noted(self, note: impl FnOnce() -> String) -> Stop {
        match self {
            Stop::Fault(mut fault) => {
                fault.message.push_str(&note());
                Stop::Fault(fault)
            }
            needs @ Stop::Needs(_) => needs,
        }
    }

    /// The same stop in a text that has `offset` bytes before this one.
    #[must_use]
    pub(super) fn shifted(self, offset: usize) -> Stop {
        match self {
            Stop::Fault(mut fault) => {
                fault.span = fault.span.shifted(offset);
                Stop::Fault(fault)
            }
            needs @ Stop::Needs(_) => needs,
        }
    }
}
