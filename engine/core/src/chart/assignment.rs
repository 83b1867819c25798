//! Who gets a task without asking, and how what somebody holds is given back.

use crate::expression::Template;

/// The engine gives the task to one of those it is for, rather than wait until one claims it.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Each decides where those before it do not.
    pub order: Vec<Preference>,
    /// Only people whom the roster has on shift.
    pub on_shift: bool,
    /// How many tasks one person may hold, claimed ones included, and still be given another; None: any number.
    pub max: Option<u32>,
    /// Who did this task last in this instance comes before all others.
    pub sticky: bool,
    /// Gives the id of a user who comes before even those.
    pub first: Option<Template>,
}

/// Who is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// Who holds the fewest tasks.
    LeastLoad,
    /// Whose last work of this kind ended, or was given, farthest back.
    LongestIdle,
    /// Who was given something farthest back.
    RoundRobin,
}

impl Preference {
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "least_load" => Some(Preference::LeastLoad),
            "longest_idle" => Some(Preference::LongestIdle),
            "round_robin" => Some(Preference::RoundRobin),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Preference::LeastLoad => "least_load",
            Preference::LongestIdle => "longest_idle",
            Preference::RoundRobin => "round_robin",
        }
    }
}

/// Gives back all that a person holds.
#[derive(Clone, Debug)]
pub struct Reoffer {
    /// Gives a user's id.
    pub holder: Template,
    /// What the next one should know.
    pub note: Option<Template>,
}
