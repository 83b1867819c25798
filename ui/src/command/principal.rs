//! `USER[:ROLE,ROLE][@ORGANISATION]`: as whom a command acts on a store that it has opened itself.
//!
//! Whoever can open the store is its operator: no check here could keep them from anything, so the trail says how it was. An
//! actor that was named on a command line carries [`LOCAL`] in its name.

use std::str::FromStr;
use std::sync::Arc;

use statewright_core::diagnostic::Code;
use statewright_core::step::{Actor, ActorKind};

use crate::failure::Failure;
use crate::http::{AUDITOR, OPERATOR};

/// Stands behind the name of an actor that only the command line vouches for.
pub const LOCAL: &str = "(at the command line)";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub user: Arc<str>,
    pub roles: Vec<Arc<str>>,
    pub organisation: Option<Arc<str>>,
}

/// Who acts if nobody is named: the operator, who may deploy, keep tokens and look at everything, and whom no workflow knows.
impl Default for Principal {
    fn default() -> Self {
        Principal {
            user: OPERATOR.into(),
            roles: vec![AUDITOR.into(), OPERATOR.into()],
            organisation: None,
        }
    }
}

impl Principal {
    pub fn actor(&self) -> Actor {
        let mut actor = Actor::plain(ActorKind::Person, self.user.clone());
        actor.name = Some(format!("{} {LOCAL}", self.user).into());
        actor.roles.clone_from(&self.roles);
        actor.organisation.clone_from(&self.organisation);
        actor
    }
}

impl FromStr for Principal {
    type Err = Failure;

    fn from_str(given: &str) -> Result<Self, Failure> {
        let (rest, organisation) = match given.rsplit_once('@') {
            Some((rest, organisation)) => (rest, Some(organisation)),
            None => (given, None),
        };
        let (user, roles) = rest.split_once(':').unwrap_or((rest, ""));
        let roles: Vec<Arc<str>> = roles
            .split(',')
            .map(str::trim)
            .filter(|role| !role.is_empty())
            .map(Arc::from)
            .collect();
        if user.is_empty() || organisation == Some("") {
            let missing = if user.is_empty() { "user" } else { "organisation" };
            return Err(
                Failure::misused(Code::PrincipalUnreadable, format!("`{given}` names no {missing}"))
                    .hint("Write `USER`, `USER:ROLE,ROLE` or `USER:ROLE@ORGANISATION`"),
            );
        }
        Ok(Principal {
            user: user.into(),
            roles,
            organisation: organisation.map(Arc::from),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, expected: &str) {
        let found = match Principal::from_str(given) {
            Ok(principal) => format!(
                "{} [{}] {}",
                principal.user,
                principal.roles.join(" "),
                principal.organisation.as_deref().unwrap_or("-")
            ),
            Err(failure) => failure.sentence.clone(),
        };
        assert_eq!(found, expected, "{given}");
    }

    #[test]
    fn user_roles_and_organisation() {
        check("ada", "ada [] -");
        check("ada:lab_intake,stock_room", "ada [lab_intake stock_room] -");
        check("opt:ecp@north", "opt [ecp] north");
        check("opt@north", "opt [] north");
        check(":lab_intake", "`:lab_intake` names no user");
        check("ada@", "`ada@` names no organisation");
        check("", "`` names no user");
    }

    #[test]
    fn the_trail_shows_who_vouched() {
        let principal = Principal::from_str("ada:lab_intake").expect("a principal");
        assert_eq!(principal.actor().name.as_deref(), Some("ada (at the command line)"));
    }
}
