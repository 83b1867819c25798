//! One task: what it is about, why it is here, and what can be done with it; and where one goes after it.

use std::sync::Arc;

use axum::http::Method;
use serde::Serialize;
use statewright_core::chart::Chart;
use statewright_core::step::Offer;
use statewright_core::value::{Object, Value};
use statewright_engine::error::EngineError;
use statewright_engine::queries::{QueueRequest, Queued};

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::conversation::{Talk, Where, is_said};
use super::event::{About, EventForm, Told, seen};
use super::moment::Moment;
use super::referable::{For, Referable};
use super::route::{Access, Page};
use super::tasks::{Next, Row};
use super::words::{Line, occasion};
use crate::http::{Answered, about_instance};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/tasks/{workflow}/{key}/{task}",
    operation: "pageTask",
    access: Access::Person,
    handler: |asked| Box::pin(show(asked)),
}];

#[derive(Serialize)]
struct Model {
    row: Row,
    help: Option<String>,
    why: Vec<Said>,
    next: Vec<Next>,
    acknowledged: Option<String>,
    follow_up: Option<Moment>,
    show: Vec<Line>,
    forms: Vec<EventForm>,
    talk: Option<Talk>,
    /// Where claim, release and the like are sent to.
    acts: String,
    /// What was done just before, and how it stands now.
    done: Option<Done>,
}

#[derive(Serialize)]
struct Said {
    at: Moment,
    what: String,
}

/// What the reader did on the page before.
#[derive(Debug, Serialize)]
pub struct Done {
    pub title: String,
    pub href: String,
    pub label: Option<String>,
}

async fn show(asked: Asked) -> Answered<Answer> {
    let (workflow, key, task) = (asked.segment("workflow"), asked.segment("key"), asked.segment("task"));
    let (engine, actor, reading) = (asked.engine(), asked.actor()?, asked.reading());
    let tasks = engine.tasks_of(workflow, key, actor).await;
    let tasks = about_instance(&asked.service, asked.caller()?, tasks, workflow, key).await?;
    let Some(queued) = tasks.iter().find(|queued| is(queued, task)) else {
        return Ok(gone(&asked, workflow, key));
    };
    let known = engine.registry().chart(queued.definition).await?;
    let offers = offers(&asked, workflow, key).await?;
    let forms = forms(&asked, queued, &known.chart, &offers).await?;
    let about = About {
        workflow,
        key,
        revision: queued.sequence,
        chart: &known.chart,
        task: None,
        seen: &Object::new(),
        referable: &Referable::default(),
        among_others: true,
    };
    let said = offers.iter().filter(|offer| offer.is_theirs() && is_said(offer));
    let said = said
        .map(|offer| EventForm::of(&asked, &about, offer, &Told::Nothing))
        .collect();
    let place = Where {
        workflow,
        key,
        task: Some(task),
    };
    let talk = Talk::of(&asked, place, said).await?;
    let shown = &queued.task;
    let named = |(name, value): &(Arc<str>, Value)| reading.named(&known.chart.data, name, value);
    let model = Model {
        row: Row::of(queued, actor, &reading),
        help: shown.help.clone(),
        why: shown
            .why
            .iter()
            .map(|why| Said {
                at: reading.moment(why.at),
                what: occasion(&why.what),
            })
            .collect(),
        next: shown
            .next
            .iter()
            .map(|next| Next {
                at: reading.moment(next.at),
                what: next.what.clone(),
            })
            .collect(),
        acknowledged: shown.acknowledged.as_deref().map(str::to_owned),
        follow_up: shown.follow_up.map(|at| reading.moment(at)),
        show: shown.show.iter().map(named).collect(),
        forms,
        talk,
        acts: format!("/tasks{}", path(&[workflow, key, task])),
        done: done(&asked).await?,
    };
    let topic = format!("instance:{workflow}/{key}");
    Ok(View::new("task.html", shown.title.clone(), model)
        .topic(topic)
        .with_names()
        .into())
}

fn is(queued: &Queued, task: &str) -> bool {
    let shown = &queued.task;
    task == &*shown.name || task == format!("{}@{}", shown.name, shown.opened)
}

/// It is no open task any more: who looks at it is told so where the instance stands, or among their tasks.
fn gone(asked: &Asked, workflow: &str, key: &str) -> Answer {
    let ended = asked.segment("task");
    see_other(query(&format!("/instances{}", path(&[workflow, key])), &[("ended", ended)]))
}

/// The events that there are for the reader.
async fn offers(asked: &Asked, workflow: &str, key: &str) -> Answered<Vec<Offer>> {
    match asked.engine().can(workflow, key, asked.actor()?).await {
        Ok(offers) => Ok(offers),
        // A task may be for somebody who does not see the instance: they see the task, and may do what it asks for.
        Err(EngineError::Hidden) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// The forms of the task's own events.
async fn forms(asked: &Asked, queued: &Queued, chart: &Chart, offers: &[Offer]) -> Answered<Vec<EventForm>> {
    let (workflow, key) = (&*queued.workflow, &*queued.key);
    let reference = format!("{}@{}", queued.task.name, queued.task.opened);
    let own = |offer: &&Offer| queued.task.events.contains(&offer.event) && offer.task.as_deref() == Some(&*queued.task.name);
    let offers: Vec<&Offer> = offers.iter().filter(own).collect();
    let about = About {
        workflow,
        key,
        revision: queued.sequence,
        chart,
        task: Some(&reference),
        seen: &seen(asked, workflow, key, &offers).await?,
        referable: &Referable::of(asked, For::Event { workflow, key }, offers.iter().copied()).await?,
        among_others: true,
    };
    let forms = offers
        .into_iter()
        .map(|offer| EventForm::of(asked, &about, offer, &Told::Nothing));
    Ok(forms.collect())
}

/// What was done before, as it stands now: the address names it, and the engine says how it is.
pub async fn done(asked: &Asked) -> Answered<Option<Done>> {
    let Some(name) = asked.parameter("done") else {
        return Ok(None);
    };
    let Some((workflow, key)) = name.split_once('/') else {
        return Ok(None);
    };
    match asked.engine().heading(workflow, key, asked.actor()?).await {
        Ok(heading) => Ok(Some(Done {
            title: heading.title,
            href: format!("/instances{}", path(&[workflow, key])),
            label: heading.label.map(|label| label.to_string()),
        })),
        Err(EngineError::Hidden) => Ok(Some(Done {
            title: name.clone(),
            href: "/tasks".to_owned(),
            label: None,
        })),
        Err(error) => Err(error.into()),
    }
}

/// Where one goes after an event was taken: from a task to what it left to be done of the same instance, else to the next one that waits; from
/// anything else to where the instance stands.
pub async fn after(asked: &Asked, workflow: &str, key: &str, was_task: bool) -> Answered<Answer> {
    let name = format!("{workflow}/{key}");
    let done = [("done", name.as_str())];
    if !was_task {
        return Ok(see_other(query(&format!("/instances{}", path(&[workflow, key])), &done)));
    }
    let next = match goes_on(asked, workflow, key).await? {
        Some(task) => Some(task),
        None => next(asked).await?,
    };
    let next = next.as_ref().map_or_else(
        || "/tasks".to_owned(),
        |next| {
            let reference = format!("{}@{}", next.task.name, next.task.opened);
            format!("/tasks{}", path(&[&next.workflow, &next.key, &reference]))
        },
    );
    Ok(see_other(query(&next, &done)))
}

/// A task of this instance that nobody else holds and that the reader could do something about.
async fn goes_on(asked: &Asked, workflow: &str, key: &str) -> Answered<Option<Queued>> {
    let actor = asked.actor()?;
    let tasks = match asked.engine().task_titles(workflow, key, actor).await {
        Ok(tasks) => tasks,
        Err(EngineError::Hidden) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let free = |queued: &Queued| {
        queued.task.held.is_none() && queued.task.holder.as_ref().is_none_or(|holder| actor.is_known_as(holder))
    };
    let mut tasks: Vec<Queued> = tasks.into_iter().filter(free).collect();
    if tasks.is_empty() {
        return Ok(None);
    }
    let offers = offers(asked, workflow, key).await?;
    let is_for_them = |queued: &Queued| {
        let own = |offer: &&Offer| offer.task.as_deref() == Some(&*queued.task.name) && queued.task.events.contains(&offer.event);
        offers.iter().filter(own).any(|offer| offer.is_theirs())
    };
    tasks.retain(is_for_them);
    tasks.sort_by_key(|queued| std::cmp::Reverse((queued.task.holder.is_some(), queued.task.priority)));
    Ok(tasks.into_iter().next())
}

/// What the reader holds that breaks first, or whom they act for, else what waits for them.
async fn next(asked: &Asked) -> Answered<Option<Queued>> {
    for own in [true, false] {
        let request = QueueRequest {
            own,
            limit: 1,
            ..QueueRequest::default()
        };
        let queue = asked.engine().queue_titles(&request, asked.actor()?).await?;
        if let Some(first) = queue.tasks.into_iter().next() {
            return Ok(Some(first));
        }
    }
    Ok(None)
}
