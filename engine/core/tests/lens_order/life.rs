//! An order after its start, event by event.

use super::*;

/// A far PD that is possible and unusual: such an order begins at the edit desk.
pub const UNUSUAL: &[(&str, &str)] = &[("\"32\"", "\"27.9\"")];

/// An order, and what has been said of it.
pub struct Life<'c> {
    chart: &'c Chart,
    pub outcome: Outcome,
    inputs: u32,
}

/// `USER:ROLE@ORGANISATION`, the organisation where it matters.
pub fn actor(who: &str) -> Actor {
    let (who, organisation) = who.split_once('@').map_or((who, None), |(who, at)| (who, Some(at)));
    let (user, role) = who.split_once(':').expect("a test's actor is USER:ROLE");
    let mut actor = Actor::plain(ActorKind::Person, user);
    actor.roles = vec![role.into()];
    actor.organisation = organisation.map(Arc::from);
    actor
}

impl<'c> Life<'c> {
    /// After a start with parts of the usual order replaced.
    pub fn started(chart: &'c Chart, changes: &[(&str, &str)]) -> Self {
        let outcome = started(chart, changes, "Approved");
        assert_eq!(outcome.verdict, Verdict::Taken, "{changes:?}");
        Life {
            chart,
            outcome,
            inputs: 0,
        }
    }

    /// `taken`, or why not.
    pub fn send(&mut self, who: &str, event: &str, with: &str) -> String {
        let payload = json::read(with).expect("a test's input is JSON");
        let kind = InputKind::Event {
            name: event.into(),
            payload: payload.as_object().cloned().unwrap_or_default(),
            task: None,
        };
        self.take(actor(who), kind)
    }

    /// The lens-design system's answer.
    pub fn design(&mut self, result: &str) -> String {
        let effect = self.outcome.next.invokes.keys().next().cloned();
        let result = json::read(result).expect("a test's answer is JSON");
        let kind = InputKind::AdapterAnswer {
            effect: effect.expect("a design was asked for"),
            result: Ok(result),
        };
        self.take(Actor::plain(ActorKind::Adapter, "lens_design"), kind)
    }

    fn take(&mut self, actor: Actor, kind: InputKind) -> String {
        self.inputs += 1;
        let input = Input {
            signed: None,
            key: Some(InputKey::of(&["test", &self.inputs.to_string()])),
            actor,
            reason: Some("because".into()),
            kind,
        };
        let now: Timestamp = "2026-03-26T09:00:00Z".parse().expect("a moment");
        let stepped = step(self.chart, Some(&self.outcome.next), &input, &facts("Approved"), now);
        let Ok(Stepped::Done(outcome)) = stepped else {
            panic!("{stepped:?}")
        };
        self.outcome = *outcome;
        told(&self.outcome.verdict)
    }

    pub fn leaves(&self) -> String {
        leaves(self.chart, &self.outcome)
    }

    /// Sphere, cylinder and axis of the right eye.
    pub fn right(&self) -> String {
        right(&self.outcome)
    }
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Taken => "taken".into(),
        Verdict::Refused(refusals) => refused(refusals),
        other => format!("{other:?}"),
    }
}
