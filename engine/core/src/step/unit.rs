//! Units that are given to a step: held against those that there are, which the entry names.
//!
//! They stand in the file of roles, which changes while definitions do not, and so they are a fact, as a calendar is. Only what comes from
//! outside is held against them: what stands in the data already, and what another instance sends of its own, was so once.

use super::machine::Machine;
use super::{ActorKind, Refusal};
use crate::field::Fields;
use crate::value::Object;

impl Machine<'_> {
    /// Why units among what was accepted for a form are none. Where the units were not handed in they are asked for, and whatever comes of
    /// the step is void.
    pub(super) fn refuse_units(&self, fields: &Fields, taken: &Object) -> Vec<Refusal> {
        if !matches!(self.actor.kind, ActorKind::Person | ActorKind::Adapter | ActorKind::Schedule) {
            return Vec::new();
        }
        let given = fields.units(taken);
        if given.is_empty() {
            return Vec::new();
        }
        let mut seen = self.seen.borrow_mut();
        let Some(known) = &self.facts.units else {
            seen.needs.units.extend(given.into_iter().map(|given| given.name));
            return Vec::new();
        };
        let problems = fields.unknown_units(taken, known);
        // all of them say nothing of which one was given
        if !problems.is_empty() || given.iter().any(|given| given.personal) {
            seen.units = (**known).clone();
        } else {
            let known = given.into_iter().filter(|given| known.contains_key(&given.name));
            for given in known {
                seen.units.entry(given.name).or_default();
            }
        }
        problems.into_iter().map(Refusal::of_field).collect()
    }
}
