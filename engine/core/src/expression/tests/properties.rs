//! What holds for all expressions and all values.

use proptest::prelude::*;

use super::World;
use crate::expression::{Expression, Stop, Template};
use crate::value::canonical::tests::any_value;
use crate::value::{Value, limits};

/// Expressions that hang together, over the variables `a`, `b` and `c`.
pub(super) fn any_expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "a", "b", "c", "item", "index", "now", "today", "none", "true", "'x'", "''", "[]", "{}"
        ])
        .prop_map(str::to_owned),
        (-20_i64..20).prop_map(|number| number.to_string()),
        (0_u64..100_000, 0_usize..20).prop_map(|(number, zeros)| format!("{number}.{}5", "0".repeat(zeros))),
        prop::sample::select(vec![
            "9007199254740992",
            "9999999999999999999999999999",
            "'2026-01-05'",
            "'08:30'",
            "'%Y'"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let binary = prop::sample::select(vec![
            "+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not in",
        ]);
        let calls = prop::sample::select(vec![
            "days",
            "weeks",
            "months",
            "hours",
            "minutes",
            "seconds",
            "business_days",
            "business_hours",
            "date",
            "time",
            "instant",
            "start_of_day",
            "end_of_day",
            "abs",
            "min",
            "max",
            "round",
            "floor",
            "ceil",
            "decimal",
        ]);
        let pairs = prop::sample::select(vec!["round", "min", "max", "axis_off", "diff", "instant", "table"]);
        let plain = prop::sample::select(vec![
            "count", "first", "sum", "sort", "unique", "length", "last", "join", "reverse", "keys", "values", "lower", "upper",
            "trim", "round", "duration", "text",
        ]);
        let with = prop::sample::select(vec![
            "where",
            "any",
            "all",
            "map",
            "count",
            "first",
            "sum",
            "group",
            "sort",
            "unique",
            "join",
            "slice",
            "split",
            "starts_with",
            "ends_with",
            "default",
            "round",
            "format",
        ]);
        prop_oneof![
            (inner.clone(), binary, inner.clone()).prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})")),
            (calls, inner.clone()).prop_map(|(name, argument)| format!("{name}({argument})")),
            (pairs, inner.clone(), inner.clone()).prop_map(|(name, left, right)| format!("{name}({left}, {right})")),
            (inner.clone(), plain).prop_map(|(value, name)| format!("({value}) | {name}")),
            (inner.clone(), with, inner.clone()).prop_map(|(value, name, argument)| format!("({value}) | {name}({argument})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(then, condition, other)| format!("({then}) if ({condition}) else ({other})")),
            (inner.clone(), inner.clone()).prop_map(|(base, index)| format!("({base})[{index}]")),
            (inner.clone(), prop::sample::select(vec!["a", "b", "key", "items"]))
                .prop_map(|(base, name)| format!("({base}).{name}")),
            inner.clone().prop_map(|operand| format!("-({operand})")),
            inner.clone().prop_map(|operand| format!("not ({operand})")),
            inner.clone().prop_map(|operand| format!("({operand}) is none")),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("[{first}, {second}]")),
            (inner.clone(), inner).prop_map(|(first, second)| format!("{{'a': {first}, '$b': {second}}}")),
        ]
    })
}

pub(super) fn world(a: Value, b: Value, c: Value) -> World {
    let mut world = World::of("{}");
    for (name, value) in [("a", a), ("b", b), ("c", c)] {
        world.variables.insert(name.into(), value);
    }
    world
}

fn plain_kinds_fit(value: &Value) -> bool {
    match value {
        Value::Decimal(decimal) => decimal.mantissa().unsigned_abs() < 10_u128.pow(28),
        Value::Integer(integer) => integer.abs() <= crate::value::number::INTEGER_MAX,
        Value::List(items) => items.iter().all(plain_kinds_fit),
        Value::Object(fields) => fields.values().all(plain_kinds_fit),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_expression_and_no_values_panic(source in any_expression(), a in any_value(), b in any_value(), c in any_value()) {
        let expression = Expression::parse(&source).map_err(|problems| TestCaseError::fail(format!("{source}: {problems:?}")))?;
        let world = world(a, b, c);
        match expression.evaluate(&world) {
            Ok(value) => {
                prop_assert!(plain_kinds_fit(&value), "{} gives {:?}", source, value);
                prop_assert!(limits::check(&value).is_ok());
                let canonical = crate::value::canonical::to_canonical(&value);
                prop_assert_eq!(crate::value::canonical::read_canonical(&canonical).map(|value| format!("{value:?}")), Ok(format!("{value:?}")));
            }
            Err(Stop::Fault(fault)) => {
                prop_assert!(!fault.message.is_empty());
                prop_assert!(!fault.span.text(&source).is_empty(), "{}: {}", source, fault.message);
            }
            Err(Stop::Needs(name)) => prop_assert!(false, "{} needs {}", source, name),
        }
        let _ = expression.explain(&world);
        let _ = expression.references();
    }

    #[test]
    fn the_same_gives_the_same(source in any_expression(), a in any_value(), b in any_value()) {
        let expression = Expression::parse(&source).map_err(|problems| TestCaseError::fail(format!("{source}: {problems:?}")))?;
        let world = world(a, b, Value::Null);
        prop_assert_eq!(expression.evaluate(&world), expression.evaluate(&world));
    }

    #[test]
    fn no_pattern_panics(pattern in "[%a-zA-Z0-9:.#,_-]{0,12}", value in any_value()) {
        let template = Template::parse(&format!("{{{{ a | format('{pattern}') }}}}"));
        if let Ok(template) = template {
            let _ = template.evaluate(&world(value, Value::Null, Value::Null));
        }
    }

    #[test]
    fn no_text_panics_when_evaluated(source in "[abc .|()\\[\\]{}'0-9+*/%~<>=!&-]{0,30}", a in any_value()) {
        if let Ok(expression) = Expression::parse(&source) {
            let _ = expression.evaluate(&world(a, Value::Null, Value::Boolean(true)));
        }
    }
}
