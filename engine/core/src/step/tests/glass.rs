//! Breaking the glass: who may, what it opens, for how long, and that somebody is asked to review it.

use super::*;
use crate::trail::EntryText;

const CHART: &str = "workflow: w
data: {owner: string, level: {type: integer, default: 1}, note: {type: string, default: none}}
start: {by: [staff], input: [owner]}
access:
  - {for: [staff]}
  - {for: [doctor], if: owner == actor.organisation}
  - {for: [doctor], break_glass: 4h}
  - {for: [porter], break_glass: 30m, show: [level]}
  - {for: [porter], if: level > 1, break_glass: 2h, show: [note]}
  - {for: [clerk], show: [note]}
  - {for: [clerk], break_glass: 1h, show: [level]}
  - {for: [statistics], counts_only: 5, show: [level]}
  - {for: [statistics, research], if: level > 1, counts_only: 10, show: [note]}
  - {for: [research], counts_only: 3}
initial: a
states:
  a:
    on:
      GO: {target: b, by: [staff, porter]}
      RAISE: {by: [staff], actions: [{assign: {level: 2}}]}
      LOWER: {by: [staff], actions: [{assign: {level: 1}}]}
  b: {type: final}
";

const HIDDEN: &str = "refused: there is no such instance, or it is not yours to see";

fn someone(id: &str, role: &str) -> Actor {
    let mut actor = Actor::plain(ActorKind::Person, id);
    actor.roles = vec![role.into()];
    actor
}

fn open(life: &mut Life, actor: &Actor, reason: Option<&str>) -> String {
    let reviewer = "privacy_officer".into();
    life.take(actor.clone(), reason, InputKind::Open { reviewer })
}

/// `hidden`, `all`, or the names of what is shown.
fn sight(life: &Life, actor: &Actor) -> String {
    let snapshot = life.snapshot.as_ref().expect("it has begun");
    match visibility(&life.chart, snapshot, actor, &life.facts, life.now) {
        Ok(Visibility::Hidden) => "hidden".into(),
        Ok(Visibility::Shown { fields: None }) => "all".into(),
        Ok(Visibility::Shown { fields: Some(fields) }) => fields.join(" "),
        Err(needs) => format!("{needs:?}"),
    }
}

fn begun() -> Life {
    Life::begun(CHART, r#"{"owner":"north"}"#)
}

#[test]
fn it_is_seen_once_it_was_opened_and_no_longer_than_that() {
    let mut life = begun();
    let (dora, dan) = (someone("dora", "doctor"), someone("dan", "doctor"));
    assert_eq!(sight(&life, &dora), "hidden");
    assert_eq!(open(&mut life, &dora, Some("found unconscious")), "taken");
    assert_eq!(
        (sight(&life, &dora), sight(&life, &dan)),
        ("all".into(), "hidden".into()),
        "to who opened it alone"
    );
    let until = moment("2026-03-26T12:00:00Z");
    let snapshot = |life: &Life| life.snapshot.clone().expect("it has begun");
    assert_eq!(open_until(&snapshot(&life), &dora, life.now), Some(until));
    life.now = moment("2026-03-26T11:59:59.999999Z");
    assert_eq!(sight(&life, &dora), "all");
    life.now = until;
    assert_eq!(
        sight(&life, &dora),
        "hidden",
        "at the moment itself, and nothing had to happen for it"
    );
    assert_eq!(open_until(&snapshot(&life), &dora, life.now), None);
    assert_eq!(life.send_as(dora.clone(), "GO", "{}"), HIDDEN);
}

#[test]
fn who_is_no_longer_meant_by_the_rule_sees_it_no_longer() {
    let mut life = begun();
    let dora = someone("dora", "doctor");
    open(&mut life, &dora, Some("found unconscious"));
    assert_eq!(sight(&life, &dora), "all");
    assert_eq!(sight(&life, &someone("dora", "nobody")), "hidden", "she has lost the role");
    let mut life = begun();
    let pia = someone("pia", "porter");
    life.send_as(ada(), "RAISE", "{}");
    open(&mut life, &pia, Some("moving the bed"));
    assert_eq!(sight(&life, &pia), "level note");
    assert_eq!(life.send_as(ada(), "LOWER", "{}"), "taken");
    assert_eq!(sight(&life, &pia), "level", "its `if` does not hold any more");
}

#[test]
fn opened_again_it_is_open_from_then_on_and_both_stand_in_the_trail() {
    let mut life = begun();
    let dora = someone("dora", "doctor");
    open(&mut life, &dora, Some("found unconscious"));
    let first = life.entry().to_owned();
    life.now = moment("2026-03-26T11:00:00Z");
    assert_eq!(open(&mut life, &dora, Some("  still so ")), "taken");
    let entry = life.entry().to_owned();
    assert!(first.contains(r#""open_until":"2026-03-26T12:00:00Z""#), "{first}");
    assert!(entry.contains(r#""open_until":"2026-03-26T15:00:00Z""#), "{entry}");
    assert!(
        entry.contains(r#""input":{"key":"#)
            && entry.contains(r#""kind":"open","reason":"  still so ","reviewer":"privacy_officer""#),
        "{entry}"
    );
    life.now = moment("2026-03-26T14:59:00Z");
    assert_eq!(sight(&life, &dora), "all");
    life.now = moment("2026-03-26T15:00:00Z");
    assert_eq!(sight(&life, &dora), "hidden");
}

#[test]
fn each_rule_opens_what_it_shows_for_as_long_as_it_says() {
    let mut life = begun();
    let pia = someone("pia", "porter");
    open(&mut life, &pia, Some("moving the bed"));
    assert_eq!(sight(&life, &pia), "level");
    assert_eq!(life.send_as(ada(), "RAISE", "{}"), "taken");
    assert_eq!(
        sight(&life, &pia),
        "level",
        "a rule that did not hold when it was opened is not opened by it"
    );
    open(&mut life, &pia, Some("moving the bed"));
    assert_eq!(sight(&life, &pia), "level note");
    life.now = moment("2026-03-26T08:30:00Z");
    assert_eq!(sight(&life, &pia), "note");
    life.now = moment("2026-03-26T10:00:00Z");
    assert_eq!(sight(&life, &pia), "hidden");
}

/// Seeing it, one may try; what one may do is said by `by` as ever.
#[test]
fn to_see_it_is_not_to_do_something_with_it() {
    let mut life = begun();
    let (dora, pia) = (someone("dora", "doctor"), someone("pia", "porter"));
    assert_eq!(life.send_as(pia.clone(), "GO", "{}"), HIDDEN, "`by` alone is not enough");
    open(&mut life, &dora, Some("found unconscious"));
    open(&mut life, &pia, Some("moving the bed"));
    assert_eq!(life.send_as(dora, "GO", "{}"), "refused: dora may not do this");
    assert_eq!(life.send_as(pia, "GO", "{}"), "taken");
}

#[test]
fn who_may_not_open_it_learns_nothing_and_leaves_nothing() {
    let mut life = begun();
    for role in ["nobody", "statistics"] {
        assert_eq!(open(&mut life, &someone("ned", role), Some("curious")), HIDDEN, "{role}");
        assert!(life.last().trace.is_none() && life.last().messages.is_empty());
    }
    assert_eq!(
        open(&mut life, &someone("aude", crate::chart::AUDITOR), Some("curious")),
        "refused: aude may not do this"
    );
    let mut engine = Actor::engine();
    engine.roles = vec!["doctor".into()];
    assert_eq!(open(&mut life, &engine, Some("curious")), HIDDEN);
    assert!(life.last().trace.is_none());
}

#[test]
fn an_opening_has_a_reason_and_is_of_what_was_closed() {
    let mut life = begun();
    let dora = someone("dora", "doctor");
    assert_eq!(open(&mut life, &dora, None), "refused: a reason is needed");
    assert_eq!(open(&mut life, &dora, Some("   ")), "refused: a reason is needed");
    let longest = "ä".repeat(OPENING_REASON_CHARACTERS_MAX);
    assert_eq!(
        open(&mut life, &dora, Some(&format!("{longest}ä"))),
        format!("refused: reason is longer than {OPENING_REASON_CHARACTERS_MAX} characters")
    );
    assert_eq!(sight(&life, &dora), "hidden", "what is refused opens nothing");
    assert!(life.last().messages.is_empty());
    assert_eq!(open(&mut life, &dora, Some(&longest)), "taken");
    let mut own = someone("olga", "doctor");
    own.organisation = Some("north".into());
    assert_eq!(
        open(&mut life, &own, Some("to be sure")),
        "refused: olga sees it without opening it"
    );
    let cleo = someone("cleo", "clerk");
    assert_eq!(sight(&life, &cleo), "note");
    assert_eq!(
        open(&mut life, &cleo, Some("level is asked for")),
        "taken",
        "there is more to see"
    );
    assert_eq!(sight(&life, &cleo), "note level");
}

#[test]
fn what_has_ended_can_be_opened_and_only_so_many_have_it_open() {
    let mut life = begun();
    assert_eq!(life.send_as(ada(), "GO", "{}"), "taken");
    for number in 0..OPENINGS_MAX {
        assert_eq!(
            open(&mut life, &someone(&format!("d{number}"), "doctor"), Some("old case")),
            "taken"
        );
    }
    let last = someone("late", "doctor");
    assert_eq!(
        open(&mut life, &last, Some("old case")),
        "refused: it is open to 100 people already"
    );
    assert_eq!(
        open(&mut life, &someone("d7", "doctor"), Some("again")),
        "taken",
        "who has it open may go on"
    );
    life.now = moment("2026-03-26T12:00:00Z");
    assert_eq!(
        open(&mut life, &last, Some("old case")),
        "taken",
        "those that have ended take no room"
    );
    assert_eq!(life.snapshot.as_ref().map(|snapshot| snapshot.openings.len()), Some(1));
}

/// The message of the very commit, under a key of its own for each opening.
#[test]
fn each_opening_asks_for_its_review() {
    let mut life = begun();
    let dora = someone("dora", "doctor");
    open(&mut life, &dora, Some(" found unconscious "));
    let asked = |life: &Life| {
        let [message] = life.last().messages.as_slice() else {
            panic!("one message: {:?}", life.last().messages)
        };
        let MessageKind::Review { with } = &message.kind else {
            panic!("a review: {message:?}")
        };
        assert_eq!((&*message.workflow, message.due), (ACCESS_REVIEW, None));
        (
            message.to.clone(),
            crate::value::canonical::to_canonical(&Value::from_fields(with.clone())),
        )
    };
    let instance = InstanceId::of("w", "K");
    let (key, with) = asked(&life);
    assert_eq!(*key, *format!("{instance}-2"));
    assert_eq!(
        with,
        r#"{"entry":2,"open_until":"2026-03-26T12:00:00Z","opened_at":"2026-03-26T08:00:00Z","opened_by":"dora","reviewer":"privacy_officer","subject_key":"K","subject_workflow":"w","why":"found unconscious"}"#
    );
    open(&mut life, &dora, Some("still so"));
    assert_eq!(*asked(&life).0, *format!("{instance}-3"));
    assert!(
        life.entry().contains(r#""messages":[{"kind":"review","to":""#),
        "{}",
        life.entry()
    );
}

#[test]
fn an_opening_is_kept_and_stepped_again() {
    let mut life = begun();
    open(&mut life, &someone("pia", "porter"), Some("moving the bed"));
    let snapshot = life.snapshot.clone().expect("it has begun");
    let stored = snapshot.store(&life.chart);
    assert!(
        stored
            .canonical
            .contains(r#""openings":{"pia":[{"rule":3,"until":"2026-03-26T08:30:00Z"}]}"#),
        "{}",
        stored.canonical
    );
    let again = Snapshot::restore(&life.chart, &stored.canonical, snapshot.head, &stored.personal);
    assert_eq!(again.as_ref(), Ok(&snapshot));
    let entry = EntryText::read(life.entry()).expect("an entry");
    let input = entry.as_input(None).expect("an input");
    assert_eq!(
        input.kind,
        InputKind::Open {
            reviewer: "privacy_officer".into()
        }
    );
    assert_eq!(input.reason.as_deref(), Some("moving the bed"));
}

/// From the chart and the person alone: it is the same whatever instances there are.
#[test]
fn who_might_open_or_count_is_told_without_an_instance() {
    let chart = compiled(CHART);
    let might: Vec<&str> = ["staff", "doctor", "porter", "statistics", "research", "nobody"]
        .into_iter()
        .filter(|role| may_open(&chart, &someone("x", role)))
        .collect();
    assert_eq!(might, ["doctor", "porter"]);
    let least: Vec<Option<u64>> = ["doctor", "statistics", "research"]
        .into_iter()
        .map(|role| counts_least(&chart, &someone("x", role)))
        .collect();
    assert_eq!(least, [None, Some(10), Some(10)]);
    let computed = compiled(&CHART.replace(
        "{for: [doctor], break_glass",
        "{for: [{role: doctor, unit: '{{ owner }}'}, {not: eve}], break_glass",
    ));
    assert!(!may_open(&computed, &someone("dora", "doctor")), "no unit is theirs");
    let mut dora = someone("dora", "doctor");
    dora.unit = Some("south".into());
    assert!(may_open(&computed, &dora), "there might be one of their unit");
    dora.id = "eve".into();
    assert!(!may_open(&computed, &dora), "never for her");
}

#[test]
fn what_is_counted_is_not_seen_and_of_several_rules_the_strictest_holds() {
    let mut life = begun();
    let counted = |life: &Life, role: &str| {
        let snapshot = life.snapshot.as_ref().expect("it has begun");
        let found =
            countable(&life.chart, snapshot, &someone("x", role), &life.facts, life.now).expect("nothing is to be looked up");
        found.map(|found| (found.least, found.fields.map(|fields| fields.join(" "))))
    };
    assert_eq!(counted(&life, "statistics"), Some((5, Some("level".into()))));
    assert_eq!(counted(&life, "research"), Some((3, None)));
    assert_eq!(counted(&life, "doctor"), None);
    life.send_as(ada(), "RAISE", "{}");
    assert_eq!(counted(&life, "statistics"), Some((10, Some("level note".into()))));
    assert_eq!(counted(&life, "research"), Some((10, None)));
    for role in ["statistics", "research"] {
        assert_eq!(sight(&life, &someone("x", role)), "hidden");
        assert_eq!(life.send_as(someone("x", role), "GO", "{}"), HIDDEN);
    }
}
