//! What the steps of one batch do to one instance, gathered into one write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Channel, Chart};
use statewright_core::field::files_in;
use statewright_core::identity::{Digest, FileId, InputKey, InstanceId};
use statewright_core::step::{
    Actor, ArmedTimer, BlindKey, Entry, Facts, InputKind, MarkChange, MessageKind, OpenTask, Outcome, SendVerdict, Snapshot,
    Status, TaskAct, Verdict, blind_terms_of, index_of, index_under, state_names, topics_of, topics_of_marks, topics_of_tasks,
};
use statewright_core::value::Object;

use super::finds::{Finds, Watches};
use super::request::{Origin, Request};
use crate::body::{EffectBody, MessageBody, MessageContent, Party, mark_body, notice_body, task_row};
use crate::files;
use crate::store::{
    Claim, IndexedValue, MarkBack, NewEffect, NewEntry, NewMark, NewMessage, NewNotice, NextInstance, TaskRow, Write,
};

/// Held for ever by an instance whose key was drawn: under it a repetition of the start, which draws another, finds the first. And by
/// one whose start its sender named: under it another start of that name, which would make another instance, is found to be none.
pub(super) const KEYED_START: &str = "statewright.start";

/// When a message is due that is not delayed: by whatever node's clock. A moment of one node's would let a node whose clock is
/// behind take a later message first.
const AT_ONCE_US: i64 = 0;

#[derive(Default)]
pub(super) struct Changes {
    entries: Vec<NewEntry>,
    /// Canonical, after the last entry.
    snapshot: String,
    personal: Vec<(Digest, String)>,
    messages: Vec<NewMessage>,
    messages_taken: Vec<i64>,
    messages_deferred: Vec<i64>,
    resumed: bool,
    effects: Vec<NewEffect>,
    abandoned: Vec<Arc<str>>,
    notices: Vec<NewNotice>,
    marks: Vec<NewMark>,
    marks_back: Vec<MarkBack>,
    claims: Vec<Claim>,
    reads: Vec<(InstanceId, u64)>,
    finds: Finds,
    topics_of_marks: BTreeSet<InstanceId>,
    /// In what is sent or put off: kept until it is taken, however long that is.
    files_on_their_way: BTreeSet<FileId>,
    /// Timers that were offered: name and the moment their row was due.
    timers_offered: Vec<(Arc<str>, i64)>,
}

/// Which node performs the effects of a write, and until when it holds them.
pub(super) type Lease = Option<(Arc<str>, i64)>;

impl Changes {
    /// What a step saw of other instances is compared again in the commit. What it saw of itself is fenced anyway.
    pub fn see(&mut self, own: InstanceId, facts: &Facts) {
        for fact in facts.views.values() {
            let seen = (fact.instance, fact.sequence);
            if fact.instance != own && !self.reads.contains(&seen) {
                self.reads.push(seen);
            }
        }
        self.finds.see(facts);
    }

    /// What an input says that its choice rests on is compared as well.
    pub fn see_input(&mut self, own: InstanceId, request: &Request) {
        self.reads.extend(request.rests_on.filter(|(read, _)| *read != own));
        if let InputKind::Task {
            act: TaskAct::Give(giving),
            ..
        } = &request.input.kind
            && let Some(shift) = giving.shift.as_ref().filter(|shift| shift.instance != own)
        {
            self.reads.push((shift.instance, shift.sequence));
        }
    }

    /// Adds what a step decided, and its entry, and consumes what caused it.
    pub fn add(&mut self, outcome: &Outcome, entry: Option<Entry>, request: &Request, now: Timestamp) {
        let own = Party::of(&outcome.next);
        if let Some(entry) = entry {
            self.entries.push(NewEntry {
                sequence: entry.sequence,
                at_us: entry.at.as_microsecond(),
                input_key: entry.input_key.filter(|_| !request.is_unnamed()),
                bytes: entry.bytes,
            });
            self.snapshot = entry.snapshot;
            self.personal.extend(entry.personal);
            self.add_intents(outcome, &own, &request.input.actor, now);
            if outcome.resumed {
                self.resumed = true;
                // They were deferred on account of a pause that this very write ends.
                self.messages_deferred.clear();
            }
            self.claims.extend(claim_of_start(&own, request));
        }
        let answer = answer_to_sender(&own, request, &outcome.verdict, now);
        match outcome.verdict {
            Verdict::Deferred => self.defer(own, request, now),
            _ => self.consume(&request.origin),
        }
        self.messages.extend(answer);
    }

    /// What is to happen after the commit.
    fn add_intents(&mut self, outcome: &Outcome, own: &Party, actor: &Actor, now: Timestamp) {
        self.messages.extend(outcome.messages.iter().map(|message| NewMessage {
            to: InstanceId::of(&message.workflow, &message.to),
            key: message.key,
            body: MessageBody::sent(own, message).write(),
            due_us: message.due.map_or(AT_ONCE_US, Timestamp::as_microsecond),
        }));
        let sent = outcome.messages.iter().filter_map(|message| match &message.kind {
            MessageKind::Event { with, .. } | MessageKind::Start { with, .. } => Some(with),
            _ => None,
        });
        self.files_on_their_way
            .extend(sent.flat_map(Object::values).flat_map(files_in));
        self.add_marks(outcome, own, &actor.id, now);
        self.topics_of_marks.extend(topics_of_marks(outcome));
        let notices = outcome.notices.iter().zip(0..);
        self.notices.extend(notices.map(|(notice, ordinal)| NewNotice {
            sequence: outcome.next.sequence,
            ordinal,
            at_us: now.as_microsecond(),
            thread: notice.thread,
            mailed: notice.via.contains(&Channel::Mail) && !notice.audience.any_of.is_empty(),
            subjects: notice.audience.subjects(),
            body: notice_body(own, notice, actor),
        }));
        self.effects.extend(outcome.effects.iter().map(|effect| NewEffect {
            key: effect.key.clone(),
            adapter: effect.adapter.clone(),
            body: EffectBody::of(effect).write(),
            due_us: now.as_microsecond(),
        }));
        // What was asked for and given up before anyone heard of it is never begun.
        self.effects.retain(|effect| !outcome.abandoned.contains(&effect.key));
        self.abandoned.extend(outcome.abandoned.iter().cloned());
    }

    /// Takes out of the store what an input came from.
    pub fn consume(&mut self, origin: &Origin) {
        match origin {
            Origin::Caller | Origin::Engine | Origin::IfAbsent => {}
            Origin::Timer { name, due_us } => self.timers_offered.push((name.clone(), *due_us)),
            Origin::Message { id, .. } => self.messages_taken.push(*id),
        }
    }

    /// Refuses a sender without an entry: what it asked for is not even to be told of.
    pub fn turn_away(&mut self, own: &Party, request: &Request, verdict: &Verdict, now: Timestamp) {
        self.consume(&request.origin);
        self.messages.extend(answer_to_sender(own, request, verdict, now));
    }

    /// The states it concerns are paused: what is stored waits where it is, what is not yet is stored.
    fn defer(&mut self, own: Party, request: &Request, now: Timestamp) {
        match (&request.origin, &request.input.kind, request.input.key) {
            (Origin::Message { id, .. }, ..) => self.messages_deferred.push(*id),
            (Origin::Caller, InputKind::Event { name, payload, .. }, Some(key)) => {
                self.files_on_their_way.extend(payload.values().flat_map(files_in));
                let actor = Some(request.input.actor.clone());
                let content = MessageContent::Event {
                    event: name.clone(),
                    with: payload.clone(),
                    start: false,
                    actor,
                };
                let body = MessageBody {
                    to: Some(own),
                    from: None,
                    content,
                }
                .write();
                self.messages.push(NewMessage {
                    to: request.instance,
                    key,
                    body,
                    due_us: now.as_microsecond(),
                });
            }
            (origin, ..) => self.consume(&origin.clone()),
        }
    }

    /// Whether a pause ended: what was deferred comes again, and before what came after it.
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    fn add_marks(&mut self, outcome: &Outcome, own: &Party, actor: &Arc<str>, now: Timestamp) {
        let sequence = outcome.next.sequence;
        for (change, ordinal) in outcome.marks.iter().zip(0..) {
            match change {
                MarkChange::Put { name, values, index, at } => self.marks.push(NewMark {
                    sequence,
                    ordinal,
                    name: name.clone(),
                    at_us: at.unwrap_or(now).as_microsecond(),
                    actor: actor.clone(),
                    values: mark_body(own, values),
                    index: index.clone(),
                }),
                MarkChange::Back { name } => self.marks_back.push(MarkBack {
                    sequence,
                    ordinal,
                    name: name.clone(),
                }),
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.messages.is_empty()
            && self.messages_taken.is_empty()
            && self.messages_deferred.is_empty()
            && self.timers_offered.is_empty()
    }

    /// The write, if there is anything to write. `next` is the snapshot after all steps.
    pub fn into_write(
        self,
        chart: &Chart,
        before: Option<&Snapshot>,
        next: &Snapshot,
        lease: &Lease,
        key: &BlindKey,
        now: Timestamp,
    ) -> Option<Write> {
        if self.is_empty() {
            return None;
        }
        let (timers_armed, timers_gone) = timer_changes(before, next, &self.timers_offered);
        let (mut claims_held, claims_released) = claim_changes(before, next);
        claims_held.extend(self.claims);
        let (index, states) = index_changes(chart, before, next, key);
        let (tasks, tasks_gone) = task_changes(before, next);
        let task_fields = task_fields(next, &tasks);
        let watches = Watches::of(before, next, &self.finds);
        let mut messages = self.messages;
        if !watches.topics.is_empty() {
            messages.push(Watches::look_again(next, now));
        }
        let mut topics = self.topics_of_marks;
        if !self.entries.is_empty() {
            topics.extend(topics_of(chart, before, next));
            topics.extend(topics_of_tasks(before, next));
        }
        Some(Write {
            instance: next.instance,
            expected: before.map_or(0, |before| before.sequence),
            next: NextInstance {
                workflow: next.workflow.clone(),
                key: next.key.clone(),
                definition: next.definition,
                sequence: next.sequence,
                done: next.status == Status::Done,
                snapshot: self.snapshot,
                head: next.head,
                started_at_us: next.started_at.as_microsecond(),
            },
            entries: self.entries,
            personal: self.personal,
            timers_armed,
            timers_gone,
            messages,
            messages_taken: self.messages_taken,
            messages_deferred: self.messages_deferred,
            resumed: self.resumed,
            lease: lease.clone().filter(|_| !self.effects.is_empty()),
            effects: self.effects,
            effects_abandoned: self.abandoned,
            claims_held,
            claims_released,
            watched: watches.begun,
            unwatched: watches.ended,
            tasks,
            task_fields,
            tasks_gone,
            notices: self.notices,
            marks: self.marks,
            marks_back: self.marks_back,
            index,
            states,
            files: files::attached(chart, before, next, &self.files_on_their_way),
            files_gone: Vec::new(),
            erase: false,
            reads: self.reads,
            found: self.finds.found(key),
            topics: topics.into_iter().collect(),
            settled: self.finds.topics_found.into_iter().chain(watches.topics).collect(),
            at_us: now.as_microsecond(),
        })
    }
}

/// Where the row of a claim stands.
pub(super) fn claim(workflow: &str, name: &Arc<str>, value: &Arc<str>) -> Claim {
    let id = InstanceId(InputKey::of(&["claim", workflow, name, value]).0);
    Claim {
        id,
        name: name.clone(),
        value: value.clone(),
    }
}

/// See [`KEYED_START`].
fn claim_of_start(own: &Party, request: &Request) -> Option<Claim> {
    let InputKind::Start(start) = &request.input.kind else {
        return None;
    };
    let key = request.input.key.filter(|_| start.number.is_some() || request.named)?;
    Some(claim(&own.workflow, &KEYED_START.into(), &key.to_string().into()))
}

/// Armed (name → due), and gone.
type TimerChanges = (Vec<(Arc<str>, i64)>, Vec<Arc<str>>);

/// When the timer's row is due; None: it has no row, being paused or spent.
fn row_due(timer: &ArmedTimer) -> Option<i64> {
    (timer.remaining_us.is_none() && !timer.spent).then(|| timer.due.as_microsecond())
}

/// The timers that changed between two snapshots. A row that was offered goes, or follows its timer.
fn timer_changes(before: Option<&Snapshot>, next: &Snapshot, offered: &[(Arc<str>, i64)]) -> TimerChanges {
    let none = BTreeMap::new();
    let before = before.map_or(&none, |before| &before.timers);
    let mut armed = Vec::new();
    let mut gone = Vec::new();
    for (name, timer) in &next.timers {
        let now_due = row_due(timer);
        let kept_due = offered.iter().find(|(offered, _)| offered == name).map(|(_, due_us)| *due_us);
        let kept_due = kept_due.or_else(|| before.get(name).and_then(row_due));
        match now_due {
            Some(due_us) if kept_due != Some(due_us) => armed.push((name.clone(), due_us)),
            None if kept_due.is_some() => gone.push(name.clone()),
            _ => {}
        }
    }
    gone.extend(
        before
            .iter()
            .filter(|(name, timer)| !next.timers.contains_key(*name) && row_due(timer).is_some())
            .map(|(name, _)| name.clone()),
    );
    for (name, _) in offered {
        if !next.timers.contains_key(name) && !gone.contains(name) {
            gone.push(name.clone());
        }
    }
    (armed, gone)
}

type Index = Option<Vec<(Arc<str>, Arc<str>)>>;

/// By what others find it, where that has changed.
fn index_changes(chart: &Chart, before: Option<&Snapshot>, next: &Snapshot, key: &BlindKey) -> (Index, Option<Vec<Arc<str>>>) {
    let Some(index) = index_of(chart, next) else {
        return (None, None);
    };
    let was = before.and_then(|before| index_of(chart, before));
    let moved = before.is_none_or(|before| before.active != next.active);
    let is_same =
        was.as_ref() == Some(&index) && before.is_some_and(|before| blind_terms_of(chart, before) == blind_terms_of(chart, next));
    let index = if is_same { None } else { index_under(chart, next, key) };
    (index, moved.then(|| state_names(chart, next)))
}

/// Queues show what is open and not on hold.
fn task_changes(before: Option<&Snapshot>, next: &Snapshot) -> (Vec<TaskRow>, Vec<Arc<str>>) {
    let none = BTreeMap::new();
    let before = before.map_or(&none, |before| &before.tasks);
    let shown = |task: &OpenTask| task.held_since.is_none();
    let changed = next
        .tasks
        .iter()
        .filter(|(name, task)| shown(task) && before.get(*name) != Some(*task));
    let rows = changed.map(|(name, task)| task_row(next, name, task)).collect();
    let were = before.iter().filter(|(_, task)| shown(task)).map(|(name, _)| name);
    let gone = were
        .filter(|name| !next.tasks.get(*name).is_some_and(shown))
        .cloned()
        .collect();
    (rows, gone)
}

/// By what reads find them.
fn task_fields(next: &Snapshot, put: &[TaskRow]) -> Vec<(Arc<str>, IndexedValue)> {
    let of_row = |row: &TaskRow| {
        let task = next.tasks.get(&row.name)?;
        let pairs = task.found_by(&next.workflow).into_iter();
        Some(pairs.map(|pair| (row.name.clone(), pair)).collect::<Vec<_>>())
    };
    put.iter().filter_map(of_row).flatten().collect()
}

fn claim_changes(before: Option<&Snapshot>, next: &Snapshot) -> (Vec<Claim>, Vec<Claim>) {
    let none = BTreeMap::new();
    let before = before.map_or(&none, |before| &before.claims);
    let differing = |these: &BTreeMap<Arc<str>, Arc<str>>, those: &BTreeMap<Arc<str>, Arc<str>>| -> Vec<Claim> {
        let differing = these.iter().filter(|(name, value)| those.get(*name) != Some(*value));
        differing.map(|(name, value)| claim(&next.workflow, name, value)).collect()
    };
    (differing(&next.claims, before), differing(before, &next.claims))
}

/// A send is answered in the commit that takes it. Answers, and what the engine itself sends, are not.
fn answer_to_sender(own: &Party, request: &Request, verdict: &Verdict, now: Timestamp) -> Option<NewMessage> {
    let Origin::Message {
        sender: Some((sender, send)),
        ..
    } = &request.origin
    else {
        return None;
    };
    let verdict = send_verdict(verdict)?;
    Some(send_answer(own, sender, send, verdict, now.as_microsecond()))
}

/// What a sender is told; None while it waits.
fn send_verdict(verdict: &Verdict) -> Option<SendVerdict> {
    match verdict {
        Verdict::Taken => Some(SendVerdict::Taken),
        Verdict::Ignored => Some(SendVerdict::Ignored {
            why: "nothing answers to it in the states it is in".into(),
        }),
        Verdict::Stale => Some(SendVerdict::Ignored {
            why: "it is about something that no longer is".into(),
        }),
        Verdict::Refused(refusals) => {
            let sentences: Vec<&str> = refusals.iter().map(|refusal| refusal.sentence.as_str()).collect();
            Some(SendVerdict::Refused {
                why: sentences.join("; ").into(),
            })
        }
        Verdict::Deferred => None,
    }
}

/// The message that answers a send: one for each, whoever makes it.
pub fn send_answer(from: &Party, sender: &Party, send: &Arc<str>, verdict: SendVerdict, at_us: i64) -> NewMessage {
    let body = MessageBody {
        to: Some(sender.clone()),
        from: Some((from.clone(), send.clone())),
        content: MessageContent::Answer { verdict },
    };
    let to = sender.id();
    NewMessage {
        to,
        key: InputKey::of(&["answer", &to.to_string(), send]),
        body: body.write(),
        due_us: at_us,
    }
}
