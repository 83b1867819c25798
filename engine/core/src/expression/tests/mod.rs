//! What the language promises, expression by expression.

mod checking;
mod explaining;
mod filters;
mod functions;
mod measured;
mod operators;
mod properties;
mod templates;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Call, Expression, FaultKind, Function, Meter, Scope, Stop};
use crate::time::{BusinessCalendar, Calendar, Hours};
use crate::value::{Value, canonical, json};

/// A world for expressions: some variables, a zone, a moment. What begins with `needed` has to be looked up first.
pub(super) struct World {
    variables: BTreeMap<Arc<str>, Value>,
    zone: TimeZone,
    now: Timestamp,
    calendar: Option<BusinessCalendar>,
    meter: Option<Meter>,
}

impl World {
    /// A world whose variables are the fields of a JSON object; temporal ones are added by [`World::with`].
    pub(super) fn of(variables: &str) -> World {
        let fields = json::read(variables).unwrap_or_else(|error| panic!("{variables}: {error}"));
        World {
            variables: fields.as_object().cloned().unwrap_or_default(),
            zone: crate::time::zone("Europe/Berlin").unwrap_or_else(|error| panic!("{error}")),
            now: "2026-03-28T23:30:00+01:00".parse().unwrap_or_else(|error| panic!("{error}")),
            calendar: None,
            meter: None,
        }
    }

    /// The same world with a calendar that is open for a minute on Mondays, and a budget.
    pub(super) fn counting(self, fuel: u64) -> World {
        let mut week: [Vec<Hours>; 7] = Default::default();
        week[0].extend(Hours::new(8 * 60, 8 * 60 + 1));
        World {
            calendar: Some(BusinessCalendar::new(TimeZone::UTC, week, BTreeMap::new())),
            meter: Some(Meter::of(fuel)),
            ..self
        }
    }

    /// The same world with one more variable, in canonical text.
    pub(super) fn with(mut self, name: &str, canonical: &str) -> World {
        let value = canonical::read_canonical(canonical).unwrap_or_else(|error| panic!("{canonical}: {error}"));
        self.variables.insert(Arc::from(name), value);
        self
    }
}

impl Scope for World {
    fn variable(&self, name: &str) -> Result<Option<Value>, Stop> {
        if name.starts_with("needed") {
            return Err(Stop::Needs(Arc::from(name)));
        }
        Ok(self.variables.get(name).cloned())
    }

    fn call(&self, call: &Call<'_>) -> Result<Value, Stop> {
        match (call.function, call.arguments) {
            (Function::Table, [Value::Text(table), key]) if &**table == "prices" => {
                Ok(Value::from_fields([(Arc::from("key"), key.clone())].into()))
            }
            (Function::Table, _) => Err(Stop::fault(FaultKind::Scope, "there is no table of that name")),
            (Function::Decide, _) => Ok(Value::from_fields(call.named.iter().cloned().collect())),
            (Function::HmacRef, [path]) => Ok(path.clone()),
            _ => Err(Stop::fault(
                FaultKind::NotYet,
                format!("`{}` is not built yet", call.function.name()),
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
        self.meter.as_ref()
    }

    fn calendar(&self) -> Option<&dyn Calendar> {
        self.calendar.as_ref().map(|calendar| calendar as &dyn Calendar)
    }
}

/// The value in canonical form, or the sentence of the fault with the text it marks.
pub(super) fn outcome(source: &str, world: &World) -> String {
    let expression = Expression::parse(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    match expression.evaluate(world) {
        Ok(value) => canonical::to_canonical(&value),
        Err(Stop::Needs(name)) => format!("needs {name}"),
        Err(Stop::Fault(fault)) if fault.span.text(source) == source => format!("fault: {}", fault.message),
        Err(Stop::Fault(fault)) => format!("fault: {} @ {}", fault.message, fault.span.text(source)),
    }
}

/// Evaluates each expression in one world.
pub(super) fn check(world: &World, cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(outcome(source, world), *expected, "{source}");
    }
}
