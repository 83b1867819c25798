//! The course of an instance: the states it was in, and how it came from one to the next. Nothing of its data stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::is_within;
use statewright_core::identity::InstanceId;
use statewright_core::step::Actor;
use statewright_core::trail::EntryText;
use statewright_core::value::Value;

use super::Queries;
use crate::error::{EngineError, EngineResult};
use crate::roles::{self, AUDITOR};

/// Entries that are read for a course, the last ones: it is drawn on a page that is read often, and most lives are shorter.
pub const COURSE_ENTRIES_MAX: usize = 500;

/// Where an instance was, as far as its last entries say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// By the paths of the states.
    pub stays: BTreeMap<Arc<str>, Stays>,
    /// States that were left for one another, from and to, and those around them. Where several were left or entered at once it is not
    /// known which for which, and none of them is here.
    pub ways: BTreeSet<(Arc<str>, Arc<str>)>,
    /// There were more entries before those that were read.
    pub cut: bool,
}

/// How often a state was entered, and by which entry last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stays {
    pub times: u64,
    pub last: u64,
}

impl Queries {
    /// For whoever may read its trail.
    pub async fn course(&self, workflow: &str, key: &str, actor: &Actor, now: Timestamp) -> EngineResult<Course> {
        let (instance, fields) = self.visible(workflow, key, actor, now).await?;
        if fields.is_some() && !roles::has(actor, AUDITOR) {
            return Err(EngineError::Hidden);
        }
        let before = instance.snapshot.sequence.saturating_sub(COURSE_ENTRIES_MAX as u64);
        let rows = self
            .store
            .trail(InstanceId::of(workflow, key), before, COURSE_ENTRIES_MAX)
            .await?;
        let mut course = Course {
            cut: before > 0,
            ..Course::default()
        };
        for row in &rows {
            // what is no entry says nothing of where it was; `verify` says more
            if let Ok(entry) = EntryText::read(&row.bytes) {
                course.follow(row.sequence, &entry);
            }
        }
        Ok(course)
    }
}

impl Course {
    pub(super) fn follow(&mut self, sequence: u64, entry: &EntryText) {
        let (left, entered) = (paths(entry, "left"), paths(entry, "entered"));
        for path in &entered {
            let stays = self.stays.entry(path.clone()).or_insert(Stays { times: 0, last: 0 });
            stays.times += 1;
            stays.last = sequence;
        }
        for (from, to) in hops(&innermost(&left), &innermost(&entered)) {
            // a way may begin or end at what holds the state, too: whichever is drawn
            for from in around(&from, &left) {
                self.ways
                    .extend(around(&to, &entered).into_iter().map(|to| (from.clone(), to)));
            }
        }
    }
}

/// From which state to which, one after the other: what was entered on the way was left again.
fn hops(left: &[Arc<str>], entered: &[Arc<str>]) -> Vec<(Arc<str>, Arc<str>)> {
    let one_after_the_other =
        left.len() == entered.len() && left.iter().skip(1).eq(entered.iter().take(entered.len().saturating_sub(1)));
    match one_after_the_other {
        true => left.iter().cloned().zip(entered.iter().cloned()).collect(),
        false => Vec::new(),
    }
}

fn around(inner: &Arc<str>, all: &[Arc<str>]) -> BTreeSet<Arc<str>> {
    let holds = |path: &&Arc<str>| *path == inner || is_within(inner, path);
    all.iter().filter(holds).cloned().collect()
}

fn paths(entry: &EntryText, name: &str) -> Vec<Arc<str>> {
    let items = entry.member(name).and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_text().map(Arc::from)).collect()
}

/// Those within which none of the others is.
fn innermost(paths: &[Arc<str>]) -> Vec<Arc<str>> {
    let holds_none = |path: &&Arc<str>| !paths.iter().any(|other| is_within(other, path.as_ref()));
    paths.iter().filter(holds_none).cloned().collect()
}
