//! The filters.

use super::{World, check};

fn lots() -> World {
    World::of(
        r#"{"lots": [
            {"key": "B", "states": ["available"], "amount": 2.50, "unit": "x"},
            {"key": "A", "states": ["quarantine"], "amount": 1, "unit": "y"},
            {"key": "C", "states": ["available", "open"], "amount": null, "unit": "x"}],
            "xs": [3, 1, 2.0, 1], "words": ["b", "a", "b"], "n": null, "o": {"b": 1, "a": [2]}, "t": " Möbius Strip ", "gaps": [1, null]}"#,
    )
}

#[test]
fn items_are_chosen_and_counted() {
    check(
        &lots(),
        &[
            ("lots | where('available' in item.states) | map(item.key)", r#"["B","C"]"#),
            ("lots | any('open' in item.states)", "true"),
            ("lots | all('available' in item.states)", "false"),
            ("[] | all(item.x)", "true"),
            ("[] | any(item.x)", "false"),
            ("lots | count(item.unit == 'x')", "2"),
            ("lots | count", "3"),
            ("(lots | first(item.unit == 'y')).key", r#""A""#),
            ("lots | first(item.unit == 'z')", "null"),
            ("[] | first", "null"),
            ("xs | first", "3"),
            ("xs | last", "1"),
            ("[] | last", "null"),
            ("xs | map(item * 10 + index)", r#"[30,11,{"$decimal":"22.0"},13]"#),
            ("lots | map(index)", "[0,1,2]"),
            ("[[1, 2], [3]] | map(item | map(item + index))", "[[1,3],[3]]"),
            ("words | where(item != 'a') | length", "2"),
        ],
    );
}

#[test]
fn a_fault_names_the_item() {
    check(
        &lots(),
        &[
            (
                "lots | any(item.amount > 5)",
                "fault: `item.amount` is empty (item 3 of `lots`) @ item.amount",
            ),
            (
                "lots | where(item.amount)",
                "fault: `item.amount` is a decimal, and true or false is needed (item 1 of `lots`) @ item.amount",
            ),
            (
                "lots | map(item.kee)",
                "fault: `item` has no field `kee`; the nearest is `key` (item 1 of `lots`) @ item.kee",
            ),
            (
                "lots | sum(item.amount)",
                "fault: `item.amount` is empty (item 3 of `lots`) @ item.amount",
            ),
            (
                "gaps | all(item.x)",
                "fault: `item` is an integer, and has no field `x` (item 1 of `gaps`) @ item",
            ),
            (
                "[[1], n] | all(item | all(item > 0))",
                "fault: `item` is empty (item 2 of `[[1], n]`) @ item",
            ),
            ("n | any(item)", "fault: `n` is empty @ n"),
            ("t | map(item)", "fault: `t` is text, and `map` takes a list @ t"),
            ("item", "fault: there is no variable `item`"),
        ],
    );
}

#[test]
fn lists_are_summed_sorted_and_grouped() {
    check(
        &lots(),
        &[
            ("xs | sum", r#"{"$decimal":"7.0"}"#),
            ("[] | sum", "0"),
            ("[hours(1), minutes(30)] | sum", r#"{"$duration":"1h30m"}"#),
            (
                "['a'] | sum",
                "fault: `['a']` is text, and numbers or durations are summed (item 1 of `['a']`) @ ['a']",
            ),
            (
                "[1, hours(1)] | sum(item)",
                "fault: `item` is a duration, and it is added to an integer (item 2 of `[1, hours(1)]`) @ item",
            ),
            ("xs | sort", r#"[1,1,{"$decimal":"2.0"},3]"#),
            ("lots | sort(item.key) | map(item.key)", r#"["A","B","C"]"#),
            ("lots | sort(item.unit) | map(item.key)", r#"["B","C","A"]"#),
            (
                "lots | sort(item.amount)",
                "fault: `item.amount` is empty (item 3 of `lots`) @ item.amount",
            ),
            (
                "[1, 'a'] | sort(item)",
                "fault: `item` is text, and the first item's is an integer (item 2 of `[1, 'a']`) @ item",
            ),
            (
                "[true] | sort(item)",
                "fault: `item` is a boolean, and only numbers, text, dates, times, instants and durations have an order (item 1 of `[true]`) @ item",
            ),
            (
                "[seconds(0), days(1), hours(1)] | sort",
                "fault: `[seconds(0), days(1), hours(1)] | sort`: `1h` and `1d` cannot be compared: their units have no fixed relation",
            ),
            ("xs | unique", r#"[3,1,{"$decimal":"2.0"}]"#),
            ("[1, 1.0, 2] | unique", "[1,2]"),
            ("lots | unique(item.unit) | map(item.key)", r#"["B","A"]"#),
            (
                "lots | group(item.unit) | map(item.key ~ (item.items | length))",
                r#"["x2","y1"]"#,
            ),
            ("xs | reverse", r#"[1,{"$decimal":"2.0"},1,3]"#),
            ("xs | slice(1, 3)", r#"[1,{"$decimal":"2.0"}]"#),
            ("xs | slice(2)", r#"[{"$decimal":"2.0"},1]"#),
            ("xs | slice(3, 1)", "[]"),
            ("xs | slice(9, 12)", "[]"),
            ("xs | slice(-1)", "fault: `-1` is -1, and places are counted from 0 @ -1"),
            ("words | join(' / ')", r#""b / a / b""#),
            ("xs | join", r#""312.01""#),
            ("gaps | join(',')", "fault: `gaps` is empty (item 2) @ gaps"),
            ("o | keys", r#"["a","b"]"#),
            ("o | values", "[[2],1]"),
            ("xs | keys", "fault: `xs` is a list, and `keys` takes an object @ xs"),
            ("xs | length + (t | length) + (o | length)", "20"),
            ("n | length", "fault: `n` is empty @ n"),
            (
                "5 | length",
                "fault: `5` is an integer, and only lists, objects and text have a length @ 5",
            ),
        ],
    );
}

#[test]
fn text_is_changed_and_searched() {
    check(
        &lots(),
        &[
            ("t | trim | lower", r#""möbius strip""#),
            ("t | upper", r#"" MÖBIUS STRIP ""#),
            ("'a-b-c' | replace('-', '+')", r#""a+b+c""#),
            ("'a-b' | split('-')", r#"["a","b"]"#),
            ("'' | split(',')", r#"[""]"#),
            ("t | trim | slice(0, 2)", r#""Mö""#),
            ("'LM1-7' | starts_with('LM1')", "true"),
            ("'LM1-7' | ends_with('8')", "false"),
            ("'AB-12' | matches('[A-Z]+-[0-9]+')", "true"),
            ("'xAB-12' | matches('[A-Z]+-[0-9]+')", "false"),
            ("'AB-12\n' | matches('[A-Z]+-[0-9]+')", "false"),
            ("'a' | replace('', 'x')", "fault: `''` is text without a character @ ''"),
            ("'a' | split('')", "fault: `''` is text without a character @ ''"),
            ("5 | lower", "fault: `5` is an integer, and `lower` takes text @ 5"),
            ("n | lower", "fault: `n` is empty @ n"),
            ("'operator error' not in 'Operator Error' | lower", "false"),
        ],
    );
}

#[test]
fn null_has_a_default() {
    check(
        &lots(),
        &[
            ("n | default(5)", "5"),
            ("0 | default(5)", "0"),
            ("'' | default('x')", r#""""#),
            ("false | default(n.x)", "false"),
            ("lots | map(item.amount | default(0)) | sum", r#"{"$decimal":"3.50"}"#),
            ("n.x | default(5)", "fault: `n` is empty @ n"),
        ],
    );
}

#[test]
fn values_are_presented() {
    check(
        &lots(),
        &[
            ("2.345 | round(2)", r#"{"$decimal":"2.34"}"#),
            ("2.5 | round", "2"),
            ("12 | round(2)", r#"{"$decimal":"12.00"}"#),
            ("'a' | round(2)", "fault: `'a'` is text, and `round` takes a number @ 'a'"),
            ("now | format('%G-W%V')", r#""2026-W13""#),
            ("now | format('%H:%M %Z')", r#""23:30 CET""#),
            ("today | format('%d.%m.%Y')", r#""28.03.2026""#),
            ("time('08:30') | format('%I:%M %p')", r#""08:30 AM""#),
            (
                "today | format('%H')",
                "fault: `'%H'` cannot format a date: strftime formatting failed: %H failed: requires time to format @ '%H'",
            ),
            ("1234567.891 | format('#,##0.00')", r#""1,234,567.89""#),
            ("-1234 | format('#,##0')", r#""-1,234""#),
            ("5 | format('0.0')", r#""5.0""#),
            (
                "5 | format('%d')",
                "fault: `'%d'` is no pattern of a number; write `0`, `0.00`, `#,##0` or `#,##0.00` @ '%d'",
            ),
            (
                "'a' | format('0')",
                "fault: `'a'` is text, and `format` takes dates, times, instants and numbers @ 'a'",
            ),
            ("minutes(90) | duration", r#""1 hour 30 minutes""#),
            (
                "5 | duration",
                "fault: `5` is an integer, and `duration` takes a duration @ 5",
            ),
            ("o | text", r#""{\"a\":[2],\"b\":1}""#),
            ("1.10 | text", r#""1.10""#),
            ("time('08:30') | text", r#""08:30""#),
        ],
    );
}

#[test]
fn values_that_double_are_refused_before_they_are_written() {
    let mut doubled = crate::value::Value::Integer(1);
    for _ in 0..17 {
        doubled = crate::value::Value::from_items(vec![doubled.clone(), doubled]);
    }
    let mut world = World::of("{}");
    world.variables.insert("x".into(), doubled);
    check(
        &world,
        &[
            ("[x, x]", "fault: `[x, x]`: the value has more than 200000 parts"),
            (
                "{'a': x, 'b': x}",
                "fault: `{'a': x, 'b': x}`: the value has more than 200000 parts",
            ),
            ("x == x", "true"),
        ],
    );
    for _ in 0..20 {
        let shared = world.variables.get("x").cloned().unwrap_or(crate::value::Value::Null);
        world
            .variables
            .insert("x".into(), crate::value::Value::from_items(vec![shared.clone(), shared]));
    }
    let steps = "fault: the expression takes more than 1000000 steps";
    check(
        &world,
        &[
            ("x == x", steps),
            ("[1] | unique(x)", steps),
            ("[1] | group(x)", steps),
            ("x | unique", steps),
        ],
    );
}

#[test]
fn work_and_results_are_bounded() {
    let items = format!("[{}0]", "0,".repeat(999));
    let world = World::of(&format!(r#"{{"xs": {items}, "t": "{}"}}"#, "x".repeat(3_000)));
    let steps = "the expression takes more than 1000000 steps";
    check(
        &world,
        &[
            (
                "xs | map(xs | map(1)) | length",
                &format!("fault: {steps} (item 1000 of `xs`) (item 499 of `xs`) @ 1"),
            ),
            (
                "xs | sum(xs | count(item == 1))",
                &format!("fault: {steps} (item 650 of `xs`) (item 200 of `xs`) @ 1"),
            ),
            (
                "t | replace('x', t) | length",
                "fault: the text is longer than 262144 bytes @ t | replace('x', t)",
            ),
            (
                "xs | map(t) | join",
                "fault: the text is longer than 262144 bytes (item 88) @ xs | map(t)",
            ),
            (
                "xs + xs + xs + xs + xs + xs + xs + xs + xs + xs + xs",
                "fault: the list has more than 10000 items",
            ),
        ],
    );
}
