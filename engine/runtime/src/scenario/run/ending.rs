//! After the last step: nothing may be left that nobody expected, and every trail must prove itself.

use statewright_core::diagnostic::Span;
use statewright_core::trail::Replay;

use super::Run;
use crate::body::Party;
use crate::scenario::coverage::Taken;
use crate::scenario::report::Failed;
use crate::scenario::trail;
use crate::store::Incident;

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
        let unexpected = |incident: &&Incident| !self.incidents.contains(&super::named(incident));
        let Some(first) = incidents.iter().rfind(unexpected) else {
            return Ok(None);
        };
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
        let mut named = self.world.named();
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
                if !matches!(named.hand_over(&mut replay, &standing.known, &row.bytes).await, Ok(Ok(()))) {
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
        for chart in self.file.setting.definitions.iter().map(|definition| &definition.chart) {
            for schedule in &chart.schedules {
                if self.world.has_run(&chart.workflow, &schedule.name).await == Ok(true) {
                    taken.add_schedule(chart.definition, schedule.name.clone());
                }
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use statewright_core::diagnostic::Sources;
    use statewright_core::lang::Resolver;

    use super::*;
    use crate::scenario::plan::TestFile;

    const DOOR: &str = "workflow: door
key: A
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: shut
states: {shut: {on: {OPEN: {target: open, by: [clerk]}}}, open: {}}
";

    const FILE: &str = "test: t
uses: [door.yaml]
given: {people: {ann: [clerk]}}
scenarios: {s: [{start: door, as: ann, id: a}, {send: OPEN, to: a, as: ann}]}
";

    struct Door;

    impl Resolver for Door {
        fn resolve(&self, path: &str) -> Option<Arc<str>> {
            (path == "door.yaml").then(|| DOOR.into())
        }
    }

    fn file() -> TestFile {
        let mut sources = Sources::new();
        let main = sources.add("t.test.yaml", FILE);
        let (file, found) = crate::scenario::read(&mut sources, main, &Door);
        file.unwrap_or_else(|| panic!("{}", statewright_core::diagnostic::concise(&sources, &found)))
    }

    /// What is told at the end, when an entry was written anew meanwhile.
    async fn told_of(forge: impl Fn(&str) -> String) -> Vec<String> {
        let file = file();
        let mut run = Run::begin(&file).await.unwrap_or_else(|trouble| panic!("{trouble}"));
        for scenario in &file.scenarios {
            assert!(run.play(scenario).await.is_ok());
        }
        let party = Party {
            workflow: "door".into(),
            key: "A".into(),
        };
        run.world.forge(party.id(), 2, forge);
        run.end(Span::default()).await;
        run.failures.into_iter().map(|failed| failed.sentence).collect()
    }

    #[tokio::test]
    async fn a_trail_that_does_not_prove_itself_is_told() {
        assert_eq!(told_of(str::to_owned).await, Vec::<String>::new());
        let told = told_of(|entry| entry.replace("\"ann\"", "\"bob\"")).await;
        assert!(told.iter().any(|sentence| sentence.starts_with("the trail: ")), "{told:?}");
    }
}
