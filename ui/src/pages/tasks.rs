//! My tasks: what I hold and what waits for me, what breaks first on top.

use axum::http::Method;
use serde::Serialize;
use statewright_core::chart::PRIORITY_NORMAL;
use statewright_core::identity::InputKey;
use statewright_core::step::{Actor, TakingOver, TaskAct, TaskRef, Verdict, in_words};
use statewright_engine::TaskRequest;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{QueueRequest, Queued};

use super::answer::{Answer, View};
use super::asked::Asked;
use super::moment::Moment;
use super::problem::Reason;
use super::reference::Reference;
use super::route::{Access, Page};
use super::substitution::{StoodInFor, stood_in_for};
use super::task::{Done, done};
use super::words::{Reading, occasion};
use crate::http::{Answered, Problem, place_text, read_place};
use crate::percent::path;

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/tasks",
        operation: "pageTasks",
        access: Access::Person,
        handler: |asked| Box::pin(show(asked)),
    },
    Page {
        method: Method::POST,
        path: "/tasks/claim",
        operation: "pageClaimTasks",
        access: Access::Person,
        handler: |asked| Box::pin(claim(asked)),
    },
];

/// Tasks of a page: two screens, which is as far as anybody plans.
const PAGE: usize = 50;
/// Tasks of one's own, and of whom one acts for, that are shown before the others.
const OWN_MAX: usize = 50;
/// Tasks claimed at once.
const CLAIMS_MAX: usize = PAGE;

/// A task as a row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// `workflow/key/name@opened`, encoded: what a form sends.
    pub place: String,
    pub href: String,
    pub title: String,
    pub about: String,
    pub instance: Option<Reference>,
    pub due: Option<Moment>,
    pub urgent: bool,
    pub why: Option<String>,
    pub next: Option<Next>,
    pub holder: Option<String>,
    pub mine: bool,
    /// Its holder is away, and the reader acts for them.
    pub stood_in: bool,
    /// From whom the reader could take it over.
    pub take_over: Option<String>,
    pub on_hold: Option<String>,
    pub note: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Next {
    pub at: Moment,
    pub what: String,
}

#[derive(Serialize)]
struct Model {
    own: Vec<Row>,
    /// What they hold for whom the reader acts.
    stood_in: Vec<Row>,
    waiting: Vec<Row>,
    after: Option<String>,
    /// Further pages begin where the first ended.
    first: bool,
    held_too: bool,
    workflow: Option<String>,
    /// What was done on the page before, where no other task follows.
    done: Option<Done>,
    /// For whom the reader could act as well.
    stood_in_for: Vec<StoodInFor>,
}

impl Row {
    pub fn of(queued: &Queued, actor: &Actor, reading: &Reading) -> Self {
        let task = &queued.task;
        let reference = format!("{}@{}", task.name, task.opened);
        let place = path(&[&queued.workflow, &queued.key, &reference]);
        Row {
            href: format!("/tasks{place}"),
            place,
            title: task.title.clone(),
            about: queued.about.clone(),
            instance: (!queued.about.is_empty()).then(|| Reference::seen(queued.about.clone(), &queued.workflow, &queued.key)),
            due: task.due.map(|due| reading.moment(due)),
            urgent: task.priority > PRIORITY_NORMAL,
            why: task.why.last().map(|why| occasion(&why.what)),
            next: task.next.first().map(|next| Next {
                at: reading.moment(next.at),
                what: next.what.clone(),
            }),
            mine: task.holder.as_ref() == Some(&actor.id),
            stood_in: task.holder.is_some() && task.holder == actor.on_behalf_of,
            take_over: task
                .holder
                .as_deref()
                .filter(|_| task.taking_over == TakingOver::Now)
                .map(str::to_owned),
            holder: task.holder.as_deref().map(str::to_owned),
            on_hold: task.held.as_deref().map(str::to_owned),
            note: task.note.as_deref().map(str::to_owned),
        }
    }
}

async fn show(asked: Asked) -> Answered<Answer> {
    let (engine, actor, reading) = (asked.engine(), asked.actor()?, asked.reading());
    let after = asked.parameter("after");
    let held_too = asked.parameter("held").is_some();
    let workflow = asked.parameter("workflow");
    let request = QueueRequest {
        workflow: workflow.as_deref().map(Into::into),
        held_too,
        own: false,
        after: after.as_deref().and_then(read_place),
        limit: PAGE,
        ..QueueRequest::default()
    };
    let waiting = engine.queue_titles(&request, actor).await?;
    let first = request.after.is_none();
    let own = if first {
        let request = QueueRequest {
            own: true,
            held_too: false,
            limit: OWN_MAX,
            ..request
        };
        engine.queue_titles(&request, actor).await?.tasks
    } else {
        Vec::new()
    };
    let rows = |tasks: &[Queued]| -> Vec<Row> { tasks.iter().map(|task| Row::of(task, actor, &reading)).collect() };
    let (stood_in, own) = rows(&own).into_iter().partition(|row| row.stood_in);
    let is_waiting = |row: &Row| !row.mine && !row.stood_in;
    let model = Model {
        own,
        stood_in,
        waiting: rows(&waiting.tasks).into_iter().filter(is_waiting).collect(),
        after: waiting.next.as_ref().map(place_text),
        first,
        held_too,
        workflow,
        done: done(&asked).await?,
        stood_in_for: stood_in_for(&asked).await?,
    };
    Ok(View::new("tasks.html", "My tasks", model).topic("tasks").into())
}

/// What became of one of several.
#[derive(Serialize)]
struct Outcome {
    title: String,
    href: String,
    claimed: bool,
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
struct Outcomes {
    claimed: usize,
    outcomes: Vec<Outcome>,
}

/// Claims exactly those that were chosen, each for itself, and tells the truth about each.
async fn claim(asked: Asked) -> Answered<Answer> {
    let chosen: Vec<&str> = asked.posted.all("task").take(CLAIMS_MAX).collect();
    if chosen.is_empty() {
        return Ok(super::answer::see_other("/tasks"));
    }
    let mut outcomes = Vec::new();
    for place in chosen {
        outcomes.push(claim_one(&asked, place).await?);
    }
    let claimed = outcomes.iter().filter(|outcome| outcome.claimed).count();
    Ok(View::new("outcomes.html", "Claimed", Outcomes { claimed, outcomes }).into())
}

async fn claim_one(asked: &Asked, place: &str) -> Answered<Outcome> {
    let Some((workflow, key, task)) = read_task(place) else {
        return Err(Problem::nothing(format_args!("task {place}")));
    };
    let once = asked.posted.text("once").unwrap_or_default();
    let actor = asked.actor()?;
    let request = TaskRequest {
        workflow: workflow.as_str().into(),
        key: key.as_str().into(),
        task: TaskRef::read(&task),
        act: TaskAct::Claim,
        actor: actor.clone(),
        input_key: Some(InputKey::of(&["page", &actor.id, "claim", place, once])),
        expected: None,
    };
    let answered = asked.engine().act(request).await;
    let reasons = match answered {
        Ok(answer) => match answer.verdict {
            Verdict::Taken => Vec::new(),
            Verdict::Refused(refusals) => refusals.iter().map(Reason::of).collect(),
            _ => vec![said("It is no open task any more")],
        },
        Err(error) => vec![said(Problem::from(error).detail())],
    };
    Ok(Outcome {
        title: title_of(asked, &workflow, &key, &task).await?,
        href: format!("/tasks{place}"),
        claimed: reasons.is_empty(),
        reasons,
    })
}

/// What a task is called; one that is not there any more, by what is known of it.
async fn title_of(asked: &Asked, workflow: &str, key: &str, task: &str) -> Answered<String> {
    let tasks = match asked.engine().task_titles(workflow, key, asked.actor()?).await {
        Ok(tasks) => tasks,
        Err(EngineError::Hidden) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let is_it = |queued: &&Queued| task == format!("{}@{}", queued.task.name, queued.task.opened);
    let found = tasks.iter().find(is_it).map(|queued| queued.task.title.clone());
    let name = task.split('@').next().unwrap_or(task);
    Ok(found.unwrap_or_else(|| format!("{} of {key}", in_words(name.rsplit('.').next().unwrap_or(name)))))
}

fn said(sentence: &str) -> Reason {
    Reason {
        rule: None,
        sentence: sentence.to_owned(),
        instances: Vec::new(),
    }
}

/// Workflow, key and task of an encoded path.
fn read_task(place: &str) -> Option<(String, String, String)> {
    let mut parts = place.strip_prefix('/')?.split('/').map(crate::percent::decode);
    Some((parts.next()??, parts.next()??, parts.next()??))
}
