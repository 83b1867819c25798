//! `views`: which views there are for you, and what one shows.

use statewright_core::diagnostic::Code;
use statewright_core::value::Value;

use super::show::shortly;
use super::*;
use crate::client::Call;
use crate::failure::{Exit, Failure};
use crate::json::{member, member_items, member_number};
use crate::table::{Table, WideTable, counted};

#[derive(Debug, Args)]
pub struct Views {
    /// The view to show; without it, those that are for you
    name: Option<String>,
    /// Only rows in which a column that may be filtered has this value
    #[arg(long = "where", value_name = "COLUMN=VALUE", requires = "name")]
    filters: Vec<String>,
    /// In the order of this column; after a minus the greatest come first
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, requires = "name")]
    sort: Option<String>,
    /// Only rows whose field of the view's `scan` is this
    #[arg(long, value_name = "TEXT", requires = "name")]
    scan: Option<String>,
    /// Of a board only the lane with this id
    #[arg(long, value_name = "ID", requires = "name")]
    lane: Option<String>,
    /// Go on where a page ended
    #[arg(long, value_name = "PLACE", requires = "name")]
    after: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Views {
    pub async fn run(self, terminal: Terminal) -> Outcome {
        let Some(name) = &self.name else {
            let answer = self.target.ask(terminal, Call::get(&["views"])).await?.value()?;
            terminal.answer(&answer, || list(&answer));
            return Ok(Exit::Done);
        };
        let mut call = Call::get(&["views", name])
            .query("sort", self.sort)
            .query("scan", self.scan)
            .query("lane", self.lane)
            .query("after", self.after);
        for filter in self.filters {
            let Some((column, value)) = filter.split_once('=') else {
                let sentence = format!("`{filter}` names no value");
                return Err(Failure::misused(Code::ParameterUnreadable, sentence).hint("Write `--where COLUMN=VALUE`"));
            };
            call = call.query(&format!("where.{column}"), Some(value));
        }
        let answer = self.target.ask(terminal, call).await?.value()?;
        terminal.answer(&answer, || shown(&answer));
        Ok(Exit::Done)
    }
}

fn list(answer: &Value) -> String {
    let mut table = Table::new(["VIEW", "KIND", "OF", "TITLE"]);
    for row in member_items(answer, "views") {
        table.row(["name", "kind", "of", "title"].map(|name| member(row, name).to_owned()));
    }
    table.to_string()
}

fn shown(view: &Value) -> String {
    match (view.field("series"), view.field("lanes")) {
        (Some(series), _) => points(series),
        (None, Some(lanes)) => {
            let lanes = lanes.as_list().unwrap_or_default();
            let shown = lanes.iter().map(|lane| {
                let name = match member(lane, "title") {
                    "" => "nothing",
                    title => title,
                };
                format!("{name} ({})\n{}", member_number(lane, "count"), rows(view, lane))
            });
            shown.collect::<Vec<_>>().join("\n")
        }
        (None, None) => rows(view, view),
    }
}

/// The columns, with what every row has before them.
fn rows(view: &Value, page: &Value) -> String {
    let titles = member_items(view, "columns")
        .iter()
        .map(|column| member(column, "title").to_uppercase());
    let mut table = WideTable(vec![std::iter::once("KEY".to_owned()).chain(titles).collect()]);
    for row in member_items(page, "rows") {
        let name = format!("{}/{}", member(row, "workflow"), member(row, "key"));
        let cells = member_items(row, "cells").iter().map(cell);
        table.0.push(std::iter::once(name).chain(cells).collect());
    }
    match member(page, "after") {
        "" => table.to_string(),
        after => format!("{table}there is more: --after {after}\n"),
    }
}

fn points(series: &Value) -> String {
    let measured = match member(series, "of") {
        "" => String::new(),
        of => format!("{} OF {}", member(series, "measure"), of).to_uppercase(),
    };
    let mut table = Table::new([&member(series, "group").to_uppercase(), "COUNT", &measured]);
    let row = |name: String, point: &Value| {
        let measure = point
            .field("measure")
            .filter(|_| !measured.is_empty())
            .map_or_else(String::new, shortly);
        [name, member_number(point, "count").to_string(), measure]
    };
    for point in member_items(series, "points") {
        table.row(row(point.field("value").map_or_else(String::new, shortly), point));
    }
    match series.field("total").filter(|total| !total.is_null()) {
        Some(total) => table.row(row("all".to_owned(), total)),
        None => table.row(["all".to_owned(), "withheld".to_owned(), String::new()]),
    }
    let mut out = table.to_string();
    if series.field("withheld").and_then(Value::as_boolean) == Some(true) {
        let least = counted(
            member_number(series, "least").unsigned_abs(),
            "that you do not see",
            "that you do not see",
        );
        out.push_str(&format!("some are withheld; of fewer than {least}, nothing is said\n"));
    }
    out
}

fn cell(cell: &Value) -> String {
    match cell.field("value") {
        Some(value) => shortly(value),
        None => "withheld".to_owned(),
    }
}
