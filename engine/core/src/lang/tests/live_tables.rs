//! Tables that change without a deployment: what of them belongs to a definition, where they can be asked, and which version fits.

use super::*;
use crate::chart::{Table, TableVersion};

const PRICES: &str = "# what the house takes\ntable: prices\ntitle: Prices\nlive: true\nkey: code\ncolumns: {code: string, price: {type: decimal, minimum: 0}, kind: {enum: [single, 'two, or more']}, note: optional string}\nrows:\n  - {code: SV, price: 19.90, kind: single}\ntests:\n  - {with: {code: SV}, gives: {price: 19.90}}\n";
const ORDER: &str = "workflow: w\ndata: {code: string}\nlet: {row: \"table('prices', code)\", cost: row.price}\n";

fn definition(prices: &str) -> Compiled {
    let (sources, compiled) = compiled(ORDER, &[("tables/prices.yaml", prices)]);
    assert_eq!(concise(&sources, &compiled.diagnostics), "", "{prices}");
    compiled
}

fn version(source: &str) -> TableVersion {
    let (sources, compiled) = compiled(source, &[]);
    assert_eq!(concise(&sources, &compiled.diagnostics), "", "{source}");
    compiled.table.expect("it is a live table")
}

#[test]
fn of_a_live_table_the_definition_has_the_declaration_alone() {
    let first = definition(PRICES);
    let bundle = first.bundle.expect("a workflow has a bundle");
    let expected = "{table: prices, live: true, key: code, columns: {code: string, price: {type: decimal, minimum: 0}, kind: {enum: [single, \"two, or more\"]}, note: \"optional string\"}}\n";
    assert_eq!(bundle.files.get("tables/prices.yaml").map(|text| &**text), Some(expected));
    assert_eq!(first.live_tables, ["tables/prices.yaml".into()]);
    let hash = |prices: &str| definition(prices).chart.map(|chart| chart.definition);
    let own = first.chart.map(|chart| chart.definition);
    // rows, tests, titles and remarks are nothing to it
    assert_eq!(hash(&PRICES.replace("19.90", "21.50")), own);
    assert_eq!(
        hash(
            &PRICES
                .replace("Prices", "What it costs")
                .replace("# what the house takes\n", "")
        ),
        own
    );
    assert_eq!(hash(&PRICES.replace("code: string", "code:   string")), own);
    assert_ne!(
        hash(&PRICES.replace("note: optional string", "note: optional string, weight: optional integer")),
        own
    );
    // the bundle is read again as it stands
    let mut again = Sources::new();
    let main = again.add("w.yaml", ORDER);
    let third = compile(&mut again, main, &bundle);
    assert_eq!(concise(&again, &third.diagnostics), "");
    assert_eq!(third.bundle, Some(bundle));
    assert_eq!(third.chart.map(|chart| chart.definition), own);
}

#[test]
fn a_table_that_is_not_live_belongs_to_the_definition_as_before() {
    let pinned = PRICES.replace("live: true", "live: false");
    let first = definition(&pinned);
    assert_eq!(first.live_tables, Vec::<std::sync::Arc<str>>::new());
    let files = first.bundle.expect("a workflow has a bundle").files;
    assert_eq!(files.get("tables/prices.yaml").map(|text| &**text), Some(&*pinned));
    let (_, alone) = compiled(&pinned, &[]);
    assert!(
        alone.table.is_none() && alone.bundle.is_none(),
        "it is deployed with who asks it"
    );
}

#[test]
fn a_version_is_the_digest_of_the_files_of_the_table() {
    let from = PRICES.replace(
        "rows:\n  - {code: SV, price: 19.90, kind: single}\n",
        "rows_from: prices.csv\n",
    );
    let of = |rows: &str| compiled(&from, &[("prices.csv", rows)]).1;
    let (first, second) = (
        of("code,price,kind\nSV,19.90,single\n"),
        of("code,price,kind\nSV,19.90,single\nPG,1,single\n"),
    );
    let bundle = first.bundle.clone().expect("a live table has a bundle");
    assert_eq!(bundle.files.len(), 2);
    let (first, second) = (first.table.expect("it is live"), second.table.expect("it is live"));
    assert_eq!(first.version, bundle.digest());
    assert_ne!(first.version, second.version);
    // and whoever asks it never reads the rows
    let (sources, asking) = compiled(ORDER, &[("prices.yaml", &from)]);
    assert_eq!(concise(&sources, &asking.diagnostics), "");
    assert_eq!(asking.bundle.map(|bundle| bundle.files.len()), Some(2));
}

#[test]
fn a_live_table_is_checked_as_any_other_when_it_is_deployed_itself() {
    let missing = told(&PRICES.replace("price: 19.90, kind", "kind"));
    assert!(missing.starts_with("SW-0903"), "{missing}");
    let failing = told(&PRICES.replace("gives: {price: 19.90}", "gives: {price: 1}"));
    assert!(failing.starts_with("SW-0908"), "{failing}");
    let gap = told(
        "table: t\nlive: true\ninputs: {x: {type: integer, minimum: 0}}\noutput: {y: integer}\nrows: [{when: {x: '> 3'}, then: {y: 1}}]\n",
    );
    assert!(gap.starts_with("SW-0905"), "{gap}");
}

#[test]
fn a_live_table_is_asked_by_type_as_its_declaration_says() {
    let beside = |source: &str| told_beside(source, &[("prices.yaml", PRICES)]);
    assert_eq!(
        beside("workflow: w\nlet: {x: \"table('prices', 'SV').weight\"}\n"),
        "SW-0410 ‹weight› `table('prices', 'SV')` has no field `weight`"
    );
    let decided = beside("workflow: w\nlet: {x: \"decide('prices', code='SV')\"}\n");
    assert!(decided.contains("ask it by `table('prices', key)`"), "{decided}");
}

#[test]
fn a_live_table_is_refused_where_none_can_be_handed_in() {
    let beside = |rest: &str| {
        let source = format!(
            "workflow: w\ndata: {{code: string, n: optional integer}}\nlet: {{row: \"table('prices', code)\", cost: row.price}}\n{rest}"
        );
        told_beside(&source, &[("prices.yaml", PRICES)])
    };
    let asked = "is asked for without a step, and a live table is handed to steps alone";
    assert!(beside("title: \"{{ cost }}\"\n").contains(&format!("what the instance is called {asked}")));
    assert!(beside("key: \"{{ code }}-{{ table('prices', code).price }}\"\n").contains(&format!("the key {asked}")));
    let labelled = beside("initial: a\nstates:\n  a: {label: \"{{ cost }}\"}\n");
    assert!(labelled.contains(&format!("what customers see {asked}")), "{labelled}");
    let planned = beside(
        "start: {by: [{schedule: s}], input: [code]}\nschedules: {s: {cron: '0 6 * * *', start: {with: {code: \"{{ table('prices', 'SV').kind }}\"}}}}\n",
    );
    assert!(planned.contains(&format!("what a schedule does {asked}")), "{planned}");
    assert_eq!(
        beside("start: {by: [staff], input: [code], guard: cost > 1}\n"),
        "",
        "a step is handed it"
    );
    let source = "workflow: w\ndata: {code: {type: string, table: prices}}\n";
    assert_eq!(
        told_beside(source, &[("prices.yaml", PRICES)]),
        "SW-0917 ‹prices› `prices` is live, and what a field may hold belongs to the definition"
    );
    let collecting = "table: t\nlive: true\nmode: collect\ninputs: {x: boolean}\noutput: {all: {from: all, of: ok}}\nrows: [{then: {ok: true}}]\n";
    assert!(told(collecting).starts_with("SW-0917 ‹mode›"), "{}", told(collecting));
    let asking = "workflow: w\nlet: {x: \"decide('t', x=true).all\"}\n";
    assert!(told_beside(asking, &[("t.yaml", collecting)]).contains("SW-0917"));
}

#[test]
fn others_do_not_see_what_a_live_table_said() {
    let chart = definition(PRICES).chart.expect("it has no fault");
    assert!(!chart.is_public_let("row") && !chart.is_public_let("cost"));
    let pinned = definition(&PRICES.replace("live: true", "live: false"))
        .chart
        .expect("it has no fault");
    assert!(pinned.is_public_let("row") && pinned.is_public_let("cost"));
}

/// What a definition that was deployed with the first of two tables counts on, and the second does not keep.
fn broken(declared: &str, now: &str) -> String {
    let look_up = |columns: &str| format!("table: t\nlive: true\nkey: code\ncolumns: {{code: string, {columns}}}\nrows: []\n");
    let decision = |said: &str| {
        let (inputs, output) = said.split_once(" -> ").expect("inputs and output");
        format!("table: t\nlive: true\ninputs: {{{inputs}}}\noutput: {{{output}}}\nrows: [{{then: {{y: 1}}}}]\n")
    };
    let table = |said: &str| -> Table {
        let source = if said.contains(" -> ") {
            decision(said)
        } else {
            look_up(said)
        };
        version(&source).table
    };
    table(declared).broken_by(&table(now)).join("; ")
}

#[test]
fn a_version_fits_where_it_takes_at_least_as_much_and_gives_at_most_what_it_gave() {
    for (declared, now) in [
        ("price: decimal", "price: decimal"),
        ("price: decimal", "weight: integer, price: {type: decimal, scale: 2}"),
        ("price: optional decimal", "price: decimal"),
        ("price: optional decimal", "weight: integer"),
        ("kind: {enum: [a, b]}", "kind: {enum: [b]}"),
        ("n: {type: integer, minimum: 0}", "n: {type: integer, minimum: 1, maximum: 5}"),
        ("x: integer -> y: integer", "x: integer, z: optional string -> y: integer"),
        ("x: {type: integer, minimum: 0} -> y: integer", "x: integer -> y: integer"),
        ("x: {enum: [a]} -> y: integer", "x: {enum: [a, b]} -> y: integer"),
        ("x: integer -> y: integer", "x: optional integer -> y: integer"),
        (
            "x: {type: object, properties: {a: integer}} -> y: integer",
            "x: {type: object, properties: {a: integer, b: optional integer}} -> y: integer",
        ),
    ] {
        assert_eq!(broken(declared, now), "", "{declared} ⇒ {now}");
    }
}

#[test]
fn what_a_version_breaks_is_told() {
    for (declared, now, told) in [
        ("price: decimal", "weight: integer", "it gives no `price` any more"),
        ("price: decimal", "price: optional decimal", "its `price` may be empty now"),
        (
            "price: decimal",
            "price: string",
            "its `price` may be something else: it is text, and a decimal is wanted",
        ),
        (
            "kind: {enum: [a, b]}",
            "kind: {enum: [a, c]}",
            "its `kind` may be something else: `c` is not among its values",
        ),
        (
            "kind: {enum: [a, b]}",
            "kind: string",
            "its `kind` may be something else: only some values are wanted, and it is not limited to these",
        ),
        (
            "n: {type: integer, minimum: 0}",
            "n: integer",
            "its `n` may be something else: its limits are other ones",
        ),
        (
            "n: {type: decimal, scale: 2}",
            "n: {type: decimal, scale: 3}",
            "its `n` may be something else: its limits are other ones",
        ),
        (
            "x: integer -> y: integer",
            "z: optional integer -> y: integer",
            "it has no input `x` any more",
        ),
        (
            "x: integer -> y: integer",
            "x: integer, z: integer -> y: integer",
            "it needs an input `z`, which nobody gives it",
        ),
        (
            "x: optional integer -> y: integer",
            "x: integer -> y: integer",
            "its input `x` is needed now",
        ),
        (
            "x: integer -> y: integer",
            "x: {type: integer, maximum: 9} -> y: integer",
            "its input `x` takes less: its limits are other ones",
        ),
        (
            "x: {enum: [a, b]} -> y: integer",
            "x: {enum: [a]} -> y: integer",
            "its input `x` takes less: `b` is not among its values",
        ),
        (
            "x: string -> y: integer",
            "x: {type: string, phi: true} -> y: integer",
            "its input `x` is personal now, and would stand in the trail",
        ),
        (
            "x: {type: object, properties: {a: integer, b: integer}} -> y: integer",
            "x: {type: object, properties: {a: integer}} -> y: integer",
            "its input `x` takes less: a field `b` is not wanted",
        ),
        (
            "x: {type: list, items: integer} -> y: integer",
            "x: {type: list, items: {type: integer, maximum: 9}} -> y: integer",
            "its input `x` takes less: `[]`: its limits are other ones",
        ),
        ("x: integer -> y: integer", "n: integer", "it decides no more"),
        ("n: integer", "x: integer -> y: integer", "it is looked up no more"),
    ] {
        assert_eq!(broken(declared, now), told, "{declared} ⇒ {now}");
    }
    let keyed = |key: &str, kind: &str| {
        let source = format!("table: t\nlive: true\nkey: {key}\ncolumns: {{a: {kind}, b: string}}\nrows: []\n");
        version(&source).table
    };
    assert_eq!(
        keyed("a", "string").broken_by(&keyed("b", "string")),
        ["its key is `b`, no more `a`"]
    );
    assert!(
        keyed("a", "string")
            .broken_by(&keyed("a", "integer"))
            .contains(&"its key is an integer, no more text".to_owned())
    );
}
