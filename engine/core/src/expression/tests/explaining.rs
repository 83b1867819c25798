//! Which clause of a guard was false, and what stood there.

use super::World;
use crate::expression::{Expression, Stop};

/// Each false clause as `text [path = value, …]`.
fn check(world: &World, source: &str, expected: &str) {
    let expression = Expression::parse(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    let shown = match expression.explain(world) {
        Ok(explained) => {
            assert_eq!(expression.evaluate_truth(world), Ok(explained.value), "{source}");
            let clauses: Vec<String> = explained
                .false_clauses
                .iter()
                .map(|clause| {
                    assert_eq!(clause.span.text(source).trim(), clause.text);
                    let seen: Vec<String> = clause
                        .seen
                        .iter()
                        .map(|seen| format!("{} = {}", seen.path, seen.text))
                        .collect();
                    format!("{} [{}]", clause.text, seen.join(", "))
                })
                .collect();
            if explained.value {
                "true".to_owned()
            } else {
                clauses.join("; ")
            }
        }
        Err(Stop::Fault(fault)) => format!("fault: {}", fault.message),
        Err(Stop::Needs(name)) => format!("needs {name}"),
    };
    assert_eq!(shown, expected, "{source}");
}

#[test]
fn every_false_clause_is_named_with_what_it_saw() {
    let world = World::of(
        r#"{"tries": 3, "max": 3, "ok": false, "n": null, "rx": {"left": {"add": 1.25}}, "eyes": ["R", "L"], "i": 1,
            "lots": [{"key": "A", "states": ["available"]}, {"key": "B", "states": ["quarantine", "old"]}], "none_here": []}"#,
    );
    check(&world, "tries < 5", "true");
    check(&world, "tries < max", "tries < max [tries = 3, max = 3]");
    check(
        &world,
        "tries < max and ok and max == 3",
        "tries < max [tries = 3, max = 3]; ok [ok = false]",
    );
    check(
        &world,
        "(ok or tries > 3) and (max == 3 and ok)",
        "ok or tries > 3 [ok = false, tries = 3]; ok [ok = false]",
    );
    check(
        &world,
        "rx.left.add <= 1 and n is not none",
        "rx.left.add <= 1 [rx.left.add = 1.25]; n is not none [n = empty]",
    );
    check(&world, "eyes[i] == 'R'", "eyes[i] == 'R' [eyes[i] = L]");
    check(&world, "'B' in eyes", "'B' in eyes [eyes = R, L]");
    check(
        &world,
        "lots | all('available' in item.states)",
        "lots | all('available' in item.states) [lots = 2 items, lots[1].states = quarantine, old]",
    );
    check(
        &world,
        "none_here | length > 0",
        "none_here | length > 0 [none_here = no items]",
    );
    check(
        &world,
        "lots | any(item.key == 'C')",
        "lots | any(item.key == 'C') [lots = 2 items]",
    );
}

#[test]
fn a_clause_that_relies_on_a_denied_one_is_passed_over() {
    let world = World::of(r#"{"n": null, "ok": true, "no": false}"#);
    check(&world, "n is not none and n.x == 1", "n is not none [n = empty]");
    check(&world, "no and needed", "no [no = false]");
    check(&world, "ok and needed", "needs needed");
    check(&world, "ok and n.x", "fault: `n` is empty");
    check(&world, "needed and no", "needs needed");
}
