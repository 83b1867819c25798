//! Single values: what each type takes, and the limits that the declaration sets.

use super::accept::{Taken, count, refuse};
use super::problem::Problems;
use super::{Kind, Schema};
use crate::time::{parse_data_duration, parse_date, parse_instant, parse_time};
use crate::value::{Decimal, Value, number};

/// How many of the values that would be right are named; longer lists are better looked up.
pub(super) const CHOICES_NAMED_MAX: usize = 12;

/// Takes a value for a type that is neither list nor object; null when it does not fit.
pub(super) fn take(problems: &mut Problems<'_>, kind: &Kind, given: &Value) -> Taken {
    let taken = match (kind, given) {
        (Kind::Text { .. }, Value::Text(_)) | (Kind::Boolean, Value::Boolean(_)) => Some(Taken::AsGiven),
        (Kind::Integer, given) => whole(given),
        (Kind::Decimal { scale }, given) => decimal(given, *scale),
        (Kind::Date, Value::Date(_)) | (Kind::Time, Value::Time(_)) | (Kind::Duration, Value::Duration(_)) => {
            Some(Taken::AsGiven)
        }
        (Kind::Date, Value::Text(text)) => parse_date(text).map(Value::Date).map(Taken::instead),
        (Kind::Time, Value::Text(text)) => parse_time(text).map(Value::Time).map(Taken::instead),
        (Kind::Instant, Value::Instant(instant)) => Some(Taken::instead(Value::from_instant(*instant))),
        (Kind::Instant, Value::Text(text)) => parse_instant(text).map(Value::from_instant).map(Taken::instead),
        (Kind::Duration, Value::Text(text)) => parse_data_duration(text).ok().map(Value::Duration).map(Taken::instead),
        (Kind::Reference { .. } | Kind::User | Kind::Unit, Value::Text(text)) => is_name(text).then_some(Taken::AsGiven),
        _ => None,
    };
    match taken {
        Some(taken) => taken,
        None => refuse(problems, &wanted(kind)),
    }
}

/// Checks a value, already of the declared type, against the declaration's limits.
pub(super) fn check_limits(problems: &mut Problems<'_>, schema: &Schema, value: &Value) {
    check_text(problems, &schema.kind, value);
    check_number(problems, schema, value);
    if let Kind::Decimal { scale: Some(scale) } = schema.kind
        && value.as_decimal().is_some_and(|decimal| decimal.scale() > scale)
    {
        problems.push(format!(
            "must have at most {} after the point",
            count(scale as usize, "digit")
        ));
    }
    if let Some(allowed) = &schema.allowed
        && !allowed.contains(value)
    {
        problems.push(choices(allowed));
    }
}

fn check_text(problems: &mut Problems<'_>, kind: &Kind, value: &Value) {
    let (
        Kind::Text {
            min_length,
            max_length,
            pattern,
        },
        Value::Text(text),
    ) = (kind, value)
    else {
        return;
    };
    let length = if min_length.is_some() || max_length.is_some() {
        text.chars().count()
    } else {
        0
    };
    if let Some(least) = min_length.filter(|least| length < *least) {
        problems.push(format!("must have at least {}", count(least, "character")));
    }
    if let Some(most) = max_length.filter(|most| length > *most) {
        problems.push(format!("must have at most {}", count(most, "character")));
    }
    if let Some(pattern) = pattern
        && !pattern.matcher.is_match(text)
    {
        problems.push(format!("must match the pattern `{}`", pattern.text));
    }
}

fn check_number(problems: &mut Problems<'_>, schema: &Schema, value: &Value) {
    if !schema.limits_number() {
        return;
    }
    let Some(number) = value.as_decimal() else { return };
    let limits = [
        (schema.minimum.filter(|limit| number < *limit), "at least"),
        (schema.maximum.filter(|limit| number > *limit), "at most"),
        (schema.exclusive_minimum.filter(|limit| number <= *limit), "more than"),
        (schema.exclusive_maximum.filter(|limit| number >= *limit), "less than"),
    ];
    for (limit, words) in limits {
        if let Some(limit) = limit {
            problems.push(format!("must be {words} {limit}"));
        }
    }
    if let Some(step) = schema.multiple_of.filter(|step| !is_multiple(number, *step)) {
        problems.push(format!("must be a multiple of {step}"));
    }
}

impl Schema {
    fn limits_number(&self) -> bool {
        let ends = [self.minimum, self.maximum, self.exclusive_minimum, self.exclusive_maximum];
        ends.iter().any(Option::is_some) || self.multiple_of.is_some()
    }
}

fn is_multiple(number: Decimal, step: Decimal) -> bool {
    number::remainder(&Value::Decimal(number), &Value::Decimal(step))
        .ok()
        .and_then(|rest| rest.as_decimal())
        .is_some_and(|rest| rest.is_zero())
}

fn whole(given: &Value) -> Option<Taken> {
    let whole = match given {
        Value::Integer(_) => return Some(Taken::AsGiven),
        // `1.0` in JSON is the number one.
        Value::Decimal(decimal) if decimal.is_integer() => number::from_whole(decimal.normalize()),
        _ => return None,
    };
    Some(whole).filter(|value| value.as_integer().is_some()).map(Taken::instead)
}

fn decimal(given: &Value, scale: Option<u32>) -> Option<Taken> {
    let decimal = match given {
        Value::Decimal(decimal) if scale.is_none_or(|scale| decimal.scale() <= scale) => return Some(Taken::AsGiven),
        Value::Text(text) => number::parse_decimal(text).ok()?,
        given => given.as_decimal()?,
    };
    Some(Taken::instead(Value::Decimal(fit_scale(decimal, scale))))
}

/// Zeros beyond the declared scale say nothing: `1.500` is kept as `1.50` where two digits are declared.
fn fit_scale(decimal: Decimal, scale: Option<u32>) -> Decimal {
    let Some(scale) = scale.filter(|scale| decimal.scale() > *scale) else {
        return decimal;
    };
    let mut shortest = decimal.normalize();
    if shortest.scale() <= scale {
        shortest.rescale(scale);
        return shortest;
    }
    decimal
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// What would be right, as a sentence after the field's name.
fn wanted(kind: &Kind) -> String {
    match kind {
        Kind::Text { .. } => "must be text".into(),
        Kind::Boolean => "must be `true` or `false`".into(),
        Kind::Integer => "must be a whole number within ±2^53".into(),
        Kind::Decimal { .. } => format!(
            "must be a number in plain decimal notation of at most {} digits",
            number::DECIMAL_DIGITS_MAX
        ),
        Kind::Date => "must be a date such as 2026-01-05".into(),
        Kind::Time => "must be a time of day such as 08:30".into(),
        Kind::Instant => "must be a moment with its offset, such as 2026-01-05T08:30:00Z".into(),
        Kind::Duration => "must be a duration such as 90s, 4h or 3d".into(),
        Kind::Reference {
            workflow: Some(workflow),
        } => format!("must be the key of a {workflow}"),
        Kind::Reference { workflow: None } => "must be the key of an instance".into(),
        Kind::User => "must be the id of a user".into(),
        Kind::Unit => "must be the name of a unit".into(),
        Kind::Any | Kind::File | Kind::Object { .. } | Kind::List { .. } => "has the wrong type".into(),
    }
}

fn choices(allowed: &[Value]) -> String {
    let mut words: Vec<String> = allowed
        .iter()
        .take(CHOICES_NAMED_MAX)
        .map(|value| crate::value::text::to_text(value, None))
        .collect();
    let more = allowed.len().saturating_sub(CHOICES_NAMED_MAX);
    if more > 0 {
        words.push(format!("{more} more"));
    }
    one_of(&words)
}

/// What would be right, of several words.
pub(super) fn one_of(words: &[String]) -> String {
    match words.split_last() {
        Some((last, [])) => format!("must be {last}"),
        Some((last, others)) => format!("must be one of {} or {last}", others.join(", ")),
        None => "can have no value at all".into(),
    }
}
