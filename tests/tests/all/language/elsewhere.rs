//! Keys that no scenario holds, each with what holds it, and why no scenario can.

use std::collections::BTreeSet;

use regex::Regex;
use statewright_core::diagnostic::Code;
use statewright_tests::repository;

use super::judge::{Judgement, KeyName, Promise};

/// Keys of one construct that a test elsewhere holds.
struct Elsewhere {
    construct: &'static str,
    keys: &'static [&'static str],
    /// The file, and the test in it, which names each of the keys.
    held_by: (&'static str, &'static str),
    /// Why no scenario can see it.
    why: &'static str,
}

/// A key whose promise is that a wrong value is refused.
struct Refused {
    construct: &'static str,
    key: &'static str,
    /// With which code.
    code: Code,
    why: &'static str,
}

const fn refused(construct: &'static str, key: &'static str, code: Code, why: &'static str) -> Refused {
    Refused {
        construct,
        key,
        code,
        why,
    }
}

/// Keys whose absence no scenario can tell, and another value can.
struct Untold {
    construct: &'static str,
    keys: &'static [&'static str],
    why: &'static str,
}

const FOR_PEOPLE: &str = "engine/core/src/lang/tests/for_people.rs";
const VIEWS: &str = "engine/core/src/lang/tests/views.rs";

const DRAWN: &str = "nothing is drawn from views and portals yet";
const NAMES_THE_FILE: &str = "it names the file, under which others find it";
const AGREED: &str = "a contract is held against the workflow when both are read";
const SHOWN: &str = "a view is held against what it shows; nothing is drawn from it yet";

const ELSEWHERE: &[Elsewhere] = &[
    Elsewhere {
        construct: "a field",
        keys: &["label", "help", "title", "description", "unit", "workflow"],
        held_by: (FOR_PEOPLE, "fields_are_published_with_what_people_read"),
        why: "it stands in the published form and changes nothing of what a field takes",
    },
    Elsewhere {
        construct: "a field",
        keys: &["examples"],
        held_by: (FOR_PEOPLE, "what_is_for_the_reader_alone_is_read"),
        why: "it is for whoever reads the file",
    },
    Elsewhere {
        construct: "a field",
        keys: &["phi"],
        held_by: (
            "engine/runtime/tests/runtime/queries.rs",
            "what_is_shown_depends_on_who_looks",
        ),
        why: "it decides what bytes are stored and hashed, which no expectation shows",
    },
    Elsewhere {
        construct: "a state",
        keys: &["description"],
        held_by: (FOR_PEOPLE, "what_is_for_the_reader_alone_is_read"),
        why: "it is for whoever reads the file",
    },
    Elsewhere {
        construct: "a transition",
        keys: &["title"],
        held_by: (
            "engine/runtime/tests/runtime/queries.rs",
            "an_actor_is_told_what_it_could_send",
        ),
        why: "it is what a button is called, and scenarios press none",
    },
    Elsewhere {
        construct: "a simulation",
        keys: &["description"],
        held_by: (
            "engine/core/src/lang/tests/simulations.rs",
            "every_key_of_a_simulation_has_its_shape",
        ),
        why: "it is for whoever reads the file",
    },
    Elsewhere {
        construct: "a table",
        keys: &["title"],
        held_by: (FOR_PEOPLE, "what_is_for_the_reader_alone_is_read"),
        why: "it is for whoever reads the file",
    },
    Elsewhere {
        construct: "a table",
        keys: &["tests"],
        held_by: (
            "engine/core/src/lang/tests/tables.rs",
            "its_tests_are_asked_whenever_it_is_read",
        ),
        why: "without its tests nothing of a table fails",
    },
    Elsewhere {
        construct: "an adapter's contract",
        keys: &["title", "description"],
        held_by: (FOR_PEOPLE, "what_is_for_the_reader_alone_is_read"),
        why: "it is for whoever reads the file",
    },
    Elsewhere {
        construct: "an adapter's action",
        keys: &["description"],
        held_by: (FOR_PEOPLE, "what_is_for_the_reader_alone_is_read"),
        why: "it is for whoever reads the file",
    },
    Elsewhere {
        construct: "an adapter's event",
        keys: &["description"],
        held_by: (FOR_PEOPLE, "what_is_for_the_reader_alone_is_read"),
        why: "it is for whoever reads the file",
    },
    Elsewhere {
        construct: "a schedule",
        keys: &["missed", "within"],
        held_by: (
            "engine/runtime/tests/runtime/schedules.rs",
            "a_missed_run_is_made_up_for_within_its_time_and_not_beyond",
        ),
        why: "in a scenario the engine is always there when a run is due",
    },
    Elsewhere {
        construct: "a workflow",
        keys: &["called"],
        held_by: (
            "engine/core/src/lang/tests/workflows.rs",
            "a_name_is_made_of_a_few_single_values_of_its_own",
        ),
        why: "it is shown beside references, on pages, and changes nothing of what an instance does",
    },
    Elsewhere {
        construct: "a workflow",
        keys: &["migrate"],
        held_by: (
            "engine/core/src/lang/tests/migrations.rs",
            "a_migration_is_kept_with_the_definition",
        ),
        why: "nothing moves instances by it yet",
    },
    Elsewhere {
        construct: "a migration",
        keys: &["from", "states", "data", "timers", "drop"],
        held_by: (
            "engine/core/src/lang/tests/migrations.rs",
            "a_migration_is_kept_with_the_definition",
        ),
        why: "nothing moves instances by it yet",
    },
    Elsewhere {
        construct: "a file of roles",
        keys: &["apart"],
        held_by: (
            "engine/runtime/tests/runtime/directory.rs",
            "whoever_cannot_be_as_asked_is_refused_with_every_reason",
        ),
        why: "somebody who cannot be is refused by the directory, before anything happens",
    },
    Elsewhere {
        construct: "a file of roles",
        keys: &["substitutes"],
        held_by: (
            "engine/runtime/tests/runtime/directory.rs",
            "a_substitute_acts_for_who_is_away_as_themselves_and_for_so_long",
        ),
        why: "in a scenario nobody is away",
    },
    Elsewhere {
        construct: "a role",
        keys: &["title", "second_factor", "session"],
        held_by: (FOR_PEOPLE, "roles_and_units_are_kept_as_their_file_says"),
        why: "it is about signing in, which scenarios do not, and about pages",
    },
    Elsewhere {
        construct: "a unit",
        keys: &["organisation"],
        held_by: (FOR_PEOPLE, "roles_and_units_are_kept_as_their_file_says"),
        why: "it is shown beside the unit's name",
    },
    Elsewhere {
        construct: "what is given",
        keys: &["common"],
        held_by: (
            "engine/runtime/tests/scenario/reading.rs",
            "what_stands_under_common_is_for_aliases",
        ),
        why: "it is a place for anchors, and files are tried with their aliases written out",
    },
    Elsewhere {
        construct: "a view",
        keys: &["title", "description"],
        held_by: (VIEWS, "what_is_only_drawn_is_read"),
        why: DRAWN,
    },
    Elsewhere {
        construct: "a column",
        keys: &["title"],
        held_by: (VIEWS, "what_is_only_drawn_is_read"),
        why: DRAWN,
    },
    Elsewhere {
        construct: "a lane",
        keys: &["title"],
        held_by: (VIEWS, "what_is_only_drawn_is_read"),
        why: DRAWN,
    },
    Elsewhere {
        construct: "an order",
        keys: &["descending"],
        held_by: (VIEWS, "what_is_only_drawn_is_read"),
        why: DRAWN,
    },
    Elsewhere {
        construct: "a portal",
        keys: &["title", "description", "brand"],
        held_by: (VIEWS, "what_is_only_drawn_is_read"),
        why: DRAWN,
    },
    Elsewhere {
        construct: "a page",
        keys: &["title"],
        held_by: (VIEWS, "what_is_only_drawn_is_read"),
        why: DRAWN,
    },
    Elsewhere {
        construct: "a brand",
        keys: &["name", "logo", "colour"],
        held_by: (VIEWS, "what_is_only_drawn_is_read"),
        why: DRAWN,
    },
];

const REFUSED: &[Refused] = &[
    refused("a workflow", "workflow", Code::TestNameUnknown, NAMES_THE_FILE),
    refused("a table", "table", Code::NameClash, NAMES_THE_FILE),
    refused("a simulation", "simulation", Code::UnknownKind, "it says what the file is"),
    refused("an adapter's contract", "adapter", Code::NameClash, NAMES_THE_FILE),
    refused(
        "a table",
        "live",
        Code::UnknownTable,
        "what is not live cannot come into force by itself, and a scenario sees no other difference",
    ),
    refused("a schema", "schema", Code::MissingKey, "it says what the file is"),
    refused("a test file", "test", Code::UnknownKind, "it says what the file is"),
    refused("a view", "view", Code::UnknownKind, "it says what the file is"),
    refused("a portal", "portal", Code::UnknownKind, "it says what the file is"),
    refused(
        "a table",
        "rows_from",
        Code::MissingFile,
        "the rows are those of a file that is there",
    ),
    refused("an adapter's contract", "events", Code::UnansweredEvent, AGREED),
    refused("an adapter's event", "fields", Code::WrongType, AGREED),
    refused("an adapter's event", "to", Code::UnansweredEvent, AGREED),
    refused("a view", "for", Code::UnknownWord, SHOWN),
    refused("a view", "kind", Code::KeysExclude, SHOWN),
    refused("a view", "of", Code::MissingFile, SHOWN),
    refused("a view", "where", Code::UnknownField, SHOWN),
    refused("a view", "in", Code::UnknownState, SHOWN),
    refused("a view", "columns", Code::UnknownField, SHOWN),
    refused("a view", "lanes", Code::UnknownState, SHOWN),
    refused("a view", "sort", Code::UnknownField, SHOWN),
    refused("a view", "group", Code::UnknownField, SHOWN),
    refused("a view", "measure", Code::UnknownField, SHOWN),
    refused("a view", "actions", Code::UnknownWord, SHOWN),
    refused("a view", "scan", Code::UnknownField, SHOWN),
    refused("a column", "field", Code::UnknownField, SHOWN),
    refused("a lane", "in", Code::UnknownState, SHOWN),
    refused("an order", "by", Code::UnknownField, SHOWN),
    refused("a portal", "for", Code::UnknownWord, SHOWN),
    refused("a portal", "home", Code::UnknownWord, SHOWN),
    refused("a portal", "pages", Code::MissingFile, SHOWN),
    refused("a page", "view", Code::MissingFile, SHOWN),
    refused("a page", "start", Code::MissingFile, SHOWN),
];

const UNTOLD: &[Untold] = &[Untold {
    construct: "a step",
    keys: &["one", "other"],
    why: "they only demand: without them less is asked for",
}];

fn names(key: &KeyName, construct: &str, keys: &[&str]) -> bool {
    *key.0 == *construct && keys.contains(&key.1)
}

pub fn promise(key: &KeyName) -> Promise {
    let refused = REFUSED.iter().find(|row| names(key, row.construct, &[row.key]));
    let is_unseen = ELSEWHERE.iter().any(|row| names(key, row.construct, row.keys));
    let is_untold = UNTOLD.iter().any(|row| names(key, row.construct, row.keys));
    match refused {
        Some(row) => Promise::Refusal(row.code),
        None if is_unseen => Promise::Unseen,
        None if is_untold => Promise::Untold,
        None => Promise::Meaning,
    }
}

/// What is wrong with a key: nothing holds it, or a row speaks of it that need not.
pub fn problem(key: &KeyName, judgement: &Judgement) -> Option<String> {
    let elsewhere = ELSEWHERE.iter().find(|row| names(key, row.construct, row.keys));
    let refused = REFUSED.iter().find(|row| names(key, row.construct, &[row.key]));
    let untold = UNTOLD.iter().find(|row| names(key, row.construct, row.keys));
    let held = judgement.by_absence || judgement.by_change;
    let told = refused.is_some_and(|row| judgement.codes.contains(&row.code));
    let name = format!("`{}` of {}", key.1, key.0);
    let rows = usize::from(elsewhere.is_some()) + usize::from(refused.is_some());
    if held && rows > 0 {
        return Some(format!(
            "{name}: a scenario holds it, so take it out of the lists of what none does"
        ));
    }
    if rows > 1 {
        return Some(format!("{name}: it stands in several lists"));
    }
    if untold.is_some() && !judgement.by_change {
        return Some(format!("{name}: it need not stand in `UNTOLD`"));
    }
    if let Some(row) = refused.filter(|_| !told) {
        let words = judgement.words();
        return Some(format!("{name}: no sample is refused with {}: {words}", row.code.as_str()));
    }
    if held || rows > 0 {
        return None;
    }
    let words = judgement.words();
    Some(format!("{name}: nothing fails when it breaks: {words}"))
}

/// Rows that speak of what is no key of the language.
pub fn strangers(known: &BTreeSet<KeyName>) -> Vec<String> {
    let rows = ELSEWHERE.iter().map(|row| (row.construct, row.keys));
    let rows = rows.chain(REFUSED.iter().map(|row| (row.construct, std::slice::from_ref(&row.key))));
    let rows = rows.chain(UNTOLD.iter().map(|row| (row.construct, row.keys)));
    let mut problems = Vec::new();
    for (construct, keys) in rows {
        let strange = keys
            .iter()
            .filter(|name| !known.iter().any(|key| *key.0 == *construct && key.1 == **name));
        problems.extend(strange.map(|name| format!("`{name}` of {construct} stands in a list and is no key that is built")));
    }
    problems
}

/// Rows whose test is not there, or does not speak of the key; rows without a reason.
pub fn unfounded() -> Vec<String> {
    let mut problems = Vec::new();
    for row in ELSEWHERE {
        let (file, test) = row.held_by;
        let text = std::fs::read_to_string(repository::root().join(file)).unwrap_or_default();
        let Some(body) = body_of(&text, test) else {
            problems.push(format!(
                "{file} has no test `{test}`, which is to hold {} of {}",
                row.keys.join(", "),
                row.construct
            ));
            continue;
        };
        let constants = constants_of(&text);
        let silent = row.keys.iter().filter(|key| {
            let word = Regex::new(&format!(r"\b{key}\b")).expect("keys are words");
            !word.is_match(body) && !word.is_match(&constants)
        });
        problems.extend(silent.map(|key| {
            format!(
                "{file}: `{test}` is to hold `{key}` of {}, and does not name it",
                row.construct
            )
        }));
    }
    let whys = ELSEWHERE.iter().map(|row| (row.construct, row.why));
    let whys = whys.chain(REFUSED.iter().map(|row| (row.construct, row.why)));
    let whys = whys.chain(UNTOLD.iter().map(|row| (row.construct, row.why)));
    let bare = whys.filter(|(_, why)| why.is_empty());
    problems.extend(bare.map(|(construct, _)| format!("a row of {construct} says no reason")));
    problems
}

/// What stands between the head of a test and its end.
fn body_of<'t>(text: &'t str, test: &str) -> Option<&'t str> {
    let head = Regex::new(&format!(r"#\[(tokio::)?test\]\n(async )?fn {test}\(")).expect("the name is one of Rust's");
    let begin = head.find(text)?.start();
    let end = text.get(begin..)?.find("\n}\n").map_or(text.len(), |end| begin + end);
    text.get(begin..end)
}

/// The files that the tests of a file are about, which stand in it as constants.
fn constants_of(text: &str) -> String {
    let constant = Regex::new(r##"(?s)const [A-Z_]+: &str = r?#?".*?"#?;"##).expect("the pattern is valid");
    constant.find_iter(text).map(|found| found.as_str()).collect()
}

#[test]
fn the_body_of_a_test_ends_where_it_ends() {
    let text = "#[test]\nfn a() {\n    one\n}\n\n#[test]\nfn b() {\n    two\n}\n";
    assert!(body_of(text, "a").is_some_and(|body| body.contains("one") && !body.contains("two")));
    assert_eq!(body_of(text, "c"), None);
}
