//! Each kind of expectation, once as it holds and once as it does not, with the words that say so.

use super::run;

const GIVEN: &str = "  adapters: {joiner.mend: {after: 2h, returns: {part: hinge}}}\n";

/// A door that was opened once and is being mended, and one that stands open.
fn check(expectation: &str, failures: &[&str]) {
    let steps = [
        "{start: door, as: ann, with: {name: A}, id: a}",
        "{place: bell = bell/B}",
        "{send: OPEN, to: a, as: ann}",
        "{wait: 5m}",
        "{send: CLOSE, to: a, as: bob}",
        "{send: RING, to: a, as: ann}",
        "{send: REPAIR, to: a, as: ann}",
        "{place: b = door/B, in: open, with: {name: B, opened: 3}}",
        &format!("expect: {{{expectation}}}"),
    ];
    let (found, _) = run(GIVEN, &steps);
    assert_eq!(found, failures, "{expectation}");
}

#[test]
fn the_states() {
    check("a: {in: repair}, b: {in: [open]}, bell: {in: hung}", &[]);
    check("a: {in: shut}", &["9: door/A is otherwise; in: shut / repair"]);
    check(
        "a: {in: [repair, open]}",
        &["9: door/A is otherwise; in: repair + open / repair"],
    );
    check(
        "a: {in: repare}",
        &["9: `door` has no state `repare`; did you mean `repair`?"],
    );
    check("door/C: {in: open}", &["9: there is no door/C"]);
    check(
        "c: {in: open}",
        &["9: `c` is neither an instance (`workflow/key`, or a name given to one) nor a workflow"],
    );
}

#[test]
fn the_label() {
    check("b: {label: Open}, a: {label: Repair}", &[]);
    check("b: {label: Shut}", &["9: door/B is otherwise; label: Shut / Open"]);
}

#[test]
fn the_data() {
    check("a: {data: {opened: 1, part: null}}", &[]);
    check(
        "a: {data: {opened: 2, name: A, colour: red}}",
        &["9: door/A is otherwise; data.colour: red / nothing of that name; data.opened: 2 / 1"],
    );
    // in a value every key counts, whatever it begins with
    check(
        "a: {data: {x-colour: red}}",
        &["9: door/A is otherwise; data.x-colour: red / nothing of that name"],
    );
    check(
        "a: {data: {name: \"{{ b.key }}\"}}",
        &["9: door/A is otherwise; data.name: B / A"],
    );
}

#[test]
fn the_timers() {
    check(
        "a: {timers: {timeout.mend: 2026-03-27 09:05, draught: null}}, b: {timers: [draught]}",
        &[],
    );
    check(
        "a: {timers: {timeout.mend: {fired: 0, due: 2026-03-27 09:05}}}, bell: {timers: {}}",
        &[],
    );
    check(
        "a: {timers: {timeout.mend: 2026-03-27 09:06}}",
        &["9: door/A is otherwise; timers.timeout.mend: 2026-03-27 09:06 / 2026-03-27 09:05"],
    );
    check(
        "a: {timers: {yearly: 2027-03-26 09:00, timeout.mend: null}}",
        &[
            "9: door/A is otherwise; timers.timeout.mend: nothing of that name / 2026-03-27 09:05; \
             timers.yearly: 2027-03-26 09:00 / only timeout.mend",
        ],
    );
    check(
        "b: {timers: [draught, yearly]}",
        &["9: door/B is otherwise; timers: [\"draught\",\"yearly\"] / [\"draught\"]"],
    );
}

#[test]
fn what_is_waited_for() {
    check("a: {waiting: {mend: joiner.mend}}, b: {waiting: []}", &[]);
    check(
        "a: {waiting: {mend: joiner.find}}, b: {waiting: {ring: B}}",
        &[
            "9: door/A is otherwise; waiting.mend: joiner.find / joiner.mend",
            "9: door/B is otherwise; waiting.ring: B / nothing at all",
        ],
    );
}

#[test]
fn the_marks() {
    check("a: {marks: {inspected: 0}}", &[]);
    check(
        "a: {marks: {inspected: {name: A}}}",
        &["9: door/A is otherwise; marks.inspected: {\"name\":\"A\"} / nothing (null)"],
    );
}

#[test]
fn the_output() {
    check("a: {output: null}", &[]);
    check(
        "a: {output: {opened: 1}}",
        &["9: door/A is otherwise; output: {\"opened\":1} / nothing (null)"],
    );
}

#[test]
fn whether_it_is_paused() {
    check("a: {paused: false}", &[]);
    check("a: {paused: true}", &["9: door/A is otherwise; paused: true / false"]);
}

#[test]
fn how_many_there_are_and_which() {
    check("door: {count: 2, keys: [B, A]}", &[]);
    check("door: {in: open, count: 1}", &[]);
    check(
        "door: {in: open, keys: [A]}",
        &["9: of door there are others: A in repair, B in open; keys: [\"A\"] / [\"B\"]"],
    );
    check(
        "door: {in: shut, count: 1}, door/C: {count: 0}, a: {count: 0}",
        &[
            "9: of door there are others: A in repair, B in open; count: 1 / 0",
            "9: there are not so many; count: 0 / 1",
        ],
    );
    check("door: {in: open}", &["9: door/A is otherwise; in: open / repair"]);
}

#[test]
fn the_effects() {
    check("a: {effects: [joiner.mend]}, effects: [{of: door/A, input: {name: A}}]", &[]);
    check(
        "effects: {joiner.mend: {of: a, count: 1, attempts: 1, performed: 0, key: same}, joiner.find: 0}",
        &[],
    );
    check(
        "b: {effects: [joiner.mend]}",
        &["9: door/B is otherwise; effects: joiner.mend / none"],
    );
    check(
        "effects: {joiner.mend: {of: b, performed: 1}, joiner.find: 1}",
        &["9: the effects are otherwise; effects.joiner.find: 1 / 0; effects.joiner.mend.performed: 1 / 0"],
    );
    check(
        "effects: []",
        &["9: other effects were asked for; effects: none / joiner.mend"],
    );
}

#[test]
fn the_trail() {
    check(
        "trail: {a: [start, OPEN, CLOSE, RING, REPAIR, sent.taken.ring]}",
        &["9: door/A has another trail; trail[4]: REPAIR / sent.taken; trail[5]: sent.taken.ring / REPAIR"],
    );
    check(
        "trail: {a: [start, OPEN, {as: bob, entered: [shut]}, RING, {verdict: taken}, REPAIR], b: [place]}",
        &[],
    );
    check(
        "trail: {b: [start, OPEN]}",
        &["9: door/B has another trail; trail: start + OPEN / place"],
    );
}

#[test]
fn the_clock() {
    check("clock: 2026-03-26 09:05", &[]);
    check(
        "clock: 2026-03-26T09:05:00Z",
        &["9: the clock shows another moment; clock: 2026-03-26 10:05 / 2026-03-26 09:05"],
    );
}

#[test]
fn what_waits_for_a_person() {
    let steps = |expectation: &'static str| {
        let given = "  adapters: {joiner.find: {fails: nobody knows it}}\n";
        let steps = [
            "{place: door/C, in: shut, with: {name: C}}",
            "{send: LOSE, to: door/C, as: ann}",
            expectation,
        ];
        run(given, &steps).0
    };
    assert_eq!(
        steps("expect: {incidents: [{of: door/C, error: \"refused: nobody knows it\"}]}"),
        Vec::<String>::new()
    );
    assert_eq!(
        steps("expect: {incidents: []}"),
        ["3: something else waits for a person; incidents: none / refused: nobody knows it"]
    );
    assert_eq!(
        steps("wait: 1h"),
        ["0: something waits for a person, and no `expect: {incidents: …}` says so: door/C: refused: nobody knows it"]
    );
    // another in the place of the one that was named is not the one that was named
    let given = "  adapters: {joiner.find: {fails: nobody knows it}}\n";
    let steps = [
        "{place: door/C, in: shut, with: {name: C}}",
        "{send: LOSE, to: door/C, as: ann}",
        "expect: {incidents: [{of: door/C}]}",
        "{place: door/C, in: shut}",
        "{place: door/D, in: shut, with: {name: D}}",
        "{send: LOSE, to: door/D, as: ann}",
    ];
    assert_eq!(
        run(given, &steps).0,
        ["0: something waits for a person, and no `expect: {incidents: …}` says so: door/D: refused: nobody knows it"]
    );
}
