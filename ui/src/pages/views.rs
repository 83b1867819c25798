//! Views and portals as pages: a list, a board, a page of each or a chart, with the other pages of their portal beside them.

use std::sync::Arc;

use axum::http::Method;
use serde::Serialize;
use statewright_core::chart::{PageContent, ViewKind, ViewVersion};
use statewright_core::value::Value;
use statewright_engine::PortalShown;
use statewright_engine::queries::{ActionShown, ColumnShown, LaneShown, Row, ViewCell, ViewContent, ViewRequest, ViewShown};

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::bars::{Bars, bars};
use super::moment::Moment;
use super::route::{Access, Page};
use super::words::{Reading, Words, plain};
use crate::http::{Answered, Parameters, Problem, about_view, view_request};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/portals/{portal}",
        operation: "pagePortal",
        access: Access::Person,
        handler: |asked| Box::pin(enter(asked)),
    },
    Page {
        method: Method::GET,
        path: "/views/{view}",
        operation: "pageView",
        access: Access::Person,
        handler: |asked| Box::pin(show(asked)),
    },
];

#[derive(Serialize)]
struct Model {
    title: String,
    description: Option<String>,
    kind: &'static str,
    /// The portal that it is shown in, if it is one of theirs.
    portal: Option<Portal>,
    columns: Vec<Column>,
    rows: Vec<Shown>,
    lanes: Vec<Lane>,
    bars: Option<Bars>,
    scan: bool,
    scanned: Option<String>,
    total: Option<u64>,
    next: Option<String>,
    first: bool,
    again: String,
}

#[derive(Serialize)]
struct Portal {
    title: String,
    pages: Vec<Place>,
}

#[derive(Serialize)]
struct Place {
    href: String,
    title: String,
    current: bool,
}

#[derive(Serialize)]
struct Column {
    title: String,
    /// Where the rows stand in its order; None: they cannot.
    sort: Option<String>,
    /// `ascending` or `descending`, where they do.
    sorted: Option<&'static str>,
    number: bool,
}

#[derive(Serialize)]
struct Shown {
    href: String,
    title: String,
    label: Option<String>,
    cells: Vec<Named>,
    due: Option<Moment>,
    holders: Vec<String>,
    blocked: Vec<String>,
    actions: Vec<Action>,
    /// The heading that it begins, where rows are grouped.
    heading: Option<Words>,
}

#[derive(Serialize)]
struct Named {
    title: String,
    value: Words,
    withheld: bool,
    number: bool,
}

#[derive(Serialize)]
struct Action {
    href: String,
    title: String,
    why: Vec<String>,
}

#[derive(Serialize)]
struct Lane {
    id: String,
    title: String,
    count: u64,
    rows: Vec<Shown>,
    next: Option<String>,
}

/// Opens a portal with the page that it opens with.
async fn enter(asked: Asked) -> Answered<Answer> {
    let name = asked.segment("portal").to_owned();
    let portals = asked.engine().portals(asked.actor()?).await?;
    let portal = portals.iter().find(|shown| *shown.version.portal.name == *name);
    let first = portal.and_then(|shown| {
        let home = shown.version.portal.home.clone().map(PageContent::View);
        let contents = || shown.pages.iter().map(|(_, content)| content);
        contents()
            .find(|content| Some(*content) == home.as_ref())
            .or_else(|| contents().next())
    });
    let first = first.ok_or_else(|| Problem::nothing(format_args!("portal {name}")))?;
    Ok(see_other(address(first)))
}

async fn show(asked: Asked) -> Answered<Answer> {
    let name = asked.segment("view").to_owned();
    let request = view_request(Parameters::of(&asked.uri)?)?;
    let engine = asked.engine();
    let answered = engine.view(&name, &request, asked.actor()?).await;
    let (version, shown) = about_view(answered, &name)?;
    let portals = engine.portals(asked.actor()?).await?;
    let model = model(&asked, &version, &shown, &request, &portals);
    let title = version.view.title.to_string();
    Ok(View::new("view.html", title, model).topic("instances").with_names().into())
}

fn model(asked: &Asked, version: &ViewVersion, shown: &ViewShown, request: &ViewRequest, portals: &[PortalShown]) -> Model {
    let (view, reading) = (&version.view, asked.reading());
    let own = format!("/views{}", path(&[&view.name]));
    let here = PageContent::View(view.name.clone());
    let portal = portals
        .iter()
        .find(|portal| portal.pages.iter().any(|(_, content)| *content == here));
    let columns = &shown.columns;
    let mut model = Model {
        title: view.title.to_string(),
        description: view.description.as_deref().map(str::to_owned),
        kind: view.kind.as_str(),
        portal: portal.map(|portal| Portal {
            title: portal.version.portal.title.to_string(),
            pages: portal
                .pages
                .iter()
                .map(|(title, content)| Place {
                    href: address(content),
                    title: title.to_string(),
                    current: *content == here,
                })
                .collect(),
        }),
        columns: columns
            .iter()
            .filter(|column| !is_heading(column))
            .map(|column| head(column, &own, request))
            .collect(),
        rows: Vec::new(),
        lanes: Vec::new(),
        bars: None,
        scan: view.scan.is_some() && view.kind != ViewKind::Chart,
        scanned: request.scan.as_deref().map(str::to_owned),
        total: None,
        next: None,
        first: request.after.is_none() && request.lane.is_none(),
        again: own.clone(),
    };
    match &shown.content {
        ViewContent::Rows(rows) => {
            model.rows = rows_of(&rows.rows, columns, &reading);
            model.total = rows.total;
            model.next = rows.next.as_ref().map(|next| onward(&own, request, None, next));
        }
        ViewContent::Lanes(lanes) => {
            model.lanes = lanes
                .iter()
                .map(|lane| lane_of(lane, columns, &reading, &own, request))
                .collect()
        }
        ViewContent::Series(series) => model.bars = Some(bars(series, &reading)),
    }
    model
}

fn address(content: &PageContent) -> String {
    match content {
        PageContent::View(view) => format!("/views{}", path(&[view])),
        PageContent::Start(workflow) => format!("/start{}", path(&[workflow])),
    }
}

fn head(column: &ColumnShown, own: &str, request: &ViewRequest) -> Column {
    let sorted = request
        .sort
        .as_ref()
        .filter(|(by, _)| **by == *column.field)
        .map(|(_, descending)| *descending);
    let next = match sorted {
        Some(false) => format!("-{}", column.field),
        _ => column.field.clone(),
    };
    Column {
        title: column.title.clone(),
        sort: column.may_sort.then(|| query(own, &[("sort", &next)])),
        sorted: sorted.map(|descending| if descending { "descending" } else { "ascending" }),
        number: is_number(column),
    }
}

fn is_number(column: &ColumnShown) -> bool {
    matches!(column.kind, "integer" | "decimal")
}

/// The address of the next page, in the same order and with the same choice.
fn onward(own: &str, request: &ViewRequest, lane: Option<&str>, after: &str) -> String {
    let mut pairs: Vec<(String, String)> = Vec::new();
    if let Some((by, descending)) = &request.sort {
        pairs.push(("sort".to_owned(), format!("{}{by}", if *descending { "-" } else { "" })));
    }
    pairs.extend(
        request
            .filters
            .iter()
            .map(|(column, value)| (format!("where.{column}"), value.to_string())),
    );
    pairs.extend(request.scan.iter().map(|scan| ("scan".to_owned(), scan.to_string())));
    pairs.extend(lane.map(|lane| ("lane".to_owned(), lane.to_owned())));
    pairs.push(("after".to_owned(), after.to_owned()));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    query(own, &pairs)
}

fn lane_of(lane: &LaneShown, columns: &[ColumnShown], reading: &Reading, own: &str, request: &ViewRequest) -> Lane {
    Lane {
        id: lane.id.clone(),
        title: match lane.title.as_str() {
            "" => "Nothing there".to_owned(),
            title => title.to_owned(),
        },
        count: lane.count,
        rows: rows_of(&lane.rows, columns, reading),
        next: lane.next.as_ref().map(|next| onward(own, request, Some(&lane.id), next)),
    }
}

/// The first row of each group bears its heading.
fn rows_of(rows: &[Row], columns: &[ColumnShown], reading: &Reading) -> Vec<Shown> {
    let mut before: Option<&ViewCell> = None;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let begins = row.group.as_ref().filter(|group| Some(*group) != before);
        before = row.group.as_ref();
        let mut one = row_of(row, columns, reading);
        one.heading = begins.map(|cell| reading.value(None, None, cell.value().unwrap_or(&Value::Null)));
        shown.push(one);
    }
    shown
}

fn row_of(row: &Row, columns: &[ColumnShown], reading: &Reading) -> Shown {
    let instance = path(&[&row.workflow, &row.key]);
    let told = row.cells.iter().zip(columns).filter(|(_, column)| !is_heading(column));
    let cells = told.map(|(cell, column)| Named {
        title: column.title.clone(),
        value: match cell {
            ViewCell::Value(value) => reading.value(column.refers_to.as_deref(), column.unit.as_deref(), value),
            ViewCell::Withheld => Words::Nothing,
        },
        withheld: *cell == ViewCell::Withheld,
        number: is_number(column),
    });
    Shown {
        href: match &row.task {
            Some(task) => format!("/tasks{instance}{}", path(&[task])),
            None => format!("/instances{instance}"),
        },
        title: row.title.clone(),
        label: row.label.as_deref().map(str::to_owned),
        cells: cells.collect(),
        due: row.due.map(|due| reading.moment(due)),
        holders: row.holders.iter().map(Arc::to_string).collect(),
        blocked: row.blocked.clone(),
        actions: row.actions.iter().map(|action| action_of(action, &instance)).collect(),
        heading: None,
    }
}

/// What a row is called is its link already.
fn is_heading(column: &ColumnShown) -> bool {
    column.field == "title"
}

fn action_of(action: &ActionShown, instance: &str) -> Action {
    Action {
        href: format!("/instances{instance}/events{}", path(&[&action.event])),
        title: action.title.clone(),
        why: action.why.clone(),
    }
}

/// A point of a chart by its name.
pub fn named(value: &Value) -> String {
    match value {
        Value::Null => "Nothing there".to_owned(),
        value => plain(value),
    }
}
