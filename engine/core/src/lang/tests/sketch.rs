//! A chart in a few lines, for comparison.

use crate::chart::{
    Addressee, Chart, EventPattern, Party, People, PersonPattern, State, StateKind, TimerMoment, Transition, Trigger, Verb,
};
use crate::expression::Template;

/// One line for each state, and one for each of its transitions.
pub(super) fn sketch(chart: &Chart) -> String {
    let mut lines = Vec::new();
    for state in &chart.states {
        lines.push(format!(
            "{}{}",
            if state.path.is_empty() { "(root)" } else { &state.path },
            features(chart, state)
        ));
        let own = chart.transitions.iter().filter(|transition| transition.source == state.index);
        lines.extend(own.map(|transition| format!("  {}", drawn(chart, state, transition))));
    }
    lines.join("\n")
}

fn features(chart: &Chart, state: &State) -> String {
    let kind = match state.kind {
        StateKind::Atomic => "",
        StateKind::Compound { .. } => " compound",
        StateKind::Parallel => " parallel",
        StateKind::Final => " final",
        StateKind::History { deep: true, .. } => " deep history",
        StateKind::History { deep: false, .. } => " history",
    };
    let pauses: Vec<&str> = state.pauses.iter().map(|paused| path(chart, paused.0)).collect();
    let pauses = if pauses.is_empty() {
        String::new()
    } else {
        format!(" pauses {}", pauses.join(","))
    };
    format!("{kind}{pauses}")
}

fn path(chart: &Chart, state: u16) -> &str {
    chart.states.get(usize::from(state)).map_or("?", |state| &state.path)
}

fn drawn(chart: &Chart, state: &State, transition: &Transition) -> String {
    let trigger = match &transition.trigger {
        Trigger::Event(EventPattern::Exact(name)) => name.to_string(),
        Trigger::Event(EventPattern::Prefix(prefix)) => format!("{prefix}.*"),
        Trigger::Event(EventPattern::Any) => "*".into(),
        Trigger::Always => "always".into(),
        Trigger::Timer(position) => {
            let timer = state.after.get(*position).expect("the timer of the transition");
            assert_eq!(timer.transition, transition.index);
            format!("after {} {}", timer.name, moment(&timer.when))
        }
        Trigger::Done => "done".into(),
        Trigger::InvokeProgress(position) => format!("progress.{}", state.invokes[*position].id),
        Trigger::InvokeStart(position) => format!("started.{}", state.invokes[*position].id),
        Trigger::InvokeDone(position) => format!("done.{}", state.invokes[*position].id),
        Trigger::InvokeError(position) => format!("error.{}", state.invokes[*position].id),
        Trigger::Initial => "initial".into(),
        Trigger::HistoryDefault => "first".into(),
    };
    let by = transition
        .admission
        .as_ref()
        .map_or(String::new(), |admission| format!(" by {}", people(&admission.by)));
    let branches: Vec<String> = transition
        .branches
        .iter()
        .map(|branch| {
            let guards: Vec<&str> = branch.guards.iter().map(|guard| guard.condition.source().trim()).collect();
            let guards = if guards.is_empty() {
                String::new()
            } else {
                format!("[{}] ", guards.join(", "))
            };
            let targets: Vec<&str> = branch.targets.iter().map(|target| path(chart, target.0)).collect();
            let targets = if targets.is_empty() {
                "stay".into()
            } else {
                targets.join(", ")
            };
            let verbs: Vec<&str> = branch.actions.iter().map(|action| verb(&action.verb)).collect();
            let verbs = if verbs.is_empty() {
                String::new()
            } else {
                format!(" / {}", verbs.join(" "))
            };
            format!("{guards}{targets}{}{verbs}", if branch.reenter { " reenter" } else { "" })
        })
        .collect();
    let guards: Vec<&str> = transition
        .guards
        .iter()
        .map(|guard| guard.condition.source().trim())
        .collect();
    let guards = if guards.is_empty() {
        String::new()
    } else {
        format!(" [{}]", guards.join(", "))
    };
    let verbs: Vec<&str> = transition.actions.iter().map(|action| verb(&action.verb)).collect();
    let verbs = if verbs.is_empty() {
        String::new()
    } else {
        format!(" / {}", verbs.join(" "))
    };
    format!("{trigger}{by}{guards}{verbs} -> {}", branches.join(" | "))
}

fn moment(when: &TimerMoment) -> String {
    match when {
        TimerMoment::In(within) => format!("in {}", within.source()),
        TimerMoment::At(at) => format!("at {}", at.source().trim()),
        TimerMoment::Every { first, every, times } => {
            let first = first
                .as_ref()
                .map_or(String::new(), |first| format!("in {} ", first.source()));
            let times = times.map_or(String::new(), |times| format!(" {times} times"));
            format!("{first}every {}{times}", every.source())
        }
    }
}

/// The verb of an action, with what tells it from others of its kind.
pub(super) fn verb(verb: &Verb) -> &'static str {
    match verb {
        Verb::Assign(_) => "assign",
        Verb::Put(_) => "put",
        Verb::Drop(_) => "drop",
        Verb::Raise { .. } => "raise",
        Verb::Send(send) => match send.to {
            Addressee::Parent => "send-parent",
            Addressee::View(_) => "send-view",
            Addressee::Instance { .. } => "send-instance",
        },
        Verb::Start(_) => "start",
        Verb::Call(_) => "call",
        Verb::Mark(_) => "mark",
        Verb::Unmark(_) => "unmark",
        Verb::Undo(_) => "undo",
        Verb::Notify(_) => "notify",
        Verb::Reoffer(_) => "reoffer",
    }
}

pub(super) fn people(people: &People) -> String {
    let texts = |templates: &[Template]| {
        templates
            .iter()
            .map(|template| template.source().to_owned())
            .collect::<Vec<_>>()
            .join("|")
    };
    let lines = |pattern: &PersonPattern| {
        let named = [
            ("role", &pattern.role),
            ("user", &pattern.user),
            ("unit", &pattern.unit),
            ("organisation", &pattern.organisation),
            ("skill", &pattern.skill),
        ];
        let lines = named.into_iter().filter(|(_, line)| !line.is_empty());
        lines
            .map(|(name, line)| format!("{name}={}", texts(line)))
            .collect::<Vec<_>>()
            .join("+")
    };
    let parties: Vec<String> = people
        .parties
        .iter()
        .map(|party| match party {
            Party::Person(pattern) => lines(pattern),
            Party::Not(templates) => format!("not {}", texts(templates)),
            Party::Workflow(name) => format!("workflow {name}"),
            Party::Adapter(name) => format!("adapter {name}"),
            Party::Schedule(name) => format!("schedule {name}"),
        })
        .collect();
    if parties.is_empty() {
        "nobody".into()
    } else {
        parties.join(", ")
    }
}
