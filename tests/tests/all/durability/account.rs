//! Whether what the clients were told, what the trail says, and what the world saw are the same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;
use statewright_tests::trail::Trail;

use super::ledger::Answered;

/// What all trails together say. Findings are sentences.
#[derive(Default)]
pub struct Account {
    /// Stamped inputs, by stamp: as the ledger should have them.
    inputs: BTreeMap<String, Answered>,
    /// Effects that adapters were asked for, by adapter, with how often each was answered.
    effects: BTreeMap<String, BTreeMap<String, u32>>,
    /// Messages sent and received, by receiver, event and number of sends: (sent, received).
    messages: BTreeMap<(String, String), (u32, u32)>,
    /// Sends, and how often each was answered.
    sends: BTreeMap<String, u32>,
    pub timers: u64,
    pub entries: u64,
    pub findings: Vec<String>,
}

impl Account {
    /// Takes in one instance's trail.
    pub fn read(&mut self, instance: &str, trail: &Trail) {
        let mut timers = Timers::default();
        for entry in &trail.entries {
            self.entries += 1;
            self.read_input(instance, entry);
            self.read_intents(instance, entry);
            timers.follow(entry);
        }
        self.timers += timers.fired;
        self.findings.extend(timers.findings(instance));
    }

    fn read_input(&mut self, instance: &str, entry: &Value) {
        let input = &entry["input"];
        let sequence = entry["sequence"].as_u64().unwrap_or_default();
        match text(&input["kind"]) {
            kind @ ("start" | "event") if text(&entry["actor"]["kind"]) == "person" => {
                let what = if kind == "start" { kind } else { text(&input["event"]) };
                let Some(stamp) = input["payload"]["stamp"].as_str() else {
                    return;
                };
                let taken = text(&entry["verdict"]) == "taken";
                let answered = Answered {
                    instance: instance.to_owned(),
                    what: what.to_owned(),
                    taken,
                    sequence,
                };
                if let Some(first) = self.inputs.insert(stamp.to_owned(), answered) {
                    self.findings.push(format!(
                        "{instance}: {stamp} stands in the trail twice: {} and {sequence}",
                        first.sequence
                    ));
                }
            }
            "event" => {
                let event = text(&input["event"]).to_owned();
                self.messages.entry((instance.to_owned(), event)).or_default().1 += 1;
            }
            "adapter_answer" => {
                let effect = text(&input["effect"]);
                let answers = self.effects.values_mut().find_map(|effects| effects.get_mut(effect));
                match answers {
                    Some(answers) => *answers += 1,
                    None => self.findings.push(format!(
                        "{instance}: entry {sequence} answers {effect}, which nobody asked for"
                    )),
                }
            }
            "send_answer" => *self.sends.entry(format!("{instance} {}", text(&input["send"]))).or_default() += 1,
            _ => {}
        }
    }

    fn read_intents(&mut self, instance: &str, entry: &Value) {
        for effect in list(&entry["effects"]) {
            let of_adapter = self.effects.entry(text(&effect["adapter"]).to_owned()).or_default();
            if of_adapter.insert(text(&effect["key"]).to_owned(), 0).is_some() {
                self.findings
                    .push(format!("{instance}: the effect {} was asked for twice", effect["key"]));
            }
        }
        for message in list(&entry["messages"]) {
            if text(&message["kind"]) == "event" {
                let receiver = format!("{}/{}", text(&message["workflow"]), text(&message["to"]));
                self.messages
                    .entry((receiver, text(&message["event"]).to_owned()))
                    .or_default()
                    .0 += 1;
                self.sends
                    .entry(format!("{instance} {}", text(&message["send"])))
                    .or_default();
            }
        }
    }

    /// Compares the stamped inputs with what the clients were told. Everything was asked for until it was answered, so each side
    /// must have all that the other has.
    pub fn settle_inputs(&mut self, ledger: &BTreeMap<String, Answered>) {
        for (stamp, answered) in ledger {
            match self.inputs.get(stamp) {
                None => self
                    .findings
                    .push(format!("{stamp} was answered {answered:?} and is not in the trail")),
                Some(entry) if entry != answered => {
                    self.findings
                        .push(format!("{stamp} was answered {answered:?}, and the trail says {entry:?}"));
                }
                Some(_) => {}
            }
        }
        let unknown = self.inputs.keys().filter(|stamp| !ledger.contains_key(*stamp));
        self.findings
            .extend(unknown.map(|stamp| format!("{stamp} is in the trail and was never answered")));
    }

    /// Every message came once, every send was answered once, every effect was answered once.
    pub fn settle_intents(&mut self) {
        let messages = self.messages.iter().filter(|(_, (sent, received))| sent != received);
        let messages = messages
            .map(|((to, event), (sent, received))| format!("{event} was sent to {to} {sent} times and came {received} times"));
        let sends = self.sends.iter().filter(|(_, answers)| **answers != 1);
        let sends = sends.map(|(send, answers)| format!("the send {send} was answered {answers} times"));
        let effects = self.effects.values().flatten().filter(|(_, answers)| **answers != 1);
        let effects = effects.map(|(effect, answers)| format!("the effect {effect} was answered {answers} times"));
        let findings: Vec<String> = messages.chain(sends).chain(effects).collect();
        self.findings.extend(findings);
    }

    /// The world saw what was asked for: each effect at least once, under its key, taking effect once; and nothing else.
    pub fn settle_effects(&mut self, adapter: &str, log: &[statewright_simulators::LogEntry]) {
        let asked: BTreeSet<&str> = self
            .effects
            .get(adapter)
            .into_iter()
            .flatten()
            .map(|(key, _)| key.as_str())
            .collect();
        let seen: BTreeSet<&str> = log.iter().map(|entry| entry.key.as_str()).collect();
        let mut findings: Vec<String> = asked
            .difference(&seen)
            .map(|key| format!("{adapter} was never asked for {key}"))
            .collect();
        findings.extend(
            seen.difference(&asked)
                .map(|key| format!("{adapter} was asked for {key}, which was never committed")),
        );
        let wrong = log.iter().filter(|entry| entry.applied != 1 || entry.conflicts != 0);
        findings.extend(wrong.map(|entry| {
            let (key, applied, conflicts) = (&entry.key, entry.applied, entry.conflicts);
            format!("{adapter}: {key} took effect {applied} times, and came {conflicts} times with another request")
        }));
        self.findings.extend(findings);
    }

    pub fn effects(&self) -> usize {
        self.effects.values().map(BTreeMap::len).sum()
    }

    pub fn sends(&self) -> usize {
        self.sends.len()
    }
}

/// One instance's timers: each is armed for a moment, and then fires once at or after it, or is cancelled.
#[derive(Default)]
struct Timers {
    armed: BTreeMap<String, String>,
    fired: u64,
    findings: Vec<String>,
}

impl Timers {
    fn follow(&mut self, entry: &Value) {
        if text(&entry["input"]["kind"]) == "timer" {
            self.fire(entry);
        }
        for name in list(&entry["timers"]["cancelled"]) {
            self.armed.remove(text(name));
        }
        for timer in list(&entry["timers"]["armed"]) {
            self.armed
                .insert(text(&timer["name"]).to_owned(), text(&timer["due"]).to_owned());
        }
    }

    fn fire(&mut self, entry: &Value) {
        let (name, due) = (text(&entry["input"]["name"]), text(&entry["input"]["due"]));
        self.fired += 1;
        match self.armed.remove(name) {
            Some(armed) if armed == due => {}
            Some(armed) => self
                .findings
                .push(format!("{name} was armed for {armed} and fired for {due}")),
            None => self.findings.push(format!("{name} fired for {due} and was not armed")),
        }
        let moment = |text: &str| text.parse::<Timestamp>().expect("a moment is written as RFC 3339 has it");
        if moment(text(&entry["at"])) < moment(due) {
            self.findings.push(format!("{name} fired at {}, before {due}", entry["at"]));
        }
    }

    fn findings(self, instance: &str) -> Vec<String> {
        let unfired = self
            .armed
            .iter()
            .map(|(name, due)| format!("{name} was armed for {due} and never fired"));
        self.findings
            .into_iter()
            .chain(unfired)
            .map(|finding| format!("{instance}: {finding}"))
            .collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
