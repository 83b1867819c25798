//! Templates: types kept, texts filled in.

use super::World;
use crate::expression::{Stop, Template};
use crate::value::canonical::to_canonical;

fn check(world: &World, cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        let template = Template::parse(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
        let shown = match template.evaluate(world) {
            Ok(value) => to_canonical(&value),
            Err(Stop::Fault(fault)) => format!("fault: {} @ {}", fault.message, fault.span.text(source)),
            Err(Stop::Needs(name)) => format!("needs {name}"),
        };
        assert_eq!(shown, *expected, "{source}");
    }
}

#[test]
fn the_character_nul_is_in_no_text() {
    for source in ["a\0b", "{{ 'a\0b' }}", "{{ 'a\\0b' }}", "{{ 1 }}\0"] {
        let problems = Template::parse(source).expect_err("no store can hold it");
        assert_eq!(problems[0].message, "the character NUL cannot be stored", "{source:?}");
    }
}

#[test]
fn one_expression_keeps_its_type_and_a_mixture_is_text() {
    let world = World::of(r#"{"amount": 1.10, "xs": [1], "n": null, "name": "Ada"}"#);
    check(
        &world,
        &[
            ("plain", r#""plain""#),
            ("", r#""""#),
            ("{{ amount }}", r#"{"$decimal":"1.10"}"#),
            ("\n{{ xs }} ", "[1]"),
            ("{{ n }}", "null"),
            ("{{ amount }} EUR", r#""1.10 EUR""#),
            ("{{ name }}{{ amount }}", r#""Ada1.10""#),
            (
                "on {{ today }} at {{ now }}",
                r#""on 2026-03-28 at 2026-03-28T23:30:00+01:00""#,
            ),
            ("due in {{ hours(1.5) }}", r#""due in 1h30m""#),
            ("{{ xs | map(item * 2) | join(', ') }} of {{ xs | length }}", r#""2 of 1""#),
            ("{{ '{{' }} and }}", r#""{{ and }}""#),
            ("Ü {{ n }}", "fault: `n` is empty @ n"),
            (
                "Ü {{ xs }}",
                "fault: `xs` is a list, and text is needed; use `| join(', ')`, `| map(…)` or `| text` @ xs",
            ),
            (
                "Ü {{ 1 + name }}",
                "fault: `1` is an integer and `name` is text, which `+` does not take; text is joined with `~` @ 1 + name",
            ),
            ("{{ name }} {{ needed }}", "needs needed"),
        ],
    );
}

#[test]
fn text_is_given_where_text_is_asked_for() {
    let world = World::of(r#"{"amount": 1.10, "n": null}"#);
    let text = |source: &str| {
        let template = Template::parse(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
        template.evaluate_text(&world).map(|text| text.to_string())
    };
    assert_eq!(text(" {{ amount }}\n"), Ok("1.10".to_owned()));
    assert!(matches!(text("{{ n }}"), Err(Stop::Fault(fault)) if fault.message == "`n` is empty"));
}

#[test]
fn all_expressions_of_a_text_share_one_budget() {
    let world = World::of(&format!(r#"{{"xs": [{}0]}}"#, "0,".repeat(999)));
    let busy = "{{ xs | sum(xs | count(item)) }}";
    let once = "{{ xs | map(xs | length) | length }}";
    assert!(matches!(
        Template::parse(busy).map(|template| template.evaluate(&world)),
        Ok(Err(Stop::Fault(_)))
    ));
    let template = Template::parse(&once.repeat(1_000)).unwrap_or_else(|problems| panic!("{problems:?}"));
    match template.evaluate(&world) {
        Err(Stop::Fault(fault)) => assert!(
            fault.message.starts_with("the expression takes more than"),
            "{}",
            fault.message
        ),
        other => panic!("{other:?}"),
    }
}
