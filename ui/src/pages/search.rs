//! What is called so, or holds what was typed or scanned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::Method;
use serde::Serialize;
use statewright_core::identity::InstanceId;
use statewright_core::step::in_words;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{Hit, Hits, PEOPLE_MAX, SEARCH_PREFIX_CHARACTERS_MIN, SEARCH_WORD_BYTES_MAX, SearchRequest};
use statewright_engine::registry::Known;

use super::answer::{Answer, View, see_other};
use super::asked::Asked;
use super::moment::Moment;
use super::route::{Access, Page};
use super::words::{Reading, label};
use crate::http::{Answered, read_search_after, search_after_text};
use crate::percent::{path, query};

pub const PAGES: &[Page] = &[
    Page {
        method: Method::GET,
        path: "/search",
        operation: "pageSearch",
        access: Access::Person,
        handler: |asked| Box::pin(show(asked, false)),
    },
    // what names somebody stands in no address
    Page {
        method: Method::POST,
        path: "/search",
        operation: "pageSearchPeople",
        access: Access::Person,
        handler: |asked| Box::pin(show(asked, true)),
    },
];

/// Hits of a page: as many rows as a list has.
const PAGE: usize = 50;

#[derive(Serialize, Default)]
struct Model {
    word: String,
    longest: usize,
    workflows: Vec<Workflow>,
    /// Who has all these words in their names, or was born then.
    people: Vec<Row>,
    /// There are more of them.
    crowded: bool,
    most_people: usize,
    /// It was looked for people as well.
    posted: bool,
    /// What is just that.
    exact: Vec<Row>,
    /// What begins so, and what was started on that day.
    others: Vec<Row>,
    /// The rest of the exact ones is not shown here.
    exact_cut: bool,
    next: Option<String>,
    /// This is not the first page.
    onward: bool,
    /// There is more than was looked at, and nothing of it is theirs.
    cut: bool,
    /// The word is too short for what begins so.
    whole_only: bool,
    /// Why nothing could be looked for.
    refused: Option<String>,
    most: usize,
}

#[derive(Serialize)]
struct Workflow {
    name: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Row {
    href: String,
    title: String,
    workflow: String,
    label: Option<String>,
    done: bool,
    started: Moment,
    /// By what it was found.
    found_by: Vec<String>,
}

async fn show(asked: Asked, posted: bool) -> Answered<Answer> {
    let word = entered(&asked, "q", posted).unwrap_or_default().trim().to_owned();
    let workflow = entered(&asked, "workflow", posted);
    let charts: BTreeMap<Arc<str>, Arc<Known>> = asked
        .engine()
        .registry()
        .live_charts()
        .into_iter()
        .map(|known| (known.chart.workflow.clone(), known))
        .collect();
    let mut model = Model {
        longest: SEARCH_WORD_BYTES_MAX,
        most: PAGE,
        most_people: PEOPLE_MAX,
        posted,
        workflows: charts
            .keys()
            .map(|name| Workflow {
                name: name.to_string(),
                chosen: workflow.as_deref() == Some(name),
            })
            .collect(),
        whole_only: !word.is_empty() && word.chars().count() < SEARCH_PREFIX_CHARACTERS_MIN,
        ..Model::default()
    };
    if !word.is_empty() {
        match found(&asked, &word, workflow, posted).await? {
            Ok(found) => {
                if let Some(hit) = found.only().filter(|_| entered(&asked, "all", posted).is_none()) {
                    let instance = format!("/instances{}", path(&[&hit.shown.workflow, &hit.shown.key]));
                    return Ok(see_other(query(&instance, &[("found", &word)])));
                }
                found.fill(&mut model, &charts, &asked.reading());
            }
            Err(why) => model.refused = Some(why),
        }
    }
    model.word.clone_from(&word);
    // a title is kept by the browser, as an address is
    let title = match word.is_empty() || posted {
        true => "Search".to_owned(),
        false => format!("Search for {word}"),
    };
    Ok(View::new("search.html", title, model).into())
}

/// What stands in a field of the form, however it was sent.
fn entered(asked: &Asked, name: &str, posted: bool) -> Option<String> {
    match posted {
        true => asked.posted.text(name).map(str::to_owned),
        false => asked.parameter(name),
    }
}

struct Found {
    exact: Hits,
    others: Hits,
    is_onward: bool,
}

/// The inner error: why this cannot be looked for.
async fn found(asked: &Asked, word: &str, workflow: Option<String>, posted: bool) -> Answered<Result<Found, String>> {
    let after = entered(asked, "after", posted)
        .as_deref()
        .map(read_search_after)
        .transpose()?;
    let is_onward = after.is_some();
    let request = SearchRequest {
        word: word.into(),
        workflow: workflow.map(Arc::from),
        limit: PAGE,
        ..SearchRequest::default()
    };
    let whole = SearchRequest {
        whole: true,
        ..request.clone()
    };
    let (engine, actor) = (asked.engine(), asked.actor()?);
    let found = async {
        Ok(Found {
            exact: engine.search(&whole, actor).await?,
            others: engine
                .search(
                    &SearchRequest {
                        after,
                        personal: posted,
                        ..request
                    },
                    actor,
                )
                .await?,
            is_onward,
        })
    };
    match found.await {
        Ok(found) => Ok(Ok(found)),
        Err(EngineError::NotSearchable { why, .. }) => Ok(Err(why)),
        Err(error) => Err(error.into()),
    }
}

impl Found {
    /// What whoever scans a code means.
    fn only(&self) -> Option<&Hit> {
        match &*self.exact.hits {
            [hit] if self.exact.next.is_none() && !self.exact.cut && !self.is_onward && self.others.people.is_empty() => {
                Some(hit)
            }
            _ => None,
        }
    }

    fn fill(self, model: &mut Model, charts: &BTreeMap<Arc<str>, Arc<Known>>, reading: &Reading) {
        let exact: BTreeSet<InstanceId> = self.exact.hits.iter().map(|hit| hit.shown.instance).collect();
        let row = |hit: &Hit| Row::of(hit, charts, reading);
        model.people = self.others.people.iter().map(row).collect();
        model.crowded = self.others.crowded;
        // the first page shows them already
        let others = self.others.hits.iter().filter(|hit| !exact.contains(&hit.shown.instance));
        model.others = others.map(row).collect();
        if !self.is_onward {
            model.exact = self.exact.hits.iter().map(row).collect();
        }
        model.exact_cut = self.exact.next.is_some();
        model.next = self.others.next.as_ref().map(search_after_text);
        model.onward = self.is_onward;
        model.cut = self.others.cut;
    }
}

impl Row {
    fn of(hit: &Hit, charts: &BTreeMap<Arc<str>, Arc<Known>>, reading: &Reading) -> Self {
        let shown = &hit.shown;
        let fields = charts.get(&shown.workflow).map(|known| &known.chart.data);
        let named = |name: &str| {
            fields
                .and_then(|fields| fields.get(name))
                .map_or_else(|| in_words(name), label)
        };
        let found_by = hit.matched.iter().map(|(field, value)| match &**field {
            "" => "What it is called".to_owned(),
            field => format!("{}: {value}", named(field)),
        });
        Row {
            href: format!("/instances{}", path(&[&shown.workflow, &shown.key])),
            title: shown.title.clone(),
            workflow: shown.workflow.to_string(),
            label: shown.label.as_deref().map(str::to_owned),
            done: shown.done,
            started: reading.moment(shown.started_at),
            found_by: match hit.matched.is_empty() {
                true => vec!["The day it was started".to_owned()],
                false => found_by.collect(),
            },
        }
    }
}
