//! Schema `View`: what a view shows, as it is sent.

use jiff::Timestamp;
use statewright_core::chart::ViewVersion;
use statewright_core::value::{Object, Value};
use statewright_engine::queries::{
    ActionShown, ColumnShown, LaneShown, Point, Row, Rows, Series, ViewCell, ViewContent, ViewShown,
};

use crate::json::{count, object, text, text_or_null, texts};

pub fn view_value(version: &ViewVersion, shown: &ViewShown) -> Value {
    let view = &version.view;
    let mut members = Object::from([
        (
            "columns".into(),
            Value::from_items(shown.columns.iter().map(column_value).collect()),
        ),
        ("description".into(), text_or_null(view.description.as_deref())),
        ("kind".into(), text(view.kind.as_str())),
        ("name".into(), text(&view.name)),
        ("of".into(), text(view.of.as_str())),
        ("title".into(), text(&view.title)),
        ("version".into(), text(&version.version.to_string())),
    ]);
    match &shown.content {
        ViewContent::Rows(rows) => members.extend(rows_members(rows)),
        ViewContent::Lanes(lanes) => {
            members.insert("lanes".into(), Value::from_items(lanes.iter().map(lane_value).collect()));
        }
        ViewContent::Series(series) => {
            members.insert("series".into(), series_value(series));
        }
    }
    Value::from_fields(members)
}

fn column_value(column: &ColumnShown) -> Value {
    object([
        ("field", text(&column.field)),
        ("kind", text(column.kind)),
        ("may_filter", Value::Boolean(column.may_filter)),
        ("may_sort", Value::Boolean(column.may_sort)),
        ("refers_to", text_or_null(column.refers_to.as_deref())),
        ("title", text(&column.title)),
        ("unit", text_or_null(column.unit.as_deref())),
    ])
}

fn rows_members(rows: &Rows) -> Object {
    let group = |(cell, number): &(ViewCell, u64)| object([("count", count(*number)), ("of", cell_value(cell))]);
    Object::from([
        ("after".into(), text_or_null(rows.next.as_deref())),
        ("groups".into(), Value::from_items(rows.groups.iter().map(group).collect())),
        ("rows".into(), Value::from_items(rows.rows.iter().map(row_value).collect())),
        ("total".into(), rows.total.map_or(Value::Null, count)),
    ])
}

fn lane_value(lane: &LaneShown) -> Value {
    object([
        ("after", text_or_null(lane.next.as_deref())),
        ("count", count(lane.count)),
        ("id", text(&lane.id)),
        ("of", lane.value.as_ref().map_or(Value::Null, cell_value)),
        ("rows", Value::from_items(lane.rows.iter().map(row_value).collect())),
        ("title", text(&lane.title)),
    ])
}

fn row_value(row: &Row) -> Value {
    let moment = |moment: Option<Timestamp>| moment.map_or(Value::Null, Value::from_instant);
    object([
        ("actions", Value::from_items(row.actions.iter().map(action_value).collect())),
        ("blocked", texts(&row.blocked)),
        ("cells", Value::from_items(row.cells.iter().map(cell_value).collect())),
        ("due", moment(row.due)),
        ("group", row.group.as_ref().map_or(Value::Null, cell_value)),
        ("holders", texts(&row.holders)),
        ("key", text(&row.key)),
        ("label", text_or_null(row.label.as_deref())),
        ("revision", count(row.sequence)),
        ("states", texts(&row.states)),
        ("task", text_or_null(row.task.as_deref())),
        ("title", text(&row.title)),
        ("workflow", text(&row.workflow)),
    ])
}

/// A value, or that it is withheld: null is a value, too.
fn cell_value(cell: &ViewCell) -> Value {
    match cell {
        ViewCell::Value(value) => object([("value", value.clone())]),
        ViewCell::Withheld => object([("withheld", Value::Boolean(true))]),
    }
}

fn action_value(action: &ActionShown) -> Value {
    object([
        ("event", text(&action.event)),
        ("plain", Value::Boolean(action.plain)),
        ("task", text_or_null(action.task.as_deref())),
        ("title", text(&action.title)),
        ("why", texts(&action.why)),
    ])
}

fn series_value(series: &Series) -> Value {
    object([
        ("group", text_or_null(series.group.as_deref())),
        ("least", series.least.map_or(Value::Null, count)),
        ("measure", text(series.measure)),
        ("of", text_or_null(series.of.as_deref())),
        ("points", Value::from_items(series.points.iter().map(point_value).collect())),
        ("total", series.total.as_ref().map_or(Value::Null, point_value)),
        ("withheld", Value::Boolean(series.withheld)),
    ])
}

fn point_value(point: &Point) -> Value {
    object([
        ("count", count(point.count)),
        ("measure", point.measure.clone().unwrap_or(Value::Null)),
        ("value", point.value.clone()),
    ])
}
