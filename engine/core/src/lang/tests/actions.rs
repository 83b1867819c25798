//! Actions, and the values they carry.

use super::*;
use crate::chart::{Addressee, ValueTemplate, Verb};
use crate::value::Value;

const DATA: &str = "workflow: w
data:
  tries: {type: integer, default: 0}
  note: optional string
  due: optional date
  rx: {type: object, properties: {axis: optional integer}}
  lines: {type: list, keyed: id, items: {id: string, count: optional integer}, default: []}
  names: {type: list, items: string, default: []}
";

fn with_action(action: &str) -> String {
    format!("{DATA}states:\n  a:\n    entry:\n      - {action}\n    on: {{GO: {{}}}}\n")
}

fn check(action: &str, expected: &str) {
    assert_eq!(told(&with_action(action)), expected, "{action}");
}

#[test]
fn what_is_started_is_named() {
    check(
        "start: {workflow: case, with: {}}",
        "SW-0208 ‹case› `start: case` does not say which one is started",
    );
}

fn first(action: &str) -> Verb {
    chart(&with_action(action)).states[1].entry[0].verb.clone()
}

#[test]
fn assigned_literals_take_the_declared_type() {
    let Verb::Assign(assignments) = first("assign: {tries: 3, note: 'no', due: 2026-01-05, rx.axis: null}") else {
        panic!("an assignment")
    };
    let values: Vec<String> = assignments
        .iter()
        .map(|assignment| format!("{}={:?}", assignment.path.join("."), assignment.value))
        .collect();
    assert_eq!(
        values,
        [
            "tries=Literal(Integer(3))",
            "note=Literal(Text(\"no\"))",
            "due=Literal(Date(2026-01-05))",
            "rx.axis=Literal(Null)"
        ]
    );
    check(
        "assign: {tries: '3'}",
        "SW-0414 ‹'3'› tries must be a whole number within ±2^53",
    );
    check("assign: {tries: null}", "SW-0414 ‹null› tries is required");
    check(
        "assign: {due: 2026-02-30}",
        "SW-0414 ‹2026-02-30› due must be a date such as 2026-01-05",
    );
    check(
        "assign: {note: 012}",
        "SW-0207 ‹012› `012` is text here; readers of YAML 1.1 (as octal) read 10",
    );
}

#[test]
fn computed_values_fit_their_field() {
    check("assign: {tries: \"{{ tries + 1 }}\", note: \"{{ tries }} times\"}", "");
    check(
        "assign: {tries: \"{{ note }}\"}",
        "SW-0414 ‹\"{{ note }}\"› this is text, and the field `tries` takes an integer",
    );
    check(
        "assign: {rx: \"{{ {'axis': today} }}\"}",
        "SW-0414 ‹\"{{ {'axis': today} }}\"› `axis` in it is a date, and the field `rx` takes an integer",
    );
    check("assign: {due: \"{{ today + days(3) }}\"}", "");
    check(
        "assign: {due: \"{{ now }}\"}",
        "SW-0414 ‹\"{{ now }}\"› this is an instant, and the field `due` takes a date",
    );
}

#[test]
fn fields_are_declared() {
    check("assign: {trys: 1}", "SW-0302 ‹trys› there is no field `trys`");
    check("assign: {rx.axs: 1}", "SW-0302 ‹axs› there is no field `axs`");
    check("assign: {note.x: 1}", "SW-0302 ‹note.x› `note` has no fields");
    check("put: {note: x}", "SW-0414 ‹note› `note` is not a list");
    check("put: {lines: {id: a, cuont: 1}}", "SW-0302 ‹cuont› there is no field `cuont`");
    check(
        "put: {lines: {count: 1}}",
        "SW-0208 ‹count› the item does not say which one it is: `id` is missing",
    );
    check("drop: {lines: a}", "");
}

#[test]
fn an_action_does_one_thing() {
    check("{if: tries > 1}", "SW-0212 ‹if› an action that does nothing");
    check(
        "{assign: {tries: 1}, raise: GO}",
        "SW-0212 ‹raise› an action does one thing, and this one has `assign` already",
    );
    check("{asign: {tries: 1}}", "SW-0201 ‹asign› unknown key `asign`");
}

#[test]
fn each_binds_its_items() {
    check("{each: lines, if: item.count is none, put: {names: \"{{ item.id }}\"}}", "");
    check("{each: line in lines, put: {names: \"{{ line.id }} {{ index }}\"}}", "");
    check(
        "{each: line in lines, put: {names: \"{{ item.id }}\"}}",
        "SW-0409 ‹item› there is no variable `item`",
    );
    check(
        "{each: tries in lines, put: {names: x}}",
        "SW-0304 ‹tries› `tries` is a name here already",
    );
    check(
        "{each: tries, put: {names: x}}",
        "SW-0414 ‹tries› this is an integer, and a list is needed",
    );
    check(
        "{each: line in lins, put: {names: x}}",
        "SW-0409 ‹lins› there is no variable `lins`",
    );
}

#[test]
fn sends_name_their_addressee() {
    let to = |to: &str| match first(&format!("send: {{to: {to}, event: GO, with: {{n: 1}}}}")) {
        Verb::Send(send) => match send.to {
            Addressee::Parent => format!("parent {}", send.id.as_deref().unwrap_or("")),
            Addressee::View(view) => view.source().to_owned(),
            Addressee::Instance { workflow, key } => format!("{workflow}/{}", key.source()),
        },
        other => panic!("a send, not {other:?}"),
    };
    assert_eq!(to("parent"), "parent go");
    assert_eq!(to("\"{{ parent }}\""), "{{ parent }}");
    assert_eq!(to("{workflow: lens, key: \"{{ note }}\"}"), "lens/{{ note }}");
    check(
        "send: {to: lens, event: GO}",
        "SW-0414 ‹lens› neither `parent` nor a view of an instance",
    );
    check(
        "send: {to: parent, event: go}",
        "SW-0205 ‹go› `go` is not an event's name in `UPPER_SNAKE`",
    );
    check("raise: {event: GOO}", "SW-0303 ‹GOO› no state answers to `GOO`");
}

#[test]
fn structures_are_folded_where_nothing_is_computed() {
    let Verb::Mark(marks) = first("mark: {used: {a: [1, x], b: {c: true}}, seen: {n: \"{{ tries }}\"}}") else {
        panic!("marks")
    };
    assert!(matches!(&marks[0].1, ValueTemplate::Literal(Value::Object(_))), "{marks:?}");
    assert!(matches!(&marks[1].1, ValueTemplate::Object(_)), "{marks:?}");
}

#[test]
fn a_word_that_reads_like_an_expression_asks_for_braces_or_quotes() {
    check(
        "assign: {note: tries}",
        "SW-0215 ‹tries› `tries` is text here, although it reads like an expression",
    );
    check("assign: {note: 'tries'}", "");
    check("assign: {note: machine}", "");
    check("mark: {m: {department: generating, cause: machine fault, key: key}}", "");
}
