//! What happens in the demo: practices are approved, orders come in and go their way through the lab, patients come to the emergency
//! department, each event sent by whoever would send it.

use std::sync::Arc;
use std::time::Duration;

use statewright_core::diagnostic::Code;
use statewright_core::value::number::{self, parse_decimal};
use statewright_core::value::{Object, Value, json};

use super::people::*;
use crate::client::{Call, Client};
use crate::command::order_of;
use crate::failure::Failure;
use crate::http::{Caller, Gate};
use crate::json::{member_texts, members, object, text};
use crate::terminal::Terminal;

/// How long an adapter's answer is waited for: the simulators answer at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often an order is looked at while something is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Our own answer of a lens-design system, with the order that it answers.
const ORDER_FILE: &[u8] = include_bytes!("../../../examples/orders/D-1001.oma");

/// Plays the story on an engine.
pub struct Story {
    pub gate: Gate,
    pub terminal: Terminal,
    /// Between two events.
    pub pace: Duration,
}

/// One event of an order's way through the lab.
pub(super) struct Beat {
    by: Person,
    event: &'static str,
    with: &'static str,
    reason: Option<&'static str>,
    /// Part of the path of the state in which it can be sent: the way there may lead through an adapter.
    once_in: &'static str,
}

pub(super) const fn beat(by: Person, event: &'static str, once_in: &'static str) -> Beat {
    Beat {
        by,
        event,
        with: "{}",
        reason: None,
        once_in,
    }
}

pub(super) const fn with(mut beat: Beat, with: &'static str) -> Beat {
    beat.with = with;
    beat
}

const fn because(mut beat: Beat, reason: &'static str) -> Beat {
    beat.reason = Some(reason);
    beat
}

const SURFACE: [Beat; 6] = [
    beat(SURFACING, "BLOCKED", "surfacing.blocking"),
    beat(SURFACING, "GENERATED", "surfacing.generating"),
    beat(SURFACING, "POLISHED", "surfacing.polishing"),
    beat(SURFACING, "ENGRAVED", "surfacing.engraving"),
    beat(SURFACING, "DEBLOCKED", "surfacing.deblocking"),
    beat(INSPECTOR, "SURFACE_PASSED", "surface_inspection"),
];

const FINISH: [Beat; 5] = [
    beat(COATING, "HARD_COATED", "coating.hard_coat"),
    beat(COATING, "AR_COATED", "coating.ar_coat"),
    beat(INSPECTOR, "COATING_PASSED", "coating_inspection"),
    beat(FINISHING, "EDGED", "finishing.edging"),
    beat(FINISHING, "MOUNTED", "finishing.mounting"),
];

impl Story {
    /// The whole story. What an earlier demo on the same store has told already is not told again.
    pub async fn tell(&self) -> Result<(), Failure> {
        self.practice("north", "North Eyes", "ADR-17").await?;
        self.practice("south", "South Optics", "ADR-18").await?;
        self.lot().await?;
        self.straight_through().await?;
        self.confirmed_and_broken().await?;
        self.held().await?;
        self.waiting().await?;
        self.each_eye_by_itself().await?;
        self.emergency_department().await?;
        self.terminal
            .note("the story is told; what is left to do, you can do yourself");
        Ok(())
    }

    async fn practice(&self, code: &str, name: &str, address: &str) -> Result<(), Failure> {
        let with = object([("address_ref", text(address)), ("code", text(code)), ("name", text(name))]);
        if self.start(CUSTOMER_SERVICE, "practice", code, with).await? {
            self.send(&beat(LAB_MANAGER, "APPROVE", "pending"), "practice", code).await?;
        }
        Ok(())
    }

    /// What blanks are taken of.
    async fn lot(&self) -> Result<(), Failure> {
        let lot =
            r#"{"lot_no": "LOT-7", "supplier": "blanks-inc", "kind": "blank", "description": "Plastic, 75 mm", "quantity": 500}"#;
        self.start(STOCK_ROOM, "material-lot", "LOT-7", read(lot)?).await?;
        Ok(())
    }

    /// An order from a file of a lens-design system, without a hitch, to the customer.
    async fn straight_through(&self) -> Result<(), Failure> {
        let mut order = order_of(ORDER_FILE).map_err(|why| Failure::no(Code::OrderFileUnusable, why))?;
        order.insert("practice".into(), text("north"));
        if self
            .start(ECP_NORTH, "lens-order", "D-1001", Value::from_fields(order))
            .await?
        {
            self.stock("D-1001", r#"{"tray": "101"}"#).await?;
            self.play("D-1001", &SURFACE).await?;
            self.play("D-1001", &FINISH).await?;
            self.inspect("D-1001").await?;
            self.wait_for("lens-order", "D-1001", "shipped").await?;
        }
        Ok(())
    }

    /// Something unusual that the practice confirms, and a lens that breaks in the generator.
    async fn confirmed_and_broken(&self) -> Result<(), Failure> {
        let order = r#"{"order_no": "D-1002", "practice": "south", "patient": "Piet Probe", "lens_design": "single-vision", "material": "polycarbonate",
            "rush": true, "tint": true,
            "rx": {"right": {"sphere": "-4.00", "cylinder": "-4.25", "axis": 10, "far_pd": "31"}, "left": {"sphere": "-3.50", "cylinder": "-1.00", "axis": 170, "far_pd": "31"}},
            "frame": {"source": "frame_enclosed", "a_mm": "50", "b_mm": "36", "ed_mm": "53", "dbl_mm": "18"}}"#;
        if !self.start(ECP_SOUTH, "lens-order", "D-1002", read(order)?).await? {
            return Ok(());
        }
        let confirm = because(
            beat(ECP_SOUTH, "CONFIRM", "validation_hold.asked_back"),
            "Checked with the prescriber",
        );
        self.send(&confirm, "lens-order", "D-1002").await?;
        self.stock("D-1002", r#"{"tray": "102"}"#).await?;
        self.play("D-1002", &SURFACE[..2]).await?;
        let broken = r#"{"department": "polishing", "cause": "chip", "restart_at": "generating"}"#;
        self.send(
            &with(beat(SURFACING, "BREAK", "surfacing.polishing"), broken),
            "lens-order",
            "D-1002",
        )
        .await?;
        self.play("D-1002", &SURFACE[1..]).await?;
        self.send(&beat(COATING, "TINTED", "coating.tinting"), "lens-order", "D-1002")
            .await?;
        self.play("D-1002", &FINISH).await?;
        self.inspect("D-1002").await?;
        self.wait_for("lens-order", "D-1002", "shipped").await
    }

    /// One that customer service holds: it waits until you release it.
    async fn held(&self) -> Result<(), Failure> {
        let order = r#"{"order_no": "D-1003", "practice": "north", "patient": "Hanna Halt", "lens_design": "single-vision",
            "rx": {"right": {"sphere": "1.25", "cylinder": "0", "far_pd": "32"}, "left": {"sphere": "1.50", "cylinder": "0", "far_pd": "32"}},
            "frame": {"source": "lab_supply", "a_mm": "54", "b_mm": "40", "ed_mm": "56", "dbl_mm": "17"}}"#;
        if !self.start(ECP_NORTH, "lens-order", "D-1003", read(order)?).await? {
            return Ok(());
        }
        self.stock("D-1003", r#"{"tray": "103"}"#).await?;
        let hold = because(
            beat(CUSTOMER_SERVICE, "HOLD", "surfacing.blocking"),
            "The practice asked us to wait for another frame",
        );
        self.send(&hold, "lens-order", "D-1003").await
    }

    /// One that has just come in: it waits for a blank.
    async fn waiting(&self) -> Result<(), Failure> {
        let order = r#"{"order_no": "D-1004", "practice": "south", "patient": "Wim Warten", "lens_design": "bifocal", "meant": true,
            "rx": {"right": {"sphere": "0.50", "cylinder": "0", "add": "2.00", "far_pd": "33", "fitting_height": "17"}, "left": null},
            "frame": {"source": "frame_to_come", "a_mm": "51", "b_mm": "35", "ed_mm": "54", "dbl_mm": "19"}}"#;
        if self.start(ECP_SOUTH, "lens-order", "D-1004", read(order)?).await? {
            self.wait_for("lens-order", "D-1004", "blank_pick").await?;
        }
        Ok(())
    }

    async fn stock(&self, order: &str, tray: &'static str) -> Result<(), Failure> {
        let blank = with(beat(STOCK_ROOM, "SCAN_BLANK", "stock_room.blank_pick"), r#"{"lot": "LOT-7"}"#);
        self.send(&blank, "lens-order", order).await?;
        self.send(
            &with(beat(STOCK_ROOM, "SCAN_TRAY", "stock_room.tray_assignment"), tray),
            "lens-order",
            order,
        )
        .await
    }

    async fn play(&self, order: &str, beats: &[Beat]) -> Result<(), Failure> {
        for beat in beats {
            self.send(beat, "lens-order", order).await?;
        }
        Ok(())
    }

    /// The inspector measures what the design asked for, as good inspectors of good lenses do.
    async fn inspect(&self, order: &str) -> Result<(), Failure> {
        self.wait_for("lens-order", order, "final_inspection").await?;
        let shown = self.show("lens-order", order).await?;
        let inspection = shown
            .field("data")
            .and_then(|data| data.field("inspection"))
            .cloned()
            .unwrap_or(Value::Null);
        let mut measured = Object::new();
        for (eye, target) in members(&inspection) {
            let power = |name: &str| target.field(name).cloned().unwrap_or(Value::Null);
            if !target.is_null() {
                let (sphere, cylinder) = (power("sphere"), power("cylinder"));
                measured.insert(
                    eye,
                    object([
                        ("axis", whole_degrees(&power("axis"))),
                        ("cylinder", cylinder),
                        ("sphere", sphere),
                    ]),
                );
            }
        }
        let with = object([("measured", Value::from_fields(measured))]);
        self.request(INSPECTOR, "PASS", with, None, "lens-order", order).await
    }

    pub(super) async fn send(&self, beat: &Beat, workflow: &str, key: &str) -> Result<(), Failure> {
        self.wait_for(workflow, key, beat.once_in).await?;
        self.request(beat.by, beat.event, read(beat.with)?, beat.reason, workflow, key)
            .await
    }

    async fn request(
        &self,
        by: Person,
        event: &str,
        with: Value,
        reason: Option<&str>,
        workflow: &str,
        key: &str,
    ) -> Result<(), Failure> {
        tokio::time::sleep(self.pace).await;
        let body = object([
            ("event", text(event)),
            ("reason", reason.map_or(Value::Null, text)),
            ("with", with),
        ]);
        self.client(by)
            .call(Call::post(&["instances", workflow, key, "events"], body))
            .await?;
        self.terminal.say(format_args!("  {workflow}/{key}  {event}  by {}", by.name));
        Ok(())
    }

    /// False: it is there already.
    pub(super) async fn start(&self, by: Person, workflow: &str, key: &str, with: Value) -> Result<bool, Failure> {
        tokio::time::sleep(self.pace).await;
        let call = Call::post(&["instances", workflow], object([("with", with)]));
        match self.client(by).call(call).await {
            Ok(_) => {
                self.terminal.say(format_args!("  {workflow}/{key}  started by {}", by.name));
                Ok(true)
            }
            Err(failure) if failure.code == Code::Conflicting.as_str() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Waits until one of the instance's states is so called.
    pub(super) async fn wait_for(&self, workflow: &str, key: &str, state: &str) -> Result<(), Failure> {
        let arrived = async {
            loop {
                let shown = self.show(workflow, key).await?;
                let states = member_texts(&shown, "states");
                if states.iter().any(|path| path.ends_with(state)) {
                    return Ok(());
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let late = || Failure::no(Code::TimedOut, format!("{workflow}/{key} did not come to `{state}`"));
        tokio::time::timeout(PATIENCE, arrived).await.unwrap_or_else(|_| Err(late()))
    }

    pub(super) async fn show(&self, workflow: &str, key: &str) -> Result<Value, Failure> {
        self.client(AUDITOR)
            .call(Call::get(&["instances", workflow, key]))
            .await?
            .value()
    }

    pub(super) fn client(&self, person: Person) -> Client {
        Client::Local {
            gate: self.gate.clone(),
            caller: Caller::vouched_for(Arc::new(person.actor())),
        }
    }
}

/// An axis as a lensmeter reads it.
fn whole_degrees(axis: &Value) -> Value {
    let degrees = axis.as_text().and_then(|text| parse_decimal(text).ok());
    degrees.map_or(Value::Null, |degrees| number::from_whole(degrees.round()))
}

pub(super) fn read(source: &str) -> Result<Value, Failure> {
    json::read(source).map_err(|error| Failure::no(Code::Internal, format!("The demo's own input: {error}")))
}
