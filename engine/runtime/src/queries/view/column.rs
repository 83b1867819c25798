//! The columns of a view, as the live definition of its workflow has them.

use std::sync::Arc;

use statewright_core::chart::{Chart, Path, View};
use statewright_core::field::{Field, Kind};
use statewright_core::step::in_words;

/// A column, for whoever draws it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnShown {
    /// Its path, with dots.
    pub field: String,
    pub title: String,
    /// `text`, `integer`, `decimal`, `boolean`, `date`, `time`, `instant`, `duration`, `reference`, `user`, `file`, `list`, `object`;
    /// `any` where no type was declared.
    pub kind: &'static str,
    /// Of a reference: the workflow whose instance it names.
    pub refers_to: Option<Arc<str>>,
    /// Shown beside the value.
    pub unit: Option<String>,
    /// Rows may be chosen by it.
    pub may_filter: bool,
    /// Rows may be put in order by it.
    pub may_sort: bool,
}

pub(super) struct Columns<'a> {
    pub shown: Vec<ColumnShown>,
    view: &'a View,
    chart: Option<&'a Chart>,
}

/// What every instance has, and of what kind it is.
const OF_INSTANCES: [(&str, &str); 11] = [
    ("done", "boolean"),
    ("id", "text"),
    ("key", "text"),
    ("label", "text"),
    ("number", "integer"),
    ("paused", "boolean"),
    ("since", "instant"),
    ("started_at", "instant"),
    ("states", "list"),
    ("tags", "list"),
    ("title", "text"),
];

/// What every task has.
const OF_TASKS: [(&str, &str); 13] = [
    ("about", "text"),
    ("acknowledged", "user"),
    ("due", "instant"),
    ("follow_up", "instant"),
    ("held", "text"),
    ("help", "text"),
    ("holder", "user"),
    ("key", "text"),
    ("name", "text"),
    ("opened_at", "instant"),
    ("priority", "integer"),
    ("title", "text"),
    ("workflow", "text"),
];

impl<'a> Columns<'a> {
    /// `chart`: of the workflow; None: of tasks.
    pub fn of(view: &'a View, chart: Option<&'a Chart>) -> Self {
        let mut columns = Columns {
            shown: Vec::new(),
            view,
            chart,
        };
        columns.shown = view
            .columns
            .iter()
            .map(|column| columns.column(&column.path, column.title.as_deref()))
            .collect();
        columns
    }

    fn column(&self, path: &Path, title: Option<&str>) -> ColumnShown {
        let field = self.chart.and_then(|chart| chart.data.at(path));
        let words = || in_words(heading(path));
        let title = title.map(str::to_owned).or_else(|| field?.label.clone());
        ColumnShown {
            field: dotted(path),
            title: title.unwrap_or_else(words),
            kind: self.kind(path, field),
            refers_to: match field.map(|field| &field.schema.kind) {
                Some(Kind::Reference { workflow }) => workflow.clone(),
                _ => None,
            },
            unit: field.and_then(|field| field.unit.clone()),
            may_filter: self.is_filtered_by(path),
            may_sort: self.is_sorted_by(path),
        }
    }

    fn kind(&self, path: &Path, field: Option<&Field>) -> &'static str {
        let standard = |known: &'static [(&str, &'static str)]| {
            let found = known.iter().find(|(name, _)| path.len() == 1 && **name == *path[0]);
            found.map_or("any", |(_, kind)| kind)
        };
        match (field, self.chart) {
            (Some(field), _) => kind_of(&field.schema.kind),
            (None, None) => standard(&OF_TASKS),
            (None, Some(chart)) if is_own(chart, path) => "any",
            (None, Some(_)) => match (path.first().map(|first| &**first), path.last().map(|last| &**last)) {
                (Some("sla"), Some("due")) => "instant",
                (Some("sla"), Some("used")) => "duration",
                (Some("sla"), Some("running" | "breached")) => "boolean",
                _ => standard(&OF_INSTANCES),
            },
        }
    }

    /// By what an index finds instances.
    fn is_filtered_by(&self, path: &Path) -> bool {
        let indexed = |chart: &Chart| matches!(path.as_slice(), [name] if chart.indexed.contains(name));
        self.chart.is_some_and(indexed)
    }

    /// Where a page ended stands in its address: there personal data must not stand.
    fn is_sorted_by(&self, path: &Path) -> bool {
        let field = self.chart.and_then(|chart| chart.data.get(path.first()?));
        field.is_none_or(|field| !field.is_personal())
    }

    pub fn may_filter(&self, column: &str) -> bool {
        self.shown.iter().any(|known| known.field == column && known.may_filter)
    }

    pub fn may_sort(&self, column: &str) -> bool {
        self.shown.iter().any(|known| known.field == column && known.may_sort)
    }

    pub fn filters(&self) -> Vec<&str> {
        let fitting = self.shown.iter().filter(|column| column.may_filter);
        fitting.map(|column| &*column.field).collect()
    }

    pub fn sorts(&self) -> Vec<&str> {
        let fitting = self.shown.iter().filter(|column| column.may_sort);
        fitting.map(|column| &*column.field).collect()
    }

    /// The field of the instances that a scanner fills; None: it fills one of a form, or there is none.
    pub fn scanned(&self) -> Option<Arc<str>> {
        let [name] = self.view.scan.as_deref()? else { return None };
        let field = self.chart?.data.get(name)?;
        (!field.is_personal()).then(|| name.clone())
    }
}

/// A field or a named value of the workflow's own, and nothing that every instance has.
pub(super) fn is_own(chart: &Chart, path: &[Arc<str>]) -> bool {
    let Some(first) = path.first() else { return false };
    chart.data.get(first).is_some() || chart.lets.iter().any(|(name, _)| name == first)
}

/// The last name of the path; `sla.turnaround.due` is headed by the clock.
fn heading(path: &[Arc<str>]) -> &str {
    match path {
        [first, clock, _] if &**first == "sla" => clock,
        _ => path.last().map_or("", |last| last),
    }
}

pub(super) fn dotted(path: &[Arc<str>]) -> String {
    path.join(".")
}

fn kind_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Any => "any",
        Kind::Text { .. } => "text",
        Kind::Boolean => "boolean",
        Kind::Integer => "integer",
        Kind::Decimal { .. } => "decimal",
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::Instant => "instant",
        Kind::Duration => "duration",
        Kind::Reference { .. } => "reference",
        Kind::User => "user",
        Kind::Unit => "unit",
        Kind::File => "file",
        Kind::Object { .. } => "object",
        Kind::List { .. } => "list",
    }
}
