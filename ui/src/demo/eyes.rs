//! Orders whose lenses are followed one by one, each stopped where somebody has something to do with it.

use crate::failure::Failure;

use super::people::{ECP_NORTH, ECP_SOUTH, EDIT_DESK, STOCK_ROOM};
use super::story::{Story, beat, read, with};

const ORDER: &str = "rx-order";

impl Story {
    /// One that the edit desk asks its practice about, one that waits for a tray, and one whose lenses wait for their blanks.
    pub(super) async fn each_eye_by_itself(&self) -> Result<(), Failure> {
        self.asked_about().await?;
        self.without_tray().await?;
        self.on_a_tray().await
    }

    async fn asked_about(&self) -> Result<(), Failure> {
        let order = r#"{"order_no": "R-2001", "practice": "north", "patient": "Frida Frage", "lens_design": "single-vision",
            "rx": {"right": {"sphere": "-2.00", "cylinder": "0", "axis": 90, "far_pd": "32"}, "left": {"sphere": "-2.25", "cylinder": "-0.50", "axis": 85, "far_pd": "31.5"}},
            "frame": {"source": "frame_enclosed", "a_mm": "52", "b_mm": "34", "ed_mm": "54", "dbl_mm": "18"}}"#;
        if !self.start(ECP_NORTH, ORDER, "R-2001", read(order)?).await? {
            return Ok(());
        }
        let question = r#"{"question": "The right eye has an axis and no cylinder. Is one missing, or is the axis left over?"}"#;
        self.send(
            &with(beat(EDIT_DESK, "ASK", "edit_desk.its_practice.asked_back"), question),
            ORDER,
            "R-2001",
        )
        .await
    }

    async fn without_tray(&self) -> Result<(), Failure> {
        let order = r#"{"order_no": "R-2002", "practice": "south", "patient": "Theo Tablett", "lens_design": "progressive", "rush": true,
            "rx": {"right": {"sphere": "1.00", "cylinder": "-0.50", "axis": 10, "add": "2.00", "far_pd": "32", "near_pd": "30", "fitting_height": "19"},
                "left": {"sphere": "0.75", "cylinder": "-0.25", "axis": 170, "add": "2.00", "far_pd": "31.5", "near_pd": "29.5", "fitting_height": "19"}},
            "frame": {"source": "frame_enclosed", "a_mm": "53", "b_mm": "36", "ed_mm": "55", "dbl_mm": "17"}}"#;
        if self.start(ECP_SOUTH, ORDER, "R-2002", read(order)?).await? {
            self.wait_for(ORDER, "R-2002", "tray_assignment").await?;
        }
        Ok(())
    }

    async fn on_a_tray(&self) -> Result<(), Failure> {
        let order = r#"{"order_no": "R-2003", "practice": "north", "patient": "Lena Linse", "lens_design": "single-vision",
            "rx": {"right": {"sphere": "-3.00", "cylinder": "-1.00", "axis": 95, "far_pd": "31"}, "left": {"sphere": "-2.75", "cylinder": "-0.75", "axis": 88, "far_pd": "31"}},
            "frame": {"source": "frame_enclosed", "a_mm": "50", "b_mm": "38", "ed_mm": "53", "dbl_mm": "19"}}"#;
        if !self.start(ECP_NORTH, ORDER, "R-2003", read(order)?).await? {
            return Ok(());
        }
        let tray = with(beat(STOCK_ROOM, "SCAN_TRAY", "tray_assignment"), r#"{"tray": "203"}"#);
        self.send(&tray, ORDER, "R-2003").await
    }
}
