//! Reading an entry's bytes.

use std::sync::Arc;

use crate::chart::Proof;
use crate::field::Units;
use crate::identity::{Digest, InputKey, InstanceId};
use crate::step::{
    Actor, ActorKind, AdapterFailure, Fact, Facts, Input, InputKind, Parent, PlacedMark, Placement, Report, SendVerdict,
    StartInput, TaskRef,
};
use crate::value::canonical::read_canonical_with;
use crate::value::{Object, Value, json};

/// Why an entry's bytes are no entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EntryError(pub String);

/// An entry taken apart.
#[derive(Clone, Debug)]
pub struct EntryText {
    fields: Object,
}

impl EntryText {
    /// Commitments are left as the text of their digest, so that they can be compared.
    pub fn read(bytes: &str) -> Result<Self, EntryError> {
        Self::read_with(bytes, &|reference| Value::from_text(reference))
    }

    /// Commitments are replaced by what `personal` finds.
    pub fn read_with(bytes: &str, personal: &dyn Fn(&str) -> Value) -> Result<Self, EntryError> {
        let value = read_canonical_with(bytes, personal).map_err(|error| EntryError(error.to_string()))?;
        match value.as_object() {
            Some(fields) => Ok(EntryText { fields: fields.clone() }),
            None => Err(EntryError("not an object".into())),
        }
    }

    /// The same of any JSON object: one that was written anew says what it is, though its bytes are not what they were.
    pub fn read_any(bytes: &str) -> Result<Self, EntryError> {
        Self::read(bytes).or_else(|error| {
            let value = json::read(bytes).map_err(|_| error.clone())?;
            let fields = value.as_object().ok_or(error)?;
            Ok(EntryText { fields: fields.clone() })
        })
    }

    /// The commitments that a canonical text names, an entry's or a snapshot's.
    pub fn commitments(bytes: &str) -> Vec<Digest> {
        let found = std::cell::RefCell::new(Vec::new());
        let keep = |reference: &str| {
            found.borrow_mut().extend(reference.parse::<Digest>());
            Value::Null
        };
        // What cannot be read names nothing; that it cannot is found elsewhere.
        let _ = read_canonical_with(bytes, &keep);
        found.into_inner()
    }

    /// The `input` member alone, as `record::input_text` writes it.
    pub(crate) fn read_input(text: &str) -> Result<Object, EntryError> {
        Ok(Self::read(text)?.fields)
    }

    pub fn instance(&self) -> Result<InstanceId, EntryError> {
        self.digits("instance")
    }

    pub fn workflow(&self) -> Result<&str, EntryError> {
        self.text("workflow")
    }

    pub fn key(&self) -> Result<&str, EntryError> {
        self.text("instance_key")
    }

    pub fn sequence(&self) -> Result<u64, EntryError> {
        let number = self.fields.get("sequence").and_then(Value::as_integer);
        number
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| EntryError("`sequence` is missing".into()))
    }

    pub fn previous(&self) -> Result<Digest, EntryError> {
        self.digits("previous")
    }

    pub fn definition(&self) -> Result<Digest, EntryError> {
        self.digits("definition")
    }

    pub fn snapshot(&self) -> Result<Digest, EntryError> {
        self.digits("snapshot")
    }

    pub fn at(&self) -> Result<jiff::Timestamp, EntryError> {
        self.parsed("at")
    }

    /// Until when the instance is open to the actor, if they opened it.
    pub fn open_until(&self) -> Result<Option<jiff::Timestamp>, EntryError> {
        match self.fields.get("open_until") {
            Some(_) => self.parsed("open_until").map(Some),
            None => Ok(None),
        }
    }

    pub fn verdict(&self) -> Result<&str, EntryError> {
        self.text("verdict")
    }

    pub fn format(&self) -> Option<i64> {
        self.fields.get("format").and_then(Value::as_integer)
    }

    pub fn input(&self) -> Option<&Object> {
        self.fields.get("input").and_then(Value::as_object)
    }

    pub fn input_kind(&self) -> &str {
        self.input()
            .and_then(|input| input.get("kind"))
            .and_then(Value::as_text)
            .unwrap_or_default()
    }

    pub fn members(&self) -> &Object {
        &self.fields
    }

    pub fn member(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    pub fn actor(&self) -> Result<Actor, EntryError> {
        let actor = self
            .fields
            .get("actor")
            .ok_or_else(|| EntryError("`actor` is missing".into()))?;
        actor_of(actor)
    }

    /// What the step was given; the calendar and live tables are only named in an entry, see [`EntryText::calendar`]
    /// and [`EntryText::tables`].
    pub fn facts(&self) -> Result<Facts, EntryError> {
        let mut facts = Facts {
            // of a step that was given none that counted, any name was one
            units: Some(Arc::default()),
            ..Facts::default()
        };
        let Some(recorded) = self.fields.get("facts") else {
            return Ok(facts);
        };
        facts.entropy = match recorded.field("entropy").and_then(Value::as_text) {
            Some(text) => Some(text.parse::<Digest>().map_err(|error| EntryError(error.to_string()))?.0),
            None => None,
        };
        facts.units = Some(Arc::new(units_of(recorded.field("units"))?));
        for found in recorded.field("found").and_then(Value::as_list).unwrap_or(&[]) {
            let text = |name: &str| {
                found
                    .field(name)
                    .and_then(Value::as_text)
                    .ok_or_else(|| EntryError(format!("a fact has no `{name}`")))
            };
            let value = found.field("found").cloned().unwrap_or(Value::Null);
            facts.found.insert((text("read")?.into(), text("query")?.into()), value);
        }
        for read in recorded.field("reads").and_then(Value::as_list).unwrap_or(&[]) {
            let text = |name: &str| {
                read.field(name)
                    .and_then(Value::as_text)
                    .ok_or_else(|| EntryError(format!("a fact has no `{name}`")))
            };
            let fact = Fact {
                instance: text("instance")?
                    .parse()
                    .map_err(|_| EntryError("a fact names no instance".into()))?,
                sequence: read.field("sequence").and_then(Value::as_integer).unwrap_or(0) as u64,
                view: read.field("view").cloned().unwrap_or(Value::Null),
            };
            facts.views.insert((text("read")?.into(), text("key")?.into()), fact);
        }
        Ok(facts)
    }

    /// The version of the calendar that the step counted along, if it did.
    pub fn calendar(&self) -> Result<Option<Digest>, EntryError> {
        let calendar = self.fields.get("facts").and_then(|facts| facts.field("calendar"));
        let version = calendar
            .and_then(|calendar| calendar.field("version"))
            .and_then(Value::as_text);
        match (calendar, version) {
            (None, _) => Ok(None),
            (Some(_), Some(version)) => version
                .parse()
                .map(Some)
                .map_err(|error| EntryError(format!("`facts.calendar`: {error}"))),
            (Some(_), None) => Err(EntryError("`facts.calendar` names no version".into())),
        }
    }

    /// The versions of the live tables that the step asked, by name.
    pub fn tables(&self) -> Result<Vec<(Arc<str>, Digest)>, EntryError> {
        let tables = self.fields.get("facts").and_then(|facts| facts.field("tables"));
        let tables = tables.and_then(Value::as_list).unwrap_or_default().iter();
        tables
            .map(|table| {
                let text = |name: &str| {
                    let text = table.field(name).and_then(Value::as_text);
                    text.ok_or_else(|| EntryError(format!("`facts.tables` has no `{name}`")))
                };
                let version = text("version")?.parse();
                let version = version.map_err(|error| EntryError(format!("`facts.tables`: {error}")))?;
                Ok((text("name")?.into(), version))
            })
            .collect()
    }

    /// The input as it was given to the step; `secret` is what a start was given.
    pub fn as_input(&self, secret: Option<[u8; 32]>) -> Result<Input, EntryError> {
        let fields = self.input().ok_or_else(|| EntryError("`input` is missing".into()))?;
        let text = |name: &str| fields.get(name).and_then(Value::as_text).map(Arc::<str>::from);
        let needed = |name: &str| text(name).ok_or_else(|| EntryError(format!("`input.{name}` is missing")));
        let object = |name: &str| fields.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let kind = match self.input_kind() {
            "start" => InputKind::Start(Box::new(StartInput {
                key: self.key()?.into(),
                number: fields.get("number").and_then(Value::as_integer).map(|number| number as u64),
                payload: object("payload"),
                parent: parent_of(fields.get("parent"))?,
                default_zone: needed("zone")?,
                secret,
            })),
            "event" => InputKind::Event {
                name: needed("event")?,
                payload: object("payload"),
                task: text("task").map(|name| TaskRef {
                    name,
                    opened: opened_of(fields),
                }),
            },
            "task" => InputKind::Task {
                task: TaskRef {
                    name: needed("task")?,
                    opened: opened_of(fields),
                },
                act: super::task_text::act_of(&needed("act")?, fields)?,
            },
            "timer" => InputKind::Timer {
                name: needed("name")?,
                due: needed("due")?
                    .parse()
                    .map_err(|_| EntryError("`input.due` is no moment".into()))?,
            },
            "adapter_answer" => InputKind::AdapterAnswer {
                effect: needed("effect")?,
                result: answer_of(fields),
            },
            "adapter_report" => InputKind::AdapterReport {
                effect: needed("effect")?,
                report: match &*needed("report")? {
                    "progress" => Report::Progress {
                        fields: object("fields"),
                    },
                    "undone" => Report::Undone {
                        fields: object("fields"),
                    },
                    other => return Err(EntryError(format!("`{other}` is nothing that an adapter reports"))),
                },
            },
            "send_answer" => InputKind::SendAnswer {
                send: needed("send")?,
                verdict: verdict_of(&needed("outcome")?, text("why"))?,
            },
            "child_ended" => InputKind::ChildEnded {
                invoke: needed("invoke")?,
                child: needed("child")?,
                output: fields.get("output").cloned().unwrap_or(Value::Null),
            },
            "stop" => InputKind::Stop {
                invoke: needed("invoke")?,
            },
            "hold" => InputKind::Hold {
                invoke: needed("invoke")?,
                why: text("why"),
            },
            "acknowledge" => InputKind::Acknowledge { clock: needed("clock")? },
            "withdraw" => InputKind::Withdraw { event: needed("event")? },
            "open" => InputKind::Open {
                reviewer: needed("reviewer")?,
            },
            "wake" => InputKind::Wake,
            "place" => InputKind::Place(Box::new(self.placement(object("payload"), needed("zone")?, secret)?)),
            other => return Err(EntryError(format!("`{other}` is no input that can be stepped again"))),
        };
        let key = match text("key") {
            Some(key) => Some(key.parse::<InputKey>().map_err(|error| EntryError(error.to_string()))?),
            None => None,
        };
        Ok(Input {
            key,
            actor: self.actor()?,
            reason: text("reason"),
            signed: match text("signed") {
                Some(word) => {
                    let proof = Proof::of(&word);
                    Some(proof.ok_or_else(|| EntryError(format!("`{word}` is no proof")))?)
                }
                None => None,
            },
            kind,
        })
    }

    fn placement(&self, payload: Object, default_zone: Arc<str>, secret: Option<[u8; 32]>) -> Result<Placement, EntryError> {
        let states = self.input().and_then(|input| input.get("states")).and_then(Value::as_list);
        let states = states.unwrap_or_default().iter().filter_map(Value::as_text).map(Arc::from);
        let marks = self.input().and_then(|input| input.get("marks")).and_then(Value::as_list);
        let marks: Result<Vec<PlacedMark>, EntryError> = marks.unwrap_or_default().iter().map(placed_mark).collect();
        Ok(Placement {
            states: states.collect(),
            marks: marks?,
            start: StartInput {
                key: self.key()?.into(),
                number: None,
                payload,
                parent: None,
                default_zone,
                secret,
            },
        })
    }

    fn text(&self, name: &str) -> Result<&str, EntryError> {
        self.fields
            .get(name)
            .and_then(Value::as_text)
            .ok_or_else(|| EntryError(format!("`{name}` is missing")))
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, EntryError> {
        self.text(name)?
            .parse()
            .map_err(|_| EntryError(format!("`{name}` cannot be read")))
    }

    /// Of digits written as this program writes them, so that one digest has one text.
    fn digits<T: std::str::FromStr + ToString>(&self, name: &str) -> Result<T, EntryError> {
        let parsed: T = self.parsed(name)?;
        if parsed.to_string() == self.text(name)? {
            Ok(parsed)
        } else {
            Err(EntryError(format!("`{name}` is not in lower-case digits")))
        }
    }
}

pub(super) fn actor_of(actor: &Value) -> Result<Actor, EntryError> {
    let text = |name: &str| actor.field(name).and_then(Value::as_text).map(Arc::<str>::from);
    let texts = |name: &str| -> Vec<Arc<str>> {
        let list = actor.field(name).and_then(Value::as_list).unwrap_or(&[]);
        list.iter().filter_map(Value::as_text).map(Arc::from).collect()
    };
    let kind = match text("kind").as_deref() {
        Some("person") => ActorKind::Person,
        Some("workflow") => ActorKind::Workflow {
            workflow: text("workflow").unwrap_or_default(),
        },
        Some("adapter") => ActorKind::Adapter,
        Some("schedule") => ActorKind::Schedule,
        Some("engine") => ActorKind::Engine,
        other => return Err(EntryError(format!("`{}` is no kind of actor", other.unwrap_or_default()))),
    };
    Ok(Actor {
        kind,
        id: text("id").ok_or_else(|| EntryError("`actor.id` is missing".into()))?,
        name: text("name"),
        roles: texts("roles"),
        unit: text("unit"),
        organisation: text("organisation"),
        skills: texts("skills"),
        person: text("person"),
        on_behalf_of: text("on_behalf_of"),
    })
}

fn placed_mark(mark: &Value) -> Result<PlacedMark, EntryError> {
    let member = |name: &str| mark.as_object().and_then(|fields| fields.get(name));
    let text = |name: &str| member(name).and_then(Value::as_text);
    let at = text("at").map(str::parse).transpose();
    Ok(PlacedMark {
        name: text("name").ok_or_else(|| EntryError("a mark has no name".into()))?.into(),
        values: member("values").cloned().unwrap_or(Value::Null),
        at: at.map_err(|_| EntryError("a mark's `at` is no moment".into()))?,
    })
}

fn units_of(recorded: Option<&Value>) -> Result<Units, EntryError> {
    let recorded = recorded.and_then(Value::as_list).unwrap_or_default().iter();
    let unit = |unit: &Value| {
        let text = |name: &str| unit.field(name).and_then(Value::as_text).map(Arc::from);
        let name = text("name").ok_or_else(|| EntryError("`facts.units` has no `name`".into()))?;
        Ok((name, text("title")))
    };
    recorded.map(unit).collect()
}

fn opened_of(fields: &Object) -> Option<u64> {
    fields.get("opened").and_then(Value::as_integer).map(|opened| opened as u64)
}

fn parent_of(value: Option<&Value>) -> Result<Option<Parent>, EntryError> {
    let Some(value) = value else { return Ok(None) };
    let part = |name: &str| {
        value
            .field(name)
            .and_then(Value::as_text)
            .ok_or_else(|| EntryError(format!("`input.parent.{name}` is missing")))
    };
    Ok(Some(Parent {
        workflow: part("workflow")?.into(),
        key: part("key")?.into(),
        // entries written before children had one say none
        invoke: part("invoke").unwrap_or_default().into(),
    }))
}

fn answer_of(fields: &Object) -> Result<Value, AdapterFailure> {
    let Some(failure) = fields.get("failure") else {
        return Ok(fields.get("result").cloned().unwrap_or(Value::Null));
    };
    let text = |name: &str| failure.field(name).and_then(Value::as_text).unwrap_or_default().into();
    Err(AdapterFailure {
        why: text("why"),
        message: text("message"),
        detail: failure.field("detail").cloned().unwrap_or(Value::Null),
    })
}

fn verdict_of(outcome: &str, why: Option<Arc<str>>) -> Result<SendVerdict, EntryError> {
    let why = why.unwrap_or_default();
    match outcome {
        "taken" => Ok(SendVerdict::Taken),
        "ignored" => Ok(SendVerdict::Ignored { why }),
        "refused" => Ok(SendVerdict::Refused { why }),
        other => Err(EntryError(format!("`{other}` is no outcome of a send"))),
    }
}
