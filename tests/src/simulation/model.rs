//! What the database must hold, told from what was written alone; and what must never be.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use statewright_core::identity::{Digest, InputKey, InstanceId};
use statewright_core::trail::EntryText;
use statewright_engine::body::{EffectBody, MessageBody, MessageContent};
use statewright_engine::store::{Applied, EffectEnd, EffectResult, EffectRow, IncidentKind, NewEntry, NewMessage, Write};

/// Faults that are kept: the first is the one that matters.
const WRONG_MAX: usize = 8;

#[derive(Default)]
pub struct Model {
    pub instances: HashMap<InstanceId, Seen>,
    /// The entry that an input caused: sequence and verdict.
    pub inputs: HashMap<(InstanceId, InputKey), (u64, String)>,
    pub timers: BTreeMap<(InstanceId, Arc<str>), i64>,
    due: BTreeSet<(i64, InstanceId, Arc<str>)>,
    /// Claim → holder.
    pub claims: HashMap<InstanceId, InstanceId>,
    pub effects: BTreeMap<Arc<str>, Effect>,
    /// The keys of the answers that senders wait for → whether they came.
    pub sends: HashMap<(InstanceId, InputKey), bool>,
    incidents: BTreeSet<(InstanceId, IncidentKind, Arc<str>)>,
    /// Timers that a person has had tried again: how long they are overdue says nothing any more.
    retried: BTreeSet<(InstanceId, Arc<str>)>,
    /// Timers that a person has given up: their instances wait for them in vain, until they move on otherwise.
    pub given_up: BTreeSet<(InstanceId, Arc<str>)>,
    taken: HashSet<i64>,
    bounced: HashSet<i64>,
    pub commits: u64,
    pub wrong: Vec<String>,
}

pub struct Seen {
    pub name: String,
    pub sequence: u64,
    pub head: Digest,
    pub erased: bool,
}

/// Kept when it has ended too, so that a late attempt is known from one that was never asked for.
pub struct Effect {
    pub instance: InstanceId,
    pub body: String,
    pub ended: bool,
    pub abandoned: bool,
    pub epoch: u64,
    pub leased_until_us: Option<i64>,
    /// Who has held it.
    pub nodes: BTreeSet<Arc<str>>,
    /// An answer about it was left for its instance.
    answered: bool,
}

impl Effect {
    /// Whether it is still to be performed, or told of. An abandoned one ends with its lease.
    pub fn is_open(&self, now_us: i64) -> bool {
        let held = self.leased_until_us.is_some_and(|until_us| until_us > now_us);
        !self.ended && (!self.abandoned || held)
    }
}

impl Model {
    pub fn fault(&mut self, what: String) {
        if self.wrong.len() < WRONG_MAX {
            self.wrong.push(what);
        }
    }

    /// What a call of `commit` came to.
    pub fn committed(&mut self, writes: &[Write], applied: &[Applied]) {
        for (write, applied) in writes.iter().zip(applied) {
            match applied {
                Applied::Committed => self.apply(write),
                refused => self.refused(write, refused),
            }
        }
        // Released claims are free only after the whole call.
        for (write, applied) in writes.iter().zip(applied) {
            if *applied == Applied::Committed {
                self.release_claims(write);
            }
        }
    }

    /// A write that was not applied must have had a reason not to be.
    fn refused(&mut self, write: &Write, refused: &Applied) {
        let instance = write.instance;
        let name = name_of(write);
        let is_true = match refused {
            Applied::Committed => true,
            Applied::Moved => self.sequence_of(instance) != write.expected,
            Applied::Duplicate { key, sequence } => {
                let within = write.entries.iter().filter(|entry| entry.input_key == Some(*key)).count() > 1;
                within || self.inputs.get(&(instance, *key)).is_some_and(|(known, _)| known == sequence)
            }
            Applied::MessageGone { id } => {
                write.messages_taken.contains(id) && (self.taken.contains(id) || self.bounced.contains(id))
            }
            // what was found by fields and states is not modelled: where something was, it may be another by now
            Applied::ReadMoved => {
                !write.found.is_empty() || write.reads.iter().any(|(read, seen)| self.sequence_of(*read) != *seen)
            }
            Applied::ClaimHeld { holder, .. } => {
                let held = write.claims_held.iter().filter_map(|claim| self.claims.get(&claim.id));
                held.into_iter().any(|known| known == holder && *holder != instance)
            }
        };
        if !is_true {
            self.fault(format!("a write of {name} was answered {refused:?}, which is not so"));
        }
    }

    fn apply(&mut self, write: &Write) {
        self.commits += 1;
        self.check_fences(write);
        self.apply_entries(write);
        for name in &write.timers_gone {
            self.forget_timer(write.instance, name);
        }
        for (name, due_us) in &write.timers_armed {
            self.forget_timer(write.instance, name);
            self.timers.insert((write.instance, name.clone()), *due_us);
            self.due.insert((*due_us, write.instance, name.clone()));
        }
        for id in &write.messages_taken {
            if self.bounced.contains(id) {
                self.fault(format!(
                    "{} took message {id}, whose sender was told that it was refused",
                    name_of(write)
                ));
            }
            if !self.taken.insert(*id) {
                self.fault(format!("{} took message {id} twice", name_of(write)));
            }
        }
        for message in &write.messages {
            self.message(message);
        }
        self.apply_effects(write);
        for claim in &write.claims_held {
            self.claims.insert(claim.id, write.instance);
        }
    }

    /// Whatever the write was made from must be as it was then.
    fn check_fences(&mut self, write: &Write) {
        let name = name_of(write);
        let sequence = self.sequence_of(write.instance);
        if sequence != write.expected {
            self.fault(format!(
                "{name} was stepped from {} and committed on {sequence}",
                write.expected
            ));
        }
        for (read, seen) in &write.reads {
            let now = self.sequence_of(*read);
            if now != *seen {
                self.fault(format!(
                    "{name} read {} at {seen} and was committed when it was at {now}",
                    self.name(*read)
                ));
            }
        }
        for claim in &write.claims_held {
            if let Some(holder) = self.claims.get(&claim.id).filter(|holder| **holder != write.instance) {
                let holder = self.name(*holder);
                self.fault(format!("{name} holds {} {}, and so does {holder}", claim.name, claim.value));
            }
        }
    }

    fn apply_entries(&mut self, write: &Write) {
        let name = name_of(write);
        let mut before = self.sequence_of(write.instance);
        for entry in &write.entries {
            if entry.sequence != before + 1 {
                self.fault(format!("{name}: entry {} comes after {before}", entry.sequence));
            }
            before = entry.sequence;
            if let Some(key) = entry.input_key {
                let verdict = verdict_of(entry);
                let place = (write.instance, key);
                if let Some((first, _)) = self.inputs.get(&place) {
                    let what = format!("{name}: one input has two outcomes, entries {first} and {}", entry.sequence);
                    self.fault(what);
                }
                self.inputs.insert(place, (entry.sequence, verdict));
            }
            self.check_facts(&name, write.instance, entry);
        }
        let (Some(first), true) = (write.entries.first(), !write.entries.is_empty()) else {
            return;
        };
        let head = self.instances.get(&write.instance).map_or(Digest::ZERO, |seen| seen.head);
        if !first.bytes.contains(&format!("\"previous\":\"{head}\"")) {
            self.fault(format!(
                "{name}: entry {} is chained to another than the one before it",
                first.sequence
            ));
        }
        let erased = write.erase || self.instances.get(&write.instance).is_some_and(|seen| seen.erased);
        let seen = Seen {
            name,
            sequence: write.next.sequence,
            head: write.next.head,
            erased,
        };
        self.instances.insert(write.instance, seen);
    }

    /// What a step saw of others must be what they were when it was committed.
    fn check_facts(&mut self, name: &str, own: InstanceId, entry: &NewEntry) {
        if !entry.bytes.contains("\"facts\":") {
            return;
        }
        let Ok(facts) = EntryText::read(&entry.bytes).and_then(|text| text.facts()) else {
            self.fault(format!("{name}: entry {} cannot be read", entry.sequence));
            return;
        };
        for fact in facts.views.values().filter(|fact| fact.instance != own) {
            let now = self.sequence_of(fact.instance);
            if now != fact.sequence {
                let of = self.name(fact.instance);
                self.fault(format!(
                    "{name}: entry {} rests on {of} at {}, which was at {now} by then",
                    entry.sequence, fact.sequence
                ));
            }
        }
    }

    fn apply_effects(&mut self, write: &Write) {
        for effect in &write.effects {
            let new = Effect {
                instance: write.instance,
                body: effect.body.clone(),
                ended: false,
                abandoned: false,
                epoch: u64::from(write.lease.is_some()),
                leased_until_us: write.lease.as_ref().map(|(_, until_us)| *until_us),
                nodes: write.lease.iter().map(|(node, _)| node.clone()).collect(),
                answered: false,
            };
            if self.effects.insert(effect.key.clone(), new).is_some() {
                self.fault(format!("{} is asked for twice", effect.key));
            }
        }
        for key in &write.effects_abandoned {
            match self.effects.get_mut(key) {
                Some(effect) if effect.leased_until_us.is_none() => effect.ended = true,
                Some(effect) => effect.abandoned = true,
                None => {}
            }
        }
    }

    fn release_claims(&mut self, write: &Write) {
        for claim in &write.claims_released {
            let again = write.claims_held.iter().any(|held| held.id == claim.id);
            if !again && self.claims.get(&claim.id) == Some(&write.instance) {
                self.claims.remove(&claim.id);
            }
        }
    }

    /// A message was left for its receiver.
    pub fn message(&mut self, message: &NewMessage) {
        let Ok(body) = MessageBody::read(&message.body) else {
            self.fault(format!("a message for {} cannot be read", self.name(message.to)));
            return;
        };
        match (&body.content, body.from) {
            (MessageContent::Event { .. } | MessageContent::Start { .. }, Some((sender, send))) => {
                let to = sender.id();
                let answer = InputKey::of(&["answer", &to.to_string(), &send]);
                if self.sends.insert((to, answer), false).is_some() {
                    self.fault(format!("{}/{} sends {send} twice", sender.workflow, sender.key));
                }
            }
            (MessageContent::Answer { verdict }, _) => match self.sends.get_mut(&(message.to, message.key)) {
                Some(answered @ false) => *answered = true,
                Some(true) => self.fault(format!("{} is answered twice, now {verdict:?}", self.name(message.to))),
                None => self.fault(format!(
                    "{} is answered and has not asked: {verdict:?}",
                    self.name(message.to)
                )),
            },
            (MessageContent::Effect { effect, .. }, _) => {
                let known = self.effects.get_mut(effect);
                if known.is_none_or(|known| std::mem::replace(&mut known.answered, true)) {
                    self.fault(format!("the end of {effect} is told twice, or was never asked for"));
                }
            }
            _ => {}
        }
    }

    pub fn bounced(&mut self, to: InstanceId, id: i64, answer: Option<&NewMessage>) {
        if self.sequence_of(to) > 0 {
            self.fault(format!("message {id} was refused for {}, which exists", self.name(to)));
        }
        if self.taken.contains(&id) || !self.bounced.insert(id) {
            self.fault(format!("message {id} was refused after it was taken or refused"));
        }
        if let Some(answer) = answer {
            self.message(answer);
        }
    }

    pub fn leased(&mut self, node: &str, now_us: i64, until_us: i64, rows: &[EffectRow]) {
        for row in rows {
            let Some(effect) = self.effects.get_mut(&row.key) else {
                self.fault(format!("{node} leased {}, which nobody asked for", row.key));
                continue;
            };
            let held_until = effect.leased_until_us.filter(|until_us| *until_us > now_us);
            let is_next = row.epoch == effect.epoch + 1;
            let is_over = effect.ended;
            let holders = effect.nodes.clone();
            effect.epoch = row.epoch;
            effect.leased_until_us = Some(until_us);
            effect.nodes.insert(node.into());
            if let Some(until_us) = held_until {
                self.fault(format!(
                    "{node} leased {} at {now_us}, held until {until_us} by one of {holders:?}",
                    row.key
                ));
            }
            if !is_next {
                self.fault(format!(
                    "{node} leased {} under epoch {}, which was given before",
                    row.key, row.epoch
                ));
            }
            if is_over {
                self.fault(format!("{node} leased {}, which has ended", row.key));
            }
        }
    }

    pub fn extended(&mut self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64, kept: &[bool]) {
        for ((_, key, epoch), _) in leases.iter().zip(kept).filter(|(_, kept)| **kept) {
            let held = self.effects.get_mut(key);
            match held.filter(|effect| effect.epoch == *epoch && effect.leased_until_us.is_some()) {
                Some(effect) => effect.leased_until_us = Some(until_us),
                None => self.fault(format!("{key} was held on to under epoch {epoch}, which is another's by now")),
            }
        }
    }

    /// `was_done`: whether the machine has ever done what an effect asks for.
    pub fn ended(&mut self, results: &[EffectResult], ours: &[bool], was_done: impl Fn(&str) -> bool) {
        for (result, _) in results.iter().zip(ours).filter(|(_, ours)| **ours) {
            let known = self.effects.get_mut(&result.key);
            let Some(effect) = known.filter(|effect| effect.epoch == result.epoch && effect.leased_until_us.is_some()) else {
                self.fault(format!(
                    "{} ended under epoch {}, which is another's by now",
                    result.key, result.epoch
                ));
                continue;
            };
            effect.leased_until_us = None;
            match &result.end {
                EffectEnd::Answered(message) => {
                    effect.ended = true;
                    let succeeded = message.body.contains("\"made\"");
                    if succeeded && !was_done(&result.key) {
                        self.fault(format!("{} is told to be done, and was not", result.key));
                    }
                    self.message(message);
                }
                EffectEnd::Dropped => effect.ended = true,
                EffectEnd::Postponed { .. } => effect.ended = effect.abandoned,
                EffectEnd::Incident { .. } if effect.abandoned => effect.ended = true,
                EffectEnd::Incident { .. } => {
                    _ = self
                        .incidents
                        .insert((result.instance, IncidentKind::Effect, result.key.clone()))
                }
            }
        }
    }

    pub fn incident(&mut self, instance: InstanceId, kind: IncidentKind, name: &Arc<str>) {
        let exists = kind != IncidentKind::Timer || self.timers.contains_key(&(instance, name.clone()));
        if exists {
            self.incidents.insert((instance, kind, name.clone()));
        }
    }

    pub fn settled(
        &mut self,
        instance: InstanceId,
        kind: IncidentKind,
        name: &Arc<str>,
        gone: bool,
        answer: Option<&NewMessage>,
    ) {
        self.incidents.remove(&(instance, kind, name.clone()));
        match kind {
            IncidentKind::Timer if gone => {
                self.forget_timer(instance, name);
                self.given_up.insert((instance, name.clone()));
            }
            IncidentKind::Timer => _ = self.retried.insert((instance, name.clone())),
            IncidentKind::Message if gone => _ = name.parse().map(|id| self.bounced.insert(id)),
            IncidentKind::Effect if gone => {
                if let Some(effect) = self.effects.get_mut(name) {
                    effect.ended = true;
                }
            }
            _ => {}
        }
        if let Some(answer) = answer {
            self.message(answer);
        }
    }

    /// Armed timers due at or before this moment that wait for nobody, the earliest first.
    pub fn due(&self, now_us: i64) -> impl Iterator<Item = &(i64, InstanceId, Arc<str>)> {
        let due = self.due.iter().take_while(move |(due_us, ..)| *due_us <= now_us);
        due.filter(|(_, instance, name)| !self.incidents.contains(&(*instance, IncidentKind::Timer, name.clone())))
    }

    /// The next moment after this one at which a timer is due.
    pub fn next_due(&self, now_us: i64) -> Option<i64> {
        self.due.iter().map(|(due_us, ..)| *due_us).find(|due_us| *due_us > now_us)
    }

    /// Those of them that nobody has ever had to look after.
    pub fn overdue(&self, now_us: i64) -> impl Iterator<Item = &(i64, InstanceId, Arc<str>)> {
        let never_retried =
            |(_, instance, name): &&(i64, InstanceId, Arc<str>)| !self.retried.contains(&(*instance, name.clone()));
        self.due(now_us).filter(never_retried)
    }

    pub fn sequence_of(&self, instance: InstanceId) -> u64 {
        self.instances.get(&instance).map_or(0, |seen| seen.sequence)
    }

    pub fn name(&self, instance: InstanceId) -> String {
        self.instances
            .get(&instance)
            .map_or_else(|| instance.to_string(), |seen| seen.name.clone())
    }

    /// Why this node may not perform this effect.
    pub fn may_not_perform(&self, node: &str, key: &str, action: &str) -> Option<String> {
        let Some(effect) = self.effects.get(key) else {
            return Some(format!("{node} performs {key}, which nobody asked for"));
        };
        if !effect.nodes.contains(node) {
            return Some(format!("{node} performs {key} and has never held it"));
        }
        let asked = EffectBody::read(&effect.body).is_ok_and(|body| *body.action == *action);
        (!asked).then(|| format!("{node} performs {key} as `{action}`, which is not what was asked for"))
    }

    fn forget_timer(&mut self, instance: InstanceId, name: &Arc<str>) {
        if let Some(due_us) = self.timers.remove(&(instance, name.clone())) {
            self.due.remove(&(due_us, instance, name.clone()));
        }
        self.incidents.remove(&(instance, IncidentKind::Timer, name.clone()));
        self.retried.remove(&(instance, name.clone()));
    }
}

fn name_of(write: &Write) -> String {
    format!("{}/{}", write.next.workflow, write.next.key)
}

/// Canonical text has it once: the members of an entry's other members have other names.
fn verdict_of(entry: &NewEntry) -> String {
    let found = entry.bytes.rsplit_once("\"verdict\":\"").map(|(_, rest)| rest);
    found.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}
