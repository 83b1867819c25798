//! What can be seen of one instance, as values that a file's expectations are compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{StateSet, Work};
use statewright_core::step::{Child, Snapshot, Status, TaskShown, TimerOf, label};
use statewright_core::time::Duration;
use statewright_core::trail::EntryText;
use statewright_core::value::{Object, Value};

use super::compare::WHAT;
use crate::scenario::trail::effect_name;
use crate::scenario::world::Standing;
use crate::store::TrailRow;

impl Standing {
    /// `workflow/key`.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.row.workflow, self.row.key)
    }

    /// Whether it is in a state, given by its path.
    pub(super) fn is_in(&self, path: &str) -> bool {
        let state = self.known.chart.state_at(path);
        state.is_some_and(|state| self.snapshot.active.contains(state.index))
    }

    /// Paths of the states it rests in.
    pub(super) fn states(&self) -> Vec<Arc<str>> {
        crate::intake::resting_states(&self.known.chart, &self.snapshot)
    }

    pub(super) fn label(&self, now: Timestamp) -> Value {
        Value::from_text(&label(&self.known.chart, &self.snapshot, now))
    }

    pub(super) fn data(&self) -> Value {
        Value::from_fields(Object::clone(&self.snapshot.data))
    }

    /// A finished instance is not paused.
    pub(super) fn paused(&self) -> Value {
        let Snapshot { status, .. } = self.snapshot;
        let paused: StateSet = self.snapshot.paused(&self.known.chart);
        Value::Boolean(status == Status::Active && !paused.is_empty())
    }

    /// Armed timers by name; where two states have timers of one name, by the state's path too.
    pub(super) fn timers(&self) -> Value {
        // rungs belong to their tasks and clocks
        let is_rung = |name: &str| TimerOf::read(name).is_some_and(|of| of.is_of_a_ladder());
        let timers = self.snapshot.timers.iter();
        let armed = timers.filter(|(name, timer)| !timer.spent && !is_rung(name));
        let mut timers = Object::new();
        let mut several: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for (full, _) in armed.clone() {
            *several.entry(short(full)).or_default() += 1;
        }
        for (full, timer) in armed {
            let mut parts = Object::from([
                ("due".into(), Value::from_instant(timer.due)),
                ("fired".into(), Value::Integer(i64::from(timer.fired))),
                ("paused".into(), Value::Boolean(timer.remaining_us.is_some())),
            ]);
            let stands_for = match timer.remaining_us {
                Some(remaining_us) => Value::Duration(Duration::exact(remaining_us)),
                None => Value::from_instant(timer.due),
            };
            if timer.remaining_us.is_some() {
                parts.remove("due");
                parts.insert("remaining".into(), stands_for.clone());
            }
            parts.insert(WHAT.into(), stands_for);
            let name = short(full);
            let name = if several.get(&name) == Some(&1) { name } else { full.clone() };
            timers.insert(name, Value::from_fields(parts));
        }
        Value::from_fields(timers)
    }

    /// Open tasks that are in queues, as values.
    pub(super) fn tasks(&self, shown: Vec<TaskShown>) -> Vec<Value> {
        let open = shown.into_iter().filter(|task| task.held.is_none());
        open.map(|task| {
            let optional = |moment: Option<Timestamp>| moment.map_or(Value::Null, Value::from_instant);
            let name = task.name.rsplit('.').next().unwrap_or_default();
            let why = task.why.last().map_or(Value::Null, |why| Value::from_text(&why.what));
            Value::from_fields(Object::from([
                ("due".into(), optional(task.due)),
                ("follow_up".into(), optional(task.follow_up)),
                ("help".into(), task.help.as_deref().map_or(Value::Null, Value::from_text)),
                ("holder".into(), Value::Text(task.holder.unwrap_or_else(|| "none".into()))),
                ("name".into(), Value::from_text(name)),
                ("note".into(), task.note.map_or(Value::Null, Value::Text)),
                ("of".into(), Value::from_text(&self.name())),
                ("priority".into(), Value::Integer(i64::from(task.priority))),
                ("show".into(), Value::from_fields(task.show.into_iter().collect())),
                ("title".into(), Value::from_text(&task.title)),
                (WHAT.into(), Value::from_text(name)),
                ("why".into(), why),
            ]))
        })
        .collect()
    }

    /// The children that it waits for, by `workflow/key`: how each stands.
    pub(super) fn children(&self) -> Value {
        let chart = &self.known.chart;
        let mut children = Object::new();
        for active in self.snapshot.invokes.values() {
            let state = chart.states.get(usize::from(active.state.0));
            let declared = state.and_then(|state| state.invokes.get(active.position));
            let Some(Work::Children(declared)) = declared.map(|declared| &declared.work) else {
                continue;
            };
            let named = |child: &Child| {
                let name = format!("{}/{}", declared.workflow, child.key);
                (name.into(), Value::from_text(child.standing.as_str()))
            };
            children.extend(active.children.iter().map(named));
        }
        Value::from_fields(children)
    }

    /// Events that some have signed and others are still to sign: who has, and how many are missing, as the trail counts them.
    fn signatures(&self, rows: &[TrailRow]) -> Object {
        let pending = self.snapshot.signatures.iter().filter(|(_, signatures)| !signatures.complete);
        let signatures = pending.map(|(event, signatures)| {
            let wanted = rows.iter().rev().find_map(|row| signers_wanted(row, event));
            let signed = signatures.signers.len();
            let missing = wanted.map(|wanted| wanted - i64::try_from(signed).unwrap_or(i64::MAX));
            let signed = signatures.signers.iter().map(|signer| Value::Text(signer.actor.clone()));
            let parts = Object::from([
                ("missing".into(), missing.map_or(Value::Null, Value::Integer)),
                ("signed".into(), Value::from_items(signed.collect())),
            ]);
            (event.clone(), Value::from_fields(parts))
        });
        signatures.collect()
    }

    /// What it waits for: invokes and calls by their ids, and sends that were not answered, each with what it was asked of; and
    /// events that are not signed by all.
    pub(super) fn waiting(&self, rows: &[TrailRow]) -> Value {
        let chart = &self.known.chart;
        let mut waiting = self.signatures(rows);
        for (key, invoke) in &self.snapshot.invokes {
            let state = chart.states.get(usize::from(invoke.state.0));
            let declared = state.and_then(|state| state.invokes.get(invoke.position));
            let what = declared.map_or_else(String::new, |declared| match &declared.work {
                Work::Call(call) => format!("{}.{}", call.adapter, call.action),
                Work::Children(children) => children.workflow.to_string(),
            });
            waiting.insert(effect_name(key).into(), Value::from_text(&what));
        }
        for id in self.snapshot.calls.values() {
            waiting.insert(id.clone(), Value::from_text("a call"));
        }
        for send in self.snapshot.sends.values() {
            waiting.insert(send.id.clone(), Value::Text(send.to.clone()));
        }
        Value::from_fields(waiting)
    }
}

/// Of `state.path/timer` the timer; of `invoke/KEY` `timeout.ID`.
fn short(full: &str) -> Arc<str> {
    match TimerOf::read(full) {
        Some(TimerOf::Invoke { key }) => format!("timeout.{}", effect_name(key)).into(),
        Some(TimerOf::State { name, .. }) => name.into(),
        _ => full.into(),
    }
}

/// Names of the marks that an instance has written.
pub(super) fn mark_names(rows: &[TrailRow]) -> BTreeSet<Arc<str>> {
    let marks = rows.iter().flat_map(|row| members(row, "marks"));
    marks
        .filter_map(|mark| mark.field("name")?.as_text().map(Arc::from))
        .collect()
}

/// What an instance asked of adapters, in order: `adapter.action`, key and input.
pub(super) fn effects(rows: &[TrailRow]) -> Vec<Value> {
    let effects = rows.iter().flat_map(|row| members(row, "effects"));
    let part = |effect: &Value, name: &str| effect.field(name).cloned().unwrap_or(Value::Null);
    effects
        .map(|effect| {
            let text = |name: &str| effect.field(name).and_then(Value::as_text).unwrap_or_default();
            let what = format!("{}.{}", text("adapter"), text("action"));
            Value::from_fields(Object::from([
                (WHAT.into(), Value::from_text(&what)),
                ("input".into(), part(&effect, "input")),
                ("key".into(), part(&effect, "key")),
            ]))
        })
        .collect()
}

/// The items of a member of an entry.
fn members(row: &TrailRow, name: &str) -> Vec<Value> {
    let entry = EntryText::read(&row.bytes).ok();
    let items = entry.as_ref().and_then(|entry| entry.member(name)).and_then(Value::as_list);
    items.map(<[Value]>::to_vec).unwrap_or_default()
}

/// How many were to sign this event, if the entry is about a signature of it.
fn signers_wanted(row: &TrailRow, event: &str) -> Option<i64> {
    let entry = EntryText::read(&row.bytes).ok()?;
    let of = entry.member("signature")?.field("of")?.as_integer();
    let signed = entry.input()?.get("event").and_then(Value::as_text) == Some(event);
    of.filter(|_| signed)
}

/// What people were told, as the entries say, each with whom it is `about`.
pub(super) fn notices(rows: &[TrailRow], about: &str) -> Vec<Value> {
    let of = |at: Value, notice: Value| {
        let mut fields = notice.as_object().cloned().unwrap_or_default();
        fields.insert("at".into(), at);
        fields.insert("of".into(), Value::from_text(about));
        Value::from_fields(fields)
    };
    let told = rows.iter().flat_map(|row| {
        let at = Timestamp::from_microsecond(row.at_us).map_or(Value::Null, Value::from_instant);
        members(row, "notices").into_iter().map(move |notice| (at.clone(), notice))
    });
    told.map(|(at, notice)| of(at, notice)).collect()
}
