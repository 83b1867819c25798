//! Views and portals beside the workflows that they show.

use super::*;

const ORDER: &str = "workflow: order
data: {code: {type: string, index: true}, place: {type: object, properties: {street: string}}, who: {type: optional string, phi: true}, sum: optional decimal}
let: {worth: sum | default(0)}
start: {by: [clerk], input: [code, place]}
access: [{for: [clerk, boss]}, {for: [guest], show: [code, place]}]
sla: {answer: {during: [open], target: 2d}}
initial: open
states:
  open: {on: {PAY: {target: paid, by: [clerk], input: {slip: string}}, MARK: {by: [boss]}}}
  paid: {on: {BOOKED: {target: closed, by: [{adapter: bank}]}}}
  closed: {type: final}
";

const BOARD: &str = "view: orders
for: [clerk, boss]
kind: board
of: order
where: {code: A}
in: [open, paid]
columns: [code, place.street, worth, label, {field: sla.answer.due, title: Until}]
lanes: [open, {title: Done, in: [paid, closed]}]
sort: [{by: sum, descending: true}]
actions: [PAY]
scan: slip
";

const TASKS: &str = "view: todo\nfor: [clerk]\nkind: list\nof: tasks\nwhere: {workflow: order}\ncolumns: [title, due]\n";

const DESK: &str = "portal: desk\nfor: [clerk]\nhome: orders\npages: [orders, {view: todo, title: To do}, {start: order, title: New}]\nbrand: {name: The desk}\n";

fn beside(source: &str) -> String {
    told_beside(
        source,
        &[("order.yaml", ORDER), ("orders.yaml", BOARD), ("views/todo.yaml", TASKS)],
    )
}

fn replaced(source: &str, part: &str, by: &str) -> String {
    assert!(source.contains(part), "{part}");
    beside(&source.replace(part, by))
}

#[test]
fn what_a_view_names_is_there() {
    assert_eq!(beside(BOARD), "");
    let check = |part: &str, by: &str, expected: &str| assert_eq!(replaced(BOARD, part, by), expected, "{by}");
    check("of: order", "of: ordr", "SW-0305 ‹ordr› there is no workflow `ordr`");
    check(
        "[code, place.street",
        "[cod, place.street",
        "SW-0302 ‹cod› `order` has no field `cod`",
    );
    check(
        "place.street",
        "place.town",
        "SW-0302 ‹place.town› `order` has no field `place.town`",
    );
    check(
        "sla.answer.due",
        "sla.anser.due",
        "SW-0302 ‹sla.anser.due› there is no clock `anser`",
    );
    check("by: sum", "by: summ", "SW-0302 ‹summ› `order` has no field `summ`");
    check(
        "where: {code: A}",
        "where: {cod: A}",
        "SW-0302 ‹cod› `order` has no field `cod`",
    );
    check(
        "where: {code: A}",
        "where: {sum: 1}",
        "SW-0309 ‹sum› `order` is found by no field `sum`",
    );
    check(
        "where: {code: A}",
        "where: {who: A}",
        "SW-0309 ‹who› `order` is found by no field `who`",
    );
    check("in: [open, paid]", "in: [opn, paid]", "SW-0301 ‹opn› there is no state `opn`");
    check("lanes: [open", "lanes: [opne", "SW-0301 ‹opne› there is no state `opne`");
    check(
        "in: [paid, closed]",
        "in: [payd, closed]",
        "SW-0301 ‹payd› there is no state `payd`",
    );
    check(
        "actions: [PAY]",
        "actions: [PAYD, PAY]",
        "SW-0209 ‹PAYD› there is no event that people send `PAYD`",
    );
    check(
        "actions: [PAY]",
        "actions: [PAY, BOOKED]",
        "SW-0209 ‹BOOKED› nobody whom this view is for may send `BOOKED`",
    );
    check("scan: slip", "scan: slp", "SW-0302 ‹slp› `order` has no field `slp`");
}

#[test]
fn whom_a_view_is_for_is_shown_what_stands_in_it() {
    let check = |part: &str, by: &str, expected: &str| assert_eq!(replaced(BOARD, part, by), expected, "{by}");
    check(
        "for: [clerk, boss]",
        "for: [clerc, clerk]",
        "SW-0209 ‹clerc› `order` shows `clerc` nothing: no rule of its `access` names the role",
    );
    check(
        "for: [clerk, boss]",
        "for: [boss]",
        "SW-0209 ‹PAY› nobody whom this view is for may send `PAY`",
    );
    check("for: [clerk, boss]", "for: [{user: ann}]", "");
    let guests = "view: g\nfor: [guest]\nkind: list\nof: order\ncolumns: [code, place.street, label]\n";
    assert_eq!(beside(guests), "");
    assert_eq!(
        beside(&guests.replace("label", "sum")),
        "SW-0302 ‹sum› `sum` is not shown to `guest`: the `access` of `order` leaves it out"
    );
}

#[test]
fn each_kind_of_view_has_what_it_needs() {
    let lanes = "lanes: [open, {title: Done, in: [paid, closed]}]\n";
    assert_eq!(replaced(BOARD, lanes, ""), "SW-0208 ‹board› a board needs `lanes` or `group`");
    assert_eq!(
        replaced(BOARD, "kind: board", "kind: list"),
        "SW-0211 ‹lanes› `lanes` is for a board, and this view is a list"
    );
    let chart = "view: c\nfor: [boss]\nkind: chart\nof: order\ngroup: code\nmeasure: {sum: sum}\n";
    assert_eq!(beside(chart), "");
    assert_eq!(
        replaced(chart, "measure: {sum: sum}\n", ""),
        "SW-0208 ‹chart› a chart needs `measure`"
    );
    assert_eq!(
        replaced(chart, "{sum: sum}", "{sum: sun}"),
        "SW-0302 ‹sun› `order` has no field `sun`"
    );
    assert_eq!(
        replaced(chart, "group: code", "group: cod"),
        "SW-0302 ‹cod› `order` has no field `cod`"
    );
    assert_eq!(beside(TASKS), "");
    assert_eq!(
        replaced(TASKS, "[title, due]", "[titel, due]"),
        "SW-0302 ‹titel› there is no column of tasks `titel`"
    );
    assert_eq!(
        replaced(TASKS, "where: {workflow", "where: {workflw"),
        "SW-0302 ‹workflw› there is no such choice of tasks `workflw`"
    );
    assert_eq!(
        beside(&format!("{TASKS}in: [open]\n")),
        "SW-0211 ‹in› `in` is for the instances of a workflow, and this view is of tasks"
    );
}

#[test]
fn what_a_portal_names_is_there_and_for_whoever_enters() {
    assert_eq!(beside(DESK), "");
    let check = |part: &str, by: &str, expected: &str| assert_eq!(replaced(DESK, part, by), expected, "{by}");
    check("home: orders", "home: ordres", "SW-0209 ‹ordres› there is no page `ordres`");
    check(
        "pages: [orders,",
        "pages: [orders, odrers,",
        "SW-0305 ‹odrers› there is no view `odrers`",
    );
    check("{view: todo", "{view: tood", "SW-0305 ‹tood› there is no view `tood`");
    check("{start: order", "{start: oder", "SW-0305 ‹oder› there is no workflow `oder`");
    check(
        "{start: order,",
        "{",
        "SW-0208 ‹{ title: New}› a page needs `view` or `start`",
    );
    check(
        "{start: order,",
        "{start: order, view: orders,",
        "SW-0211 ‹order› a page is a view or a start form",
    );
    check(
        "for: [clerk]",
        "for: [boss]",
        "SW-0209 ‹todo› the view `todo` is for nobody who enters this portal\nSW-0209 ‹order› the start of `order` is for nobody who enters this portal",
    );
}

#[test]
fn a_view_in_a_folder_of_views_finds_workflows_beside_that_folder() {
    let told_of = |main: &str, source: &str, files: &[(&str, &str)]| {
        let files = Files(
            files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
        );
        let mut sources = Sources::new();
        let main = sources.add(main, source);
        let compiled = compile(&mut sources, main, &files);
        concise(&sources, &compiled.diagnostics)
    };
    let files = [
        ("lab/order.yaml", ORDER),
        ("lab/views/orders.yaml", BOARD),
        ("lab/views/todo.yaml", TASKS),
    ];
    assert_eq!(told_of("lab/views/orders.yaml", BOARD, &files), "");
    assert_eq!(told_of("lab/portals/desk.yaml", DESK, &files), "");
    assert!(told_of("lab/other/orders.yaml", BOARD, &files).contains("there is no workflow `order`"));
    // what is wrong with a workflow is told where it stands, and not once more here
    let broken = ORDER.replace("target: paid", "target: payd");
    assert_eq!(told_of("lab/views/orders.yaml", BOARD, &[("lab/order.yaml", &broken)]), "");
}

/// Nothing is drawn yet, so that it is their shape that is held.
#[test]
fn what_is_only_drawn_is_read() {
    let view = BOARD.replace("for: [clerk, boss]", "title: V\ndescription: D\nfor: [clerk, boss]");
    let portal = DESK
        .replace("for: [clerk]", "title: P\ndescription: E\nfor: [clerk]")
        .replace("{name: The desk}", "{name: N, logo: L, colour: C}");
    assert_eq!((beside(&view).as_str(), beside(&portal).as_str()), ("", ""));
    let check = |file: &str, part: &str, by: &str, code: &str| {
        let said = replaced(file, part, by);
        assert!(said.starts_with(code), "{by}: {said}");
    };
    for part in ["title: V", "description: D", "title: Until", "title: Done"] {
        let (key, value) = part.split_once(' ').expect("a key and its value");
        check(&view, part, &format!("{key} [{value}]"), "SW-0202");
    }
    check(&view, "descending: true", "descending: perhaps", "SW-0204");
    for part in ["title: P", "description: E", "title: New", "name: N", "logo: L", "colour: C"] {
        let (key, value) = part.split_once(' ').expect("a key and its value");
        check(&portal, part, &format!("{key} [{value}]"), "SW-0202");
    }
    check(&portal, "brand: {name: N, logo: L, colour: C}", "brand: N", "SW-0202");
}
