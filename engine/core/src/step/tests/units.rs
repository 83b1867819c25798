//! Units in a step: those that are given are held against those that there are, and the entry says which these were.

use std::collections::BTreeMap;

use super::live_tables::personal_of;
use super::*;
use crate::field::Units;
use crate::trail::{Replay, Replayed};

const VISIT: &str = "workflow: visit
data: {place: unit, secret: {type: optional unit, phi: true}, rounds: {type: list, default: [], items: {where: unit, of: optional integer}}}
start: {by: [staff, {workflow: visit}], input: [place, optional secret]}
access: [{for: [staff]}]
initial: open
states:
  open:
    on:
      MOVE: {by: [staff, {workflow: visit}, {adapter: gate}], input: [place]}
      ROUNDS: {by: [staff], input: [rounds]}
      STAY: {by: [staff], actions: [{assign: {place: \"{{ place }}\"}}]}
";

fn units(named: &[(&str, Option<&str>)]) -> Option<Arc<Units>> {
    let units = named.iter().map(|(name, title)| (Arc::from(*name), title.map(Arc::from)));
    Some(Arc::new(units.collect::<BTreeMap<_, _>>()))
}

fn house() -> Option<Arc<Units>> {
    units(&[("ED", Some("Emergency department")), ("W3", None)])
}

fn visit(known: Option<Arc<Units>>) -> Life {
    let mut life = Life::of(VISIT);
    life.secret = Some([7; 32]);
    life.facts.units = known;
    life
}

/// What the last entry says of units.
fn seen(life: &Life) -> String {
    let entry = crate::value::canonical::read_canonical_with(life.entry(), &|_| Value::Null).expect("it is canonical");
    let units = entry.field("facts").and_then(|facts| facts.field("units"));
    crate::value::canonical::to_canonical(units.unwrap_or(&Value::Null))
}

fn comes_out_the_same(life: &Life) {
    let personal = personal_of(life);
    let mut replay = Replay::begin(&life.chart, &personal);
    for entry in life.entries.iter().flatten() {
        assert_eq!(replay.follow(&entry.bytes), Ok(Replayed::Same), "{}", entry.bytes);
    }
}

#[test]
fn a_unit_that_there_is_not_is_refused_in_words() {
    let mut life = visit(house());
    let known = "place must be one of ED (Emergency department) or W3";
    assert_eq!(life.start(r#"{"place": "Emergency"}"#), format!("refused: {known}"));
    assert_eq!(life.start(r#"{"place": "ED"}"#), "taken");
    assert_eq!(seen(&life), r#"[{"name":"ED"}]"#);
    assert_eq!(life.send_with("MOVE", r#"{"place": "W4"}"#), format!("refused: {known}"));
    assert_eq!(seen(&life), r#"[{"name":"ED","title":"Emergency department"},{"name":"W3"}]"#);
    assert_eq!(life.data("place"), r#""ED""#);
    assert_eq!(
        life.send_with("ROUNDS", r#"{"rounds": [{"where": "W3"}, {"where": "W4"}]}"#),
        "refused: rounds[1].where must be one of ED (Emergency department) or W3"
    );
    comes_out_the_same(&life);
}

#[test]
fn where_no_units_are_named_any_name_is_one() {
    let mut life = visit(units(&[]));
    assert_eq!(life.start(r#"{"place": "Emergency"}"#), "taken");
    assert_eq!(seen(&life), "null");
    assert_eq!(life.start(r#"{"place": ""}"#), "refused: visit K exists already");
    assert_eq!(
        life.send_with("MOVE", r#"{"place": ""}"#),
        "refused: place must be the name of a unit"
    );
    comes_out_the_same(&life);
}

#[test]
fn a_step_asks_for_units_only_where_one_is_given() {
    let mut life = visit(None);
    let Ok(Stepped::Needs(needs)) = life.step(&Input {
        signed: None,
        key: None,
        actor: ada(),
        reason: None,
        kind: InputKind::Start(Box::new(StartInput {
            key: "K".into(),
            number: None,
            payload: object(r#"{"place": "ED"}"#),
            parent: None,
            default_zone: "UTC".into(),
            secret: Some([7; 32]),
        })),
    }) else {
        panic!("no units were handed in")
    };
    assert_eq!(needs.units, ["ED".into()]);
    life.facts.units = house();
    assert_eq!(life.start(r#"{"place": "ED"}"#), "taken");
    life.facts.units = None;
    assert_eq!(life.send("STAY"), "taken");
    comes_out_the_same(&life);
}

/// What was a unit once stays where it stands, and goes on to others.
#[test]
fn only_what_comes_from_outside_is_held_against_the_units() {
    let mut life = visit(house());
    assert_eq!(life.start(r#"{"place": "ED"}"#), "taken");
    life.facts.units = units(&[("W3", None)]);
    assert_eq!(life.send("STAY"), "taken");
    let other = |kind, id: &str| Actor::plain(kind, id);
    let visit = ActorKind::Workflow {
        workflow: "visit".into(),
    };
    assert_eq!(life.send_as(other(visit, "V"), "MOVE", r#"{"place": "ED"}"#), "taken");
    let by_gate = life.send_as(other(ActorKind::Adapter, "gate"), "MOVE", r#"{"place": "ED"}"#);
    assert_eq!(by_gate, "refused: place must be W3");
    comes_out_the_same(&life);
}

/// Which unit was given is told by no fact, where it is personal.
#[test]
fn a_personal_unit_is_seen_among_all() {
    let mut life = visit(house());
    assert_eq!(life.start(r#"{"place": "ED", "secret": "W3"}"#), "taken");
    assert_eq!(seen(&life), r#"[{"name":"ED","title":"Emergency department"},{"name":"W3"}]"#);
    comes_out_the_same(&life);
}

#[test]
fn of_many_units_the_first_are_named() {
    let names: Vec<String> = (10..40).map(|number| format!("W{number}")).collect();
    let named: Vec<(&str, Option<&str>)> = names.iter().map(|name| (name.as_str(), None)).collect();
    let mut life = visit(units(&named));
    assert_eq!(
        life.start(r#"{"place": "W1"}"#),
        "refused: place must be one of W10, W11, W12, W13, W14, W15, W16, W17, W18, W19, W20, W21 or 18 more units"
    );
}
