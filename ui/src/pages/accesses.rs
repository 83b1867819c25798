//! The access log, for auditors: who has looked at personal data, and who was refused.

use axum::http::{Method, StatusCode};
use serde::Serialize;
use statewright_core::step::in_words;
use statewright_core::value::Value;
use statewright_engine::access::{Access as Reading, AccessRequest, act_of};
use statewright_engine::error::EngineError;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::history::known_workflows;
use super::moment::exact;
use super::reference::Reference;
use super::route::{Access, Page};
use crate::http::{AUDITOR, Answered, ReadingsSought, access_place_text};
use crate::json::{member, member_number, member_texts};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/accesses",
    operation: "pageAccesses",
    access: Access::Role(AUDITOR),
    handler: |asked| Box::pin(show(asked)),
}];

/// Readings of a page.
const PAGE: usize = 50;

#[derive(Serialize, Default)]
struct Model {
    who: String,
    case: String,
    from: String,
    to: String,
    refused_only: bool,
    is_filtered: bool,
    /// This is not the first page.
    is_onward: bool,
    rows: Vec<Row>,
    next: Option<String>,
    newest: String,
    /// Why nothing could be looked for.
    wrong: Option<String>,
    /// What was looked for and is not there at all: nothing was found, and that does not say that nobody looked.
    unknown: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    iso: String,
    exact: String,
    who: String,
    behalf: Option<String>,
    workflow: String,
    instances: Vec<Reference>,
    fields: Vec<String>,
    by: String,
    /// It was looked at as it stood then.
    past: Option<Past>,
    why: &'static str,
    is_break_glass: bool,
    is_refused: bool,
}

/// The moment that was looked at.
#[derive(Serialize)]
struct Past {
    exact: String,
    href: String,
}

impl Past {
    fn of(act: &Value, workflow: &str, asked: &Asked) -> Option<Self> {
        let Some(Value::Instant(at)) = act.field("moment") else {
            return None;
        };
        let key = member_texts(act, "keys").into_iter().next()?;
        let entry = member_number(act, "entry").to_string();
        Some(Past {
            exact: exact(*at, asked.now(), &asked.zone()),
            href: query(&format!("/instances{}", path(&[workflow, key])), &[("entry", &entry)]),
        })
    }
}

async fn show(asked: Asked) -> Answered<Answer> {
    let given = |name: &str| {
        asked
            .parameter(name)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let case = given("case");
    let (workflow, key) = case.as_deref().map_or((None, None), |case| parts(&asked, case));
    let sought = ReadingsSought {
        who: given("who"),
        workflow,
        key,
        field: None,
        refused: asked.parameter("refused").map(|_| true),
        from: given("from"),
        to: given("to"),
        after: given("after"),
    };
    let mut filters: Vec<(&'static str, String)> = Vec::new();
    for (name, value) in [
        ("who", &sought.who),
        ("case", &case),
        ("from", &sought.from),
        ("to", &sought.to),
    ] {
        filters.extend(value.clone().map(|value| (name, value)));
    }
    filters.extend(sought.refused.map(|_| ("refused", "1".to_owned())));
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut model = Model {
        who: text(&sought.who),
        case: text(&case),
        from: text(&sought.from),
        to: text(&sought.to),
        refused_only: sought.refused.is_some(),
        is_filtered: !filters.is_empty(),
        is_onward: sought.after.is_some(),
        newest: address(&filters),
        ..Model::default()
    };
    let request = match sought.request(&asked.service, PAGE).await {
        Ok(request) => request,
        Err(problem) if problem.status() == StatusCode::BAD_REQUEST => {
            model.wrong = Some(problem.detail().to_owned());
            return Ok(View::new("accesses.html", "Who has looked", model)
                .status(problem.status())
                .into());
        }
        Err(problem) => return Err(problem),
    };
    let page = asked.engine().accesses(&request).await?;
    model.rows = page.readings.iter().map(|reading| Row::of(reading, &asked)).collect();
    if model.rows.is_empty() && page.next.is_none() && !model.is_onward {
        model.unknown = unknown(&asked, &request, case.as_deref()).await?;
    }
    model.next = page.next.map(|place| {
        filters.push(("after", access_place_text(&place)));
        address(&filters)
    });
    Ok(View::new("accesses.html", "Who has looked", model).into())
}

/// The workflow and the key of what somebody looks for: a case as cases are called everywhere else, its key alone, or all of a workflow.
fn parts(asked: &Asked, case: &str) -> (Option<String>, Option<String>) {
    let known = known_workflows(asked);
    let is_known = |workflow: &str| known.iter().any(|name| name == workflow);
    match case.split_once('/') {
        Some((workflow, key)) if is_known(workflow) => (Some(workflow.to_owned()), Some(key.to_owned())),
        None if is_known(case) => (Some(case.to_owned()), None),
        _ => (None, Some(case.to_owned())),
    }
}

/// Of what was looked for, that which is nowhere. Whoever has left the directory is known by what they have read.
async fn unknown(asked: &Asked, request: &AccessRequest, case: Option<&str>) -> Answered<Vec<String>> {
    let (engine, mut unknown) = (asked.engine(), Vec::new());
    if let Some(who) = &request.who
        && engine.directory().person(who).await?.is_none()
    {
        let theirs = AccessRequest {
            who: Some(who.clone()),
            limit: 1,
            ..AccessRequest::default()
        };
        if engine.accesses(&theirs).await?.readings.is_empty() {
            unknown.push(format!(
                "Nobody is known as “{who}”. Look for somebody by what they sign in with"
            ));
        }
    }
    if let (Some(instance), Some(case)) = (request.instance, case) {
        let found = engine.store().load(&[instance]).await.map_err(EngineError::from)?;
        if found.iter().all(Option::is_none) {
            unknown.push(format!("There is no case “{case}”"));
        }
    }
    Ok(unknown)
}

fn address(filters: &[(&'static str, String)]) -> String {
    let pairs: Vec<(&str, &str)> = filters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    query("/accesses", &pairs)
}

impl Row {
    fn of(reading: &Reading, asked: &Asked) -> Self {
        let nothing = Value::Null;
        let act = act_of(&reading.entry).unwrap_or(&nothing);
        let at = jiff::Timestamp::from_microsecond(reading.place.at_us).unwrap_or(jiff::Timestamp::MIN);
        let actor = reading.entry.actor().ok();
        let who = actor
            .as_ref()
            .map(|actor| match actor.name.as_deref().filter(|name| **name != *actor.id) {
                Some(name) => format!("{name} ({})", actor.id),
                None => actor.id.to_string(),
            });
        let workflow = member(act, "workflow");
        let keys = member_texts(act, "keys").into_iter();
        Row {
            iso: at.to_string(),
            exact: exact(at, asked.now(), &asked.zone()),
            who: who.unwrap_or_default(),
            behalf: actor.and_then(|actor| actor.on_behalf_of.as_deref().map(str::to_owned)),
            workflow: workflow.to_owned(),
            instances: keys
                .map(|key| Reference::seen(format!("{workflow}/{key}"), workflow, key))
                .collect(),
            fields: member_texts(act, "fields").into_iter().map(in_words).collect(),
            by: way(member(act, "by")),
            past: Past::of(act, workflow, asked),
            why: reason(member(act, "why")),
            is_break_glass: member(act, "why") == "break_glass",
            is_refused: act.field("refused").and_then(Value::as_boolean) == Some(true),
        }
    }
}

/// By what it was asked for.
fn way(by: &str) -> String {
    match by {
        "show" => "The case itself".to_owned(),
        "list" => "A list of cases".to_owned(),
        "search" => "A search for people".to_owned(),
        "queue" => "A list of tasks".to_owned(),
        "tasks" => "The tasks of the case".to_owned(),
        "can" => "What can be done with the case".to_owned(),
        "thread" => "The conversation of the case".to_owned(),
        "trail" => "The trail of the case".to_owned(),
        "name" => "The name, where another case refers to it".to_owned(),
        "view" => "A board or a list".to_owned(),
        "heading" => "What the case is called".to_owned(),
        by => in_words(by),
    }
}

/// Why they were shown it.
fn reason(why: &str) -> &'static str {
    match why {
        "rule" => "their role",
        "task" => "a task of theirs",
        _ => "",
    }
}
