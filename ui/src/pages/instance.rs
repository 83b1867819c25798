//! One instance: what it is, where it stands, what is due, and what can be done with it now.

use axum::http::Method;
use serde::Serialize;
use statewright_core::step::{Offer, in_words};
use statewright_core::value::Object;
use statewright_engine::error::EngineError;
use statewright_engine::queries::Shown;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::conversation::{Talk, Where, is_said};
use super::drawn;
use super::event::{About, EventForm, Told};
use super::files::FileRow;
use super::moment::Moment;
use super::occurrence::timer_words;
use super::past;
use super::referable::{For, Referable};
use super::reference::Reference;
use super::route::{Access, Page};
use super::task::{Done, done};
use super::tasks::Row;
use super::words::{Line, Reading};
use crate::http::{AUDITOR, Answered, about_instance};
use crate::naming::state_at;
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/instances/{workflow}/{key}",
    operation: "pageInstance",
    access: Access::Person,
    handler: |asked| Box::pin(show(asked)),
}];

#[derive(Serialize)]
struct Model {
    title: String,
    workflow: String,
    key: String,
    label: Option<String>,
    states: Vec<String>,
    paused: Vec<String>,
    done: bool,
    started: Moment,
    open_until: Option<Moment>,
    data: Vec<Line>,
    /// What is worked out from it.
    derived: Vec<Line>,
    timers: Vec<Timer>,
    tasks: Vec<Row>,
    forms: Vec<EventForm>,
    /// What is not the reader's to do.
    others: Vec<EventForm>,
    talk: Option<Talk>,
    signatures: Vec<Signed>,
    related: Vec<Related>,
    files: Vec<FileRow>,
    diagram: Option<String>,
    /// The diagram is shown in its whole size.
    whole: bool,
    /// None: it is not the reader's to see.
    trail: Option<String>,
    /// Who has looked at it, for auditors, where that is recorded.
    readings: Option<String>,
    /// To see it as it stood, for whoever may read its trail.
    past: Option<past::Chooser>,
    href: String,
    /// The word by which a search came here at once.
    found: Option<String>,
    acted: Option<Done>,
    /// What came too late, and who was faster.
    late: Option<Late>,
    /// A task that is no longer open.
    ended: Option<String>,
}

#[derive(Serialize)]
struct Timer {
    name: String,
    at: Moment,
}

#[derive(Serialize)]
struct Signed {
    event: String,
    by: Vec<String>,
}

#[derive(Serialize)]
pub struct Related {
    what: String,
    instance: Reference,
    standing: &'static str,
}

#[derive(Serialize)]
struct Late {
    event: String,
    by: Option<String>,
}

async fn show(asked: Asked) -> Answered<Answer> {
    if past::is_asked_for(&asked) {
        return past::show(asked).await;
    }
    let (workflow, key) = (asked.segment("workflow"), asked.segment("key"));
    let (engine, caller, reading) = (asked.engine(), asked.caller()?, asked.reading());
    let actor = &caller.actor;
    let shown = engine.show(workflow, key, actor).await;
    let shown = about_instance(&asked.service, caller, shown, workflow, key).await?;
    let known = engine.registry().chart(shown.definition).await?;
    let chart = &known.chart;
    let tasks = engine.task_titles(workflow, key, actor).await?;
    let offers = match engine.can(workflow, key, actor).await {
        Ok(offers) => offers,
        Err(EngineError::Hidden) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let listed = engine.files_of(&shown).await?;
    let about = About {
        workflow,
        key,
        revision: shown.sequence,
        chart,
        task: None,
        seen: &shown.data,
        referable: &Referable::of(&asked, For::Event { workflow, key }, &offers).await?,
        among_others: true,
    };
    let form = |offer: &Offer| EventForm::of(&asked, &about, offer, &Told::Nothing);
    let forms = |theirs: bool| {
        let chosen = offers.iter().filter(|offer| offer.is_theirs() == theirs);
        chosen.filter(|offer| !(theirs && is_said(offer))).map(form).collect()
    };
    let said = offers.iter().filter(|offer| offer.is_theirs() && is_said(offer)).map(form);
    let place = Where {
        workflow,
        key,
        task: None,
    };
    let talk = Talk::of(&asked, place, said.collect()).await?;
    let is_kept = |name: &str| chart.data.list.iter().any(|field| *field.name == *name);
    let (kept, derived): (Object, Object) = shown.data.clone().into_iter().partition(|(name, _)| is_kept(name));
    let href = format!("/instances{}", path(&[workflow, key]));
    let model = Model {
        title: shown.title.clone(),
        workflow: workflow.to_owned(),
        key: key.to_owned(),
        label: shown.label.as_deref().map(str::to_owned),
        states: shown.states.iter().map(|state| state_at(Some(chart), state)).collect(),
        paused: shown.paused.iter().map(|state| state_at(Some(chart), state)).collect(),
        done: shown.done,
        started: reading.moment(shown.started_at),
        open_until: shown.open_until.map(|until| reading.moment(until)),
        data: reading.lines(&chart.data, &kept),
        derived: reading.lines(&chart.data, &derived),
        timers: timers(&shown, &reading),
        tasks: tasks.iter().map(|queued| Row::of(queued, actor, &reading)).collect(),
        forms: forms(true),
        others: forms(false),
        talk,
        signatures: signatures(&shown),
        related: related(&shown),
        files: listed.iter().map(|file| FileRow::of(file, workflow, key, &reading)).collect(),
        whole: drawn::is_wanted_whole(&asked),
        diagram: drawn::of_instance(&asked, chart, &shown).await?,
        trail: shown.whole.then(|| format!("{href}/trail")),
        readings: (chart.holds_personal_data && caller.has_role(AUDITOR))
            .then(|| query("/accesses", &[("case", &format!("{workflow}/{key}"))])),
        past: shown.whole.then(|| past::Chooser::of(&asked, &href, None)),
        href,
        found: asked.parameter("found"),
        acted: done(&asked).await?,
        late: asked.parameter("late").map(|event| Late {
            event: in_words(&event.to_lowercase()),
            by: asked.parameter("by"),
        }),
        ended: asked
            .parameter("ended")
            .map(|task| in_words(task.split('@').next().unwrap_or_default())),
    };
    let topic = format!("instance:{workflow}/{key}");
    Ok(View::new("instance.html", shown.title, model)
        .topic(topic)
        .with_names()
        .into())
}

/// How the engine calls the timers of tasks.
const TASK_TIMERS: &str = "task/";

/// Whether a timer is one of a task's.
pub fn is_of_task(timer: &str) -> bool {
    timer.starts_with(TASK_TIMERS)
}

/// The earliest first.
fn timers(shown: &Shown, reading: &Reading) -> Vec<Timer> {
    let mut timers = shown.timers.clone();
    timers.sort_by_key(|(_, due)| *due);
    // what becomes of a task stands beside it
    let others = timers.iter().filter(|(name, _)| !is_of_task(name));
    let named = others.map(|(name, due)| Timer {
        name: timer_words(name),
        at: reading.moment(*due),
    });
    named.collect()
}

fn signatures(shown: &Shown) -> Vec<Signed> {
    let signed = shown.signatures.iter().map(|(event, signers)| Signed {
        event: in_words(&event.to_lowercase()),
        by: signers.iter().map(|signer| signer.actor.to_string()).collect(),
    });
    signed.collect()
}

pub fn related(shown: &Shown) -> Vec<Related> {
    let parent = shown.parent.iter().map(|parent| Related {
        what: "Part of".to_owned(),
        instance: Reference::of(&format!("{}/{}", parent.workflow, parent.key)),
        standing: "",
    });
    let children = shown.children.iter().map(|child| Related {
        what: in_words(&child.invoke),
        instance: Reference::of(&format!("{}/{}", child.child.workflow, child.child.key)),
        standing: child.standing,
    });
    parent.chain(children).collect()
}
