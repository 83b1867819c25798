//! Where tables and their rows stand: files beside the workflow, found by name, and files of comma-separated values.

use super::*;

pub(super) const TRIAGE: &str = "table: triage\ninputs: {age: {type: integer, minimum: 0}, note: optional string}\noutput: {level: integer}\nrows:\n  - {when: {age: '< 18'}, then: {level: 1}}\n  - {then: {level: 2}}\n";
pub(super) const UNITS: &str = "table: units\nkey: code\ncolumns: {code: string, beds: integer}\nrows:\n  - {code: icu, beds: 8}\n  - {code: er, beds: 20}\n";
pub(super) const FILES: [(&str, &str); 2] = [("triage.yaml", TRIAGE), ("tables/units.yaml", UNITS)];

#[test]
fn rows_may_stand_in_a_file_of_comma_separated_values() {
    let look_up = "table: t\nkey: code\ncolumns: {code: string, n: optional integer}\nrows_from: rows.csv\n";
    let beside = |rows: &str| told_beside(look_up, &[("rows.csv", rows)]);
    assert_eq!(beside("code,n\n012,1\n\"a,b\",\n"), "");
    assert_eq!(
        beside("code,n\nx,many\n"),
        "rows.csv SW-0903 ‹many› the value must be a whole number within ±2^53"
    );
    assert_eq!(
        beside("code,n\nx,1,2\n"),
        "rows.csv SW-0909 ‹x,1,2› the line has 3 cells, and the first one 2"
    );
    assert_eq!(
        beside("code,m\nx,1\ny,2\n"),
        "rows.csv SW-0903 ‹m› there is no column `m`",
        "once, whatever the number of rows"
    );
    assert_eq!(
        beside("code,n,code\nx,1,y\n"),
        "rows.csv SW-0909 ‹code› the column `code` is there twice"
    );
    assert_eq!(beside("code,n,\nx,1,\n"), "", "a comma at the end of each line");
    assert_eq!(told(look_up), "SW-0305 ‹rows.csv› there is no file `rows.csv`");
    let decision = "table: t\ninputs: {x: {type: integer, minimum: 0}}\noutput: {n: integer}\nrows_from: rows.csv\n";
    let beside = |rows: &str| told_beside(decision, &[("rows.csv", rows)]);
    assert_eq!(beside("x,if,n\n0..4,,1\n>= 5,x < 7,2\n>= 5,,{{ x }}\n"), "");
    assert_eq!(
        beside("x,iff,n\n0..4,,1\n>= 5,x < 7,2\n"),
        "rows.csv SW-0903 ‹iff› there is no column `iff`"
    );
    assert_eq!(
        beside("x,n\n0..4,1\n>= 6,2\n"),
        "SW-0905 ‹rows_from› no row answers when `x` is 5"
    );
}

#[test]
fn an_empty_cell_in_quotes_is_the_empty_text() {
    let look_up = "table: t\nkey: code\ncolumns: {code: string, unit: optional string}\nrows_from: rows.csv\ntests:\n  - {with: {code: a}, gives: {unit: ''}}\n  - {with: {code: b}, gives: {unit: null}}\n";
    assert_eq!(told_beside(look_up, &[("rows.csv", "code,unit\na,\"\"\nb,\n")]), "");
    let decision = "table: t\ninputs: {x: string}\noutput: {n: integer}\nrows_from: rows.csv\ntests:\n  - {with: {x: ''}, gives: {n: 1}}\n  - {with: {x: z}, gives: {n: 2}}\n";
    assert_eq!(told_beside(decision, &[("rows.csv", "x,n\n\"\",1\n,2\n")]), "");
}

#[test]
fn a_table_belongs_to_the_definition_that_names_it() {
    let source =
        "workflow: w\ndata: {age: integer, unit: {type: string, table: units}}\nlet: {x: \"decide('triage', age=age).level\"}\n";
    let (sources, first) = compiled(source, &FILES);
    assert_eq!(concise(&sources, &first.diagnostics), "");
    let (bundle, chart) = (
        first.bundle.expect("a workflow has a bundle"),
        first.chart.expect("it has no fault"),
    );
    let files: Vec<&str> = bundle.files.keys().map(|path| &**path).collect();
    assert_eq!(files, ["tables/units.yaml", "triage.yaml", "w.yaml"]);
    let other = TRIAGE.replace("< 18", "< 19");
    let (_, second) = compiled(source, &[("triage.yaml", &other), FILES[1]]);
    assert_ne!(chart.definition, second.chart.expect("it has no fault").definition);
    let mut again = Sources::new();
    let main = again.add("w.yaml", source);
    let third = compile(&mut again, main, &bundle);
    assert_eq!(third.chart.expect("a bundle compiles by itself").definition, chart.definition);
}

#[test]
fn a_table_is_found_by_its_name_in_one_place() {
    let source = "workflow: w\nlet: {x: \"table('units', 'icu')\"}\n";
    assert_eq!(
        told_beside(source, &[("units.yaml", UNITS), ("tables/units.yaml", UNITS)]),
        "SW-0304 ‹'units'› there are two tables `units`: `units.yaml` and `tables/units.yaml`"
    );
    assert_eq!(
        told_beside(source, &[("units.yaml", TRIAGE)]),
        "SW-0406 ‹table('units', 'icu')› `triage` decides: ask it by `decide('triage', …)`\n\
         units.yaml SW-0304 ‹triage› the file is that of the table `units`, and calls itself `triage`"
    );
    assert_eq!(
        told_beside(
            source,
            &[(
                "units.yaml",
                "table: units\nkey: code\ncolumns: {code: {type: string, table: units}}\nrows: []\n"
            )]
        ),
        "units.yaml SW-0306 ‹units› the table `units` names itself"
    );
    assert_eq!(
        told_beside("workflow: w\nlet: {x: \"table('../units', 'icu')\"}\n", &FILES),
        "SW-0902 ‹'../units'› there is no table `../units`"
    );
}

#[test]
fn whoever_asks_for_a_table_is_none() {
    let source = "workflow: units\nlet: {x: \"table('units', 'icu')\"}\n";
    let told_of = |main: &str, source: &str, others: &[(&str, &str)]| {
        let files = Files(
            others
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
        );
        let mut sources = Sources::new();
        let main = sources.add(main, source);
        let compiled = compile(&mut sources, main, &files);
        concise(&sources, &compiled.diagnostics)
    };
    let both = [("lab/units.yaml", source), ("lab/tables/units.yaml", UNITS)];
    assert_eq!(told_of("lab/units.yaml", source, &both), "");
    assert!(told_of("lab/units.yaml", source, &both[..1]).contains("there is no table `units`"));
    // a table in the folder of tables names one that stands beside the workflows
    let rooms =
        "table: rooms\nkey: code\ncolumns: {code: string, unit: {type: string, table: units}}\nrows: [{code: a, unit: icu}]\n";
    assert_eq!(told_of("lab/tables/rooms.yaml", rooms, &[("lab/units.yaml", UNITS)]), "");
    assert_eq!(
        told_of("lab/tables/rooms.yaml", rooms, &[("lab/tables/units.yaml", UNITS)]),
        ""
    );
    assert!(told_of("lab/rooms.yaml", rooms, &[("units.yaml", UNITS)]).contains("there is no table `units`"));
    // and one that names itself is told so, wherever it is looked at from
    let circle = "table: w\nkey: code\ncolumns: {code: {type: string, table: w}}\nrows: []\n";
    assert_eq!(told(circle), "SW-0306 ‹w› the table `w` names itself");
}
