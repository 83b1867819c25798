//! Instances of one workflow by what stands in their indexed fields.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use statewright_core::chart::Chart;
use statewright_core::field::{Field, Kind};
use statewright_core::step::{Actor, Status};

use super::list::ListRequest;
use super::search::{last_of, sought_text};
use super::sight::Sight;
use super::walk::{SEARCH_PAGE_MAX, Walk, Walked, ties_of};
use super::{Hit, Queries};
use crate::error::{EngineError, EngineResult};
use crate::registry::Known;
use crate::store::{IndexedValue, SearchLine, SearchPlace};

/// Conditions of one list.
pub const CONDITIONS_MAX: usize = 16;

/// The name of a state, or its path, in bytes.
const STATE_BYTES_MAX: usize = 400;

/// What is looked for: all of it holds.
#[derive(Clone, Debug, Default)]
pub struct FindRequest {
    pub workflow: Arc<str>,
    /// Field and what is to stand in it: a value; for a text `A-1*`, what it begins with; for dates `2026-01-01..2026-01-31`, of which either
    /// end may be left out.
    pub fields: Vec<(Arc<str>, Arc<str>)>,
    /// By its name or its path.
    pub state: Option<Arc<str>>,
    pub done: Option<bool>,
    /// Started in this moment or later.
    pub from_us: Option<i64>,
    /// Started before this moment.
    pub until_us: Option<i64>,
    pub after: Option<SearchPlace>,
    pub limit: usize,
}

#[derive(Clone, Debug)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub next: Option<SearchPlace>,
    /// There is more than was looked at, and nothing of what was looked at is the actor's: they have to say more.
    pub cut: bool,
}

/// What is to stand in a field, by its text.
enum Condition {
    Is(Arc<str>),
    Begins(Arc<str>),
    /// First and last, by their bytes: days, and moments of those days.
    Within(Arc<str>, Arc<str>),
}

impl FindRequest {
    /// Whether anything is asked of what an index knows.
    pub fn is_of_fields(&self) -> bool {
        !self.fields.is_empty() || self.state.is_some()
    }
}

impl Queries {
    /// By the value of the condition that says most, then by no order that means anything.
    pub(crate) async fn find(&self, request: &FindRequest, live: &Known, actor: &Actor, now: Timestamp) -> EngineResult<Found> {
        let conditions = conditions(request, &live.chart)?;
        if conditions.is_empty() && !live.chart.is_found_by_index() {
            return self.find_by_comparing(request, actor, now).await;
        }
        let Some((line, walked)) = line(request, &conditions) else {
            return Ok(Found {
                hits: Vec::new(),
                next: None,
                cut: false,
            });
        };
        let judge = |place: &SearchPlace, sight: &Sight| -> Option<Vec<IndexedValue>> {
            let found_by = sight.found_by();
            let meets = |(field, condition): &(Arc<str>, Condition)| {
                found_by.iter().any(|(name, value)| name == field && condition.holds(value))
            };
            if !request.fits(sight) || !conditions.iter().all(meets) {
                return None;
            }
            match walked {
                None => Some(Vec::new()),
                Some((field, condition)) => sight.matched_at(place, |name, value| *name == **field && condition.holds(value)),
            }
        };
        let walk = Walk {
            lines: vec![line],
            ties: ties_of([&live.chart], actor),
            after: request.after.clone(),
            limit: request.limit.clamp(1, SEARCH_PAGE_MAX),
        };
        let Walked { hits, next, cut } = self.walk(walk, actor, now, judge).await?;
        Ok(Found { hits, next, cut })
    }

    /// Instances that no index finds, the newest first. A place says when the one that stands there was started.
    async fn find_by_comparing(&self, request: &FindRequest, actor: &Actor, now: Timestamp) -> EngineResult<Found> {
        let begun = |place: &SearchPlace| {
            let started_us = place.value.parse().map_err(|_| EngineError::NotSearchable {
                parameter: "after".to_owned(),
                why: "it is of another list".to_owned(),
            });
            Ok::<_, EngineError>((started_us?, place.instance))
        };
        let list = ListRequest {
            workflow: Some(request.workflow.clone()),
            state: request.state.clone(),
            done: request.done,
            from_us: request.from_us,
            until_us: request.until_us,
            after: request.after.as_ref().map(begun).transpose()?,
            limit: request.limit,
        };
        let (sights, next) = self.listed(&list, actor, now).await?;
        let hits = sights.iter().map(|sight| {
            Ok(Hit {
                shown: sight.shown(actor, now)?,
                personal: Vec::new(),
                matched: Vec::new(),
            })
        });
        let hits = hits.collect::<EngineResult<Vec<Hit>>>()?;
        Ok(Found {
            cut: false,
            next: next.map(|(started_us, instance)| SearchPlace {
                value: started_us.to_string().into(),
                instance,
            }),
            hits,
        })
    }
}

impl FindRequest {
    /// What is asked of the instance itself.
    fn fits(&self, sight: &Sight) -> bool {
        let snapshot = &sight.instance.snapshot;
        let started_us = snapshot.started_at.as_microsecond();
        self.done.is_none_or(|done| done == (snapshot.status == Status::Done))
            && self.from_us.is_none_or(|from_us| started_us >= from_us)
            && self.until_us.is_none_or(|until_us| started_us < until_us)
            && self.state.as_ref().is_none_or(|state| sight.is_in(state))
    }
}

impl Condition {
    fn of(field: &Field, given: &str) -> Result<Self, String> {
        let kind = match &field.schema.kind {
            Kind::List { items, .. } => &items.kind,
            kind => kind,
        };
        let is_moment = matches!(kind, Kind::Date | Kind::Instant);
        if let Some(beginning) = given.strip_suffix('*') {
            return match beginning {
                "" => Err("`*` stands behind the beginning of what is looked for".to_owned()),
                _ => Ok(Condition::Begins(beginning.into())),
            };
        }
        if !is_moment {
            return Ok(Condition::Is(sought_text(given)));
        }
        let (first, last) = given.split_once("..").unwrap_or((given, given));
        let day = |given: &str| match given.parse::<Date>() {
            Ok(day) if given.len() == day.to_string().len() => Ok(given.to_owned()),
            _ => Err(format!("`{given}` is no day such as 2026-01-31")),
        };
        let first = if first.is_empty() { String::new() } else { day(first)? };
        let last = if last.is_empty() { String::new() } else { day(last)? };
        Ok(Condition::Within(first.into(), last_of(&last)))
    }

    fn holds(&self, value: &str) -> bool {
        match self {
            Condition::Is(text) => *value == **text,
            Condition::Begins(beginning) => value.starts_with(&**beginning),
            Condition::Within(first, last) => **first <= *value && *value <= **last,
        }
    }

    fn bounds(&self) -> (Arc<str>, Arc<str>) {
        match self {
            Condition::Is(text) => (text.clone(), text.clone()),
            Condition::Begins(beginning) => (beginning.clone(), last_of(beginning)),
            Condition::Within(first, last) => (first.clone(), last.clone()),
        }
    }

    /// The less, the fewer meet it, as far as can be told without looking.
    fn width(&self) -> u8 {
        match self {
            Condition::Is(_) => 0,
            Condition::Begins(_) => 1,
            Condition::Within(..) => 2,
        }
    }
}

fn conditions(request: &FindRequest, chart: &Chart) -> EngineResult<Vec<(Arc<str>, Condition)>> {
    let refuse = |parameter: &str, why: String| EngineError::NotSearchable {
        parameter: parameter.to_owned(),
        why,
    };
    if request.fields.len() > CONDITIONS_MAX {
        return Err(refuse("fields", format!("there are at most {CONDITIONS_MAX} conditions")));
    }
    let mut conditions = Vec::new();
    for (name, given) in &request.fields {
        let Some(field) = chart.data.get(name).filter(|field| field.is_indexed()) else {
            let known: Vec<&str> = chart.indexed.iter().map(|field| &**field).collect();
            return Err(refuse(
                name,
                match known.as_slice() {
                    [] => format!("`{}` has no indexed field", chart.workflow),
                    known => format!(
                        "it is none of the indexed fields of `{}`: {}",
                        chart.workflow,
                        known.join(", ")
                    ),
                },
            ));
        };
        if given.len() > super::SEARCH_WORD_BYTES_MAX || given.chars().any(char::is_control) {
            return Err(refuse(name, "it is too long, or holds control characters".to_owned()));
        }
        let condition = Condition::of(field, given).map_err(|why| refuse(name, why))?;
        conditions.push((name.clone(), condition));
    }
    Ok(conditions)
}

/// A line of the index, and the condition whose it is; None: it is that of a state.
type Line<'c> = (SearchLine, Option<&'c (Arc<str>, Condition)>);

/// What is walked: the condition that says most, else those in a state. None: nothing can be in it.
fn line<'c>(request: &FindRequest, conditions: &'c [(Arc<str>, Condition)]) -> Option<Line<'c>> {
    if let Some(walked) = conditions.iter().min_by_key(|(_, condition)| condition.width()) {
        let (from, to) = walked.1.bounds();
        let line = SearchLine {
            workflow: request.workflow.clone(),
            field: walked.0.clone(),
            from,
            to,
        };
        return Some((line, Some(walked)));
    }
    let state = request.state.as_ref().filter(|state| !state.is_empty());
    let state = state.filter(|state| state.len() <= STATE_BYTES_MAX && !state.chars().any(char::is_control));
    state.map(|state| {
        let line = SearchLine {
            workflow: request.workflow.clone(),
            field: Arc::default(),
            from: state.clone(),
            to: state.clone(),
        };
        (line, None)
    })
}
