//! Taking a task over from whoever holds it.

use super::*;
use crate::trail::{Replay, Replayed};

const CHECK: &str = "
workflow: w
data: {drawn_by: optional user}
start: {by: [staff]}
access: [{for: [staff, checker, chief]}]
type: parallel
states:
  work:
    initial: drawing
    states:
      drawing: {on: {DRAWN: {target: check, by: [staff], actions: [{assign: {drawn_by: \"{{ actor.id }}\"}}]}}}
      check:
        task:
          title: Check it
          for: [checker, {not: \"{{ drawn_by }}\"}]
          escalate: [{after: 2h, while: open, to: [chief]}]
        on: {PASS: {target: passed, by: [checker, chief]}}
      passed: {}
  hold:
    initial: going
    states: {going: {on: {HOLD: {target: held, by: [staff]}}}, held: {pauses: [work]}}
";

fn person(id: &str, role: &str) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, id);
    actor.roles = vec![role.into()];
    actor
}

impl Life {
    fn check(&mut self, who: &Actor, act: TaskAct) -> String {
        let task = TaskRef::read("work.check");
        self.take(who.clone(), None, InputKind::Task { task, act })
    }

    fn take_over(&mut self, who: &Actor, from: &str, away: bool) -> String {
        let from = from.into();
        self.check(who, TaskAct::TakeOver { from, away })
    }

    fn holder(&self) -> Option<&str> {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        snapshot.tasks.get("work.check")?.holder.as_deref()
    }

    fn could_be_taken_over_by(&self, who: &Actor) -> TakingOver {
        let snapshot = self.snapshot.as_ref().expect("the life has begun");
        let all = Visibility::Shown { fields: None };
        let shown = tasks(&self.chart, snapshot, who, &all, &self.facts, self.now).expect("nothing is read");
        shown.first().expect("it is open").taking_over
    }
}

/// Drawn by Ada, and held by Cy.
fn held() -> Life {
    let mut life = Life::begun(CHECK, "{}");
    assert_eq!(life.send("DRAWN"), "taken");
    assert_eq!(life.check(&person("cy", "checker"), TaskAct::Claim), "taken");
    life
}

#[test]
fn what_its_ladder_has_brought_to_somebody_they_may_take_over_and_nobody_before() {
    let mut life = held();
    let (di, max) = (person("di", "checker"), person("max", "chief"));
    let too_early = "refused: cy holds this task, is not away, and it has not waited long enough to come to di";
    assert_eq!(life.take_over(&di, "cy", false), too_early);
    assert_eq!(
        life.take_over(&max, "cy", false),
        "refused: max is not among those whom this task is for"
    );
    assert_eq!(life.could_be_taken_over_by(&max), TakingOver::Never);
    life.until("2026-03-26T10:00:00Z");
    assert_eq!(life.take_over(&di, "cy", false), too_early, "it has come to the chiefs alone");
    assert_eq!(life.could_be_taken_over_by(&max), TakingOver::Now);
    assert_eq!(life.take_over(&max, "cy", false), "taken");
    assert_eq!(life.holder(), Some("max"));
    assert_eq!(life.could_be_taken_over_by(&max), TakingOver::Never);
    // one entry says it, and who held it is told
    let said = r#""act":"take_over","from":"cy","#;
    assert!(life.entry().contains(said), "{}", life.entry());
    let told: Vec<_> = life
        .last()
        .notices
        .iter()
        .map(|notice| (notice.text.as_str(), notice.audience.clone()))
        .collect();
    assert_eq!(told, [("max took over from you: Check it", Audience::of_user("cy".into()))]);
    let mut replay = Replay::begin(&life.chart, &[]);
    for entry in life.entries.iter().flatten() {
        assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same), "{}", entry.bytes);
    }
}

#[test]
fn what_somebody_holds_who_is_away_is_everybodys_to_take_over_whom_it_is_for() {
    let mut life = held();
    let (ada, di, max) = (person("ada", "checker"), person("di", "checker"), person("max", "chief"));
    assert_eq!(life.could_be_taken_over_by(&di), TakingOver::WhileAway);
    // who drew it is excluded, whoever is away
    for who in [&ada, &max] {
        assert_eq!(life.could_be_taken_over_by(who), TakingOver::Never);
        assert!(
            life.take_over(who, "cy", true)
                .contains("is not among those whom this task is for")
        );
    }
    assert_eq!(life.take_over(&di, "cy", true), "taken");
    assert!(
        life.entry().contains(r#""act":"take_over","away":true,"from":"cy","#),
        "{}",
        life.entry()
    );
    assert_eq!(life.holder(), Some("di"));
    let mut replay = Replay::begin(&life.chart, &[]);
    for entry in life.entries.iter().flatten() {
        assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same), "{}", entry.bytes);
    }
}

#[test]
fn it_is_taken_from_whom_it_was_seen_with_and_from_nobody_else() {
    let mut life = held();
    let (cy, di, eva) = (person("cy", "checker"), person("di", "checker"), person("eva", "checker"));
    assert_eq!(life.take_over(&cy, "cy", true), "refused: cy holds this task already");
    assert_eq!(life.take_over(&di, "cy", true), "taken");
    // another was slower
    assert_eq!(life.take_over(&eva, "cy", true), "refused: di holds this task, and not cy");
    assert_eq!(life.check(&di, TaskAct::Release { note: None }), "taken");
    let nobody = life.take_over(&eva, "di", true);
    assert_eq!(nobody, "refused: nobody holds this task: it can be claimed");
    assert_eq!(life.could_be_taken_over_by(&eva), TakingOver::Never);
    assert_eq!(life.last().notices.len(), 0);
}

#[test]
fn what_is_on_hold_is_not_taken_over() {
    let mut life = held();
    assert_eq!(life.send("HOLD"), "taken");
    let di = person("di", "checker");
    assert_eq!(life.could_be_taken_over_by(&di), TakingOver::Never);
    assert!(life.take_over(&di, "cy", true).starts_with("refused"));
    assert_eq!(life.holder(), Some("cy"));
}

#[test]
fn a_substitute_may_make_what_they_go_on_with_their_own() {
    let mut life = held();
    let for_cy = Actor {
        on_behalf_of: Some("cy".into()),
        ..person("di", "checker")
    };
    assert_eq!(life.could_be_taken_over_by(&for_cy), TakingOver::WhileAway);
    assert_eq!(life.take_over(&for_cy, "cy", true), "taken");
    assert_eq!(life.holder(), Some("di"));
}
