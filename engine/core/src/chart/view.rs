//! What people are shown of the instances of a workflow, or of tasks; and the portals that put it under one roof.

use std::sync::Arc;

use super::People;
use crate::identity::Digest;

/// A view as it was deployed.
#[derive(Clone, Debug)]
pub struct ViewVersion {
    /// Digest of the source.
    pub version: Digest,
    pub view: View,
}

/// A portal as it was deployed.
#[derive(Clone, Debug)]
pub struct PortalVersion {
    /// Digest of the source.
    pub version: Digest,
    pub portal: Portal,
}

/// What is shown, to whom, and how.
#[derive(Clone, Debug)]
pub struct View {
    pub name: Arc<str>,
    /// For people: what it was given, or its name in words.
    pub title: Arc<str>,
    pub description: Option<Arc<str>>,
    /// Nothing in it is computed.
    pub people: People,
    pub kind: ViewKind,
    pub of: ViewOf,
    /// Fields with the texts of which their value must be one, as they are written: all must hold. Of tasks what they are chosen by.
    pub conditions: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// Names or paths of states, one of which must be active; none: whatever states.
    pub states: Vec<Arc<str>>,
    pub columns: Vec<Column>,
    /// Of a board; none: it is divided by `group`.
    pub lanes: Vec<Lane>,
    pub sort: Vec<Order>,
    pub group: Option<Path>,
    /// Of a chart.
    pub measure: Measure,
    /// Events that may be sent from here.
    pub actions: Vec<Arc<str>>,
    /// The field that a scanner fills.
    pub scan: Option<Path>,
}

/// A field, or what leads to a part of one.
pub type Path = Vec<Arc<str>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    Board,
    List,
    Page,
    Chart,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewOf {
    /// What waits for whoever looks.
    Tasks,
    /// The instances of this workflow.
    Workflow(Arc<str>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub path: Path,
    /// What the view calls it; None: what the field is called.
    pub title: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub title: Arc<str>,
    /// Names or paths of states.
    pub states: Vec<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub by: Path,
    /// The greatest first.
    pub descending: bool,
}

/// What a chart shows of each group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    #[default]
    Count,
    Sum(Path),
    Min(Path),
    Max(Path),
}

/// Views and start forms under one roof.
#[derive(Clone, Debug)]
pub struct Portal {
    pub name: Arc<str>,
    /// For people: what it was given, or its name in words.
    pub title: Arc<str>,
    pub description: Option<Arc<str>>,
    /// Nothing in it is computed.
    pub people: People,
    /// The view with which it opens; None: the first page.
    pub home: Option<Arc<str>>,
    pub pages: Vec<PortalPage>,
    pub brand: Brand,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalPage {
    pub content: PageContent,
    /// What it is called here; None: what the view or the workflow is called.
    pub title: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageContent {
    View(Arc<str>),
    /// The form with which an instance of this workflow is started.
    Start(Arc<str>),
}

/// How a portal presents itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    pub name: Option<Arc<str>>,
    pub logo: Option<Arc<str>>,
    /// Such as `#1f6f5c`.
    pub colour: Option<Arc<str>>,
}

/// Of what kind a file is that is deployed by itself and read by people alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    View,
    Portal,
}

impl DocumentKind {
    pub const ALL: [DocumentKind; 2] = [DocumentKind::View, DocumentKind::Portal];

    /// The key with which its file begins.
    pub const fn as_str(self) -> &'static str {
        match self {
            DocumentKind::View => "view",
            DocumentKind::Portal => "portal",
        }
    }

    pub fn of(word: &str) -> Option<DocumentKind> {
        DocumentKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl ViewKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ViewKind::Board => "board",
            ViewKind::List => "list",
            ViewKind::Page => "page",
            ViewKind::Chart => "chart",
        }
    }
}

impl ViewOf {
    /// As the file has it.
    pub fn as_str(&self) -> &str {
        match self {
            ViewOf::Tasks => "tasks",
            ViewOf::Workflow(workflow) => workflow,
        }
    }
}

impl Measure {
    /// `count`, `sum`, `min` or `max`, and of which column.
    pub fn parts(&self) -> (&'static str, Option<&Path>) {
        match self {
            Measure::Count => ("count", None),
            Measure::Sum(path) => ("sum", Some(path)),
            Measure::Min(path) => ("min", Some(path)),
            Measure::Max(path) => ("max", Some(path)),
        }
    }
}

impl View {
    /// The states in which whoever is shown must be, of the lanes as well; none: whatever states.
    pub fn all_states(&self) -> Vec<Arc<str>> {
        let of_lanes = self.lanes.iter().flat_map(|lane| &lane.states);
        let mut states: Vec<Arc<str>> = match self.states.is_empty() {
            true => of_lanes.cloned().collect(),
            false => self.states.clone(),
        };
        states.sort();
        states.dedup();
        states
    }
}
