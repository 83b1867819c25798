//! What an operator sees of schedules.

use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::time::zone;

use super::{Places, zone_of};
use crate::error::EngineResult;

/// One schedule of a live workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSchedule {
    pub workflow: Arc<str>,
    pub name: Arc<str>,
    pub cron: Arc<str>,
    pub zone: Arc<str>,
    /// The first moment after now; None: there is none for decades.
    pub next: Option<Timestamp>,
    /// The last run's moment, and when it was begun.
    pub last: Option<(Timestamp, Timestamp)>,
    /// Runs that were missed and not made up for, since it was first planned.
    pub skipped: u64,
}

/// The schedules of a chart, in the order in which they are written.
pub async fn listed(
    chart: &Chart,
    places: &Places,
    default_zone: &Arc<str>,
    now: Timestamp,
) -> EngineResult<Vec<ListedSchedule>> {
    let mut listed = Vec::with_capacity(chart.schedules.len());
    for schedule in &chart.schedules {
        let zone_name = zone_of(chart, schedule, default_zone);
        let place = places.standing(&chart.workflow, &schedule.name).await?.place;
        listed.push(ListedSchedule {
            workflow: chart.workflow.clone(),
            name: schedule.name.clone(),
            cron: schedule.cron.text().into(),
            next: zone(&zone_name).ok().and_then(|zone| schedule.timing(zone).next_after(now)),
            zone: zone_name,
            last: place.as_ref().and_then(|place| place.last),
            skipped: place.map_or(0, |place| place.skipped),
        });
    }
    Ok(listed)
}
