//! Where simulated work stops, so that other work may come in between, and where the faults of the database are drawn.
//!
//! Work is driven by the simulation alone, one piece at a time; it may stop before and after every call of the store. Attempts
//! at effects are tasks of the engine's own, which the simulation cannot poll: their calls wait until it gives them their turn.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll};

use statewright_engine::testing::Chance;
use tokio::sync::Notify;

/// How often things go wrong, of a thousand calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// Nothing was done, and the caller is told that the database is away.
    pub lost_before: u64,
    /// It was done, and the caller is told that the database is away.
    pub lost_after: u64,
    /// Other work comes in between before or after the call.
    pub interrupted: u64,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    pub stops_before: bool,
    pub lost_before: bool,
    pub stops_after: bool,
    pub lost_after: bool,
}

pub struct Gate {
    state: Mutex<(Chance, Rates)>,
    /// Whether work of the simulation's own is being polled, and not a task of the engine's.
    driving: AtomicBool,
    in_flight: AtomicUsize,
    landed: Notify,
    tasks_may: AtomicBool,
    tasks_turn: Notify,
    one_task: tokio::sync::Mutex<()>,
}

/// Counts a call of the real store while it is under way.
pub struct InFlight<'a>(&'a Gate);

impl Gate {
    pub fn new(seed: u64) -> Self {
        Gate {
            state: Mutex::new((Chance::of(seed), Rates::default())),
            driving: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            landed: Notify::new(),
            tasks_may: AtomicBool::new(false),
            tasks_turn: Notify::new(),
            one_task: tokio::sync::Mutex::new(()),
        }
    }

    pub fn set(&self, rates: Rates) {
        self.lock().1 = rates;
    }

    pub fn draw(&self) -> Fate {
        let mut state = self.lock();
        let (chance, rates) = &mut *state;
        Fate {
            stops_before: chance.happens(rates.interrupted),
            lost_before: chance.happens(rates.lost_before),
            stops_after: chance.happens(rates.interrupted),
            lost_after: chance.happens(rates.lost_after),
        }
    }

    pub fn is_driving(&self) -> bool {
        self.driving.load(Ordering::SeqCst)
    }

    pub fn begin_call(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        InFlight(self)
    }

    /// Polls work until it is done (`Some`) or has stopped (`None`). A call of the real store is waited for.
    pub async fn drive<T>(&self, work: &mut Pin<Box<dyn Future<Output = T>>>) -> Option<T> {
        std::future::poll_fn(|context| self.poll(work, context)).await
    }

    fn poll<T>(&self, work: &mut Pin<Box<dyn Future<Output = T>>>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.driving.store(true, Ordering::SeqCst);
        let polled = work.as_mut().poll(context);
        self.driving.store(false, Ordering::SeqCst);
        match polled {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if self.in_flight.load(Ordering::SeqCst) == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }

    /// A task of the engine's waits for its turn, and for those before it.
    pub async fn task_turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        loop {
            let turn = self.tasks_turn.notified();
            if self.tasks_may.load(Ordering::SeqCst) {
                break;
            }
            turn.await;
        }
        self.one_task.lock().await
    }

    /// Lets the engine's own tasks go on until each has ended or waits for its adapter.
    pub async fn let_tasks_run(&self) {
        self.tasks_may.store(true, Ordering::SeqCst);
        self.tasks_turn.notify_waiters();
        let mut quiet = 0;
        // A task may make two calls one after the other: its next poll comes with the next turn of the runtime.
        while quiet < 3 {
            tokio::task::yield_now().await;
            let landed = self.landed.notified();
            if self.in_flight.load(Ordering::SeqCst) == 0 {
                quiet += 1;
            } else {
                landed.await;
                quiet = 0;
            }
        }
        self.tasks_may.store(false, Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, (Chance, Rates)> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
        self.0.landed.notify_waiters();
        self.0.landed.notify_one();
    }
}

/// Pending once: the simulation decides when its work goes on.
pub async fn stop() {
    let mut stopped = false;
    std::future::poll_fn(|_| {
        if stopped {
            return Poll::Ready(());
        }
        stopped = true;
        Poll::Pending
    })
    .await;
}
