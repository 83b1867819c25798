//! How it goes: the nodes on this database, what waits, and what of it is amiss.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use statewright_core::value::Value;
use statewright_engine::SILENT_AFTER_US;
use statewright_engine::error::EngineError;
use statewright_engine::roles::MONITOR;
use statewright_engine::store::{Backlog, NodeRow, Waiting};

use super::problem::Answered;
use super::reply::document;
use super::route::{Access, Reply, Route};
use super::service::{Service, Shared};
use crate::json::{count, instant, object, text, texts};
use crate::table::counted;

/// Lists in which late work stands that are named in a sentence, the longest first: more are for a table.
const LISTS_NAMED_MAX: usize = 5;

/// What could be done and was not for so long is late, in microseconds: well beyond what a restart of a node or of the database takes.
const LATE_US: i64 = 60 * 1_000_000;

pub const ROUTES: &[Route] = &[Route {
    method: "GET",
    path: "/v1/operations",
    operation: "showOperations",
    summary: "How it goes: nodes, what waits, what is amiss",
    description: "Of what waits so many are counted at most; `more` says that there may be more.",
    access: Access::Role(MONITOR),
    parameters: &[],
    body: None,
    answers: &[Reply {
        status: 200,
        description: "How it goes",
        content: &[("application/json", "Operations")],
        headers: &[],
    }],
    problems: &[],
    handler: || get(show),
}];

/// How it goes, at a moment.
#[derive(Debug)]
pub struct Operations {
    pub now_us: i64,
    pub nodes: Vec<(NodeRow, NodeState)>,
    pub backlog: Backlog,
    pub next_due_us: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    Running,
    /// Nothing was heard of it, and it did not say that it ends.
    Silent,
    Ended,
}

impl NodeState {
    fn of(node: &NodeRow, now_us: i64) -> Self {
        match node.left {
            true => NodeState::Ended,
            false if now_us - node.seen_at_us > SILENT_AFTER_US => NodeState::Silent,
            false => NodeState::Running,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            NodeState::Running => "running",
            NodeState::Silent => "silent",
            NodeState::Ended => "ended",
        }
    }
}

impl Operations {
    /// # Errors
    /// The database does not answer.
    pub async fn of(service: &Service) -> Result<Self, EngineError> {
        let store = service.engine.store();
        let now_us = service.engine.now().as_microsecond();
        let nodes = store.operations().nodes().await?.into_iter();
        Ok(Operations {
            now_us,
            nodes: nodes
                .map(|node| {
                    let state = NodeState::of(&node, now_us);
                    (node, state)
                })
                .collect(),
            backlog: store.operations().backlog(now_us).await?,
            next_due_us: store.next_due().await?,
        })
    }

    /// What is amiss, a sentence each; none if all goes well. `unreached`: how many tasks nobody in the directory could do, which is looked for
    /// where somebody reads this, and not for each scrape of the figures.
    pub fn troubles(&self, unreached: usize) -> Vec<String> {
        let silent = self.nodes.iter().filter(|(_, state)| *state == NodeState::Silent);
        let silent = silent.map(|(node, _)| {
            format!(
                "Nothing was heard of node {} for {}; what it held is taken over by the others",
                node.node,
                self.age(node.seen_at_us)
            )
        });
        let effects = self.backlog.effects.iter();
        let effects = effects.filter_map(|(adapter, waiting)| self.late(&format!("effects of {adapter}"), waiting));
        let incidents = Some(self.backlog.incidents).filter(|incidents| incidents.count > 0);
        silent
            .chain(self.late("timers", &self.backlog.timers))
            .chain(self.late("messages", &self.backlog.messages))
            .chain(effects)
            .chain(incidents.map(|incidents| {
                let since = incidents
                    .oldest_us
                    .map_or_else(String::new, |oldest_us| format!(", the oldest for {}", self.age(oldest_us)));
                format!("Incidents that wait for a decision: {}{since}", number(&incidents))
            }))
            .chain((unreached > 0).then(|| format!("Tasks that reach nobody: {unreached}; incidents say whom they are for")))
            .collect()
    }

    /// What somebody should look at though nothing fails, a sentence each: people are late with what is theirs to do.
    pub fn warnings(&self) -> Vec<String> {
        let late = self.backlog.overdue_in_all();
        let Some(oldest_us) = late.oldest_us else {
            return Vec::new();
        };
        let age = self.age(oldest_us);
        let lists = self.lists();
        vec![match late.count {
            1 => format!("People's work is late: 1 task is overdue, for {age}; it stands in the lists of {lists}"),
            _ => format!(
                "People's work is late: {} tasks are overdue, the oldest for {age}; they stand in the lists of {lists}",
                number(&late)
            ),
        }]
    }

    /// `review (12), order (3) and 2 workflows more`.
    fn lists(&self) -> String {
        let mut lists: Vec<&(Arc<str>, Waiting)> = self.backlog.overdue.iter().collect();
        lists.sort_by_key(|(_, waiting)| Reverse(waiting.count));
        let mut named: Vec<String> = lists
            .iter()
            .take(LISTS_NAMED_MAX)
            .map(|(workflow, waiting)| format!("{workflow} ({})", waiting.count))
            .collect();
        let more = lists.len().saturating_sub(LISTS_NAMED_MAX);
        if more > 0 {
            named.push(counted(more as u64, "workflow more", "workflows more"));
        }
        match named.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }

    fn late(&self, what: &str, waiting: &Waiting) -> Option<String> {
        let oldest_us = waiting.oldest_us.filter(|oldest_us| self.now_us - oldest_us > LATE_US)?;
        Some(format!(
            "Late {what}: {} could be done now, the oldest for {}",
            number(waiting),
            self.age(oldest_us)
        ))
    }

    fn age(&self, since_us: i64) -> String {
        let seconds = (self.now_us - since_us).max(0) / 1_000_000;
        match seconds {
            0..120 => format!("{seconds} s"),
            120..7_200 => format!("{} min", seconds / 60),
            7_200..172_800 => format!("{} h", seconds / 3_600),
            _ => format!("{} days", seconds / 86_400),
        }
    }
}

/// `12`, `10000 or more`.
pub fn number(waiting: &Waiting) -> String {
    match waiting.may_be_more() {
        true => format!("{} or more", waiting.count),
        false => waiting.count.to_string(),
    }
}

async fn show(State(service): State<Shared>) -> Answered<Response> {
    let operations = Operations::of(&service).await?;
    let unreached = service.engine.unreached().await?.len();
    let troubles: Vec<Arc<str>> = operations.troubles(unreached).into_iter().map(Arc::from).collect();
    let Backlog {
        timers,
        messages,
        effects,
        leased,
        incidents,
        overdue,
    } = &operations.backlog;
    let effects = effects
        .iter()
        .map(|(adapter, waiting)| object([("adapter", text(adapter)), ("waiting", waiting_value(waiting))]));
    let lists = overdue
        .iter()
        .map(|(workflow, waiting)| object([("waiting", waiting_value(waiting)), ("workflow", text(workflow))]));
    let answer = object([
        ("at", instant(operations.now_us)),
        ("effects", Value::from_items(effects.collect())),
        ("effects_leased", count(*leased)),
        ("incidents", waiting_value(incidents)),
        ("messages", waiting_value(messages)),
        ("next_timer", operations.next_due_us.map_or(Value::Null, instant)),
        ("node", text(service.engine.node())),
        ("nodes", Value::from_items(operations.nodes.iter().map(node_value).collect())),
        ("overdue_lists", Value::from_items(lists.collect())),
        ("overdue_tasks", waiting_value(&operations.backlog.overdue_in_all())),
        ("timers", waiting_value(timers)),
        ("troubles", texts(&troubles)),
        ("warnings", texts(&operations.warnings())),
    ]);
    Ok(document(StatusCode::OK, &answer))
}

fn waiting_value(waiting: &Waiting) -> Value {
    object([
        ("count", count(waiting.count)),
        ("more", Value::Boolean(waiting.may_be_more())),
        ("oldest", waiting.oldest_us.map_or(Value::Null, instant)),
    ])
}

fn node_value((node, state): &(NodeRow, NodeState)) -> Value {
    object([
        ("memory_bytes", node.memory_bytes.map_or(Value::Null, count)),
        ("node", text(&node.node)),
        ("seen_at", instant(node.seen_at_us)),
        ("started_at", instant(node.started_at_us)),
        ("state", text(state.as_str())),
        ("taken_last_minute", count(node.taken_lately)),
        ("version", text(&node.version)),
        ("waiting", count(node.waiting)),
    ])
}

/// A moment that a row names, for whoever shows it.
pub fn moment_of(us: i64) -> Timestamp {
    Timestamp::from_microsecond(us).unwrap_or_default()
}
