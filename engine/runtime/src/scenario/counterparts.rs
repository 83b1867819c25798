//! The other side of every adapter: answers as the file says, when the virtual clock says, or when a step does so by hand.
//!
//! Like a good counterpart it knows a key again: what was done under it is not done a second time, and is answered the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use statewright_core::identity::InstanceId;
use statewright_core::time::add_to_instant;
use statewright_core::value::{Object, Value};
use tokio::sync::oneshot;

use super::plan::{CrashPoint, Reply, Said};
use super::written::Names;
use crate::adapter::{Adapter, Attempt, AttemptFailure};
use crate::clock::{Clock, VirtualClock};

/// How long an attempt may take: as long as a scenario lasts, since its end is what the file says.
const ATTEMPT_MS: i64 = 1_000 * 365 * 24 * 60 * 60 * 1_000;

/// An adapter's name, and its action's.
pub(crate) type Effect = (Arc<str>, Arc<str>);

/// What an adapter says to an attempt.
pub(crate) type Answer = Result<Value, AttemptFailure>;

pub(crate) struct Counterparts {
    clock: Arc<VirtualClock>,
    zone: TimeZone,
    state: Mutex<State>,
}

/// What adapters answer by themselves.
pub(crate) trait Replies: Send {
    /// The answer to an attempt whose turn this is, counted from 0 of its effect; None: it waits to be answered by hand.
    fn reply(&mut self, effect: &Effect, turn: u64) -> Option<Reply>;
}

impl Replies for BTreeMap<Effect, Vec<Reply>> {
    fn reply(&mut self, effect: &Effect, turn: u64) -> Option<Reply> {
        reply_at(self.get(effect)?, turn).cloned()
    }
}

struct State {
    replies: Box<dyn Replies>,
    /// Which answers of each effect are still to be given.
    turns: BTreeMap<Effect, Turns>,
    open: Vec<Open>,
    /// Key → what was answered when it was done.
    done: BTreeMap<Arc<str>, Value>,
    attempts: Vec<Attempted>,
    /// Steps on the way that are still to be reported, in no order.
    on_the_way: Vec<OnItsWay>,
    traps: Vec<Trap>,
    /// Where an engine stopped that has not been started again yet.
    stopped: Option<Arc<str>>,
    faults: Vec<String>,
}

/// An attempt that has had no answer.
struct Open {
    effect: Effect,
    key: Arc<str>,
    sender: oneshot::Sender<Answer>,
    /// When it is answered by itself, and how.
    planned: Option<Planned>,
}

/// A step on the way that is still to be reported.
#[derive(Clone, Debug)]
pub(crate) struct OnItsWay {
    pub due_us: i64,
    pub adapter: Arc<str>,
    pub key: Arc<str>,
    pub fields: Object,
}

/// An answer that an attempt will have by itself.
struct Planned {
    due_us: i64,
    answer: Answer,
    /// Whose turn it is; None: it is known again, and takes no turn.
    turn: Option<u64>,
}

/// The turns of an effect's answers, counted from 0.
#[derive(Default)]
struct Turns {
    /// The first that nobody had yet.
    next: u64,
    /// Earlier ones that were never given: the engine stopped before.
    returned: BTreeSet<u64>,
}

/// One attempt, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Attempted {
    pub effect: Effect,
    pub key: Arc<str>,
}

/// Where an engine is to stop.
#[derive(Clone, Debug)]
pub(crate) struct Trap {
    pub point: CrashPoint,
    pub effect: Effect,
    /// None: whichever instance comes first.
    pub of: Option<InstanceId>,
}

impl Counterparts {
    pub fn new(clock: Arc<VirtualClock>, zone: TimeZone, replies: Box<dyn Replies>) -> Self {
        let state = State {
            replies,
            turns: BTreeMap::new(),
            open: Vec::new(),
            done: BTreeMap::new(),
            attempts: Vec::new(),
            on_the_way: Vec::new(),
            traps: Vec::new(),
            stopped: None,
            faults: Vec::new(),
        };
        Counterparts {
            clock,
            zone,
            state: Mutex::new(state),
        }
    }

    /// When the next attempt is answered by itself.
    pub fn next_answer_us(&self) -> Option<i64> {
        let state = self.lock();
        let planned = state.open.iter().filter_map(|open| open.planned.as_ref());
        planned.map(|planned| planned.due_us).min()
    }

    /// When the next step on the way is reported.
    pub fn next_report_us(&self) -> Option<i64> {
        self.lock().on_the_way.iter().map(|step| step.due_us).min()
    }

    /// Steps on the way that are due, in order.
    pub fn take_due_reports(&self) -> Vec<OnItsWay> {
        let now_us = self.clock.now().as_microsecond();
        let mut state = self.lock();
        let steps = std::mem::take(&mut state.on_the_way);
        let (mut due, later): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| step.due_us <= now_us);
        state.on_the_way = later;
        due.sort_by_key(|step| step.due_us);
        due
    }

    /// A step that could not be reported yet.
    pub fn report_again(&self, step: OnItsWay) {
        self.lock().on_the_way.push(step);
    }

    /// A step that the engine does not take.
    pub fn report_refused(&self, step: &OnItsWay, why: &str) {
        let fault = format!("what `{}` reports on the way is refused: {why}", step.adapter);
        self.lock().faults.push(fault);
    }

    /// The key of the one attempt that waits, or of the last one that was answered.
    ///
    /// # Errors
    /// A sentence: there is none, or more than one.
    pub fn effect_to_report(&self, effect: &Effect, of: Option<InstanceId>, answered: bool) -> Result<Arc<str>, String> {
        let mut state = self.lock();
        state.open.retain(|open| !open.sender.is_closed());
        let (adapter, action) = effect;
        let is_meant = |key: &Arc<str>| of.is_none_or(|of| is_of(key, of));
        if answered {
            let mut attempts = state.attempts.iter().rev().filter(|attempt| attempt.effect == *effect);
            let last = attempts.find(|attempt| is_meant(&attempt.key) && state.done.contains_key(&attempt.key));
            return last
                .map(|attempt| attempt.key.clone())
                .ok_or_else(|| format!("`{adapter}.{action}` was not answered, so that there is no answer to take back"));
        }
        let open = state.open.iter().filter(|open| open.effect == *effect && is_meant(&open.key));
        let keys: Vec<&Arc<str>> = open.map(|open| &open.key).collect();
        match keys.as_slice() {
            [key] => Ok(Arc::clone(key)),
            [] => Err(format!("no attempt at `{adapter}.{action}` waits for an answer")),
            keys => Err(format!(
                "{} attempts at `{adapter}.{action}` wait for an answer; name the instance with `of`",
                keys.len()
            )),
        }
    }

    /// Answers what is due. True if anything was.
    pub fn answer_due(&self) -> bool {
        let now_us = self.clock.now().as_microsecond();
        let mut state = self.lock();
        let is_due = |open: &Open| open.planned.as_ref().is_some_and(|planned| planned.due_us <= now_us);
        let (due, open): (Vec<Open>, Vec<Open>) = std::mem::take(&mut state.open).into_iter().partition(is_due);
        state.open = open;
        let any = !due.is_empty();
        for Open {
            key, sender, planned, ..
        } in due
        {
            if let Some(planned) = planned {
                state.give(&key, sender, planned.answer);
            }
        }
        any
    }

    /// Answers the one attempt at this effect, of this instance if it is named, that waits.
    ///
    /// # Errors
    /// A sentence: there is none, or more than one.
    pub fn answer_by_hand(&self, effect: &Effect, of: Option<InstanceId>, answer: Answer) -> Result<(), String> {
        let mut state = self.lock();
        state.open.retain(|open| !open.sender.is_closed());
        let fits = |open: &Open| open.effect == *effect && of.is_none_or(|of| is_of(&open.key, of));
        let (adapter, action) = effect;
        match state.open.iter().filter(|open| fits(open)).count() {
            0 => Err(format!("no attempt at `{adapter}.{action}` waits for an answer")),
            1 => {
                if let Some(place) = state.open.iter().position(fits) {
                    let Open { key, sender, .. } = state.open.remove(place);
                    state.give(&key, sender, answer);
                }
                Ok(())
            }
            count => Err(format!(
                "{count} attempts at `{adapter}.{action}` wait for an answer; name the instance with `of`"
            )),
        }
    }

    /// The engine is to stop there: at once if such an attempt is under way, else at the next one.
    pub fn set_trap(&self, trap: Trap) {
        let mut state = self.lock();
        state.open.retain(|open| !open.sender.is_closed());
        let caught = state.open.iter().position(|open| trap.fits(&open.effect, &open.key));
        match caught {
            Some(place) => {
                let Open { key, planned, .. } = state.open.remove(place);
                state.stop(&trap, &key, planned);
            }
            None => state.traps.push(trap),
        }
    }

    /// The key of the effect at which the engine stopped since the last call.
    pub fn take_stopped(&self) -> Option<Arc<str>> {
        self.lock().stopped.take()
    }

    pub fn has_stopped(&self) -> bool {
        self.lock().stopped.is_some()
    }

    /// The engine is gone: nobody hears of what was under way, and what was not said yet is said to whoever asks next.
    pub fn forget_attempts(&self) {
        let mut state = self.lock();
        for open in std::mem::take(&mut state.open) {
            // whoever gave up waiting before has had its turn
            if !open.sender.is_closed() {
                state.take_back(&open.effect, open.planned);
            }
        }
    }

    /// Places that no attempt came to.
    pub fn untouched_traps(&self) -> Vec<Trap> {
        self.lock().traps.clone()
    }

    /// Keys of what is under way.
    pub fn under_way(&self) -> BTreeSet<Arc<str>> {
        self.lock().open.iter().map(|open| open.key.clone()).collect()
    }

    /// How many attempts there were.
    pub fn attempted(&self) -> usize {
        self.lock().attempts.len()
    }

    pub fn attempts(&self) -> Vec<Attempted> {
        self.lock().attempts.clone()
    }

    pub fn was_done(&self, key: &str) -> bool {
        self.lock().done.contains_key(key)
    }

    /// What of the file's answers could not be computed.
    pub fn take_faults(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().faults)
    }

    fn begin(&self, effect: Effect, attempt: Attempt) -> Option<oneshot::Receiver<Answer>> {
        let now = self.clock.now();
        let mut state = self.lock();
        let Attempt { key, input, .. } = attempt;
        state.attempts.push(Attempted {
            effect: effect.clone(),
            key: key.clone(),
        });
        let planned = state.plan(&effect, &key, &input, now, &self.zone);
        if let Some(place) = state.traps.iter().position(|trap| trap.fits(&effect, &key)) {
            let trap = state.traps.remove(place);
            state.stop(&trap, &key, planned);
            return None;
        }
        let (sender, receiver) = oneshot::channel();
        match planned {
            Some(Planned { due_us, answer, .. }) if due_us <= now.as_microsecond() => state.give(&key, sender, answer),
            planned => state.open.push(Open {
                effect,
                key,
                sender,
                planned,
            }),
        }
        Some(receiver)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    /// When and how an attempt is answered by itself. None: it waits for a step.
    fn plan(&mut self, effect: &Effect, key: &Arc<str>, input: &Value, now: Timestamp, zone: &TimeZone) -> Option<Planned> {
        if let Some(value) = self.done.get(key) {
            return Some(Planned {
                due_us: now.as_microsecond(),
                answer: Ok(value.clone()),
                turn: None,
            });
        }
        let turns = self.turns.entry(effect.clone()).or_default();
        let turn = turns.returned.first().copied().unwrap_or(turns.next);
        let reply = self.replies.reply(effect, turn)?;
        if !turns.returned.remove(&turn) {
            turns.next += 1;
        }
        let due = match add_to_instant(now, reply.after, zone, None) {
            Ok(due) => due,
            Err(error) => {
                self.faults.push(unusable(effect, "after", &error));
                now
            }
        };
        let names = Names {
            variables: [("input".into(), input.clone())].into(),
            zone,
            now,
            copy: None,
        };
        for step in &reply.progress {
            let fields = step
                .fields
                .value(&names)
                .map(|value| value.as_object().cloned().unwrap_or_default());
            let due = add_to_instant(now, step.after, zone, None).map_err(|error| error.to_string());
            match due.and_then(|due| Ok((due, fields?))) {
                Ok((due, fields)) => self.on_the_way.push(OnItsWay {
                    due_us: due.as_microsecond(),
                    adapter: effect.0.clone(),
                    key: key.clone(),
                    fields,
                }),
                Err(sentence) => self.faults.push(unusable(effect, "progress", &sentence)),
            }
        }
        let answer = answer_of(&reply.said, &names).unwrap_or_else(|sentence| {
            self.faults.push(unusable(effect, "answer", &sentence));
            Ok(Value::Null)
        });
        Some(Planned {
            due_us: due.as_microsecond(),
            answer,
            turn: Some(turn),
        })
    }

    /// An answer that nobody was given comes again in its turn.
    fn take_back(&mut self, effect: &Effect, planned: Option<Planned>) {
        if let Some(turn) = planned.and_then(|planned| planned.turn) {
            self.turns.entry(effect.clone()).or_default().returned.insert(turn);
        }
    }

    fn give(&mut self, key: &Arc<str>, sender: oneshot::Sender<Answer>, answer: Answer) {
        if let Ok(value) = &answer {
            self.done.entry(key.clone()).or_insert_with(|| value.clone());
        }
        // Whoever asked may have given up meanwhile.
        let _ = sender.send(answer);
    }

    fn stop(&mut self, trap: &Trap, key: &Arc<str>, planned: Option<Planned>) {
        match trap.point {
            CrashPoint::Before => {
                self.on_the_way.retain(|step| step.key != *key);
                self.take_back(&trap.effect, planned);
            }
            CrashPoint::After => {
                if let Ok(value) = planned.map_or(Ok(Value::Null), |planned| planned.answer) {
                    self.done.insert(key.clone(), value);
                }
            }
        }
        self.stopped = Some(key.clone());
    }
}

impl Trap {
    fn fits(&self, effect: &Effect, key: &str) -> bool {
        self.effect == *effect && self.of.is_none_or(|of| is_of(key, of))
    }
}

/// What is said, as the engine hears it.
pub(super) fn answer_of(said: &Said, names: &Names<'_>) -> Result<Answer, String> {
    Ok(match said {
        Said::Returns(None) => Ok(Value::Null),
        Said::Returns(Some(value)) => Ok(value.value(names)?),
        Said::Busy(message) => Err(AttemptFailure::Temporary {
            message: message.to_string(),
            retry_after: None,
        }),
        Said::Refuses { message, detail } => Err(AttemptFailure::Refused {
            message: message.to_string(),
            detail: detail.as_ref().map_or(Ok(Value::Null), |detail| detail.value(names))?,
        }),
    })
}

fn unusable(effect: &Effect, what: &str, why: &dyn std::fmt::Display) -> String {
    let (adapter, action) = effect;
    format!("the {what} of `{adapter}.{action}` under `given.adapters` cannot be used: {why}")
}

/// Each as often as it says, in order.
fn reply_at(replies: &[Reply], answered: u64) -> Option<&Reply> {
    let mut before = 0_u64;
    replies.iter().enumerate().find_map(|(place, reply)| {
        let is_last = place + 1 == replies.len();
        // Of several the earlier ones come once, unless they say how often; the last one stays.
        let times = match (reply.times, is_last) {
            (Some(times), _) => times,
            (None, true) => u64::MAX,
            (None, false) => 1,
        };
        before = before.saturating_add(times);
        (answered < before).then_some(reply)
    })
}

/// An effect's key begins with its instance's id.
pub(super) fn is_of(key: &str, instance: InstanceId) -> bool {
    key.split_once(':').is_some_and(|(id, _)| id == instance.to_string())
}

/// One adapter's way to them.
pub(super) struct Line {
    pub adapter: Arc<str>,
    pub counterparts: Arc<Counterparts>,
}

#[async_trait]
impl Adapter for Line {
    fn has_action(&self, _action: &str) -> bool {
        true
    }

    fn attempt_ms(&self, _action: &str) -> Option<i64> {
        Some(ATTEMPT_MS)
    }

    async fn perform(&self, attempt: Attempt) -> Answer {
        let effect = (self.adapter.clone(), attempt.action.clone());
        match self.counterparts.begin(effect, attempt) {
            Some(answer) => match answer.await {
                Ok(answer) => answer,
                // The engine that asked is gone, and this with it.
                Err(_) => std::future::pending().await,
            },
            None => std::future::pending().await,
        }
    }
}
