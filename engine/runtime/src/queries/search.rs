//! A typed or scanned word, looked for in everything that an actor may see: keys, and indexed fields of all workflows.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use statewright_core::chart::Chart;
use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, index_text};
use statewright_core::time::start_of_day;
use statewright_core::value::Value;

use super::walk::{Hit, SEARCH_PAGE_MAX, Walk, Walked, ties_of};
use super::{ListRequest, Queries};
use crate::error::{EngineError, EngineResult};
use crate::registry::Known;
use crate::store::{IndexedValue, SEARCH_LINES_MAX, SearchLine, SearchPlace};

/// Of a word, in bytes: longer than what anything is called by, shorter than what an index keeps as it is.
pub const SEARCH_WORD_BYTES_MAX: usize = 200;

/// From so many characters on a word is also the beginning of what is looked for.
pub const SEARCH_PREFIX_CHARACTERS_MIN: usize = 2;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    pub word: Arc<str>,
    /// Of one workflow alone.
    pub workflow: Option<Arc<str>>,
    /// Only what is just that: neither what begins so, nor what was started on that day.
    pub whole: bool,
    /// Also in personal fields, by whole words: of these no address must hold the word.
    pub personal: bool,
    /// Where the page before ended.
    pub after: Option<SearchAfter>,
    pub limit: usize,
}

/// Where a page of a search begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchAfter {
    /// Behind this value.
    Value(SearchPlace),
    /// Behind this instance among those that were started on the day looked for.
    Started(i64, InstanceId),
}

#[derive(Clone, Debug)]
pub struct Hits {
    /// Who was found by what is personal, on the first page; by that everybody is found who may be looked for so.
    pub people: Vec<Hit>,
    /// There are more of them: they have to be told apart by more words.
    pub crowded: bool,
    pub hits: Vec<Hit>,
    /// Where to go on; None: there is no more, or nothing of the actor's as far as was looked.
    pub next: Option<SearchAfter>,
    /// There is more than was looked at, and nothing of what was looked at is the actor's: they have to say more.
    pub cut: bool,
}

/// A word in the spellings in which it may stand somewhere.
struct Sought {
    spellings: BTreeSet<Arc<str>>,
    is_prefix: bool,
}

impl Queries {
    /// First what is called so, then by value, then what was started on that day.
    pub(crate) async fn search(
        &self,
        request: &SearchRequest,
        live: &[Arc<Known>],
        zone: &TimeZone,
        actor: &Actor,
        now: Timestamp,
    ) -> EngineResult<Hits> {
        let sought = Sought::of(&request.word, request.whole)?;
        let limit = request.limit.clamp(1, SEARCH_PAGE_MAX);
        let charts: Vec<&Chart> = live
            .iter()
            .map(|known| &known.chart)
            .filter(|chart| request.workflow.as_ref().is_none_or(|workflow| chart.workflow == *workflow))
            .collect();
        let mut hits = Hits {
            people: Vec::new(),
            crowded: false,
            hits: Vec::new(),
            next: None,
            cut: false,
        };
        let mut started_after = None;
        let place = match &request.after {
            None => {
                hits.hits = self.called(&sought, &charts, actor, now).await?;
                None
            }
            Some(SearchAfter::Value(place)) => Some(place.clone()),
            Some(SearchAfter::Started(at, id)) => {
                started_after = Some((*at, *id));
                None
            }
        };
        if started_after.is_none() {
            // those that are called so come beside the page: they are few
            let walk = Walk {
                lines: sought.lines(&charts)?,
                ties: ties_of(charts.iter().copied(), actor),
                after: place,
                limit,
            };
            let Walked { hits: found, next, cut } = self
                .walk(walk, actor, now, |place, sight| {
                    match sought.is_called(&sight.instance.snapshot.key) {
                        true => None,
                        false => sight.matched_at(place, |_, value| sought.fits(value)),
                    }
                })
                .await?;
            hits.hits.extend(found);
            hits.next = next.map(SearchAfter::Value);
            hits.cut = cut;
        }
        if hits.next.is_some() || hits.cut || hits.hits.len() >= limit {
            return Ok(hits);
        }
        let day = day_of(&request.word, zone).filter(|_| !request.whole);
        if let Some((from_us, until_us)) = day {
            let list = ListRequest {
                workflow: request.workflow.clone(),
                from_us: Some(from_us),
                until_us: Some(until_us),
                after: started_after,
                limit: limit - hits.hits.len(),
                ..ListRequest::default()
            };
            let (sights, next) = self.listed(&list, actor, now).await?;
            for sight in sights {
                // those that are found by a value came before
                if sight.found_by().iter().any(|(_, value)| sought.fits(value)) || sought.is_called(&sight.instance.snapshot.key)
                {
                    continue;
                }
                hits.hits.push(Hit {
                    shown: sight.shown(actor, now)?,
                    personal: Vec::new(),
                    matched: Vec::new(),
                });
            }
            hits.next = next.map(|(at, id)| SearchAfter::Started(at, id));
        }
        Ok(hits)
    }

    async fn called(&self, sought: &Sought, charts: &[&Chart], actor: &Actor, now: Timestamp) -> EngineResult<Vec<Hit>> {
        let keys = || sought.spellings.iter();
        let ids: BTreeSet<InstanceId> = charts
            .iter()
            .flat_map(|chart| keys().map(|key| InstanceId::of(&chart.workflow, key)))
            .collect();
        let sights = self.sights_of(&ids.into_iter().collect::<Vec<_>>(), actor, now).await?;
        let hits = sights.into_values().map(|sight| {
            let mut matched: Vec<IndexedValue> = vec![(Arc::default(), sight.instance.snapshot.key.clone())];
            matched.extend(sight.found_by().into_iter().filter(|(_, value)| sought.fits(value)));
            Ok(Hit {
                shown: sight.shown(actor, now)?,
                personal: Vec::new(),
                matched,
            })
        });
        let mut hits = hits.collect::<EngineResult<Vec<Hit>>>()?;
        hits.sort_by(|first, second| first.shown.workflow.cmp(&second.shown.workflow));
        Ok(hits)
    }
}

impl Sought {
    /// As it was typed, in capitals and in small letters: scanners and people differ in that.
    fn of(word: &str, is_whole: bool) -> EngineResult<Self> {
        let word = word.trim();
        let refuse = |why: &str| {
            Err(EngineError::NotSearchable {
                parameter: "q".into(),
                why: why.to_owned(),
            })
        };
        if word.is_empty() {
            return refuse("there is no word to look for");
        }
        if word.len() > SEARCH_WORD_BYTES_MAX {
            return refuse(&format!("a word is at most {SEARCH_WORD_BYTES_MAX} bytes long"));
        }
        if word.chars().any(char::is_control) {
            return refuse("a word holds no control characters");
        }
        let spellings = [word.to_owned(), word.to_uppercase(), word.to_lowercase()];
        Ok(Sought {
            spellings: spellings.into_iter().map(Arc::from).collect(),
            is_prefix: !is_whole && word.chars().count() >= SEARCH_PREFIX_CHARACTERS_MIN,
        })
    }

    fn lines(&self, charts: &[&Chart]) -> EngineResult<Vec<SearchLine>> {
        let mut lines = Vec::new();
        for chart in charts {
            for field in &chart.indexed {
                lines.extend(self.spellings.iter().map(|spelling| SearchLine {
                    workflow: chart.workflow.clone(),
                    field: field.clone(),
                    from: spelling.clone(),
                    to: if self.is_prefix { last_of(spelling) } else { spelling.clone() },
                }));
            }
        }
        match lines.len() <= SEARCH_LINES_MAX {
            true => Ok(lines),
            false => Err(EngineError::NotSearchable {
                parameter: "workflow".into(),
                why: "there are too many indexed fields to look in all of them: name a workflow".into(),
            }),
        }
    }

    fn fits(&self, value: &str) -> bool {
        let fits = |spelling: &Arc<str>| match self.is_prefix {
            true => value.starts_with(&**spelling),
            false => *value == **spelling,
        };
        self.spellings.iter().any(fits)
    }

    fn is_called(&self, key: &Arc<str>) -> bool {
        self.spellings.contains(key)
    }
}

/// The last text that begins so.
pub(super) fn last_of(prefix: &str) -> Arc<str> {
    format!("{prefix}{}", char::MAX).into()
}

/// The text by which a value is found that was given as this.
pub(super) fn sought_text(given: &str) -> Arc<str> {
    index_text(&Value::from_text(given)).unwrap_or_default()
}

/// The day that a word names, from its first microsecond to that behind its last.
pub(crate) fn day_of(word: &str, zone: &TimeZone) -> Option<(i64, i64)> {
    let day: Date = word.trim().parse().ok().filter(|_| word.trim().len() == "2026-01-31".len())?;
    let from = start_of_day(day, zone).ok()?;
    let until = start_of_day(day.tomorrow().ok()?, zone).ok()?;
    Some((from.as_microsecond(), until.as_microsecond()))
}
