//! A workflow's file with a file that it names: read, checked, deployed, and lived for a few events.

use std::sync::Arc;

use statewright_core::chart::{Chart, EventPattern, Trigger};
use statewright_core::diagnostic::{Colour, Diagnostics, Sources, Span, concise, json, text as rendered};
use statewright_core::lang::{Bundle, Compiled, Resolver, compile};
use statewright_core::step::InputKind;
use statewright_core::value::Object;

use crate::body::start_input;
use crate::life::Life;
use crate::{Target, text};

pub(crate) const TARGET: Target = Target {
    name: "workflow",
    hold,
    pieces: &[
        "{{ ",
        " }}",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ": ",
        "- ",
        "#",
        "'",
        "\"",
        "\n",
        "\n  ",
        "\n    ",
        "&a ",
        "*a",
        "<<: ",
        "|\n",
        ">-\n",
        "!t ",
        "null",
        "~",
        "states:",
        "initial:",
        "on:",
        "always:",
        "after:",
        "entry:",
        "type: parallel",
        "type: history",
        "type: final",
        "target: ",
        "guard: ",
        "if: ",
        "otherwise: ",
        "actions:",
        "assign:",
        "send:",
        "raise:",
        "invoke:",
        "call:",
        "mark:",
        "unique:",
        "pauses:",
        "input:",
        "by: [clerk]",
        "reason: required",
        "$ref: other.yaml",
        "decide('t', x=1)",
        "table('t', 'k')",
        "table: t",
        "calendar: c",
        "1 business day",
        "in_business_hours(now)",
        "when: {x: '>= 1'}",
        "rows_from: r.csv",
        "1..9",
        "22:00-06:00",
        "optional ",
        "pattern: '(a+)+$'",
        "minimum: 1e28",
        "every: 1s",
        "in: 0s",
        "key: \"{{ ",
        "schema: x",
        "\n%%\n",
        "ü",
        "\u{0}",
        "\t",
        "\u{85}",
        "\u{2028}",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
    ],
};

/// Events sent to an instance of what was read.
const EVENTS_MAX: usize = 6;

/// The one file beside the workflow's own, under whatever name it is asked for.
struct Beside(Option<Arc<str>>);

impl Resolver for Beside {
    fn resolve(&self, _path: &str) -> Option<Arc<str>> {
        self.0.clone()
    }
}

/// The first part is the workflow, the second the file that it names.
fn hold(bytes: &[u8]) {
    let Some(input) = text::of(bytes) else { return };
    let (source, beside) = text::parts(input);
    let beside = Beside(beside.map(Arc::from));
    let mut sources = Sources::new();
    let main = sources.add("own.yaml", source);
    let compiled = compile(&mut sources, main, &beside);
    problems_hold(&sources, &compiled.diagnostics);
    assert!(
        (compiled.chart.is_none() && compiled.calendar.is_none()) || !compiled.diagnostics.has_errors(),
        "what has an error is not used"
    );
    let read = compiled.bundle.is_some() && !compiled.diagnostics.has_errors();
    let used = compiled.chart.is_some() || compiled.calendar.is_some();
    assert_eq!(used, read, "what has no error has a chart, or is a calendar");
    deployed(compiled);
}

fn problems_hold(sources: &Sources, diagnostics: &Diagnostics) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.message.is_empty());
        place_holds(sources, diagnostic.span);
        for note in &diagnostic.notes {
            note.span.into_iter().for_each(|span| place_holds(sources, span));
        }
        if let Some(repair) = &diagnostic.repair {
            place_holds(sources, repair.span);
        }
    }
    assert!(
        concise(sources, diagnostics).lines().count() >= diagnostics.len(),
        "each problem has a line"
    );
    assert!(!rendered(sources, diagnostics, Colour::Plain).is_empty() || diagnostics.is_empty());
    let _ = json(sources, diagnostics);
}

fn place_holds(sources: &Sources, span: Span) {
    let source = sources.get(span.file).expect("a problem is in a file that was read");
    assert!(
        span.start <= span.end && source.text().get(span.range()).is_some(),
        "{span:?} lies outside of {}",
        source.name()
    );
}

/// What is stored of a definition makes the same chart again; and it can be lived.
fn deployed(compiled: Compiled) {
    let Some((chart, bundle)) = compiled.chart.zip(compiled.bundle) else {
        return;
    };
    let again = Bundle::read(&bundle.canonical()).expect("a bundle is read back");
    assert_eq!(again, bundle);
    assert_eq!(again.digest(), chart.definition);
    let mut sources = Sources::new();
    let main = sources.add(again.main.clone(), &*again.files[&again.main]);
    let chart_again = compile(&mut sources, main, &again).chart.expect("it was read before");
    assert_eq!(
        format!("{chart_again:?}"),
        format!("{chart:?}"),
        "the bundle holds everything"
    );
    lived(Arc::new(chart));
}

fn lived(chart: Arc<Chart>) {
    let names = event_names(&chart);
    let mut life = Life::of(chart);
    life.take(Some("because".into()), start_input("K-1".into(), Object::new()));
    for name in names {
        if life.has_begun() {
            let payload = Object::new();
            life.take(
                Some("because".into()),
                InputKind::Event {
                    name,
                    payload,
                    task: None,
                },
            );
        }
    }
    life.end();
}

fn event_names(chart: &Chart) -> Vec<Arc<str>> {
    let named = chart.transitions.iter().filter_map(|transition| match &transition.trigger {
        Trigger::Event(EventPattern::Exact(name) | EventPattern::Prefix(name)) => Some(name.clone()),
        Trigger::Event(EventPattern::Any) => Some("ANYTHING".into()),
        _ => None,
    });
    named.take(EVENTS_MAX).collect()
}
