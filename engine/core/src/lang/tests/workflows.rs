//! The workflow as a whole: names, reads, start, the bundle.

use super::*;
use crate::identity::Digest;
use crate::lang::{Bundle, LETS_MAX};

#[test]
fn no_two_things_have_one_name() {
    let source = "workflow: w\ndata: {a: string, now: string}\nlet: {a: 1, b: 2}\nreads: {b: {workflow: x, key: y}}\n";
    let expected = "SW-0304 ‹now› `now` is a word of the language\n\
                    SW-0304 ‹a› `a` is the name of a field already\n\
                    SW-0304 ‹b› `b` is the name of a read already";
    assert_eq!(told(source), expected);
}

#[test]
fn there_are_only_so_many_values_and_a_long_chain_of_them_is_read() {
    let chain = |length: usize| {
        let lines: String = (1..length).map(|at| format!("  l{at}: l{} + 1\n", at - 1)).collect();
        told(&format!("workflow: w\nlet:\n  l0: 1\n{lines}"))
    };
    assert_eq!(chain(LETS_MAX), "");
    let surplus = format!("SW-0217 ‹l{LETS_MAX}› the workflow has more than {LETS_MAX} `let` values");
    assert_eq!(chain(LETS_MAX + 1), surplus);
}

#[test]
fn values_may_rest_on_one_another_in_any_order_and_not_in_a_circle() {
    assert_eq!(told("workflow: w\nlet: {a: b + 1, b: c + 1, c: 1, d: a == 3}\n"), "");
    assert_eq!(
        told("workflow: w\nlet: {a: b ~ 'x', b: today, c: a == 3}\n"),
        "SW-0411 ‹a == 3› `a` is text and `3` is an integer, which `==` does not compare"
    );
    assert_eq!(
        told("workflow: w\nlet: {a: b, b: a, c: a}\n"),
        "SW-0306 ‹a› `a` is made of itself\nSW-0306 ‹b› `b` is made of itself"
    );
}

#[test]
fn a_read_notes_what_is_asked_of_its_view() {
    let source = "
workflow: w
data: {lot: optional string}
reads:
  lot_now: {workflow: material-lot, key: \"{{ lot }}\"}
  scanned: {workflow: material-lot, key: \"{{ event.lot }}\"}
  whole: {workflow: material-lot, key: x}
  unasked: {workflow: material-lot, key: x}
let: {usable: \"lot_now.data.usable and 'available' in lot_now.states\"}
states:
  a:
    on:
      SCAN: {by: [x], input: {lot: string}, guard: {if: scanned is not none, otherwise: \"No {{ event.lot }}\"}}
      TELL: {actions: [{send: {to: \"{{ whole }}\", event: X}}]}
";
    let chart = chart(source);
    let paths: Vec<String> = chart
        .reads
        .values()
        .map(|read| {
            format!(
                "{}: {}",
                read.name,
                read.paths.iter().map(|path| path.join(".")).collect::<Vec<_>>().join(" ")
            )
        })
        .collect();
    assert_eq!(
        paths,
        ["lot_now: data.usable states", "scanned: ", "unasked: ", "whole: key workflow"]
    );
}

#[test]
fn a_read_by_key_names_both() {
    let check = |read: &str, expected: &str| assert_eq!(told(&format!("workflow: w\nreads: {{r: {read}}}\n")), expected);
    check("{workflow: x}", "SW-0208 ‹r› the read `r` needs `key`");
    check("{workflow: x, where: {a: b}, in: [c], limit: 3, take: count}", "");
    check(
        "{marks: failed, where: {lot: a}, since: \"{{ now - days(90) }}\", take: {sum: n}, one_per: instance}",
        "",
    );
    check("{workflow: x, keys: [a, b]}", "");
    check("{where: {a: b}}", "SW-0208 ‹r› the read `r` needs `workflow`");
    check("{workflow: x, in: [c]}", "SW-0208 ‹r› the read `r` finds by states alone");
    check(
        "{workflow: x, key: y, take: count}",
        "SW-0211 ‹take› `take` does not go with the way in which this read finds",
    );
    check(
        "{workflow: x, where: {a: b}, since: \"{{ now }}\"}",
        "SW-0211 ‹since› `since` is for marks: an instance has no one moment",
    );
    check(
        "{marks: failed, where: {lot: a}, since: 30d}",
        "SW-0202 ‹30d› `30d` is text: `since` takes a moment",
    );
    check(
        "{marks: failed, where: {lot: a}, since: \"{{ days(30) }}\"}",
        "SW-0414 ‹\"{{ days(30) }}\"› this is a duration, and a moment or a day is needed",
    );
    check("{workflow: x, where: {a: b}, exact: true, take: count}", "");
    check(
        "{workflow: x, key: y, exact: true}",
        "SW-0211 ‹exact› `exact` is for `where`: what is read by key is compared in the commit anyway",
    );
    check(
        "{marks: failed, where: {a: b}, exact: true}",
        "SW-0211 ‹exact› `exact` is for instances: marks and tasks are as they were when they were looked for",
    );
    check(
        "{marks: failed, in: [c]}",
        "SW-0211 ‹in› `in` is for instances: marks and tasks are in no state",
    );
    check(
        "{workflow: x, key: \"{{ lot }}\"}",
        "SW-0409 ‹lot› there is no variable `lot`",
    );
    assert_eq!(
        told("workflow: w\nreads: {r: {workflow: x, key: y}}\nlet: {a: r.dta.x}\n"),
        "SW-0410 ‹dta› `r` has no field `dta`"
    );
}

#[test]
fn tasks_are_found_by_whom_they_are_for_and_who_holds_them() {
    let check = |read: &str, expected: &str| assert_eq!(told(&format!("workflow: w\nreads: {{r: {read}}}\n")), expected);
    check(
        "{tasks: open, where: {role: nurse, unit: [W3, W4]}, order: due, limit: 9}",
        "",
    );
    check("{workflow: x, tasks: held, where: {holder: ada}, take: count}", "");
    check("{tasks: open}", "SW-0208 ‹r› the read `r` finds by nothing");
    check(
        "{tasks: open, where: {rol: nurse}}",
        "SW-0302 ‹rol› tasks are found by no field `rol`",
    );
    check(
        "{tasks: open, where: {role: a}, key: x}",
        "SW-0211 ‹tasks› `tasks` does not go with the way in which this read finds",
    );
    check(
        "{tasks: open, marks: m, where: {role: nurse}}",
        "SW-0211 ‹tasks› `tasks` does not go with the way in which this read finds",
    );
    check(
        "{tasks: open, where: {role: nurse}, since: \"{{ now }}\"}",
        "SW-0211 ‹since› `since` is for marks: what is open is open, since whenever",
    );
    check(
        "{tasks: open, where: {role: nurse}, exact: true}",
        "SW-0211 ‹exact› `exact` is for instances: marks and tasks are as they were when they were looked for",
    );
    let asked = "workflow: w\nreads: {r: {tasks: open, where: {role: nurse}}}\nlet: {a: r | map(item.holdr)}\n";
    assert_eq!(told(asked), "SW-0410 ‹holdr› `item` has no field `holdr`");
}

#[test]
fn a_start_sees_the_record_filled_in() {
    let source = "workflow: w\ndata: {name: string, rush: {type: boolean, default: false}}\nstart: {by: [x], input: [name, optional rush], guard: [{if: name != '' and not rush, otherwise: No}, event.rush]}\n";
    let chart = chart(source);
    assert_eq!((chart.start.guards.len(), chart.start.form.writes.len()), (2, 2));
    assert_eq!(
        told(&source.replace("[name,", "[nme,")),
        "SW-0302 ‹nme› there is no field `nme`"
    );
}

#[test]
fn a_clock_says_when_it_runs_and_what_happens() {
    let source = |clock: &str, rest: &str| {
        format!(
            "workflow: w\ndata: {{x: {{type: boolean, default: false}}}}\nsla: {{a: {clock}}}\nlet: {{u: {rest}}}\ninitial: x\nstates: {{x: {{on: {{GO: y}}}}, y: {{type: final}}}}\n"
        )
    };
    let check = |clock: &str, rest: &str, expected: &str| assert_eq!(told(&source(clock, rest)), expected, "{clock}");
    check("{during: [x], target: 3d, escalate: [{at: 80%, to: [y]}]}", "sla.a.due", "");
    check(
        "{during: [z], target: 3d}",
        "sla.a.due",
        "SW-0301 ‹z› there is no state `z` here or further out",
    );
    check("{during: [x]}", "1", "SW-0208 ‹during› a clock needs `target`");
    check(
        "{during: [x], target: \"{{ x }}\"}",
        "1",
        "SW-0414 ‹\"{{ x }}\"› this is a boolean, and a duration is needed",
    );
    check("{during: [x], target: 3d}", "sla.b.due", "SW-0410 ‹b› there is no clock `b`");
    check(
        "{during: [x], target: 3d, escalate: [{at: 80%, while: unclaimed, to: [y]}]}",
        "1",
        "SW-0211 ‹while› a clock is claimed by nobody: this is for tasks",
    );
}

#[test]
fn what_is_not_built_is_still_read_to_the_letter() {
    let source = "workflow: w\nstates:\n  a:\n    on: {GO: {by: [x], sign: {menas: x}}}\n    task: {title: \"{{ x + }}\", due: 3 days, prioriti: high, escalate: [{at: 80, to: [b], via: [fax]}]}\n";
    let expected = "\
SW-0201 ‹menas› unknown key `menas`
SW-0208 ‹menas› a signature needs `means`
SW-0208 ‹title› a task needs `for`
SW-0401 ‹+› unexpected end of input, expected expression
SW-0210 ‹3 days› not a duration: `days` is written `d`
SW-0201 ‹prioriti› unknown key `prioriti`
SW-0210 ‹80› `80` is not a share of the target
SW-0209 ‹fax› `fax` is none of the words known here";
    assert_eq!(told(source), expected);
}

#[test]
fn the_first_key_names_the_kind() {
    assert_eq!(
        told("calendar: x\nzone: Europe/Berlin\nhors: {}\n"),
        "SW-0201 ‹hors› unknown key `hors`"
    );
    assert_eq!(told("titel: x\n"), "SW-0218 ‹titel› `titel` is no kind of file");
    assert_eq!(told(""), "SW-0218 ‹› the file holds no definition");
    assert_eq!(
        told("schema: eye\ntype: integer\n").as_str(),
        "",
        "a schema is read for its own sake, too"
    );
}

#[test]
fn the_definition_is_the_digest_of_its_files() {
    let eye = ("schemas/eye.yaml", "schema: eye\ntype: integer\n");
    let source = "workflow: w\ndata: {eye: {$ref: schemas/eye.yaml}}\n";
    let (_, first) = compiled(source, &[eye]);
    let bundle = first.bundle.expect("a workflow has a bundle");
    let definition = first.chart.expect("nothing is wrong").definition;
    assert_eq!(definition, Digest::of(bundle.canonical().as_bytes()));
    let (_, changed) = compiled(source, &[("schemas/eye.yaml", "schema: eye\ntype: decimal\n")]);
    assert_ne!(changed.chart.expect("nothing is wrong").definition, definition);

    let again = Bundle::read(&bundle.canonical()).expect("a bundle is read back");
    let mut sources = Sources::new();
    let main = sources.add(again.main.clone(), again.files[&again.main].clone());
    let recompiled = compile(&mut sources, main, &again);
    assert_eq!(recompiled.chart.expect("the bundle is whole").definition, definition);
}

#[test]
fn a_name_is_made_of_a_few_single_values_of_its_own() {
    let check = |called: &str, expected: &str| {
        let data = "{family: {type: optional string, phi: true}, born: optional date, notes: {type: list, items: string}, home: {type: object, properties: {town: string}}}";
        let source = format!("workflow: w\ndata: {data}\nlet: {{old: born is none}}\ncalled: [{called}]\n");
        assert_eq!(told(&source), expected, "{called}");
    };
    check("family, born", "");
    check("famly", "SW-0302 ‹famly› there is no field `famly`");
    check("old", "SW-0302 ‹old› there is no field `old`");
    check(
        "notes",
        "SW-0414 ‹notes› `notes` is no part of a name: it is not a single value",
    );
    check(
        "family, home",
        "SW-0414 ‹home› `home` is no part of a name: it is not a single value",
    );
    let many = "family, born, family, born, family, born";
    check(many, "SW-0217 ‹born› a name has more than 5 fields");
    let chart = chart("workflow: w\ndata: {a: string, b: string}\ncalled: [b, a]\n");
    assert_eq!(chart.called.iter().map(|name| &**name).collect::<Vec<_>>(), ["b", "a"]);
}
