//! What people do: they look at what the engine offers them, and mostly do that.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use statewright_core::chart::Reason;
use statewright_core::step::{Actor, Offer, OpenTask, TaskAct, TaskRef};
use statewright_core::value::Object;
use statewright_engine::testing::Chance;
use statewright_engine::{SendRequest, TaskRequest};

use super::audit::{Life, lock};
use super::form::Maker;
use super::known::ENDINGS;
use super::prelude::{beginning, prelude};
use super::stage::Stage;
use crate::simulation::caller::Wish;

/// How many people look at an instance before nobody does anything with it.
const LOOKS_MAX: usize = 3;

/// Of a hundred choices so many are for an event that ends or undoes something, where there is another: those ask for a reason, or are
/// known to.
const DRASTIC: u64 = 12;

/// An open task that somebody could do something with.
struct Waiting {
    workflow: Arc<str>,
    key: Arc<str>,
    name: Arc<str>,
    open: OpenTask,
}

impl Stage {
    pub fn prelude(&self) -> Vec<Wish> {
        prelude(self.story, &self.cast)
    }

    /// What somebody wants next; None: nobody wants anything.
    pub async fn wish(&self, now: Timestamp, chance: &mut Chance) -> Option<Wish> {
        match chance.below(100) {
            0..10 => self.begin(chance),
            10..66 => self.work(now, chance).await,
            _ => self.send(now, chance).await,
        }
    }

    /// What is on hold is on hold no more: once nothing goes wrong, nothing shall wait for a person's word.
    pub fn releases(&self) -> Vec<Wish> {
        let audit = lock(&self.audit);
        let held = audit.lives().filter(|life| life.rests_in("in_lab.hold.held"));
        let releaser = self
            .cast
            .iter()
            .find(|actor| actor.roles.iter().any(|role| &**role == "lab_supervisor"));
        let wishes = held.filter_map(|life| {
            let about = (life.snapshot.workflow.clone(), life.snapshot.key.clone());
            Some(Wish::Send(request(about, "RELEASE".into(), releaser?.clone())))
        });
        wishes.collect()
    }

    fn begin(&self, chance: &mut Chance) -> Option<Wish> {
        let audit = lock(&self.audit);
        beginning(
            self.story,
            &self.cast,
            &audit.keys("patient"),
            &audit.keys("encounter"),
            chance,
        )
    }

    /// Does something with a task.
    async fn work(&self, now: Timestamp, chance: &mut Chance) -> Option<Wish> {
        let waiting = self.waiting(chance)?;
        let whose = |actor: &&Actor| waiting.open.holder.as_ref() == Some(&actor.id);
        let holder = self.cast.iter().find(whose).filter(|_| chance.happens(700));
        let offered: Vec<&Actor> = self.cast.iter().filter(|actor| waiting.open.is_for(actor)).collect();
        let actor = match holder {
            Some(holder) => holder,
            // now and then somebody whose task it is not
            None if offered.is_empty() || chance.happens(80) => chance.pick(&self.cast)?,
            None => *chance.pick(&offered)?,
        };
        let holds = waiting.open.holder.as_ref() == Some(&actor.id);
        let finishes = if holds { 750 } else { 500 };
        if chance.happens(finishes) {
            return self.finish(&waiting, actor, now, chance).await;
        }
        let other = || Box::new(actor.clone());
        let to = chance.pick(&offered).map_or_else(other, |to| Box::new(Actor::clone(to)));
        let has_reached = waiting.open.has_reached(actor);
        let taken_from = waiting.open.holder.clone().filter(|_| !holds && has_reached);
        let act = match (chance.below(100), taken_from) {
            (0..40, Some(from)) => TaskAct::TakeOver { from, away: false },
            (deed, _) => Self::deed(deed, holds, to, now, chance),
        };
        Some(Wish::Act(TaskRequest {
            task: waiting.reference(chance),
            workflow: waiting.workflow,
            key: waiting.key,
            act,
            actor: actor.clone(),
            input_key: None,
            expected: None,
        }))
    }

    /// What is done with a task that is nobody else's to be taken from.
    fn deed(deed: u64, holds: bool, to: Box<Actor>, now: Timestamp, chance: &mut Chance) -> TaskAct {
        match deed {
            0..40 if !holds => TaskAct::Claim,
            0..25 => TaskAct::Release { note: None },
            25..40 => TaskAct::Delegate { to },
            40..55 => TaskAct::Assign { to },
            55..70 => TaskAct::Acknowledge,
            70..80 => TaskAct::FollowUp {
                at: now
                    .checked_add(SignedDuration::from_hours(2))
                    .ok()
                    .filter(|_| chance.happens(700)),
            },
            80..90 => TaskAct::Release { note: None },
            _ => TaskAct::Comment { text: "seen".into() },
        }
    }

    /// Sends an event of the task's own state that this actor is offered.
    async fn finish(&self, waiting: &Waiting, actor: &Actor, now: Timestamp, chance: &mut Chance) -> Option<Wish> {
        let offers = self.offers(&waiting.workflow, &waiting.key, actor).await;
        let own: Vec<Offer> = offers
            .into_iter()
            .filter(|offer| offer.task.as_ref() == Some(&waiting.name))
            .collect();
        let mut request = self.accept(&waiting.workflow, &waiting.key, own, actor, now, chance)?;
        request.task = Some(waiting.reference(chance));
        Some(Wish::Send(request))
    }

    /// Sends an event to any instance, by anybody to whom it is offered.
    async fn send(&self, now: Timestamp, chance: &mut Chance) -> Option<Wish> {
        let (workflow, key) = self.somewhere(chance)?;
        for _ in 0..LOOKS_MAX {
            let actor = chance.pick(&self.cast)?;
            let offers = self.offers(&workflow, &key, actor).await;
            if let Some(request) = self.accept(&workflow, &key, offers, actor, now, chance) {
                return Some(Wish::Send(request));
            }
        }
        None
    }

    /// One of these offers, with a form that is filled in.
    fn accept(
        &self,
        workflow: &str,
        key: &str,
        offers: Vec<Offer>,
        actor: &Actor,
        now: Timestamp,
        chance: &mut Chance,
    ) -> Option<SendRequest> {
        let open = offers.into_iter().filter(|offer| offer.refusals.is_empty());
        let (drastic, plain): (Vec<Offer>, Vec<Offer>) =
            open.partition(|offer| offer.reason == Some(Reason::Required) || ENDINGS.contains(&&*offer.event));
        let is_drastic = plain.is_empty() || chance.below(100) < DRASTIC;
        // where there is nothing else to do, most do nothing
        if plain.is_empty() && !chance.happens(250) {
            return None;
        }
        let offers = if is_drastic && !drastic.is_empty() { drastic } else { plain };
        let offer = chance.pick(&offers)?;
        let audit = lock(&self.audit);
        let life = audit.life(workflow, key)?;
        let maker = Maker {
            audit: &audit,
            cast: &self.cast,
            chart: &life.chart,
            data: &life.snapshot.data,
            event: &offer.event,
            now,
        };
        let about = (workflow.into(), key.into());
        Some(SendRequest {
            payload: maker.fill(&offer.form, chance),
            reason: offer.reason.as_ref().map(|reason| match reason {
                Reason::Choices(choices) => chance.pick(choices).cloned().unwrap_or_default(),
                Reason::Required | Reason::Optional => "it has to be".into(),
            }),
            signed: offer.sign.as_ref().map(|sign| sign.with),
            expected: chance
                .happens(120)
                .then(|| life.snapshot.sequence.saturating_sub(chance.below(2))),
            ..request(about, offer.event.clone(), actor.clone())
        })
    }

    /// Nothing of what is hidden, or cannot be said just now.
    async fn offers(&self, workflow: &str, key: &str, actor: &Actor) -> Vec<Offer> {
        self.observer.can(workflow, key, actor).await.unwrap_or_default()
    }

    fn waiting(&self, chance: &mut Chance) -> Option<Waiting> {
        let audit = lock(&self.audit);
        let open = audit
            .lives()
            .flat_map(|life| life.snapshot.tasks.iter().map(move |(name, open)| (life, name, open)));
        let open: Vec<(&Life, &Arc<str>, &OpenTask)> = open.collect();
        let (life, name, open) = *chance.pick(&open)?;
        Some(Waiting {
            workflow: life.snapshot.workflow.clone(),
            key: life.snapshot.key.clone(),
            name: name.clone(),
            open: open.clone(),
        })
    }

    fn somewhere(&self, chance: &mut Chance) -> Option<(Arc<str>, Arc<str>)> {
        let audit = lock(&self.audit);
        let lives: Vec<&Life> = audit.lives().collect();
        let life = chance.pick(&lives)?;
        Some((life.snapshot.workflow.clone(), life.snapshot.key.clone()))
    }
}

impl Waiting {
    /// By name alone, or as it was opened.
    fn reference(&self, chance: &mut Chance) -> TaskRef {
        TaskRef {
            name: self.name.clone(),
            opened: chance.happens(500).then_some(self.open.opened),
        }
    }
}

fn request((workflow, key): (Arc<str>, Arc<str>), event: Arc<str>, actor: Actor) -> SendRequest {
    SendRequest {
        signed: None,
        task: None,
        workflow,
        key,
        event,
        payload: Object::new(),
        actor,
        input_key: None,
        reason: None,
        expected: None,
    }
}
