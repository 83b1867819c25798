//! What happened to all instances, for auditors.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use serde::Serialize;
use statewright_core::step::{SYSTEM_WORKFLOW, in_words};
use statewright_engine::error::EngineError;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::entry::Entry;
use super::moment::exact;
use super::route::{Access, Page};
use super::trail::Charts;
use super::words::label;
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

/// People, or fields, that are offered: a page holds no list of everybody there is.
const OFFERED_MAX: usize = 500;

#[derive(Serialize, Default)]
struct Model {
    actor: String,
    event: String,
    field: String,
    key: String,
    from: String,
    until: String,
    workflows: Vec<Workflow>,
    /// What is offered where somebody types: people by name, fields as they are called.
    people: Vec<String>,
    fields: Vec<String>,
    /// Something is looked for.
    is_filtered: bool,
    /// What the system did by itself is told as well.
    with_system: bool,
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
    title: String,
    chosen: bool,
}

async fn show(asked: Asked) -> Answered<Answer> {
    let sought = sought(&asked);
    let mut filters = filters(&sought);
    let is_filtered = !filters.is_empty();
    let with_system = asked.parameter("system").is_some();
    filters.extend(with_system.then(|| ("system", "1".to_owned())));
    let mut model = Model {
        actor: sought.actor.clone().unwrap_or_default(),
        event: sought.event.clone().unwrap_or_default(),
        field: sought.field.clone().unwrap_or_default(),
        key: sought.key.clone().unwrap_or_default(),
        from: sought.from.clone().unwrap_or_default(),
        until: sought.until.clone().unwrap_or_default(),
        workflows: workflows(&asked, sought.workflow.as_deref()),
        people: people(&asked).await?,
        fields: fields(&asked, sought.workflow.as_deref())
            .into_keys()
            .take(OFFERED_MAX)
            .collect(),
        is_filtered,
        with_system,
        is_onward: sought.after.is_some(),
        newest: query("/trail", &pairs(&filters)),
        ..Model::default()
    };
    let sought = Sought {
        field: sought
            .field
            .as_deref()
            .map(|given| field_called(&asked, sought.workflow.as_deref(), given)),
        ..sought.clone()
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
    // sign-ins and readings are many, and drown what happened to cases; whoever asks for one trail has that one
    let asks_for_system = given("system").is_some() || key.is_some() || workflow.as_deref() == Some(SYSTEM_WORKFLOW);
    Sought {
        without_system: !asks_for_system,
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

async fn people(asked: &Asked) -> Answered<Vec<String>> {
    let people = asked.engine().directory().some_people(OFFERED_MAX).await?;
    let named = people
        .into_iter()
        .map(|person| person.actor.name.unwrap_or(person.actor.id).to_string());
    let mut names: Vec<String> = named.collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// What fields are called, with the names under which they are so: those of one workflow, or of all that are live.
fn fields(asked: &Asked, workflow: Option<&str>) -> BTreeMap<String, BTreeSet<String>> {
    let mut called: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for known in asked.engine().registry().live_charts() {
        if workflow.is_none_or(|workflow| *known.chart.workflow == *workflow) {
            for field in &known.chart.data.list {
                called.entry(label(field)).or_default().insert(field.name.to_string());
            }
        }
    }
    called
}

/// The name of a field that is called so, if it is that of one alone; else what was given, which may be a name.
fn field_called(asked: &Asked, workflow: Option<&str>, given: &str) -> String {
    let fields = fields(asked, workflow);
    let found = fields
        .iter()
        .filter(|(called, _)| called.to_lowercase() == given.to_lowercase());
    let names: BTreeSet<&String> = found.flat_map(|(_, names)| names).collect();
    match names.first() {
        Some(only) if names.len() == 1 => (*only).clone(),
        _ => given.to_owned(),
    }
}

pub fn known_workflows(asked: &Asked) -> Vec<String> {
    let live = asked.engine().registry().live_charts();
    let mut names: Vec<String> = live.iter().map(|known| known.chart.workflow.to_string()).collect();
    names.push(SYSTEM_WORKFLOW.to_owned());
    names.sort();
    names
}

fn workflows(asked: &Asked, chosen: Option<&str>) -> Vec<Workflow> {
    let named = known_workflows(asked).into_iter().map(|name| Workflow {
        chosen: chosen == Some(&*name),
        title: in_words(&name),
        name,
    });
    named.collect()
}
