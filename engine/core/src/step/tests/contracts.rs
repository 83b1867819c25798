//! What adapters are given, answer and report, taken as their contracts have it; marks as they are declared.

use super::tables::chart;
use super::*;
use crate::trail::{Replay, Replayed};

const CHAIN: &str = "adapter: chain
actions:
  release:
    input: {grant: string, amount: decimal, memo: optional string}
    output: {tx: string, block: integer}
    progress: {state: {enum: [broadcast, mined]}, tx: string}
    errors: {no_funds: {short_by: decimal}, paused: }
    undone: {because: string}
";

const GRANT: &str = "workflow: grant
data: {amount: optional decimal, tx: optional string, block: optional integer, why: optional string, short_by: optional decimal}
start: {by: [staff], input: [optional amount]}
access: [{for: [staff]}]
type: parallel
states:
  work:
    initial: releasing
    states:
      releasing:
        invoke:
          id: release
          adapter: chain
          action: release
          input: {grant: \"{{ key }}\", amount: \"{{ amount }}\"}
          onProgress: {actions: [{assign: {tx: \"{{ event.tx }}\"}}, {mark: {seen: {state: \"{{ event.state }}\"}}}]}
          onDone: {target: released, actions: [{assign: {tx: \"{{ event.result.tx }}\", block: \"{{ event.result.block + 1 }}\"}}]}
          onError: {target: failed, actions: [{assign: {why: \"{{ event.error.why }}\", short_by: \"{{ event.error.detail.short_by }}\"}}]}
          compensate: {adapter: chain, action: refund, input: {tx: \"{{ tx }}\"}}
      released: {on: {release.undone: {target: releasing, actions: [{assign: {why: \"{{ event.because }}\"}}]}, BACK: {target: back, by: [staff]}}}
      back: {entry: [{undo: all}]}
      failed: {}
  hold:
    initial: open
    states:
      open: {on: {HOLD: {target: held, by: [staff]}}}
      held: {pauses: [work], on: {GO_ON: {target: open, by: [staff]}}}
";

const REFUND: &str = "  refund: {input: {tx: optional string}}\n";

fn grant(amount: &str) -> Life {
    let contract: &'static str = Box::leak(format!("{CHAIN}{REFUND}").into_boxed_str());
    let mut life = Life::on(chart(GRANT, &[("adapters/chain.yaml", contract)]));
    assert_eq!(life.start(&format!("{{\"amount\": {amount}}}")), "taken");
    life
}

impl Life {
    /// The key of the effect that the first step asked for.
    fn released(&self) -> Arc<str> {
        self.outcomes
            .iter()
            .find_map(|outcome| outcome.effects.first())
            .expect("an adapter was asked")
            .key
            .clone()
    }

    fn answer(&mut self, result: Result<&str, (&str, &str)>) -> String {
        let result = match result {
            Ok(text) => Ok(json::read(text).expect("a test's answer is JSON")),
            Err((why, detail)) => Err(AdapterFailure {
                why: why.into(),
                message: "no".into(),
                detail: json::read(detail).expect("a test's detail is JSON"),
            }),
        };
        let effect = self.released();
        self.take(
            Actor::plain(ActorKind::Adapter, "chain"),
            None,
            InputKind::AdapterAnswer { effect, result },
        )
    }

    fn report(&mut self, by: &str, undone: bool, fields: &str) -> String {
        let (effect, fields) = (self.released(), object(fields));
        let report = match undone {
            true => Report::Undone { fields },
            false => Report::Progress { fields },
        };
        self.take(
            Actor::plain(ActorKind::Adapter, by),
            None,
            InputKind::AdapterReport { effect, report },
        )
    }
}

#[test]
fn an_adapter_is_given_what_was_agreed_or_is_not_asked() {
    let life = grant("\"12.50\"");
    let input = crate::value::interface::to_interface(&life.last().effects[0].input);
    assert_eq!(input, r#"{"amount":"12.50","grant":"K","memo":null}"#);
    let life = grant("null");
    assert_eq!(life.states(), "work.failed hold.open");
    assert_eq!(life.data("why"), "\"input\"");
    assert!(life.last().effects.is_empty());
}

#[test]
fn an_answer_is_taken_as_its_types_have_it_or_has_failed() {
    let mut life = grant("1");
    assert_eq!(life.answer(Ok(r#"{"tx": "0x1", "block": 7, "gas": 3}"#)), "taken");
    assert_eq!(
        (life.states(), life.data("block")),
        ("work.released hold.open".into(), "8".into())
    );
    for other in [r#"{"tx": "0x1"}"#, r#"{"tx": "0x1", "block": "seven"}"#, "null", "[]"] {
        let mut life = grant("1");
        assert_eq!(life.answer(Ok(other)), "taken", "{other}");
        assert_eq!(
            (life.states(), life.data("why")),
            ("work.failed hold.open".into(), "\"contract\"".into()),
            "{other}"
        );
    }
}

#[test]
fn a_refusal_has_the_name_that_the_contract_gives_it() {
    let check = |why: &str, detail: &str, named: &str, short_by: &str| {
        let mut life = grant("1");
        assert_eq!(life.answer(Err((why, detail))), "taken");
        assert_eq!(
            (life.data("why"), life.data("short_by")),
            (format!("\"{named}\""), short_by.to_owned()),
            "{detail}"
        );
    };
    check(
        "refused",
        r#"{"type": "https://chain.example/no-funds", "short_by": "3.5"}"#,
        "no_funds",
        r#"{"$decimal":"3.5"}"#,
    );
    check("refused", r#"{"type": "no_funds", "short_by": "many"}"#, "no_funds", "null");
    check("refused", r#"{"type": "https://chain.example/other"}"#, "refused", "null");
    check("refused", "null", "refused", "null");
    check("exhausted", r#"{"type": "no-funds"}"#, "exhausted", "null");
}

#[test]
fn a_step_on_the_way_runs_its_actions_and_stays_in_the_trail() {
    let mut life = grant("1");
    assert_eq!(life.report("chain", false, r#"{"state": "broadcast", "tx": "0x1"}"#), "taken");
    assert_eq!(
        (life.states(), life.data("tx")),
        ("work.releasing hold.open".into(), "\"0x1\"".into())
    );
    assert!(
        life.entry().contains(r#""kind":"adapter_report","report":"progress""#),
        "{}",
        life.entry()
    );
    assert_eq!(life.last().marks.len(), 1);
    assert_eq!(life.report("chain", false, r#"{"state": "mined", "tx": "0x2"}"#), "taken");
    assert_eq!(
        life.report("chain", false, r#"{"state": "lost", "tx": "0x2"}"#),
        "refused: state must be one of broadcast or mined"
    );
    assert_eq!(
        life.report("bank", false, r#"{"state": "mined", "tx": "0x3"}"#),
        "refused: bank was not asked for it, and cannot report on it"
    );
    assert_eq!(life.answer(Ok(r#"{"tx": "0x9", "block": 1}"#)), "taken");
    assert_eq!(life.report("chain", false, r#"{"state": "mined", "tx": "0x4"}"#), "ignored");
    assert_eq!(life.data("tx"), "\"0x9\"");
}

#[test]
fn an_answer_is_taken_back_once_it_was_taken() {
    let mut life = grant("1");
    let because = r#"{"because": "reorganised"}"#;
    assert_eq!(life.report("chain", true, because), "deferred", "there is no answer yet");
    life.answer(Ok(r#"{"tx": "0x1", "block": 1}"#));
    assert_eq!(
        life.report("bank", true, because),
        "refused: bank was not asked for it, and cannot report on it"
    );
    assert_eq!(life.report("chain", true, "{}"), "refused: because is required");
    let undoable = life.last().next.compensations.len();
    assert_eq!(life.report("chain", true, because), "taken");
    assert_eq!(
        (life.states(), life.data("why")),
        ("work.releasing hold.open".into(), "\"reorganised\"".into())
    );
    let left = life.snapshot.as_ref().map(|snapshot| snapshot.compensations.len());
    assert_eq!(
        (undoable, left),
        (1, Some(0)),
        "what does not stand is not undone a second time"
    );
    assert_eq!(life.last().effects.len(), 1, "it is asked for again");
    assert_eq!(
        life.report("chain", true, because),
        "ignored",
        "nothing answers to it in the states it is in"
    );
}

#[test]
fn reports_wait_while_whoever_answers_is_on_hold() {
    let mut life = grant("1");
    let step = r#"{"state": "mined", "tx": "0x1"}"#;
    life.send("HOLD");
    assert_eq!(life.report("chain", false, step), "deferred");
    life.send("GO_ON");
    assert_eq!(life.report("chain", false, step), "taken");
    life.answer(Ok(r#"{"tx": "0x1", "block": 1}"#));
    life.send("HOLD");
    assert_eq!(life.report("chain", true, r#"{"because": "x"}"#), "deferred");
    life.send("GO_ON");
    assert_eq!(life.report("chain", true, r#"{"because": "x"}"#), "taken");
}

#[test]
fn what_was_reported_and_answered_is_stepped_again_the_same() {
    let mut life = grant("1");
    life.report("chain", false, r#"{"state": "mined", "tx": "0x1"}"#);
    life.answer(Ok(r#"{"tx": "0x1", "block": 1, "gas": 9}"#));
    life.report("chain", true, r#"{"because": "reorganised"}"#);
    let mut replay = Replay::begin(&life.chart, &[]);
    for entry in life.entries.iter().flatten() {
        assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same), "{}", entry.bytes);
    }
}

const MARKS: &str = "marks: {broken: {lot: {type: ref, workflow: lot}, cost: decimal, note: optional string}}\n";
const LENS: &str = "workflow: lens
data: {lot: string, cost: optional string}
start: {by: [staff], input: [lot, optional cost]}
access: [{for: [staff]}]
initial: whole
states:
  whole: {on: {BREAK: {target: broken, by: [staff], actions: [{mark: {broken: {lot: \"{{ lot }}\", cost: \"{{ cost }}\"}}}]}}}
  broken: {}
";

#[test]
fn a_mark_is_written_as_declared_and_found_by_what_says_so() {
    let mut life = Life::on(chart(LENS, &[("marks.yaml", MARKS)]));
    life.start(r#"{"lot": "L-1", "cost": "2.50"}"#);
    assert_eq!(life.send("BREAK"), "taken");
    let [MarkChange::Put { values, index, .. }] = life.last().marks.as_slice() else {
        panic!("{:?}", life.last().marks)
    };
    let values = crate::value::canonical::to_canonical(values);
    assert_eq!(values, r#"{"cost":{"$decimal":"2.50"},"lot":"L-1","note":null}"#);
    assert_eq!(index.as_slice(), [(Arc::from("lot"), Arc::from("L-1"))]);
    let mut life = Life::on(chart(LENS, &[("marks.yaml", MARKS)]));
    life.start(r#"{"lot": "L-1"}"#);
    assert_eq!(
        life.send("BREAK"),
        "SW-1002: the mark `broken` is not as declared: cost is required"
    );
    assert_eq!(life.states(), "whole");
}
