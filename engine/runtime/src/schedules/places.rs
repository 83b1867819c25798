//! How far schedules have come, in the trails of instances of their own.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Chart, Schedule};
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, ActorKind, Place, SYSTEM_WORKFLOW, ScheduleAct, Snapshot, schedule_key};

use crate::body::Party;
use crate::error::{EngineError, EngineResult};
use crate::instances::{Instances, Personal};
use crate::store::{Applied, NewMessage, Store};
use crate::system::write_of;

/// How often the end of a schedule is noted while its runs are, too.
const END_ATTEMPTS_MAX: u32 = 16;

pub struct Places {
    store: Arc<dyn Store>,
    instances: Arc<Instances>,
}

/// How far one schedule has come.
pub struct Standing {
    pub party: Party,
    before: Option<Arc<Snapshot>>,
    pub place: Option<Place>,
}

impl Places {
    pub fn new(store: Arc<dyn Store>, instances: Arc<Instances>) -> Self {
        Places { store, instances }
    }

    pub async fn standing(&self, workflow: &str, schedule: &str) -> EngineResult<Standing> {
        let party = Party {
            workflow: SYSTEM_WORKFLOW.into(),
            key: schedule_key(workflow, schedule).into(),
        };
        let before = self.instances.load_one(party.id(), Personal::Without).await?;
        let before = before.map(|instance| instance.snapshot);
        let place = match &before {
            None => None,
            Some(before) => {
                let damaged = || EngineError::Damaged(format!("how far {} has come cannot be read", party.key));
                Some(Place::of(before).ok_or_else(damaged)?)
            }
        };
        Ok(Standing { party, before, place })
    }

    /// Keeps an act, and sends with it, in one commit. False: somebody else was faster, and nothing happened.
    pub async fn keep(
        &self,
        standing: &Standing,
        act: &ScheduleAct,
        messages: Vec<NewMessage>,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<bool> {
        let before = standing.before.as_deref();
        let mut write = write_of(&standing.party.key, before, &act.value(), actor, now)?;
        write.messages = messages;
        let applied = self.store.commit(std::slice::from_ref(&write)).await?;
        match applied.first() {
            Some(Applied::Committed) => Ok(true),
            Some(Applied::Moved) => Ok(false),
            other => Err(EngineError::Damaged(format!(
                "the store answered {other:?} to an act of a schedule"
            ))),
        }
    }

    /// Notes the end of schedules that the next definition of their workflow does not have, so that one that comes back later is planned
    /// anew and nothing is made up for.
    pub async fn end(&self, old: &Chart, new: &Chart, by: &Actor, now: Timestamp) -> EngineResult<()> {
        let is_kept = |schedule: &&Schedule| new.schedules.iter().any(|kept| kept.name == schedule.name);
        for schedule in old.schedules.iter().filter(|schedule| !is_kept(schedule)) {
            for _ in 0..END_ATTEMPTS_MAX {
                let standing = self.standing(&old.workflow, &schedule.name).await?;
                let Some(place) = standing.place.clone().filter(|place| !place.ended) else {
                    break;
                };
                let act = ScheduleAct {
                    name: "schedule_ended",
                    members: Vec::new(),
                    place: Place {
                        ended: true,
                        sending: None,
                        at: now,
                        ..place
                    },
                    started: None,
                };
                if self.keep(&standing, &act, Vec::new(), by, now).await? {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Standing {
    /// Of the next entry.
    pub fn next_sequence(&self) -> u64 {
        self.before.as_ref().map_or(1, |before| before.sequence + 1)
    }

    pub fn id(&self) -> InstanceId {
        self.party.id()
    }
}

/// Who a schedule is, to those it sends to.
pub fn actor_of(schedule: &Schedule) -> Actor {
    Actor::plain(ActorKind::Schedule, schedule.name.clone())
}
