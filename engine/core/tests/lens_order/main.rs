//! A lens order: each rule with what passes, what fails, and where the boundary lies. Here its entry; what comes after in modules.
//!
//! The workflow is the one that ships; it is compiled and stepped, nothing stands in for anything but the practice.

mod access;
mod correction;
mod inspection;
mod life;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Sources, concise};
use statewright_core::identity::{InputKey, InstanceId};
use statewright_core::lang::{Resolver, compile};
use statewright_core::step::{
    Actor, ActorKind, Fact, Facts, Input, InputKind, Outcome, Refusal, StartInput, Stepped, Verdict, step,
};
use statewright_core::value::{Object, Value, interface, json};

struct Folder(PathBuf);

impl Resolver for Folder {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        std::fs::read_to_string(self.0.join(path)).ok().map(Arc::from)
    }
}

fn lens_order() -> Chart {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../workflows/lab");
    let text = std::fs::read_to_string(folder.join("lens-order.yaml")).expect("the workflow ships");
    let mut sources = Sources::new();
    let main = sources.add("lens-order.yaml", text);
    let compiled = compile(&mut sources, main, &Folder(folder));
    assert_eq!(concise(&sources, &compiled.diagnostics), "");
    compiled.chart.expect("a workflow without a problem has a chart")
}

/// An order that passes every rule and is unusual in nothing.
const ORDER: &str = r#"{
    "order_no": "A-1001", "practice": "north", "patient": "P. Example", "lens_design": "progressive", "meant": true,
    "rx": {
        "right": {"sphere": "-2.00", "cylinder": "-0.75", "axis": 90, "add": "2.00", "far_pd": "32", "fitting_height": "18"},
        "left": {"sphere": "-1.50", "cylinder": "0", "add": "2.00", "far_pd": "31.5", "fitting_height": "18"}
    },
    "frame": {"source": "frame_enclosed", "a_mm": "52", "b_mm": "34", "ed_mm": "56", "dbl_mm": "18"}
}"#;

/// Starts the order with parts of it replaced.
fn started(chart: &Chart, changes: &[(&str, &str)], practice: &str) -> Outcome {
    let mut order = ORDER.to_owned();
    for (from, to) in changes {
        assert_eq!(order.matches(from).count(), 1, "`{from}` stands in the order once");
        order = order.replace(from, to);
    }
    let payload = json::read(&order).expect("the order is JSON");
    let mut actor = Actor::plain(ActorKind::Person, "opt");
    actor.roles = vec!["ecp".into()];
    actor.organisation = Some("north".into());
    let start = StartInput {
        key: "A-1001".into(),
        number: None,
        payload: payload.as_object().cloned().unwrap_or_default(),
        parent: None,
        default_zone: "UTC".into(),
        secret: Some([7; 32]),
    };
    let input = Input {
        signed: None,
        key: Some(InputKey::of(&["test"])),
        actor,
        reason: None,
        kind: InputKind::Start(Box::new(start)),
    };
    let now: Timestamp = "2026-03-26T08:00:00Z".parse().expect("a moment");
    match step(chart, None, &input, &facts(practice), now) {
        Ok(Stepped::Done(outcome)) => *outcome,
        other => panic!("{changes:?}: {other:?}"),
    }
}

/// Where the order is after its start and what was found unusual, or why it is refused.
fn entered(chart: &Chart, changes: &[(&str, &str)], practice: &str) -> String {
    let outcome = started(chart, changes, practice);
    if let Verdict::Refused(refusals) = &outcome.verdict {
        return refused(refusals);
    }
    let warnings = outcome.next.data.get("warnings");
    let warnings = warnings.map(interface::to_interface).unwrap_or_default();
    format!("{} {warnings}", leaves(chart, &outcome))
}

fn refused(refusals: &[Refusal]) -> String {
    let line = |refusal: &Refusal| match &refusal.field {
        Some(field) => format!("{field} {}", refusal.sentence),
        None => refusal.sentence.clone(),
    };
    refusals.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn leaves(chart: &Chart, outcome: &Outcome) -> String {
    let active = outcome.next.active.iter();
    let active = active.filter_map(|state| chart.states.get(usize::from(state.0)));
    let leaves = active.filter(|state| state.children.is_empty());
    leaves.map(|state| &*state.path).collect::<Vec<_>>().join(" ")
}

/// Sphere, cylinder and axis of the right eye.
fn right(outcome: &Outcome) -> String {
    let rx = outcome.next.data.get("rx").and_then(|rx| rx.field("right"));
    let rx = rx.cloned().unwrap_or(Value::Null);
    let shown = ["sphere", "cylinder", "axis"].map(|name| rx.field(name).map(interface::to_interface).unwrap_or_default());
    shown.join(" ").replace('"', "")
}

/// The practice as the order sees it, none for an empty word; and a lot of blanks.
fn facts(practice: &str) -> Facts {
    let view = match practice {
        "" => Value::Null,
        label => Value::from_fields(Object::from([
            (
                "data".into(),
                Value::from_fields(Object::from([("may_order".into(), Value::Boolean(label == "Approved"))])),
            ),
            ("label".into(), label.into()),
        ])),
    };
    let mut facts = Facts::default();
    for key in ["north", "south"] {
        let fact = Fact {
            instance: InstanceId::of("practice", key),
            sequence: u64::from(!view.is_null()),
            view: view.clone(),
        };
        facts.views.insert(("ordering".into(), key.into()), fact);
    }
    let lot = Fact {
        instance: InstanceId::of("material-lot", "L-1"),
        sequence: 1,
        view: Value::from_fields(Object::from([
            ("label".into(), "Available".into()),
            ("states".into(), Value::from_items(vec!["available".into()])),
        ])),
    };
    facts.views.insert(("scanned".into(), "L-1".into()), lot);
    facts
}

/// Both the desk and the practice look at it.
const HELD: &str = "validation_hold.unusual validation_hold.asked_back";

const IN_LAB: &str = "in_lab.work.lens_calculation in_lab.hold.released []";

fn check_all(cases: &[(&[(&str, &str)], &str)]) {
    let chart = lens_order();
    for (changes, expected) in cases {
        assert_eq!(entered(&chart, changes, "Approved"), *expected, "{changes:?}");
    }
}

fn held(finding: &str) -> String {
    format!("{HELD} [\"{finding}\"]")
}

#[test]
fn an_ordinary_order_goes_straight_to_the_lab() {
    check_all(&[(&[], IN_LAB)]);
}

#[test]
fn only_an_approved_practice_orders_and_only_for_itself() {
    let chart = lens_order();
    assert_eq!(entered(&chart, &[], ""), "There is no practice north");
    assert_eq!(entered(&chart, &[], "Suspended"), "north may not order: Suspended");
    assert_eq!(
        entered(&chart, &[("\"practice\": \"north\"", "\"practice\": \"south\"")], "Approved"),
        "You order for north, not for south"
    );
}

#[test]
fn powers_have_steps_and_bounds() {
    check_all(&[
        (
            &[("\"-2.00\"", "\"-25.00\""), ("progressive", "single-vision")],
            &held("sphere of 12.00 D or more: lenticular?"),
        ),
        (&[("\"-2.00\"", "\"-25.25\"")], "rx.right.sphere must be at least -25"),
        (&[("\"-2.00\"", "\"18.00\"")], &held("sphere of 12.00 D or more: lenticular?")),
        (&[("\"-2.00\"", "\"18.25\"")], "rx.right.sphere must be at most 18"),
        (&[("\"-2.00\"", "\"-2.10\"")], "rx.right.sphere must be a multiple of 0.25"),
        (&[("\"-2.00\"", "\"-11.75\"")], IN_LAB),
        (&[("\"-0.75\"", "\"-3.75\"")], IN_LAB),
        (&[("\"-0.75\"", "\"-4.00\"")], &held("cylinder of 4.00 D or more")),
        (&[("\"-0.75\"", "\"-10.25\"")], "rx.right.cylinder must be at least -10"),
    ]);
}

#[test]
fn an_axis_is_needed_exactly_where_there_is_a_cylinder() {
    check_all(&[
        (&[("\"axis\": 90", "\"axis\": null")], "Axis is missing: right"),
        (
            &[("\"cylinder\": \"0\"", "\"cylinder\": \"0\", \"axis\": 5")],
            &held("axis without cylinder"),
        ),
        (&[("\"axis\": 90", "\"axis\": 0")], IN_LAB),
        (&[("\"axis\": 90", "\"axis\": 360")], IN_LAB),
        (&[("\"axis\": 90", "\"axis\": 361")], "rx.right.axis must be at most 360"),
        (
            &[("\"axis\": 90", "\"axis\": 1.5")],
            "rx.right.axis must be a whole number within ±2^53",
        ),
    ]);
}

#[test]
fn an_add_belongs_to_designs_that_have_one() {
    let right_add = |add: &'static str| [("-0.75\", \"axis\": 90, \"add\": \"2.00\"", add)];
    check_all(&[
        (&right_add("-0.75\", \"axis\": 90"), "progressive needs an add: right"),
        (
            &right_add("-0.75\", \"axis\": 90, \"add\": \"0.25\""),
            &held("add outside 0.50 to 4.00 D"),
        ),
        (&right_add("-0.75\", \"axis\": 90, \"add\": \"0.50\""), IN_LAB),
        (&right_add("-0.75\", \"axis\": 90, \"add\": \"4.00\""), IN_LAB),
        (
            &right_add("-0.75\", \"axis\": 90, \"add\": \"4.25\""),
            &held("add outside 0.50 to 4.00 D"),
        ),
        (
            &right_add("-0.75\", \"axis\": 90, \"add\": \"4.75\""),
            "rx.right.add must be at most 4.50",
        ),
    ]);
}

#[test]
fn prism_has_a_direction_and_a_lot_of_it_a_question() {
    let prism = |prism: &'static str| [("\"axis\": 90,", prism)];
    check_all(&[
        (
            &prism("\"axis\": 90, \"prism\": \"0.50\","),
            "Prism without its base direction: right",
        ),
        (&prism("\"axis\": 90, \"prism\": \"0\","), IN_LAB),
        (&prism("\"axis\": 90, \"prism\": \"3.00\", \"prism_base\": 90,"), IN_LAB),
        (
            &prism("\"axis\": 90, \"prism\": \"3.25\", \"prism_base\": 90,"),
            &held("prism above 3 D needs the prescriber"),
        ),
    ]);
}

#[test]
fn distances_and_heights_fit_the_face_and_the_frame() {
    check_all(&[
        (&[("\"32\"", "\"28\"")], IN_LAB),
        (&[("\"32\"", "\"27.9\"")], &held("far PD outside 28 to 38 mm")),
        (&[("\"32\"", "\"38\"")], IN_LAB),
        (&[("\"32\"", "\"38.1\"")], &held("far PD outside 28 to 38 mm")),
        (&[("\"32\"", "\"32\", \"near_pd\": \"32\"")], IN_LAB),
        (
            &[("\"32\"", "\"32\", \"near_pd\": \"32.1\"")],
            "The near PD is larger than the far PD",
        ),
        (&[("\"b_mm\": \"34\"", "\"b_mm\": \"28\"")], IN_LAB),
        (
            &[("\"b_mm\": \"34\"", "\"b_mm\": \"27\"")],
            &held("frame too shallow for the corridor"),
        ),
        (
            &[("\"b_mm\": \"34\"", "\"b_mm\": \"18\"")],
            "The fitting height does not lie within the frame's height of 18 mm",
        ),
        (
            &[("\"b_mm\": \"34\"", "\"b_mm\": \"18.5\"")],
            &held("frame too shallow for the corridor"),
        ),
    ]);
}

#[test]
fn a_frame_has_bounds_and_a_diameter_that_holds_it() {
    check_all(&[
        (&[("\"ed_mm\": \"56\"", "\"ed_mm\": \"52\"")], IN_LAB),
        (
            &[("\"ed_mm\": \"56\"", "\"ed_mm\": \"51.9\"")],
            "The effective diameter of 51.9 mm is smaller than the frame",
        ),
        (
            &[("\"a_mm\": \"52\"", "\"a_mm\": \"29.9\"")],
            "frame.a_mm must be at least 30",
        ),
        (
            &[("\"dbl_mm\": \"18\"", "\"dbl_mm\": \"30.5\"")],
            "frame.dbl_mm must be at most 30",
        ),
        (&[("\"dbl_mm\": \"18\"", "\"dbl_mm\": \"30\", \"wrap\": 15")], IN_LAB),
        (
            &[("\"dbl_mm\": \"18\"", "\"dbl_mm\": \"30\", \"wrap\": 16")],
            &held("wrap above 15 degrees needs a wrap design"),
        ),
    ]);
}

#[test]
fn everything_wrong_with_a_form_is_told_at_once() {
    let changes: &[(&str, &str)] = &[
        ("\"-2.00\"", "\"-2.10\""),
        ("\"axis\": 90", "\"axs\": 90"),
        ("\"order_no\": \"A-1001\"", "\"order_no\": \"a\""),
    ];
    let expected = "order_no must match the pattern `^[A-Z0-9][A-Z0-9-]{2,19}$`; rx.right.sphere must be a multiple of 0.25; \
                    rx.right.axs is not a field here; is `axis` meant?";
    check_all(&[(changes, expected)]);
}

#[test]
fn a_prescription_is_kept_in_minus_cylinder_form_with_its_axis_from_1_to_180() {
    let chart = lens_order();
    let right = |changes: &[(&str, &str)]| right(&started(&chart, changes, "Approved"));
    assert_eq!(right(&[]), "-2.00 -0.75 90");
    assert_eq!(right(&[("\"-0.75\"", "\"0.75\"")]), "-1.25 -0.75 180");
    assert_eq!(
        right(&[("\"-0.75\"", "\"0.75\""), ("\"axis\": 90", "\"axis\": 100")]),
        "-1.25 -0.75 10"
    );
    assert_eq!(right(&[("\"axis\": 90", "\"axis\": 0")]), "-2.00 -0.75 180");
    assert_eq!(right(&[("\"axis\": 90", "\"axis\": 181")]), "-2.00 -0.75 1"); // a cylinder written as plus turns by 90 degrees, round the end of the scale as well
    for (written, kept) in [("0", "90"), ("1", "91"), ("271", "1"), ("360", "90")] {
        let axis = format!("\"axis\": {written}");
        let changes = [("\"-0.75\"", "\"0.75\""), ("\"axis\": 90", axis.as_str())];
        assert_eq!(right(&changes), format!("-1.25 -0.75 {kept}"), "{written}");
    }
}

#[test]
fn a_plus_cylinder_does_not_carry_the_sphere_over_its_limit() {
    let powers = |sphere: &'static str| [("\"-2.00\"", sphere), ("\"-0.75\"", "\"10.00\"")];
    check_all(&[
        (
            &powers("\"8.00\""),
            &format!("{HELD} [\"cylinder of 4.00 D or more\",\"sphere of 12.00 D or more: lenticular?\"]"),
        ),
        (
            &powers("\"8.25\""),
            "Sphere and cylinder together make more than 18.00 D: right",
        ),
    ]);
}
