//! Personal data does not reach what cannot be erased.

use super::table_files::FILES;
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
        "what an adapter is given",
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
fn it_is_indexed_by_whole_values_that_stand_by_themselves() {
    let told_of = |field: &str| told(&format!("workflow: w\ndata: {{x: {field}}}\n"));
    for fits in ["string", "date", "integer", "{enum: [a, b]}"] {
        let field = match fits.strip_prefix('{') {
            Some(rest) => format!("{{phi: true, index: true, {rest}"),
            None => format!("{{phi: true, index: true, type: {fits}}}"),
        };
        assert_eq!(told_of(&field), "", "{field}");
    }
    let message =
        "SW-0604 ‹index› personal data is indexed by whole values: a field of text, a date or a number that stands by itself";
    for field in [
        "{type: list, items: string, phi: true, index: true}",
        "{type: object, properties: {a: optional string}, phi: true, index: true}",
        "{type: object, properties: {a: {type: string, phi: true, index: true}}}",
        "{type: file, phi: true, index: true}",
    ] {
        assert_eq!(told_of(field), message, "{field}");
    }
}

#[test]
fn it_is_looked_for_in_personal_fields_alone() {
    check("reads: {same: {workflow: w, where: {plain: \"{{ patient }}\"}}}", "");
    check(
        "reads: {marked: {marks: m, where: {plain: \"{{ patient }}\"}}}",
        "what a read looks for, which is kept in the trail",
    );
    check(
        "reads: {held: {tasks: held, where: {holder: \"{{ patient }}\"}}}",
        "what a read looks for, which is kept in the trail",
    );
}

#[track_caller]
fn told_is(source: &str, expected: &str) {
    assert_eq!(told(source), expected, "{source}");
}

#[test]
fn a_row_found_by_personal_data_says_it_again_in_its_key_alone() {
    let told_of = |value: &str| {
        let source = format!(
            "workflow: w\ndata: {{unit: {{type: string, phi: true}}, note: optional string}}\nentry: [{{assign: {{note: \"{{{{ {value} }}}}\"}}}}]\n"
        );
        told_beside(&source, &FILES)
    };
    let refused = |value: &str| told_of(value).starts_with("SW-0604");
    assert!(
        refused("table('units', unit).code"),
        "{}",
        told_of("table('units', unit).code")
    );
    assert!(refused(
        "table('units', unit) | keys | join('') ~ table('units', unit)['code']"
    ));
    assert_eq!(told_of("table('units', unit).beds ~ ''"), "");
    assert_eq!(told_of("table('units', 'icu').code"), "");
}

#[test]
fn what_a_table_says_itself_is_nobodys_data() {
    told_is(
        "table: t\ninputs: {x: {type: integer, phi: true}}\noutput: {n: {type: integer, phi: true}}\nrows: [{then: {n: 1}}]\n",
        "SW-0604 ‹phi› `n` is what the table answers: it stands in the definition, and cannot be personal data",
    );
    told_is(
        "table: t\nkey: a\ncolumns: {a: string, b: {type: string, phi: true}}\nrows: []\n",
        "SW-0604 ‹phi› `b` is a column: it stands in the definition, and cannot be personal data",
    );
}

#[test]
fn what_a_table_repeats_of_a_person_stays_personal() {
    let told_of = |table: &str| {
        let source = "workflow: w\ndata: {age: {type: integer, phi: true}, level: optional string}\ninitial: a\nstates:\n  a: {on: {GO: {by: [x], actions: [{assign: {level: \"{{ decide('triage', age=age).text }}\"}}]}}}\n";
        let (sources, compiled) = compiled(source, &[("triage.yaml", table)]);
        let inputs = compiled.chart.map(|chart| format!("{:?}", chart.tables.personal_inputs));
        format!("{}{}", concise(&sources, &compiled.diagnostics), inputs.unwrap_or_default())
    };
    let table = |text: &str| {
        format!("table: triage\ninputs: {{age: integer}}\noutput: {{text: string}}\nrows:\n  - {{then: {{text: \"{text}\"}}}}\n")
    };
    assert_eq!(told_of(&table("old")), "{(\"triage\", \"age\")}");
    assert!(
        told_of(&table("aged {{ age }}")).contains("SW-0604"),
        "{}",
        told_of(&table("aged {{ age }}"))
    );
    // an input that is personal by its declaration, whatever it is given
    let source = "workflow: w\ndata: {age: integer, level: optional string}\nentry: [{assign: {level: \"{{ decide('triage', age=age).text }}\"}}]\n";
    let table = table("aged {{ age }}");
    assert_eq!(told_beside(source, &[("triage.yaml", &table)]), "");
    let personal = table.replace("age: integer", "age: {type: integer, phi: true}");
    assert!(told_beside(source, &[("triage.yaml", &personal)]).starts_with("SW-0604"));
}
