//! The loops that tick a node's actors, and how they end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use statewright_core::step::Actor;
use statewright_core::value::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Engine, Node, Surroundings};
use crate::assignments::Assignments;
use crate::clock::Clock;
use crate::configuration::{BUSY_POLL_MS, EngineConfig, POLL_MS};
use crate::error::EngineResult;
use crate::files::Sweeper;
use crate::intake::{Intake, Ticked};
use crate::mail::Mails;
use crate::messages::Messages;
use crate::outbox::Outbox;
use crate::presence::Presence;
use crate::schedules::Schedules;
use crate::timers::Timers;

/// How long a loop rests after the database did not answer: long enough not to storm it, short enough not to be noticed after.
const REST: Duration = Duration::from_millis(250);

/// How often the end of what is under way is looked for during a shutdown.
const DRAIN_STEP: Duration = Duration::from_millis(10);

/// How often sessions that are over are ended: nobody can use them before, they only stand there.
const SESSIONS_EVERY: Duration = Duration::from_secs(60);

/// How far a node's life has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    #[default]
    Running,
    /// Nothing new is begun; what was accepted is finished.
    Draining,
    /// Everything stops.
    Stopped,
}

/// The loops of a node.
#[derive(Default)]
pub(super) struct Running {
    phase: Mutex<Option<watch::Sender<Phase>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    outbox_empty: Arc<AtomicBool>,
}

/// How a shutdown went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Everything that was accepted was finished before the deadline.
    pub drained: bool,
}

impl Engine {
    /// Puts a node together and runs it: migrates the store, learns what is live, and begins to take inputs.
    pub async fn launch(configuration: EngineConfig, surroundings: Surroundings) -> EngineResult<Engine> {
        surroundings.store.migrate().await?;
        let node = Node::new(configuration, surroundings);
        let engine = node.engine.clone();
        engine.inner.registry.refresh().await?;
        engine.note_node("node_started").await?;
        engine.inner.directory.refresh().await?;
        engine.spawn(node);
        tracing::info!(node = %engine.inner.configuration.node, "running");
        Ok(engine)
    }

    /// Stops taking inputs, finishes what was accepted until `deadline` has passed, lets go of leases and of the store.
    pub async fn shut_down(&self, deadline: Duration) -> Ended {
        let inner = &self.inner;
        inner.intake.queue.close();
        self.enter(Phase::Draining);
        let finished = tokio::time::timeout(deadline, async {
            while !(inner.intake.queue.is_idle() && inner.running.outbox_empty.load(Ordering::SeqCst)) {
                tokio::time::sleep(DRAIN_STEP).await;
            }
        });
        let drained = finished.await.is_ok();
        self.enter(Phase::Stopped);
        inner.intake.queue.abandon();
        let tasks = std::mem::take(&mut *lock(&inner.running.tasks));
        for task in tasks {
            // Each loop ends at its next turn; one that hangs in the database is not waited for.
            if tokio::time::timeout(REST * 4, task).await.is_err() {
                tracing::warn!("a loop did not end in time");
            }
        }
        if let Err(error) = self.note_node("node_stopped").await {
            tracing::warn!(%error, "the end of the node could not be noted");
        }
        inner.store.close().await;
        tracing::info!(node = %inner.configuration.node, drained, "stopped");
        Ended { drained }
    }

    async fn note_node(&self, act: &str) -> EngineResult<()> {
        let node = Value::Text(self.inner.configuration.node.clone());
        self.inner
            .system
            .note(act, [("node", node)], &Actor::engine(), self.now())
            .await
    }

    fn enter(&self, phase: Phase) {
        if let Some(sender) = &*lock(&self.inner.running.phase) {
            sender.send_replace(phase);
        }
    }

    fn spawn(&self, node: Node) {
        let Node {
            engine: _,
            intake,
            timers,
            messages,
            schedules,
            assignments,
            outbox,
            sweeper,
            mails,
            presence,
        } = node;
        let (sender, phase) = watch::channel(Phase::Running);
        let inner = &self.inner;
        let clock = inner.clock.clone();
        let mut tasks = Vec::new();
        for _ in 0..inner.configuration.committers.max(1) {
            tasks.push(tokio::spawn(take_inputs(intake.clone(), clock.clone(), phase.clone())));
        }
        tasks.push(tokio::spawn(fire_timers(timers, self.clone(), phase.clone())));
        tasks.push(tokio::spawn(deliver_messages(messages, self.clone(), phase.clone())));
        tasks.push(tokio::spawn(run_schedules(schedules, self.clone(), phase.clone())));
        tasks.push(tokio::spawn(give_tasks(assignments, self.clone(), phase.clone())));
        tasks.push(tokio::spawn(perform_effects(outbox, self.clone(), phase.clone())));
        tasks.push(tokio::spawn(send_mails(mails, self.clone(), phase.clone())));
        tasks.push(tokio::spawn(sweep_files(sweeper, self.clone(), phase.clone())));
        tasks.push(tokio::spawn(be_there(presence, self.clone(), phase.clone())));
        tasks.push(tokio::spawn(watch_sessions(self.clone(), phase.clone())));
        tasks.push(tokio::spawn(watch_deployments(self.clone(), phase)));
        *lock(&inner.running.phase) = Some(sender);
        *lock(&inner.running.tasks) = tasks;
    }
}

async fn take_inputs(intake: Arc<Intake>, clock: Arc<dyn Clock>, mut phase: watch::Receiver<Phase>) {
    loop {
        let begun = clock.now();
        match intake.tick_by(|| clock.now()).await {
            Ticked::Worked => {
                let took_us = clock.now().as_microsecond() - begun.as_microsecond();
                intake.queue.measured(took_us);
                intake.figures().batches.add(took_us);
                // Whoever was just answered may have the next input ready: let it come along.
                tokio::task::yield_now().await;
            }
            Ticked::Stumbled => tokio::time::sleep(REST).await,
            Ticked::Idle if *phase.borrow() == Phase::Stopped => return,
            Ticked::Idle => {
                tokio::select! {
                    () = intake.queue.arrived.notified() => {}
                    _ = phase.changed() => {}
                }
            }
        }
    }
}

async fn fire_timers(mut timers: Timers, engine: Engine, mut phase: watch::Receiver<Phase>) {
    let mailbox = timers.mailbox();
    while *phase.borrow() == Phase::Running {
        if let Err(error) = timers.tick(engine.now()).await {
            tracing::warn!(%error, "timers could not be looked at");
            tokio::time::sleep(REST).await;
        }
        let wait_us = timers.next_look_us().saturating_sub(engine.now().as_microsecond());
        tokio::select! {
            () = engine.inner.handover.timers_arrived.notified() => {}
            () = mailbox.arrived.notified() => {}
            () = tokio::time::sleep(microseconds(wait_us)) => {}
            _ = phase.changed() => {}
        }
    }
}

async fn deliver_messages(mut messages: Messages, engine: Engine, mut phase: watch::Receiver<Phase>) {
    let mailbox = messages.mailbox();
    while *phase.borrow() == Phase::Running {
        if let Err(error) = messages.tick(engine.now()).await {
            tracing::warn!(%error, "messages could not be delivered");
            tokio::time::sleep(REST).await;
        }
        tokio::select! {
            () = engine.inner.handover.messages_arrived.notified() => {}
            () = mailbox.arrived.notified() => {}
            () = tokio::time::sleep(milliseconds(BUSY_POLL_MS)) => {}
            _ = phase.changed() => {}
        }
    }
}

async fn run_schedules(mut schedules: Schedules, engine: Engine, mut phase: watch::Receiver<Phase>) {
    while *phase.borrow() == Phase::Running {
        if let Err(error) = schedules.tick(engine.now()).await {
            tracing::warn!(%error, "schedules could not be looked at");
            tokio::time::sleep(REST).await;
        }
        // what is deployed meanwhile is found by the next look
        let wait_us = schedules.next_look_us().saturating_sub(engine.now().as_microsecond());
        tokio::select! {
            () = tokio::time::sleep(microseconds(wait_us)) => {}
            _ = phase.changed() => {}
        }
    }
}

async fn give_tasks(mut assignments: Assignments, engine: Engine, mut phase: watch::Receiver<Phase>) {
    let mailbox = assignments.mailbox();
    while *phase.borrow() == Phase::Running {
        if let Err(error) = assignments.tick(engine.now()).await {
            tracing::warn!(%error, "tasks could not be given to anybody");
            tokio::time::sleep(REST).await;
        }
        let wait_us = assignments.next_look_us().saturating_sub(engine.now().as_microsecond());
        tokio::select! {
            () = engine.inner.handover.assignments_arrived.notified() => {}
            () = mailbox.arrived.notified() => {}
            () = tokio::time::sleep(microseconds(wait_us)) => {}
            _ = phase.changed() => {}
        }
    }
}

async fn perform_effects(mut outbox: Outbox, engine: Engine, mut phase: watch::Receiver<Phase>) {
    let finished = outbox.finished();
    let empty = engine.inner.running.outbox_empty.clone();
    loop {
        let now_phase = *phase.borrow();
        let ticked = match now_phase {
            Phase::Running => outbox.tick(engine.now()).await,
            Phase::Draining => outbox.wind_down(engine.now()).await,
            Phase::Stopped => {
                if let Err(error) = outbox.abort(engine.now()).await {
                    tracing::warn!(%error, "leases were not let go of; they end by themselves");
                }
                return;
            }
        };
        empty.store(
            now_phase == Phase::Draining && ticked.is_ok() && outbox.is_idle(),
            Ordering::SeqCst,
        );
        if let Err(error) = ticked {
            tracing::warn!(%error, "effects could not be looked at");
            tokio::time::sleep(REST).await;
        }
        let now_us = engine.now().as_microsecond();
        let deadline_us = outbox
            .next_deadline_us()
            .map_or(i64::MAX, |due_us| due_us.saturating_sub(now_us));
        tokio::select! {
            () = engine.inner.handover.effects_arrived.notified() => {}
            () = finished.notified() => {}
            () = tokio::time::sleep(microseconds(deadline_us.min(POLL_MS * 1_000))) => {}
            _ = phase.changed() => {}
        }
    }
}

/// A letter that is under way when the node stops is cut off; whoever takes it on sends it under the same id.
async fn send_mails(mut mails: Mails, engine: Engine, mut phase: watch::Receiver<Phase>) {
    let mut stopped = phase.clone();
    while *phase.borrow() == Phase::Running {
        let ticked = tokio::select! {
            ticked = mails.tick(engine.now()) => ticked,
            _ = stopped.wait_for(|phase| *phase == Phase::Stopped) => return,
        };
        match ticked {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "mails could not be looked at");
                tokio::time::sleep(REST).await;
            }
        }
        let wait_us = mails.next_look_us().saturating_sub(engine.now().as_microsecond());
        tokio::select! {
            () = tokio::time::sleep(microseconds(wait_us)) => {}
            _ = phase.changed() => {}
        }
    }
}

async fn sweep_files(mut sweeper: Sweeper, engine: Engine, mut phase: watch::Receiver<Phase>) {
    while *phase.borrow() == Phase::Running {
        if let Err(error) = sweeper.tick(engine.now()).await {
            tracing::warn!(%error, "uploads that expired could not be looked for");
            tokio::time::sleep(REST).await;
        }
        let wait_us = sweeper.next_look_us().saturating_sub(engine.now().as_microsecond());
        tokio::select! {
            () = tokio::time::sleep(microseconds(wait_us)) => {}
            _ = phase.changed() => {}
        }
    }
}

async fn be_there(mut presence: Presence, engine: Engine, mut phase: watch::Receiver<Phase>) {
    while *phase.borrow() != Phase::Stopped {
        if let Err(error) = presence.tick(engine.now()).await {
            tracing::warn!(%error, "the node could not say that it is there");
            tokio::time::sleep(REST).await;
        }
        let wait_us = presence.next_look_us().saturating_sub(engine.now().as_microsecond());
        tokio::select! {
            () = tokio::time::sleep(microseconds(wait_us)) => {}
            _ = phase.changed() => {}
        }
    }
    if let Err(error) = presence.leave(engine.now()).await {
        tracing::warn!(%error, "the node could not say that it ends; it will be shown as silent");
    }
}

async fn watch_sessions(engine: Engine, mut phase: watch::Receiver<Phase>) {
    loop {
        let is_last = *phase.borrow() != Phase::Running;
        if let Err(error) = engine.inner.identity.tick(engine.now()).await {
            tracing::warn!(%error, "sessions could not be looked at");
        }
        if is_last {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(SESSIONS_EVERY) => {}
            _ = phase.changed() => {}
        }
    }
}

async fn watch_deployments(engine: Engine, mut phase: watch::Receiver<Phase>) {
    while *phase.borrow() == Phase::Running {
        if let Err(error) = engine.inner.registry.refresh().await {
            tracing::warn!(%error, "what is live could not be looked at");
        }
        if let Err(error) = engine.inner.directory.refresh().await {
            tracing::warn!(%error, "the roles could not be looked at");
        }
        tokio::select! {
            () = tokio::time::sleep(milliseconds(POLL_MS)) => {}
            _ = phase.changed() => {}
        }
    }
}

fn microseconds(count: i64) -> Duration {
    Duration::from_micros(u64::try_from(count.clamp(0, POLL_MS * 1_000)).unwrap_or(0))
}

fn milliseconds(count: i64) -> Duration {
    Duration::from_millis(u64::try_from(count).unwrap_or(0))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
