//! Corrections are held to what an order is held to at its start.

use super::life::{Life, UNUSUAL};
use super::*;

/// A prescription for the right eye with this in it.
fn rx(of_right: &str) -> String {
    format!("{{\"rx\": {{\"right\": {{\"far_pd\": \"32\", {of_right}}}, \"left\": null}}, \"meant\": true}}")
}

const RULES: &[(&str, &str)] = &[
    (
        "\"sphere\": \"-2.00\", \"cylinder\": \"-1\", \"add\": \"2.00\"",
        "Axis is missing: right",
    ),
    (
        "\"sphere\": \"10.00\", \"cylinder\": \"8.25\", \"axis\": 1, \"add\": \"2.00\"",
        "Sphere and cylinder together make more than 18.00 D: right",
    ),
    (
        "\"sphere\": \"-2.00\", \"prism\": \"2.00\", \"add\": \"2.00\"",
        "Prism without its base direction: right",
    ),
    ("\"sphere\": \"-2.00\"", "progressive needs an add: right"),
    (
        "\"sphere\": \"-2.00\", \"near_pd\": \"32.1\", \"add\": \"2.00\"",
        "The near PD is larger than the far PD",
    ),
    (
        "\"sphere\": \"-2.00\", \"fitting_height\": \"34\", \"add\": \"2.00\"",
        "The fitting height does not lie within the frame's height of 34 mm",
    ),
];

fn check_rules(order: &mut Life<'_>, who: &str) {
    let before = order.leaves();
    for (of_right, refused) in RULES {
        assert_eq!(order.send(who, "CORRECT", &rx(of_right)), *refused);
    }
    let neither = "{\"rx\": {\"right\": null, \"left\": null}}";
    assert_eq!(order.send(who, "CORRECT", neither), "Neither eye has a prescription");
    let frame = "{\"frame\": {\"source\": \"lab_supply\", \"a_mm\": 60, \"b_mm\": 34, \"ed_mm\": 59, \"dbl_mm\": 18}}";
    assert_eq!(
        order.send(who, "CORRECT", frame),
        "The effective diameter of 59 mm is smaller than the frame"
    );
    assert_eq!(order.leaves(), before);
}

#[test]
fn the_edit_desk_takes_no_correction_that_no_order_would_begin_with() {
    let chart = lens_order();
    let mut order = Life::started(&chart, UNUSUAL);
    check_rules(&mut order, "nora:ecp@north");
    let corrected =
        rx("\"sphere\": \"-2.00\", \"cylinder\": \"0.75\", \"axis\": 300, \"add\": \"2.00\", \"fitting_height\": \"18\"");
    assert_eq!(order.send("nora:ecp@north", "CORRECT", &corrected), "taken");
    assert_eq!(
        (order.leaves(), order.right()),
        (IN_LAB.trim_end_matches(" []").into(), "-1.25 -0.75 30".into())
    );
}

#[test]
fn what_is_not_corrected_counts_as_it_was() {
    let chart = lens_order();
    let mut order = Life::started(
        &chart,
        &[
            UNUSUAL[0],
            ("progressive", "single-vision"),
            (", \"add\": \"2.00\", \"far_pd\": \"31.5\"", ", \"far_pd\": \"31.5\""),
        ],
    );
    let design = "{\"lens_design\": \"bifocal\"}";
    assert_eq!(order.send("eda:edit_desk", "CORRECT", design), "bifocal needs an add: left");
    assert_eq!(order.send("eda:edit_desk", "CORRECT", "{}"), "taken");
    assert_eq!(order.leaves(), HELD);
}

#[test]
fn a_correction_after_the_calculation_is_held_to_the_same_rules_and_stored_in_the_same_form() {
    let chart = lens_order();
    let mut order = Life::started(&chart, &[]);
    assert_eq!(
        order.design("{\"status\": 1, \"xstatus\": [{\"text\": \"no such blank\"}]}"),
        "taken"
    );
    assert_eq!(order.leaves(), "in_lab.work.calculation_hold in_lab.hold.released");
    check_rules(&mut order, "eda:edit_desk");
    let corrected =
        rx("\"sphere\": \"-2.00\", \"cylinder\": \"0.75\", \"axis\": 300, \"add\": \"2.00\", \"fitting_height\": \"18\"");
    assert_eq!(order.send("eda:edit_desk", "CORRECT", &corrected), "taken");
    assert_eq!(order.right(), "-1.25 -0.75 30");
}
