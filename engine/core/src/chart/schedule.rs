//! What a workflow does at set times.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::ValueTemplate;
use crate::diagnostic::Span;
use crate::expression::Template;
use crate::time::{CatchUp, Cron, Gap, Overlap, Timing};

/// Something that is planned by a cron expression: `schedules`.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub name: Arc<str>,
    pub cron: Cron,
    /// None: the workflow's, if it is written out, else the deployment's.
    pub zone: Option<Arc<str>>,
    pub gap: Gap,
    pub overlap: Overlap,
    pub catch_up: CatchUp,
    pub work: Scheduled,
    pub span: Span,
}

/// What is done at a planned moment.
#[derive(Clone, Debug)]
pub enum Scheduled {
    /// A new instance of this workflow.
    Start {
        /// None: the workflow's own key.
        key: Option<Template>,
        with: Vec<(Arc<str>, ValueTemplate)>,
    },
    /// An event to every instance of this workflow that is found.
    Send {
        /// Field → what its value must be, or one of a list; each must hold.
        conditions: Vec<(Arc<str>, ValueTemplate)>,
        /// In any of these states, by name or path; empty: in whatever states.
        states: Vec<Arc<str>>,
        event: Arc<str>,
        with: Vec<(Arc<str>, ValueTemplate)>,
    },
}

impl Schedule {
    /// Its planned moments, in this zone.
    pub fn timing(&self, zone: TimeZone) -> Timing {
        Timing {
            cron: self.cron.clone(),
            zone,
            gap: self.gap,
            overlap: self.overlap,
        }
    }
}
