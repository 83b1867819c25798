//! The instances that a form's references may name, as far as its reader sees them.
//!
//! They are offered, not prescribed: what a form takes is the workflow's to say, and a key that is not among them may be typed. One that a
//! guard refuses whatever else is filled in is not offered: the guards are tried with it, as a check does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::field::{Fields, Kind, Schema};
use statewright_core::identity::InstanceId;
use statewright_core::step::{Offer, RefusalKind, Trial, Verdict};
use statewright_core::value::{Object, Value};
use statewright_engine::queries::{ListRequest, Listed, Shown};
use statewright_engine::{SendRequest, StartRequest};

use super::asked::Asked;
use super::control::Choice;
use crate::http::Answered;

/// Instances of a workflow that are offered, the newest: a longer list is not read but typed into.
const OFFERED_MAX: usize = 50;
/// Instances that are tried for one field. A trial is a step that is not kept, and reads what the guards ask: a millisecond or less.
const TRIED_MAX: usize = 100;

/// Whom a form is for.
#[derive(Clone, Copy)]
pub enum For<'a> {
    /// `guarded`: some guard is tried.
    Start {
        workflow: &'a str,
        guarded: bool,
    },
    Event {
        workflow: &'a str,
        key: &'a str,
    },
}

/// What is offered, by the workflow that is referred to.
#[derive(Default)]
pub struct Referable {
    offered: BTreeMap<Arc<str>, Offered>,
    /// The same by the event and its field, where guards rest on what is entered.
    fitting: BTreeMap<(Arc<str>, Arc<str>), Offered>,
}

#[derive(Clone, Debug, Default)]
pub struct Offered {
    pub choices: Vec<Choice>,
    /// There are more than these.
    pub more: bool,
}

impl Referable {
    /// For forms that can be filled in.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn of<'o>(asked: &Asked, of: For<'_>, offers: impl IntoIterator<Item = &'o Offer>) -> Answered<Referable> {
        let open: Vec<&Offer> = offers.into_iter().filter(|offer| offer.refusals.is_empty()).collect();
        let mut workflows = BTreeSet::new();
        open.iter().for_each(|offer| of_fields(&offer.form, &mut workflows));
        let mut referable = Referable::default();
        for workflow in workflows {
            let listed = listed(asked, &workflow, None).await?;
            let choices = listed.instances.iter().map(choice).collect();
            let more = listed.next.is_some();
            referable.offered.insert(workflow, Offered { choices, more });
        }
        let is_decided_by_form = |offer: &&Offer| match of {
            For::Start { guarded, .. } => guarded,
            For::Event { .. } => !offer.open.is_empty(),
        };
        for offer in open.into_iter().filter(is_decided_by_form) {
            for field in &offer.form.list {
                if let Kind::Reference {
                    workflow: Some(workflow),
                } = &field.schema.kind
                {
                    let fitting = fitting(asked, of, offer, &field.name, workflow).await?;
                    referable.fitting.insert((offer.event.clone(), field.name.clone()), fitting);
                }
            }
        }
        Ok(referable)
    }

    /// `field`: of the form itself; None within another.
    pub fn to(&self, event: &str, field: Option<&str>, workflow: &str) -> Offered {
        let fitting = field.and_then(|field| self.fitting.get(&(event.into(), field.into())));
        fitting.or_else(|| self.offered.get(workflow)).cloned().unwrap_or_default()
    }
}

async fn listed(asked: &Asked, workflow: &Arc<str>, after: Option<(i64, InstanceId)>) -> Answered<Listed> {
    let request = ListRequest {
        workflow: Some(workflow.clone()),
        limit: OFFERED_MAX,
        after,
        ..ListRequest::default()
    };
    Ok(asked.engine().headings(&request, asked.actor()?).await?)
}

/// Those that no guard refuses that would hold without them.
async fn fitting(asked: &Asked, of: For<'_>, offer: &Offer, field: &Arc<str>, workflow: &Arc<str>) -> Answered<Offered> {
    let blank = tried(asked, of, offer, Object::new()).await?;
    let without = false_guards(&blank);
    let (mut choices, mut tries, mut after) = (Vec::new(), 0, None);
    loop {
        let listed = listed(asked, workflow, after).await?;
        for shown in &listed.instances {
            tries += 1;
            let payload = Object::from_iter([(field.clone(), Value::Text(shown.key.clone()))]);
            let trial = tried(asked, of, offer, payload).await?;
            if false_guards(&trial).iter().all(|sentence| without.contains(sentence)) {
                choices.push(choice(shown));
            }
        }
        after = listed.next;
        if after.is_none() || choices.len() >= OFFERED_MAX || tries >= TRIED_MAX {
            choices.truncate(OFFERED_MAX);
            return Ok(Offered {
                choices,
                more: after.is_some(),
            });
        }
    }
}

async fn tried(asked: &Asked, of: For<'_>, offer: &Offer, payload: Object) -> Answered<Trial> {
    let (engine, actor) = (asked.engine(), asked.actor()?.clone());
    let trial = match of {
        For::Start { workflow, .. } => {
            let request = StartRequest {
                workflow: workflow.into(),
                key: None,
                payload,
                actor,
                input_key: None,
                reason: None,
                signed: None,
            };
            engine.try_start(request).await
        }
        For::Event { workflow, key } => {
            let request = SendRequest {
                workflow: workflow.into(),
                key: key.into(),
                event: offer.event.clone(),
                payload,
                actor,
                input_key: None,
                reason: None,
                expected: None,
                signed: None,
                task: None,
            };
            engine.try_event(request).await
        }
    };
    Ok(trial?)
}

fn false_guards(trial: &Trial) -> Vec<&str> {
    match &trial.verdict {
        Verdict::Refused(refusals) => {
            let guards = refusals.iter().filter(|refusal| refusal.kind == RefusalKind::Guard);
            guards.map(|refusal| refusal.sentence.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

fn of_fields(fields: &Fields, into: &mut BTreeSet<Arc<str>>) {
    fields.list.iter().for_each(|field| of_schema(&field.schema, into));
}

fn of_schema(schema: &Schema, into: &mut BTreeSet<Arc<str>>) {
    match &schema.kind {
        Kind::Reference {
            workflow: Some(workflow),
        } => {
            into.insert(workflow.clone());
        }
        Kind::Object { fields, .. } => of_fields(fields, into),
        Kind::List { items, .. } => of_schema(items, into),
        _ => {}
    }
}

/// By its key, with what it is called and where it stands.
fn choice(shown: &Shown) -> Choice {
    let label = shown.label.as_deref().map(|label| format!("{}: {label}", shown.title));
    Choice {
        value: shown.key.to_string(),
        label: label.unwrap_or_else(|| shown.title.clone()),
        chosen: false,
    }
}
