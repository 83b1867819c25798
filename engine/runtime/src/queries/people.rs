//! Who is meant: instances by whole words of their personal fields, for whoever may read those.
//!
//! # Invariants
//! - The index is asked for digests. What was typed goes nowhere else, and no log holds it.
//! - Found is only what an actor sees, by fields that they see, and only if the words stand there now.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, BLIND, BlindTerm, BlindWords, blind_fields_for, blind_terms_of};
use statewright_core::value::Value;
use statewright_core::value::text::to_text;

use super::sight::Sight;
use super::walk::{Hit, SEARCH_SCAN_MAX};
use super::{Queries, SearchRequest};
use crate::error::{EngineError, EngineResult};
use crate::registry::Known;
use crate::store::{FieldCondition, FindQuery};

/// People given at once: of more, whoever searches has to say more than that.
pub const PEOPLE_MAX: usize = 50;

/// Words of one search: all names of somebody, and when they were born.
pub const PEOPLE_WORDS_MAX: usize = 12;

/// Looked at with one query.
const CHUNK: usize = 200;

/// Who was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    pub hits: Vec<Hit>,
    /// There are more of them than are given, or than are looked at.
    pub crowded: bool,
    /// Where was looked: workflow and personal fields.
    pub asked: Vec<(Arc<str>, Vec<Arc<str>>)>,
}

impl Queries {
    /// Everybody in whose personal fields all these words stand.
    pub(crate) async fn people(
        &self,
        request: &SearchRequest,
        live: &[Arc<Known>],
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<People> {
        let mut people = People::default();
        let Some(words) = BlindWords::of(&request.word) else {
            return Ok(people);
        };
        for known in live {
            let chart = &known.chart;
            let fields = blind_fields_for(chart, actor);
            let is_meant = request.workflow.as_ref().is_none_or(|workflow| chart.workflow == *workflow);
            if fields.is_empty() || !is_meant {
                continue;
            }
            let groups = words.groups(chart, &fields);
            if groups.len() > PEOPLE_WORDS_MAX {
                return Err(EngineError::NotSearchable {
                    parameter: "q".into(),
                    why: format!("there are at most {PEOPLE_WORDS_MAX} words"),
                });
            }
            self.gather(chart, &groups, actor, now, &mut people).await?;
            people.asked.push((chart.workflow.clone(), fields));
        }
        people.hits.sort_by(|first, second| first.matched.cmp(&second.matched));
        Ok(people)
    }

    async fn gather(
        &self,
        chart: &Chart,
        groups: &[Vec<BlindTerm>],
        actor: &Actor,
        now: Timestamp,
        people: &mut People,
    ) -> EngineResult<()> {
        let key = self.instances.blind_key().await?;
        let conditions = groups.iter().map(|group| -> FieldCondition {
            let digests = group.iter().map(|term| term.digest(&chart.workflow, &key));
            (BLIND.into(), digests.collect())
        });
        let mut query = FindQuery {
            workflow: chart.workflow.clone(),
            conditions: conditions.collect(),
            limit: CHUNK,
            ..FindQuery::default()
        };
        let mut looked_at = 0;
        loop {
            let page = self.store.find(&query).await?;
            let ids: Vec<InstanceId> = page.rows.iter().map(|(id, _)| *id).collect();
            looked_at += ids.len();
            for sight in self.sights_of(&ids, actor, now).await?.values() {
                let Some(hit) = met(sight, groups, actor, now)? else {
                    continue;
                };
                if people.hits.len() >= PEOPLE_MAX {
                    people.crowded = true;
                    return Ok(());
                }
                people.hits.push(hit);
            }
            if !page.more {
                return Ok(());
            }
            if looked_at >= SEARCH_SCAN_MAX {
                people.crowded = true;
                return Ok(());
            }
            query.after = ids.last().copied();
        }
    }
}

/// None: the words do not all stand there, as far as the actor sees it. Shown is everything that people of this workflow are found by, so that
/// those of one name can be told from one another.
fn met(sight: &Sight, groups: &[Vec<BlindTerm>], actor: &Actor, now: Timestamp) -> EngineResult<Option<Hit>> {
    let (chart, snapshot) = (&sight.instance.known.chart, &sight.instance.snapshot);
    let mut terms = blind_terms_of(chart, snapshot);
    terms.retain(|term| sight.shows(&term.field));
    if !groups.iter().all(|group| group.iter().any(|term| terms.contains(term))) {
        return Ok(None);
    }
    let seen = chart.blind.iter().filter(|field| sight.shows(field));
    let values = seen.filter_map(|field| {
        let value = snapshot.data.get(field).filter(|value| **value != Value::Null)?;
        Some((field.clone(), Arc::from(to_text(value, None))))
    });
    let matched: Vec<(Arc<str>, Arc<str>)> = values.collect();
    Ok(Some(Hit {
        shown: sight.shown(actor, now)?,
        personal: matched.iter().map(|(field, _)| field.clone()).collect(),
        matched,
    }))
}
