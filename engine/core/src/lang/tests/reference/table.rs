//! The tables of the page, in Markdown.

use super::links::{link, owner};
use crate::expression::{Filter, Function};
use crate::lang::builtin::{self, BUILT_IN};
use crate::lang::fields::TYPES;
use crate::lang::grammar::{Construct, KINDS, Key, Map, Name, Place, Shape, constructs};

/// What each variable is, in the order of [`BUILT_IN`].
const VARIABLES: [(&str, &str); BUILT_IN.len()] = [
    (
        "event",
        "what is being answered to: `name`, the fields of its form, `result`, `error`, `from`, `reason`, `at`",
    ),
    (
        "actor",
        "who sent it: `id`, `name`, `roles`, `unit`, `organisation`, `skills`, `person`, `workflow`, `adapter`, `on_behalf_of`",
    ),
    ("now", "the moment of this step"),
    ("today", "the day of `now` in the instance's zone"),
    ("key", "the instance's key"),
    ("id", "the instance's id"),
    ("number", "the number given to it among the instances of its workflow"),
    ("states", "the names and paths of all its active states"),
    ("tags", "the tags of all its active states"),
    ("parent", "`workflow` and `key` of the instance that started it as a child"),
    ("settled", "whether every `send` of the instance has been answered"),
    ("sla", "its clocks: `sla.NAME.used`, `.due`, `.running`, `.breached`"),
    ("signatures", "pending and complete signatures, by event"),
    ("history", "`history.EVENT.actor` and `.at` of the last one taken"),
    ("item", "the item, inside `each` and the filters over lists"),
    ("index", "its place, counted from 0"),
];

/// What each type of a field holds, in the order of [`TYPES`].
const MEANINGS: [(&str, &str, &str); TYPES.len()] = [
    ("string", "text", "a string"),
    ("boolean", "`true` or `false`", "a boolean"),
    ("integer", "a whole number within ±2^53", "a number"),
    ("decimal", "an exact number of at most 28 digits", "a string"),
    ("date", "a calendar day", "a string"),
    ("time", "a time of day", "a string"),
    ("instant", "a moment", "a string"),
    (
        "duration",
        "exact (`90s`, `4h`), by the calendar (`3d`, `2mo`) or of business time",
        "a string",
    ),
    ("ref", "the key of an instance of `workflow`", "a string"),
    ("user", "a person's id", "a string"),
    (
        "unit",
        "the name of a unit that the [file of roles](#a-file-of-roles) has; any, where it has none",
        "a string",
    ),
    (
        "file",
        "what an upload is known by: `file` (its id), `name`, `sha256`, `size`, `media_type`, `scan`; a sender gives the [id](files.md) alone",
        "an object",
    ),
    ("object", "fields by name; needs `properties`", "an object"),
    ("list", "items in order; needs `items`", "a list"),
];

/// The table of a construct under its heading.
pub(super) fn keys(map: &Map, place: &Place) -> String {
    let construct = place.construct;
    let mut text = format!("### {}\n\n", capitalised(&map.title(construct)));
    let referred: Vec<&'static Construct> = construct
        .shared
        .iter()
        .filter_map(|shared| owner(map, shared, construct))
        .collect();
    let own = construct.keys.iter();
    let shared = construct
        .shared
        .iter()
        .filter(|shared| owner(map, shared, construct).is_none());
    text.push_str("| key | what may stand there | what it means |\n|---|---|---|\n");
    for key in own.chain(shared.copied().flatten()) {
        text.push_str(&row(map, key));
    }
    for other in referred {
        text.push_str(&format!("\nBesides these, every key of {}.\n", link(map, other)));
    }
    text
}

fn row(map: &Map, key: &Key) -> String {
    let required = if key.required { ", required" } else { "" };
    format!(
        "| `{}`{required} | {} | {} |\n",
        key.name,
        cell(&stands(map, key.shape)),
        cell(key.meaning)
    )
}

/// What may stand for a shape.
fn stands(map: &Map, shape: Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Literal => "text as it stands".to_owned(),
        Shape::Expression => "expression".to_owned(),
        Shape::Boolean => "`true` or `false`".to_owned(),
        Shape::Integer(least, most) => format!("whole number from {least} to {most}"),
        Shape::Number => "number".to_owned(),
        Shape::Duration => "duration".to_owned(),
        Shape::Due => "duration, or text that gives a moment".to_owned(),
        Shape::Backoff => "`first..most`, such as `5s..5m`".to_owned(),
        Shape::Share => "share, such as `80%` or `100% + 15m`".to_owned(),
        Shape::Word(words) => listed(words),
        Shape::Name(name) => named(name).to_owned(),
        Shape::Computed(name) => format!("{}, or text that computes one", named(name)),
        Shape::Value => "value".to_owned(),
        Shape::Anything => "see [testing](testing.md)".to_owned(),
        Shape::Map(construct) => link(map, construct),
        Shape::Names(name, inner @ Shape::Names(..), _) => format!("map: {} → ({})", named(name), stands(map, *inner)),
        Shape::Names(name, inner, _) => format!("map: {} → {}", named(name), stands(map, *inner)),
        Shape::List(inner) => format!("list: {}", stands(map, *inner)),
        Shape::Either(forms) => {
            let links: Vec<String> = constructs(shape).into_iter().map(|construct| link(map, construct)).collect();
            match links.as_slice() {
                [] => forms.noun.to_owned(),
                links => format!("{}; see {}", forms.noun, links.join(", ")),
            }
        }
        Shape::Type => format!("type; see {}", links(map, shape)),
        Shape::Fields => format!("map: name → type; see {}", links(map, shape)),
        Shape::Items => format!("type, or map: name → type; see {}", links(map, shape)),
    }
}

fn links(map: &Map, shape: Shape) -> String {
    let links: Vec<String> = constructs(shape).into_iter().map(|construct| link(map, construct)).collect();
    links.join(", ")
}

fn named(name: Name) -> &'static str {
    match name {
        Name::Snake => "name",
        Name::File => "file-name",
        Name::Event => "EVENT",
        Name::EventPattern => "EVENT, `*` or `prefix.*`",
        Name::State => "state",
        Name::Path => "path",
        Name::Timer => "duration or name",
        Name::Pausable => "state, or `sla.NAME`",
        Name::FormField => "field, perhaps with `optional` before it",
        Name::Any => "text as it stands",
    }
}

pub(super) fn kinds(map: &Map) -> String {
    let mut text = String::from("| first key | a file of this kind holds |\n|---|---|\n");
    for kind in KINDS {
        text.push_str(&format!("| `{}` | {} |\n", kind.key, link(map, kind.construct)));
    }
    text
}

pub(super) fn types() -> String {
    let mut text = String::from("| type | value | in JSON |\n|---|---|---|\n");
    for (name, (known, meaning, json)) in TYPES.iter().zip(MEANINGS) {
        assert_eq!(*name, known, "a type without a line in `MEANINGS`");
        text.push_str(&format!("| `{name}` | {meaning} | {json} |\n"));
    }
    text
}

pub(super) fn variables() -> String {
    let mut text = String::from("| variable | type | is |\n|---|---|---|\n");
    for (name, (known, meaning)) in BUILT_IN.iter().zip(VARIABLES) {
        assert_eq!(*name, known, "a variable without a line in `VARIABLES`");
        let kind = builtin::variable(name);
        let or_null = if *kind.present() == kind { "" } else { " or null" };
        text.push_str(&format!("| `{name}` | {kind}{or_null} | {meaning} |\n"));
    }
    text
}

pub(super) fn functions() -> String {
    let mut text = String::from("| function | gives | meaning |\n|---|---|---|\n");
    for function in Function::ALL {
        let call = format!("{}{}", function.name(), function.takes());
        text.push_str(&format!(
            "| `{call}` | {} | {} |\n",
            function.gives(),
            cell(function.meaning())
        ));
    }
    text
}

pub(super) fn filters() -> String {
    let mut text = String::from("| filter | of | gives | meaning |\n|---|---|---|---|\n");
    for filter in Filter::ALL {
        let (of, arguments) = match filter.takes().split_once(" (") {
            Some((of, arguments)) => (of, format!("({arguments}")),
            None => (filter.takes(), String::new()),
        };
        text.push_str(&format!(
            "| `{}{arguments}` | {of} | {} | {} |\n",
            filter.name(),
            filter.gives(),
            cell(filter.meaning())
        ));
    }
    text
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A bar ends a cell, so it is escaped.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
