//! Whoever something is for finds it, and as few others as can be look through it.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn names(texts: Vec<&str>) -> Vec<Arc<str>> {
    texts.into_iter().map(Arc::from).collect()
}

fn line() -> impl Strategy<Value = Option<Vec<Arc<str>>>> {
    prop_oneof![
        2 => Just(None),
        3 => subsequence(NAMES.to_vec(), 1..=4).prop_map(|line| Some(names(line))),
    ]
}

fn pattern() -> impl Strategy<Value = AudiencePattern> {
    (line(), line(), line(), line(), line()).prop_map(|(role, user, unit, organisation, skill)| AudiencePattern {
        role,
        user,
        unit,
        organisation,
        skill,
    })
}

fn person() -> impl Strategy<Value = Actor> {
    let one = || proptest::option::of(proptest::sample::select(NAMES.to_vec()).prop_map(Arc::from));
    let many = || subsequence(NAMES.to_vec(), 0..=4).prop_map(names);
    (proptest::sample::select(NAMES.to_vec()), many(), many(), one(), one()).prop_map(
        |(id, roles, skills, unit, organisation)| {
            let mut actor = Actor::plain(ActorKind::Person, id);
            (actor.roles, actor.skills, actor.unit, actor.organisation) = (roles, skills, unit, organisation);
            actor
        },
    )
}

proptest! {
    #[test]
    fn whoever_it_is_for_looks_where_it_is_found(patterns in proptest::collection::vec(pattern(), 1..4), person in person()) {
        let audience = Audience { any_of: patterns, never: Vec::new() };
        // a pattern without a line is everybody, and is found by nobody who looks for their own
        let told = audience.any_of.iter().all(|pattern| !pattern.lines().iter().all(|(_, line)| line.is_none()));
        if told && audience.includes(&person) {
            let (own, lines) = (subjects_of(&person), lines_of(&person));
            prop_assert!(audience.subjects().iter().any(|subject| own.contains(subject)));
            prop_assert!(audience.lines().iter().any(|line| lines.contains(line)));
        }
    }
}

fn found_under(pattern: AudiencePattern) -> Vec<String> {
    let audience = Audience {
        any_of: vec![pattern],
        never: Vec::new(),
    };
    audience.subjects().iter().map(|subject| subject.to_string()).collect()
}

#[test]
fn what_is_for_a_role_of_one_place_is_found_there_alone() {
    let nurses = |places: Option<Vec<Arc<str>>>| AudiencePattern {
        role: Some(names(vec!["nurse"])),
        unit: places,
        ..AudiencePattern::default()
    };
    assert_eq!(found_under(nurses(None)), ["role:nurse"]);
    assert_eq!(
        found_under(nurses(Some(names(vec!["icu", "ward"])))),
        ["role:nurse unit:icu", "role:nurse unit:ward"]
    );
    let many = (0..=16).map(|number| Arc::from(format!("ward {number}"))).collect();
    assert_eq!(
        found_under(nurses(Some(many))),
        ["role:nurse"],
        "so many places are compared instead"
    );
    let long = "w".repeat(480);
    let far = found_under(AudiencePattern {
        role: Some(vec!["n".repeat(100).into()]),
        ..nurses(Some(vec![long.as_str().into()]))
    });
    assert_eq!(
        far,
        [format!("role:{}", "n".repeat(100))],
        "what is too long for an index is compared instead"
    );
}
