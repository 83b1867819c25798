//! `counts`: how many instances there are.

use statewright_core::value::Value;

use super::show::shortly;
use super::*;
use crate::client::Call;
use crate::failure::Exit;
use crate::json::{member_items, member_number};
use crate::table::Table;

#[derive(Debug, Args)]
pub struct Counts {
    /// The workflow, such as `lens-order`
    workflow: String,
    /// Count them by `state`, or by an indexed field
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,
    /// Add up this field
    #[arg(long, value_name = "FIELD")]
    sum: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Counts {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let call = Call::get(&["workflows", &self.workflow, "counts"])
            .query("by", self.by.as_deref())
            .query("sum", self.sum.as_deref());
        let counts = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&counts, || table(&counts, self.by.as_deref(), self.sum.as_deref()));
        Ok(Exit::Done)
    }
}

fn table(counts: &Value, by: Option<&str>, sum: Option<&str>) -> String {
    let mut table = Table::new([
        &by.unwrap_or_default().to_uppercase(),
        "COUNT",
        &sum.map_or_else(String::new, |sum| format!("SUM OF {}", sum.to_uppercase())),
    ]);
    let sum_of = |cell: &Value| match cell.field("sum") {
        None | Some(Value::Null) => String::new(),
        Some(sum) => shortly(sum),
    };
    for cell in member_items(counts, "cells") {
        let value = cell.field("value").map_or_else(String::new, shortly);
        table.row([value, member_number(cell, "count").to_string(), sum_of(cell)]);
    }
    match counts.field("total").filter(|total| !total.is_null()) {
        Some(total) => table.row(["all".to_owned(), member_number(total, "count").to_string(), sum_of(total)]),
        None => table.row(["all".to_owned(), "withheld".to_owned(), String::new()]),
    }
    let mut out = table.to_string();
    if counts.field("withheld").and_then(Value::as_boolean) == Some(true) {
        let least = match member_number(counts, "least") {
            0 => String::new(),
            least => format!("; of fewer than {least} that you do not see, nothing is said"),
        };
        out.push_str(&format!("some are withheld{least}\n"));
    }
    out
}
