//! Paths, operators and literals.

use super::{World, check};

#[test]
fn paths_name_what_is_not_there() {
    let world =
        World::of(r#"{"rx": {"left": {"add": null}, "right": null}, "xs": [[1], [2, 3]], "k": "add", "i": 1, "t": "text"}"#);
    check(
        &world,
        &[
            ("rx.left.add", "null"),
            ("rx['left']['add'] is none", "true"),
            ("rx.left[k] is not none", "false"),
            ("xs[1][0]", "2"),
            ("xs[i][i]", "3"),
            ("rx.left.add + 1", "fault: `rx.left.add` is empty @ rx.left.add"),
            ("rx.left.add > 1", "fault: `rx.left.add` is empty @ rx.left.add"),
            ("rx.right.add", "fault: `rx.right` is empty @ rx.right"),
            ("rx.right.add is none", "fault: `rx.right` is empty @ rx.right"),
            ("rx.left.ad", "fault: `rx.left` has no field `ad`; the nearest is `add`"),
            (
                "rx.lift.add",
                "fault: `rx` has no field `lift`; the nearest is `left` @ rx.lift",
            ),
            ("t.x", "fault: `t` is text, and has no field `x` @ t"),
            ("xs[2]", "fault: `xs` has no item 2: it has 2, counted from 0"),
            ("xs[-1]", "fault: `xs` has no item -1: it has 2, counted from 0"),
            ("xs['a']", "fault: `xs` is a list, and has no field `a` @ xs"),
            ("xs[k]", "fault: `k` is text, and the place of an item is an integer @ k"),
            (
                "xs[1.0]",
                "fault: `1.0` is a decimal, and the place of an item is an integer @ 1.0",
            ),
            ("nothing", "fault: there is no variable `nothing`"),
            ("  nothing  +  1", "fault: there is no variable `nothing` @ nothing"),
        ],
    );
}

#[test]
fn logic_takes_booleans_and_stops_early() {
    let world = World::of(r#"{"yes": true, "no": false, "n": null, "t": "x"}"#);
    check(
        &world,
        &[
            ("yes and no", "false"),
            ("no and n.x", "false"),
            ("yes or n.x", "true"),
            ("yes and n.x", "fault: `n` is empty @ n"),
            ("not no", "true"),
            ("not n", "fault: `n` is empty @ n"),
            ("yes and t", "fault: `t` is text, and true or false is needed @ t"),
            ("no or 1", "fault: `1` is an integer, and true or false is needed @ 1"),
            ("'a' if yes else n.x", r#""a""#),
            ("'a' if t else 'b'", "fault: `t` is text, and true or false is needed @ t"),
            ("n is none if yes else no", "true"),
            ("not yes or yes and no", "false"),
        ],
    );
}

#[test]
fn sameness_knows_types_and_null() {
    let world = World::of(r#"{"n": null, "a": {"x": 1, "y": [1.0]}, "b": {"x": 1.00, "y": [1]}, "c": {"x": "1"}}"#);
    check(
        &world,
        &[
            ("1 == 1.00", "true"),
            ("1 != 1.01", "true"),
            ("n == none", "true"),
            ("none != n", "false"),
            ("1 == n", "false"),
            ("n != 'x'", "true"),
            ("a == b", "true"),
            ("a == c", "false"),
            ("a.y == b.y", "true"),
            ("'a' == 'A'", "false"),
            (
                "a == 1",
                "fault: `a` is an object and `1` is an integer, which `==` does not compare",
            ),
        ],
    );
}

#[test]
fn order_is_within_one_type_that_has_one() {
    let world = World::of(r#"{"xs": [1]}"#).with("d", r#"{"$date":"2026-01-05"}"#);
    check(
        &world,
        &[
            ("'a' < 'b'", "true"),
            ("'Z' < 'a'", "true"),
            ("2 >= 2.0", "true"),
            ("d <= today", "true"),
            (
                "today < now",
                "fault: `today` is a date and `now` is an instant, which `<` does not compare; compare days with `date(x)`, or moments with `start_of_day(x)`",
            ),
            (
                "true < false",
                "fault: `true` is a boolean and `false` is a boolean, which have no order",
            ),
            ("xs < xs", "fault: `xs` is a list and `xs` is a list, which have no order"),
            ("time('08:00') < time('08:00:01')", "true"),
            ("hours(1) < minutes(90)", "true"),
            (
                "days(3) < hours(80)",
                "fault: `days(3) < hours(80)`: `3d` and `80h` cannot be compared: their units have no fixed relation",
            ),
            (
                "days(3) == hours(72)",
                "fault: `days(3) == hours(72)`: `3d` and `72h` cannot be compared: their units have no fixed relation",
            ),
            (
                "hours(2) > 1",
                "fault: `hours(2)` is a duration and `1` is an integer, which `>` does not compare; write the duration, such as `hours(2)`",
            ),
        ],
    );
}

#[test]
fn arithmetic_is_typed() {
    let world = World::of(r#"{"n": null, "xs": [1], "ys": ["a"]}"#);
    check(
        &world,
        &[
            ("7 / 2", r#"{"$decimal":"3.5"}"#),
            ("4 / 2 == 2", "true"),
            ("-7 // 2", "-4"),
            ("-7 % 3", "2"),
            ("2 + 3 * 4 - 1", "13"),
            ("-(2 + 3)", "-5"),
            ("1 / 0", "fault: `1 / 0`: division by zero"),
            (
                "9999999999999999999999999999 * 10",
                "fault: `9999999999999999999999999999 * 10`: the result has more than 28 digits before the point",
            ),
            ("n + 1", "fault: `n` is empty @ n"),
            ("-n", "fault: `n` is empty @ n"),
            ("-'a'", "fault: `'a'` is text, and `-` takes numbers and durations @ 'a'"),
            (
                "'a' + 1",
                "fault: `'a'` is text and `1` is an integer, which `+` does not take; text is joined with `~`",
            ),
            (
                "true + 1",
                "fault: `true` is a boolean and `1` is an integer, which `+` does not take",
            ),
            ("xs + ys", r#"[1,"a"]"#),
            ("xs - ys", "fault: `xs` is a list and `ys` is a list, which `-` does not take"),
        ],
    );
}

#[test]
fn time_is_typed() {
    // Berlin, 23:30 on the evening before the clock jumps.
    let world = World::of(r#"{"n": null}"#).with("due", r#"{"$date":"2026-01-31"}"#);
    check(
        &world,
        &[
            ("now + hours(24)", r#"{"$instant":"2026-03-29T22:30:00Z"}"#),
            ("now + days(1)", r#"{"$instant":"2026-03-29T21:30:00Z"}"#),
            ("now - days(90)", r#"{"$instant":"2025-12-28T22:30:00Z"}"#),
            ("(now + days(1)) - now", r#"{"$duration":"23h"}"#),
            ("due + months(1)", r#"{"$date":"2026-02-28"}"#),
            ("days(1) + due", r#"{"$date":"2026-02-01"}"#),
            ("today - due", r#"{"$duration":"56d"}"#),
            ("today <= due + days(90)", "true"),
            ("days(1) + hours(2) - minutes(30)", r#"{"$duration":"1d1h30m"}"#),
            ("minutes(30) * 3", r#"{"$duration":"1h30m"}"#),
            ("1.5 * hours(1)", r#"{"$duration":"1h30m"}"#),
            ("hours(3) / 2", r#"{"$duration":"1h30m"}"#),
            ("hours(3) / minutes(45)", r#"{"$decimal":"4"}"#),
            ("hours(3) // minutes(50)", "3"),
            ("(today - due) // days(1)", "56"),
            ("days(90) // days(7)", "12"),
            ("months(18) / months(12)", r#"{"$decimal":"1.5"}"#),
            ("-days(2)", r#"{"$duration":"-2d"}"#),
            (
                "due + 1",
                "fault: `due` is a date and `1` is an integer, which `+` does not take; write `days(n)`",
            ),
            (
                "now + 1",
                "fault: `now` is an instant and `1` is an integer, which `+` does not take; write `hours(n)` or `days(n)`",
            ),
            (
                "now - today",
                "fault: `now` is an instant and `today` is a date, which `-` does not take; make a date of the moment with `date(x)`",
            ),
            (
                "due + hours(1)",
                "fault: `due + hours(1)`: a date takes days, weeks, months and years; `1h` has hours: use `instant(date, time)` first",
            ),
            (
                "now + business_hours(2)",
                "fault: `now + business_hours(2)`: business time needs a calendar, and none is set (`calendar:` of the workflow)",
            ),
            (
                "days(60) // months(1)",
                "fault: `days(60) // months(1)`: `60d` is not exact: it has calendar or business units",
            ),
            (
                "days(1) / 2",
                "fault: `days(1) / 2`: `1d` is not exact: it has calendar or business units",
            ),
            ("due + n", "fault: `n` is empty @ n"),
            (
                "now + months(1000000)",
                "fault: `now + months(1000000)`: the result is not within the years 1 to 9999",
            ),
        ],
    );
}

#[test]
fn text_is_joined_and_searched() {
    let world = World::of(r#"{"n": null, "amount": 1.10, "xs": ["R", "L"], "mixed": [1, null, "R"], "o": {"a": 1}}"#);
    check(
        &world,
        &[
            ("'a' ~ 1 ~ true ~ amount", r#""a1true1.10""#),
            (
                "'on ' ~ today ~ ' at ' ~ now",
                r#""on 2026-03-28 at 2026-03-28T23:30:00+01:00""#,
            ),
            ("'x' ~ n", "fault: `n` is empty @ n"),
            (
                "'x' ~ xs",
                "fault: `xs` is a list, and text is needed; use `| join(', ')`, `| map(…)` or `| text` @ xs",
            ),
            ("'R' in xs", "true"),
            ("'x' not in xs", "true"),
            ("1.0 in [3, 2, 1]", "true"),
            ("'bc' in 'abcd'", "true"),
            ("'a' in o", "true"),
            ("'b' not in o", "true"),
            ("'R' in []", "false"),
            ("1 in mixed", "true"),
            (
                "'R' in mixed",
                "fault: `'R'` is text and an item of `mixed` is an integer, which `in` does not compare",
            ),
            ("n in xs", "fault: `n` is empty @ n"),
            ("'a' in n", "fault: `n` is empty @ n"),
            ("1 in 'a1'", "fault: `1` is an integer, and text is needed before `in` @ 1"),
            (
                "1 in 11",
                "fault: `11` is an integer, and `in` takes a list, text or an object @ 11",
            ),
        ],
    );
}

#[test]
fn literals_hold_values() {
    let world = World::of(r#"{"x": 1}"#);
    check(
        &world,
        &[
            ("[x, 'a', none, [true]]", r#"[1,"a",null,[true]]"#),
            ("{'b': x, 'a': {'$date': 2}}", r#"{"a":{"$object":{"$date":2}},"b":1}"#),
            ("{'a': 1}.a", "1"),
            (r"'it\'s \u00e9\n'", r#""it's é\n""#),
        ],
    );
}

#[test]
fn what_must_be_looked_up_goes_through_everything() {
    let world = World::of(r#"{"xs": [1, 2], "yes": true}"#);
    for source in [
        "needed",
        "needed.x",
        "needed[0]",
        "xs[needed]",
        "needed or yes",
        "not needed",
        "yes and needed",
        "needed + 1",
        "1 ~ needed",
        "needed == none",
        "needed is none",
        "1 in needed",
        "[needed]",
        "{'a': needed}",
        "needed if yes else 1",
        "1 if needed else 2",
        "xs | map(needed)",
        "xs | any(needed.x == item)",
        "needed | length",
        "needed | default(1)",
        "none | default(needed)",
        "days(needed)",
        "table('prices', needed)",
        "decide('t', a=needed)",
        "xs | join(needed)",
        "max(1, needed)",
    ] {
        assert_eq!(super::outcome(source, &world), "needs needed", "{source}");
    }
    check(
        &world,
        &[
            ("yes or needed", "true"),
            ("1 if yes else needed", "1"),
            ("xs | any(item == 1 or needed)", "true"),
        ],
    );
}

#[test]
fn business_time_costs_the_days_that_are_looked_at() {
    let over = "fault: all expressions together take more than 2000000 steps";
    let world = |fuel: u64| World::of("{}").counting(fuel);
    // an hour, a minute a week: sixty weeks
    check(&world(500), &[("now + business_hours(1) > now", "true")]);
    for passing in [
        "now + business_hours(1)",
        "now - business_hours(1)",
        "today + business_days(60)",
        "business_days(-60) + now",
    ] {
        check(&world(300), &[(passing, over)]);
    }
    // what is not counted costs what other sums do
    check(
        &world(20),
        &[("business_hours(1) + business_hours(1)", r#"{"$duration":"2 business hours"}"#)],
    );
    // beyond what a calendar is followed for
    check(&world(36_000), &[("now + business_hours(1000)", over)]);
}
