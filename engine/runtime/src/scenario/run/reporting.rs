//! What an adapter reports by hand: steps on the way, and that an answer does not stand.

use statewright_core::diagnostic::Span;
use statewright_core::step::{Actor, ActorKind, Report};

use super::act::Outcome;
use super::{Run, Stop};
use crate::engine::ReportRequest;
use crate::scenario::plan::Reporting;

impl Run<'_> {
    pub(super) async fn report(&mut self, span: Span, reporting: &Reporting) -> Result<(), Stop> {
        let request = self.ready_report(span, reporting).await?;
        let engine = self.world.engine();
        let answer = self.world.ask(async move { engine.report(request).await }).await;
        let answer = answer.map_err(|trouble| self.failed(span, trouble))?;
        let about = answer.as_ref().ok().map(super::act::party_of);
        self.compare(span, &reporting.common, &Outcome::of(answer), about).await
    }

    /// About the attempt that waits, or about the last one that was answered.
    pub(super) async fn ready_report(&mut self, span: Span, reporting: &Reporting) -> Result<ReportRequest, Stop> {
        let of = match &reporting.of {
            Some(of) => Some(self.party(span, of)?),
            None => self.it.clone(),
        };
        let effect = (reporting.adapter.clone(), reporting.action.clone());
        let counterparts = &self.world.counterparts;
        let key = counterparts.effect_to_report(&effect, of.map(|of| of.id()), reporting.undone);
        let key = key.map_err(|sentence| self.failed(span, sentence))?;
        let fields = self.fields(span, reporting.fields.as_ref(), None).await?;
        Ok(ReportRequest {
            effect: key,
            report: match reporting.undone {
                true => Report::Undone { fields },
                false => Report::Progress { fields },
            },
            actor: Actor::plain(ActorKind::Adapter, reporting.adapter.clone()),
        })
    }
}
