//! Parents and children as the trail tells them: each child is asked for once, heard once, and never left behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Snapshot, Standing, Status};

use super::audit::{Life, Tally};
use super::entry::{Entry, text_of};

/// The key of the invoke, and that of the child.
type Name = (Arc<str>, Arc<str>);

#[derive(Default)]
struct Child {
    workflow: Arc<str>,
    asked: u32,
    began: u32,
    /// How often it told its parent that it has ended.
    told: u32,
    /// How often the parent took that.
    heard: u32,
}

#[derive(Default)]
pub struct Kin {
    children: BTreeMap<Name, Child>,
}

impl Kin {
    /// Follows an entry of the instance of this key.
    pub fn follow(&mut self, own: &Arc<str>, entry: &Entry, tally: &mut Tally) -> Result<(), String> {
        for message in entry.list("messages") {
            let Some(invoke) = text_of(message, "invoke") else { continue };
            let to = text_of(message, "to").unwrap_or_default();
            match text_of(message, "kind") {
                Some("start") => {
                    let child = self.child(invoke, to);
                    child.workflow = text_of(message, "workflow").unwrap_or_default().into();
                    child.asked += 1;
                    once(child.asked, "is asked for", invoke, to)?;
                }
                Some("ended") => {
                    let child = self.child(invoke, own);
                    child.told += 1;
                    once(child.told, "tells its parent of its end", invoke, own)?;
                }
                _ => {}
            }
        }
        if !entry.taken {
            return Ok(());
        }
        match entry.kind() {
            "start" => {
                let parent = entry.input_value("parent");
                if let Some(invoke) = parent.and_then(|parent| text_of(parent, "invoke")) {
                    tally.children += 1;
                    let child = self.child(invoke, own);
                    child.began += 1;
                    if child.asked == 0 {
                        return Err(format!("the child {own} of {invoke} begins, and nobody asked for it"));
                    }
                    once(child.began, "begins", invoke, own)?;
                }
            }
            "child_ended" => {
                let key: Arc<str> = entry.input("child").unwrap_or_default().into();
                let invoke = entry.input("invoke").unwrap_or_default();
                tally.ended += 1;
                let child = self.child(invoke, &key);
                child.heard += 1;
                if child.heard > child.told {
                    return Err(format!(
                        "the end of the child {key} of {invoke} is heard more often than it was told"
                    ));
                }
                once(child.heard, "is heard to have ended", invoke, &key)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn child(&mut self, invoke: &str, key: &str) -> &mut Child {
        self.children.entry((invoke.into(), key.into())).or_default()
    }

    /// When nothing is under way any more: who has children, and who is one.
    pub fn at_rest(&self, lives: &BTreeMap<InstanceId, Life>) -> Result<(), String> {
        for life in lives.values() {
            let of = |sentence: String| format!("{}: {sentence}", life.name());
            self.check_children(life, lives).map_err(of)?;
            self.check_parent(life, lives).map_err(of)?;
        }
        Ok(())
    }

    fn check_children(&self, life: &Life, lives: &BTreeMap<InstanceId, Life>) -> Result<(), String> {
        let (snapshot, chart) = (&life.snapshot, &life.chart);
        let paused = snapshot.paused(chart);
        for (invoke, active) in &snapshot.invokes {
            for known in &active.children {
                let place = format!("the child {} of {invoke}", known.key);
                let Some(asked) = self.children.get(&(invoke.clone(), known.key.clone())) else {
                    return Err(format!("{place} is waited for, and was never asked for"));
                };
                let child = lives.get(&InstanceId::of(&asked.workflow, &known.key));
                let child = child.map(|life| &life.snapshot).filter(|child| is_of(child, invoke));
                match (&known.standing, child) {
                    (Standing::Starting, _) => return Err(format!("{place} is asked for still, and nothing is under way")),
                    (Standing::Running, Some(child)) if child.status == Status::Active => {
                        if child.held.is_some() != paused.contains(active.state) {
                            return Err(format!(
                                "{place} is on hold: {}, and its parent otherwise",
                                child.held.is_some()
                            ));
                        }
                    }
                    (Standing::Running, Some(_)) => return Err(format!("{place} has ended, and its parent does not know")),
                    (Standing::Ended(output), Some(child)) if child.status == Status::Done => {
                        if *output != child.output {
                            return Err(format!(
                                "{place} ended with {:?}, and its parent was told {output:?}",
                                child.output
                            ));
                        }
                    }
                    (Standing::Failed, None) => {}
                    (standing, child) => {
                        let what = child.map(|child| child.status);
                        return Err(format!("{place} is {} to its parent, and really {what:?}", standing.as_str()));
                    }
                }
            }
        }
        Ok(())
    }

    /// A child lives exactly as long as its parent waits for it.
    fn check_parent(&self, life: &Life, lives: &BTreeMap<InstanceId, Life>) -> Result<(), String> {
        let Some(parent) = &life.snapshot.parent else { return Ok(()) };
        let known = lives.get(&InstanceId::of(&parent.workflow, &parent.key));
        let waits = known.is_some_and(|parents| parents.snapshot.invokes.contains_key(&parent.invoke));
        match (life.snapshot.status, waits) {
            (Status::Active, false) => Err(format!(
                "it lives, and its parent {}/{} has left the state of {}",
                parent.workflow, parent.key, parent.invoke
            )),
            _ => Ok(()),
        }
    }
}

fn is_of(child: &Snapshot, invoke: &Arc<str>) -> bool {
    child.parent.as_ref().is_some_and(|parent| parent.invoke == *invoke)
}

fn once(count: u32, what: &str, invoke: &str, key: &str) -> Result<(), String> {
    match count {
        0 | 1 => Ok(()),
        _ => Err(format!("the child {key} of {invoke} {what} a second time")),
    }
}
