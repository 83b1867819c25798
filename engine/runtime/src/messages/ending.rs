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
use crate::store::{Incident, IncidentKind, MessageRow};

impl Messages {
    pub(super) async fn end(&mut self, delivery: Delivery, result: Settled, now: Timestamp) -> EngineResult<()> {
        let starts = matches!(delivery.body.content, MessageContent::Start { .. });
        match result {
            // A start elsewhere than where the message waits, or one that was refused, has left the message where it was.
            Ok(verdict) if starts && (delivery.started_elsewhere || matches!(verdict, Verdict::Refused(_))) => {
                self.bounce(&delivery, send_verdict(&verdict), now).await
            }
            Ok(_) => Ok(()),
            Err(EngineError::NoSuchInstance { refusals, .. }) => self.no_receiver(delivery, &refusals, now).await,
            Err(error) if error.passes() => {
                tracing::debug!(receiver = %delivery.row.to, message = delivery.row.id, %error, "a message waits");
                Ok(())
            }
            Err(error) => self.trouble(&delivery.row, &error.to_string(), now).await,
        }
    }

    async fn no_receiver(&mut self, delivery: Delivery, refusals: &[Refusal], now: Timestamp) -> EngineResult<()> {
        if delivery.start().is_some() && !delivery.started {
            return self.start_then_deliver(delivery, now).await;
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

    /// A start: in the commit of the new instance if the message waits for that instance, else beside it, under the same key.
    pub(super) async fn start(&mut self, mut delivery: Delivery, now: Timestamp) -> EngineResult<()> {
        let Some((workflow, with, key)) = delivery.start() else {
            return Ok(());
        };
        let ready = match self.starts.ready(&workflow, with, key.as_deref(), now).await {
            Ok(ready) => ready,
            Err(error) => return self.not_ready(&delivery, error, now).await,
        };
        delivery.started_elsewhere = ready.to.id() != delivery.row.to;
        let origin = if delivery.started_elsewhere {
            Origin::Caller
        } else {
            Origin::Message {
                id: delivery.row.id,
                sender: delivery.sender(),
            }
        };
        let reply = Reply::Actor {
            mailbox: self.mailbox.clone(),
            ticket: self.next_ticket,
        };
        let key = delivery.row.key;
        let request = delivery.start_request(ready, origin, key, reply);
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
        let ready = match self.starts.ready(&workflow, with, key.as_deref(), now).await {
            Ok(mut ready) => {
                ready.input.payload = asked_for(&ready.known.chart.start.form.fields, ready.input.payload);
                ready
            }
            Err(error) => return self.not_ready(&delivery, error, now).await,
        };
        if ready.to.id() != delivery.row.to {
            let why = format!("`{workflow}` makes another key of this than {}", key.unwrap_or_default());
            return self.bounce(&delivery, SendVerdict::Refused { why: why.into() }, now).await;
        }
        delivery.started = true;
        let own_key = InputKey::of(&["start", &delivery.row.key.to_string()]);
        let start = delivery.start_request(ready, Origin::IfAbsent, own_key, Reply::Nobody);
        let event = delivery.request(&self.mailbox, self.next_ticket);
        if let Some(parcel) = Parcel::of(vec![start, event]) {
            self.put_on_the_way(parcel, vec![delivery]);
        }
        Ok(())
    }

    async fn not_ready(&mut self, delivery: &Delivery, error: EngineError, now: Timestamp) -> EngineResult<()> {
        match error {
            error if error.passes() => Err(error),
            EngineError::NoSuchWorkflow { .. } | EngineError::KeyRefused(_) => {
                self.bounce(
                    delivery,
                    SendVerdict::Refused {
                        why: error.to_string().into(),
                    },
                    now,
                )
                .await
            }
            error => self.trouble(&delivery.row, &error.to_string(), now).await,
        }
    }

    /// Takes the message out and answers its sender, in one transaction. If the receiver exists by now it gets the message instead.
    async fn bounce(&mut self, delivery: &Delivery, verdict: SendVerdict, now: Timestamp) -> EngineResult<()> {
        let nobody = || Party {
            workflow: "instance".into(),
            key: delivery.row.to.to_string().into(),
        };
        let from = delivery.body.to.clone().unwrap_or_else(nobody);
        let answer = delivery
            .sender()
            .map(|(sender, send)| send_answer(&from, &sender, &send, verdict, now.as_microsecond()));
        let bounced = self.store.bounce(delivery.row.to, delivery.row.id, answer.as_ref()).await?;
        match answer {
            Some(answer) if bounced => self.handover.expect_messages([answer.to]),
            _ if !bounced => self.handover.expect_messages([delivery.row.to]),
            _ => {}
        }
        Ok(())
    }

    /// It waits for a person.
    pub(super) async fn trouble(&mut self, row: &MessageRow, error: &str, now: Timestamp) -> EngineResult<()> {
        tracing::error!(receiver = %row.to, message = row.id, error, "a message waits for a person");
        let incident = Incident {
            instance: row.to,
            kind: IncidentKind::Message,
            name: row.id.to_string().into(),
            error: error.to_owned(),
            attempts: 1,
            since_us: now.as_microsecond(),
        };
        Ok(self.store.raise_incident(&incident).await?)
    }
}

fn send_verdict(verdict: &Verdict) -> SendVerdict {
    match verdict {
        Verdict::Refused(refusals) => SendVerdict::Refused {
            why: sentences(refusals).into(),
        },
        _ => SendVerdict::Taken,
    }
}

fn sentences(refusals: &[Refusal]) -> String {
    let sentences: Vec<&str> = refusals.iter().map(|refusal| refusal.sentence.as_str()).collect();
    sentences.join("; ")
}

fn asked_for(fields: &Fields, with: Object) -> Object {
    with.into_iter().filter(|(name, _)| fields.get(name).is_some()).collect()
}
