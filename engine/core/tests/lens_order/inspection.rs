//! The final inspection: measured powers against what was designed, each band with its edges (ANSI Z80.1).

use super::life::Life;
use super::*;

/// The way from the design to the final inspection.
const WAY: &[(&str, &str, &str)] = &[
    ("sten:stock_room", "SCAN_BLANK", "{\"lot\": \"L-1\"}"),
    ("sten:stock_room", "SCAN_TRAY", "{\"tray\": \"12\"}"),
    ("sula:surfacing", "BLOCKED", "{}"),
    ("sula:surfacing", "GENERATED", "{}"),
    ("sula:surfacing", "POLISHED", "{}"),
    ("sula:surfacing", "ENGRAVED", "{}"),
    ("sula:surfacing", "DEBLOCKED", "{}"),
    ("inge:inspector", "SURFACE_PASSED", "{}"),
    ("coby:coating", "HARD_COATED", "{}"),
    ("coby:coating", "AR_COATED", "{}"),
    ("inge:inspector", "COATING_PASSED", "{}"),
    ("finn:finishing", "EDGED", "{}"),
    ("finn:finishing", "MOUNTED", "{}"),
];

/// What is said of a right lens that was to have this cylinder and axis and was measured so.
fn inspected(chart: &Chart, designed: (&str, &str), measured: (&str, &str)) -> String {
    let mut order = Life::started(chart, &[]);
    let eye = format!(
        "\"sphere\": \"-2.00\", \"cylinder\": \"{}\", \"axis\": {}",
        designed.0, designed.1
    );
    let design = format!("{{\"status\": 0, \"xstatus\": [], \"inspection\": {{\"right\": {{{eye}}}, \"left\": null}}}}");
    assert_eq!(order.design(&design), "taken", "{designed:?}");
    for (who, event, with) in WAY {
        assert_eq!(order.send(who, event, with), "taken", "{event}");
    }
    let eye = format!(
        "\"sphere\": \"-2.00\", \"cylinder\": \"{}\", \"axis\": {}",
        measured.0, measured.1
    );
    order.send(
        "inge:inspector",
        "PASS",
        &format!("{{\"measured\": {{\"right\": {{{eye}}}}}}}"),
    )
}

#[test]
fn the_axis_is_held_to_the_band_of_its_cylinder() {
    let chart = lens_order();
    let off = "Axis outside tolerance: right";
    for (cylinder, within, without) in [
        ("-0.12", "24", "25"),
        ("-0.25", "24", "25"),
        ("-0.26", "17", "18"),
        ("-0.50", "17", "18"),
        ("-0.51", "15", "16"),
        ("-0.75", "15", "16"),
        ("-0.76", "13", "14"),
        ("-1.50", "13", "14"),
        ("-1.51", "12", "13"),
        ("-3.00", "12", "13"),
    ] {
        let inspected = |axis| inspected(&chart, (cylinder, "\"10\""), (cylinder, axis));
        assert_eq!(
            (inspected(within), inspected(without)),
            ("taken".into(), off.into()),
            "{cylinder}"
        );
    }
    // the scale is a circle: 179 and 1 are two degrees apart
    assert_eq!(inspected(&chart, ("-2.00", "\"179.5\""), ("-2.00", "1")), "taken");
    assert_eq!(inspected(&chart, ("-2.00", "\"179.5\""), ("-2.00", "2")), off);
}

#[test]
fn an_axis_is_measured_where_there_is_one() {
    let chart = lens_order();
    assert_eq!(
        inspected(&chart, ("-0.75", "\"10\""), ("-0.75", "null")),
        "Axis not measured: right"
    );
    assert_eq!(inspected(&chart, ("-0.11", "\"10\""), ("-0.11", "null")), "taken");
    assert_eq!(inspected(&chart, ("-0.11", "\"10\""), ("-0.11", "90")), "taken");
    assert_eq!(inspected(&chart, ("0", "null"), ("0", "null")), "taken");
}

#[test]
fn cylinder_is_held_to_its_own_band() {
    let chart = lens_order();
    let inspected = |measured| inspected(&chart, ("-2.00", "\"10\""), (measured, "10"));
    assert_eq!(inspected("-2.16"), "taken");
    assert_eq!(inspected("-2.17"), "Cylinder outside tolerance: right");
}
