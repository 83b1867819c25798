//! Who is on shift: what the instances say that the file of roles names as the roster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Roster;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, SeenShift, view};
use statewright_core::value::Value;

use crate::error::EngineResult;
use crate::guarded::guarded;
use crate::instances::{Instance, Instances, Personal};
use crate::store::{FindQuery, Store};

/// Shifts that are on at once: more than any house has units and roles.
const SHIFTS_MAX: usize = 10_000;

/// Read at once.
const PAGE: usize = 500;

/// Who is on shift now.
#[derive(Default)]
pub(super) struct OnDuty {
    /// None: nothing says which instances are shifts.
    by_user: Option<BTreeMap<Arc<str>, Vec<Duty>>>,
    /// By the word of a scenario.
    supposed: BTreeSet<Arc<str>>,
}

struct Duty {
    shift: SeenShift,
    /// None: wherever the person belongs to.
    unit: Option<Arc<str>>,
}

impl OnDuty {
    pub fn supposed(people: &BTreeSet<Arc<str>>) -> Self {
        OnDuty {
            by_user: Some(BTreeMap::new()),
            supposed: people.clone(),
        }
    }

    /// Whether there is a roster at all.
    pub fn is_kept(&self) -> bool {
        self.by_user.is_some()
    }

    pub fn has(&self, person: &Actor) -> bool {
        self.supposed.contains(&person.id) || self.shift_of(person).is_some()
    }

    /// The shift that has somebody on duty where they belong to: who helps out elsewhere is not at hand there.
    pub fn shift_of(&self, person: &Actor) -> Option<SeenShift> {
        let duties = self.by_user.as_ref()?.get(&person.id)?;
        let here = duties.iter().find(|duty| duty.unit.is_none() || duty.unit == person.unit);
        here.map(|duty| duty.shift.clone())
    }
}

/// Asks the roster.
///
/// # Errors
/// Those of the store. A shift that cannot be read has nobody on duty; the log says so.
pub(super) async fn on_duty(
    roster: Option<&Roster>,
    store: &dyn Store,
    instances: &Instances,
    now: Timestamp,
) -> EngineResult<OnDuty> {
    let Some(roster) = roster else {
        return Ok(OnDuty::default());
    };
    let mut by_user: BTreeMap<Arc<str>, Vec<Duty>> = BTreeMap::new();
    let (mut after, mut looked_at) = (None, 0);
    loop {
        let query = FindQuery {
            workflow: roster.workflow.clone(),
            conditions: Vec::new(),
            states: roster.states.clone(),
            after,
            limit: PAGE,
        };
        let page = store.find(&query).await?;
        let ids: Vec<InstanceId> = page.rows.iter().map(|(id, _)| *id).collect();
        for loaded in instances.load(&ids, Personal::Without).await? {
            match loaded {
                Ok(Some(shift)) => add(&mut by_user, roster, &shift, now),
                Ok(None) => {}
                Err(error) => tracing::error!(error = error.logged(), "a shift cannot be read"),
            }
        }
        looked_at += ids.len();
        after = ids.last().copied();
        if !page.more || looked_at >= SHIFTS_MAX {
            return Ok(OnDuty {
                by_user: Some(by_user),
                ..OnDuty::default()
            });
        }
    }
}

fn add(by_user: &mut BTreeMap<Arc<str>, Vec<Duty>>, roster: &Roster, shift: &Instance, now: Timestamp) {
    let snapshot = &shift.snapshot;
    let Ok(seen) = guarded(|| Ok(view(&shift.known.chart, snapshot, None, now))) else {
        return;
    };
    let field = |path: &Arc<str>| {
        let data = seen.field("data").cloned().unwrap_or(Value::Null);
        path.split('.').try_fold(data, |value, name| value.field(name).cloned())
    };
    let moment = |path: &Option<Arc<str>>| match path.as_ref().and_then(field) {
        Some(Value::Instant(at)) => Some(at),
        _ => None,
    };
    let has_begun = moment(&roster.from).is_none_or(|from| from <= now);
    let goes_on = moment(&roster.to).is_none_or(|to| now < to);
    if !has_begun || !goes_on {
        return;
    }
    let unit = roster.unit.as_ref().and_then(field);
    let unit: Option<Arc<str>> = unit.as_ref().and_then(Value::as_text).map(Arc::from);
    for user in users(field(&roster.person)) {
        let shift = SeenShift {
            instance: snapshot.instance,
            name: format!("{}/{}", snapshot.workflow, snapshot.key).into(),
            sequence: snapshot.sequence,
        };
        let unit = unit.clone();
        by_user.entry(user).or_default().push(Duty { shift, unit });
    }
}

/// A user, or a list of users.
fn users(value: Option<Value>) -> Vec<Arc<str>> {
    match value {
        Some(Value::Text(user)) => vec![user],
        Some(Value::List(users)) => users.iter().filter_map(|user| user.as_text().map(Arc::from)).collect(),
        _ => Vec::new(),
    }
}
