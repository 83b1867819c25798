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
    /// Gives a user's id or a list of them.
    Not(Template),
    Workflow(Arc<str>),
    Adapter(Arc<str>),
    Schedule(Arc<str>),
}

/// Each line gives a text, or a list of texts of which one must match.
#[derive(Clone, Debug, Default)]
pub struct PersonPattern {
    pub role: Option<Template>,
    pub user: Option<Template>,
    pub unit: Option<Template>,
    pub organisation: Option<Template>,
    pub skill: Option<Template>,
}
