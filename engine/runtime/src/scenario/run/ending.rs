//! After the last step: nothing may be left that nobody expected, and every trail must prove itself.

use statewright_core::diagnostic::Span;
use statewright_core::trail::Replay;

use super::Run;
use crate::body::Party;
use crate::scenario::coverage::Taken;
use crate::scenario::report::Failed;
use crate::scenario::trail;

impl Run<'_> {
    /// Adds what is wrong at the end of the scenario.
    pub(super) async fn end(&mut self, span: Span) {
        let mut found = Vec::new();
        found.extend(self.crashes(span));
        match self.unexpected_incidents(span).await {
            Ok(incident) => found.extend(incident),
            Err(trouble) => found.push(Failed::new(span, trouble)),
        }
        match self.world.audit().await {
            Ok(wrong) => found.extend(
                wrong
                    .into_iter()
                    .map(|wrong| Failed::new(span, format!("the trail: {wrong}"))),
            ),
            Err(trouble) => found.push(Failed::new(span, trouble)),
        }
        for mut failed in found {
            failed.order = self.order().to_vec();
            self.fail(failed);
        }
    }

    /// A crash must have come, and what it broke off must be done again under the same key.
    fn crashes(&self, span: Span) -> Vec<Failed> {
        let mut found = Vec::new();
        let nothing_failed = self.failures.is_empty();
        for trap in self.world.counterparts.untouched_traps() {
            let (adapter, action) = &trap.effect;
            let sentence = format!("the engine was to stop at `{adapter}.{action}`, and nothing ever came there");
            found.extend(nothing_failed.then(|| Failed::new(span, sentence)));
        }
        let attempts = self.world.counterparts.attempts();
        for key in &self.world.stopped_at {
            let first = attempts.iter().position(|attempt| attempt.key == *key);
            let Some((first, effect)) = first.and_then(|first| Some((first, &attempts.get(first)?.effect))) else {
                continue;
            };
            let later = attempts.iter().skip(first + 1).filter(|attempt| attempt.effect == *effect);
            let later: Vec<_> = later.collect();
            if later.iter().any(|attempt| attempt.key == *key) || !self.world.holds_effect(key) {
                continue;
            }
            let (adapter, action) = effect;
            let sentence = match later.is_empty() {
                true => format!(
                    "`{adapter}.{action}` was not performed again after the crash: it is when the lease has ended, a minute later (`wait: 1m`)"
                ),
                false => format!("after the crash `{adapter}.{action}` was asked for under another key"),
            };
            found.extend(nothing_failed.then(|| Failed::new(span, sentence)));
        }
        found
    }

    async fn unexpected_incidents(&self, span: Span) -> Result<Option<Failed>, String> {
        let incidents = self.world.incidents().await?;
        if incidents.len() <= self.incidents {
            return Ok(None);
        }
        let Some(first) = incidents.last() else { return Ok(None) };
        let standings = self.world.all().await?;
        let of = standings.iter().find(|standing| standing.row.instance == first.instance);
        let name = of.map_or_else(
            || first.instance.to_string(),
            |standing| format!("{}/{}", standing.row.workflow, standing.row.key),
        );
        let sentence = format!(
            "something waits for a person, and no `expect: {{incidents: …}}` says so: {name}: {}",
            first.error
        );
        let mut failed = Failed::new(span, sentence);
        if let Some(standing) = of {
            failed.trails.extend(self.trail_of(&Party::of(&standing.snapshot)).await);
        }
        Ok(Some(failed))
    }

    /// The transitions that all instances took, by stepping their trails again, the rungs that were reached, and the schedules that ran.
    pub(super) async fn taken(&self) -> Taken {
        let mut taken = Taken::default();
        let Ok(standings) = self.world.all().await else { return taken };
        for standing in standings {
            let (Ok(rows), Ok(personal)) = (
                self.world.trail(standing.row.instance).await,
                self.world.personal(standing.row.instance).await,
            ) else {
                continue;
            };
            let chart = &standing.known.chart;
            let mut replay = Replay::begin(chart, &personal);
            for row in rows {
                if chart.calendar.is_some() && !self.world.know_calendar(&mut replay, &row.bytes).await {
                    break;
                }
                if replay.follow(&row.bytes).is_ok() {
                    taken.add(chart.definition, replay.taken());
                }
                if let Some(rung) = trail::rung(&row.bytes) {
                    taken.add_rung(chart.definition, rung);
                }
            }
        }
        for chart in self.file.definitions.iter().map(|definition| &definition.chart) {
            for schedule in &chart.schedules {
                if self.world.has_run(&chart.workflow, &schedule.name).await == Ok(true) {
                    taken.add_schedule(chart.definition, schedule.name.clone());
                }
            }
        }
        taken
    }
}
