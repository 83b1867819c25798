//! Tables: rows that are looked up by a key, and rows that decide by what they are given. (Reference, sections 10 and 12.)
//!
//! A table belongs to the definition that names it, so the same question always has the same answer. One that is live does not: the
//! definition holds its declaration, and each step is handed the version that is in force.

mod condition;
mod decision;
mod live;
mod look_up;

use std::sync::Arc;

pub use condition::{Bound, Condition};
pub use decision::{Answer, Combined, Combining, Decided, Decision, Row, TABLE_LETS_MAX};
pub use live::TableVersion;
pub use look_up::LookUp;

/// A compiled table.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: Arc<str>,
    pub title: Option<String>,
    /// It may change without a deployment of who asks it. In a chart such a table is its declaration, and has no rows.
    pub live: bool,
    pub body: Body,
}

/// What a table is for.
#[derive(Clone, Debug)]
pub enum Body {
    /// Asked by `table(name, key)`.
    LookUp(LookUp),
    /// Asked by `decide(name, …)`.
    Decision(Box<Decision>),
}

impl Table {
    pub fn as_look_up(&self) -> Option<&LookUp> {
        match &self.body {
            Body::LookUp(look_up) => Some(look_up),
            Body::Decision(_) => None,
        }
    }

    pub fn as_decision(&self) -> Option<&Decision> {
        match &self.body {
            Body::Decision(decision) => Some(decision),
            Body::LookUp(_) => None,
        }
    }
}
