//! What adapters report on the way by themselves, handed to the engine when it is due.

use statewright_core::step::{Actor, ActorKind, Refusal, Report, Verdict};
use tokio::task::JoinHandle;

use super::counterparts::OnItsWay;
use super::world::World;
use crate::engine::ReportRequest;
use crate::error::{EngineError, EngineResult};
use crate::intake::Answer;

/// Reports between an adapter's other side and the engine.
#[derive(Default)]
pub(super) struct Reported {
    asked: Vec<(OnItsWay, JoinHandle<EngineResult<Answer>>)>,
    /// They wait for a pause to end.
    waiting: Vec<OnItsWay>,
}

impl World {
    /// What waits for a pause is reported again, as an adapter does that was told to come later.
    pub(super) fn offer_reports_again(&mut self) {
        for step in std::mem::take(&mut self.reported.waiting) {
            self.counterparts.report_again(step);
        }
    }

    /// Hands on what is due. True if anything was.
    pub(super) async fn hand_on_reports(&mut self) -> bool {
        let mut busy = false;
        for (step, asked) in std::mem::take(&mut self.reported.asked) {
            if !asked.is_finished() {
                self.reported.asked.push((step, asked));
                continue;
            }
            busy = true;
            match asked.await {
                Ok(answer) => self.note(step, answer),
                Err(error) => self.counterparts.report_refused(&step, &error.to_string()),
            }
        }
        for step in self.counterparts.take_due_reports() {
            busy = true;
            let engine = self.engine();
            let request = ReportRequest {
                effect: step.key.clone(),
                report: Report::Progress {
                    fields: step.fields.clone(),
                },
                actor: Actor::plain(ActorKind::Adapter, step.adapter.clone()),
            };
            let asked = self.submit(async move { engine.report(request).await }).await;
            self.reported.asked.push((step, asked));
        }
        busy
    }

    fn note(&mut self, step: OnItsWay, answer: EngineResult<Answer>) {
        match answer.map(|answer| answer.verdict) {
            Ok(Verdict::Deferred) => self.reported.waiting.push(step),
            Ok(Verdict::Refused(refusals)) => {
                let sentences: Vec<String> = refusals.into_iter().map(|refusal: Refusal| refusal.sentence).collect();
                self.counterparts.report_refused(&step, &sentences.join("; "));
            }
            Ok(Verdict::Taken | Verdict::Ignored | Verdict::Stale) => {}
            // the engine stopped before it answered: it is reported to the next one
            Err(EngineError::ShuttingDown) => self.counterparts.report_again(step),
            Err(error) => self.counterparts.report_refused(&step, &error.to_string()),
        }
    }
}
