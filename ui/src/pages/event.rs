//! The form of an event: filled in, tried, sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde::Serialize;
use statewright_core::chart::{Chart, Proof, Reason as ReasonAsked};
use statewright_core::diagnostic::Code;
use statewright_core::step::{Offer, Refusal, RefusalKind, TaskRef, Trial, Verdict};
use statewright_core::value::Object;
use statewright_engine::SendRequest;

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::check::{self, Asking, Checked};
use super::control::{Choice, Control, Filling, Known, choices};
use super::conversation::{self, READ_UP_TO, STANDS_ON, Where};
use super::filled::{self, control_of};
use super::problem::{Reason, sentence};
use super::referable::{For, Referable};
use super::route::{Access, Page};
use super::task;
use super::wording::Wording;
use crate::http::{Answered, Problem, about_instance, prove};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/instances/{workflow}/{key}/events/{event}",
        operation: "pageEvent",
        access: Access::Person,
        handler: |asked| Box::pin(show(asked)),
    },
    Page {
        method: Method::POST,
        path: "/instances/{workflow}/{key}/events/{event}",
        operation: "pageSendEvent",
        access: Access::Person,
        handler: |asked| Box::pin(send(asked)),
    },
];

/// What stands before the names of the controls that the workflow declares.
pub const WITH: &str = "with";

/// An event, as a form shows it.
#[derive(Clone, Debug, Serialize)]
pub struct EventForm {
    pub event: String,
    pub title: String,
    /// Where it is sent to.
    pub action: String,
    /// Before the ids of its controls, where other forms stand on the same page.
    pub ids: String,
    /// The task that it finishes.
    pub task: Option<String>,
    /// The revision that the reader looks at.
    pub revision: u64,
    pub controls: Vec<Control>,
    /// It sends files.
    pub files: bool,
    pub reason: Option<ReasonControl>,
    pub sign: Option<Sign>,
    /// Why it would not be taken.
    pub refusals: Vec<Reason>,
    /// What can only be said when the form is filled in, where it has plain words.
    pub open: Vec<String>,
    /// The other rules that are tried then, as the workflow writes them: for its owners.
    pub rules: Vec<String>,
    /// What was found when it was checked.
    pub checked: Option<Checked>,
    /// Nothing is asked for: it is a button.
    pub bare: bool,
    /// What was wrong with what was sent, with the control where that is so.
    pub problems: Vec<FormProblem>,
    /// What the page where it stands sends along.
    pub hidden: Vec<Hidden>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Hidden {
    pub name: &'static str,
    pub value: String,
}

impl Hidden {
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Hidden {
            name,
            value: value.into(),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ReasonControl {
    pub required: bool,
    pub choices: Vec<Choice>,
    pub value: String,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Sign {
    pub means: String,
    pub people: String,
    pub signed: Vec<String>,
    /// What proves anew who signs: `password`, `second_factor`, `wallet`.
    pub with: &'static str,
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FormProblem {
    pub sentence: String,
    pub rule: Option<String>,
    /// Id of the control.
    pub at: Option<String>,
    pub instances: Vec<super::reference::Reference>,
}

/// What is known of the instance that the form is for.
pub struct About<'a> {
    pub workflow: &'a str,
    pub key: &'a str,
    pub revision: u64,
    pub chart: &'a Chart,
    /// `name@opened`, if the form finishes one.
    pub task: Option<&'a str>,
    /// What its reader sees of the instance's fields.
    pub seen: &'a Object,
    /// What its references may name.
    pub referable: &'a Referable,
    /// Other forms stand on the same page.
    pub among_others: bool,
}

/// What is said in a form of what was sent.
pub enum Told<'a> {
    Nothing,
    Refused(&'a [Refusal]),
    Checked(Asking, &'a Trial),
}

impl EventForm {
    pub fn of(asked: &Asked, about: &About<'_>, offer: &Offer, told: &Told<'_>) -> Self {
        let wording = Wording {
            chart: about.chart,
            form: &offer.form,
        };
        let refused: &[Refusal] = match told {
            Told::Refused(refused) => refused,
            _ => &[],
        };
        let (checked, errors) = match told {
            Told::Checked(asking, trial) => {
                let (checked, errors) = check::found(asked, *asking, trial, offer.sign.is_some(), about.revision, &wording);
                (Some(checked), errors)
            }
            _ => (None, errors(refused, &wording)),
        };
        let ids = if about.among_others {
            format!("{}-", offer.event.to_lowercase())
        } else {
            String::new()
        };
        let (reading, known) = (asked.reading(), Known::of(about.seen, offer));
        let units = asked.engine().directory().units();
        let filling = Filling {
            chart: about.chart,
            event: &offer.event,
            fields: &offer.form,
            posted: &asked.posted,
            errors: &errors,
            reading: &reading,
            known: &known,
            needed: &offer.needed,
            referable: about.referable,
            units: &units,
            ids: &ids,
            more: asked.posted.text("more"),
        };
        let controls = filling.form(WITH);
        let of_kind = |kind: RefusalKind| refused.iter().find(|refusal| refusal.kind == kind).map(sentence);
        let reason = offer.reason.as_ref().map(|reason| ReasonControl {
            required: !matches!(reason, ReasonAsked::Optional),
            choices: match reason {
                ReasonAsked::Choices(of) => choices(of, asked.posted.text("reason").unwrap_or_default()),
                _ => Vec::new(),
            },
            value: asked.posted.text("reason").unwrap_or_default().to_owned(),
            error: of_kind(RefusalKind::Reason),
        });
        let sign = offer.sign.as_ref().map(|sign| Sign {
            means: sign.means.clone(),
            people: sign.people.clone(),
            signed: sign.signed.iter().map(ToString::to_string).collect(),
            with: sign.with.as_str(),
            error: of_kind(RefusalKind::Signature),
        });
        let (open, rules) = conditions(offer, &wording);
        EventForm {
            event: offer.event.to_string(),
            title: offer.title.clone(),
            action: format!("/instances{}", path(&[about.workflow, about.key, "events", &offer.event])),
            task: about.task.map(str::to_owned),
            revision: about.revision,
            ids,
            bare: controls.is_empty() && reason.is_none() && sign.is_none(),
            files: controls.iter().any(Control::takes_files),
            controls,
            reason,
            sign,
            refusals: offer.refusals.iter().map(|refusal| wording.reason(refusal)).collect(),
            open,
            rules,
            checked,
            problems: refused.iter().map(|refusal| FormProblem::of(refusal, &wording)).collect(),
            hidden: [STANDS_ON, READ_UP_TO]
                .into_iter()
                .filter_map(|name| Some(Hidden::new(name, asked.posted.text(name)?)))
                .collect(),
        }
    }
}

impl FormProblem {
    pub fn of(refusal: &Refusal, wording: &Wording<'_>) -> Self {
        let at = match (&refusal.kind, &refusal.field) {
            (_, Some(field)) => Some(filled::id(&control_of(WITH, field))),
            (RefusalKind::Reason, None) => Some("reason".to_owned()),
            (RefusalKind::Signature, None) => Some("sign".to_owned()),
            _ => None,
        };
        let Reason {
            sentence,
            rule,
            instances,
        } = wording.reason(refusal);
        FormProblem {
            sentence,
            rule,
            at,
            instances,
        }
    }
}

/// By the name of the control that they are about.
fn errors(refused: &[Refusal], wording: &Wording<'_>) -> BTreeMap<String, String> {
    let about = refused.iter().filter_map(|refusal| {
        let field = refusal.field.as_deref()?;
        Some((control_of(WITH, field), wording.beside(refusal)?))
    });
    about.collect()
}

/// What is tried when the form is sent: in plain words, and what has none.
fn conditions(offer: &Offer, wording: &Wording<'_>) -> (Vec<String>, Vec<String>) {
    let (mut words, mut rules) = (Vec::new(), Vec::new());
    for condition in &offer.open {
        match wording.condition(condition) {
            Ok(mut said) => words.append(&mut said),
            Err(rule) => rules.push(rule),
        }
    }
    (words, rules)
}

/// What the reader sees of the fields that these forms correct. Where there are none, nothing is read.
pub async fn seen(asked: &Asked, workflow: &str, key: &str, offers: &[&Offer]) -> Answered<Object> {
    let kept = offers
        .iter()
        .filter(|offer| offer.refusals.is_empty())
        .flat_map(|offer| &offer.kept);
    let names: Vec<Arc<str>> = kept.map(|kept| kept.name.clone()).collect();
    match names.is_empty() {
        true => Ok(Object::new()),
        false => Ok(asked.engine().fields(workflow, key, &names, asked.actor()?).await?),
    }
}

#[derive(Serialize)]
struct Model {
    about: String,
    workflow: String,
    key: String,
    href: String,
    form: EventForm,
}

async fn show(asked: Asked) -> Answered<Answer> {
    let task = asked.parameter("task");
    form(&asked, task.as_deref(), &Told::Nothing, StatusCode::OK).await
}

/// The form with what was sent, and what was wrong with it.
async fn form(asked: &Asked, task: Option<&str>, told: &Told<'_>, status: StatusCode) -> Answered<Answer> {
    let (workflow, key, event) = (asked.segment("workflow"), asked.segment("key"), asked.segment("event"));
    let (engine, caller) = (asked.engine(), asked.caller()?);
    let heading = engine.heading(workflow, key, &caller.actor).await;
    let heading = about_instance(&asked.service, caller, heading, workflow, key).await?;
    let offers = engine.can(workflow, key, &caller.actor).await?;
    let known = engine.registry().chart(heading.definition).await?;
    let Some(offer) = offers.iter().find(|offer| &*offer.event == event) else {
        return Err(gone(workflow, key, event));
    };
    // of what is put into a page that is there already, nothing is shown anew
    let (seen, referable) = match told {
        Told::Checked(Asking::Part | Asking::Meanwhile, _) => (Object::new(), Referable::default()),
        _ => (
            seen(asked, workflow, key, &[offer]).await?,
            Referable::of(asked, For::Event { workflow, key }, [offer]).await?,
        ),
    };
    let about = About {
        workflow,
        key,
        revision: heading.sequence,
        chart: &known.chart,
        task,
        seen: &seen,
        referable: &referable,
        among_others: false,
    };
    let model = Model {
        about: heading.title.clone(),
        workflow: workflow.to_owned(),
        key: key.to_owned(),
        href: format!("/instances{}", path(&[workflow, key])),
        form: EventForm::of(asked, &about, offer, told),
    };
    if let (Told::Checked(Asking::Part | Asking::Meanwhile, _), Some(checked)) = (told, &model.form.checked) {
        return Ok(check::part(checked.clone()));
    }
    Ok(View::new("event.html", offer.title.clone(), model).status(status).into())
}

fn gone(workflow: &str, key: &str, event: &str) -> Problem {
    Problem::nothing(format_args!("{event} for {workflow}/{key} now"))
}

async fn send(asked: Asked) -> Answered<Answer> {
    let task = asked.posted.text("task").map(str::to_owned);
    if asked.posted.text("more").is_some() {
        return form(&asked, task.as_deref(), &Told::Nothing, StatusCode::OK).await;
    }
    let (workflow, key, event) = (asked.segment("workflow"), asked.segment("key"), asked.segment("event"));
    let caller = asked.caller()?;
    let offers = asked.engine().can(workflow, key, &caller.actor).await;
    let offers = about_instance(&asked.service, caller, offers, workflow, key).await?;
    let offer = offers.iter().find(|offer| &*offer.event == event);
    let fields = offer.map(|offer| offer.form.clone()).unwrap_or_default();
    let asking = Asking::of(&asked.posted);
    let proof = match proof(&asked, offer.filter(|_| asking.is_none())).await? {
        Ok(proof) => proof,
        Err(refusal) => {
            return form(
                &asked,
                task.as_deref(),
                &Told::Refused(&[refusal]),
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await;
        }
    };
    let request = SendRequest {
        workflow: workflow.into(),
        key: key.into(),
        event: event.into(),
        payload: filled::object(&fields, WITH, &asked.posted, &asked.zone()),
        actor: (*caller.actor).clone(),
        input_key: asked.input_key()?,
        reason: asked.posted.text("reason").map(Arc::from),
        // What finishes a task is about that task, whatever else has moved; a signature is under what was read.
        expected: match (&task, proof) {
            (Some(_), None) => None,
            _ => asked.posted.text("revision").and_then(|revision| revision.parse().ok()),
        },
        signed: proof,
        task: task.as_deref().map(TaskRef::read),
    };
    if let Some(asking) = asking {
        let trial = asked.engine().try_event(request).await;
        let trial = about_instance(&asked.service, caller, trial, workflow, key).await?;
        return form(&asked, task.as_deref(), &Told::Checked(asking, &trial), StatusCode::OK).await;
    }
    let answer = asked.engine().send(request).await;
    let answer = match answer {
        Err(statewright_engine::error::EngineError::StaleRevision { .. }) => return moved(&asked, task.as_deref()).await,
        answer => about_instance(&asked.service, caller, answer, workflow, key).await?,
    };
    match &answer.verdict {
        Verdict::Taken => match conversation::said(&asked) {
            Some(place) => Ok(said(&asked, &place).await),
            None => task::after(&asked, workflow, key, task.is_some()).await,
        },
        Verdict::Refused(refusals) if offer.is_some() => {
            let mut refusals = refusals.clone();
            if let Some(winner) = &answer.lost_to {
                refusals.insert(0, Refusal::new(RefusalKind::Conflict, format!("{winner} was faster")));
            }
            form(
                &asked,
                task.as_deref(),
                &Told::Refused(&refusals),
                StatusCode::UNPROCESSABLE_ENTITY,
            )
            .await
        }
        Verdict::Refused(refusals) => Err(Problem::refused(refusals.clone())),
        _ => {
            let instance = format!("/instances{}", path(&[workflow, key]));
            let winner = answer.lost_to.as_deref().unwrap_or_default();
            Ok(see_other(query(&instance, &[("late", event), ("by", winner)])))
        }
    }
}

/// Who answers has read what they had before them.
async fn said(asked: &Asked, place: &Where<'_>) -> Answer {
    if let Some(read_up_to) = asked.posted.text(READ_UP_TO) {
        // what they said is said, whatever becomes of this
        if let Err(problem) = conversation::mark_up_to(asked, read_up_to).await {
            tracing::warn!(code = problem.code(), "what somebody answered was not kept as read");
        }
    }
    see_other(place.href())
}

/// It has moved since the form was shown: what was entered stays, and the reader looks again.
async fn moved(asked: &Asked, task: Option<&str>) -> Answered<Answer> {
    let words = "This has changed since you looked at it. Look at it again; what you entered is still here";
    let refusal = Refusal::new(RefusalKind::Conflict, words);
    form(asked, task, &Told::Refused(&[refusal]), StatusCode::PRECONDITION_FAILED).await
}

/// Who signs proves anew who they are.
pub async fn proof(asked: &Asked, offer: Option<&Offer>) -> Answered<Result<Option<Proof>, Refusal>> {
    if offer.is_none_or(|offer| offer.sign.is_none()) {
        return Ok(Ok(None));
    }
    let Some(given) = asked.posted.text("sign") else {
        return Ok(Ok(None));
    };
    match prove(&asked.service, asked.caller()?, given).await {
        Ok(proof) => Ok(Ok(Some(proof))),
        Err(problem) if [Code::Unauthenticated.as_str(), Code::NotProved.as_str()].contains(&problem.code()) => {
            Ok(Err(Refusal::new(RefusalKind::Signature, problem.detail())))
        }
        Err(problem) => Err(problem),
    }
}
