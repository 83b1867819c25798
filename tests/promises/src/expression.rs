//! Expressions and templates: read, checked, evaluated, explained.

use statewright_core::expression::{Expression, FaultKind, Problem, Span, Stop, Template};
use statewright_core::value::{Value, limits};

use crate::world::World;
use crate::{Target, json, text};

pub(crate) const TARGET: Target = Target {
    name: "expression",
    hold,
    pieces: &[
        "{{ ",
        " }}",
        "{%",
        "{#",
        "(",
        ")",
        "[",
        "]",
        "{'a': ",
        "}",
        ", ",
        " | ",
        "number",
        "amount",
        "day",
        "clock",
        "moment",
        "wait",
        "lots",
        "none_here",
        "item",
        "index",
        "now",
        "today",
        "none",
        "true",
        "'x'",
        "'é'",
        "1.5",
        "-1",
        "9007199254740992",
        "9999999999999999999999999999",
        " + ",
        " - ",
        " * ",
        " / ",
        " // ",
        " % ",
        " ~ ",
        " == ",
        " < ",
        " and ",
        " or ",
        "not ",
        " in ",
        " is none",
        " if ",
        " else ",
        "where(item.a > 1)",
        "map(item.b)",
        "any(",
        "all(",
        "sum",
        "sort(",
        "group(",
        "unique",
        "join(', ')",
        "slice(1, 2)",
        "split(',')",
        "format('%d.%m.%Y')",
        "matches('(a+)+$')",
        "round(2)",
        "default(",
        "duration",
        "table('prices', ",
        "decide(",
        "min(",
        "max(",
        "days(",
        "business_days(",
        "date(",
        "instant(",
        "\n%%\n{\"a\": [1, 2]}",
    ],
};

/// Fuel with which most evaluations end early, so that the way out is taken too.
const LITTLE_FUEL: u64 = 40;

fn hold(bytes: &[u8]) {
    let Some(input) = text::of(bytes) else { return };
    let (source, variables) = text::parts(input);
    match Expression::parse(source) {
        Ok(expression) => expression_holds(source, &expression, variables),
        Err(problems) => problems_hold(source, &problems),
    }
    match Template::parse(source) {
        Ok(template) => template_holds(source, &template, variables),
        Err(problems) => problems_hold(source, &problems),
    }
}

fn expression_holds(source: &str, expression: &Expression, variables: Option<&str>) {
    let _ = expression.references();
    let world = World::new(variables);
    let (_, problems) = expression.check(&world);
    all_within(source, &problems);
    all_within(source, &expression.check_truth(&world));
    result_holds(source, &expression.evaluate(&world), &world);
    let world = World::new(variables);
    match expression.explain(&world) {
        Ok(explained) => {
            assert_eq!(explained.value, explained.false_clauses.is_empty());
            for clause in explained.false_clauses {
                within(source, clause.span);
            }
        }
        Err(stop) => stop_holds(source, &stop, &world),
    }
    let short = World::new(variables).with_fuel(LITTLE_FUEL);
    result_holds(source, &expression.evaluate(&short), &short);
}

fn template_holds(source: &str, template: &Template, variables: Option<&str>) {
    let _ = template.references();
    let world = World::new(variables);
    let (_, problems) = template.check(&world);
    all_within(source, &problems);
    for (offset, expression) in template.expressions() {
        let place = offset..offset + expression.source().len();
        assert_eq!(
            source.get(place),
            Some(expression.source()),
            "an expression stands where it says"
        );
    }
    result_holds(source, &template.evaluate(&world), &world);
    let world = World::new(variables);
    result_holds(source, &template.evaluate_text(&world).map(Value::Text), &world);
}

fn result_holds(source: &str, result: &Result<Value, Stop>, world: &World) {
    match result {
        Ok(value) => {
            assert!(!world.ran_out(), "there is no value where the budget ran out");
            assert!(limits::check(value).is_ok(), "a value is no larger than can be kept");
            json::reads_back(value);
        }
        Err(stop) => stop_holds(source, stop, world),
    }
}

fn stop_holds(source: &str, stop: &Stop, world: &World) {
    let Stop::Fault(fault) = stop else {
        panic!("this world needs nothing: {stop:?}")
    };
    assert!(!fault.message.is_empty());
    within(source, fault.span);
    assert!(
        !world.ran_out() || fault.kind == FaultKind::Limit,
        "where the budget ran out, it says so: {fault:?}"
    );
}

fn problems_hold(source: &str, problems: &[Problem]) {
    assert!(!problems.is_empty(), "what cannot be read has a reason");
    all_within(source, problems);
}

fn all_within(source: &str, problems: &[Problem]) {
    for problem in problems {
        assert!(!problem.message.is_empty());
        within(source, problem.span);
    }
}

fn within(source: &str, span: Span) {
    assert!(source.get(span.range()).is_some(), "{span:?} lies outside of {source:?}");
}
