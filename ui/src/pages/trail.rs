//! The trail of an instance, as people read it, and whether it is whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;
use serde::Serialize;
use statewright_core::identity::Digest;
use statewright_engine::audit::{Proof, described};
use statewright_engine::registry::Known;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::entry::{Entry, definition_of};
use super::route::{Access, Page};
use crate::http::{Answered, about_instance};
use crate::percent::path;

pub const PAGES: &[Page] = &[Page {
    method: Method::GET,
    path: "/instances/{workflow}/{key}/trail",
    operation: "pageTrail",
    access: Access::Person,
    handler: |asked| Box::pin(show(asked)),
}];

/// Entries of a page.
const PAGE: usize = 50;

#[derive(Serialize)]
struct Model {
    title: String,
    /// `workflow/key`, for the command line.
    name: String,
    href: String,
    proof: Proved,
    entries: Vec<Entry>,
    after: Option<u64>,
}

/// What was found when the stored entries were verified.
#[derive(Serialize)]
struct Proved {
    is_whole: bool,
    /// There are too many to verify them while somebody waits.
    is_too_long: bool,
    entries: u64,
    head: String,
    findings: Vec<String>,
}

impl Proved {
    fn of(proof: &Proof) -> Self {
        Proved {
            is_whole: proof.is_whole(),
            is_too_long: proof.findings.is_none(),
            entries: proof.entries,
            head: proof.head.to_string(),
            findings: proof.findings.iter().flatten().map(described).collect(),
        }
    }
}

async fn show(asked: Asked) -> Answered<Answer> {
    let (workflow, key) = (asked.segment("workflow"), asked.segment("key"));
    let (engine, caller) = (asked.engine(), asked.caller()?);
    let after = asked.parameter("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let rows = engine.trail(workflow, key, &caller.actor, after, PAGE).await;
    let rows = about_instance(&asked.service, caller, rows, workflow, key).await?;
    let heading = engine.heading(workflow, key, &caller.actor).await;
    let heading = about_instance(&asked.service, caller, heading, workflow, key).await?;
    let proof = engine.prove_trail(workflow, key, &caller.actor).await;
    let proof = about_instance(&asked.service, caller, proof, workflow, key).await?;
    let last = rows.last().map(|row| row.sequence);
    let mut charts = Charts::default();
    let mut entries = Vec::new();
    for row in &rows {
        entries.extend(charts.entry(&asked, &row.bytes).await?);
    }
    let model = Model {
        title: heading.title.clone(),
        name: format!("{workflow}/{key}"),
        href: format!("/instances{}", path(&[workflow, key])),
        proof: Proved::of(&proof),
        entries,
        after: last.filter(|last| *last < heading.sequence),
    };
    Ok(View::new("trail.html", format!("Trail of {}", heading.title), model).into())
}

/// The definitions by which the entries of a page are read. Of one that is not there names are all that is known.
#[derive(Default)]
pub struct Charts(BTreeMap<Digest, Option<Arc<Known>>>);

impl Charts {
    /// None: the bytes are no entry.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn entry(&mut self, asked: &Asked, bytes: &str) -> Answered<Option<Entry>> {
        let known = match definition_of(bytes) {
            Some(definition) => self.known(asked, definition).await?,
            None => None,
        };
        Ok(Entry::read(
            bytes,
            known.as_deref().map(|known| &known.chart),
            &asked.reading(),
        ))
    }

    async fn known(&mut self, asked: &Asked, definition: Digest) -> Answered<Option<Arc<Known>>> {
        if let Some(known) = self.0.get(&definition) {
            return Ok(known.clone());
        }
        // the system's own trails have none, and one that is damaged keeps nobody from reading what happened
        let known = match asked.engine().registry().chart(definition).await {
            Ok(known) => Some(known),
            Err(error) if error.passes() => return Err(error.into()),
            Err(_) => None,
        };
        self.0.insert(definition, known.clone());
        Ok(known)
    }
}
