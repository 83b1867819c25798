//! One thing that is wrong, named so that a person finds it.

use std::fmt;

use statewright_core::identity::InstanceId;
use statewright_core::trail::{Fault, FaultKind};

use crate::store::InstanceRow;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `workflow/key`; the id, where the names are not known or do not make it; or `definition DIGEST`.
    pub subject: String,
    /// Of the entry; 0 where it is about none.
    pub sequence: u64,
    pub kind: FaultKind,
    pub detail: String,
}

impl Finding {
    pub(super) fn of(subject: &str, fault: Fault) -> Self {
        Finding {
            subject: subject.to_owned(),
            sequence: fault.sequence,
            kind: fault.kind,
            detail: fault.detail,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            subject,
            sequence,
            kind,
            detail,
        } = self;
        match sequence {
            0 => write!(formatter, "{subject}: {kind}: {detail}"),
            _ => write!(formatter, "{subject} entry {sequence}: {kind}: {detail}"),
        }
    }
}

/// A finding as people read it: where, what, why.
pub fn described(finding: &Finding) -> String {
    finding.to_string()
}

/// By its columns, if they make its id.
pub(super) fn name_of(row: &InstanceRow) -> Option<String> {
    let fits = InstanceId::of(&row.workflow, &row.key) == row.instance;
    fits.then(|| format!("{}/{}", row.workflow, row.key))
}
