//! What a view shows somebody: the rows of a list or of a board's lanes with their cells, or the points of a chart.
//!
//! # Invariants
//! - A view is for those whom it names; for everybody else there is none of that name.
//! - It shows nothing that its reader does not see anyway: no row of an instance that is not theirs, no cell that `show` leaves out; and no
//!   row is chosen, ordered or grouped by a cell that is withheld from them.
//! - Nothing is cut silently: what is too much for one answer is a page with a place to go on from, or a refusal.

mod board;
mod cell;
mod column;
mod cursor;
mod row;
mod rows;
mod scan;
mod series;
mod tasks;

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{View, ViewKind, ViewOf};
use statewright_core::identity::InstanceId;
use statewright_core::step::Actor;
use statewright_core::value::Value;

pub use cell::Cell;
pub use column::ColumnShown;
pub use series::{Point, Series};

use self::column::Columns;
use super::Queries;
use crate::error::{EngineError, EngineResult};
use crate::registry::Known;

/// Rows given at once.
pub const VIEW_PAGE_MAX: usize = 200;

/// Rows of one lane given at once: as many as anybody looks through on a board.
pub const VIEW_LANE_MAX: usize = 50;

/// Lanes of one board: more are not taken in at a glance.
pub const VIEW_LANES_MAX: usize = 40;

/// Instances, or tasks, that are looked at for one answer that is put into an order or counted: each is asked whether it may be shown, and
/// no index knows that.
pub const VIEW_SCAN_MAX: usize = 20_000;

/// What is wanted of a view.
#[derive(Clone, Debug, Default)]
pub struct ViewRequest {
    /// Columns with the text that their cell must be.
    pub filters: Vec<(Arc<str>, Arc<str>)>,
    /// What a scanner read: the text that the field of `scan` must be.
    pub scan: Option<Arc<str>>,
    /// A column, and whether the greatest come first; None: as the view says.
    pub sort: Option<(Arc<str>, bool)>,
    /// Of a board only this lane.
    pub lane: Option<String>,
    /// Where the page before ended, as it said.
    pub after: Option<String>,
    /// None: as many as a page of the kind has at most.
    pub limit: Option<usize>,
}

/// What a view shows.
#[derive(Clone, Debug)]
pub struct ViewShown {
    pub columns: Vec<ColumnShown>,
    pub content: ViewContent,
}

#[derive(Clone, Debug)]
pub enum ViewContent {
    Rows(Rows),
    Lanes(Vec<LaneShown>),
    Series(Series),
}

/// A page of rows.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub rows: Vec<Row>,
    /// Where to go on; None: there is no more.
    pub next: Option<String>,
    /// How many there are on all pages; None: that was not counted.
    pub total: Option<u64>,
    /// What they are grouped by, with how many each group has on all pages.
    pub groups: Vec<(Cell, u64)>,
}

/// A lane of a board.
#[derive(Clone, Debug)]
pub struct LaneShown {
    /// By what it is named in a request.
    pub id: String,
    /// Of a board that is divided by a column, its value as text.
    pub title: String,
    /// Of a board that is divided by a column: its value here.
    pub value: Option<Cell>,
    /// How many there are on all pages.
    pub count: u64,
    pub rows: Vec<Row>,
    pub next: Option<String>,
}

/// One instance, or one task.
#[derive(Clone, Debug)]
pub struct Row {
    pub instance: InstanceId,
    pub workflow: Arc<str>,
    pub key: Arc<str>,
    /// The instance's revision.
    pub sequence: u64,
    pub title: String,
    pub label: Option<Arc<str>>,
    /// Paths of the active states without active children; none of a task.
    pub states: Vec<Arc<str>>,
    /// Where the view groups: what it is grouped by.
    pub group: Option<Cell>,
    /// In the order of the columns.
    pub cells: Vec<Cell>,
    /// When the first of its open tasks is due.
    pub due: Option<Timestamp>,
    /// Who holds its open tasks.
    pub holders: Vec<Arc<str>>,
    /// Why what pauses it does, for people; empty: nothing does.
    pub blocked: Vec<String>,
    /// The events that the view names and that there are for it now.
    pub actions: Vec<ActionShown>,
    /// The task that the row is: `name@opened`.
    pub task: Option<String>,
    /// The personal fields whose values stand in the cells.
    pub personal: Vec<Arc<str>>,
    /// The reader sees it for having opened it.
    pub is_open: bool,
}

impl ViewShown {
    /// Every row of it.
    pub fn rows(&self) -> Vec<&Row> {
        match &self.content {
            ViewContent::Rows(rows) => rows.rows.iter().collect(),
            ViewContent::Lanes(lanes) => lanes.iter().flat_map(|lane| &lane.rows).collect(),
            ViewContent::Series(_) => Vec::new(),
        }
    }
}

/// An event that may be sent from a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionShown {
    pub event: Arc<str>,
    pub title: String,
    /// Why the reader may not send it now; empty: they may.
    pub why: Vec<String>,
    /// Nothing is to be filled in or signed.
    pub plain: bool,
    /// The open task that it finishes.
    pub task: Option<Arc<str>>,
}

/// What a question is answered by.
struct Asked<'a> {
    view: &'a View,
    request: &'a ViewRequest,
    columns: Columns<'a>,
    actor: &'a Actor,
    now: Timestamp,
}

impl Queries {
    /// What a view shows its reader, who was found to be one. `live`: the workflow that it shows; None: it shows tasks.
    ///
    /// # Errors
    /// [`EngineError::ViewUnfit`] for a request that does not fit the view, [`EngineError::ViewTooLarge`]; those of the store.
    pub(crate) async fn view(
        &self,
        view: &View,
        live: Option<&Known>,
        request: &ViewRequest,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<ViewShown> {
        let columns = Columns::of(view, live.map(|live| &live.chart));
        let asked = Asked {
            view,
            request,
            columns,
            actor,
            now,
        };
        asked.check()?;
        let content = match (&view.of, live) {
            (ViewOf::Workflow(_), Some(live)) => match view.kind {
                ViewKind::Chart => ViewContent::Series(self.series(&asked, live).await?),
                ViewKind::Board => ViewContent::Lanes(self.lanes(&asked, live).await?),
                ViewKind::List | ViewKind::Page => ViewContent::Rows(self.rows(&asked, live).await?),
            },
            _ => self.view_of_tasks(&asked).await?,
        };
        Ok(ViewShown {
            columns: asked.columns.shown,
            content,
        })
    }
}

impl Asked<'_> {
    fn check(&self) -> EngineResult<()> {
        let ViewRequest {
            filters,
            scan,
            sort,
            lane,
            after,
            ..
        } = self.request;
        let kind = self.view.kind;
        if kind == ViewKind::Chart {
            let given = [
                ("where", !filters.is_empty()),
                ("scan", scan.is_some()),
                ("sort", sort.is_some()),
                ("after", after.is_some()),
            ];
            if let Some((parameter, _)) = given.into_iter().find(|(_, given)| *given) {
                return Err(unfit(parameter, "is not for charts: a chart shows all that it counts"));
            }
        }
        if lane.is_some() && kind != ViewKind::Board {
            return Err(unfit("lane", "is for boards"));
        }
        if after.is_some() && lane.is_none() && kind == ViewKind::Board {
            return Err(unfit("after", "is for one lane of a board: name the lane too"));
        }
        for (column, _) in filters {
            if !self.columns.may_filter(column) {
                return Err(unfit(
                    "where",
                    &format!("`{column}` is none of {}", listed(&self.columns.filters())),
                ));
            }
        }
        if scan.is_some() && self.columns.scanned().is_none() {
            return Err(unfit(
                "scan",
                "is for views with a field that a scanner fills and that instances have",
            ));
        }
        match sort {
            Some((column, _)) if !self.columns.may_sort(column) => Err(unfit(
                "sort",
                &format!("`{column}` is none of {}", listed(&self.columns.sorts())),
            )),
            _ => Ok(()),
        }
    }

    /// How many rows a page has.
    fn limit(&self, most: usize) -> usize {
        self.request.limit.unwrap_or(most).clamp(1, most)
    }

    /// What must hold of a row besides being its reader's: the fields with the texts of which each must be one.
    fn conditions(&self) -> Vec<(Arc<str>, Vec<Arc<str>>)> {
        let own = self.view.conditions.iter().cloned();
        let filters = self
            .request
            .filters
            .iter()
            .map(|(field, text)| (field.clone(), vec![text.clone()]));
        let scanned = self.columns.scanned().zip(self.request.scan.clone());
        let scanned = scanned.map(|(field, text)| (field, vec![text]));
        own.chain(filters).chain(scanned).collect()
    }

    /// Columns and whether the greatest come first: what belongs together, then as it was asked or as the view says.
    fn order(&self) -> Vec<(Vec<Arc<str>>, bool)> {
        let mut order: Vec<(Vec<Arc<str>>, bool)> = Vec::new();
        if self.view.kind != ViewKind::Board {
            order.extend(self.view.group.iter().map(|group| (group.clone(), false)));
        }
        match &self.request.sort {
            Some((column, descending)) => order.push((column.split('.').map(Arc::from).collect(), *descending)),
            None => order.extend(self.view.sort.iter().map(|each| (each.by.clone(), each.descending))),
        }
        order
    }
}

fn unfit(parameter: &'static str, why: &str) -> EngineError {
    EngineError::ViewUnfit {
        parameter,
        why: why.to_owned(),
    }
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "the columns for that, of which there are none".to_owned(),
        names => names.join(", "),
    }
}

/// Whether a value is told by one of these texts, as it would be by an index.
fn is_one_of(value: &Value, texts: &[Arc<str>]) -> bool {
    let values = value.as_list().unwrap_or(std::slice::from_ref(value));
    let mut found = values.iter().filter_map(statewright_core::step::index_text);
    found.any(|found| texts.contains(&found))
}
