//! The engine's own roles. No workflow grants them; whoever keeps the tokens does.

use statewright_core::step::Actor;

/// Reads every instance and every trail, all but what is personal, and proves them.
pub use statewright_core::chart::AUDITOR;

/// Deploys, keeps tokens and the directory, settles incidents.
pub use statewright_core::chart::OPERATOR;

/// Reads figures and how it goes, and nothing of any instance. Operators may, too.
pub use statewright_core::chart::MONITOR;

/// Whether an actor has a role.
pub fn has(actor: &Actor, role: &str) -> bool {
    let holds = |role: &str| actor.roles.iter().any(|held| &**held == role);
    holds(role) || (role == MONITOR && holds(OPERATOR))
}
