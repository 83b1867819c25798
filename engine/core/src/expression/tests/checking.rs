//! What is found before anything runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::properties::{any_expression, world};
use crate::expression::{
    Expression, FaultKind, Function, Problem, ProblemKind, Stop, Suggestion, Template, Type, TypeScope, TypedCall,
};
use crate::value::{Decimal, Object, Value};

/// Names with types; the table `prices` and the decision `z80`.
struct Names(BTreeMap<Arc<str>, Type>);

impl Names {
    fn of<'name>(names: impl IntoIterator<Item = (&'name str, Type)>) -> Names {
        Names(names.into_iter().map(|(name, found)| (Arc::from(name), found)).collect())
    }

    fn lab() -> Names {
        let line = Type::object([
            ("key", Type::Text),
            ("amount", Type::optional(Type::Decimal)),
            ("states", Type::list(Type::Text)),
        ]);
        let eye = Type::object([("add", Type::optional(Type::Decimal)), ("axis", Type::Integer)]);
        Names::of([
            ("rx", Type::object([("left", eye.clone()), ("right", Type::optional(eye))])),
            ("lots", Type::list(line.clone())),
            ("room", Type::optional(line)),
            ("due", Type::Date),
            ("rush", Type::Boolean),
            ("note", Type::optional(Type::Text)),
            ("tries", Type::Integer),
            ("anything", Type::Any),
            (
                "payload",
                Type::Object {
                    fields: BTreeMap::new(),
                    open: true,
                },
            ),
        ])
    }
}

impl TypeScope for Names {
    fn variable(&self, name: &str) -> Option<Type> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().cloned().collect()
    }

    fn call(&self, call: &TypedCall<'_>) -> Result<Type, String> {
        match (call.function, call.table) {
            (Function::Table, Some("prices")) => Ok(Type::optional(Type::object([("price", Type::Decimal)]))),
            (Function::Decide, Some("z80")) => match call.named.iter().find(|(name, _)| &**name != "measured") {
                Some((name, _)) => Err(format!("`z80` has no input `{name}`")),
                None => Ok(Type::object([
                    ("accept", Type::Boolean),
                    ("failures", Type::list(Type::Text)),
                ])),
            },
            (_, Some(table)) => Err(format!("there is no table `{table}`")),
            (_, None) => Ok(Type::Any),
        }
    }
}

fn show(problem: &Problem, source: &str) -> String {
    let place = format!("{} @ {}", problem.message, problem.span.text(source));
    match &problem.suggestion {
        Some(Suggestion::Replace(text)) => format!("{place} -> {text}"),
        Some(Suggestion::Advice(advice)) => format!("{place} ({advice})"),
        None => place,
    }
}

/// The type, or the problems.
fn check(cases: &[(&str, &str)]) {
    let names = Names::lab();
    for (source, expected) in cases {
        let expression = Expression::parse(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
        let (found, problems) = expression.check(&names);
        let null = if matches!(found, Type::Optional(_)) { " or null" } else { "" };
        let shown = match problems.as_slice() {
            [] => format!("{found}{null}"),
            problems => problems
                .iter()
                .map(|problem| show(problem, source))
                .collect::<Vec<_>>()
                .join("; "),
        };
        assert_eq!(shown, *expected, "{source}");
    }
}

#[test]
fn types_are_followed_through_an_expression() {
    check(&[
        ("rx.left.add", "a decimal or null"),
        ("rx.right.axis + 1", "an integer"),
        ("rx.right.axis * 1.5", "a decimal"),
        ("tries / 2", "a decimal"),
        ("due + days(tries)", "a date"),
        ("now - now", "a duration"),
        ("today - due", "a duration"),
        ("hours(1) / minutes(5)", "a decimal"),
        ("rush and tries > 2 or note == none", "a boolean"),
        ("'a' ~ tries", "text"),
        ("lots | map(item.key)", "a list of text"),
        ("lots | where('x' in item.states) | first", "an object or null"),
        ("(lots | first(index > 0)).key", "text"),
        ("lots | group(item.key) | map(item.items | length) | sum", "an integer"),
        ("lots | sum(item.amount)", "a decimal"),
        ("lots[0].states[tries]", "text"),
        ("rx['left'].axis", "an integer"),
        ("note | default('none') | upper", "text"),
        ("note if rush else none", "text or null"),
        ("1 if rush else 2.5", "a decimal"),
        ("[1, none, 2.5]", "a list of decimals"),
        ("{'a': 1, 'b': note}.b", "text or null"),
        ("table('prices', note).price", "a decimal"),
        ("decide('z80', measured=anything).failures | join(', ')", "text"),
        ("max(due, today)", "a date"),
        ("min(lots | map(item.amount))", "a decimal or null"),
        ("anything.x.y + 1", "anything"),
        ("payload.x | length", "an integer"),
        ("round(2.5)", "an integer"),
        ("2.5 | round(1)", "a decimal"),
        ("instant(due, '08:30')", "an instant"),
        ("diff(rx.left, rx.right, ['axis']) | map(item.path)", "a list of text"),
        ("hmac_ref(note)", "text"),
    ]);
}

#[test]
fn unknown_names_are_proposed() {
    check(&[
        ("trys > 1", "there is no variable `trys` @ trys -> tries"),
        ("rx.lift.add", "`rx` has no field `lift` @ lift -> left"),
        ("rx['lift']", "`rx` has no field `lift` @ 'lift' -> 'left'"),
        ("lots | map(itm.key)", "there is no variable `itm` @ itm -> item"),
        ("lots | map(item.kee)", "`item` has no field `kee` @ kee -> key"),
        ("item.key", "there is no variable `item` @ item"),
        (
            "(lots | first).kye ~ wholly",
            "`lots | first` has no field `kye` @ kye -> key; there is no variable `wholly` @ wholly",
        ),
        ("table('prizes', 1)", "there is no table `prizes` @ table('prizes', 1)"),
        (
            "decide('z80', mesured=1)",
            "`z80` has no input `mesured` @ decide('z80', mesured=1)",
        ),
    ]);
}

#[test]
fn operands_that_never_fit_are_found() {
    check(&[
        (
            "none < 3",
            "`none` is always empty, and a value is needed @ none (test for null with `is none`)",
        ),
        (
            "5 > 'a'",
            "`5` is an integer and `'a'` is text, which `>` does not compare @ 5 > 'a' (text becomes a number with `decimal(x)`)",
        ),
        (
            "1 == '1'",
            "`1` is an integer and `'1'` is text, which `==` does not compare @ 1 == '1' (text becomes a number with `decimal(x)`)",
        ),
        (
            "note < now",
            "`note` is text and `now` is an instant, which `<` does not compare @ note < now (text becomes a moment with `instant(x)`)",
        ),
        (
            "due < now",
            "`due` is a date and `now` is an instant, which `<` does not compare @ due < now (compare days with `date(x)`, or moments with `start_of_day(x)`)",
        ),
        (
            "due + 1",
            "`due` is a date and `1` is an integer, which `+` does not take @ due + 1 (write `days(n)`)",
        ),
        ("anything + 'a'", "`'a'` is text, and `+` does not take it @ 'a'"),
        ("anything * due", "`due` is a date, and `*` does not take it @ due"),
        (
            "not tries",
            "`tries` is an integer, and true or false is needed @ tries (write `x != 0`, or compare it)",
        ),
        (
            "lots and rush",
            "`lots` is a list of objects, and true or false is needed @ lots (write `x | length > 0`)",
        ),
        (
            "note in lots",
            "`note` is text and the items of `lots` are an object, which `in` does not compare @ note in lots",
        ),
        (
            "tries in note",
            "`tries` is an integer, and text is needed before `in` @ tries",
        ),
        (
            "'x' ~ lots",
            "`lots` is a list of objects, and text is needed @ lots (use `| join(', ')`, `| map(…)` or `| text`)",
        ),
        (
            "lots | join(', ')",
            "`lots` is a list of objects, and `join` needs items with a text form @ lots (choose a field first: `| map(item.key) | join(', ')`)",
        ),
        ("tries | upper", "`tries` is an integer, and `upper` takes text @ tries"),
        ("rush | map(item)", "`rush` is a boolean, and `map` takes a list @ rush"),
        (
            "lots | where(item.key)",
            "`item.key` is text, and true or false is needed @ item.key (write `x != ''`, or compare it)",
        ),
        (
            "lots | sort",
            "`lots | sort` sorts by an object, which has no order @ lots | sort",
        ),
        (
            "lots | sum(item.key)",
            "`lots | sum(item.key)` sums text, and numbers or durations are summed @ lots | sum(item.key)",
        ),
        ("days('3')", "`'3'` is text, and a number is needed @ '3'"),
        (
            "start_of_day(tries)",
            "`tries` is an integer, and a date or an instant is needed @ tries",
        ),
        ("lots['x']", "`lots` is a list of objects, and has no field `x` @ lots"),
        (
            "lots[1.5]",
            "`1.5` is a decimal, and the place of an item is an integer @ 1.5",
        ),
        ("tries.x", "`tries` is an integer, and has no field `x` @ tries"),
        (
            "max(1, 'a')",
            "`max(1, 'a')`: an integer and text have no order @ max(1, 'a')",
        ),
        (
            "tries | format('0') + 1",
            "`tries | format('0')` is text and `1` is an integer, which `+` does not take @ tries | format('0') + 1 (text is joined with `~`)",
        ),
    ]);
}

#[test]
fn what_may_be_null_is_not_a_problem_before_it_is() {
    check(&[
        ("rx.left.add > 1", "a boolean"),
        ("room.key", "text"),
        ("room is none or 'empty' in room.states", "a boolean"),
        ("note == none", "a boolean"),
        ("tries == none", "a boolean"),
    ]);
}

#[test]
fn guards_and_texts_have_their_own_demands() {
    let names = Names::lab();
    let guard = Expression::parse("tries").unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(
        guard
            .check_truth(&names)
            .iter()
            .map(|problem| problem.kind)
            .collect::<Vec<_>>(),
        [ProblemKind::NotBoolean]
    );
    let shown = |source: &str| {
        let template = Template::parse(source).unwrap_or_else(|problems| panic!("{problems:?}"));
        let (found, problems) = template.check(&names);
        let words: Vec<String> = problems.iter().map(|problem| show(problem, source)).collect();
        format!("{found}: {}", words.join("; "))
    };
    assert_eq!(shown("{{ lots }}"), "a list of objects: ");
    assert_eq!(
        shown("Ü {{ tries }} {{ trys }}"),
        "text: there is no variable `trys` @ trys -> tries"
    );
    assert_eq!(
        shown("Ü {{ lots }}"),
        "text: `lots` is a list of objects, and text is needed @ lots (use `| join(', ')`, `| map(…)` or `| text`)"
    );
}

fn values() -> impl Strategy<Value = (Value, Value, Value)> {
    let list = prop::collection::vec(-5_i64..5, 0..4)
        .prop_map(|items| Value::from_items(items.into_iter().map(Value::Integer).collect()));
    let number = (-500_i64..500).prop_map(|cents| Value::Decimal(Decimal::new(cents, 2)));
    let object = (number, prop::option::of("[a-c]{0,2}")).prop_map(|(number, text)| {
        let text = text.map_or(Value::Null, |text| Value::from_text(&text));
        Value::from_fields(Object::from([(Arc::from("a"), number), (Arc::from("b"), text)]))
    });
    let day = prop::option::of(0_i16..400).prop_map(|days| match days {
        Some(days) => Value::Date(jiff::civil::date(2026, 1, 1).saturating_add(jiff::Span::new().days(days))),
        None => Value::Null,
    });
    (list, object, day)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// The type that was found is the type of every value that comes out, and what is well typed has no fault of types.
    #[test]
    fn what_is_found_holds_when_it_runs(source in any_expression(), (a, b, c) in values()) {
        let expression = Expression::parse(&source).map_err(|problems| TestCaseError::fail(format!("{source}: {problems:?}")))?;
        let names = Names::of([
            ("a", Type::list(Type::Integer)),
            ("b", Type::object([("a", Type::Decimal), ("b", Type::optional(Type::Text))])),
            ("c", Type::optional(Type::Date)),
        ]);
        let (found, problems) = expression.check(&names);
        match expression.evaluate(&world(a, b, c)) {
            Ok(value) if problems.is_empty() => prop_assert!(found.admits(&value), "{}: {:?} is not {:?}", source, value, found),
            Err(Stop::Fault(fault)) if problems.is_empty() && fault.kind == FaultKind::Missing => {
                prop_assert!(!fault.message.contains("no variable"), "{}: {}", source, fault.message);
            }
            _ => {}
        }
    }
}
