//! What comes, and when.

use jiff::Timestamp;
use statewright_core::chart::Party;
use statewright_core::step::{Actor, ActorKind};
use statewright_core::value::Value;

use super::cast::{MemberKind, later};
use super::chance;
use super::form::{Filler, reason};
use super::plan::{Arrival, Simulation};
use super::run::Run;
use crate::engine::StartRequest;
use crate::scenario::placing::{fields, no_names};
use crate::scenario::plan::Who;
use crate::scenario::run::Outcome;
use crate::scenario::world::Trouble;
use crate::scenario::written::Names;
use crate::testing::Chance;

/// A stream of instances, and how far it is.
pub(super) struct Stream<'s> {
    arrival: &'s Arrival,
    chance: Chance,
    came: u64,
    /// None: no more of them come.
    pub next: Option<Timestamp>,
}

impl<'s> Stream<'s> {
    /// The first comes after one interval.
    pub(super) fn of(arrival: &'s Arrival, simulation: &Simulation) -> Self {
        let mut stream = Stream {
            arrival,
            chance: chance(simulation.seed, &["arrivals", &arrival.name]),
            came: 0,
            next: None,
        };
        stream.plan(simulation.setting.given.clock);
        stream
    }

    fn plan(&mut self, from: Timestamp) {
        let chance = &mut self.chance;
        let length = self.arrival.every.draw(&mut || chance.draw());
        let is_last = self.arrival.times.is_some_and(|times| self.came >= times);
        self.next = (!is_last).then(|| later(from, length, self.arrival.hours.as_deref()));
    }
}

impl Run<'_> {
    /// Starts what is due. True if anything was.
    pub(super) async fn arrive(&mut self) -> Result<bool, Trouble> {
        let now = self.world.now();
        let mut any = false;
        for place in 0..self.streams.len() {
            while let Some(stream) = self
                .streams
                .get_mut(place)
                .filter(|stream| stream.next.is_some_and(|next| next <= now))
            {
                stream.came += 1;
                let (arrival, number) = (stream.arrival, stream.came);
                let due = stream.next.unwrap_or(now);
                stream.plan(due);
                self.start(arrival, number).await?;
                any = true;
            }
        }
        Ok(any)
    }

    async fn start(&mut self, arrival: &Arrival, number: u64) -> Result<(), Trouble> {
        let Some(chart) = self.plan.setting.chart_of(&arrival.workflow).cloned() else {
            return Ok(());
        };
        let (now, place) = (self.world.now(), (arrival.workflow.clone(), "".into()));
        let mut chance = chance(self.plan.seed, &["start", &arrival.name, &number.to_string()]);
        let count = i64::try_from(number).unwrap_or(i64::MAX);
        let names = Names {
            variables: [("n".into(), Value::Integer(count))].into(),
            ..no_names(&self.plan.setting, now, Some(number))
        };
        let given = match fields(arrival.with.as_ref(), &names) {
            Ok(given) => given,
            Err((_, sentence)) => {
                self.ledger.refused(place, "start", sentence);
                return Ok(());
            }
        };
        let filler = Filler {
            chart: &chart,
            keys: &self.keys,
            cast: &self.cast,
            now,
        };
        let payload = filler.fill(&chart.start.form.fields, given, &mut chance);
        let Some(actor) = self.starter(arrival) else {
            self.ledger.refused(place, "start", "nobody here may start it".into());
            return Ok(());
        };
        let request = StartRequest {
            workflow: arrival.workflow.clone(),
            key: None,
            payload,
            actor,
            input_key: Some(self.world.next_input_key()),
            reason: reason(chart.start.reason.as_ref(), None, &mut chance),
            signed: chart.start.sign.as_ref().map(|sign| sign.with),
        };
        let engine = self.world.engine();
        let answer = self.world.ask(async move { engine.start(request).await }).await?;
        if let Outcome::Refused { sentence, .. } = Outcome::of(answer) {
            self.ledger.refused(place, "start", sentence);
        }
        Ok(())
    }

    /// Who is said to start it, or else somebody with one of the roles that may: who comes is rather none of the staff.
    fn starter(&self, arrival: &Arrival) -> Option<Actor> {
        match &arrival.who {
            Some(Who::Described(actor)) => return Some(Actor::clone(actor)),
            Some(Who::Named(name)) => return self.plan.setting.given.people.get(name).cloned(),
            None => {}
        }
        let chart = self.plan.setting.chart_of(&arrival.workflow)?;
        let patterns = chart.start.by.parties.iter().filter_map(|party| match party {
            Party::Person(pattern) => Some(pattern),
            _ => None,
        });
        let roles: Vec<_> = patterns
            .flat_map(|pattern| &pattern.role)
            .filter_map(|role| role.literal_text())
            .collect();
        let may = |actor: &&Actor| actor.roles.iter().any(|role| roles.contains(role));
        let others = |is_staff: bool| {
            let members = self.cast.members.iter();
            members
                .filter(move |member| matches!(member.kind, MemberKind::Staff(_)) == is_staff)
                .map(|member| &member.actor)
        };
        let found = others(false).chain(others(true)).find(may).cloned();
        // a staff of nobody does not keep anybody from coming
        let somebody = || Actor {
            roles: roles.iter().take(1).cloned().collect(),
            ..Actor::plain(ActorKind::Person, "somebody")
        };
        found.or_else(|| (!roles.is_empty()).then(somebody))
    }
}
