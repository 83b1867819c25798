//! Tables that are asked while a step is under way, and which of their answers the entry keeps.
//!
//! Kept is what led to what was done: the answers that the guards of the transitions taken, and all actions, were given. Of guards that
//! were false, of `access` and of what is only shown nothing is kept.

use std::sync::Arc;

use super::members::Members;
use super::personal::Sealer;
use super::scope::StepScope;
use crate::chart::{Decided, Table};
use crate::expression::{Call, FaultKind, Stop};
use crate::value::canonical::write_canonical_text;
use crate::value::{Object, Value};

/// Answers that one entry keeps: beyond this a step judges a population, not an instance.
pub const DECISIONS_MAX: usize = 1_000;

/// One question to a table, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub table: Arc<str>,
    pub decided: Decided,
}

impl StepScope<'_, '_> {
    pub(super) fn decide(&self, call: &Call<'_>) -> Result<Value, Stop> {
        let table = self.table(call)?;
        let Some(decision) = table.as_decision() else {
            return Err(Stop::fault(FaultKind::Scope, format!("`{}` does not decide", table.name)));
        };
        let given: Object = call.named.iter().cloned().collect();
        let decided = decision.decide(&table.name, &given, self)?;
        let answer = decided.answer.clone();
        let kept = Decision {
            table: table.name.clone(),
            decided,
        };
        let mut seen = self.machine.seen.borrow_mut();
        if !seen.decisions.contains(&kept) {
            if self.machine.log.decisions.len() + seen.decisions.len() >= DECISIONS_MAX {
                let sentence = format!("one step asks tables more than {DECISIONS_MAX} times");
                return Err(Stop::fault(FaultKind::Limit, sentence));
            }
            seen.decisions.push(kept);
        }
        Ok(answer)
    }

    pub(super) fn look_up(&self, call: &Call<'_>) -> Result<Value, Stop> {
        let table = self.table(call)?;
        let Some(look_up) = table.as_look_up() else {
            return Err(Stop::fault(FaultKind::Scope, format!("`{}` is not looked up", table.name)));
        };
        Ok(look_up.row(call.arguments.get(1).unwrap_or(&Value::Null)))
    }

    fn table(&self, call: &Call<'_>) -> Result<&Table, Stop> {
        let name = call.arguments.first().and_then(Value::as_text).unwrap_or_default();
        let table = self.machine.chart.tables.by_name.get(name);
        table
            .map(|table| &**table)
            .ok_or_else(|| Stop::fault(FaultKind::Missing, format!("there is no table `{name}`")))
    }
}

/// Writes one answer. `is_personal` says of an input whether it may be given personal data.
pub(super) fn write(
    decision: &Decision,
    repeats: bool,
    is_personal: &dyn Fn(&str) -> bool,
    sealer: &mut Sealer<'_>,
    out: &mut String,
) {
    let Decided { given, answer, rows } = &decision.decided;
    let any_personal = given.keys().any(|input| is_personal(input));
    let mut members = Members::open(out);
    sealer.write(answer, repeats && any_personal, members.name("answer"));
    let fields = members.name("given");
    fields.push('{');
    for (position, (name, value)) in given.iter().enumerate() {
        if position > 0 {
            fields.push(',');
        }
        write_canonical_text(name, fields);
        fields.push(':');
        sealer.write(value, is_personal(name), fields);
    }
    fields.push('}');
    members.list("rows", rows, |row, out| out.push_str(&row.to_string()));
    members.text("table", &decision.table);
    members.close();
}
