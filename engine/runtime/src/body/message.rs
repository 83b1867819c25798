//! A message while it waits for its receiver.

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, ActorKind, AdapterFailure, GLASS_ADAPTER, Message, MessageKind, SendVerdict, Snapshot};
use statewright_core::value::canonical::to_canonical;
use statewright_core::value::{Object, Value};

use super::actor::{actor_of, actor_value};
use super::read::{BodyError, Members, object_of};

/// An instance by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Party {
    pub workflow: Arc<str>,
    pub key: Arc<str>,
}

/// What stands in a message row. Wake-ups are written by the store itself (`store::wake_body`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageBody {
    /// None in a wake-up, which names no receiver.
    pub to: Option<Party>,
    /// The instance that sent it, and its `sequence:ordinal`, to which the answer goes.
    pub from: Option<(Party, Arc<str>)>,
    pub content: MessageContent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageContent {
    /// `actor`: who sent it, if it was not an instance.
    Event {
        event: Arc<str>,
        with: Object,
        start: bool,
        actor: Option<Actor>,
    },
    /// `invoke`: as a child of the sender's invoke with this effect key. `number`: the workflow's running number that was drawn for it.
    /// `actor`: who starts it, if it is not an instance.
    Start {
        with: Object,
        invoke: Option<Arc<str>>,
        number: Option<u64>,
        actor: Option<Actor>,
    },
    /// What became of the receiver's own send.
    Answer {
        verdict: SendVerdict,
    },
    /// A child of the receiver came to its end.
    Ended {
        invoke: Arc<str>,
        output: Value,
    },
    /// The receiver's parent does not wait for it any more.
    Stop {
        invoke: Arc<str>,
    },
    /// The receiver's parent is on hold, and says why; None: not any more.
    Hold {
        invoke: Arc<str>,
        why: Option<Arc<str>>,
    },
    /// What became of the receiver's own effect; `actor`: the adapter, or who settled it.
    Effect {
        effect: Arc<str>,
        result: Result<Value, AdapterFailure>,
        actor: Actor,
    },
    Wake {
        changed: InstanceId,
    },
}

impl Party {
    pub fn of(snapshot: &Snapshot) -> Self {
        Party {
            workflow: snapshot.workflow.clone(),
            key: snapshot.key.clone(),
        }
    }

    pub fn id(&self) -> InstanceId {
        InstanceId::of(&self.workflow, &self.key)
    }

    fn value(&self) -> Value {
        object_of([
            ("key", Value::Text(self.key.clone())),
            ("workflow", Value::Text(self.workflow.clone())),
        ])
    }

    fn read(value: &Value) -> Result<Self, BodyError> {
        let members = Members::of("party", value)?;
        Ok(Party {
            workflow: members.text("workflow")?,
            key: members.text("key")?,
        })
    }
}

impl MessageBody {
    /// What an instance's step sends.
    pub fn sent(sender: &Party, message: &Message) -> Self {
        let content = match &message.kind {
            MessageKind::Event { event, with, start } => MessageContent::Event {
                event: event.clone(),
                with: with.clone(),
                start: *start,
                actor: None,
            },
            MessageKind::Start { with, invoke } => MessageContent::Start {
                with: with.clone(),
                invoke: invoke.clone(),
                number: None,
                actor: None,
            },
            // nobody waits for its answer: the sender is not told, an operator is
            MessageKind::Review { with } => MessageContent::Start {
                with: with.clone(),
                invoke: None,
                number: None,
                actor: Some(Actor::plain(ActorKind::Adapter, GLASS_ADAPTER)),
            },
            MessageKind::Ended { invoke, output } => MessageContent::Ended {
                invoke: invoke.clone(),
                output: output.clone(),
            },
            MessageKind::Stop { invoke } => MessageContent::Stop { invoke: invoke.clone() },
            MessageKind::Hold { invoke, why } => MessageContent::Hold {
                invoke: invoke.clone(),
                why: why.clone(),
            },
            MessageKind::Answer { verdict } => MessageContent::Answer {
                verdict: verdict.clone(),
            },
        };
        MessageBody {
            to: Some(Party {
                workflow: message.workflow.clone(),
                key: message.to.clone(),
            }),
            from: (!matches!(message.kind, MessageKind::Review { .. })).then(|| (sender.clone(), message.send.clone())),
            content,
        }
    }

    pub fn write(&self) -> String {
        let (sender, send) = match &self.from {
            Some((sender, send)) => (sender.value(), Value::Text(send.clone())),
            None => (Value::Null, Value::Null),
        };
        let to = self.to.as_ref().map_or(Value::Null, Party::value);
        to_canonical(&object_of([
            ("content", self.content.value()),
            ("from", sender),
            ("kind", Value::from_text(self.content.kind())),
            ("send", send),
            ("to", to),
        ]))
    }

    pub fn read(text: &str) -> Result<Self, BodyError> {
        let members = Members::parse("message", text)?;
        let kind = members.text("kind")?;
        if &*kind == "wake" {
            let changed = members.text("changed")?.parse();
            let changed = changed.map_err(|_| members.fault("`changed` is no instance"))?;
            return Ok(MessageBody {
                to: None,
                from: None,
                content: MessageContent::Wake { changed },
            });
        }
        let content = members
            .value("content")
            .ok_or_else(|| members.fault("`content` is missing"))?;
        let from = match members.value("from") {
            Some(sender) => Some((Party::read(sender)?, members.text("send")?)),
            None => None,
        };
        Ok(MessageBody {
            to: members.value("to").map(Party::read).transpose()?,
            from,
            content: MessageContent::read(&kind, &Members::of("message", content)?)?,
        })
    }
}

impl MessageContent {
    fn kind(&self) -> &'static str {
        match self {
            MessageContent::Event { .. } => "event",
            MessageContent::Start { .. } => "start",
            MessageContent::Answer { .. } => "answer",
            MessageContent::Ended { .. } => "ended",
            MessageContent::Stop { .. } => "stop",
            MessageContent::Hold { .. } => "hold",
            MessageContent::Effect { .. } => "effect",
            MessageContent::Wake { .. } => "wake",
        }
    }

    fn value(&self) -> Value {
        match self {
            MessageContent::Event {
                event,
                with,
                start,
                actor,
            } => object_of([
                ("actor", actor.as_ref().map_or(Value::Null, actor_value)),
                ("event", Value::Text(event.clone())),
                ("start", if *start { Value::Boolean(true) } else { Value::Null }),
                ("with", Value::from_fields(with.clone())),
            ]),
            MessageContent::Start {
                with,
                invoke,
                number,
                actor,
            } => object_of([
                ("actor", actor.as_ref().map_or(Value::Null, actor_value)),
                ("invoke", invoke.clone().map_or(Value::Null, Value::Text)),
                ("number", number.map_or(Value::Null, |number| Value::Integer(number as i64))),
                ("with", Value::from_fields(with.clone())),
            ]),
            MessageContent::Ended { invoke, output } => {
                object_of([("invoke", Value::Text(invoke.clone())), ("output", output.clone())])
            }
            MessageContent::Stop { invoke } => object_of([("invoke", Value::Text(invoke.clone()))]),
            MessageContent::Hold { invoke, why } => object_of([
                ("invoke", Value::Text(invoke.clone())),
                ("why", why.clone().map_or(Value::Null, Value::Text)),
            ]),
            MessageContent::Answer { verdict } => {
                let (word, why) = match verdict {
                    SendVerdict::Taken => ("taken", Value::Null),
                    SendVerdict::Ignored { why } => ("ignored", Value::Text(why.clone())),
                    SendVerdict::Refused { why } => ("refused", Value::Text(why.clone())),
                };
                object_of([("verdict", Value::from_text(word)), ("why", why)])
            }
            MessageContent::Effect { effect, result, actor } => {
                let (result, failure) = match result {
                    Ok(value) => (value.clone(), Value::Null),
                    Err(failure) => (Value::Null, failure_value(failure)),
                };
                let effect = Value::Text(effect.clone());
                object_of([
                    ("actor", actor_value(actor)),
                    ("effect", effect),
                    ("failure", failure),
                    ("result", result),
                ])
            }
            MessageContent::Wake { changed } => object_of([("changed", Value::from_text(&changed.to_string()))]),
        }
    }

    fn read(kind: &str, members: &Members) -> Result<Self, BodyError> {
        match kind {
            "event" => Ok(MessageContent::Event {
                event: members.text("event")?,
                with: members.object("with")?,
                start: members.boolean("start"),
                actor: members.value("actor").map(actor_of).transpose()?,
            }),
            "start" => Ok(MessageContent::Start {
                with: members.object("with")?,
                invoke: members.optional_text("invoke")?,
                number: members.value("number").and_then(Value::as_integer).map(i64::unsigned_abs),
                actor: members.value("actor").map(actor_of).transpose()?,
            }),
            "ended" => Ok(MessageContent::Ended {
                invoke: members.text("invoke")?,
                output: members.value("output").cloned().unwrap_or(Value::Null),
            }),
            "stop" => Ok(MessageContent::Stop {
                invoke: members.text("invoke")?,
            }),
            "hold" => Ok(MessageContent::Hold {
                invoke: members.text("invoke")?,
                why: members.optional_text("why")?,
            }),
            "answer" => Ok(MessageContent::Answer {
                verdict: read_verdict(members)?,
            }),
            "effect" => {
                let result = match members.value("failure") {
                    Some(failure) => Err(read_failure(&Members::of("failure", failure)?)?),
                    None => Ok(members.value("result").cloned().unwrap_or(Value::Null)),
                };
                let actor = members.value("actor").ok_or_else(|| members.fault("`actor` is missing"))?;
                Ok(MessageContent::Effect {
                    effect: members.text("effect")?,
                    result,
                    actor: actor_of(actor)?,
                })
            }
            other => Err(members.fault(format!("`{other}` is no kind of message"))),
        }
    }
}

fn read_verdict(members: &Members) -> Result<SendVerdict, BodyError> {
    let why = members.optional_text("why")?.unwrap_or_else(|| "".into());
    match &*members.text("verdict")? {
        "taken" => Ok(SendVerdict::Taken),
        "ignored" => Ok(SendVerdict::Ignored { why }),
        "refused" => Ok(SendVerdict::Refused { why }),
        other => Err(members.fault(format!("`{other}` is no verdict"))),
    }
}

fn failure_value(failure: &AdapterFailure) -> Value {
    object_of([
        ("detail", failure.detail.clone()),
        ("message", Value::Text(failure.message.clone())),
        ("why", Value::Text(failure.why.clone())),
    ])
}

fn read_failure(members: &Members) -> Result<AdapterFailure, BodyError> {
    Ok(AdapterFailure {
        why: members.text("why")?,
        message: members.text("message")?,
        detail: members.value("detail").cloned().unwrap_or(Value::Null),
    })
}

#[cfg(test)]
mod tests {
    use statewright_core::step::ActorKind;

    use super::*;
    use crate::store::wake_body;

    fn check(content: MessageContent) {
        let party = |key: &str| Party {
            workflow: "lens".into(),
            key: key.into(),
        };
        let body = MessageBody {
            to: Some(party("A-1-right")),
            from: Some((party("A-1"), "7:0".into())),
            content,
        };
        assert_eq!(MessageBody::read(&body.write()), Ok(body));
    }

    #[test]
    fn a_message_survives_its_body() {
        let with = Object::from([("$odd".into(), Value::Integer(1))]);
        let adapter = Actor::plain(ActorKind::Adapter, "lens_design");
        check(MessageContent::Event {
            event: "BREAK".into(),
            with: with.clone(),
            start: true,
            actor: Some(adapter.clone()),
        });
        check(MessageContent::Start {
            with: with.clone(),
            invoke: None,
            number: Some(7),
            actor: Some(Actor::plain(ActorKind::Schedule, "weekly")),
        });
        let invoke: Arc<str> = "x:1:lenses".into();
        check(MessageContent::Start {
            with,
            invoke: Some(invoke.clone()),
            number: None,
            actor: None,
        });
        check(MessageContent::Ended {
            invoke: invoke.clone(),
            output: Value::Integer(1),
        });
        check(MessageContent::Stop { invoke: invoke.clone() });
        for why in [None, Some("Customer service".into())] {
            let invoke = invoke.clone();
            check(MessageContent::Hold { invoke, why });
        }
        check(MessageContent::Answer {
            verdict: SendVerdict::Taken,
        });
        check(MessageContent::Answer {
            verdict: SendVerdict::Refused { why: "paused".into() },
        });
        check(MessageContent::Effect {
            effect: "x:1:calc".into(),
            result: Ok(Value::Null),
            actor: adapter.clone(),
        });
        let failure = AdapterFailure {
            why: "refused".into(),
            message: "no".into(),
            detail: Value::Integer(7),
        };
        check(MessageContent::Effect {
            effect: "x:1:calc".into(),
            result: Err(failure),
            actor: adapter,
        });
    }

    #[test]
    fn the_stores_wake_up_is_read() {
        let changed = InstanceId::of("lens", "A-1-right");
        let read = MessageBody::read(&wake_body(changed));
        assert_eq!(
            read,
            Ok(MessageBody {
                to: None,
                from: None,
                content: MessageContent::Wake { changed }
            })
        );
    }
}
