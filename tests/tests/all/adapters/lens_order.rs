//! A lens order, from the practice's file to the carrier.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use statewright_simulators::{Behaviour, LogEntry};
use statewright_tests::database::{Database, Dialect};
use statewright_tests::environment;
use statewright_tests::program;
use statewright_tests::repository;
use statewright_tests::site::{Settings, Site};
use statewright_tests::wait;

use super::staff::{Staff, texts};

/// The way through the lab: who does what, and who may not.
const WAY: &[(&str, &str, &str)] = &[
    ("sten", "SCAN_BLANK", "sula"),
    ("sten", "SCAN_TRAY", "finn"),
    ("sula", "BLOCKED", "coby"),
    ("sula", "GENERATED", "sten"),
    ("sula", "POLISHED", "inge"),
    ("sula", "ENGRAVED", "opal"),
    ("sula", "DEBLOCKED", "mara"),
    ("inge", "SURFACE_PASSED", "sula"),
    ("coby", "HARD_COATED", "sula"),
    ("coby", "AR_COATED", "inge"),
    ("inge", "COATING_PASSED", "coby"),
    ("finn", "EDGED", "coby"),
    ("finn", "MOUNTED", "sten"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_order_from_a_file_is_shipped_on_sqlite() {
    ship(Dialect::Sqlite, &own_file(), Settings::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_from_a_file_is_shipped_on_postgres() {
    ship(Dialect::Postgres, &own_file(), Settings::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_from_a_real_lab_file_is_shipped_on_sqlite() {
    if let Some(file) = real_file() {
        ship(Dialect::Sqlite, &file, Settings::default()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_from_a_real_lab_file_is_shipped_on_postgres() {
    if let Some(file) = real_file() {
        ship(Dialect::Postgres, &file, Settings::default()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_failing_and_doubled_answers_make_one_design_and_one_shipment() {
    let design = Behaviour {
        slow_ms: 300,
        fail_first: 1,
        answer_twice: true,
        ..Behaviour::default()
    };
    let carrier = Behaviour {
        slow_ms: 300,
        fail_first: 1,
        answer_twice: true,
        ..Behaviour::default()
    };
    ship(
        Dialect::Sqlite,
        &own_file(),
        Settings {
            design,
            carrier,
            ..Settings::default()
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_hang_or_drop_after_the_effect_make_one_design_and_one_shipment() {
    let design = Behaviour {
        drop_first: 2,
        ..Behaviour::default()
    };
    let carrier = Behaviour {
        hang_first: 1,
        drop_first: 1,
        status: 500,
        ..Behaviour::default()
    };
    ship(
        Dialect::Postgres,
        &own_file(),
        Settings {
            design,
            carrier,
            ..Settings::default()
        },
    )
    .await;
}

fn own_file() -> String {
    repository::root().join("tests/fixtures/order.oma").display().to_string()
}

/// Of the third-party inputs; none where they are absent, which is said aloud.
fn real_file() -> Option<String> {
    let path = environment::corpus().join("oma/R360_3.oma");
    if !path.is_file() {
        // Straight to the stream: what `println!` writes is kept from whoever runs a test that passes.
        let words = format!(
            "SKIPPED: {} is not there; set STATEWRIGHT_CORPUS to the folder of the third-party files\n",
            path.display()
        );
        let _ = std::io::stderr().write_all(words.as_bytes());
        return None;
    }
    Some(path.display().to_string())
}

async fn ship(dialect: Dialect, file: &str, settings: Settings) {
    let attempts_least = |behaviour: &Behaviour| behaviour.fail_first + behaviour.hang_first + behaviour.drop_first + 1;
    let attempts = (attempts_least(&settings.design), attempts_least(&settings.carrier));
    let site = Site::open(Database::create(dialect).await, settings).await;
    for stock in ["calendars/lab-hours", "tables/failure-limits", "material-lot"] {
        site.deploy(&format!("workflows/lab/{stock}.yaml")).await;
    }
    site.deploy("workflows/lab/practice.yaml").await;
    site.deploy("workflows/lab/lens-order.yaml").await;
    let node = site.start("lab").await;
    let staff = Staff::hire(&site, &node.url()).await;
    approve_practice(&staff).await;
    let lot = json!({"lot_no": "B-1067", "supplier": "blanks-inc", "description": "blanks", "quantity": 100});
    assert_eq!(staff.start("sten", "material-lot", lot).await.status, 201);

    let order = order(&site, &node.url(), file).await;
    confirm_what_is_unusual(&staff, &order).await;
    wait_for(&staff, &order, "in_lab.work.stock_room.blank_pick").await;
    go_the_way(&staff, &order).await;
    inspect(&staff, &order).await;
    wait_for(&staff, &order, "shipped").await;

    let shown = staff.show("opal", &order).await;
    assert_eq!(shown["label"], "Shipped");
    let (design, carrier) = (site.design.log(), site.carrier.log());
    done_once(&design, attempts.0);
    done_once(&carrier, attempts.1);
    let request = carrier[0].request.as_ref().expect("it was asked for");
    assert_eq!(format!("lens-order/{}", request["order"].as_str().unwrap_or_default()), order);
    let tracking = &carrier[0].answer.as_ref().expect("it was answered").body["tracking"];
    assert_eq!(
        (&shown["data"]["tracking"], &shown["data"]["carrier"]),
        (tracking, &json!("Plover Parcels"))
    );
    node.stop().await;
    site.prove().await;
}

async fn approve_practice(staff: &Staff) {
    let practice = json!({"code": "north", "name": "North Street Opticians", "address_ref": "A-77"});
    let started = staff.start("carl", "practice", practice).await;
    assert_eq!(started.status, 201, "{}", started.body);
    assert_eq!(
        staff.try_to("carl", "practice/north", "APPROVE", json!({})).await.status,
        403,
        "not by customer service"
    );
    assert_eq!(staff.send("mara", "practice/north", "APPROVE", json!({})).await, ["approved"]);
}

/// As the practice does it: with the command line, through the server, in its own name.
async fn order(site: &Site, url: &str, file: &str) -> String {
    let made = site.run(&["token", "create", "opal:ecp@north", "--json"]).await;
    let token = made.json()["token"].as_str().expect("a token is text").to_owned();
    let arguments = [
        "start",
        "lens-order",
        "--from-dcs",
        file,
        "--with",
        "practice=north",
        "--with",
        "frame.source=frame_enclosed",
        // one eye of the third-party order has plus and the other minus
        "--with",
        "meant:=true",
    ];
    let server = ["--server", url, "--token", &token, "--json"];
    let started = program::run(Path::new("."), &[&arguments[..], &server].concat()).await;
    assert_eq!(started.code, 0, "{}{}", started.stdout, started.stderr);
    format!("lens-order/{}", started.json()["key"].as_str().expect("a key is text"))
}

async fn confirm_what_is_unusual(staff: &Staff, order: &str) {
    let shown = staff.show("opal", order).await;
    if texts(&shown["states"])
        .iter()
        .any(|state| state.starts_with("validation_hold"))
    {
        assert_ne!(shown["data"]["warnings"], json!([]), "what is held has a reason");
        staff.send("opal", order, "CONFIRM", json!({})).await;
    }
}

async fn wait_for(staff: &Staff, order: &str, state: &str) {
    wait::until(&format!("{order} to be in {state}"), wait::DEADLINE, async || {
        let shown = staff.show("carl", order).await;
        texts(&shown["states"]).iter().any(|active| active == state).then_some(())
    })
    .await;
}

async fn go_the_way(staff: &Staff, order: &str) {
    for (right, event, wrong) in WAY {
        let with = match *event {
            "SCAN_BLANK" => json!({"lot": "B-1067"}),
            "SCAN_TRAY" => json!({"tray": "417"}),
            _ => json!({}),
        };
        let refused = staff.try_to(wrong, order, event, with.clone()).await;
        assert_eq!(refused.status, 403, "{event} by {wrong}: {}", refused.body);
        staff.send(right, order, event, with).await;
    }
}

/// An axis as a lensmeter reads it: whole degrees, whatever the design says.
fn whole_degrees(axis: &Value) -> Value {
    let degrees = axis.as_str().and_then(|text| text.parse::<f64>().ok());
    degrees.map_or(Value::Null, |degrees| json!(degrees.round() as i64))
}

/// Against what was designed, not against what was ordered.
async fn inspect(staff: &Staff, order: &str) {
    let shown = staff.show("carl", order).await;
    let eyes = shown["data"]["inspection"].as_object().expect("a design was made").clone();
    let measure = |sphere: &dyn Fn(&Value) -> Value| -> Value {
        let eye = |eye: &Value| json!({"sphere": sphere(&eye["sphere"]), "cylinder": eye["cylinder"], "axis": whole_degrees(&eye["axis"])});
        let measured = eyes
            .iter()
            .filter(|(_, target)| !target.is_null())
            .map(|(name, target)| (name.clone(), eye(target)));
        json!({"measured": measured.collect::<serde_json::Map<_, _>>()})
    };
    let off = staff.try_to("inge", order, "PASS", measure(&|_| json!("9.00"))).await;
    assert_eq!(
        (off.status, off.json()["code"].as_str()),
        (409, Some("SW-2203")),
        "{}",
        off.body
    );
    assert!(off.body.contains("Sphere outside tolerance"), "{}", off.body);
    staff.send("inge", order, "PASS", measure(&Value::clone)).await;
}

/// One effect under one key, however often it was asked for.
fn done_once(log: &[LogEntry], attempts_least: u32) {
    let counts: Vec<(u32, u32)> = log.iter().map(|entry| (entry.applied, entry.conflicts)).collect();
    assert_eq!(counts, [(1, 0)], "{log:?}");
    assert!(log[0].attempts >= attempts_least, "the misbehaviour was met: {log:?}");
}
