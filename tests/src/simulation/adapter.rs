//! The other side of the adapters: a machine that answers when the simulation says so, and does not always say what it did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use statewright_core::value::{Object, Value};
use statewright_engine::adapter::{Adapter, Attempt, AttemptFailure};
use tokio::sync::oneshot;

use super::connection::short;
use super::trace::Trace;

/// What workflows call it, and what they ask of it.
pub const ADAPTERS: [&str; 4] = ["maker", "lens_design", "carrier", "suppliers"];
const ACTIONS: [&str; 5] = ["make", "polish", "calculate", "ship", "send_report"];

/// Everything that all nodes' adapters have asked for, and what was done of it.
pub struct Machine {
    trace: Arc<Trace>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By node and key; the attempt's number tells one from the next.
    open: BTreeMap<(Arc<str>, Arc<str>, u32), Open>,
    done: BTreeSet<Arc<str>>,
    /// Under its key: what was asked for the first time.
    asked: BTreeMap<Arc<str>, (Arc<str>, Value)>,
    attempts: u64,
    wrong: Vec<String>,
}

struct Open {
    answer: oneshot::Sender<Result<Value, AttemptFailure>>,
    /// Nobody will ever hear of it.
    silent: bool,
}

impl Open {
    fn waits(&self) -> bool {
        !self.silent && !self.answer.is_closed()
    }
}

/// What the machine does with an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Done,
    /// It is done, and the answer says that it failed for now.
    DoneAndDenied,
    Busy,
    Refused,
    /// It is done, and nobody ever hears of it.
    DoneAndSilent,
    Silent,
}

impl Machine {
    pub fn new(trace: Arc<Trace>) -> Self {
        Machine {
            trace,
            state: Mutex::default(),
        }
    }

    /// How many attempts wait for an answer.
    pub fn open(&self) -> usize {
        self.lock().open.values().filter(|open| open.waits()).count()
    }

    pub fn attempts(&self) -> u64 {
        self.lock().attempts
    }

    pub fn has_done(&self, key: &str) -> bool {
        self.lock().done.contains(key)
    }

    /// What was seen that must never be.
    pub fn take_wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().wrong)
    }

    /// Goes on with the attempt at this place of those that wait.
    pub fn go_on(&self, place: usize, course: Course) {
        let mut state = self.lock();
        state.open.retain(|_, open| !open.answer.is_closed());
        let waiting = state.open.iter().filter(|(_, open)| open.waits());
        let Some(name) = waiting.map(|(name, _)| name.clone()).nth(place) else {
            return;
        };
        let Some(open) = state.open.remove(&name) else { return };
        let (node, key, number) = name.clone();
        self.trace
            .note(&node, format!("the machine: {course:?} for {}#{number}", short(&key)));
        if matches!(course, Course::Done | Course::DoneAndDenied | Course::DoneAndSilent) {
            state.done.insert(key.clone());
        }
        let busy = || {
            Err(AttemptFailure::Temporary {
                message: "busy".into(),
                retry_after: None,
            })
        };
        let said = match course {
            Course::Done => Ok(result(&key, state.asked.get(&key))),
            Course::DoneAndDenied | Course::Busy => busy(),
            Course::Refused => Err(AttemptFailure::Refused {
                message: "no".into(),
                detail: Value::Null,
            }),
            // Kept open, and heard by nobody.
            Course::DoneAndSilent | Course::Silent => {
                state.open.insert(name, Open { silent: true, ..open });
                return;
            }
        };
        // Whoever asked may have given up meanwhile.
        let _ = open.answer.send(said);
    }

    /// The node is gone: nobody waits for these answers any more; what was under way may have been done.
    pub fn forget(&self, node: &str, was_done: bool) {
        let mut state = self.lock();
        let gone: Vec<_> = state.open.keys().filter(|(of, ..)| **of == *node).cloned().collect();
        for name in gone {
            state.open.remove(&name);
            if was_done {
                state.done.insert(name.1);
            }
        }
    }

    fn begin(&self, node: &Arc<str>, attempt: Attempt) -> oneshot::Receiver<Result<Value, AttemptFailure>> {
        let (answer, said) = oneshot::channel();
        let mut state = self.lock();
        let Attempt {
            key,
            action,
            input,
            number,
            ..
        } = attempt;
        self.trace.note(node, format!("performs {}#{number}", short(&key)));
        state.attempts += 1;
        let first = state
            .asked
            .entry(key.clone())
            .or_insert_with(|| (action.clone(), input.clone()));
        if *first != (action, input) {
            state.wrong.push(format!("{key} asks for another thing than the first time"));
        }
        state.open.insert((node.clone(), key, number), Open { answer, silent: false });
        said
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// What was made, and what whoever asked for this action goes on with.
fn result(key: &str, asked: Option<&(Arc<str>, Value)>) -> Value {
    let mut made = Object::from_iter([(Arc::from("made"), Value::from_text(key))]);
    match asked.map(|(action, input)| (&**action, input)) {
        Some(("calculate", input)) => {
            let eye = |name: &str| {
                let rx = input.field("rx").and_then(|rx| rx.field(name)).filter(|rx| !rx.is_null())?;
                let power = |name: &str| Some((Arc::from(name), rx.field(name)?.clone()));
                Some((
                    Arc::from(name),
                    Value::from_fields(["sphere", "cylinder", "axis", "add"].into_iter().filter_map(power).collect()),
                ))
            };
            let eyes = ["right", "left"].into_iter().filter_map(eye).collect();
            made.insert("status".into(), Value::Integer(0));
            made.insert("xstatus".into(), Value::from_items(Vec::new()));
            made.insert("inspection".into(), Value::from_fields(eyes));
        }
        Some(("ship", _)) => {
            made.insert("carrier".into(), Value::from_text("Parcel Service"));
            made.insert("tracking".into(), Value::from_text("PS-1"));
        }
        _ => {}
    }
    Value::from_fields(made)
}

/// Why an attempt of a node must not be, if it must not.
pub type Judge = Box<dyn Fn(&str, &Attempt) -> Option<String> + Send + Sync>;

/// One node's way to the machine.
pub struct Line {
    pub node: Arc<str>,
    pub machine: Arc<Machine>,
    pub judge: Judge,
}

#[async_trait]
impl Adapter for Line {
    fn has_action(&self, action: &str) -> bool {
        ACTIONS.contains(&action)
    }

    fn attempt_ms(&self, _action: &str) -> Option<i64> {
        Some(12_000)
    }

    async fn perform(&self, attempt: Attempt) -> Result<Value, AttemptFailure> {
        if let Some(wrong) = (self.judge)(&self.node, &attempt) {
            self.machine.lock().wrong.push(wrong);
        }
        let said = self.machine.begin(&self.node, attempt);
        match said.await {
            Ok(said) => said,
            // The node that asked is gone, and this with it.
            Err(_) => std::future::pending().await,
        }
    }
}
