//! Tables that are asked while a step is under way, and which of their answers the entry keeps.
//!
//! Kept is what led to what was done: the answers that the guards of the transitions taken, and all actions, were given. Of guards that
//! were false, of `access` and of what is only shown nothing is kept. Of what is looked up nothing is kept where the definition holds the
//! row; of a live table the row is kept, and the entry names the version of every live table that was asked, whatever for.

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

impl<'m> StepScope<'_, 'm> {
    pub(super) fn decide(&self, call: &Call<'_>) -> Result<Value, Stop> {
        let (declared, table) = self.table(call)?;
        let Some(decision) = table.as_decision() else {
            return Err(Stop::fault(FaultKind::Scope, format!("`{}` does not decide", table.name)));
        };
        let given: Object = call.named.iter().cloned().collect();
        let mut decided = decision.decide(&table.name, &given, self)?;
        if declared.live {
            decided.answer = declared.as_declared(decided.answer);
        }
        let answer = decided.answer.clone();
        self.keep(&table.name, decided)?;
        Ok(answer)
    }

    pub(super) fn look_up(&self, call: &Call<'_>) -> Result<Value, Stop> {
        let (declared, table) = self.table(call)?;
        let Some(look_up) = table.as_look_up() else {
            return Err(Stop::fault(FaultKind::Scope, format!("`{}` is not looked up", table.name)));
        };
        let key = call.arguments.get(1).unwrap_or(&Value::Null);
        let row = look_up.row(key);
        if !declared.live {
            return Ok(row);
        }
        // no definition has this row: the entry keeps it
        let answer = declared.as_declared(row);
        let decided = Decided {
            given: Object::from([(look_up.key.clone(), key.clone())]),
            answer: answer.clone(),
            rows: Vec::new(),
        };
        self.keep(&table.name, decided)?;
        Ok(answer)
    }

    fn keep(&self, table: &Arc<str>, decided: Decided) -> Result<(), Stop> {
        let kept = Decision {
            table: table.clone(),
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
        Ok(())
    }

    /// The table as the definition has it, and the one that answers: of a live table the version that was handed in.
    fn table(&self, call: &Call<'_>) -> Result<(&'m Table, &'m Table), Stop> {
        let name = call.arguments.first().and_then(Value::as_text).unwrap_or_default();
        let machine = self.machine;
        let Some(declared) = machine.chart.tables.by_name.get(name) else {
            return Err(Stop::fault(FaultKind::Missing, format!("there is no table `{name}`")));
        };
        if !declared.live {
            return Ok((declared, declared));
        }
        let mut seen = machine.seen.borrow_mut();
        let Some(handed) = machine.facts.tables.get(name) else {
            seen.need_table(&declared.name);
            return Err(Stop::Needs(declared.name.clone()));
        };
        seen.tables_used.insert(declared.name.clone(), handed.version);
        Ok((declared, &handed.table))
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
