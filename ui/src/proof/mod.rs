//! Proving trails: what was looked at, and what was wrong with it. The walk over a database is the engine's (`statewright_engine::audit`).

pub mod bundle;

use statewright_core::value::Value;

use crate::json::{count, object, text};

/// Findings kept; more are not news, only more of it.
pub const FINDINGS_MAX: usize = 1_000;

/// What stands for the instance where a line of a file is of none; its number is the finding's sequence.
pub const LINE: &str = "line";

/// What a proof came to.
#[derive(Debug, Default)]
pub struct Report {
    pub instances: u64,
    pub entries: u64,
    /// The first of them.
    pub findings: Vec<Finding>,
    /// Replay only: instances whose chain can be proven but whose steps cannot be taken again, because personal data was erased.
    pub erased: u64,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `workflow/key`, or the id where the name is not known; `definition DIGEST`; `line`.
    pub instance: String,
    /// 0 where it is about no entry.
    pub sequence: u64,
    /// A word of docs/trail-format.md (`edited`, `missing` …); `different` where a step leads elsewhere.
    pub kind: String,
    pub detail: String,
}

impl Report {
    pub fn find(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    /// Where there is nothing, nothing is proved.
    pub fn is_empty(&self) -> bool {
        self.entries == 0 && self.findings.is_empty()
    }

    pub fn is_whole(&self) -> bool {
        self.findings.is_empty() && !self.is_empty()
    }

    pub fn to_value(&self) -> Value {
        object([
            ("entries", count(self.entries)),
            ("erased", count(self.erased)),
            (
                "findings",
                Value::from_items(self.findings.iter().map(Finding::to_value).collect()),
            ),
            ("instances", count(self.instances)),
            ("whole", Value::Boolean(self.is_whole())),
        ])
    }
}

impl Finding {
    fn to_value(&self) -> Value {
        object([
            ("detail", text(&self.detail)),
            ("instance", text(&self.instance)),
            ("kind", text(&self.kind)),
            ("sequence", count(self.sequence)),
        ])
    }

    /// One line for people.
    pub fn line(&self) -> String {
        match &*self.instance {
            LINE => format!("{LINE} {}: {}: {}", self.sequence, self.kind, self.detail),
            instance if self.sequence == 0 => format!("{instance}: {}: {}", self.kind, self.detail),
            instance => format!("{instance}: entry {}: {}: {}", self.sequence, self.kind, self.detail),
        }
    }
}
