//! What waits is taken in order, by turns, and never more than there is room for.

mod bounds;
mod random;

use std::sync::Arc;

use statewright_core::step::{Actor, Input, InputKind};
use statewright_core::value::{Object, Value};

use super::*;
use crate::body::Party;
use crate::intake::{Mailbox, Origin, Request};

/// What a parcel says of itself.
struct Made {
    workflow: &'static str,
    key: String,
    count: usize,
    /// Bytes of text in each of its inputs.
    text: usize,
    origin: Origin,
    ticket: u64,
    mailbox: Arc<Mailbox>,
}

impl Made {
    /// One person's input.
    fn event(workflow: &'static str, key: impl Into<String>) -> Made {
        Made {
            workflow,
            key: key.into(),
            count: 1,
            text: 0,
            origin: Origin::Caller,
            ticket: 0,
            mailbox: Arc::default(),
        }
    }

    fn timer(key: impl Into<String>) -> Made {
        let name: Arc<str> = "t".into();
        let origin = Origin::Timer { name, due_us: 0 };
        Made {
            origin,
            ..Made::event("", key)
        }
    }

    fn messages(workflow: &'static str, key: impl Into<String>, count: usize) -> Made {
        let origin = Origin::Message { id: 1, sender: None };
        Made {
            origin,
            count,
            ..Made::event(workflow, key)
        }
    }

    fn parcel(self) -> Parcel {
        let request = |ticket| {
            let input = Input {
                signed: None,
                key: None,
                actor: Actor::engine(),
                reason: None,
                kind: InputKind::Event {
                    name: "E".into(),
                    payload: Object::from([("t".into(), Value::Text("a".repeat(self.text).into()))]),
                    task: None,
                },
            };
            let reply = Reply::Actor {
                mailbox: self.mailbox.clone(),
                ticket,
            };
            let to = Party {
                workflow: self.workflow.into(),
                key: self.key.as_str().into(),
            };
            let mut request = Request::to(to, input, self.origin.clone(), reply);
            if request.to.as_ref().is_some_and(|to| to.workflow.is_empty()) {
                // As of a timer: only the instance is known.
                request.to = None;
            }
            request
        };
        let tickets = self.ticket..self.ticket + self.count as u64;
        Parcel::of(tickets.map(request).collect()).expect("a parcel of something")
    }
}

/// Room for so many of people's, of the engine's, and in a batch.
fn room(people: usize, background: usize, batch: usize) -> Queue {
    let mut configuration = EngineConfig::named("test");
    configuration.queue_max = people;
    configuration.background_queue_max = background;
    configuration.batch_max = batch;
    Queue::new(&configuration)
}

/// People's events of a workflow and messages, each to the instance named, in batches of four.
fn queue(people: &[&str], background: &[&str]) -> Queue {
    let queue = room(100, 200, 4);
    for name in people {
        queue.offer(Made::event("w", *name).parcel());
    }
    for name in background {
        assert!(queue.hand_over(Made::messages("w", *name, 1).parcel()).is_ok());
    }
    queue
}

fn taken(queue: &Queue) -> Vec<InstanceId> {
    take(queue).iter().map(|parcel| parcel.instance).collect()
}

fn is_worth_a_batch(queue: &Queue) -> bool {
    queue.lock().are_worth_a_batch()
}

/// What waits, whatever is under way.
fn take(queue: &Queue) -> Vec<Parcel> {
    queue.take_what_waits(&mut queue.lock())
}

fn ids(names: &[&str]) -> Vec<InstanceId> {
    names.iter().map(|name| InstanceId::of("w", name)).collect()
}

/// How many of a batch's inputs are of each workflow; timers are of none.
fn by_workflow(batch: &[Parcel], workflow: &str) -> usize {
    let of = batch
        .iter()
        .filter(|parcel| parcel.workflow().map_or("", |known| known) == workflow);
    of.map(|parcel| parcel.requests.len()).sum()
}

fn finish(queue: &Queue, batch: Vec<Parcel>) {
    queue.finish(batch.iter().map(|parcel| parcel.instance));
}

#[test]
fn people_go_first_and_leave_a_share_to_the_engine() {
    let queue = queue(&["p1", "p2", "p3", "p4", "p5"], &["b1", "b2"]);
    assert_eq!(taken(&queue), ids(&["p1", "p2", "p3", "b1"]));
    assert_eq!(taken(&queue), ids(&["p4", "p5", "b2"]));
    assert_eq!(queue.waiting(), (0, 0));
}

#[test]
fn an_instance_under_way_waits_and_does_not_hold_up_others() {
    let queue = queue(&["a", "b"], &[]);
    assert_eq!(taken(&queue), ids(&["a", "b"]));
    queue.offer(Made::event("w", "a").parcel());
    queue.offer(Made::event("w", "c").parcel());
    queue.offer(Made::event("w", "a").parcel());
    assert_eq!(taken(&queue), ids(&["c"]));
    queue.finish(ids(&["a", "b"]));
    assert_eq!(taken(&queue), ids(&["a", "a"]));
    assert!(!queue.is_idle());
    queue.finish(ids(&["a", "c"]));
    assert!(queue.is_idle());
}

#[test]
fn an_instance_that_was_under_way_has_its_old_place() {
    let queue = queue(&["a"], &[]);
    assert_eq!(taken(&queue), ids(&["a"]));
    for name in ["b", "a", "c", "d", "e", "f"] {
        queue.offer(Made::event("w", name).parcel());
    }
    let first = take(&queue);
    assert_eq!(first.len(), 4, "all but those of `a` and the last");
    queue.offer(Made::event("w", "g").parcel());
    queue.finish(ids(&["a"]));
    assert_eq!(taken(&queue), ids(&["a", "f", "g"]));
}

#[test]
fn what_was_tried_before_goes_first() {
    let queue = queue(&["a", "b"], &[]);
    let tried = take(&queue);
    queue.offer(Made::event("w", "a").parcel());
    queue.put_back(tried);
    queue.finish(ids(&["a", "b"]));
    assert_eq!(taken(&queue), ids(&["a", "b", "a"]));
}

#[test]
fn nothing_overtakes_what_is_to_be_tried_again_though_that_has_no_room() {
    let queue = queue(&[], &[]);
    queue.put_back(vec![
        Made::messages("w", "a", 3).parcel(),
        Made::messages("w", "b", 3).parcel(),
    ]);
    queue.offer(Made::event("w", "b").parcel());
    queue.offer(Made::event("w", "c").parcel());
    assert_eq!(taken(&queue), ids(&["a", "c"]));
    assert_eq!(taken(&queue), ids(&["b"]));
    queue.finish(ids(&["a", "b", "c"]));
    assert_eq!(taken(&queue), ids(&["b"]), "and then the one that came after it");
}

#[test]
fn a_parcel_is_taken_whole_even_if_it_is_larger_than_a_batch() {
    let queue = queue(&["a"], &[]);
    let large = Made {
        count: 9,
        ..Made::event("w", "b")
    };
    queue.offer(large.parcel());
    assert_eq!(taken(&queue), ids(&["a"]));
    assert_eq!(taken(&queue), ids(&["b"]));
    assert_eq!(queue.waiting(), (0, 0));
}

#[test]
fn workflows_take_turns_however_much_one_of_them_sends() {
    let queue = room(4_096, 16, 8);
    for number in 0..1_000 {
        queue.offer(Made::event("flood", format!("f-{number}")).parcel());
    }
    for workflow in ["a", "b"] {
        for number in 0..5 {
            queue.offer(Made::event(workflow, format!("{workflow}-{number}")).parcel());
        }
    }
    let shares: Vec<[usize; 3]> = (0..3)
        .map(|_| {
            let batch = take(&queue);
            ["flood", "a", "b"].map(|workflow| by_workflow(&batch, workflow))
        })
        .collect();
    assert_eq!(shares, [[3, 3, 2], [3, 2, 3], [8, 0, 0]]);
}

#[test]
fn with_more_workflows_than_a_batch_holds_none_waits_longer_than_its_turn() {
    const WORKFLOWS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let queue = room(4_096, 16, 4);
    for number in 0..40 {
        for workflow in WORKFLOWS {
            queue.offer(Made::event(workflow, format!("{number}")).parcel());
        }
    }
    let mut since = [0; WORKFLOWS.len()];
    for _ in 0..90 {
        let batch = take(&queue);
        for (place, workflow) in WORKFLOWS.iter().enumerate() {
            since[place] = if by_workflow(&batch, workflow) > 0 {
                0
            } else {
                since[place] + 1
            };
        }
        assert!(since.iter().all(|batches| *batches < 10_usize.div_ceil(4)), "{since:?}");
        finish(&queue, batch);
    }
}

#[test]
fn timers_have_their_share_beside_a_flood_of_messages_and_people() {
    let queue = room(4_096, 4_096, 16);
    for number in 0..500 {
        queue.offer(Made::event("w", format!("p-{number}")).parcel());
        let _ = queue.hand_over(Made::messages("m", format!("m-{number}"), 8).parcel());
    }
    for number in 0..40 {
        assert!(
            queue.hand_over(Made::timer(format!("t-{number}")).parcel()).is_ok(),
            "{number}"
        );
    }
    let mut fired = 0;
    for batches in 1..=40 {
        let batch = take(&queue);
        assert!(
            by_workflow(&batch, "w") > 0 || batches % 2 == 0,
            "people are in every other batch at least"
        );
        fired += by_workflow(&batch, "");
        assert!(fired >= batches.min(40) / 2 * 2, "{fired} after {batches}");
        finish(&queue, batch);
    }
    assert_eq!(fired, 40);
}

#[test]
fn batches_are_filled_up_with_timers_only_while_no_people_come() {
    let queue = room(100, 4_096, 16);
    for number in 0..100 {
        assert!(queue.hand_over(Made::timer(format!("t-{number}")).parcel()).is_ok());
    }
    let next = |people: usize| {
        for _ in 0..people {
            queue.offer(Made::event("w", "a").parcel());
        }
        let batch = take(&queue);
        let shares = (by_workflow(&batch, "w"), by_workflow(&batch, ""));
        finish(&queue, batch);
        shares
    };
    assert_eq!([0, 2, 0, 0, 1].map(next), [(0, 16), (2, 4), (0, 4), (0, 16), (1, 4)]);
}

#[test]
fn in_the_smallest_batches_everyone_has_a_turn() {
    let queue = room(100, 100, 1);
    for number in 0..20 {
        queue.offer(Made::event("w", format!("p-{number}")).parcel());
        assert!(queue.hand_over(Made::timer(format!("t-{number}")).parcel()).is_ok());
        assert!(
            queue
                .hand_over(Made::messages("m", format!("m-{number}"), 2).parcel())
                .is_ok()
        );
    }
    for _ in 0..20 {
        let three: Vec<Parcel> = (0..3).flat_map(|_| take(&queue)).collect();
        let shares = ["w", "m", ""].map(|workflow| by_workflow(&three, workflow));
        assert_eq!(shares, [1, 2, 1]);
    }
}

#[test]
fn messages_of_which_one_receiver_has_many_find_room_beside_a_crowd() {
    let queue = room(4_096, 4_096, 100);
    for number in 0..2_000 {
        queue.offer(Made::event("w", format!("p-{number}")).parcel());
    }
    // More than the share of a batch that is kept for the engine's own work.
    assert!(queue.hand_over(Made::messages("m", "m-1", 64).parcel()).is_ok());
    let batches: Vec<usize> = (0..2).map(|_| by_workflow(&take(&queue), "m")).collect();
    assert_eq!(batches, [0, 64]);
}

#[test]
fn what_dribbles_in_beside_a_batch_waits_until_it_is_as_much_or_the_batch_is_over() {
    let queue = queue(&["a", "b"], &[]);
    assert!(is_worth_a_batch(&queue));
    let batch = take(&queue);
    assert!(!is_worth_a_batch(&queue), "nothing waits");
    queue.offer(Made::event("w", "c").parcel());
    assert!(!is_worth_a_batch(&queue), "one waits beside two");
    queue.offer(Made::event("w", "d").parcel());
    assert!(is_worth_a_batch(&queue), "two wait beside two");
    let second = take(&queue);
    queue.offer(Made::event("w", "e").parcel());
    finish(&queue, batch);
    assert!(!is_worth_a_batch(&queue), "one waits beside two");
    finish(&queue, second);
    assert!(is_worth_a_batch(&queue), "one waits beside none");
}

#[test]
fn the_moment_of_a_batch_is_read_while_nobody_else_can_take() {
    let queue = queue(&["a"], &[]);
    let clock = || {
        assert!(
            queue.lanes.try_lock().is_err(),
            "another could take, and read an earlier moment after it"
        );
        Timestamp::UNIX_EPOCH
    };
    assert!(queue.take_if_worth(clock).is_some());
    assert!(queue.take_if_worth(clock).is_none(), "nothing waits");
}

#[test]
fn of_those_that_come_together_as_many_come_in_as_there_is_room_for() {
    let queue = room(100, 6, 4);
    let timers = |names: &[&'static str]| names.iter().map(|name| Made::timer(*name).parcel()).collect::<Vec<_>>();
    assert_eq!(queue.hand_over_together(timers(&["a", "b"])), 2);
    assert_eq!(
        queue.hand_over_together(timers(&["c", "d", "e"])),
        1,
        "timers have half of the room"
    );
    assert_eq!(queue.waiting(), (0, 3));
    queue.close();
    assert_eq!(queue.hand_over_together(timers(&["f"])), 0);
}
