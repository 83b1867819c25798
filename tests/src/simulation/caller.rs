//! Whoever asks the engine from outside: under a key, again and again until there is an answer, and sometimes although there was.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::step::{Actor, Verdict};
use statewright_engine::error::{EngineError, EngineResult};
use statewright_engine::incidents::{Decision, IncidentName};
use statewright_engine::intake::Answer;
use statewright_engine::{Engine, SendRequest, StartRequest, TaskRequest};

use super::gate::Gate;
use super::ledger::lock;
use super::model::Model;
use super::trace::Trace;

/// What somebody wants.
#[derive(Clone, Debug)]
pub enum Wish {
    Start(StartRequest),
    Send(SendRequest),
    /// Something else is done with a task.
    Act(TaskRequest),
    Erase {
        workflow: Arc<str>,
        key: Arc<str>,
        by: Actor,
    },
    /// What waits for a person is decided, the first that is found.
    Settle {
        decision: Decision,
        by: Actor,
    },
}

impl Wish {
    /// The same under a key of its own, where it can have one.
    pub fn keyed(mut self, key: InputKey) -> Wish {
        match &mut self {
            Wish::Start(request) => request.input_key = Some(key),
            Wish::Send(request) => request.input_key = Some(key),
            Wish::Act(request) => request.input_key = Some(key),
            Wish::Erase { .. } | Wish::Settle { .. } => {}
        }
        self
    }
}

type Answering = Pin<Box<dyn Future<Output = EngineResult<Option<Answer>>>>>;

pub struct Caller {
    pub name: Arc<str>,
    wish: Wish,
    /// Where it was asked, and the answer that is waited for; more than one if the caller has lost patience.
    asked: Vec<(Arc<str>, Answering)>,
    /// The first answer that counts.
    told: Option<Answer>,
    /// How often the same is asked although there was an answer.
    repeats: u64,
    /// How often a node was asked.
    questions: u64,
    pub done: bool,
}

impl Caller {
    pub fn new(name: Arc<str>, wish: Wish, repeats: u64) -> Self {
        Caller {
            name,
            wish,
            asked: Vec::new(),
            told: None,
            repeats,
            questions: 0,
            done: false,
        }
    }

    pub fn is_waiting(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Asks a node; another question of the same key may be on its way.
    pub fn ask(&mut self, node: &Arc<str>, engine: &Engine, trace: &Trace) {
        trace.note(&self.name, format!("asks {node} {}", line_of(&self.wish)));
        self.questions += 1;
        self.asked.push((node.clone(), answering(&self.wish, engine.clone())));
    }

    /// The connections to a node that is gone are lost.
    pub fn lose(&mut self, node: &str) {
        self.asked.retain(|(asked, _)| **asked != *node);
    }

    /// Looks whether there is an answer, and answers what is wrong with it.
    pub async fn listen(
        &mut self,
        gate: &Gate,
        trace: &Trace,
        model: &Mutex<Model>,
        can_go_on: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let mut place = 0;
        while place < self.asked.len() {
            let (node, answering) = &mut self.asked[place];
            if !can_go_on(node) {
                place += 1;
                continue;
            }
            match gate.drive(answering).await {
                None => place += 1,
                Some(result) => {
                    drop(self.asked.remove(place));
                    trace.note(&self.name, format!("is told {}", line_of_answer(&result)));
                    if let Some(wrong) = self.hear(result, &lock(model)) {
                        return Some(format!("{} ({}): {wrong}", self.name, line_of(&self.wish)));
                    }
                }
            }
        }
        None
    }

    fn hear(&mut self, result: EngineResult<Option<Answer>>, model: &Model) -> Option<String> {
        match result {
            Ok(None) => self.done = true,
            Ok(Some(answer)) => return self.hear_answer(answer, model),
            // What can be asked again is asked again.
            Err(error) if error.passes() => {}
            Err(EngineError::StaleRevision { current }) => {
                self.done = true;
                if let Some((sequence, verdict)) = self.entry(model) {
                    return Some(format!(
                        "told that the revision is {current}, though entry {sequence} says {verdict}"
                    ));
                }
            }
            Err(EngineError::NoSuchInstance { .. }) => {
                self.done = true;
                // Of two that were asked at once one may have looked before the instance began, and be heard after it.
                if let Some((sequence, verdict)) = self.entry(model).filter(|_| self.questions == 1) {
                    return Some(format!(
                        "told that there is no such instance, though entry {sequence} says {verdict}"
                    ));
                }
            }
            Err(EngineError::NoSuchIncident | EngineError::NotRepairable(_)) => self.done = true,
            Err(error) => return Some(format!("told what nobody should be told: {error}")),
        }
        None
    }

    fn hear_answer(&mut self, answer: Answer, model: &Model) -> Option<String> {
        if self.repeats == 0 {
            self.done = true;
        }
        self.repeats = self.repeats.saturating_sub(1);
        let entry = model.inputs.get(&(answer.instance, self.key()?));
        match entry {
            Some((sequence, verdict)) => {
                if answer.sequence != *sequence || answer.verdict.as_str() != verdict {
                    let told = (answer.sequence, answer.verdict.as_str());
                    return Some(format!("told {told:?}, and the trail says {verdict} in entry {sequence}"));
                }
            }
            None if answer.verdict == Verdict::Taken => {
                return Some(format!(
                    "told that it was taken in entry {}, which the trail does not know",
                    answer.sequence
                ));
            }
            None => return None,
        }
        match &self.told {
            Some(first) if as_first(first) != as_first(&answer) => Some(format!("told {first:?} first and {answer:?} then")),
            Some(_) => None,
            None => {
                self.told = Some(answer);
                None
            }
        }
    }

    fn key(&self) -> Option<InputKey> {
        match &self.wish {
            Wish::Start(request) => request.input_key,
            Wish::Send(request) => request.input_key,
            Wish::Act(request) => request.input_key,
            Wish::Erase { .. } | Wish::Settle { .. } => None,
        }
    }

    /// What the trail says of it, as far as its instance is known.
    fn entry<'m>(&self, model: &'m Model) -> Option<&'m (u64, String)> {
        let instance = match &self.wish {
            Wish::Send(request) => InstanceId::of(&request.workflow, &request.key),
            Wish::Act(request) => InstanceId::of(&request.workflow, &request.key),
            Wish::Start(request) => InstanceId::of(&request.workflow, request.key.as_deref()?),
            Wish::Erase { .. } | Wish::Settle { .. } => return None,
        };
        model.inputs.get(&(instance, self.key()?))
    }
}

/// The answer without what is only about the question: the rest is the same in every answer to one key.
fn as_first(answer: &Answer) -> Answer {
    Answer {
        duplicate: false,
        open_until: None,
        lost_to: None,
        ..answer.clone()
    }
}

fn answering(wish: &Wish, engine: Engine) -> Answering {
    match wish.clone() {
        Wish::Start(request) => Box::pin(async move { engine.start(request).await.map(Some) }),
        Wish::Send(request) => Box::pin(async move { engine.send(request).await.map(Some) }),
        Wish::Act(request) => Box::pin(async move { engine.act(request).await.map(Some) }),
        Wish::Erase { workflow, key, by } => Box::pin(async move { engine.erase(&workflow, &key, &by).await.map(|()| None) }),
        Wish::Settle { decision, by } => Box::pin(async move {
            let incidents = engine.incidents().await?;
            let Some(incident) = incidents.first() else { return Ok(None) };
            let name = IncidentName {
                instance: incident.instance,
                kind: incident.kind,
                name: incident.name.clone(),
            };
            engine.settle(&name, &decision, None, &by).await.map(|()| None)
        }),
    }
}

fn line_of(wish: &Wish) -> String {
    match wish {
        Wish::Start(request) => format!("start {}/{}", request.workflow, request.key.as_deref().unwrap_or("…")),
        Wish::Send(request) => {
            let at = request.expected.map(|at| format!(" at {at}")).unwrap_or_default();
            format!("{} {}/{}{at}", request.event, request.workflow, request.key)
        }
        Wish::Act(request) => {
            let TaskRequest {
                act,
                task,
                workflow,
                key,
                actor,
                ..
            } = request;
            format!("{} by {} of {} in {workflow}/{key}", act.as_str(), actor.id, task.name)
        }
        Wish::Erase { workflow, key, .. } => format!("erase {workflow}/{key}"),
        Wish::Settle { decision, .. } => format!("settle {decision:?}"),
    }
}

fn line_of_answer(result: &EngineResult<Option<Answer>>) -> String {
    match result {
        Ok(Some(answer)) => {
            let again = if answer.duplicate { " again" } else { "" };
            format!("{} at {}{again}", answer.verdict.as_str(), answer.sequence)
        }
        Ok(None) => "done".into(),
        Err(error) => error.to_string(),
    }
}
