//! After the commit: who is told, and who goes round again.

use std::collections::BTreeSet;
use std::sync::Arc;

use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::{InputKind, Refusal, RefusalKind, Verdict};
use statewright_core::trail::EntryText;

use super::Intake;
use super::answer::actor_of_entry;
use super::batch::Batch;
use super::changes::KEYED_START;
use super::group::{Conclusion, Group, Source, Step};
use super::request::{Origin, Parcel, Request};
use crate::body::Party;
use crate::configuration::RESTEPS_MAX;
use crate::error::{EngineError, EngineResult};
use crate::store::{Applied, TrailRow, Write};

/// What a write came to, with what is needed to tell of it.
pub(super) type Result<'w> = Option<(&'w Write, Applied)>;

impl Intake {
    pub(super) async fn settle(&self, batch: Batch, results: Vec<Result<'_>>) {
        let meanwhile = Meanwhile::of(&results);
        let mut again = Vec::new();
        let mut kept = Vec::new();
        for (mut group, result) in batch.groups.into_iter().zip(results) {
            match result {
                None if group.needs_fresh() => again.push(group.into_parcel(Retry::Fresh)),
                None => {
                    again.extend(group.take_later());
                    kept.extend(group.before.clone().filter(|_| group.source == Source::Loaded));
                    again.extend(self.tell(group).await);
                }
                Some((write, Applied::Committed)) => {
                    match group.kept_after(write.next.snapshot.len()) {
                        Some(instance) if !write.next.done => kept.push(instance),
                        _ => self.cache.forget([group.instance]),
                    }
                    self.handover.committed(write);
                    again.extend(group.take_later());
                    again.extend(self.tell(group).await);
                }
                Some((write, applied)) => {
                    self.cache.forget([group.instance]);
                    again.extend(self.go_round(group, write, applied, &meanwhile).await);
                }
            }
        }
        self.cache.put(kept);
        self.queue.put_back(again);
    }

    /// A write that was not applied: its inputs are stepped again, wiser.
    async fn go_round(&self, mut group: Box<Group>, write: &Write, applied: Applied, meanwhile: &Meanwhile) -> Vec<Parcel> {
        match applied {
            Applied::Duplicate { key, .. } => {
                let row = self.store.entry_of_input(group.instance, key).await;
                let repeated = group.requests.iter_mut().find(|request| request.input.key == Some(key));
                match (row, repeated) {
                    (Ok(Some(row)), Some(request)) => {
                        request.found.repeated = Some(row);
                        vec![group.into_parcel(Retry::Fresh)]
                    }
                    (Ok(_), _) => self.step_again_or_lose(group).await,
                    (Err(error), _) => self.give_up(group, &error.into()).await,
                }
            }
            Applied::ClaimHeld { name, value, holder } if *name == *KEYED_START => {
                self.find_first_start(group, &value, holder).await
            }
            // The holder lets go of it in this very batch: the next one finds it free.
            Applied::ClaimHeld { name, value, .. }
                if group.moves < RESTEPS_MAX && meanwhile.released.contains(&(name.clone(), value.clone())) =>
            {
                vec![group.into_parcel(Retry::Moved)]
            }
            Applied::ClaimHeld { name, value, holder } => match self.refuse_claim(&mut group, &name, &value, holder).await {
                Ok(()) => vec![group.into_parcel(Retry::Fresh)],
                Err(error) => self.give_up(group, &error).await,
            },
            Applied::MessageGone { id } => {
                group.forget_message(id);
                if group.requests.is_empty() {
                    return Vec::new();
                }
                vec![group.into_parcel(Retry::Fresh)]
            }
            // Another of this very batch came in between, and is through: so often it cannot happen that nobody gets on.
            Applied::ReadMoved if write.settled.iter().any(|topic| meanwhile.topics.contains(topic)) => {
                self.cache.forget(write.reads.iter().map(|(read, _)| *read));
                vec![group.into_parcel(Retry::Fresh)]
            }
            Applied::ReadMoved => {
                self.cache.forget(write.reads.iter().map(|(read, _)| *read));
                self.step_again_or_lose(group).await
            }
            Applied::Moved | Applied::Committed => self.step_again_or_lose(group).await,
        }
    }

    async fn step_again_or_lose(&self, group: Box<Group>) -> Vec<Parcel> {
        if group.source == Source::Assumed {
            // It was there all along: nobody was faster.
            return vec![group.into_parcel(Retry::Fresh)];
        }
        if group.moves < RESTEPS_MAX {
            self.figures.stepped_again.add(1);
            return vec![group.into_parcel(Retry::Moved)];
        }
        let error = match self.winner(group.instance).await {
            Ok(Some((winner, current))) => EngineError::Conflict { winner, current },
            Ok(None) => EngineError::Conflict {
                winner: "another input".into(),
                current: 0,
            },
            Err(error) => error,
        };
        self.give_up(group, &error).await
    }

    /// Who made the last entry.
    async fn winner(&self, instance: InstanceId) -> EngineResult<Option<(Arc<str>, u64)>> {
        let Some(row) = self.store.load(&[instance]).await?.into_iter().next().flatten() else {
            return Ok(None);
        };
        let entries = self.store.trail(instance, row.sequence.saturating_sub(1), 1).await?;
        let winner = entries
            .first()
            .and_then(actor_of_entry)
            .unwrap_or_else(|| "another input".into());
        Ok(Some((winner, row.sequence)))
    }

    /// A start whose key was drawn came before, and drew another then: it is a repetition within that first instance.
    async fn find_first_start(&self, mut group: Box<Group>, value: &str, holder: InstanceId) -> Vec<Parcel> {
        let found: EngineResult<_> = async {
            let key: InputKey = value
                .parse()
                .map_err(|_| EngineError::Damaged(format!("the claim `{value}` is no input key")))?;
            let row = self.store.entry_of_input(holder, key).await?;
            let holder = self.store.load(&[holder]).await?.into_iter().next().flatten();
            Ok((key, row, holder))
        }
        .await;
        let (key, row, first) = match found {
            Ok((key, Some(row), Some(first))) => (key, row, first),
            Ok(_) => {
                let error = EngineError::Damaged(format!("a drawn start holds `{value}` and is not there"));
                return self.give_up(group, &error).await;
            }
            Err(error) => return self.give_up(group, &error).await,
        };
        let Some(place) = group.requests.iter().position(|request| request.input.key == Some(key)) else {
            return vec![group.into_parcel(Retry::Fresh)];
        };
        let mut request = group.requests.remove(place);
        if !asks_for(&request, &first.key, &row) {
            request.reply.fail(EngineError::KeyReused);
            return match group.requests.is_empty() {
                true => Vec::new(),
                false => vec![group.into_parcel(Retry::Fresh)],
            };
        }
        request.instance = holder;
        request.to = Some(Party {
            workflow: first.workflow,
            key: first.key,
        });
        request.found.repeated = Some(row);
        let mut parcels: Vec<Parcel> = Parcel::of(vec![request]).into_iter().collect();
        if !group.requests.is_empty() {
            parcels.push(group.into_parcel(Retry::Fresh));
        }
        parcels
    }

    /// Refuses the request that wanted a value which another instance holds. A person or a sender is told; what the engine does by
    /// itself must not be lost and waits for a person.
    async fn refuse_claim(&self, group: &mut Group, name: &str, value: &str, holder: InstanceId) -> EngineResult<()> {
        let holder = self.store.load(&[holder]).await?.into_iter().next().flatten();
        let holder = holder.map_or_else(
            || "another instance".to_owned(),
            |row| format!("{}/{}", row.workflow, row.key),
        );
        let sentence = format!("{} {value} is held by {holder}", name.replace('_', " "));
        let wants = |step: &Step| step.holds.iter().any(|(held, what)| **held == *name && **what == *value);
        let place = group
            .steps
            .iter()
            .rposition(wants)
            .unwrap_or(group.steps.len().saturating_sub(1));
        if let Some(request) = group.requests.get_mut(place) {
            let refusal = Refusal {
                kind: RefusalKind::Conflict,
                sentence,
                field: None,
                instances: vec![holder],
            };
            request.found.refusals.push(refusal);
        }
        Ok(())
    }

    /// Tells everyone. What left no trace and has a key may be a repetition of something that did: then it goes round again.
    async fn tell(&self, group: Box<Group>) -> Vec<Parcel> {
        let mut again = Vec::new();
        let exists = group.before.is_some();
        let lost_to = if group.moves > 0 && group.steps.iter().any(lost) {
            self.winner_before(&group).await
        } else {
            None
        };
        for (mut request, step) in group.requests.into_iter().zip(group.steps) {
            let is_repetition = match exists && !step.traced {
                true => self.is_repetition(group.instance, &mut request).await,
                false => Ok(false),
            };
            match is_repetition {
                Ok(true) => again.extend(Parcel::of(vec![request])),
                Ok(false) => {
                    self.figures.input(&request.origin, step.conclusion.verdict());
                    conclude(request, step, lost_to.as_ref());
                }
                // What it came to the first time is not known now, and must not be contradicted.
                Err(error) => self.fail(request, error),
            }
        }
        again
    }

    /// Tells everyone that it did not come to a commit. Who was told something of their own already hears that, and nothing of the
    /// instance; but not before it is known that they repeat nothing.
    async fn give_up(&self, mut group: Box<Group>, error: &EngineError) -> Vec<Parcel> {
        let mut again: Vec<Parcel> = group.take_later().into_iter().collect();
        let exists = group.before.is_some();
        let mut steps = group.steps.into_iter();
        for mut request in group.requests {
            let own = steps.next().and_then(|step| match step.conclusion {
                Conclusion::Error(own) => Some(own),
                _ => None,
            });
            let is_repetition = match exists && own.is_some() {
                true => self.is_repetition(group.instance, &mut request).await,
                false => Ok(false),
            };
            match is_repetition {
                Ok(true) => again.extend(Parcel::of(vec![request])),
                Ok(false) => self.fail(request, own.unwrap_or_else(|| error.clone())),
                Err(away) => self.fail(request, away),
            }
        }
        again
    }

    async fn winner_before(&self, group: &Group) -> Option<Arc<str>> {
        let before = group.before.as_ref()?.snapshot.sequence;
        let entries = self.store.trail(group.instance, before.saturating_sub(1), 1).await.ok()?;
        entries.first().and_then(actor_of_entry)
    }

    async fn is_repetition(&self, instance: InstanceId, request: &mut Request) -> EngineResult<bool> {
        let Some(key) = request.input.key else { return Ok(false) };
        let is_unnamed = request.is_unnamed() || !matches!(request.origin, Origin::Caller);
        if request.found.repeated.is_some() || request.found.unrepeated || is_unnamed {
            return Ok(false);
        }
        match self.store.entry_of_input(instance, key).await? {
            Some(row) => {
                request.found.repeated = Some(row);
                Ok(true)
            }
            None => {
                request.found.unrepeated = true;
                Ok(false)
            }
        }
    }
}

/// How inputs go round again.
pub(super) enum Retry {
    /// With what was found out, on the snapshot as it is in the store.
    Fresh,
    /// Somebody was faster.
    Moved,
}

impl Group {
    /// Whether something is to be told that no write has proved, from a snapshot that may be out of date.
    fn needs_fresh(&self) -> bool {
        self.source != Source::Loaded && self.steps.iter().any(|step| !step.traced)
    }

    fn take_later(&mut self) -> Option<Parcel> {
        Parcel::of(std::mem::take(&mut self.later))
    }

    fn into_parcel(mut self: Box<Self>, retry: Retry) -> Parcel {
        self.requests.append(&mut self.later);
        Parcel {
            instance: self.instance,
            requests: self.requests,
            moves: self.moves + u32::from(matches!(retry, Retry::Moved)),
            stumbles: self.stumbles,
            fresh: true,
        }
    }

    /// Whether its write was committed is not known; what is, is where each input would stand then.
    pub(super) fn into_parcel_after_stumble(mut self: Box<Self>) -> Parcel {
        let stumbles = self.stumbles + 1;
        for (request, step) in self.requests.iter_mut().zip(&self.steps) {
            let tried = request.found.tried.unwrap_or(u64::MAX);
            request.found.tried = step.traced.then_some(step.sequence.min(tried)).or(request.found.tried);
        }
        Parcel {
            stumbles,
            ..self.into_parcel(Retry::Fresh)
        }
    }

    /// Another commit took it, or its sender was told that it is refused: it has had its effect, and with it a start on its account.
    fn forget_message(&mut self, gone: i64) {
        let mut kept: Vec<Request> = Vec::with_capacity(self.requests.len());
        for request in self.requests.drain(..) {
            if !matches!(request.origin, Origin::Message { id, .. } if id == gone) {
                kept.push(request);
                continue;
            }
            if matches!(kept.last(), Some(start) if matches!(start.origin, Origin::IfAbsent)) {
                kept.pop();
            }
            request.reply.verdict(Verdict::Stale);
        }
        self.requests = kept;
    }
}

/// Whether a start asks for the instance that its key's first use made: by its name, or both by a number that is drawn.
fn asks_for(request: &Request, first: &str, entry: &TrailRow) -> bool {
    let InputKind::Start(start) = &request.input.kind else {
        return false;
    };
    match start.number {
        None => *start.key == *first,
        Some(_) => {
            EntryText::read(&entry.bytes).is_ok_and(|entry| entry.input().is_some_and(|input| input.contains_key("number")))
        }
    }
}

/// What the writes of this batch that were committed have changed for the others.
struct Meanwhile {
    /// Values that they let go of.
    released: Vec<(Arc<str>, Arc<str>)>,
    /// Topics that they are found under.
    topics: BTreeSet<InstanceId>,
}

impl Meanwhile {
    fn of(results: &[Result<'_>]) -> Self {
        let committed = || results.iter().flatten().filter(|(_, applied)| *applied == Applied::Committed);
        let released = committed().flat_map(|(write, _)| &write.claims_released);
        Meanwhile {
            released: released.map(|claim| (claim.name.clone(), claim.value.clone())).collect(),
            topics: committed().flat_map(|(write, _)| write.topics.iter().copied()).collect(),
        }
    }
}

fn lost(step: &Step) -> bool {
    matches!(&step.conclusion, Conclusion::Answer(answer) if matches!(answer.verdict, Verdict::Ignored | Verdict::Refused(_)))
}

fn conclude(request: Request, step: Step, lost_to: Option<&Arc<str>>) {
    let is_lost = lost(&step);
    log(&request, &step);
    match step.conclusion {
        Conclusion::Answer(mut answer) => {
            if is_lost && answer.lost_to.is_none() && !answer.duplicate {
                answer.lost_to = lost_to.cloned();
            }
            request.reply.answer(*answer);
        }
        Conclusion::Verdict(verdict) => request.reply.verdict(verdict),
        Conclusion::Error(error) => request.reply.fail(error),
    }
}

/// Names and ids, never what was said.
fn log(request: &Request, step: &Step) {
    let instance = request.instance;
    let sequence = step.sequence;
    let actor = &request.input.actor.id;
    let input = match &request.input.kind {
        InputKind::Event { name, .. } | InputKind::Timer { name, .. } => name,
        InputKind::Start(_) => "start",
        InputKind::AdapterAnswer { .. } => "adapter answer",
        InputKind::AdapterReport { report, .. } => report.as_str(),
        InputKind::SendAnswer { .. } => "send answer",
        InputKind::Task { act, .. } => act.as_str(),
        InputKind::Withdraw { .. } => "withdraw",
        InputKind::Open { .. } => "open",
        InputKind::Acknowledge { .. } => "acknowledge",
        InputKind::ChildEnded { .. } => "child ended",
        InputKind::Stop { .. } => "stop",
        InputKind::Hold { .. } => "hold",
        InputKind::Wake => "wake",
        InputKind::Place(_) => "place",
    };
    match &step.conclusion {
        Conclusion::Error(error) => tracing::debug!(%instance, input, %actor, error = error.logged(), "not taken"),
        Conclusion::Answer(answer) => {
            tracing::debug!(%instance, input, %actor, sequence, verdict = answer.verdict.as_str(), "answered")
        }
        Conclusion::Verdict(verdict) => {
            tracing::debug!(%instance, input, %actor, sequence, verdict = verdict.as_str(), "settled")
        }
    }
}
