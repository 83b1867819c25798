//! Until when somebody sees an instance that they opened, as it stands in a stored snapshot.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::members::{Members, write_list};
use super::stored::{Read, missing, moment};
use crate::value::Value;

pub(super) fn write(until: &BTreeMap<u16, Timestamp>, out: &mut String) {
    write_list(until.iter(), out, |(rule, until), out| {
        let mut members = Members::open(out);
        members.number("rule", u64::from(*rule));
        members.moment("until", *until);
        members.close();
    });
}

pub(super) fn read(value: &Value) -> Read<BTreeMap<u16, Timestamp>> {
    let items = value.as_list().ok_or_else(|| missing("openings"))?;
    let one = |item: &Value| {
        let rule = item.field("rule").and_then(Value::as_integer);
        let rule = rule
            .and_then(|rule| u16::try_from(rule).ok())
            .ok_or_else(|| missing("rule"))?;
        let until = item.field("until").and_then(Value::as_text).ok_or_else(|| missing("until"))?;
        Ok((rule, moment(until)?))
    };
    items.iter().map(one).collect()
}
