//! Children of an invoke: asked for, watched, held, stopped, and waited for.

use statewright_core::value::Value;
use statewright_engine::queries::Shown;

use crate::support::{World, object, send_of};

const PAIR: &str = "
workflow: pair
data:
  eyes: {type: list, items: string}
  begun: {type: integer, default: 0}
  why: optional string
  result: {type: list, items: {type: optional object, properties: {eye: string}}}
start: {by: [clerk], input: [eyes]}
access:
  - {for: [clerk]}
type: parallel
states:
  work:
    invoke:
      id: lenses
      workflow: lens
      each: eye in eyes
      key: \"{{ key }}-{{ eye }}\"
      input: {eye: \"{{ eye }}\"}
      onStart: {actions: [{assign: {begun: \"{{ begun + 1 }}\"}}]}
      onDone: {target: .packed, actions: [{assign: {result: \"{{ event.result }}\"}}]}
      onError: {target: .stuck, actions: [{assign: {why: \"{{ event.error.message }}\"}}]}
    initial: making
    on: {CANCEL: {target: cancelled, by: [clerk]}}
    states:
      making:
        always: {guard: \"lenses | all('ready' in item.states)\", target: mounting}
      mounting:
        on:
          BREAK:
            target: making
            by: [clerk]
            input: {eye: string}
            actions: [{send: {to: \"{{ lenses | first(item.data.eye == event.eye) }}\", event: BREAK}}]
          USE: {by: [clerk], actions: [{each: lenses, send: {to: \"{{ item }}\", event: USE}}]}
      packed: {}
      stuck: {}
  hold:
    initial: released
    states:
      released: {on: {HOLD: {target: held, by: [clerk]}}}
      held:
        label: Customer service
        pauses: [work]
        on: {RELEASE: {target: released, by: [clerk]}}
  end:
    initial: open
    states:
      open: {}
";

/// `CANCEL` leaves the region for a state of its own.
fn pair() -> String {
    PAIR.replace("target: cancelled", "target: .cancelled")
        .replace("      stuck: {}\n", "      stuck: {}\n      cancelled: {}\n")
}

const LENS: &str = "
workflow: lens
data: {eye: string, tries: {type: integer, default: 0}}
start: {by: [clerk, {workflow: pair}], input: [eye], guard: {if: eye != 'third', otherwise: Nobody has three}}
access:
  - {for: [clerk]}
initial: life
states:
  life:
    unique: {blank: \"{{ eye }} of {{ parent.key | default('nobody') }}\"}
    initial: cut
    on:
      BREAK: {target: .cut, by: [{workflow: pair}], actions: [{assign: {tries: \"{{ tries + 1 }}\"}}]}
      USE: {target: used, by: [{workflow: pair}]}
    states:
      cut:
        after: {slow: {in: 1h, target: late}}
        on: {FINISH: {target: ready, by: [clerk]}}
      late: {on: {FINISH: {target: ready, by: [clerk]}}}
      ready: {}
  used: {type: final, output: {eye: \"{{ eye }}\"}}
";

async fn begun(eyes: &[&str]) -> World {
    let mut world = World::with(&[&pair(), LENS]).await;
    world.start("pair", "A", &[("eyes", eyes_of(eyes))]).await.unwrap();
    world.settle().await;
    world
}

fn eyes_of(eyes: &[&str]) -> Value {
    Value::from_items(eyes.iter().map(|eye| Value::from(*eye)).collect())
}

fn states(shown: &Shown) -> String {
    shown.states.iter().map(|state| &**state).collect::<Vec<_>>().join(" ")
}

impl World {
    async fn expect(&self, key: &str, expected: &str) {
        let workflow = if key == "A" { "pair" } else { "lens" };
        assert_eq!(states(&self.show(workflow, key).await), expected, "{key}");
    }

    async fn finish(&mut self, key: &str) {
        self.send("lens", key, "FINISH").await.unwrap();
        self.settle().await;
    }

    async fn send_eye(&mut self, event: &str, eye: &str) {
        let mut request = send_of("pair", "A", event);
        request.payload = object(&[("eye", Value::from(eye))]);
        self.send_as(request).await.unwrap();
        self.settle().await;
    }
}

#[tokio::test]
async fn one_child_an_item_is_started_watched_and_restarted_alone() {
    let mut world = begun(&["right", "left"]).await;
    assert_eq!(world.field("pair", "A", "begun").await, Value::Integer(2));
    world.finish("A-right").await;
    world.expect("A", "work.making hold.released end.open").await;
    world.finish("A-left").await;
    world.expect("A", "work.mounting hold.released end.open").await;
    world.send_eye("BREAK", "right").await;
    // the view of before the break still said `ready`, and was not gone by
    world.expect("A", "work.making hold.released end.open").await;
    world.expect("A-right", "life.cut").await;
    world.expect("A-left", "life.ready").await;
    assert_eq!(world.field("lens", "A-right", "tries").await, Value::Integer(1));
    world.finish("A-right").await;
    world.expect("A", "work.mounting hold.released end.open").await;
    world.prove().await;
}

#[tokio::test]
async fn it_is_done_when_every_child_has_ended_with_the_results_in_the_order_of_the_items() {
    let mut world = begun(&["right", "left"]).await;
    world.finish("A-left").await;
    world.finish("A-right").await;
    world.send("pair", "A", "USE").await.unwrap();
    world.settle().await;
    world.expect("A", "work.packed hold.released end.open").await;
    let eye = |eye: &str| Value::from_fields(object(&[("eye", Value::from(eye))]));
    let both = Value::from_items(vec![eye("right"), eye("left")]);
    assert_eq!(world.field("pair", "A", "result").await, both);
    world.prove().await;
}

#[tokio::test]
async fn no_items_are_done_at_once() {
    let world = begun(&[]).await;
    world.expect("A", "work.packed hold.released end.open").await;
    world.prove().await;
}

#[tokio::test]
async fn children_are_on_hold_with_their_parent_and_say_why() {
    let mut world = begun(&["right"]).await;
    world.pass(1_800);
    world.send("pair", "A", "HOLD").await.unwrap();
    world.settle().await;
    let refused = world.send("lens", "A-right", "FINISH").await.unwrap();
    assert!(format!("{:?}", refused.verdict).contains("On hold: Customer service"));
    assert_eq!(world.show("lens", "A-right").await.label.as_deref(), Some("Customer service"));
    // half an hour was left when it was held, and is left when it goes on
    world.pass(36_000);
    world.settle().await;
    world.expect("A-right", "life.cut").await;
    world.send("pair", "A", "RELEASE").await.unwrap();
    world.settle().await;
    world.pass(1_799);
    world.settle().await;
    world.expect("A-right", "life.cut").await;
    world.live(2).await;
    world.expect("A-right", "life.late").await;
    world.finish("A-right").await;
    world.expect("A", "work.mounting hold.released end.open").await;
    world.prove().await;
}

#[tokio::test]
async fn leaving_the_state_stops_the_children_and_frees_what_they_held() {
    let mut world = begun(&["right", "left"]).await;
    world.send("pair", "A", "CANCEL").await.unwrap();
    world.settle().await;
    // `.cancelled` is inside, and the invoke stands on what is around it
    world.expect("A-right", "life.cut").await;
    let outer = pair().replace(
        "on: {CANCEL: {target: .cancelled, by: [clerk]}}",
        "on: {CANCEL: {target: end.open, by: [clerk]}}",
    );
    let mut world = World::with(&[&outer, LENS]).await;
    world
        .start("pair", "A", &[("eyes", eyes_of(&["right", "left"]))])
        .await
        .unwrap();
    world.settle().await;
    world.send("pair", "A", "CANCEL").await.unwrap();
    world.settle().await;
    for key in ["A-right", "A-left"] {
        let shown = world.show("lens", key).await;
        assert!(shown.done, "{key}");
        assert_eq!(states(&shown), "", "{key}");
    }
    let after = world.send("lens", "A-right", "FINISH").await.unwrap();
    assert_eq!(after.verdict.as_str(), "ignored");
    world.prove().await;
}

#[tokio::test]
async fn a_child_that_cannot_be_started_is_an_error_of_the_invoke() {
    let world = begun(&["right", "third"]).await;
    world.expect("A", "work.stuck hold.released end.open").await;
    assert_eq!(world.field("pair", "A", "why").await, Value::from("Nobody has three"));
    world.expect("A-right", "life.cut").await;
    world.prove().await;
    let mut stranger = World::with(&[&pair(), LENS]).await;
    stranger
        .start("lens", "A-right", &[("eye", Value::from("right"))])
        .await
        .unwrap();
    stranger.start("pair", "A", &[("eyes", eyes_of(&["right"]))]).await.unwrap();
    stranger.settle().await;
    stranger.expect("A", "work.stuck hold.released end.open").await;
    // what has the key is nobody's child, and is left in peace
    stranger.expect("A-right", "life.cut").await;
    stranger.prove().await;
}

const BOOKING: &str = "
workflow: booking
data: {last: optional string}
start: {by: [clerk]}
access:
  - {for: [clerk]}
initial: first
states:
  first:
    invoke:
      adapter: maker
      action: make
      input: {what: room}
      onDone: second
      compensate: {adapter: maker, action: make, input: {cancel: \"{{ event.result }}\"}}
  second:
    invoke:
      adapter: maker
      action: make
      input: {what: car}
      onDone: {target: third, actions: [{assign: {last: \"{{ event.result }}\"}}]}
      compensate: {adapter: maker, action: make, input: {cancel: \"{{ last }}\"}}
  third:
    on:
      CANCEL: {target: cancelling, by: [clerk], actions: [{undo: all}]}
      END: {target: over, by: [clerk], actions: [{undo: [first]}]}
  cancelling:
    on: {done.undo: cancelled}
  cancelled: {}
  over: {type: final}
";

async fn booked() -> World {
    let mut world = World::with(&[BOOKING]).await;
    world.adapter.answer(Ok(Value::from("R1")));
    world.adapter.answer(Ok(Value::from("C2")));
    world.start("booking", "B", &[]).await.unwrap();
    world.settle().await;
    world
}

fn asked(world: &World) -> Vec<String> {
    let asked = world.adapter.asked.lock().unwrap();
    let inputs = asked
        .iter()
        .map(|attempt| statewright_core::value::canonical::to_canonical(&attempt.input));
    inputs.collect()
}

#[tokio::test]
async fn what_was_done_is_undone_backwards_one_after_another() {
    let mut world = booked().await;
    world.adapter.fail_for_now();
    world.send("booking", "B", "CANCEL").await.unwrap();
    world.settle().await;
    // the car could not be cancelled yet, and the room waits for its turn
    assert_eq!(asked(&world).len(), 3);
    world.live(60).await;
    let expected = [
        r#"{"what":"room"}"#,
        r#"{"what":"car"}"#,
        r#"{"cancel":"C2"}"#,
        r#"{"cancel":"C2"}"#,
        r#"{"cancel":"R1"}"#,
    ];
    assert_eq!(asked(&world), expected);
    let shown = world.show("booking", "B").await;
    assert_eq!(states(&shown), "cancelled");
    world.prove().await;
}

#[tokio::test]
async fn an_instance_that_has_ended_goes_on_undoing_what_was_named() {
    let mut world = booked().await;
    world.send("booking", "B", "END").await.unwrap();
    world.settle().await;
    assert!(world.show("booking", "B").await.done);
    assert_eq!(asked(&world).last().map(String::as_str), Some(r#"{"cancel":"R1"}"#));
    assert_eq!(asked(&world).len(), 3);
    world.prove().await;
}

#[tokio::test]
async fn a_view_is_followed_through_a_named_value_and_a_loop() {
    let workflow = "
workflow: pair
data: {seen: {type: list, items: string, default: []}, last: optional string}
let:
  open: lenses | where(not item.done)
  first_open: open | first
start: {by: [clerk]}
access: [{for: [clerk]}]
initial: making
states:
  making:
    invoke: {id: lenses, workflow: lens, each: \"eye in ['right', 'left']\", key: \"{{ key }}-{{ eye }}\", input: {eye: \"{{ eye }}\"}}
    on:
      CLOSE:
        target: closed
        by: [clerk]
        guard: {if: open | length == 0, otherwise: \"Open: {{ open | map(item.data.eye) | join(', ') }}\"}
      NAME: {by: [clerk], actions: [{assign: {last: \"{{ first_open.data.tries ~ '' }}\"}}]}
      LIST: {by: [clerk], actions: [{each: lens in open, assign: {last: \"{{ lens.states | join(' ') }}\"}}]}
      GIVE_UP: {target: closed, by: [clerk], actions: [{assign: {seen: \"{{ open | map(item.data.eye) }}\"}}]}
  closed: {}
";
    let mut world = World::with(&[workflow, LENS]).await;
    world.start("pair", "A", &[]).await.unwrap();
    world.settle().await;
    let refused = world.send("pair", "A", "CLOSE").await.unwrap();
    assert!(format!("{:?}", refused.verdict).contains("Open: right, left"), "{refused:?}");
    for (event, last) in [("NAME", "0"), ("LIST", "life life.cut cut")] {
        let answer = world.send("pair", "A", event).await.unwrap();
        assert_eq!(answer.verdict.as_str(), "taken", "{answer:?}");
        let found = world.field("pair", "A", "last").await;
        let words = |text: &str| {
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            words.sort();
            words
        };
        assert_eq!(found.as_text().map(words), Some(words(last)), "{event}");
    }
    // on the way out, too, the children are seen as they were
    let answer = world.send("pair", "A", "GIVE_UP").await.unwrap();
    assert_eq!(answer.verdict.as_str(), "taken", "{answer:?}");
    let both = Value::from_items(vec![Value::from("right"), Value::from("left")]);
    assert_eq!(world.field("pair", "A", "seen").await, both);
    world.prove().await;
}
