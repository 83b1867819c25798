//! Mail: each person whom a notice reaches is told once, under one id, when they may be disturbed; what fails waits for a person.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use statewright_core::value::Value;
use statewright_engine::Node;
use statewright_engine::error::EngineError;
use statewright_engine::incidents::{Decision, IncidentName};
use statewright_engine::mail::{Letter, MailConfig, MailFailure, MailTransport, Mailing};
use statewright_engine::store::{IncidentKind, MailCounts, Store};
use tokio::sync::Notify;

use crate::support::{World, on_every_store, operator, person, source};

const ORDER: &str = "
workflow: lens-order
title: Order
data: {patient: {type: optional string, phi: true}}
start: {by: [clerk], input: [optional patient]}
access: [{for: [clerk, nurse]}]
initial: open
states:
  open:
    on:
      TELL: {by: [clerk], actions: [{notify: {to: [nurse], text: \"{{ key }} waits\", via: [inbox, mail]}}]}
      NOTE: {by: [clerk], actions: [{notify: {to: [nurse], text: Read this, via: [inbox]}}]}
";

const ROLES: &str = "
roles: {clerk: {}, nurse: {}, charge_nurse: {includes: [nurse]}, on_call: {includes: [nurse]}}
quiet_hours:
  nurse: {zone: Europe/Berlin, hours: {mon: [NIGHT], tue: [NIGHT], wed: [NIGHT], thu: [NIGHT], fri: [NIGHT], sat: [NIGHT], sun: [NIGHT]}}
";

fn at_night(roles: &str) -> String {
    roles.replace("NIGHT", "'22:00-07:00'")
}

/// Whom the order is for: no letter says it.
const PATIENT: &str = "Rosalind Rothe";

/// A mail server that answers as it was told, and keeps what it was given.
#[derive(Default)]
struct Recorder {
    letters: Mutex<Vec<Letter>>,
    answers: Mutex<VecDeque<Answer>>,
    arrived: Notify,
    /// Lets the letters go that are held.
    go: Notify,
}

enum Answer {
    Fail(MailFailure),
    /// It was taken, and the answer comes when it is let go.
    Hold,
    Panic,
}

impl Recorder {
    fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers);
    }

    /// What it was given since it was asked last.
    fn taken(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.letters.lock().unwrap())
    }

    fn told(&self) -> Vec<String> {
        let mut told: Vec<String> = self.taken().iter().map(|letter| letter.to.as_str().to_owned()).collect();
        told.sort();
        told
    }
}

#[async_trait]
impl MailTransport for Recorder {
    async fn send(&self, letter: &Letter) -> Result<(), MailFailure> {
        let text = format!("{letter:?}");
        assert!(!text.contains(PATIENT), "a letter says whom it is about: {text}");
        self.letters.lock().unwrap().push(letter.clone());
        self.arrived.notify_one();
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            None => Ok(()),
            Some(Answer::Fail(failure)) => Err(failure),
            Some(Answer::Hold) => {
                self.go.notified().await;
                Ok(())
            }
            Some(Answer::Panic) => panic!("a defect of the transport"),
        }
    }
}

fn busy() -> Answer {
    Answer::Fail(MailFailure::Temporary(
        "the mail server does not take it now: 452 later".into(),
    ))
}

fn refused() -> Answer {
    Answer::Fail(MailFailure::Refused("the mail server refuses it: 550 no such user".into()))
}

struct House {
    world: World,
    server: Arc<Recorder>,
}

impl House {
    /// In which these nurses work, each reached by mail.
    async fn with(store: Arc<dyn Store>, nurses: &[&str]) -> House {
        let server = Arc::new(Recorder::default());
        let mail = configured(&server);
        let world = World::on(store, &[ORDER], |configuration| configuration.mailing = mail.clone()).await;
        world
            .engine()
            .deploy_roles(&source(&at_night(ROLES)), &operator())
            .await
            .unwrap();
        let house = House { world, server };
        for nurse in nurses {
            house.employ(nurse, "nurse", Some(&format!("{nurse}@lab.example"))).await;
        }
        house
            .world
            .start("lens-order", "A/1", &[("patient", Value::from(PATIENT))])
            .await
            .unwrap();
        house
    }

    async fn employ(&self, id: &str, role: &str, mail: Option<&str>) {
        let somebody = person(id, &[role]);
        let put = self.world.engine().put_person_with_mail(&somebody, mail, &operator()).await;
        put.unwrap();
    }

    async fn tell(&self) {
        self.world.send("lens-order", "A/1", "TELL").await.unwrap();
    }

    /// Looks, a second later, until there is nothing more to do.
    async fn look(&mut self) {
        self.world.pass(1);
        self.look_now().await;
    }

    async fn look_now(&mut self) {
        let now = self.world.now();
        while look_once(&mut self.world.node, now).await {}
    }

    async fn at(&mut self, moment: &str) {
        self.world.clock.set(moment.parse().unwrap());
        self.look_now().await;
    }

    async fn counts(&self) -> (u64, u64) {
        let MailCounts { waiting, failed } = self.world.engine().mail_counts().await.unwrap();
        (waiting, failed)
    }

    fn another_node(&self) -> Node {
        let mail = configured(&self.server);
        let (store, clock) = (self.world.store.clone(), self.world.clock.clone());
        crate::support::node("two", store, clock, self.world.adapter.clone(), |configuration| {
            configuration.mailing = mail.clone();
        })
    }
}

fn configured(server: &Arc<Recorder>) -> Mailing {
    Mailing::By(Arc::new(MailConfig {
        transport: server.clone(),
        instances_url: "https://lab.example/instances/".into(),
    }))
}

async fn look_once(node: &mut Node, now: Timestamp) -> bool {
    node.engine.directory().refresh().await.unwrap();
    node.mails.tick(now).await.unwrap()
}

on_every_store! {
    each_person_is_told_once_with_a_link
    what_is_put_off_goes_later_in_the_same_letter
    a_refusal_waits_for_a_person
    who_is_never_reached_is_given_up
    a_crash_after_sending_repeats_the_same_letter
    a_node_that_lost_its_lease_changes_nothing
    what_waited_for_quiet_hours_comes_as_one_when_they_end
    many_letters_become_one
    without_a_server_mail_does_not_pile_up
}

async fn each_person_is_told_once_with_a_link(store: Arc<dyn Store>) {
    let mut house = House::with(store, &["ada", "bob"]).await;
    house.employ("cy", "charge_nurse", Some("cy@lab.example")).await;
    house.employ("dan", "nurse", None).await;
    house.employ("eve", "clerk", Some("eve@lab.example")).await;
    house.world.send("lens-order", "A/1", "NOTE").await.unwrap();
    house.tell().await;
    house.look().await;
    let letters = house.server.taken();
    let mut to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ada@lab.example", "bob@lab.example", "cy@lab.example"]);
    for letter in &letters {
        assert_eq!(letter.subject, "Order A/1: A/1 waits");
        assert_eq!(
            letter.body,
            "A/1 waits\nOrder A/1\nhttps://lab.example/instances/lens-order/A%2F1\n\n\
             Nobody reads answers to this mail. What you were told stands in your inbox as well.\n"
        );
        assert!(letter.id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", letter.id);
    }
    let ids: std::collections::BTreeSet<_> = letters.iter().map(|letter| &letter.id).collect();
    assert_eq!(ids.len(), 3, "each has a letter of their own");
    assert_eq!(house.counts().await, (0, 0));
    house.world.live(3).await;
    house.look().await;
    assert_eq!(house.server.told(), [""; 0]);
    let inbox = house
        .world
        .engine()
        .inbox(&person("dan", &["nurse"]), None, 10)
        .await
        .unwrap();
    assert_eq!(inbox.notices.len(), 2, "who has no address reads it in the inbox");
}

async fn what_is_put_off_goes_later_in_the_same_letter(store: Arc<dyn Store>) {
    let mut house = House::with(store, &["ada"]).await;
    house.tell().await;
    house.server.answer([busy()]);
    house.look().await;
    let first = house.server.taken();
    assert_eq!((first.len(), house.counts().await), (1, (1, 0)));
    // what comes meanwhile is a letter of its own
    house.world.pass(1);
    house.tell().await;
    house.look().await;
    let other = house.server.taken();
    assert_eq!((other.len(), house.counts().await), (1, (1, 0)));
    assert_ne!(other[0].id, first[0].id);
    house.server.answer([Answer::Panic]);
    house.world.pass(60);
    house.look().await;
    assert_eq!((house.server.taken(), house.counts().await), (first.clone(), (1, 0)));
    house.world.pass(29);
    house.look().await;
    assert_eq!(house.server.taken(), [], "it waits longer each time");
    house.world.pass(120);
    house.look().await;
    assert_eq!((house.server.taken(), house.counts().await), (first, (0, 0)));
}

async fn a_refusal_waits_for_a_person(store: Arc<dyn Store>) {
    let mut house = House::with(store, &["ada"]).await;
    house.tell().await;
    house.server.answer([refused()]);
    house.look().await;
    let first = house.server.taken();
    assert_eq!(house.counts().await, (0, 1));
    let engine = house.world.engine();
    let incidents = engine.incidents().await.unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!((incidents[0].kind, incidents[0].attempts), (IncidentKind::Mail, 1));
    assert!(incidents[0].name.ends_with(":0:ada"), "{}", incidents[0].name);
    assert_eq!(
        incidents[0].error,
        "ada was not told by mail: the mail server refuses it: 550 no such user. See to their address (`statewright people put`) or to \
         the mail server, and retry; or skip it: what they were told stands in their inbox"
    );
    house.world.pass(24 * 60 * 60);
    house.look().await;
    assert_eq!(house.server.taken().len(), 0, "it is left alone until a person decides");
    let name = IncidentName {
        instance: incidents[0].instance,
        kind: IncidentKind::Mail,
        name: incidents[0].name.clone(),
    };
    let repair = Decision::Repair(statewright_core::value::Value::Null);
    let repaired = engine.settle(&name, &repair, None, &operator()).await;
    assert!(matches!(repaired, Err(EngineError::NotRepairable(_))), "{repaired:?}");
    engine.settle(&name, &Decision::Retry, None, &operator()).await.unwrap();
    house.server.answer([refused()]);
    house.world.pass(1);
    house.look().await;
    assert_eq!(house.server.taken(), first);
    engine
        .settle(&name, &Decision::Skip, Some("she has left"), &operator())
        .await
        .unwrap();
    house.world.pass(1);
    house.look().await;
    assert_eq!((house.server.taken().len(), house.counts().await), (0, (0, 0)));
    let gone = engine.settle(&name, &Decision::Skip, None, &operator()).await;
    assert_eq!(gone, Err(EngineError::NoSuchIncident));
    house.world.prove().await;
}

async fn who_is_never_reached_is_given_up(store: Arc<dyn Store>) {
    let mut house = House::with(store, &[]).await;
    house.employ("zoe", "nurse", Some("zoe@lab.example")).await;
    let always = "roles: {clerk: {}, nurse: {}}\n";
    house.world.engine().deploy_roles(&source(always), &operator()).await.unwrap();
    house.tell().await;
    house.server.answer((0..12).map(|_| busy()));
    for _ in 0..12 {
        assert_eq!(house.counts().await, (1, 0));
        house.look().await;
        house.world.pass(4 * 60 * 60);
    }
    let ids: std::collections::BTreeSet<_> = house.server.taken().into_iter().map(|letter| letter.id).collect();
    assert_eq!((ids.len(), house.counts().await), (1, (0, 1)));
    let error = house.world.engine().incidents().await.unwrap().remove(0).error;
    let words = "zoe was not told by mail: the mail server does not take it now: 452 later (after 12 attempts). ";
    assert!(error.starts_with(words), "{error}");
}

async fn a_crash_after_sending_repeats_the_same_letter(store: Arc<dyn Store>) {
    let mut house = House::with(store, &["ada"]).await;
    house.tell().await;
    house.tell().await;
    house.server.answer([Answer::Hold]);
    let now = house.world.now();
    let server = house.server.clone();
    tokio::select! {
        () = house.look() => panic!("the letter is held"),
        // it was taken, and the node dies before it can say so
        () = server.arrived.notified() => {}
    }
    let mut other = house.another_node();
    assert!(!look_once(&mut other, now).await, "the node that died holds it");
    // what comes meanwhile, and waits with the others for the same person, does not change the letter
    house.tell().await;
    house.world.pass(1);
    let now = house.world.now();
    assert!(look_once(&mut other, now).await, "it finds out whom that is for");
    house.world.pass(5 * 60 + 1);
    let now = house.world.now();
    while look_once(&mut other, now).await {}
    let letters = house.server.taken();
    assert_eq!(letters.len(), 3);
    assert_eq!(letters.iter().filter(|letter| letter.id == letters[0].id).count(), 2);
    assert_eq!(letters[0].subject, "2 things you were told");
    assert!(
        letters
            .iter()
            .all(|letter| letter.id != letters[0].id || *letter == letters[0])
    );
    assert_eq!(house.counts().await, (0, 0));
}

async fn a_node_that_lost_its_lease_changes_nothing(store: Arc<dyn Store>) {
    let mut house = House::with(store, &["ada"]).await;
    house.tell().await;
    house.server.answer([Answer::Hold, refused()]);
    let mut other = house.another_node();
    let (server, clock) = (house.server.clone(), house.world.clock.clone());
    let meanwhile = async {
        server.arrived.notified().await;
        clock.set("2026-01-05T08:06:00Z".parse().unwrap());
        let now = "2026-01-05T08:06:00Z".parse().unwrap();
        while look_once(&mut other, now).await {}
        server.go.notify_one();
    };
    tokio::join!(house.look(), meanwhile);
    let letters = house.server.taken();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0], letters[1]);
    assert_eq!(house.counts().await, (0, 1), "what the other node was told stands");
}

async fn what_waited_for_quiet_hours_comes_as_one_when_they_end(store: Arc<dyn Store>) {
    let mut house = House::with(store, &["ada"]).await;
    house.employ("cy", "on_call", Some("cy@lab.example")).await;
    let quiet = "
roles: {clerk: {}, nurse: {}, on_call: {includes: [nurse]}}
quiet_hours:
  nurse: {zone: Europe/Berlin, hours: {mon: [NIGHT], tue: [NIGHT], wed: [NIGHT], thu: [NIGHT], fri: [NIGHT], sat: [NIGHT], sun: [NIGHT]}, channel: CHANNEL}
";
    let engine = house.world.engine();
    let page = source(&at_night(&quiet.replace("CHANNEL", "page")));
    engine.deploy_roles(&page, &operator()).await.unwrap();
    // the night in which clocks go forward: seven in the morning is five in UTC, not six
    house.at("2026-03-28T20:59:50Z").await;
    house.tell().await;
    house.look().await;
    assert_eq!(house.server.told(), ["ada@lab.example", "cy@lab.example"]);
    house.at("2026-03-28T21:00:00Z").await;
    house.tell().await;
    house.look().await;
    house.at("2026-03-29T01:30:00Z").await;
    house.tell().await;
    house.look().await;
    let inbox = engine.inbox(&person("ada", &["nurse"]), None, 10).await.unwrap();
    assert_eq!(inbox.notices.len(), 3, "the inbox disturbs nobody");
    house.at("2026-03-29T04:59:59Z").await;
    assert_eq!(house.server.told(), [""; 0]);
    house.at("2026-03-29T05:00:00Z").await;
    let letters = house.server.taken();
    assert_eq!(letters.len(), 2, "one for each");
    assert!(letters.iter().all(|letter| letter.subject == "2 things you were told"));
    assert_eq!(
        letters[0]
            .body
            .matches("https://lab.example/instances/lens-order/A%2F1\n")
            .count(),
        2
    );
    // the one channel that may disturb does
    let mail = source(&at_night(&quiet.replace("CHANNEL", "mail")));
    engine.deploy_roles(&mail, &operator()).await.unwrap();
    house.at("2026-03-29T22:00:00Z").await;
    house.tell().await;
    house.look().await;
    assert_eq!(house.server.told(), ["ada@lab.example", "cy@lab.example"]);
}

async fn many_letters_become_one(store: Arc<dyn Store>) {
    let mut house = House::with(store, &["ada"]).await;
    for _ in 0..8 {
        house.world.pass(1);
        house.tell().await;
        house.look().await;
    }
    assert_eq!((house.server.taken().len(), house.counts().await), (5, (3, 0)));
    house.world.pass(15 * 60);
    house.look().await;
    let letters = house.server.taken();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subject, "3 things you were told");
    assert_eq!(house.counts().await, (0, 0));
}

async fn without_a_server_mail_does_not_pile_up(store: Arc<dyn Store>) {
    let mut world = World::on(store, &[ORDER], |configuration| configuration.mailing = Mailing::Nowhere).await;
    world.start("lens-order", "A", &[]).await.unwrap();
    world.send("lens-order", "A", "TELL").await.unwrap();
    let now = world.now();
    assert!(!look_once(&mut world.node, now).await);
    assert_eq!(
        world.engine().mail_counts().await.unwrap().waiting,
        1,
        "a node with one may come"
    );
    world.pass(24 * 60 * 60 + 1);
    world.send("lens-order", "A", "TELL").await.unwrap();
    let now = world.now();
    look_once(&mut world.node, now).await;
    assert_eq!(
        world.engine().mail_counts().await.unwrap().waiting,
        1,
        "the younger one stays"
    );
}

#[tokio::test]
async fn who_has_left_or_lost_their_address_is_not_written_to() {
    let mut house = House::with(
        Arc::new(statewright_engine::store::memory::MemoryStore::new()),
        &["ada", "bob"],
    )
    .await;
    house.at("2026-01-05T22:00:00Z").await;
    house.tell().await;
    house.look().await;
    assert_eq!(house.counts().await, (2, 0));
    house.employ("ada", "nurse", None).await;
    let engine = house.world.engine();
    let bob = tokio::spawn(async move { engine.remove_person("bob", &operator()).await });
    house.world.settle().await;
    bob.await.unwrap().unwrap();
    house.at("2026-01-06T08:00:00Z").await;
    assert_eq!((house.server.told().len(), house.counts().await), (0, (0, 0)));
}
