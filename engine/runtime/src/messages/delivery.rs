//! One message on its way to its receiver.

use std::sync::Arc;

use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::{Actor, ActorKind, Input, InputKind, Parent, Refusal, RefusalKind, StartInput};
use statewright_core::value::Object;

use crate::body::{MessageBody, MessageContent, Party};
use crate::intake::{Mailbox, Origin, Reply, Request};
use crate::starts::ReadyStart;
use crate::store::MessageRow;

#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub row: MessageRow,
    pub body: MessageBody,
    /// It was found that there is no receiver, and one is being started.
    pub started: bool,
}

impl Delivery {
    pub fn of(row: MessageRow, body: MessageBody) -> Self {
        Delivery {
            row,
            body,
            started: false,
        }
    }

    /// Whether an instance has to be made ready before the message can be handed over.
    pub fn needs_start(&self, receiver: InstanceId) -> bool {
        debug_assert_eq!(self.row.to, receiver, "a delivery is of the receiver it was grouped under");
        matches!(self.body.content, MessageContent::Start { .. })
    }

    /// The instance and the send that wait for an answer. Answers are not answered, and what the engine sends neither.
    pub fn sender(&self) -> Option<(Party, Arc<str>)> {
        match self.body.content {
            MessageContent::Event { .. } | MessageContent::Start { .. } => self.body.from.clone(),
            MessageContent::Answer { .. }
            | MessageContent::Ended { .. }
            | MessageContent::Stop { .. }
            | MessageContent::Hold { .. }
            | MessageContent::Effect { .. }
            | MessageContent::Wake { .. } => None,
        }
    }

    /// Whether it starts something that no instance and no schedule waits for: who would be told of a refusal is an operator.
    pub fn is_owed(&self) -> bool {
        matches!(self.body.content, MessageContent::Start { .. }) && self.body.from.is_none()
    }

    /// Workflow, payload and key of the instance that this message starts if it is absent.
    pub fn start(&self) -> Option<(Arc<str>, Object, Arc<str>)> {
        let with = match &self.body.content {
            MessageContent::Start { with, .. } | MessageContent::Event { with, start: true, .. } => with.clone(),
            _ => return None,
        };
        let Party { workflow, key } = self.body.to.clone()?;
        Some((workflow, with, key))
    }

    /// Whether the key of the instance that this message starts was settled when it was sent, as a schedule does; and the running number
    /// that was drawn for it.
    pub fn settled(&self) -> Option<Option<u64>> {
        match self.body.content {
            MessageContent::Start {
                actor: Some(_), number, ..
            } => Some(number),
            _ => None,
        }
    }

    /// Whose child the instance is that this message starts, if it is one.
    pub fn parent(&self) -> Option<Parent> {
        let MessageContent::Start {
            invoke: Some(invoke), ..
        } = &self.body.content
        else {
            return None;
        };
        let (Party { workflow, key }, _) = self.body.from.clone()?;
        Some(Parent {
            workflow,
            key,
            invoke: invoke.clone(),
        })
    }

    /// What the receiver is asked to take.
    pub fn request(&self, mailbox: &Arc<Mailbox>, ticket: u64) -> Request {
        let origin = Origin::Message {
            id: self.row.id,
            sender: self.sender(),
        };
        let reply = Reply::Actor {
            mailbox: mailbox.clone(),
            ticket,
        };
        let mut request = Request::new(self.row.to, self.input(), origin, reply);
        request.to = self.body.to.clone();
        request
    }

    /// The refusal of a start whose key is an existing instance's: it is kept there, and the message consumed with it.
    pub fn refusal(&self, mailbox: &Arc<Mailbox>, ticket: u64, why: String) -> Request {
        let mut request = self.request(mailbox, ticket);
        if let Some((_, payload, key)) = self.start() {
            let (number, parent, secret) = (None, None, None);
            let start = StartInput {
                key,
                number,
                payload,
                parent,
                default_zone: "UTC".into(),
                secret,
            };
            request.input.kind = InputKind::Start(Box::new(start));
        }
        request.refuse(Refusal::new(RefusalKind::Conflict, why));
        request
    }

    /// The start of the instance this message is for.
    pub fn start_request(&self, ready: ReadyStart, origin: Origin, key: InputKey, reply: Reply) -> Request {
        let input = Input {
            signed: None,
            key: Some(key),
            actor: self.actor(),
            reason: None,
            kind: InputKind::Start(Box::new(ready.input)),
        };
        let mut request = Request::to(ready.to, input, origin, reply);
        request.chart = Some(ready.known);
        request
    }

    fn actor(&self) -> Actor {
        let given = match &self.body.content {
            MessageContent::Event { actor, .. } | MessageContent::Start { actor, .. } => actor.clone(),
            MessageContent::Effect { actor, .. } => Some(actor.clone()),
            _ => None,
        };
        let sender = || {
            let (Party { workflow, key }, _) = self.body.from.clone()?;
            Some(Actor::plain(ActorKind::Workflow { workflow }, key))
        };
        given.or_else(sender).unwrap_or_else(Actor::engine)
    }

    fn input(&self) -> Input {
        let send = self.body.from.as_ref().map_or_else(|| "".into(), |(_, send)| send.clone());
        let kind = match &self.body.content {
            MessageContent::Event { event, with, .. } => InputKind::Event {
                name: event.clone(),
                payload: with.clone(),
                task: None,
            },
            MessageContent::Answer { verdict } => InputKind::SendAnswer {
                send,
                verdict: verdict.clone(),
            },
            MessageContent::Ended { invoke, output } => InputKind::ChildEnded {
                invoke: invoke.clone(),
                child: self
                    .body
                    .from
                    .as_ref()
                    .map_or_else(|| "".into(), |(child, _)| child.key.clone()),
                output: output.clone(),
            },
            MessageContent::Stop { invoke } => InputKind::Stop { invoke: invoke.clone() },
            MessageContent::Hold { invoke, why } => InputKind::Hold {
                invoke: invoke.clone(),
                why: why.clone(),
            },
            MessageContent::Effect { effect, result, .. } => InputKind::AdapterAnswer {
                effect: effect.clone(),
                result: result.clone(),
            },
            // A start is handed over by `start_request`; here it would only be a wake-up without effect.
            MessageContent::Start { .. } | MessageContent::Wake { .. } => InputKind::Wake,
        };
        Input {
            signed: None,
            key: Some(self.row.key),
            actor: self.actor(),
            reason: None,
            kind,
        }
    }
}
