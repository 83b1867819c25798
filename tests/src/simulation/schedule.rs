//! What must hold of schedules in the end: no run twice, and none missed.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use statewright_core::identity::InstanceId;
use statewright_core::step::{SYSTEM_WORKFLOW, schedule_key};
use statewright_core::trail::EntryText;
use statewright_core::value::Value;
use statewright_engine::store::Store;

use super::world::{BEACON, World};

/// More entries than any simulation makes.
const ENTRIES_MAX: usize = 100_000;

/// How far the latest run may be behind the world's clock: the clocks of nodes go apart, and all come to rest before.
const BEHIND_MAX: SignedDuration = SignedDuration::from_mins(3);

impl World {
    pub(super) async fn check_schedules(&self, store: &Arc<dyn Store>) -> Result<(), String> {
        let lit = runs(store, "minutely", SignedDuration::from_mins(1)).await?;
        let fed = runs(store, "feed", SignedDuration::from_mins(2)).await?;
        let now = Timestamp::from_microsecond(self.shared.time.now_us()).map_err(|error| error.to_string())?;
        if let Some((last, _)) = lit.last()
            && *last < now - BEHIND_MAX
        {
            return Err(format!("it is {now}, and the last beacon was lit at {last}"));
        }
        let planned: BTreeSet<Timestamp> = lit.iter().map(|(at, _)| *at).collect();
        let by_schedule = lit_by_schedule(store).await?;
        if let Some(apart) = by_schedule.symmetric_difference(&planned).next() {
            return Err(format!("the beacon of {apart} was lit without a run, or the other way round"));
        }
        let sent: i64 = fed.iter().map(|(_, sent)| sent).sum();
        let taken = trail(store, InstanceId::of("beacon", BEACON)).await?;
        let taken = taken.iter().filter(|entry| entry.input_kind() == "event").count();
        match usize::try_from(sent) == Ok(taken) {
            true => Ok(()),
            false => Err(format!("the beacon was sent {sent} feeds, and took {taken}")),
        }
    }
}

/// The moments by which those beacons are called that were not lit by hand.
async fn lit_by_schedule(store: &Arc<dyn Store>) -> Result<BTreeSet<Timestamp>, String> {
    let rows = store
        .instances_after(None, ENTRIES_MAX)
        .await
        .map_err(|error| error.to_string())?;
    let beacons = rows.iter().filter(|row| &*row.workflow == "beacon" && *row.key != *BEACON);
    let moments = beacons.map(|row| row.key.parse().map_err(|error| format!("beacon/{}: {error}", row.key)));
    moments.collect()
}

/// The runs of a schedule, each with how many it sent to: one for each of its moments, in order.
async fn runs(store: &Arc<dyn Store>, name: &str, rhythm: SignedDuration) -> Result<Vec<(Timestamp, i64)>, String> {
    let id = InstanceId::of(SYSTEM_WORKFLOW, &schedule_key("beacon", name));
    let mut runs: Vec<(Timestamp, i64)> = Vec::new();
    for entry in trail(store, id).await? {
        let Some(act) = entry.input().and_then(|input| input.get("act")) else {
            continue;
        };
        let text = |name: &str| act.field(name).and_then(Value::as_text).unwrap_or_default();
        match text("act") {
            "schedule_planned" => continue,
            "schedule_run" if act.field("skipped").is_none() => {}
            other => return Err(format!("{name}: {other} in its trail, and everything is to be made up for")),
        }
        let at: Timestamp = text("planned").parse().map_err(|error| format!("{name}: {error}"))?;
        let sent = act.field("sent").and_then(Value::as_integer).unwrap_or(0);
        if let Some((before, _)) = runs.last()
            && *before + rhythm != at
        {
            return Err(format!("{name} ran at {before} and then at {at}"));
        }
        runs.push((at, sent));
    }
    Ok(runs)
}

async fn trail(store: &Arc<dyn Store>, id: InstanceId) -> Result<Vec<EntryText>, String> {
    let rows = store.trail(id, 0, ENTRIES_MAX).await.map_err(|error| error.to_string())?;
    let entries = rows
        .iter()
        .map(|row| EntryText::read(&row.bytes).map_err(|error| error.to_string()));
    entries.collect()
}
