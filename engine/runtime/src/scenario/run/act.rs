//! Starting and sending, and what became of it.

use std::sync::Arc;

use statewright_core::chart::{EventPattern, Trigger};
use statewright_core::diagnostic::{Span, nearest};
use statewright_core::step::{Actor, Refusal, TaskAct, TaskRef, Verdict};

use super::{Run, Stop};
use crate::body::Party;
use crate::engine::{ReportRequest, SendRequest, StartRequest, TaskRequest};
use crate::error::EngineResult;
use crate::intake::Answer;
use crate::scenario::plan::{Act, Acting, Common, Send, Start, Wanted, Who};
use crate::scenario::report::Difference;

/// What became of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Taken,
    Ignored,
    /// Its states are paused: it comes again by itself.
    Waits,
    Refused {
        sentence: String,
        /// `workflow/key` of what stands in the way.
        blockers: Vec<String>,
    },
}

/// One input, ready to be put on its way.
#[derive(Clone, Debug)]
pub(super) enum Ready {
    Start(StartRequest),
    Send(SendRequest),
    Act(TaskRequest),
    Report(ReportRequest),
}

impl Outcome {
    /// What cannot be done at all is refused with the sentence of its error.
    pub fn of(answer: EngineResult<Answer>) -> Outcome {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let sentence = error.to_string();
                return Outcome::Refused {
                    sentence,
                    blockers: Vec::new(),
                };
            }
        };
        match answer.verdict {
            Verdict::Taken => Outcome::Taken,
            Verdict::Ignored | Verdict::Stale => Outcome::Ignored,
            Verdict::Deferred => Outcome::Waits,
            Verdict::Refused(refusals) => {
                let said = |refusal: &Refusal| match &refusal.field {
                    Some(field) => format!("{field} {}", refusal.sentence),
                    None => refusal.sentence.clone(),
                };
                let sentences: Vec<String> = refusals.iter().map(said).collect();
                Outcome::Refused {
                    sentence: sentences.join("; "),
                    blockers: refusals.iter().flat_map(|refusal| refusal.instances.clone()).collect(),
                }
            }
        }
    }

    pub fn is(&self, wanted: &Wanted) -> bool {
        match (wanted, self) {
            (Wanted::Anything, _) | (Wanted::Taken, Outcome::Taken | Outcome::Waits) | (Wanted::Ignored, Outcome::Ignored) => {
                true
            }
            (Wanted::Refused(words), Outcome::Refused { sentence, .. }) => {
                sentence.to_lowercase().contains(&words.to_lowercase())
            }
            _ => false,
        }
    }

    pub fn words(&self) -> String {
        match self {
            Outcome::Taken => "taken".into(),
            Outcome::Ignored => "ignored: nothing answers to it in the states it is in".into(),
            Outcome::Waits => "waits: the states it concerns are paused".into(),
            Outcome::Refused { sentence, .. } => format!("refused: {sentence}"),
        }
    }
}

impl Wanted {
    pub(in crate::scenario) fn words(&self) -> String {
        match self {
            Wanted::Taken => "taken".into(),
            Wanted::Ignored => "ignored".into(),
            Wanted::Refused(words) if words.is_empty() => "refused".into(),
            Wanted::Refused(words) => format!("refused: … {words} …"),
            Wanted::Anything => "anything".into(),
        }
    }
}

impl Run<'_> {
    pub(super) async fn start(&mut self, span: Span, start: &Start) -> Result<(), Stop> {
        for copy in copies(&start.common) {
            let request = self.ready_start(span, start, copy).await?;
            let engine = self.world.engine();
            let answer = self.world.ask(async move { engine.start(request).await }).await;
            let answer = answer.map_err(|trouble| self.failed(span, trouble))?;
            self.call(start, &answer);
            let about = answer.as_ref().ok().map(party_of);
            self.compare(span, &start.common, &Outcome::of(answer), about).await?;
        }
        Ok(())
    }

    pub(super) async fn send(&mut self, span: Span, send: &Send) -> Result<(), Stop> {
        for copy in copies(&send.common) {
            let request = self.ready_send(span, send, copy).await?;
            let engine = self.world.engine();
            let about = Party {
                workflow: request.workflow.clone(),
                key: request.key.clone(),
            };
            let answer = self.world.ask(async move { engine.send(request).await }).await;
            let answer = answer.map_err(|trouble| self.failed(span, trouble))?;
            let outcome = Outcome::of(answer);
            let words = self.words_of(&outcome, send, &about.workflow);
            self.compare_in_words(span, &send.common, &outcome, words, Some(about))
                .await?;
        }
        Ok(())
    }

    /// What became of an event. That nothing ever answers to it is more than that nothing does now.
    fn words_of(&self, outcome: &Outcome, send: &Send, workflow: &str) -> String {
        let chart = self.chart_of(workflow).filter(|_| *outcome == Outcome::Ignored);
        let Some(chart) = chart else { return outcome.words() };
        let answered = || {
            chart.transitions.iter().filter_map(|transition| match &transition.trigger {
                Trigger::Event(pattern) => Some(pattern),
                _ => None,
            })
        };
        if answered().any(|pattern| pattern.matches(&send.event)) {
            return outcome.words();
        }
        let names = answered().filter_map(|pattern| match pattern {
            EventPattern::Exact(name) => Some(&**name),
            EventPattern::Prefix(_) | EventPattern::Any => None,
        });
        let hint = nearest(&send.event, names).map(|meant| format!("; did you mean `{meant}`?"));
        let hint = hint.unwrap_or_default();
        format!("ignored: no state of `{workflow}` answers to `{}`{hint}", send.event)
    }

    fn task_ref(&self, span: Span, workflow: &str, name: &str) -> Result<TaskRef, Stop> {
        let Some(chart) = self.chart_of(workflow) else {
            return Err(self.failed(span, format!("no file under `uses` holds `{workflow}`")));
        };
        let name = crate::scenario::placing::state_path(chart, name).map_err(|sentence| self.failed(span, sentence))?;
        Ok(TaskRef { name, opened: None })
    }

    /// What somebody does with a task beside finishing it.
    pub(super) async fn act(&mut self, span: Span, acting: &Acting) -> Result<(), Stop> {
        let request = self.ready_act(span, acting)?;
        let about = Party {
            workflow: request.workflow.clone(),
            key: request.key.clone(),
        };
        let engine = self.world.engine();
        let answer = self.world.ask(async move { engine.act(request).await }).await;
        let answer = answer.map_err(|trouble| self.failed(span, trouble))?;
        self.compare(span, &acting.common, &Outcome::of(answer), Some(about)).await
    }

    pub(super) fn ready_act(&mut self, span: Span, acting: &Acting) -> Result<TaskRequest, Stop> {
        let about = self.party(span, acting.of.as_deref().unwrap_or("it"))?;
        let act = match &acting.act {
            Act::Claim => TaskAct::Claim,
            Act::Release => TaskAct::Release { note: None },
            Act::Acknowledge => TaskAct::Acknowledge,
            Act::DelegateTo(to) => TaskAct::Delegate {
                to: Box::new(self.actor(span, to)?),
            },
        };
        Ok(TaskRequest {
            task: self.task_ref(span, &about.workflow, &acting.task)?,
            workflow: about.workflow,
            key: about.key,
            act,
            actor: self.actor(span, &acting.common.actor)?,
            input_key: Some(self.world.next_input_key()),
            expected: None,
        })
    }

    /// From here on the instance that was started is called so.
    pub(super) fn call(&mut self, start: &Start, answer: &EngineResult<Answer>) {
        if let (Some(alias), Ok(answer)) = (&start.alias, answer)
            && answer.verdict == Verdict::Taken
        {
            self.aliases.insert(alias.clone(), party_of(answer));
        }
    }

    pub(super) async fn ready_start(&mut self, span: Span, start: &Start, copy: Option<u64>) -> Result<StartRequest, Stop> {
        Ok(StartRequest {
            workflow: start.workflow.clone(),
            key: None,
            payload: self.fields(span, start.common.with.as_ref(), copy).await?,
            actor: self.actor(span, &start.common.actor)?,
            input_key: Some(self.world.next_input_key()),
            reason: start.common.reason.clone(),
            signed: start.common.sign,
        })
    }

    pub(super) async fn ready_send(&mut self, span: Span, send: &Send, copy: Option<u64>) -> Result<SendRequest, Stop> {
        let Party { workflow, key } = match &send.to {
            Some(to) => self.party(span, &super::numbered(to, copy))?,
            None => self.party(span, "it")?,
        };
        let task = match &send.task {
            Some(task) => Some(self.task_ref(span, &workflow, task)?),
            None => None,
        };
        Ok(SendRequest {
            workflow,
            key,
            event: send.event.clone(),
            payload: self.fields(span, send.common.with.as_ref(), copy).await?,
            actor: self.actor(span, &send.common.actor)?,
            input_key: Some(self.world.next_input_key()),
            reason: send.common.reason.clone(),
            expected: None,
            signed: send.common.sign,
            task,
        })
    }

    pub(super) fn actor(&self, span: Span, who: &Who) -> Result<Actor, Stop> {
        match who {
            Who::Described(actor) => Ok(Actor::clone(actor)),
            Who::Named(name) => {
                let known = self.file.setting.given.people.get(name);
                known
                    .cloned()
                    .ok_or_else(|| self.failed(span, format!("nobody is called `{name}`")))
            }
        }
    }

    /// Whether it became of an input what the step says.
    pub(super) async fn compare(&self, span: Span, common: &Common, outcome: &Outcome, about: Option<Party>) -> Result<(), Stop> {
        self.compare_in_words(span, common, outcome, outcome.words(), about).await
    }

    async fn compare_in_words(
        &self,
        span: Span,
        common: &Common,
        outcome: &Outcome,
        words: String,
        about: Option<Party>,
    ) -> Result<(), Stop> {
        let mut differences = Vec::new();
        if !outcome.is(&common.wanted) {
            differences.push(Difference {
                path: "outcome".into(),
                expected: common.wanted.words(),
                actual: words,
            });
        }
        if let (Some(wanted), Outcome::Refused { blockers, .. }) = (&common.blockers, outcome) {
            let mut names = Vec::with_capacity(wanted.len());
            for name in wanted {
                let Party { workflow, key } = self.party(span, name)?;
                names.push(format!("{workflow}/{key}"));
            }
            let (mut wanted, mut found) = (names, blockers.clone());
            wanted.sort();
            found.sort();
            if wanted != found {
                differences.push(Difference {
                    path: "blockers".into(),
                    expected: list(&wanted),
                    actual: list(&found),
                });
            }
        }
        if differences.is_empty() {
            return Ok(());
        }
        let stop = match about {
            Some(about) => self.failed_about(span, "it came out differently", &about).await,
            None => self.failed(span, "it came out differently"),
        };
        Err(match stop {
            Stop::Failed(mut failed) => {
                failed.differences = differences;
                Stop::Failed(failed)
            }
            stop => stop,
        })
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        names => names.join(", "),
    }
}

pub(super) fn party_of(answer: &Answer) -> Party {
    Party {
        workflow: answer.workflow.clone(),
        key: answer.key.clone(),
    }
}

/// The numbers of the copies of a step; one that comes once has none.
fn copies(common: &Common) -> impl Iterator<Item = Option<u64>> + use<> {
    let times = common.times;
    (1..=times).map(move |copy| (times > 1).then_some(copy))
}

/// How an input is called in the order of a race.
pub(super) fn name_of(kind: &crate::scenario::plan::StepKind) -> String {
    use crate::scenario::plan::StepKind;
    match kind {
        StepKind::Start(start) => format!("start {}", start.workflow),
        StepKind::Send(send) => {
            let to: Arc<str> = send.to.clone().unwrap_or_else(|| "it".into());
            format!("{} to {to}", send.event)
        }
        StepKind::Act(acting) => {
            let of: Arc<str> = acting.of.clone().unwrap_or_else(|| "it".into());
            format!("{} {} of {of}", acting.act.as_str(), acting.task)
        }
        StepKind::Adapter(by_hand) => format!("{}.{} answers", by_hand.adapter, by_hand.action),
        StepKind::Report(reporting) => format!("{}.{} reports", reporting.adapter, reporting.action),
        _ => "a step".into(),
    }
}
