//! What is expected beside the instances: of effects, of trails, of what waits for a person.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::diagnostic::Span;
use statewright_core::trail::EntryText;
use statewright_core::value::{Object, Value};

use super::compare::{WHAT, compare, joined};
use super::{compare_list, failed_for};
use crate::scenario::report::Failed;
use crate::scenario::run::{Run, Stop};
use crate::scenario::trail::what;
use crate::scenario::written::Written;
use crate::store::{Incident, TrailRow};

impl Run<'_> {
    /// A list: every effect that was asked for, in the order of the instances and their trails. A mapping: one effect by its name.
    pub(super) async fn look_at_effects(&self, span: Span, wanted: &Written) -> Result<Vec<Failed>, Stop> {
        let wanted = self.value(span, wanted, None).await?;
        let all = self.all_effects().await.map_err(|trouble| broken(span, trouble))?;
        let zone = &self.file.setting.zone;
        let mut differences = Vec::new();
        let Some(by_name) = wanted.as_object() else {
            compare_list(&wanted, &Value::from_items(all), zone, "effects", &mut differences);
            return Ok(failed_for(span, "other effects were asked for", differences, None)
                .into_iter()
                .collect());
        };
        for (name, wanted) in by_name {
            let of = match wanted.field("of").and_then(Value::as_text) {
                Some(of) => Some(self.party(span, of)?),
                None => None,
            };
            let of = of.map(|of| format!("{}/{}", of.workflow, of.key));
            let is_meant = |effect: &&Value| {
                let text = |part: &str| effect.field(part).and_then(Value::as_text).unwrap_or_default();
                text(WHAT) == &**name && of.as_ref().is_none_or(|of| text("of") == of)
            };
            let meant: Vec<&Value> = all.iter().filter(is_meant).collect();
            let mut found = self.summary(&meant);
            if let (Some(of), Some(wanted)) = (of, wanted.field("of")) {
                // Whatever it was called in the file.
                found.insert("of".into(), if of.is_empty() { Value::Null } else { wanted.clone() });
            }
            compare(
                wanted,
                &Value::from_fields(found),
                zone,
                &joined("effects", name),
                &mut differences,
            );
        }
        Ok(failed_for(span, "the effects are otherwise", differences, None)
            .into_iter()
            .collect())
    }

    pub(super) async fn look_at_tasks(&self, span: Span, wanted: &Written) -> Result<Vec<Failed>, Stop> {
        let wanted = self.with_names(span, self.value(span, wanted, None).await?)?;
        let standings = self.world.all().await.map_err(|trouble| broken(span, trouble))?;
        let mut found = Vec::new();
        for standing in &standings {
            found.extend(self.tasks_of(span, standing).await?);
        }
        let mut differences = Vec::new();
        super::compare_tasks(&wanted, &found, &self.file.setting.zone, "tasks", &mut differences);
        Ok(failed_for(span, "other tasks are open", differences, None)
            .into_iter()
            .collect())
    }

    /// `of` names an instance, whatever it is called in the file. What is no list stays as it is.
    pub(super) fn with_names(&self, span: Span, wanted: Value) -> Result<Value, Stop> {
        let Some(items) = wanted.as_list() else { return Ok(wanted) };
        let mut items = items.to_vec();
        for item in &mut items {
            let Some(of) = item.field("of").and_then(Value::as_text) else {
                continue;
            };
            let party = self.party(span, of)?;
            let mut fields = item.as_object().cloned().unwrap_or_default();
            fields.insert("of".into(), Value::from_text(&format!("{}/{}", party.workflow, party.key)));
            *item = Value::from_fields(fields);
        }
        Ok(Value::from_items(items))
    }

    async fn all_effects(&self) -> Result<Vec<Value>, String> {
        let mut all = Vec::new();
        for standing in self.world.all().await? {
            let rows = self.world.trail(standing.row.instance).await?;
            for effect in super::aspect::effects(&rows) {
                let mut parts = effect.as_object().cloned().unwrap_or_default();
                parts.insert("of".into(), Value::from_text(&standing.name()));
                all.push(Value::from_fields(parts));
            }
        }
        Ok(all)
    }

    /// Of effects of one name: how many were asked for, attempted and performed, and whether each was attempted under one key.
    fn summary(&self, effects: &[&Value]) -> Object {
        let attempts = self.world.counterparts.attempts();
        let text = |effect: &Value, part: &str| effect.field(part).and_then(Value::as_text).unwrap_or_default().to_owned();
        let keys: BTreeSet<String> = effects.iter().map(|effect| text(effect, "key")).collect();
        let of_these = attempts.iter().filter(|attempt| keys.contains(&*attempt.key));
        let attempted: Vec<&Arc<str>> = of_these.map(|attempt| &attempt.key).collect();
        let performed = keys.iter().filter(|key| self.world.counterparts.was_done(key)).count();
        let distinct: BTreeSet<&Arc<str>> = attempted.iter().copied().collect();
        let key = if distinct.len() <= 1 { "same" } else { "different" };
        let count = |number: usize| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let input = effects.last().and_then(|effect| effect.field("input")).cloned();
        Object::from([
            (WHAT.into(), count(effects.len())),
            ("count".into(), count(effects.len())),
            ("attempts".into(), count(attempted.len())),
            ("performed".into(), count(performed)),
            ("key".into(), Value::from_text(key)),
            ("input".into(), input.unwrap_or(Value::Null)),
        ])
    }

    pub(super) async fn look_at_trails(&self, span: Span, trails: &[(Arc<str>, Written)]) -> Result<Vec<Failed>, Stop> {
        let mut failures = Vec::new();
        for (subject, wanted) in trails {
            let party = self.party(span, subject)?;
            let wanted = self.value(span, wanted, None).await?;
            let rows = self.world.trail(party.id()).await.map_err(|trouble| broken(span, trouble))?;
            let found = Value::from_items(rows.iter().map(entry).collect());
            let mut differences = Vec::new();
            compare_list(&wanted, &found, &self.file.setting.zone, "trail", &mut differences);
            let sentence = format!("{}/{} has another trail", party.workflow, party.key);
            let trail = match differences.is_empty() {
                true => None,
                false => self.trail_of(&party).await,
            };
            failures.extend(failed_for(span, &sentence, differences, trail));
        }
        Ok(failures)
    }

    /// What waits for a person. From here on these may be there, and no others.
    pub(super) async fn look_at_incidents(&mut self, span: Span, wanted: &Written) -> Result<Vec<Failed>, Stop> {
        let wanted = self.value(span, wanted, None).await?;
        let standings = self.world.all().await.map_err(|trouble| broken(span, trouble))?;
        let incidents = self.world.incidents().await.map_err(|trouble| broken(span, trouble))?;
        self.name_incidents(&incidents);
        let told = |incident: &Incident| {
            let of = standings.iter().find(|standing| standing.row.instance == incident.instance);
            let of = of.map_or_else(|| incident.instance.to_string(), |standing| standing.name());
            Value::from_fields(Object::from([
                (WHAT.into(), Value::from_text(&incident.error)),
                ("error".into(), Value::from_text(&incident.error)),
                ("of".into(), Value::from_text(&of)),
            ]))
        };
        let found = Value::from_items(incidents.iter().map(told).collect());
        let mut differences = Vec::new();
        compare_list(&wanted, &found, &self.file.setting.zone, "incidents", &mut differences);
        Ok(failed_for(span, "something else waits for a person", differences, None)
            .into_iter()
            .collect())
    }
}

pub(super) fn broken(span: Span, trouble: String) -> Stop {
    Stop::Failed(Box::new(Failed::new(span, trouble)))
}

/// An entry's parts that a file can name.
fn entry(row: &TrailRow) -> Value {
    let Ok(entry) = EntryText::read(&row.bytes) else {
        return Value::Null;
    };
    let actor = entry.actor().map(|actor| actor.id).unwrap_or_default();
    let part = |name: &str| entry.member(name).cloned().unwrap_or_else(|| Value::from_items(Vec::new()));
    let after = |name: &str| entry.member("after").and_then(|after| after.field(name)).cloned();
    let input = |name: &str| entry.input().and_then(|input| input.get(name)).cloned();
    Value::from_fields(Object::from([
        (WHAT.into(), Value::from_text(&what(&entry))),
        ("as".into(), Value::Text(actor)),
        ("verdict".into(), Value::from_text(entry.verdict().unwrap_or_default())),
        ("reason".into(), input("reason").unwrap_or(Value::Null)),
        ("left".into(), part("left")),
        ("entered".into(), part("entered")),
        ("changed".into(), part("changed")),
        ("marks".into(), part("marks")),
        ("in".into(), after("states").unwrap_or(Value::Null)),
        ("label".into(), after("label").unwrap_or(Value::Null)),
    ]))
}
