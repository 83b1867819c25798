//! A form that is checked before it is sent: whether it would be taken, where that leads, and what is wrong or still missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use statewright_core::step::{Refusal, RefusalKind, Trial, Verdict};
use statewright_core::value::Value;

use super::answer::{Answer, View};
use super::asked::Asked;
use super::event::{FormProblem, WITH};
use super::filled::{self, control_of};
use super::posted::Posted;
use super::wording::Wording;
use super::words::Line;

/// The name of the button, and of what a script asks with.
const CHECK: &str = "check";
/// Controls in which a file is chosen that is not sent along to be checked.
const CHOSEN: &str = "chosen";

/// How a check is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// By the button: the page with its form comes back.
    Page,
    /// By the button, with script: only what is found comes back.
    Part,
    /// By a script, while the form is filled in: what is still missing is no mistake yet, and stands beside no field.
    Meanwhile,
}

impl Asking {
    /// None: the form is sent in earnest.
    pub fn of(posted: &Posted) -> Option<Asking> {
        Some(match posted.text(CHECK)? {
            "part" => Asking::Part,
            "meanwhile" => Asking::Meanwhile,
            _ => Asking::Page,
        })
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// `good`: it would be taken; `open`: nothing is wrong, and something is missing; `bad`: it would not.
    pub standing: &'static str,
    pub sentence: String,
    /// What would be written besides what was entered.
    pub then: Vec<Line>,
    pub problems: Vec<FormProblem>,
    /// What is still to be filled in.
    pub missing: Vec<FormProblem>,
    /// What stands beside the controls.
    beside: Vec<Beside>,
}

/// What was found, and what of it stands beside the controls, by their names. `signs`: it is signed when it is sent. `revision`: the
/// instance's, now.
pub fn found(
    asked: &Asked,
    asking: Asking,
    trial: &Trial,
    signs: bool,
    revision: u64,
    wording: &Wording<'_>,
) -> (Checked, BTreeMap<String, String>) {
    let posted = &asked.posted;
    let looked_at = posted.text("revision").and_then(|revision| revision.parse().ok());
    // a task is finished whatever else has moved
    let moved = posted.text("task").is_none() && looked_at.is_some_and(|looked_at: u64| looked_at != revision);
    let errors = errors(asking, trial, posted, wording);
    let beside = errors.iter().map(|(name, sentence)| Beside {
        at: filled::id(name),
        sentence: sentence.clone(),
    });
    let mut checked = Checked::of(posted, trial, signs, moved, wording, beside.collect());
    if checked.standing == "good" {
        let reading = asked.reading();
        let line = |(name, value): &(Arc<str>, Value)| reading.named(&wording.chart.data, name, value);
        checked.then = trial.computed.iter().map(line).collect();
    }
    (checked, errors)
}

impl Checked {
    fn of(posted: &Posted, trial: &Trial, signs: bool, moved: bool, wording: &Wording<'_>, beside: Vec<Beside>) -> Self {
        let refusals: &[Refusal] = match &trial.verdict {
            Verdict::Refused(refusals) => refusals,
            _ => &[],
        };
        let counted = refusals.iter().filter(|refusal| !is_chosen(refusal, posted));
        let (missing, wrong): (Vec<&Refusal>, Vec<&Refusal>) = counted.partition(|refusal| is_missing(refusal, posted));
        let told = |refusal: &&Refusal| FormProblem::of(refusal, wording);
        let problems: Vec<FormProblem> = wrong.iter().map(told).collect();
        let named = |refusal: &&Refusal| FormProblem {
            sentence: refusal
                .field
                .as_deref()
                .map_or_else(|| "Reason".to_owned(), |path| wording.name_of(path)),
            ..told(refusal)
        };
        let missing: Vec<FormProblem> = missing.iter().map(named).collect();
        let (standing, sentence) = match &trial.verdict {
            _ if moved => (
                "bad",
                "This has changed since you looked at it. Look at it again before you send this.".to_owned(),
            ),
            Verdict::Taken => ("good", would_be(trial, signs)),
            Verdict::Refused(_) if !problems.is_empty() => ("bad", "This would not be taken.".to_owned()),
            Verdict::Refused(_) if missing.is_empty() => (
                "open",
                "Nothing is wrong so far. The files that you have chosen are looked at when this is sent.".to_owned(),
            ),
            Verdict::Refused(_) => ("open", "Nothing is wrong so far.".to_owned()),
            _ => ("bad", "Nothing answers to this any more. Look at it again.".to_owned()),
        };
        Checked {
            standing,
            sentence,
            then: Vec::new(),
            problems,
            missing,
            beside,
        }
    }
}

fn errors(asking: Asking, trial: &Trial, posted: &Posted, wording: &Wording<'_>) -> BTreeMap<String, String> {
    let Verdict::Refused(refusals) = &trial.verdict else {
        return BTreeMap::new();
    };
    let shown = refusals.iter().filter(|refusal| {
        let is_early = asking == Asking::Meanwhile && is_missing(refusal, posted);
        !is_early && !is_chosen(refusal, posted)
    });
    let beside = shown.filter_map(|refusal| {
        let path = refusal.field.as_deref()?;
        Some((control_of(WITH, path), wording.beside(refusal)?))
    });
    beside.collect()
}

/// Where it would lead.
fn would_be(trial: &Trial, signs: bool) -> String {
    if trial.waits_for_others {
        return "This would be kept with your signature, and taken when the others have signed as well.".to_owned();
    }
    let with = if signs { ", with your signature" } else { "" };
    match trial.label.as_str() {
        "" => format!("This would be taken{with}."),
        label => format!("This would be taken{with}. It is then: {label}"),
    }
}

/// Nothing stands in the control yet.
fn is_missing(refusal: &Refusal, posted: &Posted) -> bool {
    match (&refusal.field, refusal.kind) {
        (Some(path), RefusalKind::Invalid) => {
            let control = control_of(WITH, path);
            let within = format!("{control}.");
            let mut entered = posted.pairs().filter(|(_, value)| !value.trim().is_empty());
            !entered.any(|(name, _)| name == control || name.starts_with(&within))
        }
        (None, RefusalKind::Reason) => posted.text("reason").is_none(),
        _ => false,
    }
}

fn is_chosen(refusal: &Refusal, posted: &Posted) -> bool {
    let path = refusal.field.as_deref().map(|path| control_of(WITH, path));
    path.is_some_and(|path| posted.all(CHOSEN).any(|chosen| chosen == path))
}

/// Beside which control something stands.
#[derive(Clone, Debug, Serialize)]
struct Beside {
    at: String,
    sentence: String,
}

#[derive(Serialize)]
struct Model {
    checked: Checked,
}

/// What a script puts into the page that it is on.
pub fn part(checked: Checked) -> Answer {
    View::new("check.html", "Check", Model { checked }).into()
}
