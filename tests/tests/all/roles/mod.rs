//! Every cell of role × event × relation of every workflow that ships: who is named may, who is not may not.
//!
//! # Purpose
//! Each event that people send is tried where it is answered, by somebody of every role there is and of none, in every relation to the
//! instance that the event asks for (their own organisation's or another's, named by it or not). What should be is read from what the file
//! says under `by` and `access` by [`oracle`], which shares nothing with the engine's own reading but the compiled file.
//!
//! What the file computes in another way than by naming a field of the instance is not judged; it is listed, so that it is known.

mod oracle;
mod standing;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::{
    AUDITOR, Access, Chart, EventPattern, Grant, MONITOR, OPERATOR, Party, People, PersonPattern, StateIndex, Transition, Trigger,
};
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::identity::InputKey;
use statewright_core::lang::{Resolver, compile};
use statewright_core::step::{
    Actor, Facts, Input, InputKind, RefusalKind, Snapshot, Stepped, Verdict, Visibility, step, visibility,
};
use statewright_core::value::Object;
use statewright_tests::repository;

use self::oracle::{Judgement, Relation};
use crate::assert_none;

/// What no role gives: somebody who has signed in and is nobody here.
const NOBODY: &str = "nobody";

/// Cells that are judged at least: fewer mean that the test lost sight of something.
const CELLS_MIN: usize = 20_000;

/// Events of which for somebody (who worked on it before, a supplier before the report is issued) it is computed whether they may: held by
/// the scenarios of their workflows.
const UNJUDGED_EVENTS: &[&str] = &[
    "calibration SIGN_CERTIFICATE",
    "lens PASS",
    "lens-order PASS",
    "rx-order PASS",
    "sncr ACCEPT_CAUSE",
    "sncr ACKNOWLEDGE",
    "sncr ANOTHER_FAILURE",
    "sncr CONTAINED",
    "sncr CORRECTED",
    "sncr DISPOSE",
    "sncr DISPUTE",
    "sncr EFFECTIVE",
    "sncr GO_ON_WITHOUT",
    "sncr INSIST",
    "sncr ISSUE",
    "sncr NOT_EFFECTIVE",
    "sncr PLANNED",
    "sncr REJECT_CAUSE",
    "sncr SUBMIT_CAUSE",
    "sncr WITHDRAW",
];

/// The same of who sees an instance.
const UNJUDGED_SIGHT: &[&str] = &["sncr"];

struct Shipped {
    charts: Vec<Chart>,
    roles: BTreeSet<Arc<str>>,
}

/// Files beside the one that names them.
struct Folder;

impl Resolver for Folder {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        std::fs::read_to_string(Path::new(path)).ok().map(Arc::from)
    }
}

impl Shipped {
    /// Every workflow in `workflows`, and every role of its file of roles and of the engine.
    fn read() -> Shipped {
        let mut shipped = Shipped {
            charts: Vec::new(),
            roles: [AUDITOR, OPERATOR, MONITOR, NOBODY].map(Arc::from).into(),
        };
        for file in repository::files() {
            let name = file.display().to_string();
            if !name.starts_with("workflows/") || !name.ends_with(".yaml") || name.ends_with(".test.yaml") {
                continue;
            }
            let path = repository::root().join(&file);
            let text = std::fs::read_to_string(&path).expect("a file of the project");
            let is_one = |word: &str| text.lines().any(|line| line.starts_with(word));
            if !is_one("workflow:") && !is_one("roles:") {
                continue;
            }
            let mut sources = Sources::new();
            let main = sources.add(path.display().to_string(), text.clone());
            let compiled = compile(&mut sources, main, &Folder);
            assert!(
                !compiled.diagnostics.has_errors(),
                "{}",
                concise(&sources, &compiled.diagnostics)
            );
            shipped.charts.extend(compiled.chart);
            if let Some(roles) = compiled.roles {
                shipped.roles.extend(roles.roles.roles.keys().cloned());
            }
        }
        shipped
    }

    fn actors(&self, relation: &Relation) -> impl Iterator<Item = Actor> {
        self.roles.iter().map(|role| relation.actor(role))
    }
}

/// What people may send, wherever it is written.
fn events(chart: &Chart) -> BTreeSet<(StateIndex, Arc<str>)> {
    let transitions = chart.transitions.iter();
    let sent = transitions.filter_map(|transition| Some((transition.source, event_of(transition)?.clone())));
    sent.collect()
}

fn event_of(transition: &Transition) -> Option<&Arc<str>> {
    match &transition.trigger {
        Trigger::Event(EventPattern::Exact(event)) if transition.admission.is_some() => Some(event),
        _ => None,
    }
}

/// Every transition that answers to an event while these states are active, as the file says it.
fn answers<'a>(chart: &'a Chart, snapshot: &'a Snapshot, event: &'a str) -> impl Iterator<Item = &'a Transition> {
    let active = snapshot.active.iter();
    let on = active.flat_map(|state| &chart.states[usize::from(state.0)].on);
    let transitions = on.map(|index| chart.transition(*index));
    transitions.filter(move |transition| event_of(transition).is_some_and(|name| **name == *event))
}

fn send(event: &Arc<str>, actor: Actor) -> Input {
    Input {
        key: Some(InputKey::of(&["matrix", event])),
        actor,
        reason: Some("to see whether it is taken".into()),
        signed: None,
        kind: InputKind::Event {
            name: event.clone(),
            payload: Object::new(),
            task: None,
        },
    }
}

/// Whether it is refused for who sends it. Whatever else is wrong with it is asked later.
fn is_turned_away(chart: &Chart, snapshot: &Snapshot, input: &Input) -> Result<bool, String> {
    match step(chart, Some(snapshot), input, &Facts::default(), now()) {
        Ok(Stepped::Done(outcome)) => match &outcome.verdict {
            Verdict::Refused(refusals) => Ok(refusals
                .iter()
                .any(|refusal| matches!(refusal.kind, RefusalKind::Forbidden | RefusalKind::Hidden))),
            Verdict::Ignored => Err("nothing answers to it".into()),
            _ => Ok(false),
        },
        // what is missing is asked for after who sends it
        Ok(Stepped::Needs(_)) | Err(_) => Ok(false),
    }
}

fn now() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().expect("a moment")
}

/// The same workflow, seen by everybody: then what its events say of who may is alone in saying no.
fn seen_by_all(chart: &Chart) -> Chart {
    let anybody = People {
        parties: vec![Party::Person(PersonPattern::default())],
    };
    let everything = Access {
        people: anybody,
        condition: None,
        show: None,
        grant: Grant::Sight,
    };
    Chart {
        access: vec![everything],
        ..chart.clone()
    }
}

/// What came of all cells of some workflows.
#[derive(Default)]
struct Found {
    allowed: usize,
    denied: usize,
    problems: Vec<String>,
    unjudged: BTreeSet<String>,
}

impl Found {
    fn try_all(&mut self, shipped: &Shipped, chart: &Chart) {
        for (source, event) in events(chart) {
            let snapshot = standing::at(chart, source);
            let admissions = answers(chart, &snapshot, &event).filter_map(|transition| transition.admission.as_ref());
            let by: Vec<People> = admissions.map(|admission| admission.by.clone()).collect();
            for relation in oracle::relations(&by, &chart.access) {
                for actor in shipped.actors(&relation) {
                    let may = oracle::is_among(&by, &actor, &snapshot);
                    let sees = oracle::sees(&chart.access, &actor, &snapshot);
                    let (Judgement::Known(may), Judgement::Known(sees)) = (may, sees) else {
                        self.unjudged.insert(format!("{} {event}", chart.workflow));
                        continue;
                    };
                    let path = &chart.states[usize::from(source.0)].path;
                    let what = format!("{} {event} in `{path}` by {:?}, {relation}", chart.workflow, actor.roles);
                    self.judge(chart, &snapshot, &send(&event, actor), may && sees, &what);
                }
            }
        }
    }

    fn judge(&mut self, chart: &Chart, snapshot: &Snapshot, input: &Input, should: bool, what: &str) {
        match should {
            true => self.allowed += 1,
            false => self.denied += 1,
        }
        match is_turned_away(chart, snapshot, input) {
            Ok(true) if should => self.problems.push(format!("{what}: is named and turned away")),
            Ok(false) if !should => self.problems.push(format!("{what}: is not named and may")),
            Ok(_) => {}
            Err(error) => self.problems.push(format!("{what}: {error}")),
        }
    }
}

#[test]
fn whoever_is_named_may_and_nobody_else() {
    let shipped = Shipped::read();
    let mut found = Found::default();
    shipped.charts.iter().for_each(|chart| found.try_all(&shipped, chart));
    let Found { allowed, denied, .. } = found;
    println!("{allowed} cells may, {denied} may not");
    assert_none(&found.problems);
    assert!(allowed + denied >= CELLS_MIN, "only {allowed} and {denied} cells");
    let unjudged: Vec<&str> = found.unjudged.iter().map(String::as_str).collect();
    assert_eq!(unjudged, UNJUDGED_EVENTS);
}

#[test]
fn an_event_is_for_those_whom_it_names_whoever_sees_the_instance() {
    let shipped = Shipped::read();
    let mut found = Found::default();
    for chart in &shipped.charts {
        found.try_all(&shipped, &seen_by_all(chart));
    }
    println!("{} cells may, {} may not", found.allowed, found.denied);
    assert_none(&found.problems);
}

#[test]
fn an_instance_is_seen_by_those_whom_its_file_names_and_by_nobody_else() {
    let shipped = Shipped::read();
    let (mut problems, mut unjudged) = (Vec::new(), BTreeSet::new());
    for chart in &shipped.charts {
        let snapshot = standing::at(chart, StateIndex(0));
        for relation in oracle::relations(&[], &chart.access) {
            for actor in shipped.actors(&relation) {
                let Judgement::Known(sees) = oracle::sees(&chart.access, &actor, &snapshot) else {
                    unjudged.insert(chart.workflow.to_string());
                    continue;
                };
                let shown = match visibility(chart, &snapshot, &actor, &Facts::default(), now()) {
                    Ok(visibility) => visibility != Visibility::Hidden,
                    Err(_) => true,
                };
                if shown != sees {
                    problems.push(format!(
                        "{} by {:?}, {relation}: seen {shown}, should be {sees}",
                        chart.workflow, actor.roles
                    ));
                }
            }
        }
    }
    assert_none(&problems);
    let unjudged: Vec<&str> = unjudged.iter().map(String::as_str).collect();
    assert_eq!(unjudged, UNJUDGED_SIGHT);
}
