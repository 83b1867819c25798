//! The end of a story: nobody acts any more, time goes on, and everything that is due must come.

use jiff::Timestamp;
use statewright_core::value::Value;

use super::audit::{Audit, lock};
use super::stage::Stage;
use crate::simulation::ledger::lock as locked;
use crate::simulation::world::World;

/// How long a story is followed after its last act: longer than every ladder and every reminder of its first weeks.
const HORIZON_US: i64 = 45 * 24 * 3_600 * SECOND_US;

/// Timers that are due this close together are waited for at once.
const TOGETHER_US: i64 = 1_800 * SECOND_US;

const SECOND_US: i64 = 1_000_000;

impl World {
    pub(in crate::simulation) async fn play_out(&mut self, stage: &Stage) -> Result<(), String> {
        self.serve().await?;
        for wish in stage.releases() {
            self.wants(wish);
        }
        self.settle().await?;
        let end_us = self.shared.time.now_us() + HORIZON_US;
        loop {
            self.check_due(stage)?;
            let now_us = self.shared.time.now_us();
            if now_us >= end_us {
                return Ok(());
            }
            // what nobody has armed, though it is due, is not waited for: it is missing in the end
            let next_us = locked(&self.shared.model).next_due(now_us).unwrap_or(end_us);
            self.shared.time.pass(next_us.min(end_us) - now_us + TOGETHER_US);
            self.settle().await?;
        }
    }

    /// At rest, whatever was due until now has come.
    fn check_due(&self, stage: &Stage) -> Result<(), String> {
        let now = Timestamp::from_microsecond(self.shared.time.now_us()).map_err(|error| error.to_string())?;
        lock(&stage.audit).check_due(now);
        self.wrong()
    }

    pub(in crate::simulation) async fn prove_story(&self, stage: &Stage) -> Result<(), String> {
        let ids = lock(&stage.audit).ids();
        let rows = self.bottom.store().tasks_of(&ids).await.map_err(|error| error.to_string())?;
        lock(&stage.audit).check_rest(&rows);
        self.wrong()?;
        check_errands(&lock(&stage.audit))
    }
}

/// What an errand counted of what it heard is what it set out for.
fn check_errands(audit: &Audit) -> Result<(), String> {
    for life in audit.lives().filter(|life| &*life.snapshot.workflow == "errand") {
        let counted = |name: &str| life.snapshot.data.get(name).and_then(Value::as_integer).unwrap_or(0);
        let away = i64::from(life.rests_in("work.away"));
        let heard = counted("came") + counted("failed") + counted("called_off");
        if counted("rounds") != heard + away {
            let rounds = counted("rounds");
            return Err(format!(
                "{} set out {rounds} times, is away {away} times, and heard of {heard}",
                life.name()
            ));
        }
    }
    Ok(())
}
