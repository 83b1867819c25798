//! Standing in: what somebody may do for who is away, and what they may not.

use super::*;
use crate::chart::Proof;

const REVIEW: &str = "
workflow: w
data: {drawn_by: optional user}
start: {by: [staff]}
access:
  - {for: [staff, reviewer, {user: ann}]}
initial: drawing
states:
  drawing:
    on: {DRAWN: {target: review, by: [staff], actions: [{assign: {drawn_by: \"{{ actor.id }}\"}}]}}
  review:
    task: {for: [reviewer, {user: ann}]}
    on:
      PASS: {target: passed, by: [reviewer, {user: ann}, {not: \"{{ drawn_by }}\"}]}
      SIGN: {target: passed, by: [reviewer, {user: ann}], sign: {means: It is right, people: 2}}
  passed: {}
";

fn person(id: &str, roles: &[&str]) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, id);
    actor.roles = roles.iter().map(|role| Arc::from(*role)).collect();
    actor
}

fn for_(away: &str, substitute: &Actor) -> Actor {
    Actor {
        on_behalf_of: Some(away.into()),
        ..substitute.clone()
    }
}

fn act(life: &mut Life, who: &Actor, act: TaskAct) -> String {
    let task = TaskRef::read("review");
    life.take(who.clone(), None, InputKind::Task { task, act })
}

fn finish(life: &mut Life, who: &Actor) -> String {
    let kind = InputKind::Event {
        name: "PASS".into(),
        payload: Default::default(),
        task: Some(TaskRef::read("review")),
    };
    life.take(who.clone(), None, kind)
}

/// In review, and held by this person.
fn held_by(holder: &Actor) -> Life {
    let mut life = Life::begun(REVIEW, "{}");
    assert_eq!(life.send("DRAWN"), "taken");
    assert_eq!(act(&mut life, holder, TaskAct::Claim), "taken");
    life
}

fn holder(life: &Life) -> Option<&str> {
    let snapshot = life.snapshot.as_ref().expect("the life has begun");
    snapshot.tasks.get("review").and_then(|task| task.holder.as_deref())
}

/// Everything that people do with a task but take it.
fn acts() -> Vec<TaskAct> {
    let to = || Box::new(person("rob", &["reviewer"]));
    vec![
        TaskAct::Release { note: None },
        TaskAct::Assign { to: to() },
        TaskAct::Delegate { to: to() },
        TaskAct::Acknowledge,
        TaskAct::FollowUp { at: None },
        TaskAct::Comment { text: "seen".into() },
    ]
}

#[test]
fn what_somebody_holds_who_is_away_is_their_substitutes_to_go_on_with_and_nobody_elses() {
    let ann = person("ann", &["reviewer"]);
    let bob = person("bob", &["reviewer"]);
    let mut life = held_by(&ann);
    // as himself he is anybody, and so is who stands in for somebody else
    for who in [&bob, &for_("eve", &bob)] {
        assert_eq!(finish(&mut life, who), "refused: ann holds this task");
        let release = act(&mut life, who, TaskAct::Release { note: None });
        assert_eq!(release, "refused: ann holds this task, and may release it");
    }
    let for_ann = for_("ann", &bob);
    assert_eq!(
        act(&mut life, &for_ann, TaskAct::Claim),
        "refused: ann holds this task already"
    );
    assert_eq!(holder(&life), Some("ann"), "to stand in is not to take over");
    assert_eq!(finish(&mut life, &for_ann), "taken");
    let both = r#""actor":{"id":"bob","kind":"person","on_behalf_of":"ann""#;
    assert!(life.entry().contains(both), "{}", life.entry());
    let mut life = held_by(&ann);
    assert_eq!(act(&mut life, &for_ann, TaskAct::Release { note: None }), "taken");
    assert_eq!(holder(&life), None);
}

#[test]
fn a_substitute_who_has_no_role_of_it_may_do_what_is_the_absents_by_name_and_knows_the_task_by_that() {
    let ann = person("ann", &[]);
    let bob = person("bob", &[]);
    for said in ["taken", "refused"] {
        let mut life = held_by(&ann);
        let who = if said == "taken" { for_("ann", &bob) } else { bob.clone() };
        assert!(finish(&mut life, &who).starts_with(said));
    }
}

#[test]
fn standing_in_gives_no_more_than_holding_it_oneself_would() {
    for roles in [&["reviewer"][..], &["staff"], &[]] {
        let bob = person("bob", roles);
        for (name, holds) in [("ann", person("ann", &["reviewer"])), ("eve", person("eve", &["reviewer"]))] {
            for deed in acts() {
                let mut held = held_by(&holds);
                let said = act(&mut held, &for_(name, &bob), deed.clone());
                // of whom nothing but the name is theirs: the one who is away, without any role
                let mut own = held_by(&holds);
                let of_holder = act(&mut own, &person(name, roles), deed.clone());
                assert_eq!(
                    said == "taken",
                    of_holder == "taken",
                    "{name} {roles:?} {deed:?}: {said}, {of_holder}"
                );
            }
        }
    }
}

#[test]
fn who_did_the_work_before_does_not_check_it_neither_as_substitute_nor_through_one() {
    let (ada, bob) = (person("ada", &["staff", "reviewer"]), person("bob", &["reviewer"]));
    let ann = person("ann", &["reviewer"]);
    // ada drew it: ann holds it, and ada stands in for her
    let mut life = held_by(&ann);
    assert!(finish(&mut life, &for_("ann", &ada)).starts_with("refused: ada may not do this"));
    // ada drew it and holds it, and bob stands in for her
    let mut life = held_by(&ada);
    assert!(finish(&mut life, &for_("ada", &bob)).starts_with("refused: bob may not do this"));
    assert_eq!(act(&mut life, &for_("ada", &bob), TaskAct::Release { note: None }), "taken");
    assert_eq!(finish(&mut life, &bob), "taken");
}

fn sign(life: &mut Life, who: &Actor) -> String {
    let kind = InputKind::Event {
        name: "SIGN".into(),
        payload: Default::default(),
        task: None,
    };
    life.proof = Some(Proof::Password);
    let said = life.take(who.clone(), None, kind);
    life.proof = None;
    said
}

#[test]
fn a_substitute_and_whom_they_stand_in_for_sign_once() {
    let (ann, bob, eve) = (
        person("ann", &["reviewer"]),
        person("bob", &["reviewer"]),
        person("eve", &["reviewer"]),
    );
    let for_ann = for_("ann", &bob);
    let rounds = [[&ann, &for_ann], [&for_ann, &ann], [&bob, &for_ann], [&for_ann, &bob]];
    for [first, second] in rounds {
        let mut life = Life::begun(REVIEW, "{}");
        assert_eq!(life.send("DRAWN"), "taken");
        assert_eq!(sign(&mut life, first), "taken");
        assert!(
            sign(&mut life, second).ends_with(" has signed already"),
            "{first:?} {second:?}"
        );
        // what was kept of it is read back as it was
        let snapshot = life.snapshot.clone().expect("begun");
        let stored = snapshot.store(&life.chart);
        let restored = Snapshot::restore(&life.chart, &stored.canonical, snapshot.head, &[]).expect("it was just written");
        assert_eq!(restored.signatures, snapshot.signatures);
        assert_eq!(sign(&mut life, &for_("ada", &eve)), "taken");
        assert_eq!(life.states(), "passed");
    }
}
