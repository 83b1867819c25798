//! What waits for a person: timers, messages, effects and mails that could not be taken, and what the person decides.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, AdapterFailure, SendVerdict, would_strand};
use statewright_core::value::Value;

use crate::body::{MessageBody, MessageContent, Party};
use crate::error::{EngineError, EngineResult};
use crate::guarded::guarded;
use crate::handover::Handover;
use crate::instances::{Instances, Personal};
use crate::intake::send_answer;
use crate::outbox::effect_answer;
use crate::store::{Incident, IncidentKind, NewMessage, Repair, Store};
use crate::system::SystemTrail;

/// Incidents listed at once.
const INCIDENTS_MAX: usize = 1_000;

pub struct Incidents {
    store: Arc<dyn Store>,
    instances: Arc<Instances>,
    system: Arc<SystemTrail>,
    handover: Arc<Handover>,
}

/// Which one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentName {
    pub instance: InstanceId,
    pub kind: IncidentKind,
    /// The timer's name, the message's id in decimal, or the effect's key.
    pub name: Arc<str>,
}

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Try again, with the attempts counted anew.
    Retry,
    /// Give it up: an effect fails with `skipped`, a sender is told that it was refused; a mail is not sent.
    Skip,
    /// Of an effect: this is its result.
    Repair(Value),
}

impl Incidents {
    pub fn new(store: Arc<dyn Store>, instances: Arc<Instances>, system: Arc<SystemTrail>, handover: Arc<Handover>) -> Self {
        Incidents {
            store,
            instances,
            system,
            handover,
        }
    }

    pub async fn list(&self) -> EngineResult<Vec<Incident>> {
        Ok(self.store.incidents(INCIDENTS_MAX).await?)
    }

    /// Settles an incident, together with the system trail's entry that says who did and why.
    pub async fn settle(
        &self,
        incident: &IncidentName,
        decision: &Decision,
        reason: Option<&str>,
        by: &Actor,
        now: Timestamp,
    ) -> EngineResult<()> {
        let repair = self.repair(incident, decision, by, now).await?;
        let members = [
            ("instance", Value::from_text(&incident.instance.to_string())),
            ("kind", Value::from_text(kind_word(incident.kind))),
            ("name", Value::Text(incident.name.clone())),
            ("decision", Value::from_text(decision_word(decision))),
            ("reason", reason.map_or(Value::Null, Value::from_text)),
        ];
        let mut act = self.system.act("incident_settled", members, by);
        loop {
            let write = act.write(now).await?;
            let IncidentName { instance, kind, name } = incident;
            let settled = self.store.settle_incident(*instance, *kind, name, &repair, &write).await?;
            let applied = settled.ok_or(EngineError::NoSuchIncident)?;
            if act.settled(Some(&applied))? {
                break;
            }
        }
        self.tell(incident, &repair, now);
        Ok(())
    }

    async fn repair(&self, incident: &IncidentName, decision: &Decision, by: &Actor, now: Timestamp) -> EngineResult<Repair> {
        let now_us = now.as_microsecond();
        let effect = |result| effect_answer(incident.instance, &incident.name, result, by.clone(), now_us);
        let answer = match (decision, incident.kind) {
            (Decision::Retry, _) => return Ok(Repair::Retry { at_us: now_us }),
            (Decision::Skip, IncidentKind::Effect) => {
                self.refuse_to_strand(incident.instance, &incident.name).await?;
                let message = format!("given up by {}", by.name.as_ref().unwrap_or(&by.id)).into();
                Some(effect(Err(AdapterFailure {
                    why: "skipped".into(),
                    message,
                    detail: Value::Null,
                })))
            }
            (Decision::Skip, IncidentKind::Message) => self.answer_of_skipped(incident, now_us).await?,
            (Decision::Skip, IncidentKind::Timer | IncidentKind::Mail) => None,
            (Decision::Repair(result), IncidentKind::Effect) => Some(effect(Ok(result.clone()))),
            (Decision::Repair(_), IncidentKind::Message | IncidentKind::Timer | IncidentKind::Mail) => {
                let what = "only an effect can be given a result; retry or skip this one, or send the instance an event";
                return Err(EngineError::NotRepairable(what.into()));
            }
        };
        Ok(Repair::Settle { answer })
    }

    /// An invoke is not given up where the workflow does not say what happens then: the instance would wait without end, and nobody
    /// would be told.
    async fn refuse_to_strand(&self, instance: InstanceId, effect: &str) -> EngineResult<()> {
        let Some(found) = self.instances.load_one(instance, Personal::With).await? else {
            return Ok(());
        };
        if guarded(|| Ok(would_strand(&found.known.chart, &found.snapshot, effect)))? {
            let what = "the instance would wait without end: the workflow does not answer to this failure (`onError`); retry it, \
                        give it a result, or send the instance an event that leaves the state";
            return Err(EngineError::NotRepairable(what.into()));
        }
        Ok(())
    }

    /// What an adapter answered is all that an invoke still waits for.
    async fn refuse_to_lose(&self, instance: InstanceId, effect: &str) -> EngineResult<()> {
        let found = self.instances.load_one(instance, Personal::With).await?;
        if found.is_some_and(|found| found.snapshot.invokes.contains_key(effect)) {
            let what = "the instance would wait without end for this answer; retry it, or send the instance an event that leaves the state";
            return Err(EngineError::NotRepairable(what.into()));
        }
        Ok(())
    }

    /// The sender of a message that is given up waits for an answer, and gets this one.
    async fn answer_of_skipped(&self, incident: &IncidentName, now_us: i64) -> EngineResult<Option<NewMessage>> {
        let id: i64 = incident.name.parse().map_err(|_| EngineError::NoSuchIncident)?;
        let row = self
            .store
            .message(incident.instance, id)
            .await?
            .ok_or(EngineError::NoSuchIncident)?;
        // A body that cannot be read may be why it is an incident: then nobody can be told.
        let Ok(body) = MessageBody::read(&row.body) else {
            return Ok(None);
        };
        if let MessageContent::Effect { effect, .. } = &body.content {
            self.refuse_to_lose(incident.instance, effect).await?;
        }
        let answered = matches!(body.content, MessageContent::Event { .. } | MessageContent::Start { .. });
        let Some((sender, send)) = body.from.filter(|_| answered) else {
            return Ok(None);
        };
        let nobody = || Party {
            workflow: "instance".into(),
            key: incident.instance.to_string().into(),
        };
        let from = body.to.unwrap_or_else(nobody);
        let verdict = SendVerdict::Refused { why: "skipped".into() };
        Ok(Some(send_answer(&from, &sender, &send, verdict, now_us)))
    }

    fn tell(&self, incident: &IncidentName, repair: &Repair, now: Timestamp) {
        match repair {
            Repair::Settle { answer } => self.handover.expect_messages(answer.iter().map(|message| message.to)),
            Repair::Retry { .. } => match incident.kind {
                IncidentKind::Timer => self.handover.wake_timers(now.as_microsecond()),
                IncidentKind::Message => self.handover.expect_messages([incident.instance]),
                // It is found with the next poll.
                IncidentKind::Effect | IncidentKind::Mail => {}
            },
        }
    }
}

fn kind_word(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::Timer => "timer",
        IncidentKind::Message => "message",
        IncidentKind::Effect => "effect",
        IncidentKind::Mail => "mail",
    }
}

fn decision_word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Retry => "retry",
        Decision::Skip => "skip",
        Decision::Repair(_) => "repair",
    }
}
