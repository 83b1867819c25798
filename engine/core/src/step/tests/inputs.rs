//! What may come in: by whom, in which form, for which reason; and that everything leaves its trace.

use super::*;

const CHART: &str = "workflow: w
zone: Europe/Berlin
data:
  name: {type: string, minLength: 2}
  amount: {type: optional decimal, scale: 2}
start:
  by: [staff]
  input: [name]
  guard: {if: \"name != 'nobody'\", otherwise: Nobody cannot have one}
access: [{for: [staff]}]
initial: a
states:
  a:
    on:
      PAY: {target: paid, by: [staff], input: [amount], guard: {if: event.amount <= 10.00, otherwise: \"{{ event.amount }} is more than 10.00\"}}
      FORBIDDEN: {target: paid, by: [chief]}
      REASONED: {target: paid, by: [staff], reason: required}
      INNER: {target: paid}
  paid: {type: final}
";

#[test]
fn a_form_is_checked_and_written() {
    let mut life = Life::begun(CHART, r#"{"name":"Ann"}"#);
    assert_eq!(
        life.send_with("PAY", r#"{"amount":"2.505"}"#).split(' ').next(),
        Some("refused:")
    );
    assert_eq!(
        life.send_with("PAY", r#"{"amount":"10.01"}"#),
        "refused: 10.01 is more than 10.00"
    );
    assert_eq!(
        life.send_with("PAY", r#"{"amount":"10.00","more":1}"#).split(' ').next(),
        Some("refused:")
    );
    assert_eq!(life.send_with("PAY", r#"{"amount":"10.00"}"#), "taken");
    assert_eq!(life.data("amount"), r#"{"$decimal":"10.00"}"#);
    assert_eq!(life.states(), "paid");
}

#[test]
fn nobody_may_what_is_not_granted() {
    let mut life = Life::begun(CHART, r#"{"name":"Ann"}"#);
    assert_eq!(life.send("FORBIDDEN"), "refused: ada may not do this");
    assert_eq!(life.send("INNER"), "refused: this event comes only from inside the instance");
    assert_eq!(life.send("REASONED"), "refused: a reason is needed");
    assert_eq!(life.send("UNKNOWN"), "ignored");
    assert_eq!(life.states(), "a");
    assert_eq!(
        life.snapshot.as_ref().map(|snapshot| snapshot.sequence),
        Some(5),
        "every refusal stands in the trail"
    );
}

#[test]
fn a_start_that_is_refused_leaves_nothing() {
    let mut life = Life::of(CHART);
    assert_eq!(life.start(r#"{"name":"nobody"}"#), "refused: Nobody cannot have one");
    assert!(life.last().trace.is_none());
    assert_eq!(life.start(r#"{"name":"x"}"#).split(' ').next(), Some("refused:"));
}

#[test]
fn an_action_that_fails_refuses_all_of_it() {
    let mut life = Life::begun(
        "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
data: {a: optional integer, b: {type: integer, default: 1}}
initial: x
states:
  x: {on: {GO: {target: y, by: [staff], actions: [{assign: {b: 7}}, {assign: {b: '{{ a + 1 }}'}}]}}}
  y: {}
",
        "{}",
    );
    assert_eq!(life.send("GO"), "SW-1002: `a` is empty");
    assert_eq!((life.states(), life.data("b")), ("x".into(), "1".into()));
    let entry = life.entry();
    let reason = r#""reasons":[{"code":"SW-1002","kind":"failed","sentence":"`a` is empty"}]"#;
    assert!(entry.contains(reason) && entry.contains(r#""verdict":"refused""#), "{entry}");
    assert!(!entry.contains("changed"), "nothing of it was done: {entry}");
}

#[test]
fn a_read_is_asked_for_and_recorded() {
    let mut life = Life::begun(
        "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
data: {lot: {type: string, default: L1}}
reads: {stock: {workflow: material-lot, key: '{{ lot }}'}}
initial: a
states:
  a: {on: {GO: {target: b, by: [staff], guard: {if: stock is not none, otherwise: 'No lot {{ lot }}'}}}}
  b: {}
",
        "{}",
    );
    assert_eq!(life.send("GO"), "needs material-lot/L1");
    life.facts
        .views
        .insert(("stock".into(), "L1".into()), absent("material-lot", "L1"));
    assert_eq!(life.send("GO"), "refused: No lot L1");
    assert!(life.entry().contains(r#""facts":{"reads":[{"instance":"#), "{}", life.entry());
}

#[test]
fn a_paused_state_refuses_people_and_lets_machines_wait() {
    let mut life = Life::begun(
        "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
initial: p
states:
  p:
    type: parallel
    states:
      work:
        initial: a
        states:
          a:
            after: {late: {in: 2h, target: b}}
            on: {DONE: {target: b, by: [staff, {adapter: machines}]}}
          b: {}
      hold:
        initial: off
        states:
          'off': {on: {HOLD: {target: held, by: [staff], reason: optional}}}
          held: {label: Customer service, pauses: [work], on: {RELEASE: {target: 'off', by: [staff]}}}
",
        "{}",
    );
    life.until("2026-03-26T09:00:00Z");
    assert_eq!(life.send("HOLD"), "taken");
    assert_eq!(life.send("DONE"), "refused: On hold: Customer service");
    assert_eq!(
        life.send_as(Actor::plain(ActorKind::Adapter, "machines"), "DONE", "{}"),
        "deferred"
    );
    life.until("2026-04-01T09:00:00Z");
    assert_eq!(life.states(), "p.work.a p.hold.held", "a paused timer does not fire");
    assert_eq!(life.send("RELEASE"), "taken");
    assert!(life.last().resumed);
    life.until("2026-04-01T09:59:59Z");
    assert_eq!(life.states(), "p.work.a p.hold.off", "an hour was left");
    life.until("2026-04-01T10:00:00Z");
    assert_eq!(life.states(), "p.work.b p.hold.off");
}

const FORMS: &str = "workflow: w
data:
  who: {type: string, default: lab}
  payer: optional string
  rush: {type: boolean, default: false}
start: {by: [staff], input: [optional rush]}
access: [{for: [staff]}]
initial: a
states:
  a:
    on:
      PAY:
        by: [staff]
        input:
          payer: {enum: [lab, shop], default: \"{{ who }}\"}
          note: {type: string, default: \"paid by {{ event.payer }}\"}
        guard: {if: \"event.note != ''\"}
        actions: [{assign: {payer: \"{{ event.note }}\"}}]
      BILL: {by: [staff], input: {payer: {enum: [shop], default: \"{{ who }}\"}}}
      CHANGE: {by: [staff], input: [who, optional rush]}
";

#[test]
fn what_is_left_out_of_a_form_has_its_computed_default() {
    let mut life = Life::begun(FORMS, "{}");
    assert_eq!(life.send("PAY"), "taken");
    assert_eq!(life.data("payer"), "\"paid by lab\"");
    assert_eq!(life.send_with("PAY", r#"{"payer":"shop"}"#), "taken");
    assert_eq!(life.data("payer"), "\"paid by shop\"");
    // a default is held to the same as what is given
    assert_eq!(life.send("BILL"), "refused: payer must be shop");
}

#[test]
fn what_an_event_may_write_and_leaves_out_stays_as_it_is() {
    let mut life = Life::begun(FORMS, r#"{"rush":true}"#);
    assert_eq!(life.send_with("CHANGE", r#"{"who":"shop"}"#), "taken");
    assert_eq!((life.data("who").as_str(), life.data("rush").as_str()), ("\"shop\"", "true"));
}

#[test]
fn a_guard_that_cannot_be_said_is_refused_for_what_is_missing() {
    let mut life = Life::begun(
        "workflow: w
data: {power: optional integer}
start: {by: [staff]}
access: [{for: [staff]}]
initial: a
states:
  a: {on: {GO: {target: b, by: [staff], guard: {if: power < 10, otherwise: Too strong}}}}
  b: {}
",
        "{}",
    );
    let said = life.send("GO");
    assert!(
        said.starts_with("refused: ") && !said.contains("Too strong") && said.contains("power"),
        "{said}"
    );
}

#[test]
fn after_a_guard_that_is_false_those_that_cannot_be_asked_say_nothing() {
    let guards = "[{if: power is not none, otherwise: How strong}, {if: power < 10, otherwise: Too strong}, {if: key == 'L', otherwise: Not this one}]";
    let chart = format!(
        "workflow: w
data: {{power: optional integer}}
start: {{by: [staff]}}
access: [{{for: [staff]}}]
initial: a
states:
  a: {{on: {{GO: {{target: b, by: [staff], guard: {guards}}}}}}}
  b: {{}}
"
    );
    let mut life = Life::begun(&chart, "{}");
    assert_eq!(life.send("GO"), "refused: How strong | Not this one");
}

#[test]
fn a_start_has_the_defaults_of_its_form_in_the_order_of_the_record() {
    let mut life = Life::of(
        "workflow: w
data:
  first: {type: integer, default: \"{{ 1 + 1 }}\"}
  second: {type: integer, default: \"{{ first + 1 }}\"}
  third: {type: integer, default: 0}
start:
  by: [staff]
  input: [second, {third: {default: \"{{ second * 10 }}\"}}]
  guard: {if: event.third == 30, otherwise: \"It is {{ event.third }}\"}
access: [{for: [staff]}]
initial: a
states: {a: {}}
",
    );
    assert_eq!(life.start("{}"), "taken");
    assert_eq!(
        (life.data("first"), life.data("second"), life.data("third")),
        ("2".into(), "3".into(), "30".into())
    );
}

#[test]
fn an_event_from_outside_passes_by_no_branch_of_which_nobody_knows() {
    const CHART: &str = "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
data: {limit: optional integer, n: {type: integer, default: 3}}
initial: a
states:
  a:
    on:
      BRANCH: {by: [staff], choose: [{guard: n > limit, target: approval}, {target: paid}]}
      CLOSED: {by: [staff], choose: [{guard: [n > limit, n > 5], target: approval}, {target: paid}]}
      LIST: [{by: [staff], guard: n > limit, target: approval}, {by: [staff], target: paid}]
      INNER: {by: [staff], actions: [{raise: WITHIN}]}
      WITHIN: {choose: [{guard: n > limit, target: approval}, {target: paid}]}
      SET: {by: [staff], actions: [{assign: {limit: 3}}]}
  approval: {}
  paid: {}
";
    let life = || Life::begun(CHART, "{}");
    for event in ["BRANCH", "LIST"] {
        let mut life = life();
        assert_eq!(life.send(event), "refused: `limit` is empty", "{event}");
        assert_eq!(life.states(), "a", "{event}");
        assert!(life.entry().contains(r#""kind":"error.execution""#), "{}", life.entry());
        // what can be computed goes on as ever
        assert_eq!(life.send("SET"), "taken");
        assert_eq!(life.send(event), "taken", "{event}");
        assert_eq!(life.states(), "paid", "{event}");
    }
    let mut closed = life();
    assert_eq!((closed.send("CLOSED"), closed.states()), ("taken".into(), "paid".into()));
    let mut within = life();
    assert_eq!((within.send("INNER"), within.states()), ("taken".into(), "paid".into()));
}

#[test]
fn what_is_offered_is_what_would_be_taken_where_nobody_knows() {
    const CHART: &str = "workflow: w
start: {by: [staff]}
access: [{for: [staff]}]
data: {limit: optional integer}
initial: a
states:
  a: {on: {GO: [{by: [staff], guard: limit > 3, target: b}, {by: [staff], target: b}]}}
  b: {}
";
    let mut life = Life::begun(CHART, "{}");
    let offered = offers(
        &life.chart,
        life.snapshot.as_ref().expect("it has begun"),
        &ada(),
        &life.facts,
        life.now,
    );
    let offered = offered.expect("nothing is looked up");
    let said: Vec<&str> = offered[0].refusals.iter().map(|refusal| &*refusal.sentence).collect();
    assert_eq!(said, ["`limit` is empty"]);
    assert_eq!(life.send("GO"), "refused: `limit` is empty");
}

#[test]
fn a_branch_that_may_be_gone_is_enough_and_where_none_may_it_is_said_why() {
    let check = |choose: &str, refused: &[&str], open: &[&str]| {
        let chart = format!(
            "workflow: w
start: {{by: [staff], input: [tries]}}
access: [{{for: [staff]}}]
data: {{tries: {{type: integer, default: 0}}, limit: optional integer}}
initial: a
states:
  a: {{on: {{GO: {{by: [staff], input: {{grade: integer}}, choose: [{choose}]}}}}}}
  b: {{type: final}}
"
        );
        let life = Life::begun(&chart, r#"{"tries": 2}"#);
        let snapshot = life.snapshot.as_ref().expect("it has begun");
        let offered = offers(&life.chart, snapshot, &ada(), &life.facts, life.now).expect("nothing is looked up");
        let said: Vec<&str> = offered[0].refusals.iter().map(|refusal| &*refusal.sentence).collect();
        assert_eq!(
            (said.as_slice(), offered[0].open.as_slice()),
            (refused, &open.iter().map(|&open| open.to_owned()).collect::<Vec<_>>()[..]),
            "{choose}"
        );
    };
    check("{guard: tries < 2, target: b}, {guard: tries < 3, target: b}", &[], &[]);
    check(
        "{guard: {if: tries < 1, otherwise: tried too often}, target: b}, {guard: tries > 7, target: b}",
        &["tried too often", "`tries > 7` is false: tries is 2"],
        &[],
    );
    // the form decides, unless there is a way whatever it says
    check(
        "{guard: event.grade < 2, target: b}, {guard: tries > 7, target: b}",
        &[],
        &["event.grade < 2"],
    );
    check("{guard: event.grade < 2, target: b}, {target: b}", &[], &[]);
    // what comes after a branch of which nobody can say whether it is open is not gone in its place
    check("{guard: limit > 3, target: b}, {target: b}", &["`limit` is empty"], &[]);
    check(
        "{guard: tries > 7, target: b}, {guard: limit > 3, target: b}",
        &["`tries > 7` is false: tries is 2", "`limit` is empty"],
        &[],
    );
    // values that belong to the branch
    check("{let: {good: event.grade < 2}, guard: good, target: b}", &[], &["good"]);
}

/// Two regions answer to one event, each for other people.
const BOTH: &str = "workflow: both
data: {checked: {type: boolean, default: false}}
start: {by: [staff]}
access: [{for: [staff, guest]}]
initial: asked
states:
  asked:
    type: parallel
    states:
      here: {on: {ANSWER: {target: over, by: [clerk]}}}
      there: {on: {ANSWER: {target: over, by: [staff], guard: {if: checked, otherwise: Not checked yet}}}}
  over: {type: final}
";

#[test]
fn whoever_has_a_way_of_their_own_is_told_of_that_alone() {
    let mut life = Life::begun(BOTH, "{}");
    assert_eq!(life.send("ANSWER"), "refused: Not checked yet");
    let snapshot = life.snapshot.as_ref().expect("it has begun");
    let offered = |actor: &Actor| {
        let offered = offers(&life.chart, snapshot, actor, &life.facts, life.now).expect("nothing is looked up");
        let refusals = offered.iter().flat_map(|offer| &offer.refusals);
        refusals.map(|refusal| refusal.sentence.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(offered(&ada()), ["Not checked yet"]);
    let guest = Actor {
        roles: vec!["guest".into()],
        ..ada()
    };
    assert_eq!(offered(&guest), ["ada may not do this"]);
}
