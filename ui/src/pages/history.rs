//! What happened to all instances, for auditors.

use axum::http::{Method, StatusCode};
use serde::Serialize;
use statewright_core::step::SYSTEM_WORKFLOW;
use statewright_engine::error::EngineError;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::entry::Entry;
use super::moment::exact;
use super::route::{Access, Page};
use super::trail::Charts;
use crate::http::{AUDITOR, Answered, Problem, Sought, history_place_text};
use crate::percent::query;

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/trail",
    operation: "pageHistory",
    access: Access::Role(AUDITOR),
    handler: |asked| Box::pin(show(asked)),
}];

/// Entries of a page.
const PAGE: usize = 50;

#[derive(Serialize, Default)]
struct Model {
    actor: String,
    event: String,
    field: String,
    key: String,
    from: String,
    until: String,
    workflows: Vec<Workflow>,
    /// Something is looked for.
    is_filtered: bool,
    /// This is not the first page.
    is_onward: bool,
    entries: Vec<Entry>,
    looked_at: usize,
    looked_back_to: Option<String>,
    unreadable: usize,
    next: Option<String>,
    newest: String,
    /// Why nothing could be looked for.
    refused: Option<String>,
}

#[derive(Serialize)]
struct Workflow {
    name: String,
    chosen: bool,
}

async fn show(asked: Asked) -> Answered<Answer> {
    let sought = sought(&asked);
    let filters = filters(&sought);
    let mut model = Model {
        actor: sought.actor.clone().unwrap_or_default(),
        event: sought.event.clone().unwrap_or_default(),
        field: sought.field.clone().unwrap_or_default(),
        key: sought.key.clone().unwrap_or_default(),
        from: sought.from.clone().unwrap_or_default(),
        until: sought.until.clone().unwrap_or_default(),
        workflows: workflows(&asked, sought.workflow.as_deref()),
        is_filtered: !filters.is_empty(),
        is_onward: sought.after.is_some(),
        newest: query("/trail", &pairs(&filters)),
        ..Model::default()
    };
    let request = match sought.request(&asked.service, PAGE).await {
        Ok(request) => request,
        Err(problem) if problem.status() == StatusCode::BAD_REQUEST => {
            model.refused = Some(problem.detail().to_owned());
            return Ok(View::new("history.html", "Trail", model).status(problem.status()).into());
        }
        Err(problem) => return Err(problem),
    };
    let history = match asked.engine().history(&request, asked.actor()?).await {
        Err(EngineError::Hidden) => return Err(Problem::nothing("such page")),
        history => history?,
    };
    let mut charts = Charts::default();
    for row in &history.entries {
        model.entries.extend(charts.entry(&asked, &row.entry.bytes).await?);
    }
    model.looked_at = history.looked_at;
    model.unreadable = history.unreadable;
    if let Some(next) = history.next {
        let at = jiff::Timestamp::from_microsecond(next.at_us).unwrap_or(jiff::Timestamp::MIN);
        model.looked_back_to = Some(exact(at, asked.now(), &asked.zone()));
        let after = history_place_text(&next);
        let mut filters = filters.clone();
        filters.push(("after", after));
        model.next = Some(query("/trail", &pairs(&filters)));
    }
    Ok(View::new("history.html", "Trail", model).into())
}

fn sought(asked: &Asked) -> Sought {
    let given = |name: &str| {
        asked
            .parameter(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let (mut workflow, mut key) = (given("workflow"), given("key"));
    // as cases are called everywhere else
    if let Some((of, within)) = key.as_deref().and_then(|key| key.split_once('/'))
        && workflow.as_deref().is_none_or(|workflow| workflow == of)
        && known_workflows(asked).iter().any(|name| name == of)
    {
        (workflow, key) = (Some(of.to_owned()), Some(within.to_owned()));
    }
    Sought {
        actor: given("actor"),
        event: given("event"),
        workflow,
        key,
        field: given("field"),
        from: given("from"),
        until: given("until"),
        after: given("after"),
    }
}

/// What of it stands in the addresses of other pages.
fn filters(sought: &Sought) -> Vec<(&'static str, String)> {
    let all = [
        ("actor", &sought.actor),
        ("event", &sought.event),
        ("workflow", &sought.workflow),
        ("key", &sought.key),
        ("field", &sought.field),
        ("from", &sought.from),
        ("until", &sought.until),
    ];
    let given = all.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    given.collect()
}

fn pairs<'p>(filters: &'p [(&'static str, String)]) -> Vec<(&'static str, &'p str)> {
    filters.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn known_workflows(asked: &Asked) -> Vec<String> {
    let live = asked.engine().registry().live_charts();
    let mut names: Vec<String> = live.iter().map(|known| known.chart.workflow.to_string()).collect();
    names.push(SYSTEM_WORKFLOW.to_owned());
    names.sort();
    names
}

fn workflows(asked: &Asked, chosen: Option<&str>) -> Vec<Workflow> {
    let named = known_workflows(asked).into_iter().map(|name| Workflow {
        chosen: chosen == Some(&*name),
        name,
    });
    named.collect()
}
