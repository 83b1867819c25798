//! Diagrams on pages: where an instance stands and which way it came, and how many stand where in a workflow.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use statewright_core::chart::{Chart, StateKind};
use statewright_engine::error::EngineError;
use statewright_engine::queries::{CountBy, CountRequest, Course, Past, Shown};

use super::asked::Asked;
use crate::diagram::{self, Mark, Marks, Words};
use crate::http::Answered;
use crate::percent::{path, query};

/// Of a workflow with more open cases it is not said where they stand: to count them takes a look at each.
pub const COUNTED_MAX: usize = 2_000;

/// Whether it is to be shown in its whole size: most are wider than a screen, and are shown so that they fit.
pub fn is_wanted_whole(asked: &Asked) -> bool {
    asked.parameter("size").as_deref() == Some("whole")
}

/// An instance's diagram; none where it cannot be laid out, since its states stand on the page in words.
///
/// # Errors
/// Those of the store.
pub async fn of_instance(asked: &Asked, chart: &Chart, shown: &Shown) -> Answered<Option<String>> {
    let actor = asked.actor()?;
    let course = match asked.engine().course(&shown.workflow, &shown.key, actor).await {
        Ok(course) => Some(course),
        // who does not read the trail sees where it stands
        Err(EngineError::Hidden) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(diagram::embedded(chart, Words::Plain, &marks_of(chart, shown, course.as_ref())).ok())
}

/// The diagram of an instance as it stood, with the way up to then.
pub fn as_it_was(chart: &Chart, past: &Past) -> Option<String> {
    diagram::embedded(chart, Words::Plain, &marks_of(chart, &past.shown, Some(&past.course))).ok()
}

fn marks_of(chart: &Chart, shown: &Shown, course: Option<&Course>) -> Marks {
    let marked = drawn_states(chart).map(|state| (state.clone(), mark_of_instance(shown, course, state)));
    Marks {
        current: shown.states.iter().cloned().collect(),
        states: marked.collect(),
        went: course.map(|course| course.ways.clone()).unwrap_or_default(),
    }
}

fn mark_of_instance(shown: &Shown, course: Option<&Course>, state: &Arc<str>) -> Mark {
    let stays = course.and_then(|course| course.stays.get(state));
    let says = match (stays, course) {
        (Some(stays), _) if stays.times == 1 => "it was entered once; its entry in the trail".to_owned(),
        (Some(stays), _) => format!("it was entered {} times; the last entry in the trail", stays.times),
        (None, Some(course)) if !course.cut => "it was never in it; the cases that are".to_owned(),
        (None, _) => "the cases that are in it".to_owned(),
    };
    let href = match stays {
        Some(stays) => {
            let after = stays.last.saturating_sub(1).to_string();
            let trail = format!("/instances{}", path(&[&shown.workflow, &shown.key, "trail"]));
            format!("{}#entry-{}", query(&trail, &[("after", &after)]), stays.last)
        }
        None => cases_in(&shown.workflow, state),
    };
    Mark {
        visited: stays.is_some(),
        count: stays.filter(|stays| stays.times > 1).map(|stays| format!("{}×", stays.times)),
        says,
        href: Some(href),
    }
}

/// What a workflow's diagram says of how many open cases stand where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Of those that its reader sees, or may have counted.
    Some,
    /// There are none of them; there may be others.
    None,
    TooMany,
}

/// A workflow's diagram, or why it cannot be drawn, and what it says of how many open cases stand where.
///
/// Whoever sees no case by the workflow's own rules is told no number either, an operator as everybody: a cell of one tells where somebody is, and
/// whom cases may be counted for, and from how many on, is for the workflow to say (`counts_only`).
///
/// # Errors
/// Those of the store.
pub async fn of_workflow(asked: &Asked, chart: &Chart) -> Answered<(Result<String, String>, Counted)> {
    let request = CountRequest {
        workflow: chart.workflow.clone(),
        by: CountBy::State,
        sum: None,
        done: Some(false),
        most: COUNTED_MAX,
    };
    let counted = match asked.engine().counts(&request, asked.actor()?).await {
        Ok(counts) => Some(counts),
        Err(EngineError::TooManyToCount { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let told = match &counted {
        None => Counted::TooMany,
        Some(counts) if counts.cells.is_empty() => Counted::None,
        Some(_) => Counted::Some,
    };
    let cells = counted.iter().flat_map(|counts| &counts.cells);
    let counts: BTreeMap<&str, u64> = cells
        .filter_map(|(state, cell)| Some((state.as_text()?, cell.count)))
        .collect();
    let states = drawn_states(chart).map(|state| (state.clone(), mark_of_workflow(chart, state, counts.get(&**state))));
    let marks = Marks {
        states: states.collect(),
        ..Marks::default()
    };
    Ok((diagram::embedded(chart, Words::Written, &marks), told))
}

fn mark_of_workflow(chart: &Chart, state: &str, count: Option<&u64>) -> Mark {
    Mark {
        visited: false,
        count: count.map(u64::to_string),
        says: match count {
            None => "the cases that are in it".to_owned(),
            Some(1) => "1 open case stands here".to_owned(),
            Some(count) => format!("{count} open cases stand here"),
        },
        href: Some(cases_in(&chart.workflow, state)),
    }
}

fn cases_in(workflow: &str, state: &str) -> String {
    query("/instances", &[("workflow", workflow), ("state", state)])
}

fn drawn_states(chart: &Chart) -> impl Iterator<Item = &Arc<str>> {
    let drawn = chart
        .states
        .iter()
        .filter(|state| !matches!(state.kind, StateKind::History { .. }));
    drawn.map(|state| &state.path).filter(|path| !path.is_empty())
}
