//! One row: an instance with its cells, what is due on it, and what may be done.

use std::sync::Arc;

use statewright_core::step::{Offer, offers};

use super::{ActionShown, Asked, Row};
use crate::error::{EngineError, EngineResult};
use crate::queries::Queries;
use crate::queries::shown::personal;
use crate::queries::sight::Sight;

impl Queries {
    pub(super) async fn row(&self, asked: &Asked<'_>, seen: &Sight) -> EngineResult<Row> {
        let (actor, now) = (asked.actor, asked.now);
        let shown = seen.shown(actor, now)?;
        let mut cells = Vec::with_capacity(asked.view.columns.len());
        for column in &asked.view.columns {
            cells.push(self.cell(asked, seen, &column.path).await?);
        }
        let columns = asked.view.columns.iter().zip(&cells);
        let told = columns.filter_map(|(column, cell)| Some((column.path.first()?, cell.value()?)));
        let told = personal(&seen.instance.known.chart, told);
        let tasks = self.tasks_in(&seen.instance, actor, now).await?;
        let mut holders: Vec<Arc<str>> = tasks.iter().filter_map(|queued| queued.task.holder.clone()).collect();
        holders.sort();
        holders.dedup();
        let mut blocked: Vec<String> = seen.instance.snapshot.held.iter().map(|why| why.to_string()).collect();
        if !shown.paused.is_empty() && blocked.is_empty() {
            blocked.extend(shown.label.iter().map(|label| label.to_string()));
        }
        Ok(Row {
            instance: shown.instance,
            workflow: shown.workflow,
            key: shown.key,
            sequence: shown.sequence,
            title: shown.title,
            label: shown.label,
            states: shown.states,
            group: match &asked.view.group {
                Some(path) => Some(self.cell(asked, seen, path).await?),
                None => None,
            },
            due: tasks.iter().filter_map(|queued| queued.task.due).min(),
            holders,
            blocked,
            actions: self.actions(asked, seen).await?,
            task: None,
            cells,
            personal: told,
            is_open: shown.open_until.is_some(),
        })
    }

    /// Of those that the view names the ones that there are now, in the order of the view.
    async fn actions(&self, asked: &Asked<'_>, seen: &Sight) -> EngineResult<Vec<ActionShown>> {
        if asked.view.actions.is_empty() {
            return Ok(Vec::new());
        }
        let (chart, snapshot) = (&seen.instance.known.chart, &seen.instance.snapshot);
        let offered = self
            .ask(&seen.instance, asked.now, |facts| {
                offers(chart, snapshot, asked.actor, facts, asked.now)
            })
            .await;
        let offered = match offered {
            Err(error @ EngineError::Failed { .. }) => {
                tracing::error!(error = error.logged(), "what may be sent from a view cannot be said");
                return Ok(Vec::new());
            }
            offered => offered?,
        };
        let named = asked.view.actions.iter();
        // what somebody may never do is no choice of theirs, and a row that says so again and again is hard to read
        let theirs = |event: &Arc<str>| {
            offered
                .iter()
                .find(|offer| offer.event == *event)
                .filter(|offer| offer.is_theirs())
        };
        let there = named.filter_map(theirs);
        Ok(there.map(action).collect())
    }
}

fn action(offer: &Offer) -> ActionShown {
    ActionShown {
        event: offer.event.clone(),
        title: offer.title.clone(),
        why: offer.refusals.iter().map(|refusal| refusal.sentence.clone()).collect(),
        plain: offer.form.list.is_empty() && offer.reason.is_none() && offer.sign.is_none(),
        task: offer.task.clone(),
    }
}
