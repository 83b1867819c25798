//! Who is given a task, of those who could be.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{Assignment, Preference};
use statewright_core::step::{Actor, CANDIDATES_KEPT_MAX, Candidate, ENDED, GIVEN, Giving};

use super::roster::OnDuty;
use crate::directory::Person;
use crate::error::EngineResult;
use crate::store::{MarkQuery, Store, TaskQuery};

/// Tasks of one person that are counted: whoever holds more is given none before others.
const LOAD_MAX: usize = 1_000;

pub(super) struct Choosing<'a> {
    pub store: &'a dyn Store,
    pub rule: &'a Assignment,
    /// Who gave it back already.
    pub declined: &'a [Arc<str>],
    /// Who is named and comes before all others.
    pub first: Option<Arc<str>>,
    /// Who did it last and comes next.
    pub doer: Option<Arc<str>>,
    /// None: it does not matter who is on shift.
    pub duty: Option<&'a OnDuty>,
    /// What was given to people and does not stand in the store yet.
    pub taken: BTreeMap<Arc<str>, u64>,
}

/// Somebody who may be given it.
struct Eligible {
    actor: Actor,
    load: u64,
    last_at: Option<Timestamp>,
}

impl Choosing<'_> {
    /// The choice among these people, with the reason for it.
    pub async fn choose(&self, people: Vec<Person>, now: Timestamp) -> EngineResult<Giving> {
        if people.is_empty() {
            return Ok(nobody("nobody whom it is for is in the directory"));
        }
        let there = people.into_iter().filter(|person| !person.is_away(now));
        let mut people: Vec<Actor> = there.map(|person| person.actor).collect();
        if people.is_empty() {
            return Ok(nobody("everybody whom it is for is away"));
        }
        if let Some(duty) = self.duty {
            people.retain(|person| duty.has(person));
            if people.is_empty() {
                return Ok(nobody(match duty.is_kept() {
                    true => "nobody whom it is for is on shift",
                    false => "the file of roles names no roster, so nobody is known to be on shift",
                }));
            }
        }
        let known = people.len();
        people.retain(|person| !self.declined.contains(&person.id));
        let mut eligible = Vec::new();
        for actor in people {
            let load = self.load(&actor.id).await?;
            if self.rule.max.is_none_or(|max| load < u64::from(max)) {
                let last_at = None;
                eligible.push(Eligible { actor, load, last_at });
            }
        }
        if eligible.is_empty() {
            let max = self.rule.max.map_or(String::new(), |max| format!("holds {max} or more, or "));
            return Ok(nobody(&format!("each of {known} who could have it {max}gave it back")));
        }
        self.best(eligible).await
    }

    async fn best(&self, mut eligible: Vec<Eligible>) -> EngineResult<Giving> {
        let count = eligible.len() as u64;
        let mut why = Vec::new();
        let place = |user: &Option<Arc<str>>| eligible.iter().position(|each| Some(&each.actor.id) == user.as_ref());
        let best = match (place(&self.first), place(&self.doer)) {
            (Some(first), _) => {
                why.push("is named first".to_owned());
                first
            }
            (None, Some(doer)) => {
                why.push("did it last".to_owned());
                doer
            }
            (None, None) => {
                // those who are still alike; the order of their ids decides at last
                let mut alike: Vec<usize> = (0..eligible.len()).collect();
                for preference in &self.rule.order {
                    if alike.len() > 1 {
                        alike = self.preferred(*preference, &mut eligible, alike, &mut why).await?;
                    }
                }
                alike.first().copied().unwrap_or(0)
            }
        };
        if why.is_empty() {
            why.push(
                if count == 1 {
                    "the only one"
                } else {
                    "the first of those alike"
                }
                .to_owned(),
            );
        }
        let best = eligible.remove(best);
        eligible.sort_by(|a, b| a.load.cmp(&b.load).then_with(|| a.actor.id.cmp(&b.actor.id)));
        let all = std::iter::once(&best).chain(&eligible);
        Ok(Giving {
            why: why.join(", ").into(),
            eligible: count,
            candidates: all.take(CANDIDATES_KEPT_MAX).map(Eligible::candidate).collect(),
            shift: self.duty.and_then(|duty| duty.shift_of(&best.actor)),
            to: Some(best.actor),
        })
    }

    /// Of these, who is preferred.
    async fn preferred(
        &self,
        preference: Preference,
        eligible: &mut [Eligible],
        alike: Vec<usize>,
        why: &mut Vec<String>,
    ) -> EngineResult<Vec<usize>> {
        let mut weighed: Vec<(i64, usize)> = Vec::with_capacity(alike.len());
        for position in &alike {
            let Some(each) = eligible.get_mut(*position) else { continue };
            let weight = match preference {
                Preference::LeastLoad => i64::try_from(each.load).unwrap_or(i64::MAX),
                Preference::LongestIdle => {
                    let last_us = self.last_us(&each.actor.id, &[GIVEN, ENDED]).await?;
                    each.last_at = last_us.and_then(|at_us| Timestamp::from_microsecond(at_us).ok());
                    last_us.unwrap_or(i64::MIN)
                }
                Preference::RoundRobin => {
                    let last_us = self.last_us(&each.actor.id, &[GIVEN]).await?;
                    each.last_at = last_us.and_then(|at_us| Timestamp::from_microsecond(at_us).ok());
                    last_us.unwrap_or(i64::MIN)
                }
            };
            weighed.push((weight, *position));
        }
        let least = weighed.iter().map(|(weight, _)| *weight).min().unwrap_or_default();
        let kept: Vec<usize> = weighed
            .into_iter()
            .filter(|(weight, _)| *weight == least)
            .map(|(_, position)| position)
            .collect();
        if kept.len() < alike.len() {
            why.push(match preference {
                Preference::LeastLoad => format!("holds least ({least})"),
                Preference::LongestIdle => "idle longest".into(),
                Preference::RoundRobin => "next in turn".into(),
            });
        }
        Ok(kept)
    }

    async fn load(&self, user: &Arc<str>) -> EngineResult<u64> {
        let query = TaskQuery {
            holders: vec![user.clone()],
            limit: LOAD_MAX,
            ..TaskQuery::default()
        };
        let held = self.store.tasks(&query).await?.rows.len() as u64;
        Ok(held + self.taken.get(user).copied().unwrap_or_default())
    }

    /// When somebody was last given a task, or ended one.
    async fn last_us(&self, user: &Arc<str>, names: &[&str]) -> EngineResult<Option<i64>> {
        let mut last_us = None;
        for name in names {
            let query = MarkQuery {
                name: (*name).into(),
                conditions: vec![("user".into(), vec![user.clone()])],
                limit: 1,
                ..MarkQuery::default()
            };
            let found = self.store.marks(&query).await?.rows.first().map(|mark| mark.at_us);
            last_us = last_us.max(found);
        }
        Ok(last_us)
    }
}

impl Eligible {
    fn candidate(&self) -> Candidate {
        Candidate {
            user: self.actor.id.clone(),
            load: self.load,
            last_at: self.last_at,
        }
    }
}

fn nobody(why: &str) -> Giving {
    Giving {
        to: None,
        why: why.into(),
        eligible: 0,
        candidates: Vec::new(),
        shift: None,
    }
}
