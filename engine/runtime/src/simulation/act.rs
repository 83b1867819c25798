//! What people do: they choose an event, fill in its form and send it; where that is refused, they try another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use statewright_core::chart::{Chart, State};
use statewright_core::step::{Offer, TaskRef, view};
use statewright_core::value::Object;

use super::chance;
use super::form::{Filler, reason};
use super::plan::{Choice, Place};
use super::reading::own_events;
use super::run::Run;
use super::work::{Activity, Job};
use crate::body::Party;
use crate::engine::SendRequest;
use crate::scenario::placing::{fields, no_names};
use crate::scenario::run::Outcome;
use crate::scenario::world::Trouble;
use crate::scenario::written::Names;
use crate::testing::Chance;

/// How often a form is filled in anew where it is refused: what is drawn may fit no guard.
const FORMS_MAX: usize = 10;

/// How many may have to sign one event, one after another.
const SIGNERS_MAX: usize = 8;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Taken,
    /// It comes by itself when a pause ends.
    Waits,
    /// Nobody can send any of the events, or none was taken.
    Nothing,
}

/// An event that may be chosen, with its weight.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub event: Arc<str>,
    weight: u32,
    choice: Option<Choice>,
    /// Of a state around: where whoever works on the task may not send it, somebody else does.
    is_outer: bool,
}

impl Run<'_> {
    /// The events that come into question in a state: those that are given weights, else all of its own; and those of states around it that
    /// are given weights there.
    pub(super) fn wanted(&self, chart: &Chart, path: &str) -> Vec<Wanted> {
        let Some(state) = chart.state_at(path) else {
            return Vec::new();
        };
        let place = |path: &str| -> Place { (chart.workflow.clone(), path.into()) };
        let weighed = |choices: &BTreeMap<Arc<str>, Choice>, is_around: bool| -> Vec<Wanted> {
            let wanted = choices.iter().map(|(event, choice)| Wanted {
                event: event.clone(),
                weight: choice.weight,
                choice: Some(choice.clone()),
                is_outer: is_around || !own_events(chart, state).any(|(own, _)| own == event),
            });
            wanted.collect()
        };
        let mut wanted = match self.plan.choices.get(&place(path)) {
            Some(choices) => weighed(choices, false),
            None => {
                // a task may end by an event of the state around it
                let nearest = around(chart, state).find(|state| own_events(chart, state).next().is_some());
                let own = nearest.into_iter().flat_map(|state| own_events(chart, state));
                let own = own.map(|(event, _)| Wanted {
                    event: event.clone(),
                    weight: 1,
                    choice: None,
                    is_outer: false,
                });
                own.collect()
            }
        };
        for outer in around(chart, state).skip(1) {
            let place = place(&outer.path);
            // where it takes a time of its own, somebody acts on the state around by itself
            if let (Some(choices), None) = (self.plan.choices.get(&place), self.plan.durations.get(&place)) {
                wanted.extend(weighed(choices, true));
            }
        }
        let mut seen = BTreeSet::new();
        wanted.retain(|wanted| wanted.weight > 0 && seen.insert(wanted.event.clone()));
        wanted
    }

    /// What this person could send of what comes into question: for a task by the events of its state.
    pub(super) async fn open_to(&self, activity: &Activity, wanted: &[Wanted], member: usize) -> Vec<Offer> {
        let Some(actor) = self.cast.get(member).map(|member| member.actor.clone()) else {
            return Vec::new();
        };
        let engine = self.world.engine();
        // what they may not see they cannot do anything with
        let offers = engine
            .can(&activity.workflow, &activity.key, &actor)
            .await
            .unwrap_or_default();
        let is_open = |offer: &Offer| {
            let signed = offer.sign.as_ref().is_some_and(|sign| sign.signed.contains(&actor.id));
            offer.refusals.is_empty() && !signed && wanted.iter().any(|wanted| wanted.event == offer.event)
        };
        offers.into_iter().filter(is_open).collect()
    }

    /// One of these people does something; `who` are tried in order.
    pub(super) async fn act(&mut self, job: &Job, who: &[usize]) -> Result<Done, Trouble> {
        let Some(activity) = self.work.jobs.get(job) else {
            return Ok(Done::Nothing);
        };
        let Some(chart) = self.plan.setting.chart_of(&activity.workflow).cloned() else {
            return Ok(Done::Nothing);
        };
        let mut chance = self.chance_of(activity, "acts");
        let wanted = self.wanted(&chart, &activity.path);
        for wanted in shuffled(wanted, &mut chance) {
            let others = if wanted.is_outer { self.everybody() } else { Vec::new() };
            for member in who.iter().chain(&others) {
                let Some(activity) = self.work.jobs.get(job) else {
                    return Ok(Done::Nothing);
                };
                let open = self.open_to(activity, std::slice::from_ref(&wanted), *member).await;
                let Some(offer) = open.into_iter().next() else { continue };
                match self.send(job, &chart, *member, &wanted, &offer, &mut chance).await? {
                    // what is refused to one is refused to all who may
                    Done::Nothing => break,
                    Done::Taken => {
                        self.have_signed(job, &chart, &wanted, &mut chance).await?;
                        return Ok(Done::Taken);
                    }
                    Done::Waits => return Ok(Done::Waits),
                }
            }
        }
        Ok(Done::Nothing)
    }

    /// Sends one event, with up to so many forms.
    async fn send(
        &mut self,
        job: &Job,
        chart: &Arc<Chart>,
        member: usize,
        wanted: &Wanted,
        offer: &Offer,
        chance: &mut Chance,
    ) -> Result<Done, Trouble> {
        let forms = if offer.form.list.is_empty() { 1 } else { FORMS_MAX };
        let mut refused = BTreeSet::new();
        for _ in 0..forms {
            let Some(request) = self.request(job, chart, member, wanted, offer, chance).await? else {
                return Ok(Done::Nothing);
            };
            let engine = self.world.engine();
            let answer = self.world.ask(async move { engine.send(request).await }).await?;
            match Outcome::of(answer) {
                Outcome::Taken => return Ok(Done::Taken),
                Outcome::Waits => return Ok(Done::Waits),
                Outcome::Ignored => drop(refused.insert("nothing answers to it".to_owned())),
                Outcome::Refused { sentence, .. } => drop(refused.insert(sentence)),
            }
        }
        // a form that is drawn may miss what a person would see: it is told only where none was taken
        for sentence in refused {
            self.ledger
                .refused((chart.workflow.clone(), job.1.clone()), &wanted.event, sentence);
        }
        Ok(Done::Nothing)
    }

    async fn request(
        &mut self,
        job: &Job,
        chart: &Arc<Chart>,
        member: usize,
        wanted: &Wanted,
        offer: &Offer,
        chance: &mut Chance,
    ) -> Result<Option<SendRequest>, Trouble> {
        let input_key = Some(self.world.next_input_key());
        let (Some(activity), Some(actor)) = (self.work.jobs.get(job), self.cast.get(member)) else {
            return Ok(None);
        };
        let choice = wanted.choice.as_ref();
        let with = choice.and_then(|choice| choice.with.as_ref());
        let mut names = no_names(&self.plan.setting, self.world.now(), None);
        if with.is_some_and(|with| with.is_computed()) {
            names = self.names_of(activity).await?;
        }
        let given = match fields(with, &names) {
            Ok(given) => given,
            Err((_, sentence)) => {
                self.ledger.refused(activity.place(), &wanted.event, sentence);
                return Ok(None);
            }
        };
        let filler = Filler {
            chart,
            keys: &self.keys,
            cast: &self.cast,
            now: self.world.now(),
        };
        let payload: Object = filler.fill(&offer.form, given, chance);
        let finishes = activity
            .task
            .as_ref()
            .filter(|_| offer.task.as_deref() == Some(&*activity.path));
        Ok(Some(SendRequest {
            workflow: activity.workflow.clone(),
            key: activity.key.clone(),
            event: wanted.event.clone(),
            payload,
            actor: actor.actor.clone(),
            input_key,
            reason: reason(
                offer.reason.as_ref(),
                choice.and_then(|choice| choice.reason.as_ref()),
                chance,
            ),
            expected: None,
            signed: offer.sign.as_ref().map(|sign| sign.with),
            task: finishes.map(|task| TaskRef {
                name: activity.path.clone(),
                opened: Some(task.opened),
            }),
        }))
    }

    /// `it` is the instance, as others see it.
    async fn names_of(&self, activity: &Activity) -> Result<Names<'_>, Trouble> {
        let party = Party {
            workflow: activity.workflow.clone(),
            key: activity.key.clone(),
        };
        let mut names = no_names(&self.plan.setting, self.world.now(), None);
        if let Some(standing) = self.world.standing(&party).await? {
            let seen = view(&standing.known.chart, &standing.snapshot, None, self.world.now());
            names.variables.insert("it".into(), seen);
        }
        Ok(names)
    }

    /// An event that others must sign is signed by whoever may: what has been read once is not work again.
    async fn have_signed(&mut self, job: &Job, chart: &Arc<Chart>, wanted: &Wanted, chance: &mut Chance) -> Result<(), Trouble> {
        for _ in 0..SIGNERS_MAX {
            let Some(activity) = self.work.jobs.get(job) else {
                return Ok(());
            };
            let party = Party {
                workflow: activity.workflow.clone(),
                key: activity.key.clone(),
            };
            let standing = self.world.standing(&party).await?;
            let pending = standing.and_then(|standing| standing.snapshot.signatures.get(&wanted.event).cloned());
            if pending.is_none_or(|pending| pending.complete) {
                return Ok(());
            }
            self.give_back(job).await?;
            let mut sent = false;
            for member in 0..self.cast.members.len() {
                let Some(activity) = self.work.jobs.get(job) else {
                    return Ok(());
                };
                let open = self.open_to(activity, std::slice::from_ref(wanted), member).await;
                let Some(offer) = open.into_iter().next() else { continue };
                if self.send(job, chart, member, wanted, &offer, chance).await? == Done::Taken {
                    sent = true;
                    break;
                }
            }
            if !sent {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What an activity draws from, for one purpose.
    pub(super) fn chance_of(&self, activity: &Activity, purpose: &str) -> Chance {
        let visit = activity.visit.to_string();
        chance(
            self.plan.seed,
            &[&activity.workflow, &activity.key, &activity.path, &visit, purpose],
        )
    }
}

/// A state, and those around it from the inside out.
fn around<'c>(chart: &'c Chart, state: &'c State) -> impl Iterator<Item = &'c State> {
    std::iter::successors(Some(state), |state| state.parent.map(|parent| chart.state(parent)))
}

/// In an order in which what weighs more comes first more often.
fn shuffled(mut wanted: Vec<Wanted>, chance: &mut Chance) -> Vec<Wanted> {
    let mut order = Vec::with_capacity(wanted.len());
    while !wanted.is_empty() {
        let sum: u64 = wanted.iter().map(|wanted| u64::from(wanted.weight)).sum();
        let mut drawn = chance.below(sum);
        let place = wanted.iter().position(|wanted| {
            let weight = u64::from(wanted.weight);
            let is_it = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            is_it
        });
        order.push(wanted.remove(place.unwrap_or(0)));
    }
    order
}
