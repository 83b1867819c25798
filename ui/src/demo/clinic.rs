//! The emergency department: one patient who waits for a clinician, and two who wait to be looked at.

use statewright_core::value::Value;

use super::people::{NURSE, Person, REGISTRAR};
use super::story::{Story, beat, with};
use crate::client::Call;
use crate::failure::Failure;
use crate::json::{member, object, text};

/// Family name, given name, date of birth.
const PATIENTS: [(&str, &str, &str); 3] = [
    ("Patient", "Ida", "1958-03-14"),
    ("Example", "Otto", "1991-11-02"),
    ("Sample", "Ada", "2014-06-30"),
];

impl Story {
    /// Who comes in. What an earlier demo on the same store has told already is not told again.
    pub(super) async fn emergency_department(&self) -> Result<(), Failure> {
        if self.show("patient", "P-1").await.is_ok() {
            return Ok(());
        }
        for (place, (family, given, born)) in PATIENTS.iter().enumerate() {
            let who = object([
                ("born", text(born)),
                ("family_name", text(family)),
                ("given_name", text(given)),
            ]);
            let record = self.begin(REGISTRAR, "patient", who).await?;
            let came = object([("patient", text(&record)), ("unit", text("ED"))]);
            let visit = self.begin(REGISTRAR, "encounter", came).await?;
            if place == 0 {
                self.triage(&visit).await?;
            }
        }
        Ok(())
    }

    async fn triage(&self, visit: &str) -> Result<(), Failure> {
        let seen = r#"{"complaint": "fell on the stairs, left wrist hurts", "lifesaving": false, "high_risk": false, "resources": 2, "heart_rate": 88, "respiratory_rate": 16, "oxygen_saturation": 97}"#;
        self.send(&with(beat(NURSE, "TRIAGE", "triage_waiting"), seen), "encounter", visit)
            .await
    }

    /// Starts what makes its key itself; answers with the key.
    async fn begin(&self, by: Person, workflow: &str, with: Value) -> Result<String, Failure> {
        tokio::time::sleep(self.pace).await;
        let call = Call::post(&["instances", workflow], object([("with", with)]));
        let started = self.client(by).call(call).await?.value()?;
        let key = member(&started, "key").to_owned();
        self.terminal.say(format_args!("  {workflow}/{key}  started by {}", by.name));
        Ok(key)
    }
}
