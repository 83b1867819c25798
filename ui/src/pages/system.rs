//! How it goes, for operators: what is amiss first, then the nodes, what waits, and what this node did.

use axum::http::Method;
use serde::Serialize;
use statewright_engine::figures::{Distributed, ENDS, SOURCES};
use statewright_engine::store::{NodeRow, Waiting};

use super::answer::{Answer, View};
use super::asked::Asked;
use super::moment::Moment;
use super::route::{Access, Page};
use super::words::Reading;
use crate::http::{Answered, NodeState, OPERATOR, Operations, moment_of, number};

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/system",
    operation: "pageSystem",
    access: Access::Role(OPERATOR),
    handler: |asked| Box::pin(show(asked)),
}];

#[derive(Serialize)]
struct Model {
    troubles: Vec<String>,
    /// What somebody should look at though nothing fails.
    warnings: Vec<String>,
    incidents: bool,
    nodes: Vec<Node>,
    waiting: Vec<Waits>,
    leased: u64,
    next_due: Option<Moment>,
    ends: Vec<&'static str>,
    inputs: Vec<Done>,
    attempts: Vec<Done>,
    attempt_ends: Vec<&'static str>,
    batches: Pace,
    requests: Pace,
    turned_away: u64,
    stumbles: u64,
    stepped_again: u64,
    open_pages: usize,
}

#[derive(Serialize)]
struct Node {
    name: String,
    here: bool,
    state: &'static str,
    version: String,
    started: Moment,
    seen: Moment,
    taken: u64,
    waiting: u64,
    memory: Option<String>,
}

/// What waits, of one kind.
#[derive(Serialize)]
struct Waits {
    what: String,
    count: String,
    oldest: Option<Moment>,
}

/// What was done, of one kind: a number for each end.
#[derive(Serialize)]
struct Done {
    what: String,
    counts: Vec<u64>,
}

/// How many, and how long half of them and nearly all of them took at most.
#[derive(Serialize)]
struct Pace {
    count: u64,
    half: Option<String>,
    nearly_all: Option<String>,
}

async fn show(asked: Asked) -> Answered<Answer> {
    let engine = asked.engine();
    let operations = Operations::of(&asked.service).await?;
    let reading = asked.reading();
    let figures = engine.figures();
    let inputs: Vec<_> = figures.inputs().collect();
    let attempts: Vec<_> = figures.attempts().collect();
    let answered = asked.service.traffic.answered();
    let took = answered.into_iter().map(|answered| answered.took).reduce(together);
    let model = Model {
        troubles: operations.troubles(engine.unreached().await?.len()),
        warnings: operations.warnings(),
        incidents: operations.backlog.incidents.count > 0,
        nodes: operations
            .nodes
            .iter()
            .map(|node| Node::of(node, engine.node(), &reading))
            .collect(),
        waiting: waiting(&operations, &reading),
        leased: operations.backlog.leased,
        next_due: operations.next_due_us.map(|due_us| reading.moment(moment_of(due_us))),
        ends: ENDS.to_vec(),
        inputs: inputs
            .chunks(ENDS.len())
            .zip(SOURCES)
            .map(|(row, source)| Done::of(source_in_words(source), row.iter().map(|(_, _, count)| *count)))
            .collect(),
        attempt_ends: vec!["answered", "to be tried again", "given up", "not needed any more"],
        attempts: attempts
            .chunks(statewright_engine::figures::ATTEMPT_ENDS.len())
            .filter_map(|row| Some(Done::of(row.first()?.0, row.iter().map(|(_, _, count)| *count))))
            .collect(),
        batches: Pace::of(&figures.batches.get()),
        requests: took.as_ref().map_or_else(Pace::none, Pace::of),
        turned_away: engine.turned_away(),
        stumbles: figures.stumbles.get(),
        stepped_again: figures.stepped_again.get(),
        open_pages: asked.service.streams.open(),
    };
    Ok(View::new("system.html", "System", model).topic("system").into())
}

impl Node {
    fn of((node, state): &(NodeRow, NodeState), here: &str, reading: &Reading) -> Self {
        Node {
            name: node.node.to_string(),
            here: *node.node == *here,
            state: state.as_str(),
            version: node.version.to_string(),
            started: reading.moment(moment_of(node.started_at_us)),
            seen: reading.moment(moment_of(node.seen_at_us)),
            taken: node.taken_lately,
            waiting: node.waiting,
            memory: node.memory_bytes.map(|bytes| format!("{} MB", bytes / 1_000_000)),
        }
    }
}

impl Waits {
    fn of(what: impl Into<String>, waiting: &Waiting, reading: &Reading) -> Self {
        Waits {
            what: what.into(),
            count: number(waiting),
            oldest: waiting.oldest_us.map(|oldest_us| reading.moment(moment_of(oldest_us))),
        }
    }
}

impl Done {
    fn of(what: &str, counts: impl Iterator<Item = u64>) -> Self {
        Done {
            what: what.to_owned(),
            counts: counts.collect(),
        }
    }
}

impl Pace {
    fn none() -> Self {
        Pace {
            count: 0,
            half: None,
            nearly_all: None,
        }
    }

    fn of(distributed: &Distributed) -> Self {
        Pace {
            count: distributed.count(),
            half: distributed.at_most(50).map(length),
            nearly_all: distributed.at_most(99).map(length),
        }
    }
}

fn waiting(operations: &Operations, reading: &Reading) -> Vec<Waits> {
    let backlog = &operations.backlog;
    let first = [
        ("Timers that are due", &backlog.timers),
        ("Messages between cases", &backlog.messages),
    ];
    let first = first.into_iter().map(|(what, waiting)| Waits::of(what, waiting, reading));
    let effects = backlog.effects.iter();
    let effects = effects.map(|(adapter, waiting)| Waits::of(format!("Effects of {adapter}"), waiting, reading));
    let incidents = Waits::of("Incidents", &backlog.incidents, reading);
    let overdue = Waits::of("Tasks that are overdue", &backlog.overdue_in_all(), reading);
    first.chain(effects).chain([incidents, overdue]).collect()
}

fn source_in_words(source: &str) -> &'static str {
    match source {
        "caller" => "People and programs",
        "timer" => "Timers",
        "message" => "Messages and answers",
        _ => "The engine itself",
    }
}

fn together(one: Distributed, other: Distributed) -> Distributed {
    let counts = one.counts.into_iter().zip(other.counts);
    Distributed {
        counts: counts.map(|((bound, one), (_, other))| (bound, one + other)).collect(),
        sum_us: one.sum_us + other.sum_us,
    }
}

/// A bound in words; none is above all of them.
fn length(bound_us: Option<u64>) -> String {
    match bound_us {
        None => "more than a minute".to_owned(),
        Some(bound_us) if bound_us < 1_000 => format!("at most {} ms", bound_us as f64 / 1_000.0),
        Some(bound_us) if bound_us < 1_000_000 => format!("at most {} ms", (bound_us as f64 / 1_000.0)),
        Some(bound_us) => format!("at most {} s", bound_us as f64 / 1_000_000.0),
    }
}
