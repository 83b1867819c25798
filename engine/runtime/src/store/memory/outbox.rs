//! Leases of effects, the ends of attempts, and what waits for a person.

use std::sync::Arc;

use statewright_core::identity::InstanceId;

use super::contents::{Contents, Effect, Trouble};
use crate::store::{EffectEnd, EffectResult, EffectRow, Incident, IncidentKind, NewMessage, Repair};

impl Effect {
    /// Whether somebody may still tell how it ended, even if late.
    pub(super) fn is_leased(&self) -> bool {
        self.leased_until_us.is_some()
    }

    fn is_leased_at(&self, now_us: i64) -> bool {
        self.leased_until_us.is_some_and(|until_us| until_us > now_us)
    }

    fn is_held_under(&self, epoch: u64) -> bool {
        self.epoch == epoch && self.is_leased()
    }
}

impl Contents {
    pub(super) fn bounce(&mut self, to: InstanceId, message: i64, answer: Option<&NewMessage>) -> bool {
        let is_there = self.messages.get(&message).is_some_and(|message| message.to == to);
        if !is_there || self.instances.contains_key(&to) {
            return false;
        }
        self.messages.remove(&message);
        if let Some(answer) = answer {
            self.insert_message(answer, answer.due_us);
        }
        true
    }

    pub(super) fn lease_effects(&mut self, now_us: i64, until_us: i64, limit: usize) -> Vec<EffectRow> {
        self.effects
            .retain(|_, effect| !effect.abandoned || effect.is_leased_at(now_us));
        let due = |effect: &Effect| effect.trouble.is_none() && effect.due_us <= now_us && !effect.is_leased_at(now_us);
        let mut found: Vec<_> = self.effects.iter_mut().filter(|(_, effect)| due(effect)).collect();
        found.sort_by(|(a_place, a), (b_place, b)| (a.due_us, a_place).cmp(&(b.due_us, b_place)));
        let leased = found.into_iter().take(limit).map(|((instance, key), effect)| {
            effect.epoch += 1;
            effect.leased_until_us = Some(until_us);
            EffectRow {
                instance: *instance,
                key: key.clone(),
                adapter: effect.adapter.clone(),
                body: effect.body.clone(),
                epoch: effect.epoch,
                attempts: effect.attempts,
            }
        });
        leased.collect()
    }

    pub(super) fn extend_leases(&mut self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> Vec<bool> {
        let extended = leases.iter().map(|(instance, key, epoch)| {
            let held = self
                .effects
                .get_mut(&(*instance, key.clone()))
                .filter(|effect| effect.is_held_under(*epoch));
            held.map(|effect| effect.leased_until_us = Some(until_us)).is_some()
        });
        extended.collect()
    }

    pub(super) fn count_attempt(&mut self, instance: InstanceId, key: &str, epoch: u64) -> bool {
        let held = self
            .effects
            .get_mut(&(instance, key.into()))
            .filter(|effect| effect.is_held_under(epoch) && effect.attempts == 0);
        held.map(|effect| effect.attempts = 1).is_some()
    }

    pub(super) fn end_attempt(&mut self, result: &EffectResult) -> bool {
        let place = (result.instance, result.key.clone());
        let held = self
            .effects
            .get_mut(&place)
            .filter(|effect| effect.is_held_under(result.epoch));
        let Some(effect) = held else { return false };
        effect.attempts = result.attempts;
        effect.leased_until_us = None;
        let goes = match &result.end {
            EffectEnd::Answered(_) | EffectEnd::Dropped => true,
            EffectEnd::Postponed { due_us, .. } => {
                effect.due_us = *due_us;
                effect.abandoned
            }
            EffectEnd::Incident { error } => {
                effect.trouble = Some(Trouble {
                    error: error.clone(),
                    attempts: result.attempts,
                    since_us: result.at_us,
                });
                effect.abandoned
            }
        };
        if goes {
            self.effects.remove(&place);
        }
        if let EffectEnd::Answered(message) = &result.end {
            self.insert_message(message, result.at_us);
        }
        true
    }

    pub(super) fn raise_incident(&mut self, incident: &Incident) {
        let Some(trouble) = self.trouble_of(incident.instance, incident.kind, &incident.name) else {
            return;
        };
        let raised = || Trouble {
            error: incident.error.clone(),
            attempts: incident.attempts,
            since_us: incident.since_us,
        };
        trouble.get_or_insert_with(raised);
        if incident.kind == IncidentKind::Effect
            && let Some(effect) = self.effects.get_mut(&(incident.instance, incident.name.clone()))
        {
            effect.leased_until_us = None;
        }
        if incident.kind == IncidentKind::Mail
            && let Some(mail) = self.mails.get_mut(&(incident.instance, incident.name.clone()))
        {
            mail.let_go();
        }
    }

    pub(super) fn is_incident(&mut self, instance: InstanceId, kind: IncidentKind, name: &str) -> bool {
        self.trouble_of(instance, kind, name).is_some_and(|trouble| trouble.is_some())
    }

    pub(super) fn repair(&mut self, instance: InstanceId, kind: IncidentKind, name: &str, repair: &Repair, at_us: i64) {
        match repair {
            Repair::Retry { at_us } => self.retry(instance, kind, name, *at_us),
            Repair::Settle { answer } => {
                self.remove(instance, kind, name);
                if let Some(answer) = answer {
                    self.insert_message(answer, at_us);
                }
            }
        }
    }

    fn retry(&mut self, instance: InstanceId, kind: IncidentKind, name: &str, at_us: i64) {
        if let Some(trouble) = self.trouble_of(instance, kind, name) {
            *trouble = None;
        }
        if kind == IncidentKind::Effect
            && let Some(effect) = self.effects.get_mut(&(instance, Arc::from(name)))
        {
            effect.attempts = 0;
            effect.due_us = at_us;
        }
        if kind == IncidentKind::Mail
            && let Some(mail) = self.mails.get_mut(&(instance, Arc::from(name)))
        {
            mail.begin_anew(at_us);
        }
    }

    fn remove(&mut self, instance: InstanceId, kind: IncidentKind, name: &str) {
        match kind {
            IncidentKind::Timer => _ = self.timers.remove(&(instance, Arc::from(name))),
            IncidentKind::Message => _ = name.parse().ok().and_then(|id: i64| self.messages.remove(&id)),
            IncidentKind::Effect => _ = self.effects.remove(&(instance, Arc::from(name))),
            IncidentKind::Mail => _ = self.mails.remove(&(instance, Arc::from(name))),
        }
    }

    /// Where an incident of this name stands or would stand; None: there is no such timer, message or effect.
    fn trouble_of(&mut self, instance: InstanceId, kind: IncidentKind, name: &str) -> Option<&mut Option<Trouble>> {
        match kind {
            IncidentKind::Timer => {
                let timer = self.timers.get_mut(&(instance, Arc::from(name)))?;
                Some(&mut timer.trouble)
            }
            IncidentKind::Message => {
                let message = self.messages.get_mut(&name.parse().ok()?)?;
                (message.to == instance).then_some(&mut message.trouble)
            }
            IncidentKind::Effect => {
                let effect = self.effects.get_mut(&(instance, Arc::from(name)))?;
                (!effect.abandoned).then_some(&mut effect.trouble)
            }
            IncidentKind::Mail => {
                let mail = self.mails.get_mut(&(instance, Arc::from(name)))?;
                Some(&mut mail.trouble)
            }
        }
    }
}
