//! The values that workflows compute with: exact numbers, real dates, no silent conversions.

use std::collections::BTreeMap;
use std::sync::Arc;

pub use rust_decimal::Decimal;

/// One value of the language. Cloning is cheap: text, lists and objects are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Boolean(bool),
    /// Within ±2^53, so that every JSON reader gets it exactly.
    Integer(i64),
    /// Exact, to 28 digits; keeps its written scale (`1.10` stays `1.10`).
    Decimal(Decimal),
    Text(Arc<str>),
    Date(jiff::civil::Date),
    Time(jiff::civil::Time),
    Instant(jiff::Timestamp),
    Duration(crate::time::Duration),
    List(Arc<Vec<Value>>),
    Object(Arc<Object>),
}

/// An object's fields, in the order of their names.
pub type Object = BTreeMap<Arc<str>, Value>;
