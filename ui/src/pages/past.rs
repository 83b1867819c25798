//! An instance as it stood at a moment, for whoever may read its trail: what was, and nothing that could be done.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;
use statewright_core::chart::Chart;
use statewright_core::step::in_words;
use statewright_core::value::Object;
use statewright_engine::error::EngineError;
use statewright_engine::queries::{Outside, Past, PastMoment};
use statewright_engine::store::TrailRow;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::drawn;
use super::entry::Entry;
use super::instance::{Related, is_of_task, related};
use super::moment::Moment;
use super::occurrence::timer_words;
use super::trail::Charts;
use super::words::{Line, Reading, label};
use crate::http::{Answered, about_instance, past_moment};
use crate::naming::state_at;
use crate::percent::{path, query};

/// The field in which a moment is chosen.
#[derive(Serialize)]
pub struct Chooser {
    href: String,
    /// As a control for day and time has it.
    value: String,
    /// The latest that there is to be seen.
    latest: String,
    /// In which moments are entered and shown.
    zone: String,
}

#[derive(Serialize)]
struct Model {
    title: String,
    name: String,
    href: String,
    trail: String,
    chooser: Chooser,
    /// Why there is nothing to be seen of the moment.
    refused: Option<Refused>,
    then: Option<Then>,
}

#[derive(Serialize)]
struct Refused {
    sentence: String,
    /// Where there is something to be seen.
    instead: Option<Link>,
}

#[derive(Serialize)]
struct Link {
    href: String,
    words: &'static str,
}

#[derive(Serialize)]
struct Then {
    at: Moment,
    exact: String,
    is_stepped: bool,
    label: Option<String>,
    states: Vec<String>,
    paused: Vec<String>,
    done: bool,
    data: Vec<Line>,
    derived: Vec<Line>,
    erased: Vec<String>,
    withheld: Vec<String>,
    timers: Vec<Timer>,
    related: Vec<Related>,
    entry: Option<Entry>,
    next: Option<Entry>,
    before: Option<String>,
    after: Option<String>,
    definition: String,
    diagram: Option<String>,
    /// The diagram is shown in its whole size.
    whole: bool,
    href: String,
}

#[derive(Serialize)]
struct Timer {
    name: String,
    at: Moment,
    /// How far off it was then.
    ahead: String,
}

impl Chooser {
    /// `of`: `/instances/WORKFLOW/KEY`.
    pub fn of(asked: &Asked, of: &str, at: Option<jiff::Timestamp>) -> Self {
        let zone = asked.zone();
        let entered = |at: jiff::Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        Chooser {
            href: of.to_owned(),
            value: at.map(entered).unwrap_or_default(),
            latest: entered(asked.now()),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        }
    }
}

/// Whether a moment is asked for.
pub fn is_asked_for(asked: &Asked) -> bool {
    ["at", "entry"].into_iter().any(|name| asked.parameter(name).is_some())
}

pub async fn show(asked: Asked) -> Answered<Answer> {
    let (workflow, key) = (asked.segment("workflow"), asked.segment("key"));
    let (engine, caller) = (asked.engine(), asked.caller()?);
    let (at, entry) = (asked.parameter("at"), asked.parameter("entry"));
    // a route of the API without either is the present; this page is never asked for without
    let moment = past_moment(&asked.service, at.as_deref(), entry.as_deref())?.unwrap_or(PastMoment::Entry(0));
    match engine.past(workflow, key, moment, &caller.actor).await {
        Err(EngineError::NotThen(outside)) => refused(&asked, outside, moment).await,
        past => {
            let past = about_instance(&asked.service, caller, past, workflow, key).await?;
            stood(&asked, &past, moment).await
        }
    }
}

/// There is nothing to be seen of that moment: why, and of which there is.
async fn refused(asked: &Asked, outside: Outside, moment: PastMoment) -> Answered<Answer> {
    let (workflow, key) = (asked.segment("workflow"), asked.segment("key"));
    let heading = asked.engine().heading(workflow, key, asked.actor()?).await?;
    let href = address(workflow, key);
    let at = match moment {
        PastMoment::At(at) => Some(at),
        PastMoment::Entry(_) => None,
    };
    let model = Model {
        name: format!("{workflow} / {key}"),
        trail: format!("{href}/trail"),
        chooser: Chooser::of(asked, &href, at),
        refused: Some(Refused::of(outside, &href, &asked.reading())),
        then: None,
        title: heading.title.clone(),
        href,
    };
    let view = View::new("past.html", heading.title, model);
    Ok(view.status(StatusCode::UNPROCESSABLE_ENTITY).into())
}

impl Refused {
    fn of(outside: Outside, href: &str, reading: &Reading) -> Self {
        let entry = |number: u64| query(href, &[("entry", &number.to_string())]);
        let link = |href: String, words| Some(Link { href, words });
        let (sentence, instead) = match outside {
            Outside::Future { now } => (
                format!("That moment is still to come: it is {} now.", reading.exact(now)),
                link(href.to_owned(), "As it stands now"),
            ),
            Outside::BeforeFirst { first } => (
                format!("There was nothing of it yet: its first entry is of {}.", reading.exact(first)),
                link(entry(1), "As it stood after its first entry"),
            ),
            Outside::NoEntry { last } => (
                format!("It has no such entry: they are numbered from 1 to {last}."),
                link(entry(last), "As it stood after its last entry"),
            ),
            Outside::TooLong { most } => (
                format!(
                    "More than {most} entries lie before that moment, and no more are gone through while somebody waits. Its trail has all of them."
                ),
                link(format!("{href}/trail"), "Its trail"),
            ),
        };
        Refused { sentence, instead }
    }
}

async fn stood(asked: &Asked, past: &Past, moment: PastMoment) -> Answered<Answer> {
    let (shown, reading) = (&past.shown, asked.reading());
    let known = asked.engine().registry().chart(shown.definition).await?;
    let chart = &known.chart;
    let href = address(&shown.workflow, &shown.key);
    let asked_for = match moment {
        PastMoment::At(_) => query(&href, &[("at", &past.at.to_string())]),
        PastMoment::Entry(number) => at_entry(&href, number),
    };
    let mut charts = Charts::default();
    let entry = charts.entry(asked, &past.entry.bytes).await?;
    let next = match &past.next {
        Some(next) => charts.entry(asked, &next.bytes).await?,
        None => None,
    };
    let is_kept = |name: &str| chart.data.get(name).is_some();
    let (kept, derived): (Object, Object) = shown.data.clone().into_iter().partition(|(name, _)| is_kept(name));
    let of_entry = |row: &TrailRow| at_entry(&href, row.sequence);
    let then = Then {
        at: reading.moment(past.at),
        exact: reading.exact(past.at),
        is_stepped: past.is_stepped,
        label: shown.label.as_deref().map(str::to_owned),
        states: shown.states.iter().map(|state| state_at(Some(chart), state)).collect(),
        paused: shown.paused.iter().map(|state| state_at(Some(chart), state)).collect(),
        done: shown.done,
        data: reading.lines(&chart.data, &kept),
        derived: reading.lines(&chart.data, &derived),
        erased: called(chart, &past.erased),
        withheld: called(chart, &past.withheld),
        timers: timers(past, &reading),
        related: related(shown),
        entry,
        next,
        before: (past.entry.sequence > 1).then(|| at_entry(&href, past.entry.sequence - 1)),
        after: past.next.as_ref().map(of_entry),
        definition: shown.definition.to_string(),
        diagram: drawn::as_it_was(chart, past),
        whole: drawn::is_wanted_whole(asked),
        href: asked_for,
    };
    let model = Model {
        title: shown.title.clone(),
        name: format!("{} / {}", shown.workflow, shown.key),
        trail: trail_at(&href, past.entry.sequence),
        chooser: Chooser::of(asked, &href, Some(past.at)),
        refused: None,
        then: Some(then),
        href,
    };
    Ok(View::new("past.html", format!("{} as it stood", shown.title), model).into())
}

fn address(workflow: &str, key: &str) -> String {
    format!("/instances{}", path(&[workflow, key]))
}

fn at_entry(href: &str, number: u64) -> String {
    query(href, &[("entry", &number.to_string())])
}

/// The entry in the trail.
fn trail_at(href: &str, sequence: u64) -> String {
    let after = sequence.saturating_sub(1).to_string();
    format!("{}#entry-{sequence}", query(&format!("{href}/trail"), &[("after", &after)]))
}

fn called(chart: &Chart, names: &[Arc<str>]) -> Vec<String> {
    let called = |name: &Arc<str>| chart.data.get(name).map_or_else(|| in_words(name), label);
    names.iter().map(called).collect()
}

/// The earliest first. Those of tasks are not told: no task is.
fn timers(past: &Past, reading: &Reading) -> Vec<Timer> {
    let mut timers = past.shown.timers.clone();
    timers.sort_by_key(|(_, due)| *due);
    let others = timers.iter().filter(|(name, _)| !is_of_task(name));
    let told = others.map(|(name, due)| Timer {
        name: timer_words(name),
        at: reading.moment(*due),
        ahead: Moment::of(*due, past.at, &reading.zone).relative,
    });
    told.collect()
}
