//! The course of a simulation: faults and all, then none, until everything has ended.

use std::sync::Arc;

use super::adapter::Course;
use super::gate::Rates;
use super::ledger::lock;
use super::node::{ACTORS, OUTBOX, Progress, SimulatedNode};
use super::world::World;

/// How many callers there are at once.
const CALLERS_MAX: usize = 10;

/// How long an armed timer may be overdue once nothing goes wrong any more: a poll, and the ticks that take it.
const OVERDUE_MAX_US: i64 = 15_000_000;

/// Rounds in which every actor is ticked, after which whatever still goes on is taken to go on for ever.
const CALM_ROUNDS_MAX: u64 = 2_000;

/// Rounds in which nothing happens, after which nothing will until a timer is due.
const QUIET_ROUNDS: u64 = 3;

const SECOND_US: i64 = 1_000_000;

/// Of a thousand times that time passes in a story, so often it does to the next moment at which something is due.
const LEAPS: u64 = 100;

/// The longest leap, and how far each goes beyond that moment.
const LEAP_MAX_US: i64 = 3 * 24 * 3_600 * SECOND_US;
const BEYOND_US: i64 = SECOND_US;

const FAULTS: Rates = Rates {
    lost_before: 25,
    lost_after: 25,
    interrupted: 120,
};

impl World {
    /// So many ticks with everything that goes wrong.
    pub async fn struggle(&mut self, ticks: u64) -> Result<(), String> {
        self.shared.gate.set(FAULTS);
        while self.ticks < ticks {
            self.step().await?;
            self.wrong()?;
        }
        Ok(())
    }

    async fn step(&mut self) -> Result<(), String> {
        let [ticks, wants, asks, passes, answers] = match self.stage {
            None => [620, 80, 100, 80, 80],
            Some(_) => [500, 150, 170, 60, 80],
        };
        let chances = [ticks, wants, asks, passes, answers, 10, 10, 10, 2];
        let drawn = self.chance.below(1_000);
        let mut below = 0;
        let choice = chances.iter().position(|chance| {
            below += chance;
            drawn < below
        });
        match choice {
            Some(0) => self.tick_somebody().await?,
            Some(1) => {
                if self.callers.len() < CALLERS_MAX {
                    self.somebody_wants().await;
                }
            }
            Some(2) => self.somebody_asks(),
            Some(3) => self.pass_time(),
            Some(4) => self.machine_goes_on().await,
            Some(5) => self.kill_somebody(),
            Some(6) => self.pause_somebody(),
            Some(7) => self.disturb_a_clock(),
            Some(8) => self.reopen().await?,
            _ => self.listen().await?,
        }
        Ok(())
    }

    async fn tick_somebody(&mut self) -> Result<(), String> {
        let place = self.draw(self.nodes.len());
        let actors = self.actors();
        let actor = self.draw(actors + 1);
        // The first actor, which takes inputs, comes twice as often as the others.
        if !self.nodes[place].paused {
            self.tick(place, actor % actors).await?;
        }
        Ok(())
    }

    /// Of each node, as far as they have anything to do.
    fn actors(&self) -> usize {
        ACTORS - usize::from(self.stage.is_none())
    }

    async fn tick(&mut self, place: usize, actor: usize) -> Result<bool, String> {
        self.ticks += 1;
        self.shared.trace.tick();
        let progress = self.nodes[place].go_on(actor, &self.shared.gate).await;
        if actor == OUTBOX {
            self.shared.gate.let_tasks_run().await;
        }
        let worked = match progress {
            Progress::Broken(wrong) => return Err(wrong),
            Progress::Over(worked) => worked,
            Progress::Stopped => true,
        };
        if worked {
            self.listen().await?;
        }
        Ok(worked)
    }

    /// Whoever has no answer asks a node, which need not be the one that was asked before.
    fn somebody_asks(&mut self) {
        let Some(caller) = self.place_of_caller() else { return };
        let node = self.draw(self.nodes.len());
        let impatient = self.chance.happens(100);
        let caller = &mut self.callers[caller];
        if !caller.is_waiting() || impatient {
            let SimulatedNode { name, engine, .. } = &self.nodes[node];
            caller.ask(name, engine, &self.shared.trace);
        }
    }

    fn place_of_caller(&mut self) -> Option<usize> {
        match self.callers.len() {
            0 => None,
            count => Some(self.draw(count)),
        }
    }

    async fn listen(&mut self) -> Result<(), String> {
        let nodes = &self.nodes;
        let can_go_on = |name: &str| nodes.iter().any(|node| *node.name == *name && !node.paused);
        for caller in &mut self.callers {
            let shared = &self.shared;
            if let Some(wrong) = caller.listen(&shared.gate, &shared.trace, &shared.model, can_go_on).await {
                return Err(wrong);
            }
        }
        self.callers.retain(|caller| !caller.done);
        Ok(())
    }

    fn pass_time(&mut self) {
        // what people do takes hours and days: there is little to see of it between two moments at which something is due
        if self.stage.is_some() && self.chance.below(1_000) < LEAPS {
            return self.leap();
        }
        let milliseconds = match self.chance.below(200) {
            0 => 3_600_000,
            1..8 => 5_000 + self.chance.below(20_000),
            _ => self.chance.below(1_200),
        };
        self.shared.time.pass(i64::try_from(milliseconds * 1_000).unwrap_or(0));
    }

    fn leap(&mut self) {
        let now_us = self.shared.time.now_us();
        let next_us = lock(&self.shared.model).next_due(now_us);
        if let Some(next_us) = next_us.filter(|next_us| next_us - now_us <= LEAP_MAX_US) {
            self.shared.time.pass(next_us - now_us + BEYOND_US);
        }
    }

    async fn machine_goes_on(&mut self) {
        let open = self.shared.machine.open();
        if open == 0 {
            return;
        }
        let course = match self.chance.below(100) {
            0..45 => Course::Done,
            45..60 => Course::DoneAndDenied,
            60..78 => Course::Busy,
            78..84 => Course::Refused,
            84..94 => Course::DoneAndSilent,
            _ => Course::Silent,
        };
        let place = self.draw(open);
        self.shared.machine.go_on(place, course);
        self.shared.gate.let_tasks_run().await;
    }

    /// What it held in memory is gone, its callers lose their connections, and another is started in its place.
    fn kill_somebody(&mut self) {
        let place = self.draw(self.nodes.len());
        let was_done = self.chance.happens(500);
        self.nodes[place].kill();
        let name = self.nodes[place].name.clone();
        self.callers.iter_mut().for_each(|caller| caller.lose(&name));
        self.shared.machine.forget(&name, was_done);
        self.nodes[place] = self.boot();
    }

    /// Stops a node in the middle of whatever it does, or lets it go on.
    fn pause_somebody(&mut self) {
        let place = self.draw(self.nodes.len());
        let node = &mut self.nodes[place];
        node.paused = !node.paused;
        let what = if node.paused { "is paused" } else { "goes on" };
        self.shared.trace.note(&node.name, what);
    }

    fn disturb_a_clock(&mut self) {
        let place = self.draw(self.nodes.len());
        let behind_ms = match self.chance.below(3) {
            0 => 0,
            _ => self.chance.below(8_000),
        };
        let node = &self.nodes[place];
        node.clock.fall_behind(i64::try_from(behind_ms * 1_000).unwrap_or(0));
        self.shared
            .trace
            .note(&node.name, format!("its clock is {behind_ms} ms behind"));
    }

    /// Nothing goes wrong any more: everything must come to its end.
    pub async fn come_to_rest(&mut self) -> Result<(), String> {
        self.shared.trace.note(&Arc::from("world"), "nothing goes wrong any more");
        self.shared.gate.set(Rates::default());
        for node in &mut self.nodes {
            node.paused = false;
            node.clock.fall_behind(0);
        }
        match self.stage.clone() {
            None => self.settle().await,
            Some(stage) => self.play_out(&stage).await,
        }
    }

    /// Goes on until nothing is under way.
    pub(super) async fn settle(&mut self) -> Result<(), String> {
        let began_us = self.shared.time.now_us();
        let mut quiet = 0;
        for round in 0..CALM_ROUNDS_MAX {
            let busy = self.round().await?;
            self.wrong()?;
            if self.has_ended(round).await? {
                return Ok(());
            }
            quiet = if busy { 0 } else { quiet + 1 };
            // Polls come with each second; what comes later is come for faster.
            let step_us = if quiet >= QUIET_ROUNDS { 5 * SECOND_US } else { SECOND_US / 2 };
            self.shared.time.pass(step_us);
            self.check_overdue(began_us)?;
        }
        Err(format!("it does not come to rest: {}", self.what_goes_on().await?))
    }

    /// Everybody who asks is answered, whatever else is under way.
    pub(super) async fn serve(&mut self) -> Result<(), String> {
        for _ in 0..CALM_ROUNDS_MAX {
            if self.callers.is_empty() {
                return Ok(());
            }
            self.round().await?;
            self.wrong()?;
            self.shared.time.pass(SECOND_US / 2);
        }
        Err("somebody is not answered, though nothing goes wrong".into())
    }

    async fn round(&mut self) -> Result<bool, String> {
        let mut busy = !self.callers.is_empty();
        for place in 0..self.callers.len() {
            if !self.callers[place].is_waiting() {
                let node = self.draw(self.nodes.len());
                let SimulatedNode { name, engine, .. } = &self.nodes[node];
                self.callers[place].ask(name, engine, &self.shared.trace);
            }
        }
        for place in 0..self.nodes.len() {
            for actor in (0..self.actors()).rev() {
                busy |= self.tick(place, actor).await?;
            }
        }
        while self.shared.machine.open() > 0 {
            busy = true;
            self.shared.machine.go_on(0, Course::Done);
            self.shared.gate.let_tasks_run().await;
        }
        self.listen().await?;
        Ok(busy)
    }

    fn check_overdue(&self, began_us: i64) -> Result<(), String> {
        let now_us = self.shared.time.now_us();
        if now_us - began_us < OVERDUE_MAX_US {
            return Ok(());
        }
        let model = lock(&self.shared.model);
        match model.overdue(now_us - OVERDUE_MAX_US).next() {
            Some((due_us, instance, name)) => {
                let of = model.name(*instance);
                Err(format!(
                    "the timer {name} of {of} is overdue by {} s",
                    (now_us - due_us) / SECOND_US
                ))
            }
            None => Ok(()),
        }
    }

    async fn has_ended(&mut self, round: u64) -> Result<bool, String> {
        // What waits for a person is looked after now and then.
        if round % 4 == 3 && self.callers.is_empty() {
            let incidents = self.bottom.store().incidents(1).await.map_err(|error| error.to_string())?;
            if !incidents.is_empty() {
                self.somebody_retries();
            }
        }
        Ok(self.callers.is_empty() && self.what_goes_on().await?.is_empty())
    }

    /// Everything that is not at its end yet, in words.
    async fn what_goes_on(&self) -> Result<String, String> {
        let mut goes_on: Vec<String> = Vec::new();
        goes_on.extend(self.callers.iter().map(|caller| format!("{} waits", caller.name)));
        let busy = self.nodes.iter().filter(|node| !node.is_idle());
        goes_on.extend(busy.map(|node| format!("{} is busy", node.name)));
        {
            let model = lock(&self.shared.model);
            let now_us = self.shared.time.now_us();
            // a story ends when nobody acts any more, and timers of years do not matter to it
            let counts_until_us = if self.stage.is_some() { now_us } else { i64::MAX };
            let timers = model.timers.iter().filter(|(_, due_us)| **due_us <= counts_until_us);
            goes_on.extend(timers.map(|((id, name), _)| format!("timer {name} of {}", model.name(*id))));
            let effects = model.effects.iter().filter(|(_, effect)| effect.is_open(now_us));
            goes_on.extend(effects.map(|(key, _)| format!("effect {key}")));
            let sends = model.sends.iter().filter(|(_, answered)| !**answered);
            goes_on.extend(sends.map(|((sender, _), _)| format!("a send of {} is not answered", model.name(*sender))));
        }
        if !goes_on.is_empty() {
            return Ok(goes_on.join("; "));
        }
        let store = self.bottom.store();
        let messages = store
            .ready_messages(i64::MAX, i64::MAX, 10)
            .await
            .map_err(|error| error.to_string())?;
        goes_on.extend(messages.iter().map(|message| {
            format!(
                "message {} for {}: {}",
                message.id,
                lock(&self.shared.model).name(message.to),
                message.body
            )
        }));
        let incidents = store.incidents(10).await.map_err(|error| error.to_string())?;
        goes_on.extend(
            incidents
                .iter()
                .map(|incident| format!("incident {}: {}", incident.name, incident.error)),
        );
        Ok(goes_on.join("; "))
    }

    fn draw(&mut self, count: usize) -> usize {
        usize::try_from(self.chance.below(count as u64)).unwrap_or(0)
    }
}
