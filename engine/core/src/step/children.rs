//! The instances that an invoke starts: asked for when a step has come to rest in the state, on hold with it, ended with it.

use std::borrow::Cow;
use std::sync::Arc;

use super::action::EACH_ITEMS_MAX;
use super::interrupt::{Interrupt, NoValue};
use super::machine::{Machine, Raised};
use super::scope::Locals;
use super::select::Occasion;
use super::{ActiveInvoke, AdapterFailure, Child, MessageKind, Standing, Status, Verdict};
use crate::chart::{Children, Invoke, StateIndex, StateSet};
use crate::value::{Object, Value};

/// Why children cannot be asked for, as a sentence.
type Asked<T> = Result<T, String>;

/// The key of a child, and what its item binds.
type Keyed = (Arc<str>, Locals);

impl Machine<'_> {
    /// Asks for every child. The sentence of what is wrong with one of them is the invoke's own error, and none is asked for.
    pub(super) fn begin_children(
        &mut self,
        state: StateIndex,
        position: usize,
        invoke: &Invoke,
        children: &Children,
    ) -> Result<Asked<Arc<str>>, Interrupt> {
        let (effect, id): (Arc<str>, Arc<str>) = (
            format!("{}:{}:{}", self.next.instance, self.next.sequence, invoke.id).into(),
            invoke.id.clone(),
        );
        let items = match self.items_of(children)? {
            Ok(items) => items,
            Err(sentence) => return Ok(Err(sentence)),
        };
        let all = match self.keys_of(children, &id, &items)? {
            Ok(keys) => keys,
            Err(sentence) => return Ok(Err(sentence)),
        };
        let asked = (self.messages.len(), self.next.sends.clone());
        for (key, locals) in &all {
            if let Err(sentence) = self.post_child(children, &effect, key.clone(), id.clone(), locals)? {
                self.messages.truncate(asked.0);
                self.next.sends = asked.1;
                return Ok(Err(sentence));
            }
        }
        let starting = |(key, _): Keyed| Child {
            key,
            standing: Standing::Starting,
        };
        let active = ActiveInvoke {
            state,
            position,
            children: all.into_iter().map(starting).collect(),
            holds: false,
        };
        let is_empty = active.children.is_empty();
        self.next.invokes.insert(effect.clone(), active);
        if is_empty {
            // nobody to wait for
            self.end_invoke(&effect);
            self.queue.push_back(Raised::InvokeDone {
                state,
                position,
                payload: Object::from([("result".into(), Value::from_items(Vec::new()))]),
            });
        }
        Ok(Ok(effect))
    }

    /// None: a child without an item.
    fn items_of(&mut self, children: &Children) -> Result<Asked<Vec<Option<Value>>>, Interrupt> {
        let Some(each) = &children.each else {
            return Ok(Ok(vec![None]));
        };
        let list = match self.scope(&[], &Locals::default()).value(&each.list) {
            Ok(list) => list,
            Err(NoValue::Needs) => return Err(Interrupt::Needs),
            Err(NoValue::Fault(sentence)) => return Ok(Err(sentence)),
        };
        Ok(match list.as_list() {
            Some(items) if items.len() <= EACH_ITEMS_MAX => Ok(items.iter().cloned().map(Some).collect()),
            Some(items) => Err(format!("`each` has {} items; at most {EACH_ITEMS_MAX}", items.len())),
            None => Err(format!("`each: {}` is not a list", each.list.source())),
        })
    }

    /// The key of each child with what its item binds; no two may be the same.
    fn keys_of(&mut self, children: &Children, id: &Arc<str>, items: &[Option<Value>]) -> Result<Asked<Vec<Keyed>>, Interrupt> {
        let name = children.each.as_ref().and_then(|each| each.name.as_ref());
        let mut all: Vec<Keyed> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let locals = item
                .as_ref()
                .map_or_else(Locals::default, |item| Locals::item(name, item, index));
            let key: Arc<str> = match (&children.key, item) {
                (Some(template), _) => match self.scope(&[], &locals).text(template) {
                    Ok(key) => key.into(),
                    Err(NoValue::Needs) => return Err(Interrupt::Needs),
                    Err(NoValue::Fault(sentence)) => return Ok(Err(sentence)),
                },
                (None, None) => format!("{}-{id}-{}", self.next.key, self.next.sequence).into(),
                (None, Some(_)) => format!("{}-{id}-{}-{}", self.next.key, self.next.sequence, index + 1).into(),
            };
            if all.iter().any(|(other, _)| *other == key) {
                return Ok(Err(format!("two children would have the key `{key}`")));
            }
            all.push((key, locals));
        }
        Ok(Ok(all))
    }

    /// What became of asking for a child.
    pub(super) fn take_child_start(
        &mut self,
        effect: &Arc<str>,
        child: &Arc<str>,
        refused: Option<&Arc<str>>,
    ) -> Result<Verdict, Interrupt> {
        let Some(active) = self.next.invokes.get(effect) else {
            return Ok(Verdict::Taken);
        };
        let (state, position) = (active.state, active.position);
        let Some(declared) = self.chart.state(state).invokes.get(position) else {
            return Ok(Verdict::Stale);
        };
        let id = declared.id.clone();
        let about = Object::from([("child".into(), Value::Text(child.clone()))]);
        match refused {
            None => {
                self.stand(effect, child, |standing| match standing {
                    Standing::Starting => Standing::Running,
                    other => other,
                });
                self.set_event(format!("started.{id}").into(), Cow::Owned(about));
                self.follow_unless_paused(Occasion::InvokeStart(state, position))
            }
            Some(why) => {
                self.stand(effect, child, |_| Standing::Failed);
                let failure = AdapterFailure {
                    why: "refused".into(),
                    message: why.clone(),
                    detail: Value::from_fields(about),
                };
                let payload = super::answers::answer_payload(&Err(failure.clone())).1;
                self.set_event(format!("error.{id}").into(), Cow::Owned(payload));
                let verdict = self.follow_failure(Occasion::InvokeError(state, position, &id), &id, &failure)?;
                self.raise_if_all_ended(effect);
                Ok(verdict)
            }
        }
    }

    pub(super) fn take_child_end(&mut self, effect: &Arc<str>, child: &Arc<str>, output: &Value) -> Result<Verdict, Interrupt> {
        let Some(active) = self.next.invokes.get(effect) else {
            self.log.note("ignored", "the child ended after its state was left", child);
            return Ok(Verdict::Ignored);
        };
        let (state, position) = (active.state, active.position);
        if self.paused_states().contains(state) {
            return Ok(Verdict::Deferred);
        }
        let Some(declared) = self.chart.state(state).invokes.get(position) else {
            return Ok(Verdict::Stale);
        };
        self.stand(effect, child, |_| Standing::Ended(output.clone()));
        let Some(active) = self.next.invokes.get(effect) else {
            return Ok(Verdict::Stale);
        };
        let Some(results) = results(active) else {
            return Ok(Verdict::Taken);
        };
        let payload = result_of_all(declared, results);
        // whoever looks at them still sees how they ended, until the state is left
        self.end_wait(effect);
        self.set_event(format!("done.{}", declared.id).into(), Cow::Owned(payload));
        self.follow_done(state, position, declared)
    }

    /// The last of the children could not begin, and whoever answered to that stayed: the invoke is done as if it had been the first. If
    /// none came to an end, nothing is done.
    fn raise_if_all_ended(&mut self, effect: &Arc<str>) {
        let Some(active) = self.next.invokes.get(effect) else { return };
        if !active
            .children
            .iter()
            .any(|child| matches!(child.standing, Standing::Ended(_)))
        {
            return;
        }
        let (state, position) = (active.state, active.position);
        let declared = self.chart.state(state).invokes.get(position);
        if let (Some(results), Some(declared)) = (results(active), declared) {
            self.end_wait(effect);
            self.queue.push_back(Raised::InvokeDone {
                state,
                position,
                payload: result_of_all(declared, results),
            });
        }
    }

    fn stand(&mut self, effect: &Arc<str>, child: &Arc<str>, standing: impl FnOnce(Standing) -> Standing) {
        let children = self.next.invokes.get_mut(effect).map(|active| &mut active.children);
        if let Some(child) = children.into_iter().flatten().find(|known| known.key == *child) {
            let was = std::mem::replace(&mut child.standing, Standing::Failed);
            child.standing = standing(was);
        }
    }

    /// Whoever has not ended is not waited for any more.
    pub(super) fn stop_children(&mut self, effect: &Arc<str>) -> Result<(), Interrupt> {
        for (workflow, key) in self.open_children(effect) {
            self.tell(workflow, key, MessageKind::Stop { invoke: effect.clone() })?;
        }
        Ok(())
    }

    fn open_children(&self, effect: &Arc<str>) -> Vec<(Arc<str>, Arc<str>)> {
        let Some(active) = self.next.invokes.get(effect) else {
            return Vec::new();
        };
        let declared = self.chart.state(active.state).invokes.get(active.position);
        let Some(children) = declared.and_then(Invoke::children) else {
            return Vec::new();
        };
        let open = active
            .children
            .iter()
            .filter(|child| matches!(child.standing, Standing::Starting | Standing::Running));
        open.map(|child| (children.workflow.clone(), child.key.clone())).collect()
    }

    /// Children are on hold while the state of their invoke is paused, and know why.
    pub(super) fn hold_children(&mut self) -> Result<(), Interrupt> {
        if self.next.invokes.values().all(|active| active.children.is_empty()) {
            return Ok(());
        }
        let paused = self.paused_states();
        let changed = self
            .next
            .invokes
            .iter()
            .filter(|(_, active)| !active.children.is_empty() && active.holds != paused.contains(active.state));
        let changed: Vec<(Arc<str>, StateIndex)> = changed.map(|(effect, active)| (effect.clone(), active.state)).collect();
        for (effect, state) in changed {
            let why = paused.contains(state).then(|| self.why_paused(state));
            for (workflow, key) in self.open_children(&effect) {
                let told = MessageKind::Hold {
                    invoke: effect.clone(),
                    why: why.clone(),
                };
                self.tell(workflow, key, told)?;
            }
            if let Some(active) = self.next.invokes.get_mut(&effect) {
                active.holds = why.is_some();
            }
        }
        Ok(())
    }

    fn is_from_parent(&self, invoke: &Arc<str>) -> bool {
        self.next.parent.as_ref().is_some_and(|parent| parent.invoke == *invoke)
    }

    /// Everything on the way out is done, and nothing rests anywhere: what it held is free. A parent that stops a child knows it.
    pub(super) fn take_stop(&mut self, invoke: &Arc<str>) -> Result<Verdict, Interrupt> {
        if self.next.status == Status::Done || !self.is_from_parent(invoke) {
            return Ok(Verdict::Ignored);
        }
        self.next.held = None;
        self.set_event("stop".into(), Cow::Owned(Object::new()));
        self.leave_everything()?;
        Ok(Verdict::Taken)
    }

    pub(super) fn take_hold(&mut self, invoke: &Arc<str>, why: Option<&Arc<str>>) -> Result<Verdict, Interrupt> {
        if self.next.status == Status::Done || !self.is_from_parent(invoke) {
            return Ok(Verdict::Ignored);
        }
        self.next.held = why.cloned();
        Ok(Verdict::Taken)
    }

    /// Tells the parent of this instance's end, if it is a child.
    pub(super) fn tell_parent(&mut self) -> Result<(), Interrupt> {
        let Some(parent) = self.next.parent.clone() else {
            return Ok(());
        };
        let ended = MessageKind::Ended {
            invoke: parent.invoke,
            output: self.next.output.clone(),
        };
        self.tell(parent.workflow, parent.key, ended)
    }

    fn leave_everything(&mut self) -> Result<(), Interrupt> {
        self.next.status = Status::Done;
        let resting = self.next.active;
        for state in resting.iter_back() {
            let chart = self.chart;
            self.run_block(&chart.state(state).exit, &[])?;
            self.leave(state)?;
        }
        self.next.active = StateSet::default();
        self.queue.clear();
        Ok(())
    }
}

/// `event.result`: a list where there is one child for each item.
fn result_of_all(declared: &Invoke, results: Vec<Value>) -> Object {
    let with_each = declared.children().is_some_and(|children| children.each.is_some());
    let result = match with_each {
        true => Value::from_items(results),
        false => results.into_iter().next().unwrap_or(Value::Null),
    };
    Object::from([("result".into(), result)])
}

/// The results of all children in their order; None: not all have come to an end.
fn results(active: &ActiveInvoke) -> Option<Vec<Value>> {
    let result = |child: &Child| match &child.standing {
        Standing::Ended(output) => Some(output.clone()),
        Standing::Failed => Some(Value::Null),
        Standing::Starting | Standing::Running => None,
    };
    active.children.iter().map(result).collect()
}
