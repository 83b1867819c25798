//! Personal data does not reach what cannot be erased.

use super::*;

fn check(line: &str, expected: &str) {
    let data = "{patient: {type: string, phi: true}, contact: {type: object, properties: {mail: {type: optional string, phi: true}, town: optional string}}, plain: optional string, notes: {type: optional list, items: string, phi: true}}";
    let source = format!(
        "workflow: w\ndata: {data}\nlet: {{shown: \"patient | upper\", counted: notes | length, picked: contact.town}}\n{line}\n"
    );
    let told = told(&source);
    let places: Vec<&str> = told
        .lines()
        .map(|line| line.split_once(" stand in ").map_or(line, |(_, place)| place))
        .collect();
    assert_eq!(places.join("; "), expected, "{line}");
}

#[test]
fn it_reaches_no_public_place() {
    check("title: \"{{ patient }}\"", "the title");
    check("key: \"{{ shown }}\"", "the key");
    check("key: \"{{ contact.mail | default('none') }}\"", "the key");
    check(
        "unique: {person: \"{{ patient }}\"}",
        "a unique value, which other instances are told of",
    );
    check("label: \"{{ 'x' ~ patient }}\"", "a label");
    check(
        "reads: {them: {workflow: person, key: \"{{ patient }}\"}}",
        "what a read looks for, which is kept in the trail",
    );
    check(
        "entry: [{mark: {seen: {who: \"{{ patient }}\"}}}]",
        "a mark, which is a line of the trail",
    );
    check(
        "entry: [{send: {to: parent, event: X, with: {a: [\"{{ patient }}\"]}}}]",
        "a message to an instance",
    );
    check(
        "entry: [{assign: {plain: \"{{ patient }}\"}}]",
        "the field `plain`, which is not marked `phi`",
    );
    check(
        "entry: [{each: notes, assign: {plain: \"{{ item }}\"}}]",
        "the field `plain`, which is not marked `phi`",
    );
    check(
        "invoke: {adapter: a, action: b, input: {who: \"{{ patient }}\"}}",
        "what an adapter is given, and no contract declares the purpose yet",
    );
    check(
        "on: {X: {by: [y], guard: {if: patient == 'a', otherwise: \"Not {{ patient }}\"}}}",
        "a sentence that is kept in the trail",
    );
    check(
        "on: {X: {by: [y], input: {who: {type: string, phi: true}}, actions: [{assign: {plain: \"{{ event.who }}\"}}]}}",
        "the field `plain`, which is not marked `phi`",
    );
}

#[test]
fn verdicts_counts_and_other_fields_are_not_personal() {
    check(
        "title: \"{{ counted }} notes, {{ picked }}, {{ 'old' if patient == 'x' else 'new' }}\"",
        "",
    );
    check(
        "entry: [{assign: {patient: \"{{ patient | trim }}\", contact.mail: \"{{ patient }}\"}}]",
        "",
    );
    check(
        "on: {X: {by: [y], guard: {if: patient == 'a', otherwise: Another patient}}}",
        "",
    );
}

#[test]
fn any_event_may_carry_what_any_form_asks_for() {
    let event = "on: {X: {by: [y], input: {who: {type: string, phi: true}}}}\nentry: [{assign: {plain: \"{{ event.who }}\"}}]";
    check(event, "the field `plain`, which is not marked `phi`");
}

#[test]
fn an_index_would_keep_it() {
    assert_eq!(
        told("workflow: w\ndata: {patient: {type: string, phi: true, index: true}}\n"),
        "SW-0604 ‹index› personal data is not indexed: an index would keep what must be erasable"
    );
}
