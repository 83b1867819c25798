//! Actions and what becomes of them: data, messages, effects, claims.

use super::*;

const HEAD: &str = "workflow: w\nstart: {by: [staff]}\naccess: [{for: [staff]}]\n";

#[test]
fn keyed_lists_merge_and_drop() {
    let mut life = Life::begun(
        &format!(
            "{HEAD}data:
  members: {{type: list, keyed: lens, default: [], items: {{lens: string, result: optional string}}}}
initial: a
states:
  a:
    on:
      ADD: {{by: [staff], input: {{lens: string}}, actions: [{{put: {{members: {{lens: '{{{{ event.lens }}}}'}}}}}}]}}
      JUDGE: {{by: [staff], input: {{lens: string}}, actions: [{{put: {{members: {{lens: '{{{{ event.lens }}}}', result: pass}}}}}}]}}
      REMOVE: {{by: [staff], input: {{lens: string}}, actions: [{{drop: {{members: '{{{{ event.lens }}}}'}}}}]}}
"
        ),
        "{}",
    );
    life.send_with("ADD", r#"{"lens":"L1"}"#);
    life.send_with("ADD", r#"{"lens":"L2"}"#);
    life.send_with("JUDGE", r#"{"lens":"L1"}"#);
    assert_eq!(
        life.data("members"),
        r#"[{"lens":"L1","result":"pass"},{"lens":"L2","result":null}]"#
    );
    life.send_with("REMOVE", r#"{"lens":"L1"}"#);
    assert_eq!(life.data("members"), r#"[{"lens":"L2","result":null}]"#);
}

#[test]
fn sends_wait_for_their_answer() {
    let mut life = Life::begun(
        &format!(
            "{HEAD}data: {{why: optional string}}
initial: a
states:
  a:
    on:
      GO: {{by: [staff], actions: [{{each: \"['x', 'y']\", send: {{to: {{workflow: other, key: '{{{{ item }}}}'}}, event: JOIN, id: join}}}}]}}
      sent.refused.join: {{actions: [{{assign: {{why: '{{{{ event.to }}}}: {{{{ event.why }}}}'}}}}]}}
    always: {{guard: settled and why is not none, target: b}}
  b: {{}}
"
        ),
        "{}",
    );
    life.send("GO");
    let sends: Vec<(Arc<str>, Arc<str>)> = life
        .last()
        .messages
        .iter()
        .map(|message| (message.to.clone(), message.send.clone()))
        .collect();
    assert_eq!(sends, [("x".into(), "2:1".into()), ("y".into(), "2:2".into())]);
    let answer = |send: &str, verdict| InputKind::SendAnswer {
        send: send.into(),
        verdict,
    };
    life.take(
        Actor::engine(),
        None,
        answer("2:1", SendVerdict::Refused { why: "on hold".into() }),
    );
    assert_eq!((life.states(), life.data("why")), ("a".into(), r#""x: on hold""#.into()));
    life.take(Actor::engine(), None, answer("2:2", SendVerdict::Taken));
    assert_eq!(life.states(), "b");
}

#[test]
fn an_invoke_begins_at_rest_ends_with_its_state_and_times_out() {
    let chart = format!(
        "{HEAD}data: {{why: optional string}}
initial: calling
states:
  calling:
    invoke:
      id: calc
      adapter: design
      action: calculate
      input: {{job: '{{{{ key }}}}'}}
      timeout: 10m
      onDone: {{target: done, guard: event.result.status == 0}}
      onError: {{target: failed, actions: [{{assign: {{why: '{{{{ event.error.why }}}}'}}}}]}}
    on: {{CANCEL: {{target: gone, by: [staff]}}}}
  done: {{}}
  failed: {{}}
  gone: {{}}
"
    );
    let key = |life: &Life| life.outcomes[0].effects[0].key.clone();
    let answer = |effect: &Arc<str>, status: i64| InputKind::AdapterAnswer {
        effect: effect.clone(),
        result: Ok(Value::from_fields(crate::value::Object::from([(
            "status".into(),
            Value::Integer(status),
        )]))),
    };
    let adapter = || Actor::plain(ActorKind::Adapter, "design");

    let mut life = Life::begun(&chart, "{}");
    assert_eq!(&*key(&life), format!("{}:1:calc", InstanceId::of("w", "K")));
    let effect = key(&life);
    life.take(adapter(), None, answer(&effect, 0));
    assert_eq!(life.states(), "done");
    assert_eq!(
        life.take(adapter(), None, answer(&effect, 0)),
        "ignored",
        "a late answer is recorded and ignored"
    );

    let mut life = Life::begun(&chart, "{}");
    life.send("CANCEL");
    assert_eq!(life.last().abandoned, [key(&life)]);

    let mut life = Life::begun(&chart, "{}");
    life.until("2026-03-26T08:10:00Z");
    assert_eq!((life.states(), life.data("why")), ("failed".into(), r#""timeout""#.into()));
}

#[test]
fn a_claim_is_held_in_its_state_and_let_go_with_it() {
    let mut life = Life::begun(
        &format!(
            "{HEAD}data: {{tray: optional string}}
initial: a
states:
  a: {{on: {{SCAN: {{target: b, by: [staff], input: [tray]}}}}}}
  b: {{unique: {{tray: '{{{{ tray }}}}'}}, on: {{OUT: {{target: a, by: [staff]}}}}}}
"
        ),
        "{}",
    );
    life.send_with("SCAN", r#"{"tray":"9"}"#);
    assert_eq!(
        life.last().claims,
        [ClaimChange::Hold {
            name: "tray".into(),
            value: "9".into()
        }]
    );
    life.send("OUT");
    assert_eq!(
        life.last().claims,
        [ClaimChange::Release {
            name: "tray".into(),
            value: "9".into()
        }]
    );
}

/// A state that waits for what has failed, or never began, would wait without end.
#[test]
fn a_failure_that_nothing_answers_to_is_not_taken() {
    let chart = |input: &str, on_error: &str| {
        format!(
            "{HEAD}data: {{n: optional integer}}
initial: a
states:
  a: {{on: {{GO: {{target: calling, by: [staff]}}}}}}
  calling:
    invoke: {{id: calc, adapter: design, action: calculate, input: {{job: '{input}'}}, timeout: 10m, onDone: {{target: a}}{on_error}}}
"
        )
    };
    for on_error in ["", ", onError: {guard: n == 1, target: a}"] {
        let mut life = Life::begun(&chart("x", on_error), "{}");
        life.send("GO");
        life.now = moment("2026-03-26T08:10:00Z");
        let (name, timer) = life
            .snapshot
            .as_ref()
            .and_then(|snapshot| snapshot.timers.iter().next())
            .expect("a timeout");
        let timer = InputKind::Timer {
            name: name.clone(),
            due: timer.due,
        };
        let late = life.take(Actor::engine(), None, timer);
        assert!(late.starts_with("SW-1010: `calc` failed (timeout"), "{late}");
        assert_eq!(life.states(), "calling");
    }
    let mut life = Life::begun(&chart("{{ n + 1 }}", ""), "{}");
    assert_eq!(life.send("GO"), "SW-1002: `n` is empty");
    assert_eq!(life.states(), "a");
}
