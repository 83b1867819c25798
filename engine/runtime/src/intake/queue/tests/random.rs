//! Whatever comes in whichever order: nothing is lost, nothing is overtaken, and nothing grows beyond its bound.

use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::testing::Chance;

const SEEDS: u64 = 200;
const STEPS: usize = 600;
const WORKFLOWS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// The queue and what is known of it from outside.
struct Watched {
    queue: Queue,
    chance: Chance,
    people_max: usize,
    background_max: usize,
    batch_max: usize,
    /// Kind and instance → tickets that were let in and not taken yet, in order.
    expected: HashMap<(usize, InstanceId), Vec<u64>>,
    /// Tickets of parcels that were put back, by instance.
    again: HashMap<InstanceId, Vec<u64>>,
    under_way: Vec<Vec<Parcel>>,
    next_ticket: u64,
    let_in: u64,
    done: u64,
    kinds: BTreeMap<u64, usize>,
}

impl Watched {
    fn of(seed: u64) -> Watched {
        let mut chance = Chance::of(seed);
        let mut draw = |few: u64, many: u64| (few + chance.below(many - few)) as usize;
        let (people_max, background_max, batch_max) = (draw(1, 40), draw(1, 40), draw(1, 12));
        Watched {
            queue: room(people_max, background_max, batch_max),
            chance,
            people_max,
            background_max,
            batch_max,
            expected: HashMap::new(),
            again: HashMap::new(),
            under_way: Vec::new(),
            next_ticket: 0,
            let_in: 0,
            done: 0,
            kinds: BTreeMap::new(),
        }
    }

    fn step(&mut self) {
        match self.chance.below(10) {
            0..=3 => self.offer(),
            4 | 5 => self.hand_over(),
            6 | 7 if self.under_way.len() < 3 => self.take(),
            _ => self.finish(),
        }
        let (people, background) = self.queue.waiting();
        assert!(people <= self.people_max, "{people} of people");
        // A parcel that is larger than all the room comes alone, one of each kind.
        let most = (self.background_max.div_ceil(2)).max(4) * 2;
        assert!(background <= most, "{background} of the engine's own");
    }

    fn made(&mut self, kind: usize) -> Made {
        // A few workflows and instances, so that they meet.
        let workflow = WORKFLOWS[self.chance.below(5) as usize];
        let key = self.chance.below(4).to_string();
        let mut made = match kind {
            PEOPLE => Made::event(workflow, key),
            TIMERS => Made::timer(key),
            _ => Made::messages(workflow, key, 1 + self.chance.below(4) as usize),
        };
        made.ticket = self.next_ticket;
        for _ in 0..made.count {
            self.kinds.insert(self.next_ticket, kind);
            self.next_ticket += 1;
        }
        made
    }

    fn expect(&mut self, kind: usize, instance: InstanceId, tickets: Vec<u64>) {
        self.let_in += tickets.len() as u64;
        self.expected.entry((kind, instance)).or_default().extend(tickets);
    }

    fn offer(&mut self) {
        let made = self.made(PEOPLE);
        let mailbox = made.mailbox.clone();
        let parcel = made.parcel();
        let (instance, tickets) = (parcel.instance, tickets(&parcel));
        let is_empty = self.queue.waiting().0 == 0;
        self.queue.offer(parcel);
        let refused = !mailbox.take().is_empty();
        assert!(!(refused && is_empty), "an empty queue has room");
        if !refused {
            self.expect(PEOPLE, instance, tickets);
        }
    }

    fn hand_over(&mut self) {
        let kind = if self.chance.happens(500) { TIMERS } else { MESSAGES };
        let parcel = self.made(kind).parcel();
        let (instance, tickets) = (parcel.instance, tickets(&parcel));
        if self.queue.hand_over(parcel).is_ok() {
            self.expect(kind, instance, tickets);
        }
    }

    fn take(&mut self) {
        let batch = take(&self.queue);
        let inputs: usize = batch.iter().map(|parcel| parcel.requests.len()).sum();
        assert!(inputs <= self.batch_max || batch.len() == 1, "{inputs} in a batch");
        for parcel in &batch {
            let instance = parcel.instance;
            let elsewhere = self.under_way.iter().flatten().any(|other| other.instance == instance);
            assert!(!elsewhere, "an instance is in two batches");
            let tickets = tickets(parcel);
            let again = self.again.entry(instance).or_default();
            let kind = self.kinds[&tickets[0]];
            let line = if again.is_empty() {
                self.expected.entry((kind, instance)).or_default()
            } else {
                again
            };
            assert!(line.starts_with(&tickets), "{tickets:?} comes before {line:?}");
            line.drain(..tickets.len());
        }
        if !batch.is_empty() {
            self.under_way.push(batch);
        } else if self.under_way.is_empty() {
            assert!(self.queue.is_idle(), "nothing is taken although something waits");
        }
    }

    /// Ends a batch; some of it goes round again.
    fn finish(&mut self) {
        if self.under_way.is_empty() {
            return;
        }
        let place = self.chance.below(self.under_way.len() as u64) as usize;
        let batch = self.under_way.swap_remove(place);
        let instances: Vec<InstanceId> = batch.iter().map(|parcel| parcel.instance).collect();
        let mut back: Vec<Parcel> = Vec::new();
        for parcel in batch {
            // What is of one instance goes round together.
            let goes_round = match back.iter().any(|earlier| earlier.instance == parcel.instance) {
                true => true,
                false => self.chance.happens(200),
            };
            if goes_round {
                self.again.entry(parcel.instance).or_default().extend(tickets(&parcel));
                back.push(parcel);
            } else {
                self.done += parcel.requests.len() as u64;
            }
        }
        self.queue.put_back(back);
        self.queue.finish(instances);
    }
}

fn tickets(parcel: &Parcel) -> Vec<u64> {
    let tickets = parcel.requests.iter().map(|request| match &request.reply {
        Reply::Actor { ticket, .. } => *ticket,
        _ => u64::MAX,
    });
    tickets.collect()
}

#[test]
fn nothing_is_lost_overtaken_or_let_in_beyond_its_bound() {
    #[allow(clippy::disallowed_methods)] // a test has no configuration
    let chosen = std::env::var("STATEWRIGHT_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = chosen.map_or(0..SEEDS, |seed: u64| seed..seed + 1);
    for seed in seeds {
        let run = std::panic::catch_unwind(|| {
            let mut watched = Watched::of(seed);
            for _ in 0..STEPS {
                watched.step();
            }
            while !watched.queue.is_idle() {
                watched.take();
                watched.finish();
            }
            assert_eq!(watched.done, watched.let_in, "everything that was let in is done once");
        });
        assert!(run.is_ok(), "STATEWRIGHT_SEED={seed} replays it");
    }
}
