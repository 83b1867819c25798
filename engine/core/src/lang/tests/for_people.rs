//! Keys that say something to people and change nothing of what happens: they are kept where they are shown, or at least read.

use super::*;
use crate::field::Fields;
use crate::time::parse_duration;

fn published(fields: &Fields) -> String {
    fields.json_schema(None)
}

#[test]
fn fields_are_published_with_what_people_read() {
    let of = |field: &str| {
        published(
            &chart(&format!(
                "workflow: w\ndata: {{f: {field}}}\ninitial: a\nstates: {{a: {{}}}}\n"
            ))
            .data,
        )
    };
    let plain = of("{type: integer}");
    let check = |key: &str, published: &str| {
        let with = of(&format!("{{type: integer, {key}}}"));
        assert!(with.contains(published) && !plain.contains(published), "{key}: {with}");
    };
    check("label: How many", r#""title":"How many""#);
    check("title: How many", r#""title":"How many""#);
    check("help: Count them", r#""description":"Count them""#);
    check("description: Count them", r#""description":"Count them""#);
    check("unit: mm", r#""x-unit":"mm""#);
    let reference = of("{type: ref, workflow: tray}");
    assert!(reference.contains(r#""x-workflow":"tray""#), "{reference}");
}

#[test]
fn roles_and_units_are_kept_as_their_file_says() {
    let file = "roles:
  clerk: {title: Clerk}
  boss: {title: The boss, second_factor: true, session: 30m}
units: {east: {title: East wing, organisation: house}, west: {}}
";
    let (sources, compiled) = compiled(file, &[]);
    assert_eq!(concise(&sources, &compiled.diagnostics), "");
    let roles = compiled.roles.expect("nothing is wrong with it").roles;
    let (clerk, boss) = (&roles.roles["clerk"], &roles.roles["boss"]);
    assert_eq!(
        (clerk.title.as_deref(), boss.title.as_deref()),
        (Some("Clerk"), Some("The boss"))
    );
    assert_eq!((clerk.second_factor, boss.second_factor), (false, true));
    assert_eq!((clerk.session, boss.session), (None, parse_duration("30m").ok()));
    let (east, west) = (&roles.units["east"], &roles.units["west"]);
    assert_eq!((east.title.as_deref(), west.title.as_deref()), (Some("East wing"), None));
    assert_eq!(
        (east.organisation.as_deref(), west.organisation.as_deref()),
        (Some("house"), None)
    );
}

/// Nothing is kept of them, so that it is their shape that is held: they are known, and are texts, or a list.
#[test]
fn what_is_for_the_reader_alone_is_read() {
    let table = "table: t\ntitle: T\nkey: a\ncolumns: {a: string}\nrows: [{a: x}]\n";
    let contract =
        "adapter: press\ntitle: P\ndescription: D\nactions: {run: {description: R}}\nevents: {DONE: {description: E}}\n";
    let state = "workflow: w\ndata: {f: {type: string, examples: [a, b]}}\ninitial: a\nstates: {a: {description: S}}\n";
    for file in [table, contract, state] {
        assert_eq!(told(file), "");
    }
    let check = |file: &str, part: &str, by: &str| {
        assert!(file.contains(part), "{part}");
        let said = told(&file.replace(part, by));
        let wanted = if by.ends_with(' ') { "SW-0206" } else { "SW-0202" };
        assert!(said.starts_with(wanted), "{by}: {said}");
    };
    check(table, "title: T", "title: [T]");
    check(contract, "title: P", "title: [P]");
    check(contract, "description: D", "description: [D]");
    check(contract, "description: R", "description: [R]");
    check(contract, "description: E", "description: [E]");
    check(state, "description: S", "description: [S]");
    check(state, "examples: [a, b]", "examples: a");
}
