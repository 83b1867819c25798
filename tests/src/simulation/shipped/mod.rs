//! Lives of the workflows that ship: people work on their tasks, time passes, and an auditor follows the trail.
//!
//! # What is lived
//! Three stories ([`Story`]), each with its people ([`cast`]), who do what the engine offers them ([`desk`]) with forms that
//! are made up ([`form`]).
//!
//! # What is checked
//! After each commit, from the bytes of the trail alone and the chart: whose each task is, and that the queue says so
//! ([`tasks`]); that each rung fires once, when it is due ([`rungs`]), and each clock likewise ([`clocks`]); that a child is asked
//! for once, heard once and never left behind ([`kin`]). In the end, that nothing that was due is missing.

pub mod audit;
mod cast;
mod clocks;
mod desk;
mod ending;
mod entry;
mod files;
mod form;
mod kin;
mod known;
mod prelude;
mod rungs;
mod stage;
mod tasks;

pub use audit::{Audit, Tally};
pub use files::Kind;
pub use stage::Stage;

/// Which workflows are run, and what is made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Orders with a lens for each eye, chambers that coat many lenses, lots and reports.
    Lab,
    /// Machines, their calibrations, and a case for each job that one has measured wrongly; and, since no workflow that ships waits for
    /// children that end, errands that do.
    Meters,
    /// Patients, encounters, beds, shifts, medicines and samples.
    Clinic,
}

impl Story {
    pub const ALL: [Story; 3] = [Story::Lab, Story::Meters, Story::Clinic];

    /// Relative to the repository, calendars and live tables first.
    fn files(self) -> &'static [&'static str] {
        match self {
            Story::Lab => &[
                "workflows/lab/calendars/lab-hours.yaml",
                "workflows/lab/calendars/supplier-hours.yaml",
                "workflows/lab/tables/breakage.yaml",
                "workflows/lab/tables/failure-limits.yaml",
                "workflows/lab/practice.yaml",
                "workflows/lab/material-lot.yaml",
                "workflows/lab/sncr.yaml",
                "workflows/lab/rx-order.yaml",
                "workflows/lab/lens.yaml",
                "workflows/lab/coating-run.yaml",
            ],
            Story::Meters => &[
                "workflows/lab/calendars/lab-hours.yaml",
                "workflows/lab/tables/failure-limits.yaml",
                "workflows/lab/machine.yaml",
                "workflows/lab/calibration.yaml",
                "workflows/lab/impact-row.yaml",
                "workflows/lab/material-lot.yaml",
                "tests/fixtures/lab/blank-holder.yaml",
                "tests/fixtures/simulation/errand.yaml",
                "tests/fixtures/simulation/leg.yaml",
            ],
            Story::Clinic => &[
                "workflows/clinic/calendars/hospital-office.yaml",
                "workflows/clinic/calendars/pharmacy-hours.yaml",
                "workflows/roles.yaml",
                "workflows/clinic/patient.yaml",
                "workflows/clinic/bed.yaml",
                "workflows/clinic/encounter.yaml",
                "workflows/clinic/pharmacy-item.yaml",
                "workflows/clinic/lab-sample.yaml",
                "workflows/clinic/shift.yaml",
            ],
        }
    }
}
