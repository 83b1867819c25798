//! The instances that a form's references may name, as far as its reader sees them.
//!
//! They are offered, not prescribed: what a form takes is the workflow's to say, and a key that is not among them may be typed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::field::{Fields, Kind, Schema};
use statewright_core::step::Offer;
use statewright_engine::queries::{ListRequest, Shown};

use super::asked::Asked;
use super::control::Choice;
use crate::http::Answered;

/// Instances of a workflow that are offered, the newest: a longer list is not read but typed into.
const OFFERED_MAX: usize = 50;

/// What is offered, by the workflow that is referred to.
#[derive(Default)]
pub struct Referable {
    offered: BTreeMap<Arc<str>, Offered>,
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
    pub async fn of<'o>(asked: &Asked, offers: impl IntoIterator<Item = &'o Offer>) -> Answered<Referable> {
        let open = offers.into_iter().filter(|offer| offer.refusals.is_empty());
        let mut workflows = BTreeSet::new();
        open.for_each(|offer| of_fields(&offer.form, &mut workflows));
        let mut offered = BTreeMap::new();
        for workflow in workflows {
            let request = ListRequest {
                workflow: Some(workflow.clone()),
                limit: OFFERED_MAX,
                ..ListRequest::default()
            };
            let listed = asked.engine().headings(&request, asked.actor()?).await?;
            let choices = listed.instances.iter().map(choice).collect();
            let more = listed.next.is_some();
            offered.insert(workflow, Offered { choices, more });
        }
        Ok(Referable { offered })
    }

    pub fn to(&self, workflow: &str) -> Offered {
        self.offered.get(workflow).cloned().unwrap_or_default()
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
