//! Electronic signatures.

use super::*;
use crate::chart::Proof;

const RELEASE: &str = "
workflow: w
data: {lot: {type: string, default: L1}, limit: optional integer, released_by: optional string}
start: {by: [staff], sign: \"Lot {{ lot }} exists\"}
access:
  - {for: [staff, engineer, manager]}
initial: open
states:
  open:
    task: {for: [staff]}
    on:
      RELEASE:
        target: released
        by: [engineer, manager]
        sign: {means: \"Lot {{ lot }} may be used\", people: [engineer, manager], with: second_factor, over: {lot: \"{{ lot }}\"}}
        input: [limit]
        guard: {if: event.limit < 10, otherwise: Too much}
        actions: [{assign: {released_by: \"{{ signatures.RELEASE.signers | map(item.actor) | join(' and ') }}\"}}]
      VOTE: {target: released, by: [staff], sign: {means: Aye, people: 2}}
      RENAME: {by: [staff], input: [lot]}
      LEAVE: {target: away, by: [staff]}
  away: {on: {BACK: {target: open, by: [staff]}}}
  released: {}
";

fn person(id: &str, roles: &[&str]) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, id);
    actor.roles = roles.iter().map(|role| Arc::from(*role)).collect();
    actor
}

impl Life {
    fn signed(&mut self, who: &Actor, proof: Option<Proof>, event: &str, payload: &str) -> String {
        let kind = InputKind::Event {
            name: event.into(),
            payload: object(payload),
            task: None,
        };
        self.proof = proof;
        let said = self.take(who.clone(), None, kind);
        self.proof = None;
        said
    }

    fn release(&mut self, who: &Actor, payload: &str) -> String {
        self.signed(who, Some(Proof::SecondFactor), "RELEASE", payload)
    }
}

fn begun() -> Life {
    let mut life = Life::of(RELEASE);
    assert_eq!(
        life.start("{}"),
        "refused: this is to be signed with a password: Lot L1 exists"
    );
    life.proof = Some(Proof::Password);
    assert_eq!(life.start("{}"), "taken");
    life.proof = None;
    life
}

#[test]
fn what_is_to_be_signed_is_not_taken_without_proof_or_with_a_weaker_one() {
    let mut life = begun();
    assert!(
        life.entry()
            .contains(r#""signature":{"means":"Lot L1 exists","number":1,"of":1,"with":"password"}"#)
    );
    let eve = person("eve", &["engineer"]);
    let refused = "refused: this is to be signed with a second factor: Lot L1 may be used";
    assert_eq!(life.signed(&eve, None, "RELEASE", r#"{"limit":5}"#), refused);
    assert_eq!(life.signed(&eve, Some(Proof::Password), "RELEASE", r#"{"limit":5}"#), refused);
    let machine = Actor::plain(ActorKind::Adapter, "m");
    assert!(
        life.signed(&machine, Some(Proof::SecondFactor), "RELEASE", "{}")
            .contains("may not do this")
    );
}

#[test]
fn one_of_each_role_signs_the_same_and_the_last_one_takes_it() {
    let mut life = begun();
    let (eve, max) = (person("eve", &["engineer", "manager"]), person("max", &["manager"]));
    assert_eq!(life.release(&eve, r#"{"limit":10}"#), "refused: Too much");
    assert_eq!(life.release(&eve, r#"{"limit":5}"#), "taken");
    assert_eq!(life.states(), "open");
    assert_eq!(life.release(&eve, r#"{"limit":5}"#), "refused: eve has signed already");
    let other = person("ed", &["engineer"]);
    assert_eq!(
        life.release(&other, r#"{"limit":5}"#),
        "refused: signatures are missing of: manager"
    );
    assert_eq!(
        life.release(&max, r#"{"limit":6}"#),
        "refused: eve has signed something else: all sign the same"
    );
    assert_eq!(life.release(&max, r#"{"limit":5}"#), "taken");
    assert_eq!(life.states(), "released");
    assert_eq!(life.data("limit"), "5");
    assert_eq!(life.data("released_by"), "\"eve and max\"");
    assert!(
        life.entry().contains(r#""role":"manager","with":"second_factor""#),
        "{}",
        life.entry()
    );
}

#[test]
fn who_signs_after_another_need_not_fill_in_the_form_again() {
    let mut life = begun();
    let (eve, max) = (person("eve", &["engineer"]), person("max", &["manager"]));
    assert_eq!(life.release(&eve, r#"{"limit":5}"#), "taken");
    // the guard is tried with what eve was shown
    assert_eq!(life.release(&max, "{}"), "taken");
    assert_eq!((life.states().as_str(), life.data("limit").as_str()), ("released", "5"));
}

#[test]
fn signatures_end_when_the_state_is_left_what_was_signed_changes_or_they_are_withdrawn() {
    let (eve, max) = (person("eve", &["engineer"]), person("max", &["manager"]));
    let pending = || {
        let mut life = begun();
        assert_eq!(life.release(&eve, r#"{"limit":5}"#), "taken");
        life
    };
    let ends = |mut life: Life| {
        assert_eq!(life.release(&max, r#"{"limit":5}"#), "taken");
        assert_eq!(life.states(), "open", "the first signature is void");
    };
    let mut life = pending();
    assert_eq!(life.send("LEAVE"), "taken");
    assert_eq!(life.send("BACK"), "taken");
    ends(life);
    let mut life = pending();
    assert_eq!(life.send_with("RENAME", r#"{"lot":"L2"}"#), "taken");
    assert!(life.entry().contains("the signatures are void"), "{}", life.entry());
    ends(life);
    let mut life = pending();
    let withdraw = || InputKind::Withdraw { event: "RELEASE".into() };
    assert_eq!(
        life.take(max.clone(), None, withdraw()),
        "refused: max has not signed RELEASE"
    );
    assert_eq!(life.take(eve.clone(), None, withdraw()), "taken");
    assert_eq!(
        life.take(eve.clone(), None, withdraw()),
        "refused: no signature of RELEASE is pending"
    );
    ends(life);
}

#[test]
fn so_many_different_people_and_a_snapshot_in_between() {
    let mut life = begun();
    let sign = |life: &mut Life, id: &str| {
        let who = person(id, &["staff"]);
        life.signed(&who, Some(Proof::Password), "VOTE", "{}")
    };
    assert_eq!(sign(&mut life, "ann"), "taken");
    let snapshot = life.snapshot.clone().expect("the life has begun");
    let stored = snapshot.store(&life.chart);
    let read = Snapshot::restore(&life.chart, &stored.canonical, snapshot.head, &stored.personal);
    assert_eq!(read, Ok(snapshot));
    assert_eq!(life.states(), "open");
    assert_eq!(sign(&mut life, "bob"), "taken");
    assert_eq!(life.states(), "released");
}

#[test]
fn an_offer_says_what_is_to_be_signed_who_has_signed_and_whose_task_it_belongs_to() {
    let mut life = begun();
    let eve = person("eve", &["engineer"]);
    let check = |life: &Life, event: &str, expected: &str| {
        let snapshot = life.snapshot.clone().expect("the life has begun");
        let offered = offers(&life.chart, &snapshot, &eve, &Facts::default(), life.now).expect("nothing is looked up");
        let offer = offered.iter().find(|offer| &*offer.event == event).expect("it is offered");
        let sign = offer.sign.as_ref().map_or_else(String::new, |sign| {
            format!(
                "{} / {} / {} / {:?}",
                sign.means,
                sign.with.as_str(),
                sign.people,
                sign.signed
            )
        });
        assert_eq!(format!("{sign} {:?}", offer.task), expected);
    };
    let people = "one person for each of: engineer, manager";
    check(
        &life,
        "RELEASE",
        &format!("Lot L1 may be used / second_factor / {people} / [] Some(\"open\")"),
    );
    assert_eq!(life.release(&eve, r#"{"limit":5}"#), "taken");
    check(
        &life,
        "RELEASE",
        &format!("Lot L1 may be used / second_factor / {people} / [\"eve\"] Some(\"open\")"),
    );
    check(&life, "VOTE", "Aye / password / 2 different people / [] Some(\"open\")");
    check(&life, "RENAME", " Some(\"open\")");
    assert_eq!(life.send("LEAVE"), "taken");
    check(&life, "BACK", " None");
}
