//! Who is given a task: by load and turn, on shift or not at all, once whoever chooses; and what becomes of it when a shift is over.

mod absence;

use std::sync::Arc;

use statewright_core::identity::InstanceId;
use statewright_core::step::{Actor, TaskAct, TaskRef};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::TaskRequest;
use statewright_engine::queries::Queued;
use statewright_engine::store::Store;

use crate::fixture::{on_memory, on_postgres, on_sqlite};
use crate::support::{World, operator, person, prove, settle, source};

/// Rounds after which what does not come is taken never to come.
const ROUNDS_MAX: usize = 10_000;

/// `ORDER` stands for how somebody is chosen.
const CALL: &str = "
workflow: call
key: \"{{ ticket }}\"
data: {ticket: string}
start: {by: [clerk], input: [ticket]}
access: [{for: [clerk, nurse]}]
initial: open
states:
  open:
    task: {title: \"Call {{ ticket }}\", for: [nurse], auto_assign: {ORDER}}
    on:
      CALLED: {target: called, by: [nurse]}
      AGAIN: {target: open, reenter: true, by: [nurse]}
  called: {type: final}
";

const DUTY: &str = "
workflow: duty
data: {people: {type: list, items: user, index: true}, shop: optional string}
start: {by: [clerk], input: [people, optional shop]}
access: [{for: [clerk]}]
initial: on
states:
  on:
    on:
      LEAVE: {by: [clerk], input: {who: user}, actions: [{reoffer: {holder: \"{{ event.who }}\", note: \"{{ event.who }} is ill\"}}]}
      OVER: {target: over, by: [clerk]}
  over: {type: final, entry: [{each: who in people, reoffer: {holder: \"{{ who }}\"}}]}
";

const ROLES: &str = "
roles: {clerk: {}, nurse: {}, charge_nurse: {includes: [nurse]}}
roster: {workflow: duty, in: [on], person: people, unit: shop}
";

/// A house with these nurses, in which tasks are given so.
async fn house(store: Arc<dyn Store>, order: &str, nurses: &[&str]) -> World {
    let call = CALL.replace("ORDER", order);
    let world = World::on(store, &[&call, DUTY], |_| {}).await;
    world.engine().deploy_roles(&source(ROLES), &operator()).await.unwrap();
    for nurse in nurses {
        world.employ(&person(nurse, &["nurse"])).await;
    }
    world
}

impl World {
    async fn employ(&self, somebody: &Actor) {
        let engine = self.engine();
        engine.directory().put(somebody, &operator(), self.now()).await.unwrap();
    }

    async fn on_duty(&self, key: &str, people: &[&str]) {
        let people = Value::from_items(people.iter().map(|who| Value::from(*who)).collect());
        self.start("duty", key, &[("people", people)]).await.unwrap();
    }

    async fn calls(&self, tickets: &[&str]) {
        for ticket in tickets {
            self.start("call", ticket, &[("ticket", Value::from(*ticket))]).await.unwrap();
        }
    }

    async fn task(&self, ticket: &str) -> Queued {
        let tasks = self
            .engine()
            .tasks_of("call", ticket, &person("ann", &["nurse", "clerk"]))
            .await;
        tasks.unwrap().pop().unwrap()
    }

    async fn holder(&self, ticket: &str) -> String {
        self.task(ticket)
            .await
            .task
            .holder
            .map_or("nobody".into(), |holder| holder.to_string())
    }

    async fn why(&self, ticket: &str) -> String {
        self.task(ticket)
            .await
            .task
            .why
            .last()
            .map(|why| why.what.clone())
            .unwrap_or_default()
    }

    async fn act_as(&self, who: &str, ticket: &str, act: TaskAct) -> String {
        let request = TaskRequest {
            workflow: "call".into(),
            key: ticket.into(),
            task: TaskRef::read("open"),
            act,
            actor: person(who, &["nurse"]),
            input_key: None,
            expected: None,
        };
        let engine = self.engine();
        let answer = self.ask(async move { engine.act(request).await }).await.unwrap();
        answer.verdict.as_str().to_owned()
    }

    /// Lets everything happen until the hand-over of this shift is answered, and what follows from it.
    async fn hand_over(&mut self, shift: &str) {
        let answered = async |world: &World| {
            let trail = world.trail("duty", shift).await;
            trail.iter().any(|line| line.starts_with("adapter_answer"))
        };
        // it goes on beside this test, in a task of its own
        for _ in 0..ROUNDS_MAX {
            self.settle().await;
            if answered(self).await {
                return self.settle().await;
            }
        }
        panic!("nobody gives anything back");
    }

    async fn finish_as(&self, who: &str, ticket: &str, event: &str) {
        let mut send = crate::support::send_of("call", ticket, event);
        send.actor = person(who, &["nurse"]);
        send.task = Some(TaskRef::read("open"));
        self.send_as(send).await.unwrap();
    }

    /// What the engine did with a task, of all that stands in its trail.
    async fn given(&self, ticket: &str) -> Vec<String> {
        let rows = self.store.trail(InstanceId::of("call", ticket), 0, 100).await.unwrap();
        rows.iter().filter_map(|row| given_of(&row.bytes)).collect()
    }
}

fn given_of(bytes: &str) -> Option<String> {
    let entry = EntryText::read(bytes).unwrap();
    let input = entry.input()?;
    let text = |name: &str| input.get(name).and_then(Value::as_text).unwrap_or_default();
    let to = || input.get("to").and_then(|to| to.field("id")).and_then(Value::as_text);
    match text("act") {
        "give" => Some(format!("give {}", to().unwrap_or("nobody"))),
        "hand_over" => Some(format!("hand over {}", text("holder"))),
        _ => None,
    }
}

async fn by_load_then_by_who_was_idle_longest(store: Arc<dyn Store>) {
    let mut world = house(store, "order: [least_load, longest_idle]", &["ann", "ben"]).await;
    for ticket in ["1", "2", "3", "4"] {
        world.pass(60);
        world.calls(&[ticket]).await;
        world.settle().await;
    }
    let holders = [
        world.holder("1").await,
        world.holder("2").await,
        world.holder("3").await,
        world.holder("4").await,
    ];
    assert_eq!(holders, ["ann", "ben", "ann", "ben"]);
    assert_eq!(world.why("2").await, "given to ben: holds least (0)");
    assert_eq!(world.why("3").await, "given to ann: idle longest");
    // ann ends one: she holds least, and is idle for the shortest time
    world.pass(60);
    world.finish_as("ann", "1", "CALLED").await;
    world.calls(&["5"]).await;
    world.settle().await;
    assert_eq!(world.holder("5").await, "ann");
    // both hold two, and ben was given his last one before ann was
    world.pass(60);
    world.calls(&["6"]).await;
    world.settle().await;
    assert_eq!(world.holder("6").await, "ben");
    // who was given something first has ended it last: the other one has been idle for longer
    for (who, ticket) in [("ben", "2"), ("ben", "4"), ("ben", "6"), ("ann", "3"), ("ann", "5")] {
        world.pass(60);
        world.finish_as(who, ticket, "CALLED").await;
    }
    world.calls(&["7"]).await;
    world.settle().await;
    assert_eq!(
        (world.holder("7").await, world.why("7").await),
        ("ben".into(), "given to ben: idle longest".into())
    );
    world.prove().await;
}

#[tokio::test]
async fn the_next_is_given_by_load_then_by_who_was_idle_longest() {
    on_memory(by_load_then_by_who_was_idle_longest).await;
    on_sqlite(by_load_then_by_who_was_idle_longest).await;
    on_postgres(by_load_then_by_who_was_idle_longest).await;
}

#[tokio::test]
async fn turns_go_round_whatever_anybody_holds() {
    on_memory(async |store| {
        let mut world = house(store, "order: [round_robin]", &["ann", "ben", "cat"]).await;
        let mut turns = Vec::new();
        for ticket in ["1", "2", "3", "4"] {
            world.pass(60);
            world.calls(&[ticket]).await;
            world.settle().await;
            let holder = world.holder(ticket).await;
            // whoever has nothing to do any more comes last all the same
            world.finish_as(&holder, ticket, "CALLED").await;
            turns.push(holder);
        }
        assert_eq!(turns, ["ann", "ben", "cat", "ann"]);
    })
    .await;
}

#[tokio::test]
async fn whoever_did_it_last_does_it_again_where_that_is_wanted() {
    on_memory(async |store| {
        let mut world = house(store, "order: [least_load], sticky: true", &["ann", "ben"]).await;
        world.calls(&["1"]).await;
        world.settle().await;
        assert_eq!(world.holder("1").await, "ann");
        // ann has more to do than ben by now
        world.calls(&["2", "3"]).await;
        world.settle().await;
        world.finish_as("ann", "1", "AGAIN").await;
        world.settle().await;
        assert_eq!(
            (world.holder("1").await, world.why("1").await),
            ("ann".into(), "given to ann: did it last".into())
        );
        // but not who gave it back
        world.act_as("ann", "1", TaskAct::Release { note: None }).await;
        world.settle().await;
        assert_eq!(world.holder("1").await, "ben");
        world.prove().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_is_named_comes_before_all_others() {
    on_memory(async |store| {
        let mut world = house(store, "first: \"{{ ticket }}\", sticky: true", &["ann", "ben"]).await;
        world.calls(&["ben", "eve", "ann"]).await;
        world.settle().await;
        let given = ("ben".into(), "given to ben: is named first".into());
        assert_eq!((world.holder("ben").await, world.why("ben").await), given);
        // one whom it is not for is given nothing
        assert_ne!(world.holder("eve").await, "eve");
        // who gave it back is not named any more
        world.act_as("ben", "ben", TaskAct::Release { note: None }).await;
        world.settle().await;
        assert_eq!(world.holder("ben").await, "ann");
        world.prove().await;
    })
    .await;
}

async fn nobody_off_shift(store: Arc<dyn Store>) {
    let mut world = house(store, "on_shift: true, max: 1", &["ann", "ben"]).await;
    world.calls(&["1", "2"]).await;
    world.settle().await;
    assert_eq!(world.why("1").await, "offered to all: nobody whom it is for is on shift");
    world.on_duty("day", &["ann"]).await;
    world.settle().await;
    assert_eq!(world.holder("1").await, "ann");
    assert_eq!(world.holder("2").await, "nobody");
    // said once, however often it is looked at
    world.live(5).await;
    assert_eq!(world.given("2").await, ["give nobody"]);
    world.finish_as("ann", "1", "CALLED").await;
    world.settle().await;
    assert_eq!(world.holder("2").await, "ann");
    world.prove().await;
}

#[tokio::test]
async fn nobody_is_given_anything_off_shift_or_beyond_what_one_may_hold() {
    on_memory(nobody_off_shift).await;
    on_sqlite(nobody_off_shift).await;
    on_postgres(nobody_off_shift).await;
}

async fn shift_that_ends_meanwhile(store: Arc<dyn Store>) {
    let mut world = house(store.clone(), "on_shift: true", &["ann"]).await;
    let mut two = world.another_node("two");
    world.on_duty("day", &["ann"]).await;
    world.calls(&["1"]).await;
    // one node has chosen, and the shift ends on the other before it commits
    let now = world.now();
    world.node.assignments.tick(now).await.unwrap();
    assert_eq!(world.node.assignments.choices(), 1);
    let engine = two.engine.clone();
    let over = tokio::spawn(async move { engine.send(crate::support::send_of("duty", "day", "OVER")).await });
    while !over.is_finished() {
        tokio::task::yield_now().await;
        two.intake.tick(now).await;
    }
    assert_eq!(over.await.unwrap().unwrap().verdict.as_str(), "taken");
    settle(&mut world.node, now).await;
    world.pass(2);
    world.settle().await;
    assert_eq!(world.holder("1").await, "nobody");
    assert_eq!(world.given("1").await, ["give nobody"]);
    settle(&mut two, world.now()).await;
    prove(&store, &world.engine()).await;
}

#[tokio::test]
async fn a_choice_is_void_when_the_shift_ends_before_it_is_committed() {
    on_memory(shift_that_ends_meanwhile).await;
    on_sqlite(shift_that_ends_meanwhile).await;
    on_postgres(shift_that_ends_meanwhile).await;
}

async fn two_nodes_choose(store: Arc<dyn Store>) {
    let mut world = house(store.clone(), "order: [least_load]", &["ann", "ben"]).await;
    let mut two = world.another_node("two");
    two.engine.directory().refresh().await.unwrap();
    world.calls(&["1"]).await;
    let now = world.now();
    world.node.assignments.tick(now).await.unwrap();
    two.assignments.tick(now).await.unwrap();
    assert_eq!((world.node.assignments.choices(), two.assignments.choices()), (1, 1));
    settle(&mut two, now).await;
    settle(&mut world.node, now).await;
    // who was too late leaves nothing behind
    assert_eq!(world.given("1").await, ["give ann"]);
    assert_eq!(world.task("1").await.sequence, 2);
    prove(&store, &world.engine()).await;
}

#[tokio::test]
async fn two_nodes_give_a_task_once() {
    on_memory(two_nodes_choose).await;
    on_sqlite(two_nodes_choose).await;
    on_postgres(two_nodes_choose).await;
}

async fn hand_over(store: Arc<dyn Store>) {
    let mut world = house(store, "on_shift: true", &["ann", "ben"]).await;
    world.on_duty("night", &["ann"]).await;
    world.calls(&["1", "2", "3"]).await;
    world.settle().await;
    world.pass(60);
    world.on_duty("day", &["ben"]).await;
    world.send("duty", "night", "OVER").await.unwrap();
    world.hand_over("night").await;
    for ticket in ["1", "2", "3"] {
        assert_eq!(world.given(ticket).await, ["give ann", "hand over ann", "give ben"]);
    }
    let trail = world.trail("duty", "night").await;
    assert_eq!(
        trail.last().unwrap(),
        "adapter_answer 2:reoffer~1 by statewright.tasks: taken"
    );
    world.prove().await;
}

#[tokio::test]
async fn a_shift_that_is_over_gives_on_what_its_people_hold() {
    on_memory(hand_over).await;
    on_sqlite(hand_over).await;
    on_postgres(hand_over).await;
}

#[tokio::test]
async fn what_somebody_took_on_later_is_theirs() {
    on_memory(async |store| {
        let mut world = house(store, "on_shift: true", &["ann"]).await;
        world.on_duty("day", &["ann"]).await;
        world.calls(&["1", "2"]).await;
        world.settle().await;
        world.pass(60);
        let mut leave = crate::support::send_of("duty", "day", "LEAVE");
        leave.payload = crate::support::object(&[("who", Value::from("ann"))]);
        world.send_as(leave).await.unwrap();
        // before anything is given back, she gives one back herself, and takes it again later
        world.act_as("ann", "1", TaskAct::Release { note: None }).await;
        world.pass(60);
        assert_eq!(world.act_as("ann", "1", TaskAct::Claim).await, "taken");
        world.hand_over("day").await;
        assert_eq!(world.given("1").await, ["give ann"]);
        assert_eq!(world.given("2").await[..2], ["give ann", "hand over ann"]);
        assert_eq!(world.task("2").await.task.note.as_deref(), Some("ann is ill"));
        world.prove().await;
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_that_is_done_again_takes_nothing_twice() {
    on_memory(async |store| {
        let mut world = house(store.clone(), "on_shift: true", &["ann"]).await;
        world.on_duty("day", &["ann"]).await;
        world.calls(&["1"]).await;
        world.settle().await;
        world.pass(60);
        let mut leave = crate::support::send_of("duty", "day", "LEAVE");
        leave.payload = crate::support::object(&[("who", Value::from("ann"))]);
        world.send_as(leave).await.unwrap();
        // the node gives it back and dies before it has told that it did
        let now = world.now();
        world.node.outbox.tick(now).await.unwrap();
        while world.given("1").await.len() < 2 {
            tokio::task::yield_now().await;
            world.node.intake.tick(now).await;
        }
        let mut two = world.another_node("two");
        two.engine.directory().refresh().await.unwrap();
        world.pass(3_600);
        settle(&mut two, world.now()).await;
        assert_eq!(world.given("1").await, ["give ann", "hand over ann", "give ann"]);
        let answers = world.trail("duty", "day").await;
        assert_eq!(
            answers.iter().filter(|line| line.contains("reoffer")).count(),
            1,
            "{answers:?}"
        );
        world.pass(3_600);
        settle(&mut two, world.now()).await;
        assert_eq!(world.holder("1").await, "ann");
        prove(&store, &two.engine).await;
    })
    .await;
}
