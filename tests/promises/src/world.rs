//! A world for expressions: variables, a zone, a moment, a budget.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::expression::limits::STEP_FUEL_MAX;
use statewright_core::expression::{Call, FaultKind, Function, Meter, Scope, Stop, Type, TypeScope, TypedCall};
use statewright_core::time;
use statewright_core::value::{Value, canonical, json};

/// Variables of every kind, in canonical text.
const VARIABLES: [(&str, &str); 8] = [
    ("none_here", "null"),
    ("number", "7"),
    ("amount", r#"{"$decimal":"12.50"}"#),
    ("day", r#"{"$date":"2026-03-28"}"#),
    ("clock", r#"{"$time":"08:30:00"}"#),
    ("moment", r#"{"$instant":"2026-03-28T22:30:00Z"}"#),
    ("wait", r#"{"$duration":"1d-2h"}"#),
    (
        "lots",
        r#"[{"a":1,"b":"x"},{"a":2,"b":null},{"a":{"$decimal":"1.5"},"b":"é"}]"#,
    ),
];

pub(crate) struct World {
    variables: BTreeMap<Arc<str>, Value>,
    zone: TimeZone,
    now: Timestamp,
    meter: Meter,
}

impl World {
    /// With the fields of that JSON object besides its own variables, if it is one.
    pub(crate) fn new(more: Option<&str>) -> World {
        let own = VARIABLES.map(|(name, text)| {
            (
                Arc::from(name),
                canonical::read_canonical(text).expect("the text is canonical"),
            )
        });
        let mut variables = BTreeMap::from(own);
        if let Some(Value::Object(fields)) = more.and_then(|more| json::read(more).ok()) {
            variables.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        World {
            variables,
            zone: time::zone("Europe/Berlin").expect("the zone is known"),
            now: "2026-03-28T23:30:00+01:00".parse().expect("it is a moment"),
            meter: Meter::of(STEP_FUEL_MAX),
        }
    }

    /// The same with a smaller budget.
    pub(crate) fn with_fuel(self, fuel: u64) -> World {
        World {
            meter: Meter::of(fuel),
            ..self
        }
    }

    pub(crate) fn ran_out(&self) -> bool {
        self.meter.ran_out()
    }
}

impl Scope for World {
    fn variable(&self, name: &str) -> Result<Option<Value>, Stop> {
        Ok(self.variables.get(name).cloned())
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, Stop> {
        match (call.function, call.arguments) {
            (Function::Table, [_, key]) => Ok(Value::from_fields([(Arc::from("key"), key.clone())].into())),
            (Function::Decide, _) => Ok(Value::from_fields(call.named.iter().cloned().collect())),
            _ => Err(Stop::fault(
                FaultKind::NotYet,
                format!("`{}` is not there", call.function.name()),
            )),
        }
    }

    fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn meter(&self) -> Option<&Meter> {
        Some(&self.meter)
    }
}

impl TypeScope for World {
    fn variable(&self, name: &str) -> Option<Type> {
        self.variables.get(name).map(type_of)
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.variables.keys().cloned().collect()
    }

    fn call(&self, _call: &TypedCall<'_>) -> Result<Type, String> {
        Ok(Type::Any)
    }
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Integer(_) => Type::Integer,
        Value::Decimal(_) => Type::Decimal,
        Value::Text(_) => Type::Text,
        Value::Boolean(_) => Type::Boolean,
        Value::Date(_) => Type::Date,
        Value::Time(_) => Type::Time,
        Value::Instant(_) => Type::Instant,
        Value::Duration(_) => Type::Duration,
        Value::List(_) => Type::list(Type::Any),
        Value::Object(_) | Value::Null => Type::Any,
    }
}
