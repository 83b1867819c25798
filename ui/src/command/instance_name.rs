//! `WORKFLOW/KEY`: the name of an instance on the command line.

use std::fmt;
use std::str::FromStr;

use statewright_core::diagnostic::Code;

use crate::failure::Failure;

/// The key may hold slashes of its own; a workflow's name never does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceName {
    pub workflow: String,
    pub key: String,
}

impl FromStr for InstanceName {
    type Err = Failure;

    fn from_str(given: &str) -> Result<Self, Failure> {
        match given.split_once('/') {
            Some((workflow, key)) if !workflow.is_empty() && !key.is_empty() => Ok(InstanceName {
                workflow: workflow.to_owned(),
                key: key.to_owned(),
            }),
            _ => Err(
                Failure::misused(Code::InstanceUnnamed, format!("`{given}` is not the name of an instance"))
                    .hint("Write `WORKFLOW/KEY`, for example `lens-order/A-1`; `statewright list` shows what there is"),
            ),
        }
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.workflow, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, expected: Option<(&str, &str)>) {
        let name = InstanceName::from_str(given).ok();
        let parts = name.as_ref().map(|name| (name.workflow.as_str(), name.key.as_str()));
        assert_eq!(parts, expected, "{given}");
    }

    #[test]
    fn the_first_slash_parts_workflow_and_key() {
        check("lens-order/A-1", Some(("lens-order", "A-1")));
        check("lens/A-1/right", Some(("lens", "A-1/right")));
        check("A-1", None);
        check("/A-1", None);
        check("lens-order/", None);
        check("", None);
    }
}
