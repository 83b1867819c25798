//! One run: from moment to moment at which something is due, until the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, TaskAct, TaskRef};

use super::act::Done;
use super::arrival::Stream;
use super::cast::{Cast, MemberKind};
use super::conduct::{Behaving, Calls, counted};
use super::look::Seen;
use super::measure::Ledger;
use super::plan::Simulation;
use super::report::{Ended, Report};
use super::work::{Job, Stage, Work};
use crate::body::Party;
use crate::engine::TaskRequest;
use crate::scenario::placing::no_names;
use crate::scenario::run::Outcome;
use crate::scenario::world::{Trouble, World};
use crate::scenario::written::numbered;

/// Instances of one simulation, children among them: a year of a busy house. Each is kept in memory with its trail.
pub const INSTANCES_MAX: usize = 50_000;

/// Moments at which something happens: what comes to more of them repeats something that it should not.
pub const MOMENTS_MAX: u64 = 2_000_000;

/// Rounds in which people act at one moment: more than a chain of work has parts, and fewer than a circle of work that takes no time needs.
const ROUNDS_MAX: u32 = 1_000;

/// What a run has at hand.
pub(super) struct Run<'s> {
    pub plan: &'s Simulation,
    pub world: World,
    pub cast: Cast,
    pub streams: Vec<Stream<'s>>,
    pub work: Work,
    pub seen: BTreeMap<InstanceId, Seen>,
    /// By workflow: keys of the instances that are on their way, in order.
    pub keys: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    pub ledger: Ledger,
    on_shift: Option<BTreeSet<Arc<str>>>,
    calls: Arc<Mutex<Calls>>,
}

pub(super) async fn run(simulation: &Simulation) -> Result<Report, Trouble> {
    let mut run = Run::begin(simulation).await?;
    let ended = run.go().await;
    run.report(ended).await
}

impl<'s> Run<'s> {
    async fn begin(plan: &'s Simulation) -> Result<Run<'s>, Trouble> {
        let cast = Cast::of(plan);
        let (behaving, calls) = Behaving::of(plan);
        let mut setting = plan.setting.clone();
        let staff = cast.staff().map(|actor| (actor.id.clone(), actor.clone()));
        setting.given.people.extend(staff);
        let world = World::begin(&setting, Box::new(behaving)).await?;
        let mut run = Run {
            plan,
            world,
            cast,
            streams: plan.arrivals.iter().map(|arrival| Stream::of(arrival, plan)).collect(),
            work: Work::default(),
            seen: BTreeMap::new(),
            keys: BTreeMap::new(),
            ledger: Ledger::of(plan),
            on_shift: None,
            calls,
        };
        run.place_given().await?;
        Ok(run)
    }

    async fn place_given(&mut self) -> Result<(), Trouble> {
        for placed in &self.plan.setting.given.instances {
            for copy in 1..=placed.count {
                let copy = (placed.count > 1).then_some(copy);
                let target = numbered(&placed.target, copy);
                let (workflow, key) = target.split_once('/').unwrap_or((&target, ""));
                let party = Party {
                    workflow: workflow.into(),
                    key: key.into(),
                };
                let names = no_names(&self.plan.setting, self.world.now(), copy);
                let request = placed.request(&self.plan.setting, &party, &names);
                let request = request.map_err(|(_, sentence)| format!("{target} cannot be given: {sentence}"))?;
                let refused = self.world.place(request).await?;
                refused.map_err(|sentence| format!("{target} cannot be given: {sentence}"))?;
            }
        }
        Ok(())
    }

    /// Until the end, or until nothing comes any more. What stops it before is in the answer.
    async fn go(&mut self) -> Ended {
        match self.pass_time().await {
            Ok(()) => Ended::AsPlanned,
            Err(trouble) => Ended::Early(format!("{trouble} (it is {})", self.shown(self.world.now()))),
        }
    }

    async fn pass_time(&mut self) -> Result<(), Trouble> {
        self.world.settle().await?;
        for _ in 0..MOMENTS_MAX {
            self.happen().await?;
            if self.seen.len() > INSTANCES_MAX {
                return Err(format!(
                    "more than {INSTANCES_MAX} instances: let fewer come, or for a shorter time"
                ));
            }
            let next_us = self.next_us().await?;
            match next_us.filter(|next_us| self.plan.holds(*next_us)) {
                Some(next_us) => {
                    self.world
                        .advance_to(Timestamp::from_microsecond(next_us).unwrap_or(self.plan.until))
                        .await?
                }
                None => return self.world.advance_to(self.plan.until).await,
            }
        }
        Err(format!(
            "something happened at more than {MOMENTS_MAX} moments: let it run for a shorter time, or look for what repeats so often"
        ))
    }

    /// Whoever is at work is on shift, where nobody says otherwise.
    fn change_shifts(&mut self) {
        if self.plan.groups.is_empty() || self.plan.setting.given.on_shift.is_some() {
            return;
        }
        let there = self.cast.at_work(self.world.now());
        if self.on_shift.as_ref() != Some(&there) {
            self.world.put_on_shift(there.clone());
            self.on_shift = Some(there);
        }
    }

    /// Everything that people do at this moment, and what follows from it.
    async fn happen(&mut self) -> Result<(), Trouble> {
        self.change_shifts();
        for _ in 0..ROUNDS_MAX {
            self.look().await?;
            let mut any = self.do_what_is_due().await?;
            any |= self.arrive().await?;
            self.look().await?;
            any |= self.give_work().await?;
            if let Some(fault) = self.world.counterparts.take_faults().into_iter().next() {
                return Err(fault);
            }
            if !any {
                return Ok(());
            }
        }
        Err(format!(
            "people acted in more than {ROUNDS_MAX} rounds at one moment: work goes round in a circle, and takes no time; give it `durations`"
        ))
    }

    async fn next_us(&self) -> Result<Option<i64>, Trouble> {
        let arrivals = self.streams.iter().filter_map(|stream| stream.next);
        let own = arrivals
            .chain(self.work.next_due())
            .min()
            .map(|moment| moment.as_microsecond());
        let opening = match self.work.jobs.values().any(|activity| activity.waits()) {
            true => self.cast.next_opening_us(self.world.now()),
            false => None,
        };
        let engine = self.world.next_moment_us().await?.map(|(moment_us, _)| moment_us);
        Ok([own, opening, engine].into_iter().flatten().min())
    }

    /// Work that ends now, and what somebody was to do by now.
    async fn do_what_is_due(&mut self) -> Result<bool, Trouble> {
        let now = self.world.now();
        let due = self.work.due(now);
        let any = !due.is_empty();
        for job in due {
            match self.work.jobs.get(&job).map(|activity| activity.stage) {
                Some(Stage::Begun { member, from, .. }) => self.finish(&job, member, from).await?,
                Some(Stage::Reacting { .. }) => {
                    let everybody = self.everybody();
                    let done = self.act(&job, &everybody).await?;
                    self.note(&job, done);
                }
                Some(Stage::Parked { .. }) => self.look_again(&job),
                _ => {}
            }
        }
        Ok(any)
    }

    /// Whoever the simulation names first: a customer's answer is not given by the staff, where both may.
    pub(super) fn everybody(&self) -> Vec<usize> {
        let mut everybody: Vec<usize> = (0..self.cast.members.len()).collect();
        let is_staff = |place: &usize| {
            let member = self.cast.get(*place);
            !member.is_some_and(|member| member.kind == MemberKind::Given)
        };
        everybody.sort_by_key(|place| (is_staff(place), *place));
        everybody
    }

    fn look_again(&mut self, job: &Job) {
        let now = self.world.now();
        if let Some(activity) = self.work.jobs.get_mut(job) {
            activity.unable.clear();
            activity.stage = match activity.task {
                Some(_) => Stage::Waiting,
                None => Stage::Reacting { due: now },
            };
        }
    }

    async fn finish(&mut self, job: &Job, member: usize, from: Timestamp) -> Result<(), Trouble> {
        let done = self.act(job, &[member]).await?;
        let Some(activity) = self.work.jobs.get_mut(job) else {
            return Ok(());
        };
        let (place, was_worked) = (activity.place(), std::mem::replace(&mut activity.is_worked, true));
        if was_worked {
            self.ledger.looked_again(&self.cast, member, from);
            self.cast.end(member, from);
        } else {
            self.stop(member, place.clone(), from);
        }
        match done {
            Done::Taken => self.ledger.done(place),
            Done::Waits | Done::Nothing => self.ledger.waits(place),
        }
        self.note(job, done);
        Ok(())
    }

    fn note(&mut self, job: &Job, done: Done) {
        let now = self.world.now();
        if let Some(activity) = self.work.jobs.get_mut(job) {
            match done {
                Done::Taken => activity.stage = Stage::Acted,
                Done::Waits | Done::Nothing => activity.park(now),
            }
        }
    }

    /// Whoever is free takes what waits.
    async fn give_work(&mut self) -> Result<bool, Trouble> {
        let now = self.world.now();
        let mut any = false;
        let waiting = self.work.waiting();
        if waiting.is_empty() {
            return Ok(false);
        }
        let mut free = self.cast.free(now);
        for job in waiting {
            if free.is_empty() {
                break;
            }
            if let Some(member) = self.taker(&job, &free).await?
                && self.take(&job, member).await?
            {
                any = true;
                free = self.cast.free(now);
            }
        }
        Ok(any)
    }

    /// The first of those who are free who can do something with it.
    async fn taker(&mut self, job: &Job, free: &[usize]) -> Result<Option<usize>, Trouble> {
        let Some(activity) = self.work.jobs.get(job) else {
            return Ok(None);
        };
        let Some(chart) = self.plan.setting.chart_of(&activity.workflow).cloned() else {
            return Ok(None);
        };
        let concerned = self.concerned(job);
        let wanted = self.wanted(&chart, &job.1);
        for member in free.iter().filter(|member| concerned.contains(member)) {
            let Some(activity) = self.work.jobs.get(job) else {
                return Ok(None);
            };
            if activity.unable.contains(member) {
                continue;
            }
            if !self.open_to(activity, &wanted, *member).await.is_empty() {
                return Ok(Some(*member));
            }
            if let Some(activity) = self.work.jobs.get_mut(job) {
                activity.unable.insert(*member);
            }
        }
        // where everybody is known to be able to do nothing it is looked at again later
        let now = self.world.now();
        if let Some(activity) = self.work.jobs.get_mut(job)
            && concerned.iter().all(|member| activity.unable.contains(member))
        {
            activity.park(now);
        }
        Ok(None)
    }

    /// Whose work it is: its holder's, or that of the staff it is for; of others only where there is no such staff.
    fn concerned(&self, job: &Job) -> Vec<usize> {
        let Some(task) = self.work.jobs.get(job).and_then(|activity| activity.task.as_ref()) else {
            return Vec::new();
        };
        let holds = |actor: &Actor| task.holder.as_ref() == Some(&actor.id);
        let all = || self.cast.members.iter().enumerate();
        if let Some((place, _)) = all().find(|(_, member)| holds(&member.actor)) {
            return vec![place];
        }
        let theirs = |is_staff: bool| -> Vec<usize> {
            let members = all().filter(|(_, member)| matches!(member.kind, MemberKind::Staff(_)) == is_staff);
            members
                .filter(|(_, member)| task.is_for(&member.actor))
                .map(|(place, _)| place)
                .collect()
        };
        match theirs(true) {
            staff if !staff.is_empty() => staff,
            _ => theirs(false),
        }
    }

    /// Somebody claims it and begins. False: they may not.
    async fn take(&mut self, job: &Job, member: usize) -> Result<bool, Trouble> {
        let Some(actor) = self.cast.get(member).map(|member| member.actor.clone()) else {
            return Ok(false);
        };
        let holder = self
            .work
            .jobs
            .get(job)
            .and_then(|activity| activity.task.as_ref()?.holder.clone());
        if holder.as_ref() != Some(&actor.id) && !self.do_with(job, TaskAct::Claim, actor).await? {
            if let Some(activity) = self.work.jobs.get_mut(job) {
                activity.unable.insert(member);
            }
            return Ok(false);
        }
        let now = self.world.now();
        let Some(activity) = self.work.jobs.get(job) else {
            return Ok(false);
        };
        let length_us = if activity.is_worked { 0 } else { self.length_us(activity) };
        let due = self.cast.get(member).map_or(now, |member| member.done_at(now, length_us));
        let (place, since) = (activity.place(), activity.since);
        self.cast.begin(member);
        let since = (!activity.is_worked).then_some(since);
        self.ledger.taken(place, &self.cast, member, since, now);
        if let Some(activity) = self.work.jobs.get_mut(job) {
            activity.stage = Stage::Begun { member, from: now, due };
            if let Some(task) = &mut activity.task {
                task.holder = self.cast.get(member).map(|member| member.actor.id.clone());
            }
        }
        Ok(true)
    }

    /// Whoever holds it gives it back, so that another one can sign.
    pub(super) async fn give_back(&mut self, job: &Job) -> Result<(), Trouble> {
        let holder = self
            .work
            .jobs
            .get(job)
            .and_then(|activity| activity.task.as_ref()?.holder.clone());
        let actor = holder.and_then(|holder| {
            let members = self.cast.members.iter().map(|member| &member.actor);
            members.into_iter().find(|actor| actor.id == holder).cloned()
        });
        if let Some(actor) = actor {
            self.do_with(job, TaskAct::Release { note: None }, actor).await?;
        }
        Ok(())
    }

    async fn do_with(&mut self, job: &Job, act: TaskAct, actor: Actor) -> Result<bool, Trouble> {
        let input_key = Some(self.world.next_input_key());
        let Some(activity) = self.work.jobs.get(job) else {
            return Ok(false);
        };
        let request = TaskRequest {
            workflow: activity.workflow.clone(),
            key: activity.key.clone(),
            task: TaskRef {
                name: activity.path.clone(),
                opened: activity.task.as_ref().map(|task| task.opened),
            },
            act,
            actor,
            input_key,
            expected: None,
        };
        let engine = self.world.engine();
        let answer = self.world.ask(async move { engine.act(request).await }).await?;
        Ok(Outcome::of(answer) == Outcome::Taken)
    }

    async fn report(mut self, ended: Ended) -> Result<Report, Trouble> {
        let end = self.world.now().min(self.plan.until);
        self.look().await?;
        for id in self.instances().copied().collect::<Vec<_>>() {
            let Some(standing) = self.world.standing_of(id).await? else {
                continue;
            };
            let clocks = self.world.clocks(&standing).await?;
            self.ledger.clocks(&standing.known.chart, id, &clocks);
        }
        for activity in self.work.jobs.values() {
            match activity.stage {
                Stage::Begun { member, from, .. } => self.ledger.worked_at_the_end(&self.cast, member, from, end),
                Stage::Waiting | Stage::Parked { .. } if activity.task.is_some() => {
                    self.ledger.waited_at_the_end(activity.place(), activity.since, end);
                }
                _ => {}
            }
        }
        let incidents = self
            .world
            .incidents()
            .await?
            .into_iter()
            .map(|incident| incident.error)
            .collect();
        let calls = counted(&self.calls).clone();
        Ok(Report::of(self.plan, self.ledger, calls, incidents, (ended, end)))
    }

    fn shown(&self, moment: Timestamp) -> String {
        crate::scenario::moment::shown(moment, &self.plan.setting.zone)
    }
}
