//! What is waited for elsewhere: children and adapters, while what waits is on hold, and how it is undone.

use super::*;

const EYES: &str = "
workflow: w
data: {begun: {type: integer, default: 0}, refused: {type: integer, default: 0}}
start: {by: [staff]}
access: [{for: [staff]}]
type: parallel
states:
  work:
    initial: making
    states:
      making:
        invoke:
          id: eyes
          workflow: lens
          each: eye in ['right', 'left']
          key: \"{{ key }}-{{ eye }}\"
          onStart: {actions: [{assign: {begun: \"{{ begun + 1 }}\"}}]}
          onError: {actions: [{assign: {refused: \"{{ refused + 1 }}\"}}]}
          onDone: made
      made: {}
  hold:
    initial: released
    states:
      released: {on: {HOLD: {target: held, by: [staff]}}}
      held: {pauses: [work], on: {RELEASE: {target: released, by: [staff]}}}
";

impl Life {
    /// What became of asking for the child of this key.
    fn child(&mut self, key: &str, refused: Option<&str>) -> String {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        let sent = snapshot.sends.iter().find(|(_, send)| &*send.to == key);
        let (send, _) = sent.expect("it is asked for");
        let verdict = match refused {
            None => SendVerdict::Taken,
            Some(why) => SendVerdict::Refused { why: why.into() },
        };
        let send = send.clone();
        self.take(Actor::engine(), None, InputKind::SendAnswer { send, verdict })
    }

    fn child_ends(&mut self, key: &str) -> String {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        let (invoke, _) = snapshot.invokes.first_key_value().expect("it is waited for");
        let ended = InputKind::ChildEnded {
            invoke: invoke.clone(),
            child: key.into(),
            output: Value::Null,
        };
        self.take(Actor::engine(), None, ended)
    }

    /// The adapter answers the one call that waits.
    fn answered(&mut self, result: Result<&str, &str>) -> String {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        let effect = snapshot.invokes.keys().chain(snapshot.calls.keys()).next();
        let result = match result {
            Ok(text) => Ok(Value::from_fields(object(text))),
            Err(why) => Err(AdapterFailure {
                why: why.into(),
                message: why.into(),
                detail: Value::Null,
            }),
        };
        let effect = effect.expect("something is waited for").clone();
        let actor = Actor::plain(ActorKind::Adapter, "bank");
        self.take(actor, None, InputKind::AdapterAnswer { effect, result })
    }
}

#[test]
fn the_beginning_of_a_child_and_its_refusal_wait_while_whoever_answers_is_on_hold() {
    let mut life = Life::begun(EYES, "{}");
    life.send("HOLD");
    assert_eq!(life.child("K-right", None), "deferred");
    assert_eq!(life.child("K-left", Some("no blank")), "deferred");
    life.send("RELEASE");
    assert_eq!(life.child("K-right", None), "taken");
    assert_eq!(life.child("K-left", Some("no blank")), "taken");
    assert_eq!((life.data("begun"), life.data("refused")), ("1".into(), "1".into()));
}

#[test]
fn the_last_child_may_be_one_that_could_not_begin() {
    let mut life = Life::begun(EYES, "{}");
    life.child("K-right", None);
    life.child_ends("K-right");
    assert_eq!(life.states(), "work.making hold.released");
    life.child("K-left", Some("no blank"));
    assert_eq!(life.states(), "work.made hold.released");
    assert_eq!(life.data("refused"), "1");
}

const PAID: &str = "
workflow: w
data: {receipt: optional string, failed: {type: integer, default: 0}}
start: {by: [staff]}
access: [{for: [staff]}]
type: parallel
states:
  work:
    initial: pay
    states:
      pay:
        invoke:
          id: pay
          adapter: bank
          action: pay
          compensate: {adapter: bank, action: refund, input: {receipt: \"{{ receipt }}\"}}
          onDone: {target: back, actions: [{assign: {receipt: \"{{ event.result.receipt }}\"}}]}
      back:
        entry: [{undo: [pay]}]
        on: {error.undo.pay: {actions: [{assign: {failed: \"{{ failed + 1 }}\"}}]}, done.undo: undone}
      undone: {}
  hold:
    initial: released
    states:
      released: {on: {HOLD: {target: held, by: [staff]}}}
      held: {pauses: [work], on: {RELEASE: {target: released, by: [staff]}}}
";

#[test]
fn a_state_may_undo_at_once_what_led_to_it() {
    let mut life = Life::begun(PAID, "{}");
    assert_eq!(life.answered(Ok(r#"{"receipt":"R1"}"#)), "taken");
    let asked: Vec<_> = life
        .last()
        .effects
        .iter()
        .map(|effect| (&*effect.action, effect.input.clone()))
        .collect();
    assert_eq!(asked, [("refund", Value::from_fields(object(r#"{"receipt":"R1"}"#)))]);
}

#[test]
fn what_was_undone_is_heard_of_when_the_hold_is_over() {
    let mut life = Life::begun(PAID, "{}");
    life.answered(Ok(r#"{"receipt":"R1"}"#));
    life.send("HOLD");
    assert_eq!(life.answered(Err("closed")), "deferred");
    life.send("RELEASE");
    assert_eq!(life.answered(Err("closed")), "taken");
    assert_eq!(
        (life.data("failed").as_str(), life.states().as_str()),
        ("1", "work.undone hold.released")
    );
}

#[test]
fn where_no_child_could_begin_nothing_is_done() {
    let mut life = Life::begun(EYES, "{}");
    life.child("K-right", Some("no blank"));
    life.child("K-left", Some("no blank"));
    assert_eq!(
        (life.states().as_str(), life.data("refused").as_str()),
        ("work.making hold.released", "2")
    );
}
