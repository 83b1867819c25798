//! What there is room for, in number, bytes and time, and for whom.

use super::*;

/// Offers until a parcel is refused; answers how many were let in.
fn flood(queue: &Queue, most: usize, made: impl Fn(usize) -> Made) -> usize {
    let mailbox: Arc<Mailbox> = Arc::default();
    for number in 0..most {
        let made = Made {
            mailbox: mailbox.clone(),
            ..made(number)
        };
        queue.offer(made.parcel());
        if !mailbox.take().is_empty() {
            return number;
        }
    }
    most
}

fn is_let_in(queue: &Queue, made: Made) -> bool {
    let mailbox = made.mailbox.clone();
    queue.offer(made.parcel());
    mailbox.take().is_empty()
}

#[test]
fn a_full_lane_gives_back_what_the_store_keeps() {
    let queue = room(1, 1, 4);
    assert!(queue.hand_over(Made::messages("w", "b1", 1).parcel()).is_ok());
    assert!(queue.hand_over(Made::messages("w", "b2", 1).parcel()).is_err());
    queue.close();
    assert_eq!(taken(&queue), ids(&["b1"]));
    let queue = room(1, 1, 4);
    assert!(
        queue.hand_over(Made::messages("w", "large", 3).parcel()).is_ok(),
        "it would never fit"
    );
    assert!(queue.hand_over(Made::messages("w", "b1", 1).parcel()).is_err());
    assert!(queue.hand_over(Made::messages("w", "b3", 1).parcel()).is_err());
}

#[test]
fn messages_do_not_keep_timers_out_nor_timers_messages() {
    let queue = room(1, 8, 4);
    let message = |number: usize| Made::messages("m", format!("m-{number}"), 1).parcel();
    let timer = |number: usize| Made::timer(format!("t-{number}")).parcel();
    assert_eq!((0..9).filter(|number| queue.hand_over(message(*number)).is_ok()).count(), 4);
    assert_eq!((0..9).filter(|number| queue.hand_over(timer(*number)).is_ok()).count(), 4);
    assert_eq!(queue.waiting(), (0, 8));
}

#[test]
fn a_workflow_that_floods_leaves_room_to_the_next_and_to_the_one_after() {
    let queue = room(1_024, 16, 64);
    let of = |workflow: &'static str| move |number: usize| Made::event(workflow, format!("{workflow}-{number}"));
    assert_eq!(flood(&queue, 5_000, of("flood")), 768, "three quarters");
    assert_eq!(flood(&queue, 5_000, of("second")), 192, "three quarters of what is left");
    assert_eq!(flood(&queue, 5_000, of("third")), 48);
    assert!(is_let_in(&queue, Made::event("fourth", "1")));
    assert!(!is_let_in(&queue, Made::event("flood", "1")));
    assert!(queue.waiting().0 <= 1_024);
}

#[test]
fn workflows_that_flood_for_long_come_to_hold_the_same() {
    let queue = room(1_000, 16, 50);
    let workflows = ["a", "b", "c"];
    for round in 0..400 {
        // The first sends most, and before the others.
        for (place, workflow) in workflows.into_iter().enumerate() {
            flood(&queue, 300 - place * 100, |number| {
                Made::event(workflow, format!("{round}-{number}"))
            });
        }
        let batch = take(&queue);
        finish(&queue, batch);
    }
    let held = workflows.map(|workflow| queue.lock().of[PEOPLE].held_of(workflow).inputs);
    // Three of ten parts each, about: who comes first finds a little more.
    assert!(held.iter().all(|held| (230..=350).contains(held)), "{held:?}");
}

#[test]
fn an_instance_that_is_stormed_leaves_room_to_others_of_its_workflow() {
    let queue = room(1_024, 16, 64);
    assert_eq!(flood(&queue, 5_000, |_| Made::event("w", "hot")), 512, "half");
    let others = flood(&queue, 5_000, |number| Made::event("w", format!("{number}")));
    assert_eq!(others, 256, "up to three quarters");
}

#[test]
fn bytes_are_bounded_as_numbers_are() {
    let configuration = EngineConfig {
        queue_bytes_max: 1_000_000,
        ..EngineConfig::named("test")
    };
    let queue = Queue::new(&configuration);
    let large = |workflow: &'static str| {
        move |number: usize| Made {
            text: 50_000,
            ..Made::event(workflow, format!("{number}"))
        }
    };
    assert!(flood(&queue, 100, large("large")) < 100);
    let bytes = queue.lock().of[PEOPLE].held().bytes;
    assert!((700_000..800_000).contains(&bytes), "three quarters: {bytes}");
    assert!(flood(&queue, 100, large("other")) > 0);
    assert!(is_let_in(&queue, Made::event("small", "1")));
    assert!(queue.lock().of[PEOPLE].held().bytes <= 1_000_000);
    while !take(&queue).is_empty() {}
    assert_eq!(queue.lock().of[PEOPLE].held(), Held::default());
    assert!(is_let_in(&queue, large("large")(1)));
}

#[test]
fn the_engines_own_work_is_bounded_in_bytes() {
    let configuration = EngineConfig {
        background_queue_bytes_max: 200_000,
        ..EngineConfig::named("test")
    };
    let queue = Queue::new(&configuration);
    let message = |number: usize, text| Made {
        text,
        ..Made::messages("m", format!("{number}"), 1)
    };
    assert!(
        queue.hand_over(message(0, 300_000).parcel()).is_ok(),
        "alone, or it would never come"
    );
    assert!(queue.hand_over(message(1, 10).parcel()).is_err());
    assert_eq!(take(&queue).len(), 1);
    let taken = (2..50).filter(|number| queue.hand_over(message(*number, 30_000).parcel()).is_ok());
    assert_eq!(taken.count(), 3);
}

#[test]
fn a_batch_is_bounded_in_bytes() {
    let configuration = EngineConfig {
        batch_bytes_max: 100_000,
        ..EngineConfig::named("test")
    };
    let queue = Queue::new(&configuration);
    for (number, text) in [40_000, 40_000, 40_000, 300_000, 10].into_iter().enumerate() {
        let made = Made {
            text,
            ..Made::event("w", format!("{number}"))
        };
        queue.offer(made.parcel());
    }
    let batches: Vec<usize> = (0..4).map(|_| take(&queue).len()).collect();
    assert_eq!(batches, [2, 1, 1, 1]);
}

#[test]
fn the_slower_the_database_the_fewer_may_wait() {
    let queue = room(4_096, 16, 100);
    let of = |number: usize| Made::event("w", format!("{number}"));
    for _ in 0..100 {
        queue.measured(500_000);
    }
    let let_in = flood(&queue, 5_000, of);
    assert_eq!(let_in, 300, "three quarters of what four batches of half a second take");
    let mailbox: Arc<Mailbox> = Arc::default();
    let refused = Made {
        mailbox: mailbox.clone(),
        ..of(5_000)
    };
    queue.offer(refused.parcel());
    let told = mailbox.take().pop().map(|(_, result)| result);
    assert!(
        matches!(
            told,
            Some(Err(EngineError::Overloaded {
                retry_after_ms: 700..=800
            }))
        ),
        "{told:?}"
    );
    // However slow it is, a batch may gather, and the next measurement comes with it.
    for _ in 0..100 {
        queue.measured(60_000_000);
    }
    while !take(&queue).is_empty() {}
    assert_eq!(flood(&queue, 5_000, |number| Made::event("v", format!("{number}"))), 75);
}

#[test]
fn who_gave_up_waiting_is_told_and_nothing_is_left() {
    let queue = room(8, 8, 4);
    let mailbox: Arc<Mailbox> = Arc::default();
    for key in ["a", "b"] {
        let made = Made {
            mailbox: mailbox.clone(),
            ..Made::event("w", key)
        };
        queue.offer(made.parcel());
    }
    queue.abandon();
    let told = mailbox.take();
    assert!(told.iter().all(|(_, result)| *result == Err(EngineError::ShuttingDown)));
    assert_eq!((told.len(), queue.waiting(), queue.is_idle()), (2, (0, 0), true));
    assert!(!is_let_in(&queue, Made::event("w", "c")));
}

#[test]
fn a_stormed_instance_under_way_is_looked_at_once_however_much_waits_for_it() {
    let mut lane = Lane::default();
    for _ in 0..4_000 {
        let parcel = Made::event("w", "hot").parcel();
        let size = Held::of(&parcel);
        lane.push("w".into(), parcel, size);
    }
    let parcel = Made::event("w", "other").parcel();
    let (size, hot) = (Held::of(&parcel), InstanceId::of("w", "hot"));
    lane.push("w".into(), parcel, size);
    let looks = std::cell::Cell::new(0);
    let next = |lane: &mut Lane| {
        let blocked = |instance: &InstanceId| {
            looks.set(looks.get() + 1);
            *instance == hot
        };
        matches!(lane.next(blocked, |_| true), Next::Parcel(..))
    };
    assert!(next(&mut lane), "the other one");
    assert!(!next(&mut lane) && !next(&mut lane));
    lane.release(hot);
    assert!(!next(&mut lane));
    assert_eq!(looks.get(), 3);
}
