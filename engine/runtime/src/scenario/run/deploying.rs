//! Something comes into force while instances are under way.

use statewright_core::diagnostic::Span;
use statewright_core::step::{Actor, ActorKind};

use super::{Run, Stop};
use crate::scenario::plan::Deployable;

impl Run<'_> {
    /// `refused`: words of the refusal that must come.
    pub(super) async fn deploy(&mut self, span: Span, deployable: &Deployable, refused: Option<&str>) -> Result<(), Stop> {
        let operator = Actor::plain(ActorKind::Engine, "scenario");
        let engine = self.world.engine();
        let deployed = match deployable {
            Deployable::Calendar(source) => engine.deploy_calendar(source, &operator).await.map(|_| ()),
            Deployable::Table(source) => engine.deploy_table(source, &operator).await.map(|_| ()),
        };
        match (deployed.map_err(|error| error.to_string()), refused) {
            (Ok(()), None) => self.settle(span).await,
            (Err(sentence), Some(words)) if sentence.contains(words) => Ok(()),
            (Ok(()), Some(words)) => Err(self.failed(span, format!("it is deployed, and was to be refused with `{words}`"))),
            (Err(sentence), Some(words)) => {
                let sentence = format!("it is refused otherwise than with `{words}`: {sentence}");
                Err(self.failed(span, sentence))
            }
            (Err(sentence), None) => Err(self.failed(span, format!("it is not deployed: {sentence}"))),
        }
    }
}
