//! One run of one scenario: its steps against a world of its own.

mod act;
mod deploying;
mod ending;
mod opening;
mod race;
mod reporting;

pub(crate) use act::Outcome;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Span, nearest};
use statewright_core::identity::InstanceId;
use statewright_core::step::view;
use statewright_core::time::add_to_instant;
use statewright_core::value::Value;

use super::counterparts::{Trap, answer_of};
use super::coverage::Taken;
use super::placing::no_names;
use super::plan::{ByHand, Crash, Placed, Scenario, Step, StepKind, TestFile};
use super::report::Failed;
use super::schedule::Schedule;
use super::trail;
use super::world::{Standing, Trouble, World};
use super::written::{Names, Written, numbered};
use crate::body::Party;
use crate::store::{Incident, IncidentKind};

/// Failures of one scenario that are kept: whoever has so many looks at the first.
const FAILURES_MAX: usize = 20;

/// How deep fragments may play one another.
const FRAGMENTS_DEPTH_MAX: usize = 16;

pub(super) struct Run<'a> {
    pub file: &'a TestFile,
    pub world: World,
    pub schedule: Schedule,
    aliases: BTreeMap<Arc<str>, Party>,
    /// The instance that a fragment is played for.
    it: Option<Party>,
    depth: usize,
    /// How a race went, where one was.
    order: Vec<String>,
    /// Incidents that the file has named.
    incidents: BTreeSet<Named>,
    failures: Vec<Failed>,
}

/// By what an incident is known again: the instance, and the timer, message or effect.
type Named = (InstanceId, IncidentKind, Arc<str>);

fn named(incident: &Incident) -> Named {
    (incident.instance, incident.kind, incident.name.clone())
}

/// Why a run does not go on.
pub(super) enum Stop {
    Failed(Box<Failed>),
    /// It is of no order of its own: what was chosen had nothing to do.
    Redundant,
}

/// What a run came to.
pub(super) struct Ran {
    pub schedule: Schedule,
    pub failures: Vec<Failed>,
    pub redundant: bool,
    pub taken: Taken,
}

/// Runs a scenario once, in the order that the schedule says.
pub(super) async fn run(file: &TestFile, scenario: &Scenario, schedule: Schedule) -> Ran {
    let mut run = match Run::begin(file).await {
        Ok(run) => Run { schedule, ..run },
        Err(sentence) => {
            return Ran {
                schedule,
                failures: vec![Failed::new(scenario.span, sentence)],
                redundant: false,
                taken: Taken::default(),
            };
        }
    };
    let redundant = match run.play(scenario).await {
        Err(Stop::Redundant) => true,
        Err(Stop::Failed(failed)) => {
            run.fail(*failed);
            false
        }
        Ok(()) => false,
    };
    if !redundant {
        run.end(scenario.span).await;
    }
    let taken = if redundant { Taken::default() } else { run.taken().await };
    Ran {
        schedule: run.schedule,
        failures: run.failures,
        redundant,
        taken,
    }
}

impl<'a> Run<'a> {
    /// In a world of its own, before the first step.
    async fn begin(file: &'a TestFile) -> Result<Run<'a>, Trouble> {
        Ok(Run {
            file,
            world: World::begin(&file.setting, Box::new(file.setting.given.adapters.clone())).await?,
            schedule: Schedule::default(),
            aliases: BTreeMap::new(),
            it: None,
            depth: 0,
            order: Vec::new(),
            incidents: BTreeSet::new(),
            failures: Vec::new(),
        })
    }
}

impl Run<'_> {
    async fn play(&mut self, scenario: &Scenario) -> Result<(), Stop> {
        for placed in &self.file.setting.given.instances {
            self.place(placed).await?;
        }
        self.steps(&scenario.steps).await
    }

    async fn steps(&mut self, steps: &[Step]) -> Result<(), Stop> {
        for step in steps {
            self.step(step).await?;
            let faults = self.world.counterparts.take_faults();
            if let Some(sentence) = faults.into_iter().next() {
                return Err(self.failed(step.span, sentence));
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), Stop> {
        let span = step.span;
        match &step.kind {
            StepKind::Start(start) => self.start(span, start).await,
            StepKind::Send(send) => self.send(span, send).await,
            StepKind::Wait(duration) => {
                let moment = add_to_instant(self.world.now(), *duration, &self.file.setting.zone, None);
                let moment = moment.map_err(|error| self.failed(span, error.to_string()))?;
                self.advance(span, moment).await
            }
            StepKind::At(moment) => {
                if *moment < self.world.now() {
                    return Err(self.failed(span, format!("the clock is past that moment: it is {}", self.clock_words())));
                }
                self.advance(span, *moment).await
            }
            StepKind::Place(placed) => self.place(placed).await,
            StepKind::Act(acting) => self.act(span, acting).await,
            StepKind::Open(opening) => self.open(span, opening).await,
            StepKind::Adapter(by_hand) => {
                self.answer_by_hand(span, by_hand).await?;
                self.settle(span).await
            }
            StepKind::Report(reporting) => self.report(span, reporting).await,
            StepKind::Race(race) => self.race(span, race).await,
            StepKind::Crash(crash) => self.crash(span, crash).await,
            StepKind::Deploy { deployable, refused } => self.deploy(span, deployable, refused.as_deref()).await,
            StepKind::Expect(expectations) => self.expect(expectations).await,
            StepKind::Play { fragment, targets } => Box::pin(self.fragment(span, fragment, targets.as_deref())).await,
        }
    }

    async fn fragment(&mut self, span: Span, name: &str, targets: Option<&[Arc<str>]>) -> Result<(), Stop> {
        let file = self.file;
        let Some(steps) = file.fragments.get(name) else {
            return Err(self.failed(span, format!("there is no fragment `{name}`")));
        };
        if self.depth == FRAGMENTS_DEPTH_MAX {
            let sentence = format!("fragments play one another more than {FRAGMENTS_DEPTH_MAX} deep");
            return Err(self.failed(span, sentence));
        }
        let Some(targets) = targets else {
            self.depth += 1;
            self.steps(steps).await?;
            self.depth -= 1;
            return Ok(());
        };
        for target in targets {
            let party = self.party(span, target)?;
            let before = self.it.replace(party);
            self.depth += 1;
            self.steps(steps).await?;
            self.depth -= 1;
            self.it = before;
        }
        Ok(())
    }

    async fn place(&mut self, placed: &Placed) -> Result<(), Stop> {
        let Placed { span, alias, target, .. } = placed;
        let file = self.file;
        for copy in 1..=placed.count {
            let copy = (placed.count > 1).then_some(copy);
            let party = self.party(*span, &numbered(target, copy))?;
            let names = match placed.is_computed() {
                true => self.names(copy).await.map_err(|trouble| self.failed(*span, trouble))?,
                false => no_names(&file.setting, self.world.now(), copy),
            };
            let request = placed.request(&file.setting, &party, &names);
            let request = request.map_err(|(span, sentence)| self.failed(span, sentence))?;
            if let Err(sentence) = self
                .world
                .place(request)
                .await
                .map_err(|trouble| self.failed(*span, trouble))?
            {
                return Err(self.failed_about(*span, sentence, &party).await);
            }
            if let Some(alias) = alias {
                self.aliases.insert(alias.clone(), party);
            }
        }
        Ok(())
    }

    pub(super) fn chart_of(&self, workflow: &str) -> Option<&Arc<Chart>> {
        self.file.setting.chart_of(workflow)
    }

    async fn answer_by_hand(&mut self, span: Span, by_hand: &ByHand) -> Result<(), Stop> {
        let effect = (by_hand.adapter.clone(), by_hand.action.clone());
        let of = by_hand
            .of
            .as_ref()
            .map(|of| self.party(span, of))
            .transpose()?
            .or_else(|| self.it.clone());
        let names = self.names(None).await.map_err(|trouble| self.failed(span, trouble))?;
        let answer = answer_of(&by_hand.said, &names).map_err(|sentence| self.failed(span, sentence))?;
        let given = self
            .world
            .counterparts
            .answer_by_hand(&effect, of.as_ref().map(Party::id), answer);
        match (given, of) {
            (Ok(()), _) => Ok(()),
            (Err(sentence), Some(of)) => Err(self.failed_about(span, sentence, &of).await),
            (Err(sentence), None) => Err(self.failed(span, sentence)),
        }
    }

    async fn crash(&mut self, span: Span, crash: &Crash) -> Result<(), Stop> {
        let of = crash
            .of
            .as_ref()
            .map(|of| self.party(span, of))
            .transpose()?
            .or_else(|| self.it.clone());
        self.world.counterparts.set_trap(Trap {
            point: crash.point,
            effect: (crash.adapter.clone(), crash.action.clone()),
            of: of.as_ref().map(Party::id),
        });
        self.settle(span).await
    }

    async fn advance(&mut self, span: Span, moment: jiff::Timestamp) -> Result<(), Stop> {
        let moved = self.world.advance_to(moment).await;
        moved.map_err(|trouble| self.failed(span, format!("{trouble} (it is {})", self.clock_words())))
    }

    async fn settle(&mut self, span: Span) -> Result<(), Stop> {
        let settled = self.world.settle().await;
        settled.map_err(|trouble| self.failed(span, trouble))
    }

    /// What templates may name now: every alias, as others see the instance.
    pub(super) async fn names(&self, copy: Option<u64>) -> Result<Names<'_>, Trouble> {
        let mut variables = BTreeMap::new();
        let it = self.it.as_ref().map(|it| (Arc::from("it"), it));
        let aliases = self.aliases.iter().map(|(alias, party)| (alias.clone(), party));
        for (alias, party) in aliases.chain(it) {
            if let Some(standing) = self.world.standing(party).await? {
                let seen = view(&standing.known.chart, &standing.snapshot, None, self.world.now());
                variables.insert(alias, seen);
            }
        }
        Ok(Names {
            variables,
            ..no_names(&self.file.setting, self.world.now(), copy)
        })
    }

    pub(super) async fn value(&self, span: Span, written: &Written, copy: Option<u64>) -> Result<Value, Stop> {
        let names = match written.is_computed() {
            true => self.names(copy).await.map_err(|trouble| self.failed(span, trouble))?,
            false => no_names(&self.file.setting, self.world.now(), copy),
        };
        written.value(&names).map_err(|sentence| self.failed(written.span, sentence))
    }

    async fn fields(
        &self,
        span: Span,
        written: Option<&Written>,
        copy: Option<u64>,
    ) -> Result<statewright_core::value::Object, Stop> {
        let Some(written) = written else {
            return Ok(Default::default());
        };
        match self.value(span, written, copy).await?.as_object() {
            Some(fields) => Ok(fields.clone()),
            None => Err(self.failed(written.span, "these are not fields: write a mapping")),
        }
    }

    /// `workflow/key`, an alias, or `it`.
    pub(super) fn party(&self, span: Span, name: &str) -> Result<Party, Stop> {
        if let Some((workflow, key)) = name.split_once('/') {
            let (workflow, key) = (workflow.into(), key.into());
            return Ok(Party { workflow, key });
        }
        let known = match name {
            "it" => self.it.as_ref(),
            name => self.aliases.get(name),
        };
        known.cloned().ok_or_else(|| {
            let hint = match nearest(name, self.aliases.keys().map(|alias| &**alias)) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => ": write `workflow/key`, or give it a name with `id` where it is started".into(),
            };
            self.failed(span, format!("no instance is called `{name}` here{hint}"))
        })
    }

    pub(super) fn knows(&self, alias: &str) -> bool {
        alias == "it" || self.aliases.contains_key(alias)
    }

    pub(super) fn fail(&mut self, failed: Failed) {
        if self.failures.len() < FAILURES_MAX {
            self.failures.push(failed);
        }
    }

    fn failed(&self, span: Span, sentence: impl Into<String>) -> Stop {
        let mut failed = Failed::new(span, sentence);
        failed.order = self.order.clone();
        Stop::Failed(Box::new(failed))
    }

    /// With the trail of the instance that it is about.
    async fn failed_about(&self, span: Span, sentence: impl Into<String>, party: &Party) -> Stop {
        let mut failed = Failed::new(span, sentence);
        failed.order = self.order.clone();
        failed.trails.extend(self.trail_of(party).await);
        Stop::Failed(Box::new(failed))
    }

    /// What led there, a line an entry.
    pub(super) async fn trail_of(&self, party: &Party) -> Option<(String, Vec<String>)> {
        let rows = self.world.trail(party.id()).await.ok()?;
        let zone = self.zone_of(self.world.standing(party).await.ok()?.as_ref());
        let lines = trail::lines(&rows, &zone);
        (!lines.is_empty()).then(|| (format!("{}/{}", party.workflow, party.key), lines))
    }

    pub(super) fn zone_of(&self, standing: Option<&Standing>) -> TimeZone {
        let own = standing.and_then(|standing| statewright_core::time::zone(&standing.snapshot.zone).ok());
        own.unwrap_or_else(|| self.file.setting.zone.clone())
    }

    pub(super) fn clock_words(&self) -> String {
        super::moment::shown(self.world.now(), &self.file.setting.zone)
    }

    pub(super) fn order(&self) -> &[String] {
        &self.order
    }

    /// From here on these may be there.
    pub(super) fn name_incidents(&mut self, incidents: &[Incident]) {
        self.incidents = incidents.iter().map(named).collect();
    }
}
