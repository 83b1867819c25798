//! Inputs that come at the same time: every order of them, with every turn of the engine's actors in between.

use statewright_core::diagnostic::Span;
use tokio::task::JoinHandle;

use super::act::{Outcome, Ready, name_of};
use super::{Run, Stop};
use crate::error::EngineResult;
use crate::intake::Answer;
use crate::scenario::plan::{Common, Race, Start, Step, StepKind, Wanted};
use crate::scenario::report::Difference;
use crate::scenario::schedule::{Schedule, too_many_orders};
use crate::scenario::world::{Actors, answered};

/// In which order their turns are tried; the last one's only where tasks are given to people.
const ACTORS: [(Actors, &str); 5] = [
    (Actors::Intake, "the intake takes what waits"),
    (Actors::Messages, "messages are handed over"),
    (Actors::Timers, "timers are handed over"),
    (Actors::Outbox, "the outbox goes on"),
    (Actors::Assignments, "tasks are given to people"),
];

/// An input on its way.
struct Runner<'a> {
    step: &'a Step,
    asked: Option<JoinHandle<EngineResult<Answer>>>,
}

impl Run<'_> {
    /// Goes one way through the race, as the schedule says; the others are runs of their own.
    pub(super) async fn race(&mut self, span: Span, race: &Race) -> Result<(), Stop> {
        if Schedule::is_too_much(race.inputs.len()) {
            return Err(self.failed(span, too_many_orders()));
        }
        self.settle(span).await?;
        let mut waiting: Vec<&Step> = race.inputs.iter().collect();
        let mut runners: Vec<Runner<'_>> = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let turns = match (runners.is_empty(), self.world.gives_tasks()) {
                (true, _) => 0,
                (false, true) => ACTORS.len(),
                (false, false) => ACTORS.len() - 1,
            };
            let mut chosen = self.schedule.choose(waiting.len() + turns);
            while let Some((actor, words)) = chosen.checked_sub(waiting.len()).and_then(|turn| ACTORS.get(turn)) {
                let worked = self.world.tick(*actor).await;
                if worked.map_err(|trouble| self.failed(span, trouble))? {
                    self.order.push((*words).into());
                    break;
                }
                chosen = self.schedule.choose_again().ok_or(Stop::Redundant)?;
            }
            if chosen < waiting.len() {
                let step = waiting.remove(chosen);
                self.order.push(format!("{} comes", name_of(&step.kind)));
                let asked = self.set_off(step).await?;
                runners.push(Runner { step, asked });
            }
        }
        self.settle(span).await?;
        self.arrive(span, race, runners).await?;
        for expect in &race.expects {
            if let StepKind::Expect(expectations) = &expect.kind {
                self.expect(expectations).await?;
            }
        }
        Ok(())
    }

    async fn set_off(&mut self, step: &Step) -> Result<Option<JoinHandle<EngineResult<Answer>>>, Stop> {
        let ready = match &step.kind {
            StepKind::Start(start) => Ready::Start(self.ready_start(step.span, start, None).await?),
            StepKind::Send(send) => Ready::Send(self.ready_send(step.span, send, None).await?),
            StepKind::Act(acting) => Ready::Act(self.ready_act(step.span, acting)?),
            StepKind::Adapter(by_hand) => {
                self.answer_by_hand(step.span, by_hand).await?;
                self.world.pause().await;
                return Ok(None);
            }
            StepKind::Report(reporting) => Ready::Report(self.ready_report(step.span, reporting).await?),
            _ => return Ok(None),
        };
        let engine = self.world.engine();
        let ask = async move {
            match ready {
                Ready::Start(request) => engine.start(request).await,
                Ready::Send(request) => engine.send(request).await,
                Ready::Act(request) => engine.act(request).await,
                Ready::Report(request) => engine.report(request).await,
            }
        };
        Ok(Some(self.world.submit(ask).await))
    }

    /// Compares what became of each with what the steps and the race say.
    async fn arrive(&mut self, span: Span, race: &Race, runners: Vec<Runner<'_>>) -> Result<(), Stop> {
        let mut outcomes = Vec::with_capacity(runners.len());
        for Runner { step, asked } in runners {
            let Some(asked) = asked else {
                outcomes.push((name_of(&step.kind), Outcome::Taken));
                continue;
            };
            let answer = answered(asked).await.map_err(|trouble| self.failed(step.span, trouble))?;
            if let StepKind::Start(start) = &step.kind {
                self.call(start, &answer);
            }
            let outcome = Outcome::of(answer);
            if let Some(common) = common_of(step) {
                self.compare(step.span, common, &outcome, None).await?;
            }
            outcomes.push((name_of(&step.kind), outcome));
        }
        if race.one.is_none() && race.other.is_none() {
            return Ok(());
        }
        let one = race.one.as_ref().unwrap_or(&Wanted::Anything);
        let other = race.other.as_ref().unwrap_or(&Wanted::Anything);
        let others_fit = |place: usize| {
            let others = outcomes.iter().enumerate().filter(|(each, _)| *each != place);
            others.into_iter().all(|(_, (_, outcome))| outcome.is(other))
        };
        let mut places = 0..outcomes.len();
        if places.any(|place| outcomes.get(place).is_some_and(|(_, outcome)| outcome.is(one)) && others_fit(place)) {
            return Ok(());
        }
        let found: Vec<String> = outcomes
            .iter()
            .map(|(name, outcome)| format!("{name}: {}", outcome.words()))
            .collect();
        let Stop::Failed(mut failed) = self.failed(span, "in this order it came out differently") else {
            return Ok(());
        };
        failed.differences.push(Difference {
            path: "outcomes".into(),
            expected: format!("one: {}, other: {}", one.words(), other.words()),
            actual: found.join("; "),
        });
        Err(Stop::Failed(failed))
    }
}

fn common_of(step: &Step) -> Option<&Common> {
    match &step.kind {
        StepKind::Start(Start { common, .. }) => Some(common),
        StepKind::Send(send) => Some(&send.common),
        StepKind::Act(acting) => Some(&acting.common),
        StepKind::Report(reporting) => Some(&reporting.common),
        _ => None,
    }
}
