//! The functions.

use super::{World, check};

#[test]
fn durations_are_made_of_numbers() {
    let world = World::of(r#"{"n": null}"#);
    check(
        &world,
        &[
            ("days(3)", r#"{"$duration":"3d"}"#),
            ("weeks(2)", r#"{"$duration":"14d"}"#),
            ("months(14)", r#"{"$duration":"14mo"}"#),
            ("hours(1.5)", r#"{"$duration":"1h30m"}"#),
            ("minutes(90)", r#"{"$duration":"1h30m"}"#),
            ("seconds(0.000001)", r#"{"$duration":"0.000001s"}"#),
            ("seconds(1 / 3)", r#"{"$duration":"0.333333s"}"#),
            ("business_days(10)", r#"{"$duration":"10 business days"}"#),
            ("business_hours(2)", r#"{"$duration":"2 business hours"}"#),
            ("days(4 / 2)", r#"{"$duration":"2d"}"#),
            ("days(1.5)", "fault: `1.5` is 1.5, and a whole number is needed @ 1.5"),
            ("days(n)", "fault: `n` is empty @ n"),
            ("days('3')", "fault: `'3'` is text, and a number is needed @ '3'"),
            ("days(3000000000)", "fault: `days(3000000000)`: the duration is too long"),
            (
                "hours(99999999999999999)",
                "fault: `hours(99999999999999999)`: the result is not within the years 1 to 9999",
            ),
        ],
    );
}

#[test]
fn moments_days_and_times_are_converted_in_the_zone() {
    let world = World::of("{}")
        .with("due", r#"{"$date":"2026-03-29"}"#)
        .with("at", r#"{"$time":"02:30:00"}"#);
    check(
        &world,
        &[
            ("date(now)", r#"{"$date":"2026-03-28"}"#),
            ("date('2026-01-05')", r#"{"$date":"2026-01-05"}"#),
            ("time(now)", r#"{"$time":"23:30:00"}"#),
            ("time('08:30')", r#"{"$time":"08:30:00"}"#),
            // The clock jumps from 02:00 to 03:00 that night.
            ("instant(due, at)", r#"{"$instant":"2026-03-29T01:30:00Z"}"#),
            ("instant('2026-01-05', '08:30')", r#"{"$instant":"2026-01-05T07:30:00Z"}"#),
            ("instant('2026-01-05T08:30:00Z')", r#"{"$instant":"2026-01-05T08:30:00Z"}"#),
            ("start_of_day(due)", r#"{"$instant":"2026-03-28T23:00:00Z"}"#),
            ("start_of_day(now)", r#"{"$instant":"2026-03-27T23:00:00Z"}"#),
            ("end_of_day(due)", r#"{"$instant":"2026-03-29T21:59:59.999999Z"}"#),
            ("start_of_day(due + days(1)) - start_of_day(due)", r#"{"$duration":"23h"}"#),
            (
                "date('5.1.2026')",
                "fault: `'5.1.2026'` is not a date such as 2026-01-05 @ '5.1.2026'",
            ),
            (
                "time(5)",
                "fault: `5` is an integer, and `time` takes an instant or text such as 08:30 @ 5",
            ),
            (
                "instant('2026-01-05')",
                "fault: `'2026-01-05'` is not a moment with its offset, such as 2026-01-05T08:30:00Z @ '2026-01-05'",
            ),
            (
                "instant(due)",
                "fault: `due` is a date, and a time of day is needed: `instant(date, time)` or `start_of_day(date)` @ due",
            ),
            (
                "start_of_day('x')",
                "fault: `'x'` is text, and a date or an instant is needed @ 'x'",
            ),
        ],
    );
}

#[test]
fn numbers_are_rounded_and_compared() {
    let world = World::of(r#"{"xs": [3, 1.5, 2], "n": null, "holes": [1, null]}"#);
    check(
        &world,
        &[
            ("abs(-1.50)", r#"{"$decimal":"1.50"}"#),
            ("abs(-3)", "3"),
            ("abs(minutes(-5))", r#"{"$duration":"5m"}"#),
            (
                "abs(days(-5))",
                "fault: `days(-5)` is a duration, and `abs` takes numbers and exact durations @ days(-5)",
            ),
            ("min(3, 1.5, 2)", r#"{"$decimal":"1.5"}"#),
            ("max(xs)", "3"),
            ("min([])", "null"),
            ("max(4)", "4"),
            ("max(days(1), days(2))", r#"{"$duration":"2d"}"#),
            ("max(today, date('2027-01-01'))", r#"{"$date":"2027-01-01"}"#),
            ("max(1, 'a')", "fault: `max(1, 'a')`: an integer and text have no order"),
            ("max(1, n)", "fault: `n` is empty @ n"),
            ("max(holes)", "fault: `holes` is empty (one of its items) @ holes"),
            ("round(2.5)", "2"),
            ("round(3.5)", "4"),
            ("round(2.345, 2)", r#"{"$decimal":"2.34"}"#),
            ("round(5, 2)", r#"{"$decimal":"5.00"}"#),
            ("round(1, 29)", "fault: `29` is 29, and 0 to 28 places can be kept @ 29"),
            ("round(1, -1)", "fault: `-1` is -1, and 0 to 28 places can be kept @ -1"),
            ("floor(-1.5)", "-2"),
            ("ceil(1.1)", "2"),
            ("decimal('1.10')", r#"{"$decimal":"1.10"}"#),
            ("decimal(5)", r#"{"$decimal":"5"}"#),
            (
                "decimal('1,5')",
                "fault: `'1,5'`: `1,5` is not a number in plain decimal notation @ '1,5'",
            ),
        ],
    );
}

#[test]
fn axes_differ_by_the_smaller_angle() {
    let world = World::of("{}");
    check(
        &world,
        &[
            ("axis_off(10, 170)", "20"),
            ("axis_off(170, 10)", "20"),
            ("axis_off(90, 0)", "90"),
            ("axis_off(180, 0)", "0"),
            ("axis_off(45, 45.5)", r#"{"$decimal":"0.5"}"#),
            ("axis_off(361, 0)", "1"),
            ("axis_off('a', 0)", "fault: `'a'` is text, and a number is needed @ 'a'"),
        ],
    );
}

#[test]
fn differences_are_listed_by_path() {
    let world = World::of(
        r#"{"a": {"rx": {"s": 1.0, "c": null}, "lens": "x"}, "b": {"rx": {"s": 1, "c": 2}, "lens": "y", "new": true}, "paths": ["lens", "rx.c", "rx.s"]}"#,
    );
    check(
        &world,
        &[
            ("diff(a, b, paths) | map(item.path)", r#"["lens","rx.c"]"#),
            (
                "diff(a, b, ['rx'])",
                r#"[{"from":{"c":null,"s":{"$decimal":"1.0"}},"path":"rx","to":{"c":2,"s":1}}]"#,
            ),
            (
                "diff(a, b)",
                r#"[{"from":"x","path":"lens","to":"y"},{"from":null,"path":"new","to":true},{"from":null,"path":"rx.c","to":2}]"#,
            ),
            ("diff(a, a)", "[]"),
            ("diff(a, 1)", "fault: `1` is an integer, and `diff` compares objects @ 1"),
            (
                "diff(a, b, [1])",
                "fault: `[1]` has an item that is an integer, and a path is text @ [1]",
            ),
            (
                "diff(a, b, 'x')",
                "fault: `'x'` is text, and a list of dotted paths is needed @ 'x'",
            ),
        ],
    );
}

#[test]
fn the_scope_answers_what_is_not_computed() {
    let world = World::of(r#"{"person": {"name": "x"}}"#);
    check(
        &world,
        &[
            ("decide('z80', a=1, b='x').b", r#""x""#),
            ("table('prices', 'k').key", r#""k""#),
            (
                "1 + (table('other', 'k')).x",
                "fault: there is no table of that name @ table('other', 'k')",
            ),
            ("hmac_ref(person.name)", r#""person.name""#),
            ("random_hex(8)", "fault: `random_hex` is not built yet"),
            (
                "in_business_hours(now)",
                "fault: `in_business_hours(now)`: business time needs a calendar, and none is set (`calendar:` of the workflow)",
            ),
        ],
    );
}
