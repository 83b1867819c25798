//! Whoever does not see an instance can do nothing to it, and leaves nothing in its trail.

use super::*;
use crate::chart::AUDITOR;

const CHART: &str = "workflow: w
data: {owner: string}
reads: {board: {workflow: board, key: all}}
start: {by: [staff], input: [owner]}
access:
  - {for: [staff], if: owner == actor.organisation}
  - {for: [guest], if: board.data.open}
initial: a
states:
  a: {on: {GO: {target: b, by: [staff, guest, auditor, {workflow: other}]}}}
  b: {type: final}
";

fn someone(id: &str, role: &str, organisation: &str) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, id);
    actor.roles = vec![role.into()];
    actor.organisation = Some(organisation.into());
    actor
}

const NOTHING: &str = "refused: there is no such instance, or it is not yours to see";

#[test]
fn who_does_not_see_it_does_nothing_and_leaves_nothing() {
    let mut life = Life::begun(CHART, r#"{"owner":"north"}"#);
    for event in ["GO", "NO_SUCH"] {
        assert_eq!(life.send_as(someone("sven", "staff", "south"), event, "{}"), NOTHING);
        assert!(life.last().trace.is_none() && life.last().verdict.is_hidden());
        assert_eq!(life.last().next.sequence, 1);
    }
    assert_eq!(life.send_as(someone("nora", "staff", "north"), "GO", "{}"), "taken");
    let over = life.send_as(someone("sven", "staff", "south"), "GO", "{}");
    assert_eq!(over, NOTHING, "that it has ended is not told either");
}

#[test]
fn an_auditor_sees_it_and_instances_need_not() {
    let auditor = someone("aude", AUDITOR, "elsewhere");
    assert_eq!(
        Life::begun(CHART, r#"{"owner":"north"}"#).send_as(auditor, "GO", "{}"),
        "taken"
    );
    let other = ActorKind::Workflow {
        workflow: "other".into(),
    };
    let instance = Actor::plain(other, "O");
    assert_eq!(
        Life::begun(CHART, r#"{"owner":"north"}"#).send_as(instance, "GO", "{}"),
        "taken"
    );
}

/// What decides who sees it is recorded like every other read, or replay could not decide again.
#[test]
fn what_sight_rests_on_is_a_fact_of_the_step() {
    let mut life = Life::begun(CHART, r#"{"owner":"north"}"#);
    let gus = || someone("gus", "guest", "nowhere");
    assert_eq!(life.send_as(gus(), "GO", "{}"), "needs board/all");
    life.facts
        .views
        .insert(("board".into(), "all".into()), absent("board", "all"));
    assert_eq!(
        life.send_as(gus(), "GO", "{}"),
        NOTHING,
        "what cannot be decided is not granted"
    );
    let open = Fact {
        sequence: 3,
        view: json::read(r#"{"data":{"open":true}}"#).expect("a view"),
        ..absent("board", "all")
    };
    life.facts.views.insert(("board".into(), "all".into()), open);
    assert_eq!(life.send_as(gus(), "GO", "{}"), "taken");
    assert!(life.entry().contains(r#""read":"board""#), "{}", life.entry());
}

/// Who asks about what is another's is told that they may not, and nothing about it: neither where it is, nor how it stands.
#[test]
fn what_stands_behind_a_guard_that_asks_who_is_asking_is_told_to_nobody_whom_it_turns_away() {
    let yaml = "workflow: w
data: {owner: string}
reads: {order: {workflow: order, key: '{{ event.order }}'}}
start: {by: [staff], input: [owner]}
access: [{for: [staff]}]
initial: a
states:
  a:
    on:
      RETURN:
        by: [staff]
        input: {order: string, days: integer}
        guard:
          - {if: event.days < 90, otherwise: Too late}
          - {if: order is not none and order.data.owner == actor.organisation, otherwise: You have no such order}
          - {if: order is not none and 'shipped' in order.states, otherwise: It has not been shipped}
        target: b
  b: {type: final}
";
    let ask = |view: Option<&str>, organisation: &str| {
        let mut life = Life::begun(yaml, r#"{"owner":"lab"}"#);
        let fact = match view {
            None => absent("order", "O-1"),
            Some(view) => Fact {
                sequence: 3,
                view: json::read(view).expect("a view"),
                ..absent("order", "O-1")
            },
        };
        life.facts.views.insert(("order".into(), "O-1".into()), fact);
        let told = life.send_as(
            someone("sven", "staff", organisation),
            "RETURN",
            r#"{"order":"O-1","days":91}"#,
        );
        let Verdict::Refused(refusals) = &life.last().verdict else {
            panic!("{told}")
        };
        (
            told,
            refusals
                .iter()
                .flat_map(|refusal| refusal.instances.clone())
                .collect::<Vec<_>>(),
        )
    };
    let (shipped, made) = (
        r#"{"data":{"owner":"north"},"states":["shipped"]}"#,
        r#"{"data":{"owner":"north"},"states":["made"]}"#,
    );
    let nothing = ask(None, "south");
    assert_eq!(nothing.1, Vec::<String>::new());
    assert!(
        nothing.0.contains("Too late") && nothing.0.contains("You have no such order"),
        "{nothing:?}"
    );
    assert_eq!(ask(Some(shipped), "south"), nothing);
    assert_eq!(ask(Some(made), "south"), nothing);
    let (told, instances) = ask(Some(made), "north");
    assert!(
        told.contains("It has not been shipped") && !told.contains("no such order"),
        "{told}"
    );
    assert_eq!(instances, ["order/O-1"]);
}
