//! The trail entry of a step, in the canonical bytes of docs/trail-format.md.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::decision::Decision;
use super::log::{Change, Note, Signing};
use super::members::{Members, write_list, write_text};
use super::personal::Sealer;
use super::record_intents::{
    write_claims, write_effect, write_message, write_notice, write_send_verdict, write_task_change, write_timers,
};
use super::run::form_of;
use super::{Actor, ActorKind, Entry, Input, InputKind, Outcome, Refusal, RefusalKind, Status, Trace, Verdict};
use crate::chart::{Chart, StateIndex};
use crate::field::{Field, Fields};
use crate::identity::Digest;
use crate::trail::entry_digest;
use crate::value::canonical::write_canonical;
use crate::value::{Object, Value};

/// Room for an ordinary entry, so that it is not moved while it is written.
const ENTRY_BYTES: usize = 2_048;

/// Everything an entry says beside the snapshot before it.
pub(super) struct EntryParts<'a> {
    pub chart: &'a Chart,
    pub outcome: &'a Outcome,
    pub trace: &'a Trace,
    pub previous: Digest,
    pub input: InputRecord<'a>,
    pub actor: &'a Actor,
    pub verdict: &'static str,
}

/// What `input` of an entry says.
pub(super) enum InputRecord<'a> {
    Input {
        input: &'a Input,
        form: Option<&'a Fields>,
    },
    Duplicate {
        of: u64,
    },
    Erasure,
    /// One of the system's own acts.
    Act(&'a Value),
}

impl EntryParts<'_> {
    /// The finished entry, chained to the one before.
    pub fn write(&self) -> Entry {
        let stored = self.outcome.next.store(self.chart);
        let (outcome, log, next) = (self.outcome, &self.trace.log, &self.outcome.next);
        let snapshot_digest = Digest::of(stored.canonical.as_bytes());
        let mut sealer = Sealer::new(self.chart, next.secret.as_ref());
        if next.sequence == 1 || !next.signatures.is_empty() {
            // the secret, and what some have signed, which is in no field yet; anything else personal stands in the entry as it changes
            sealer.sealed = stored.personal;
        }
        let mut bytes = String::with_capacity(ENTRY_BYTES);
        let mut members = Members::open(&mut bytes);
        write_actor(self.actor, members.name("actor"));
        self.write_after(members.name("after"));
        members.moment("at", self.trace.at);
        members.list("changed", &log.changes, |change, out| {
            self.write_change(change, &mut sealer, out)
        });
        if !outcome.claims.is_empty() {
            write_claims(&outcome.claims, members.name("claims"));
        }
        members.list("decisions", &log.decisions, |decision, out| {
            self.write_decision(decision, &mut sealer, out)
        });
        members.digest("definition", &next.definition);
        members.list("effects", &outcome.effects, write_effect);
        self.write_paths(&mut members, "entered", &log.entered);
        if !self.trace.reads.is_empty()
            || !self.trace.finds.is_empty()
            || self.trace.entropy.is_some()
            || self.trace.calendar.is_some()
            || !self.trace.tables.is_empty()
            || !self.trace.units.is_empty()
        {
            self.write_facts(members.name("facts"));
        }
        members.number("format", 1);
        self.write_input(&mut sealer, members.name("input"));
        members.instance("instance", &next.instance);
        members.text("instance_key", &next.key);
        self.write_paths(&mut members, "left", &log.left);
        members.list("marks", &log.marks, |mark, out| {
            write_mark(&mark.name, &mark.values, mark.at, out)
        });
        members.list("messages", &outcome.messages, write_message);
        members.list("notes", &log.notes, write_note);
        members.list("notices", &outcome.notices, write_notice);
        if let Some(until) = log.open_until {
            members.moment("open_until", until);
        }
        members.digest("previous", &self.previous);
        if let Verdict::Refused(refusals) = &outcome.verdict {
            members.list("reasons", refusals, write_refusal);
        }
        members.number("sequence", next.sequence);
        if let Some(signature) = &log.signature {
            write_signature(signature, members.name("signature"));
        }
        members.digest("snapshot", &snapshot_digest);
        members.list("tasks", &outcome.tasks, write_task_change);
        if !outcome.timers.is_empty() {
            write_timers(&outcome.timers, members.name("timers"));
        }
        members.list("transitions", &log.transitions, |(source, event), out| {
            let mut transition = Members::open(out);
            transition.text("event", event);
            transition.text("from", &self.chart.state(*source).path);
            transition.close();
        });
        members.texts("unmarked", log.marks_back.iter().map(|(name, _)| name));
        members.text("verdict", self.verdict);
        members.text("workflow", &next.workflow);
        members.close();
        let input_key = match &self.input {
            InputRecord::Input { input, .. } => input.key,
            _ => None,
        };
        let digest = entry_digest(bytes.as_bytes());
        Entry {
            sequence: next.sequence,
            at: self.trace.at,
            input_key,
            bytes,
            digest,
            personal: sealer.sealed,
            snapshot: stored.canonical,
        }
    }

    fn write_after(&self, out: &mut String) {
        let next = &self.outcome.next;
        let mut after = Members::open(out);
        let label = match &self.trace.label {
            Some(label) => Cow::Borrowed(&**label),
            None => Cow::Owned(super::view::label_in_words(self.chart, &next.active)),
        };
        if !label.is_empty() {
            after.text("label", &label);
        }
        let leaves = self.chart.atomic_states(&next.active);
        after.texts("states", leaves.map(|state| &self.chart.state(state).path));
        after.text("status", if next.status == Status::Done { "done" } else { "active" });
        after.close();
    }

    fn write_paths(&self, members: &mut Members<'_>, name: &str, states: &[StateIndex]) {
        members.list(name, states, |state, out| write_text(&self.chart.state(*state).path, out));
    }

    fn write_change(&self, change: &Change, sealer: &mut Sealer<'_>, out: &mut String) {
        let personal = self.chart.data.get(&change.field).is_some_and(Field::is_personal);
        let mut members = Members::open(out);
        sealer.write(&change.from, personal, members.name("from"));
        members.text("path", &change.field);
        sealer.write(&change.to, personal, members.name("to"));
        members.close();
    }

    fn write_decision(&self, decision: &Decision, sealer: &mut Sealer<'_>, out: &mut String) {
        let tables = &self.chart.tables;
        let table = tables.by_name.get(&decision.table);
        // a row that was looked up names the key it was found by
        let repeats = table.is_some_and(|table| table.as_decision().is_none_or(|decision| decision.repeats_inputs));
        let table = table.and_then(|table| table.as_decision());
        let declared = |input: &str| table.is_some_and(|table| table.inputs.get(input).is_some_and(Field::is_personal));
        let given = |input: &str| {
            let inputs = tables.personal_inputs.iter();
            inputs
                .filter(|(table, _)| *table == decision.table)
                .any(|(_, known)| **known == *input)
        };
        let personal = |input: &str| declared(input) || given(input);
        super::decision::write(decision, repeats, &personal, sealer, out);
    }

    fn write_facts(&self, out: &mut String) {
        let mut facts = Members::open(out);
        if let Some((name, version)) = &self.trace.calendar {
            let mut calendar = Members::open(facts.name("calendar"));
            calendar.text("name", name);
            calendar.digest("version", version);
            calendar.close();
        }
        if let Some(entropy) = self.trace.entropy {
            facts.digest("entropy", &Digest(entropy));
        }
        facts.list("found", &self.trace.finds, |((read, query), found), out| {
            let mut members = Members::open(out);
            write_canonical(found, members.name("found"));
            members.text("query", query);
            members.text("read", read);
            members.close();
        });
        facts.list("reads", &self.trace.reads, |((read, key), fact), out| {
            let mut members = Members::open(out);
            members.instance("instance", &fact.instance);
            members.text("key", key);
            members.text("read", read);
            members.number("sequence", fact.sequence);
            write_canonical(&fact.view, members.name("view"));
            members.close();
        });
        if !self.trace.tables.is_empty() {
            write_list(self.trace.tables.iter(), facts.name("tables"), |(name, version), out| {
                let mut table = Members::open(out);
                table.text("name", name);
                table.digest("version", version);
                table.close();
            });
        }
        if !self.trace.units.is_empty() {
            write_list(self.trace.units.iter(), facts.name("units"), |(name, title), out| {
                let mut unit = Members::open(out);
                unit.text("name", name);
                unit.optional("title", title.as_ref());
                unit.close();
            });
        }
        facts.close();
    }

    fn write_input(&self, sealer: &mut Sealer<'_>, out: &mut String) {
        let mut members = Members::open(out);
        match &self.input {
            InputRecord::Act(act) => {
                write_canonical(act, members.name("act"));
                members.text("kind", "act");
            }
            InputRecord::Duplicate { of } => {
                members.text("kind", "duplicate");
                members.number("of", *of);
            }
            InputRecord::Erasure => members.text("kind", "erasure"),
            InputRecord::Input { input, form } => write_input_kind(input, *form, sealer, &mut members),
        }
        members.close();
    }
}

/// The `input` member of an entry, by itself.
pub(super) fn input_text(chart: &Chart, input: &Input, secret: Option<&[u8; 32]>) -> String {
    let mut text = String::new();
    let mut members = Members::open(&mut text);
    let mut sealer = Sealer::new(chart, secret);
    write_input_kind(input, form_of(chart, input), &mut sealer, &mut members);
    members.close();
    text
}

fn write_input_kind(input: &Input, form: Option<&Fields>, sealer: &mut Sealer<'_>, members: &mut Members<'_>) {
    let nothing = Fields::default();
    let form = form.unwrap_or(&nothing);
    let key = input.key.map(|key| Arc::from(key.to_string()));
    match &input.kind {
        InputKind::AdapterAnswer { effect, result } => {
            members.text("effect", effect);
            if let Err(failure) = result {
                let mut fields = Members::open(members.name("failure"));
                write_canonical(&failure.detail, fields.name("detail"));
                fields.text("message", &failure.message);
                fields.text("why", &failure.why);
                fields.close();
            }
            members.optional("key", key.as_ref());
            members.text("kind", "adapter_answer");
            if let Ok(value) = result {
                write_canonical(value, members.name("result"));
            }
        }
        InputKind::Event { name, payload, task } => {
            members.text("event", name);
            members.optional("key", key.as_ref());
            members.text("kind", "event");
            if let Some(task) = task {
                super::record_task::write_opened(task, members);
            }
            write_payload(payload, form, sealer, members);
            members.optional("reason", input.reason.as_ref());
            write_proof(input, members);
            members.optional("task", task.as_ref().map(|task| &task.name));
        }
        InputKind::Task { task, act } => super::record_task::write(task, act, key.as_ref(), sealer, members),
        InputKind::Start(start) => {
            members.optional("key", key.as_ref());
            members.text("kind", "start");
            if let Some(number) = start.number {
                members.number("number", number);
            }
            if let Some(parent) = &start.parent {
                let mut fields = Members::open(members.name("parent"));
                fields.text("invoke", &parent.invoke);
                fields.text("key", &parent.key);
                fields.text("workflow", &parent.workflow);
                fields.close();
            }
            write_payload(&start.payload, form, sealer, members);
            members.optional("reason", input.reason.as_ref());
            write_proof(input, members);
            members.text("zone", &start.default_zone);
        }
        InputKind::Timer { name, due } => {
            members.moment("due", *due);
            members.text("kind", "timer");
            members.text("name", name);
        }
        InputKind::AdapterReport { effect, report } => {
            members.text("effect", effect);
            write_canonical(&Value::from_fields(report.fields().clone()), members.name("fields"));
            members.optional("key", key.as_ref());
            members.text("kind", "adapter_report");
            members.text("report", report.as_str());
        }
        InputKind::SendAnswer { send, verdict } => {
            members.optional("key", key.as_ref());
            members.text("kind", "send_answer");
            write_send_verdict(verdict, Some(send), members);
        }
        InputKind::Withdraw { event } => {
            members.text("event", event);
            members.optional("key", key.as_ref());
            members.text("kind", "withdraw");
        }
        InputKind::Open { reviewer } => {
            members.optional("key", key.as_ref());
            members.text("kind", "open");
            members.optional("reason", input.reason.as_ref());
            members.text("reviewer", reviewer);
        }
        InputKind::Acknowledge { clock } => {
            members.text("clock", clock);
            members.optional("key", key.as_ref());
            members.text("kind", "acknowledge");
        }
        InputKind::ChildEnded { invoke, child, output } => {
            members.text("child", child);
            members.text("invoke", invoke);
            members.optional("key", key.as_ref());
            members.text("kind", "child_ended");
            write_canonical(output, members.name("output"));
        }
        InputKind::Stop { invoke } => {
            members.text("invoke", invoke);
            members.optional("key", key.as_ref());
            members.text("kind", "stop");
        }
        InputKind::Hold { invoke, why } => {
            members.text("invoke", invoke);
            members.optional("key", key.as_ref());
            members.text("kind", "hold");
            members.optional("why", why.as_ref());
        }
        InputKind::Wake => {
            members.optional("key", key.as_ref());
            members.text("kind", "wake");
        }
        InputKind::Place(placement) => {
            members.optional("key", key.as_ref());
            members.text("kind", "place");
            members.list("marks", &placement.marks, |mark, out| {
                write_mark(&mark.name, &mark.values, mark.at, out)
            });
            write_payload(&placement.start.payload, form, sealer, members);
            members.texts("states", placement.states.iter());
            members.text("zone", &placement.start.default_zone);
        }
    }
}

fn write_mark(name: &str, values: &Value, at: Option<Timestamp>, out: &mut String) {
    let mut mark = Members::open(out);
    if let Some(at) = at {
        mark.moment("at", at);
    }
    mark.text("name", name);
    write_canonical(values, mark.name("values"));
    mark.close();
}

fn write_proof(input: &Input, members: &mut Members<'_>) {
    if let Some(proof) = input.signed {
        members.text("signed", proof.as_str());
    }
}

fn write_payload(payload: &Object, form: &Fields, sealer: &mut Sealer<'_>, members: &mut Members<'_>) {
    if !payload.is_empty() {
        sealer.write_record(payload, form, members.name("payload"));
    }
}

pub(super) fn write_actor(actor: &Actor, out: &mut String) {
    let mut members = Members::open(out);
    members.text("id", &actor.id);
    let (kind, workflow) = match &actor.kind {
        ActorKind::Person => ("person", None),
        ActorKind::Workflow { workflow } => ("workflow", Some(workflow)),
        ActorKind::Adapter => ("adapter", None),
        ActorKind::Schedule => ("schedule", None),
        ActorKind::Engine => ("engine", None),
    };
    members.text("kind", kind);
    members.optional("name", actor.name.as_ref());
    members.optional("on_behalf_of", actor.on_behalf_of.as_ref());
    members.optional("organisation", actor.organisation.as_ref());
    members.optional("person", actor.person.as_ref());
    members.texts("roles", actor.roles.iter());
    members.texts("skills", actor.skills.iter());
    members.optional("unit", actor.unit.as_ref());
    members.optional("workflow", workflow);
    members.close();
}

fn write_note(note: &Note, out: &mut String) {
    let mut members = Members::open(out);
    members.text("kind", note.kind);
    members.text("text", &note.text);
    if !note.place.is_empty() {
        members.text("where", &note.place);
    }
    members.close();
}

fn write_signature(signature: &Signing, out: &mut String) {
    let mut members = Members::open(out);
    members.text("means", &signature.means);
    members.number("number", signature.number as u64);
    members.number("of", signature.of as u64);
    if !signature.over.is_null() {
        write_canonical(&signature.over, members.name("over"));
    }
    members.optional("role", signature.role.as_ref());
    members.text("with", signature.with.as_str());
    members.close();
}

fn write_refusal(refusal: &Refusal, out: &mut String) {
    let mut members = Members::open(out);
    if let RefusalKind::Failed(code) = refusal.kind {
        members.text("code", &code.to_string());
    }
    if let Some(field) = &refusal.field {
        members.text("field", field);
    }
    members.list("instances", &refusal.instances, |instance, out| write_text(instance, out));
    members.text("kind", refusal.kind.as_str());
    members.text("sentence", &refusal.sentence);
    members.close();
}

impl RefusalKind {
    pub fn as_str(self) -> &'static str {
        match self {
            RefusalKind::Hidden => "hidden",
            RefusalKind::Forbidden => "forbidden",
            RefusalKind::Invalid => "invalid",
            RefusalKind::Guard => "guard",
            RefusalKind::Paused => "paused",
            RefusalKind::Signature => "signature",
            RefusalKind::Reason => "reason",
            RefusalKind::Conflict => "conflict",
            RefusalKind::Held => "held",
            RefusalKind::Failed(_) => "failed",
        }
    }
}
