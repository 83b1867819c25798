//! A snapshot as it is stored: canonical, with personal values apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::members::{Members, write_list, write_text};
use super::personal::{Sealer, opened, secret_of, secret_row};
use super::{
    ActiveInvoke, ArmedTimer, Child, Compensation, LastTaken, OpenTask, Parent, PendingSend, Snapshot, Standing, Status,
};
use crate::chart::{Chart, StateIndex, StateSet};
use crate::identity::Digest;
use crate::value::canonical::{PERSONAL_TAG, read_canonical_with, write_canonical};
use crate::value::{Object, Value};

/// Room for an ordinary snapshot, so that it is not moved while it is written.
const SNAPSHOT_BYTES: usize = 2_048;

/// A snapshot as it is stored: personal values replaced by commitments, and listed beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub canonical: String,
    /// Reference → canonical value; the secret stands under the reference of 32 zero bytes, as a JSON string of hexadecimal digits.
    pub personal: Vec<(Digest, String)>,
}

/// Stored bytes that cannot be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored snapshot: {0}")]
pub struct Unreadable(pub String);

impl Snapshot {
    pub fn store(&self, chart: &Chart) -> Stored {
        let mut sealer = Sealer::new(chart, self.secret.as_ref());
        let mut canonical = String::with_capacity(SNAPSHOT_BYTES);
        self.write(chart, &mut sealer, &mut canonical);
        let mut personal = sealer.sealed;
        if let Some(secret) = &self.secret {
            personal.push(secret_row(secret));
        }
        Stored { canonical, personal }
    }

    /// `personal` as it was stored; values that were erased read as null.
    pub fn restore(chart: &Chart, canonical: &str, head: Digest, personal: &[(Digest, String)]) -> Result<Snapshot, Unreadable> {
        let open = |reference: &str| opened(reference, personal);
        let value = read_canonical_with(canonical, &open).map_err(|error| Unreadable(error.to_string()))?;
        Reader {
            chart,
            fields: value.as_object().ok_or_else(|| Unreadable("not an object".into()))?,
        }
        .snapshot(head, secret_of(personal))
    }

    /// Whether personal values must be loaded before the canonical form can be restored.
    pub fn names_personal(canonical: &str) -> bool {
        canonical.contains(PERSONAL_TAG) || canonical.contains("\"sealed\":true")
    }

    fn write(&self, chart: &Chart, sealer: &mut Sealer<'_>, out: &mut String) {
        let path = |state: StateIndex| &chart.state(state).path;
        let mut members = Members::open(out);
        members.texts("active", chart.atomic_states(&self.active).map(path));
        write_map(&mut members, "calls", &self.calls, |id, out| write_text(id, out));
        write_map(&mut members, "claims", &self.claims, |value, out| write_text(value, out));
        write_map(&mut members, "clocks", &self.clocks, super::clock_stored::write);
        write_compensations(&mut members, "compensations", &self.compensations);
        sealer.write_record(&self.data, &chart.data, members.name("data"));
        members.digest("definition", &self.definition);
        write_map(&mut members, "doers", &self.doers, |doer, out| write_text(doer, out));
        members.optional("held", self.held.as_ref());
        write_map(&mut members, "history", &self.history_by_path(chart), |states, out| {
            write_list(states.iter(), out, |state, out| write_text(path(*state), out));
        });
        members.instance("instance", &self.instance);
        write_map(&mut members, "invokes", &self.invokes, |invoke, out| {
            let mut fields = Members::open(out);
            fields.list("children", &invoke.children, write_child);
            if invoke.holds {
                fields.name("holds").push_str("true");
            }
            fields.number("position", invoke.position as u64);
            fields.text("state", path(invoke.state));
            fields.close();
        });
        members.text("key", &self.key);
        if let Some(number) = self.number {
            members.number("number", number);
        }
        write_map(&mut members, "openings", &self.openings, super::glass_stored::write);
        if !self.output.is_null() {
            // the language lets nothing personal into it: it goes to others
            write_canonical(&self.output, members.name("output"));
        }
        if let Some(parent) = &self.parent {
            let mut fields = Members::open(members.name("parent"));
            fields.text("invoke", &parent.invoke);
            fields.text("key", &parent.key);
            fields.text("workflow", &parent.workflow);
            fields.close();
        }
        if self.secret.is_some() {
            members.name("sealed").push_str("true");
        }
        write_map(&mut members, "sends", &self.sends, |send, out| {
            let mut fields = Members::open(out);
            fields.text("id", &send.id);
            fields.optional("invoke", send.invoke.as_ref());
            fields.text("to", &send.to);
            fields.text("workflow", &send.workflow);
            fields.close();
        });
        members.number("sequence", self.sequence);
        write_map(&mut members, "signatures", &self.signatures, |signatures, out| {
            super::signature_stored::write(signatures, chart, sealer, out);
        });
        members.moment("started_at", self.started_at);
        members.text("status", if self.status == Status::Done { "done" } else { "active" });
        let watched: Vec<_> = self.subscriptions.iter().collect();
        members.list("subscriptions", &watched, |instance, out| {
            write_text(&instance.to_string(), out)
        });
        write_map(&mut members, "taken", &self.taken, |last, out| {
            let mut fields = Members::open(out);
            fields.text("actor", &last.actor);
            fields.moment("at", last.at);
            fields.close();
        });
        write_map(&mut members, "tasks", &self.tasks, |task, out| {
            super::task_stored::write(task, out)
        });
        write_map(&mut members, "timers", &self.timers, write_timer);
        write_compensations(&mut members, "undoing", &self.undoing);
        members.text("workflow", &self.workflow);
        members.text("zone", &self.zone);
        members.close();
    }

    fn history_by_path(&self, chart: &Chart) -> BTreeMap<Arc<str>, &Vec<StateIndex>> {
        self.history
            .iter()
            .map(|(state, remembered)| (chart.state(*state).path.clone(), remembered))
            .collect()
    }
}

fn write_map<V>(members: &mut Members<'_>, name: &str, map: &BTreeMap<Arc<str>, V>, mut write: impl FnMut(&V, &mut String)) {
    if map.is_empty() {
        return;
    }
    let out = members.name(name);
    out.push('{');
    for (position, (key, value)) in map.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_text(key, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

fn write_child(child: &Child, out: &mut String) {
    let mut fields = Members::open(out);
    fields.text("key", &child.key);
    if let Standing::Ended(output) = &child.standing {
        write_canonical(output, fields.name("output"));
    }
    fields.text("standing", child.standing.as_str());
    fields.close();
}

fn write_compensations(members: &mut Members<'_>, name: &str, compensations: &[Compensation]) {
    members.list(name, compensations, |compensation, out| {
        let mut fields = Members::open(out);
        fields.text("action", &compensation.action);
        fields.text("adapter", &compensation.adapter);
        fields.text("id", &compensation.id);
        write_canonical(&compensation.input, fields.name("input"));
        fields.close();
    });
}

fn write_timer(timer: &ArmedTimer, out: &mut String) {
    let mut fields = Members::open(out);
    fields.moment("due", timer.due);
    if timer.fired > 0 {
        fields.number("fired", u64::from(timer.fired));
    }
    if let Some(remaining_us) = timer.remaining_us {
        fields.name("remaining_us").push_str(&remaining_us.to_string());
    }
    if timer.spent {
        fields.name("spent").push_str("true");
    }
    fields.close();
}

/// Takes the members of a stored snapshot apart.
struct Reader<'a> {
    chart: &'a Chart,
    fields: &'a Object,
}

pub(super) type Read<T> = Result<T, Unreadable>;

impl Reader<'_> {
    fn snapshot(&self, head: Digest, secret: Option<[u8; 32]>) -> Read<Snapshot> {
        Ok(Snapshot {
            instance: parsed(self.text("instance")?)?,
            workflow: self.text("workflow")?.into(),
            key: self.text("key")?.into(),
            number: self
                .fields
                .get("number")
                .and_then(Value::as_integer)
                .map(|number| number as u64),
            definition: parsed(self.text("definition")?)?,
            sequence: self
                .fields
                .get("sequence")
                .and_then(Value::as_integer)
                .ok_or_else(|| missing("sequence"))? as u64,
            head,
            status: if self.text("status")? == "done" {
                Status::Done
            } else {
                Status::Active
            },
            zone: self.text("zone")?.into(),
            started_at: moment(self.text("started_at")?)?,
            parent: self.parent()?,
            active: self.active()?,
            history: self.history()?,
            data: self
                .fields
                .get("data")
                .and_then(Value::as_shared_object)
                .cloned()
                .ok_or_else(|| missing("data"))?,
            timers: self.map("timers", timer)?,
            invokes: self.map("invokes", |value| {
                let position = value
                    .field("position")
                    .and_then(Value::as_integer)
                    .ok_or_else(|| missing("position"))?;
                Ok(ActiveInvoke {
                    state: self.state(text_of(value, "state")?)?,
                    position: position as usize,
                    children: value
                        .field("children")
                        .and_then(Value::as_list)
                        .unwrap_or(&[])
                        .iter()
                        .map(child)
                        .collect::<Read<_>>()?,
                    holds: value.field("holds").is_some(),
                })
            })?,
            calls: self.map("calls", |value| {
                value.as_text().map(Arc::from).ok_or_else(|| missing("calls"))
            })?,
            tasks: self.tasks()?,
            doers: self.map("doers", |value| {
                value.as_text().map(Arc::from).ok_or_else(|| missing("doers"))
            })?,
            clocks: self.map("clocks", super::clock_stored::read)?,
            signatures: self.map("signatures", |value| {
                let state = self.state(text_of(value, "state")?)?;
                super::signature_stored::read(state, value)
            })?,
            compensations: self.compensations("compensations")?,
            undoing: self.compensations("undoing")?,
            held: self.fields.get("held").and_then(Value::as_text).map(Arc::from),
            sends: self.map("sends", |value| {
                Ok(PendingSend {
                    workflow: optional_text(value, "workflow"),
                    id: text_of(value, "id")?.into(),
                    to: text_of(value, "to")?.into(),
                    invoke: value.field("invoke").and_then(Value::as_text).map(Arc::from),
                })
            })?,
            claims: self.map("claims", |value| {
                value.as_text().map(Arc::from).ok_or_else(|| missing("claims"))
            })?,
            subscriptions: self
                .list("subscriptions")
                .iter()
                .filter_map(Value::as_text)
                .map(parsed)
                .collect::<Read<_>>()?,
            taken: Arc::new(self.map("taken", |value| {
                Ok(LastTaken {
                    actor: text_of(value, "actor")?.into(),
                    at: moment(text_of(value, "at")?)?,
                })
            })?),
            openings: self.map("openings", super::glass_stored::read)?,
            output: self.fields.get("output").cloned().unwrap_or(Value::Null),
            secret,
        })
    }

    fn text(&self, name: &str) -> Read<&str> {
        self.fields.get(name).and_then(Value::as_text).ok_or_else(|| missing(name))
    }

    fn list(&self, name: &str) -> &[Value] {
        self.fields.get(name).and_then(Value::as_list).unwrap_or(&[])
    }

    fn map<V>(&self, name: &str, read: impl Fn(&Value) -> Read<V>) -> Read<BTreeMap<Arc<str>, V>> {
        let Some(map) = self.fields.get(name).and_then(Value::as_object) else {
            return Ok(BTreeMap::new());
        };
        map.iter().map(|(key, value)| Ok((key.clone(), read(value)?))).collect()
    }

    fn state(&self, path: &str) -> Read<StateIndex> {
        self.chart
            .state_at(path)
            .map(|state| state.index)
            .ok_or_else(|| Unreadable(format!("no state `{path}` in its definition")))
    }

    fn active(&self) -> Read<StateSet> {
        let mut active = StateSet::default();
        for path in self.list("active").iter().filter_map(Value::as_text) {
            let state = self.state(path)?;
            active.insert(state);
            self.chart.ancestors(state).for_each(|ancestor| active.insert(ancestor));
        }
        Ok(active)
    }

    fn history(&self) -> Read<BTreeMap<StateIndex, Vec<StateIndex>>> {
        let Some(map) = self.fields.get("history").and_then(Value::as_object) else {
            return Ok(BTreeMap::new());
        };
        map.iter()
            .map(|(path, states)| {
                let states = states
                    .as_list()
                    .unwrap_or(&[])
                    .iter()
                    .filter_map(Value::as_text)
                    .map(|path| self.state(path));
                Ok((self.state(path)?, states.collect::<Read<Vec<_>>>()?))
            })
            .collect()
    }

    fn tasks(&self) -> Read<BTreeMap<Arc<str>, OpenTask>> {
        let Some(map) = self.fields.get("tasks").and_then(Value::as_object) else {
            return Ok(BTreeMap::new());
        };
        let read = |(path, value): (&Arc<str>, &Value)| {
            let task = super::task_stored::read(self.state(path)?, value)?;
            Ok((path.clone(), task))
        };
        map.iter().map(read).collect()
    }

    fn compensations(&self, name: &str) -> Read<Vec<Compensation>> {
        let read = |value: &Value| {
            Ok(Compensation {
                id: text_of(value, "id")?.into(),
                adapter: text_of(value, "adapter")?.into(),
                action: text_of(value, "action")?.into(),
                input: value.field("input").cloned().unwrap_or(Value::Null),
            })
        };
        self.list(name).iter().map(read).collect()
    }

    fn parent(&self) -> Read<Option<Parent>> {
        let Some(parent) = self.fields.get("parent") else {
            return Ok(None);
        };
        Ok(Some(Parent {
            workflow: text_of(parent, "workflow")?.into(),
            key: text_of(parent, "key")?.into(),
            invoke: optional_text(parent, "invoke"),
        }))
    }
}

fn child(value: &Value) -> Read<Child> {
    let standing = match text_of(value, "standing")? {
        "starting" => Standing::Starting,
        "running" => Standing::Running,
        "ended" => Standing::Ended(value.field("output").cloned().unwrap_or(Value::Null)),
        "failed" => Standing::Failed,
        other => return Err(Unreadable(format!("`{other}` is no standing of a child"))),
    };
    Ok(Child {
        key: text_of(value, "key")?.into(),
        standing,
    })
}

fn timer(value: &Value) -> Read<ArmedTimer> {
    Ok(ArmedTimer {
        due: moment(text_of(value, "due")?)?,
        fired: value.field("fired").and_then(Value::as_integer).unwrap_or(0) as u32,
        spent: value.field("spent").and_then(Value::as_boolean).unwrap_or(false),
        remaining_us: value.field("remaining_us").and_then(Value::as_integer),
    })
}

pub(super) fn text_of<'v>(value: &'v Value, name: &str) -> Read<&'v str> {
    value.field(name).and_then(Value::as_text).ok_or_else(|| missing(name))
}

/// What snapshots of the first format did not say reads as nothing.
fn optional_text(value: &Value, name: &str) -> Arc<str> {
    value.field(name).and_then(Value::as_text).unwrap_or_default().into()
}

pub(super) fn moment(text: &str) -> Read<Timestamp> {
    text.parse().map_err(|_| Unreadable(format!("`{text}` is no moment")))
}

fn parsed<T: std::str::FromStr>(text: &str) -> Read<T> {
    text.parse().map_err(|_| Unreadable(format!("`{text}` cannot be read")))
}

pub(super) fn missing(name: &str) -> Unreadable {
    Unreadable(format!("`{name}` is missing"))
}
