//! What stands beside a way: by what it is gone, in few words.

use statewright_core::chart::{Branch, Chart, EventPattern, State, TimerMoment, Transition, Trigger};
use statewright_core::step::in_words;

use super::Words;

/// Longer conditions are cut: they stand in the source.
const CONDITION_CHARACTERS_MAX: usize = 30;

/// `APPROVE [total < 500]`, `after 7d`, `lens done`. Empty: nothing is waited for and nothing asked.
pub fn of_branch(chart: &Chart, words: Words, transition: &Transition, branch: &Branch) -> String {
    let guards = transition.guards.iter().chain(&branch.guards);
    let conditions: Vec<String> = guards.map(|guard| one_line(guard.condition.source())).collect();
    let by = of_trigger(chart, words, transition);
    match conditions.as_slice() {
        [] => by,
        _ if words == Words::Plain => by,
        conditions => {
            let condition = shortened(&conditions.join(" and "), CONDITION_CHARACTERS_MAX);
            format!("{by} [{condition}]").trim_start().to_owned()
        }
    }
}

/// By what it is gone.
pub fn of_trigger(chart: &Chart, words: Words, transition: &Transition) -> String {
    let source = chart.state(transition.source);
    let is_plain = words == Words::Plain;
    let invoke = |place: usize| {
        let id = source
            .invokes
            .get(place)
            .map(|invoke| invoke.id.to_string())
            .unwrap_or_default();
        if is_plain { in_words(&id) } else { id }
    };
    match &transition.trigger {
        Trigger::Event(EventPattern::Exact(name)) if is_plain => in_words(&name.to_lowercase()),
        Trigger::Event(_) if is_plain => "other events".into(),
        Trigger::Timer(place) if is_plain => of_timer_in_words(source, *place),
        Trigger::Event(EventPattern::Exact(name)) => name.to_string(),
        Trigger::Event(EventPattern::Prefix(prefix)) => format!("{prefix}.*"),
        Trigger::Event(EventPattern::Any) => "*".into(),
        Trigger::Timer(place) => of_timer(source, *place),
        Trigger::Done => "all done".into(),
        Trigger::InvokeStart(place) => format!("{} begun", invoke(*place)),
        Trigger::InvokeProgress(place) => format!("{} reports", invoke(*place)),
        Trigger::InvokeDone(place) => format!("{} done", invoke(*place)),
        Trigger::InvokeError(place) => format!("{} failed", invoke(*place)),
        Trigger::Always | Trigger::Initial | Trigger::HistoryDefault => String::new(),
    }
}

fn of_timer(state: &State, place: usize) -> String {
    let Some(timer) = state.after.get(place) else {
        return String::new();
    };
    let said = |text: &str| shortened(&one_line(text), CONDITION_CHARACTERS_MAX);
    match &timer.when {
        TimerMoment::In(within) => format!("after {}", said(within.source())),
        TimerMoment::At(at) => format!("at {}", said(at.source())),
        TimerMoment::Every { every, .. } => format!("every {}", said(every.source())),
    }
}

/// A length of time as it is written; what is worked out by the name of what is due.
fn of_timer_in_words(state: &State, place: usize) -> String {
    let Some(timer) = state.after.get(place) else {
        return String::new();
    };
    let is_worked_out = |text: &str| text.contains("{{");
    match &timer.when {
        TimerMoment::In(within) if !is_worked_out(within.source()) => of_timer(state, place),
        TimerMoment::Every { every, .. } if !is_worked_out(every.source()) => of_timer(state, place),
        _ => in_words(timer.name.rsplit('.').next().unwrap_or(&timer.name)),
    }
}

fn one_line(text: &str) -> String {
    let bare = text.trim().trim_start_matches("{{").trim_end_matches("}}");
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}
