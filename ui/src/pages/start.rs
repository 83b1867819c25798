//! Starting an instance: which ones there are to start, and their forms.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde::Serialize;
use statewright_core::step::{Offer, SignatureOffer, Verdict, in_words, needed_by_start};
use statewright_core::value::Object;
use statewright_engine::StartRequest;
use statewright_engine::registry::Known;

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::check::{self, Asking};
use super::event::{About, EventForm, Told, WITH, proof};
use super::filled;
use super::referable::{For, Referable};
use super::route::{Access, Page};
use crate::http::Answered;
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/start",
        operation: "pageStarts",
        access: Access::Person,
        handler: |asked| Box::pin(list(asked)),
    },
    Page {
        method: Method::GET,
        path: "/start/{workflow}",
        operation: "pageStart",
        access: Access::Person,
        handler: |asked| Box::pin(show(asked)),
    },
    Page {
        method: Method::POST,
        path: "/start/{workflow}",
        operation: "pageStartInstance",
        access: Access::Person,
        handler: |asked| Box::pin(start(asked)),
    },
];

#[derive(Serialize)]
struct Start {
    href: String,
    name: String,
    description: Option<String>,
}

#[derive(Serialize)]
struct Starts {
    starts: Vec<Start>,
}

#[derive(Serialize)]
struct Model {
    name: String,
    description: Option<String>,
    form: EventForm,
    /// The key is given by whoever starts it.
    keyed: bool,
    key: String,
}

async fn list(asked: Asked) -> Answered<Answer> {
    let (engine, actor) = (asked.engine(), asked.actor()?);
    let mut starts = Vec::new();
    for (name, _) in engine.registry().live_hashes() {
        let known = engine.registry().live(&name).await?;
        if engine.may_start(&name, actor).await? {
            starts.push(Start {
                href: format!("/start{}", path(&[&name])),
                name: in_words(&name),
                description: known.chart.description.clone(),
            });
        }
    }
    starts.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(View::new("starts.html", "Start", Starts { starts }).into())
}

async fn show(asked: Asked) -> Answered<Answer> {
    form(&asked, &Told::Nothing, StatusCode::OK).await
}

async fn form(asked: &Asked, told: &Told<'_>, status: StatusCode) -> Answered<Answer> {
    let workflow = asked.segment("workflow");
    let known = asked.engine().registry().live(workflow).await?;
    let offer = offer(&known);
    let referable = match told {
        Told::Checked(Asking::Part | Asking::Meanwhile, _) => Referable::default(),
        _ => {
            let guarded = !known.chart.start.guards.is_empty();
            Referable::of(asked, For::Start { workflow, guarded }, [&offer]).await?
        }
    };
    let about = About {
        workflow,
        key: "",
        revision: 0,
        chart: &known.chart,
        task: None,
        seen: &Object::new(),
        referable: &referable,
        among_others: false,
    };
    let mut form = EventForm::of(asked, &about, &offer, told);
    form.action = format!("/start{}", path(&[workflow]));
    form.bare = false;
    if let (Told::Checked(Asking::Part | Asking::Meanwhile, _), Some(checked)) = (told, &form.checked) {
        return Ok(check::part(checked.clone()));
    }
    let model = Model {
        name: in_words(workflow),
        description: known.chart.description.clone(),
        form,
        keyed: known.chart.key.is_none(),
        key: asked.posted.text("key").unwrap_or_default().to_owned(),
    };
    Ok(View::new("start.html", format!("Start: {}", in_words(workflow)), model)
        .status(status)
        .into())
}

/// A start as the event that it is to whoever fills in its form.
fn offer(known: &Known) -> Offer {
    let start = &known.chart.start;
    Offer {
        event: "start".into(),
        title: format!("Start {}", in_words(&known.chart.workflow).to_lowercase()),
        refusals: Vec::new(),
        open: Vec::new(),
        kept: Vec::new(),
        needed: needed_by_start(&known.chart),
        form: start.form.fields.clone(),
        reason: start.reason.clone(),
        sign: start.sign.as_ref().map(|sign| SignatureOffer {
            means: sign.means.source().to_string(),
            with: sign.with,
            people: "one person".to_owned(),
            signed: Vec::new(),
        }),
        task: None,
        says: false,
    }
}

async fn start(asked: Asked) -> Answered<Answer> {
    if asked.posted.text("more").is_some() {
        return form(&asked, &Told::Nothing, StatusCode::OK).await;
    }
    let workflow = asked.segment("workflow");
    let known = asked.engine().registry().live(workflow).await?;
    let asking = Asking::of(&asked.posted);
    let signed = match proof(&asked, Some(&offer(&known)).filter(|_| asking.is_none())).await? {
        Ok(proof) => proof,
        Err(refusal) => return form(&asked, &Told::Refused(&[refusal]), StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let request = StartRequest {
        workflow: workflow.into(),
        key: asked.posted.text("key").map(Arc::from),
        payload: filled::object(&known.chart.start.form.fields, WITH, &asked.posted, &asked.zone()),
        actor: asked.actor()?.clone(),
        input_key: asked.input_key()?,
        reason: asked.posted.text("reason").map(Arc::from),
        signed,
    };
    if let Some(asking) = asking {
        let trial = asked.engine().try_start(request).await?;
        return form(&asked, &Told::Checked(asking, &trial), StatusCode::OK).await;
    }
    let answer = asked.engine().start(request).await?;
    match &answer.verdict {
        Verdict::Refused(refusals) => form(&asked, &Told::Refused(refusals), StatusCode::UNPROCESSABLE_ENTITY).await,
        _ => {
            let name = format!("{}/{}", answer.workflow, answer.key);
            let page = format!("/instances{}", path(&[&answer.workflow, &answer.key]));
            Ok(see_other(query(&page, &[("done", &name)])))
        }
    }
}
