//! Who: one selector for `by`, `for`, `access` and exclusions.

use std::sync::Arc;

use crate::expression::Template;

/// Any entry may match; an exclusion holds whatever else matches. Empty: nobody.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub parties: Vec<Party>,
}

#[derive(Clone, Debug)]
pub enum Party {
    /// All of its lines must match.
    Person(PersonPattern),
    /// Each gives a user's id or a list of them.
    Not(Vec<Template>),
    Workflow(Arc<str>),
    Adapter(Arc<str>),
    Schedule(Arc<str>),
}

/// Each line holds what may match; empty: not asked for. A template gives a text, or a list of texts of which one must match.
#[derive(Clone, Debug, Default)]
pub struct PersonPattern {
    pub role: Vec<Template>,
    pub user: Vec<Template>,
    pub unit: Vec<Template>,
    pub organisation: Vec<Template>,
    pub skill: Vec<Template>,
}
