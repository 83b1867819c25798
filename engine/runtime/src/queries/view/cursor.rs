//! Where a page ended: by what its last row was put in order, and which row that was. Whoever stood before it then stands before it now, so
//! that rows which do not change are neither left out nor given twice, whatever comes and goes between two pages.

use std::cmp::Ordering;
use std::sync::Arc;

use statewright_core::identity::Digest;
use statewright_core::value::Value;
use statewright_core::value::canonical::{read_canonical, to_canonical};
use statewright_core::value::order::order;

use super::{Asked, unfit};
use crate::error::{EngineError, EngineResult};

/// A row's place in the order of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// In the order in which they count; null comes last.
    pub keys: Vec<Value>,
    /// Tells apart what stands at the same place otherwise.
    pub name: Arc<str>,
}

/// `descending`: which of the keys stand with the greatest first.
pub(super) fn compare(left: &Place, right: &Place, descending: &[bool]) -> Ordering {
    let keys = left.keys.iter().zip(&right.keys).zip(descending);
    let mut orders = keys.map(|((left, right), descending)| match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (left, right) if *descending => order(right, left),
        (left, right) => order(left, right),
    });
    let first = orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal);
    first.then_with(|| left.name.cmp(&right.name))
}

impl Asked<'_> {
    /// The text of a place, for this question alone.
    pub fn cursor(&self, lane: Option<&str>, place: &Place) -> String {
        let whole = Value::from_items(vec![
            Value::from_text(&self.fingerprint(lane)),
            Value::from_items(place.keys.clone()),
            Value::Text(place.name.clone()),
        ]);
        hexadecimal(to_canonical(&whole).as_bytes())
    }

    /// The place that the request goes on from.
    pub fn after(&self, lane: Option<&str>) -> EngineResult<Option<Place>> {
        let Some(given) = &self.request.after else { return Ok(None) };
        match self.read(given, lane) {
            Some(place) => Ok(Some(place)),
            None => Err(self.foreign()),
        }
    }

    pub fn foreign(&self) -> EngineError {
        unfit(
            "after",
            "is not what a page of this view gave, in this order and with this choice",
        )
    }

    fn read(&self, given: &str, lane: Option<&str>) -> Option<Place> {
        let text = String::from_utf8(bytes(given)?).ok()?;
        let whole = read_canonical(&text).ok()?;
        let [fingerprint, keys, name] = whole.as_list()? else {
            return None;
        };
        let fits = fingerprint.as_text()? == self.fingerprint(lane);
        fits.then_some(Place {
            keys: keys.as_list()?.to_vec(),
            name: name.as_text()?.into(),
        })
    }

    /// What a place is a place in: a page of one order is none of another.
    fn fingerprint(&self, lane: Option<&str>) -> String {
        let texts = |texts: &[Arc<str>]| Value::from_items(texts.iter().cloned().map(Value::Text).collect());
        let order = self
            .order()
            .iter()
            .map(|(path, descending)| Value::from_items(vec![texts(path), Value::Boolean(*descending)]))
            .collect();
        let conditions = self
            .conditions()
            .iter()
            .map(|(field, values)| Value::from_items(vec![Value::Text(field.clone()), texts(values)]))
            .collect();
        let lane = lane.map_or(Value::Null, Value::from_text);
        let whole = Value::from_items(vec![
            Value::Text(self.view.name.clone()),
            Value::from_items(order),
            Value::from_items(conditions),
            texts(&self.view.all_states()),
            lane,
        ]);
        let mut digest = Digest::of(to_canonical(&whole).as_bytes()).to_string();
        digest.truncate(16);
        digest
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(key: Value, name: &str) -> Place {
        Place {
            keys: vec![key],
            name: name.into(),
        }
    }

    #[test]
    fn what_is_not_there_comes_last_in_either_direction() {
        let one = Value::Integer(1);
        let check = |left: &Place, right: &Place, descending: bool, expected: Ordering| {
            assert_eq!(compare(left, right, &[descending]), expected, "{left:?} {right:?}");
        };
        let (least, greatest, none) = (place(one, "b"), place(Value::Integer(2), "a"), place(Value::Null, "c"));
        check(&least, &greatest, false, Ordering::Less);
        check(&least, &greatest, true, Ordering::Greater);
        check(&none, &least, false, Ordering::Greater);
        check(&none, &least, true, Ordering::Greater);
        check(&least, &place(Value::Integer(1), "c"), true, Ordering::Less);
    }

    #[test]
    fn bytes_are_read_as_they_were_written() {
        for text in ["", "[1]", "ä"] {
            assert_eq!(bytes(&hexadecimal(text.as_bytes())).as_deref(), Some(text.as_bytes()));
        }
        for text in ["a", "zz", "ä", "+1"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
