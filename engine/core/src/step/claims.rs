//! `unique`: values that only one active instance may hold, claimed by being in a state and let go by leaving it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::interrupt::Interrupt;
use super::machine::Machine;
use super::scope::Locals;
use super::{ClaimChange, Status};
use crate::chart::StateKind;

impl Machine<'_> {
    /// What the configuration claims now, against what was held before. A finished instance keeps only what the state claims it
    /// rests in.
    pub(super) fn settle_claims(&mut self) -> Result<Vec<ClaimChange>, Interrupt> {
        let wanted = self.wanted_claims()?;
        let held = std::mem::take(&mut self.next.claims);
        let mut changes = Vec::new();
        for (name, value) in &held {
            if wanted.get(name) != Some(value) {
                changes.push(ClaimChange::Release {
                    name: name.clone(),
                    value: value.clone(),
                });
            }
        }
        for (name, value) in &wanted {
            if held.get(name) != Some(value) {
                changes.push(ClaimChange::Hold {
                    name: name.clone(),
                    value: value.clone(),
                });
            }
        }
        self.next.claims = wanted;
        Ok(changes)
    }

    fn wanted_claims(&mut self) -> Result<BTreeMap<Arc<str>, Arc<str>>, Interrupt> {
        let chart = self.chart;
        let mut wanted = BTreeMap::new();
        for state in self.next.active.iter() {
            let state = chart.state(state);
            if self.next.status == Status::Done && state.kind != StateKind::Final {
                continue;
            }
            for (name, template) in &state.unique {
                // `"{{ order }}/{{ kind }}"` while one of them is empty: nothing is held
                let value = self.scope(&[], &Locals::default()).template(template);
                let value = self.value_or_note(value, "unique", name)?;
                if let Some(value) = value.filter(|value| !value.is_null()) {
                    let text = crate::value::text::to_text(&value, Some(self.zone()));
                    wanted.insert(name.clone(), text.into());
                }
            }
        }
        Ok(wanted)
    }
}
