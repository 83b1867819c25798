//! What becomes of a message that its receiver's commit did not consume.

use jiff::Timestamp;
use statewright_core::field::Fields;
use statewright_core::identity::InputKey;
use statewright_core::step::{Refusal, SendVerdict, Verdict};
use statewright_core::value::Object;

use super::delivery::Delivery;
use super::{Messages, Settled};
use crate::body::{MessageContent, Party};
use crate::error::{EngineError, EngineResult};
use crate::intake::{Origin, Parcel, Reply, send_answer};
use crate::outbox::shortened;
use crate::store::{Incident, IncidentKind, MessageRow};

impl Messages {
    /// Whether later messages of the same receiver may go on: this one is consumed, or set aside for a person.
    pub(super) async fn end(&mut self, delivery: Delivery, result: Settled, now: Timestamp) -> EngineResult<bool> {
        let starts = matches!(delivery.body.content, MessageContent::Start { .. });
        match result {
            // A start that was refused has left no instance, and the message where it was.
            Ok(Verdict::Refused(refusals)) if starts => {
                let why = sentences(&refusals);
                if delivery.is_owed() {
                    return self.trouble(&delivery.row, &why, now).await.map(|()| true);
                }
                let why = why.into();
                self.bounce(&delivery, SendVerdict::Refused { why }, now).await
            }
            Ok(_) => Ok(true),
            Err(EngineError::NoSuchInstance { refusals, .. }) => self.no_receiver(delivery, &refusals, now).await,
            Err(error) if error.passes() => {
                tracing::debug!(receiver = %delivery.row.to, message = delivery.row.id, error = error.logged(), "a message waits");
                Ok(false)
            }
            Err(error) => self.trouble(&delivery.row, &error.to_string(), now).await.map(|()| true),
        }
    }

    async fn no_receiver(&mut self, delivery: Delivery, refusals: &[Refusal], now: Timestamp) -> EngineResult<bool> {
        if delivery.start().is_some() && !delivery.started {
            return self.start_then_deliver(delivery, now).await.map(|()| false);
        }
        let why = match refusals {
            [] => match &delivery.body.to {
                Some(Party { workflow, key }) => format!("there is no {workflow}/{key}"),
                None => "there is no such instance".into(),
            },
            refusals => sentences(refusals),
        };
        self.bounce(&delivery, SendVerdict::Refused { why: why.into() }, now).await
    }

    /// A start, in the commit of the new instance.
    pub(super) async fn start(&mut self, delivery: Delivery, now: Timestamp) -> EngineResult<()> {
        let Some((workflow, with, key)) = delivery.start() else {
            return Ok(());
        };
        let ready = match delivery.settled() {
            Some(number) => self.starts.settled(&workflow, key, number, with).await,
            None => self.starts.ready(&workflow, with, Some(&key), now).await,
        };
        let ready = match ready {
            Ok(mut ready) => {
                ready.input.parent = delivery.parent();
                ready
            }
            Err(error) => return self.not_ready(delivery, error, now).await,
        };
        let origin = Origin::Message {
            id: delivery.row.id,
            sender: delivery.sender(),
        };
        let reply = Reply::Actor {
            mailbox: self.mailbox.clone(),
            ticket: self.next_ticket,
        };
        let request = delivery.start_request(ready, origin, delivery.row.key, reply);
        if let Some(parcel) = Parcel::of(vec![request]) {
            self.put_on_the_way(parcel, vec![delivery]);
        }
        Ok(())
    }

    /// An event whose receiver is to be started if it is absent: both in one commit. Of what the event carries, the start is given
    /// the fields that it asks for.
    async fn start_then_deliver(&mut self, mut delivery: Delivery, now: Timestamp) -> EngineResult<()> {
        let Some((workflow, with, key)) = delivery.start() else {
            return Ok(());
        };
        let ready = match self.starts.ready(&workflow, with, Some(&key), now).await {
            Ok(mut ready) => {
                ready.input.payload = asked_for(&ready.known.chart.start.form.fields, ready.input.payload);
                ready
            }
            Err(error) => return self.not_ready(delivery, error, now).await,
        };
        delivery.started = true;
        let own_key = InputKey::of(&["start", &delivery.row.key.to_string()]);
        let start = delivery.start_request(ready, Origin::IfAbsent, own_key, Reply::Nobody);
        let event = delivery.request(&self.mailbox, self.next_ticket);
        if let Some(parcel) = Parcel::of(vec![start, event]) {
            self.put_on_the_way(parcel, vec![delivery]);
        }
        Ok(())
    }

    async fn not_ready(&mut self, delivery: Delivery, error: EngineError, now: Timestamp) -> EngineResult<()> {
        match error {
            error if error.passes() => Err(error),
            EngineError::NoSuchWorkflow { .. } | EngineError::KeyRefused(_) if !delivery.is_owed() => {
                let why = error.to_string();
                self.turn_away(delivery, why, now).await
            }
            error => self.trouble(&delivery.row, &error.to_string(), now).await,
        }
    }

    /// Refuses a start that cannot be made: where there is an instance of that key, in its own commit.
    async fn turn_away(&mut self, delivery: Delivery, why: String, now: Timestamp) -> EngineResult<()> {
        let verdict = SendVerdict::Refused { why: why.clone().into() };
        if self.bounced(&delivery, verdict, now).await? {
            return Ok(());
        }
        if self.store.message(delivery.row.to, delivery.row.id).await?.is_some() {
            let request = delivery.refusal(&self.mailbox, self.next_ticket, why);
            if let Some(parcel) = Parcel::of(vec![request]) {
                self.put_on_the_way(parcel, vec![delivery]);
            }
        }
        Ok(())
    }

    /// Takes the message out and answers its sender. If the receiver exists by now it gets the message instead.
    async fn bounce(&mut self, delivery: &Delivery, verdict: SendVerdict, now: Timestamp) -> EngineResult<bool> {
        let bounced = self.bounced(delivery, verdict, now).await?;
        if !bounced {
            self.handover.expect_messages([delivery.row.to]);
        }
        Ok(bounced)
    }

    /// In one transaction, unless the receiver exists by now, or the message is gone.
    async fn bounced(&mut self, delivery: &Delivery, verdict: SendVerdict, now: Timestamp) -> EngineResult<bool> {
        let nobody = || Party {
            workflow: "instance".into(),
            key: delivery.row.to.to_string().into(),
        };
        let from = delivery.body.to.clone().unwrap_or_else(nobody);
        let sender = delivery.sender();
        let answer = sender.map(|(sender, send)| send_answer(&from, &sender, &send, verdict, now.as_microsecond()));
        let bounced = self.store.bounce(delivery.row.to, delivery.row.id, answer.as_ref()).await?;
        if bounced {
            self.handover.expect_messages(answer.map(|answer| answer.to));
        }
        Ok(bounced)
    }

    /// It waits for a person.
    pub(super) async fn trouble(&mut self, row: &MessageRow, error: &str, now: Timestamp) -> EngineResult<()> {
        tracing::error!(receiver = %row.to, message = row.id, "a message waits for a person");
        let incident = Incident {
            instance: row.to,
            kind: IncidentKind::Message,
            name: row.id.to_string().into(),
            error: shortened(error),
            attempts: 1,
            since_us: now.as_microsecond(),
        };
        Ok(self.store.raise_incident(&incident).await?)
    }
}

fn sentences(refusals: &[Refusal]) -> String {
    let sentences: Vec<&str> = refusals.iter().map(|refusal| refusal.sentence.as_str()).collect();
    sentences.join("; ")
}

fn asked_for(fields: &Fields, with: Object) -> Object {
    with.into_iter().filter(|(name, _)| fields.get(name).is_some()).collect()
}
