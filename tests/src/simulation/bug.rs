//! Faults put in on purpose, to see that the simulation finds them: a store or an engine that forgets one thing.

use std::sync::{Arc, Mutex, MutexGuard};

use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::SYSTEM_WORKFLOW;
use statewright_engine::store::{Applied, EffectRow, InstanceRow, MessageRow, NewMessage, Store, StoreResult, TrailRow, Write};
use statewright_engine::testing::Chance;

use super::connection::Database;
use super::forgetting::{Chains, forget_holders, forget_rungs, is_rung};
use super::layer::Layer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The store does not know an input key again.
    ForgottenDedupe,
    /// A lease that has gone to another node is said to be held still.
    LateLease,
    /// Whoever watches is not woken.
    LostWakeUp,
    /// A sender is answered a second time.
    AnswerTwice,
    /// A timer that was taken stays where it was.
    TimerTwice,
    /// Messages of one receiver are given in another order than they came.
    DisorderedMessages,
    /// A value that another instance holds is not noticed.
    UncomparedClaim,
    /// A value is never let go of.
    UnreleasedClaim,
    /// What was stepped from a snapshot that has moved is written all the same.
    UnfencedSnapshot,
    /// An effect that is tried again goes out under another key.
    RekeyedEffect,
    /// An instance that was read has moved, and that is not noticed.
    UncomparedRead,
    /// A commit is said to be done, and is not.
    LostCommit,
    /// A schedule's run is begun, and what it sends is left out.
    LostRun,
    /// A rung that has fired is forgotten to have, and stays armed.
    RungTwice,
    /// A rung is not armed.
    LostRung,
    /// A task that is opened comes into no queue.
    LostTask,
    /// A task that is closed stays in its queue.
    StaleTask,
    /// Who holds a task is forgotten, so that another claims it.
    ForgottenHolder,
    /// A child's end is not told to its parent.
    LostEnd,
    /// A child's end is told twice.
    EndTwice,
    /// Children are not told that nobody waits for them any more.
    UnstoppedChild,
}

impl Bug {
    pub const ALL: [Bug; 21] = [
        Bug::ForgottenDedupe,
        Bug::LateLease,
        Bug::LostWakeUp,
        Bug::AnswerTwice,
        Bug::TimerTwice,
        Bug::DisorderedMessages,
        Bug::UncomparedClaim,
        Bug::UnreleasedClaim,
        Bug::UnfencedSnapshot,
        Bug::RekeyedEffect,
        Bug::UncomparedRead,
        Bug::LostCommit,
        Bug::LostRun,
        Bug::RungTwice,
        Bug::LostRung,
        Bug::LostTask,
        Bug::StaleTask,
        Bug::ForgottenHolder,
        Bug::LostEnd,
        Bug::EndTwice,
        Bug::UnstoppedChild,
    ];

    /// Whether it reads snapshots otherwise than they were written.
    fn forgets(self) -> bool {
        matches!(self, Bug::RungTwice | Bug::ForgottenHolder)
    }

    /// Whether it is the engine's: the ledger then sees what the engine makes of it, and not what the store does.
    pub fn is_of_engine(self) -> bool {
        matches!(
            self,
            Bug::AnswerTwice
                | Bug::UnfencedSnapshot
                | Bug::RekeyedEffect
                | Bug::LostRun
                | Bug::RungTwice
                | Bug::ForgottenHolder
                | Bug::LostRung
                | Bug::LostEnd
                | Bug::EndTwice
                | Bug::UnstoppedChild
        )
    }
}

/// A layer that has one of them.
pub struct Buggy {
    database: Arc<Database>,
    bug: Bug,
    chance: Mutex<Chance>,
    chains: Mutex<Chains>,
}

impl Buggy {
    pub fn new(database: Arc<Database>, bug: Bug, seed: u64) -> Self {
        Buggy {
            database,
            bug,
            chance: Mutex::new(Chance::of(seed)),
            chains: Mutex::default(),
        }
    }

    fn chains(&self) -> MutexGuard<'_, Chains> {
        self.chains.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// It does not happen every time, as with the bugs that live long.
    fn strikes(&self, per_mille: u64) -> bool {
        self.chance
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .happens(per_mille)
    }

    fn spoilt(&self, write: &Write) -> Write {
        let mut write = write.clone();
        match self.bug {
            Bug::ForgottenDedupe => write.entries.iter_mut().for_each(|entry| entry.input_key = None),
            Bug::LostWakeUp => write.watched.clear(),
            Bug::TimerTwice => write.timers_gone.clear(),
            Bug::UncomparedClaim => write.claims_held.clear(),
            Bug::UnreleasedClaim => write.claims_released.clear(),
            Bug::UncomparedRead => write.reads.clear(),
            Bug::LostRun if *write.next.workflow == *SYSTEM_WORKFLOW && self.strikes(300) => write.messages.clear(),
            Bug::RungTwice => write.timers_gone.retain(|name| !is_rung(name)),
            Bug::LostRung if self.strikes(200) => write.timers_armed.retain(|(name, _)| !is_rung(name)),
            Bug::LostTask if self.strikes(50) => {
                write.tasks.clear();
                write.task_fields.clear();
            }
            Bug::StaleTask if self.strikes(50) => write.tasks_gone.clear(),
            Bug::LostEnd if self.strikes(500) => write.messages.retain(|message| !is_of(message, "ended")),
            Bug::UnstoppedChild => write.messages.retain(|message| !is_of(message, "stop")),
            Bug::EndTwice => {
                let end = write.messages.iter().find(|message| is_of(message, "ended")).cloned();
                write.messages.extend(end.map(|end| NewMessage {
                    key: InputKey::of(&["again", &end.key.to_string()]),
                    ..end
                }));
            }
            Bug::AnswerTwice if self.strikes(50) => {
                let answer = write
                    .messages
                    .iter()
                    .find(|message| message.body.contains("\"kind\":\"answer\""));
                write.messages.extend(answer.cloned());
            }
            _ => {}
        }
        write
    }

    fn out_of_order(&self, mut rows: Vec<MessageRow>) -> Vec<MessageRow> {
        if self.bug == Bug::DisorderedMessages {
            rows.reverse();
        }
        rows
    }
}

impl Layer for Buggy {
    fn behind(&self) -> Arc<dyn Store> {
        self.database.store()
    }

    async fn commit(&self, writes: &[Write]) -> StoreResult<Vec<Applied>> {
        if self.bug == Bug::LostCommit && self.strikes(10) {
            return Ok(writes.iter().map(|_| Applied::Committed).collect());
        }
        let mut writes: Vec<Write> = writes.iter().map(|write| self.spoilt(write)).collect();
        if self.bug.forgets() {
            self.chains().mend(&mut writes);
        }
        let mut applied = self.behind().commit(&writes).await?;
        if self.bug.forgets() {
            self.chains().note(&writes, &applied);
        }
        if self.bug != Bug::UnfencedSnapshot {
            return Ok(applied);
        }
        for (write, applied) in writes
            .iter()
            .zip(&mut applied)
            .filter(|(_, applied)| **applied == Applied::Moved)
        {
            let found = self.behind().load(&[write.instance]).await?;
            let Some(row) = found.into_iter().next().flatten() else {
                continue;
            };
            let forced = [forced(write, row.sequence)];
            *applied = self.behind().commit(&forced).await?.pop().unwrap_or(Applied::Moved);
        }
        Ok(applied)
    }

    async fn load(&self, ids: &[InstanceId]) -> StoreResult<Vec<Option<InstanceRow>>> {
        let mut rows = self.behind().load(ids).await?;
        match self.bug {
            Bug::RungTwice => rows.iter_mut().flatten().for_each(forget_rungs),
            Bug::ForgottenHolder => rows.iter_mut().flatten().for_each(forget_holders),
            _ => {}
        }
        Ok(rows)
    }

    async fn entry_of_input(&self, instance: InstanceId, key: InputKey) -> StoreResult<Option<TrailRow>> {
        match self.bug {
            Bug::ForgottenDedupe => Ok(None),
            _ => self.behind().entry_of_input(instance, key).await,
        }
    }

    async fn ready_messages(&self, now_us: i64, older_than_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        Ok(self.out_of_order(self.behind().ready_messages(now_us, older_than_us, limit).await?))
    }

    async fn messages_of(&self, receivers: &[InstanceId], now_us: i64, limit: usize) -> StoreResult<Vec<MessageRow>> {
        Ok(self.out_of_order(self.behind().messages_of(receivers, now_us, limit).await?))
    }

    async fn lease_effects(&self, node: &str, now_us: i64, until_us: i64, limit: usize) -> StoreResult<Vec<EffectRow>> {
        let mut rows = self.behind().lease_effects(node, now_us, until_us, limit).await?;
        if self.bug == Bug::RekeyedEffect {
            for row in rows.iter_mut().filter(|row| row.attempts > 0) {
                row.key = format!("{}-again", row.key).into();
            }
        }
        Ok(rows)
    }

    async fn extend_leases(&self, leases: &[(InstanceId, Arc<str>, u64)], until_us: i64) -> StoreResult<Vec<bool>> {
        let kept = self.behind().extend_leases(leases, until_us).await?;
        Ok(kept.into_iter().map(|kept| kept || self.bug == Bug::LateLease).collect())
    }
}

fn is_of(message: &NewMessage, kind: &str) -> bool {
    message.body.contains(&format!("\"kind\":\"{kind}\""))
}

/// The same, as if it had been stepped from what is there now.
fn forced(write: &Write, sequence: u64) -> Write {
    let mut write = write.clone();
    write.expected = sequence;
    let mut latest = sequence;
    for entry in &mut write.entries {
        latest += 1;
        entry.sequence = latest;
    }
    write.next.sequence = latest;
    write
}
