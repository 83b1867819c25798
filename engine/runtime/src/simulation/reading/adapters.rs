//! How adapters behave: as their contracts say, as the simulation says in their place.

use std::collections::BTreeMap;

use statewright_core::diagnostic::Sources;
use statewright_core::lang::{self, Conduct, Resolver, read_conduct};
use statewright_core::time::Distribution;

use super::{Reading, entries};
use crate::scenario::counterparts::Effect;
use crate::simulation::plan::Behaviour;

pub(super) struct Behaviours(BTreeMap<Effect, Behaviour>);

impl Behaviours {
    /// With other lengths of time.
    pub(super) fn with(mut self, durations: BTreeMap<Effect, Distribution>) -> BTreeMap<Effect, Behaviour> {
        for (effect, after) in durations {
            if let Some(behaviour) = self.0.get_mut(&effect) {
                behaviour.after = after;
            }
        }
        self.0
    }
}

impl Reading<'_> {
    /// Of everything that the workflows ask for.
    pub(super) fn behaviours(&mut self, sources: &mut Sources, files: &dyn Resolver, from: &str) -> Behaviours {
        let mut conducts = self.of_contracts(sources, files, from);
        let root = self.root;
        for entry in entries(root.get("adapters")) {
            let Some(effect) = self.known_effect(&entry.key) else {
                continue;
            };
            let charts: Vec<_> = self.setting.charts().cloned().collect();
            let contract = charts.iter().find_map(|chart| chart.contract(&effect.0, &effect.1));
            let said = read_conduct(&entry.value, entry.name(), contract, &mut self.reader.out);
            let conduct = conducts.entry(effect).or_default();
            conduct.after = said.after.or(conduct.after);
            conduct.returns = said.returns.or(conduct.returns.take());
            if entry.value.get("fails").is_some() {
                conduct.fails = said.fails;
            }
        }
        let behaviours = self.effects().into_iter().map(|effect| {
            let conduct = conducts.remove(&effect).unwrap_or_default();
            let behaviour = self.behaviour(&effect, conduct);
            (effect, behaviour)
        });
        Behaviours(behaviours.collect())
    }

    /// What the contracts say under `simulate`.
    fn of_contracts(&self, sources: &mut Sources, files: &dyn Resolver, from: &str) -> BTreeMap<Effect, Conduct> {
        let home = match from.rsplit('/').nth(1) {
            Some("simulations") => lang::beside(from, "../workflow.yaml"),
            _ => Some(from.to_owned()),
        };
        let mut conducts = BTreeMap::new();
        let mut adapters: Vec<_> = self.effects().into_iter().map(|(adapter, _)| adapter).collect();
        adapters.dedup();
        for adapter in adapters {
            let said = lang::read_conducts(sources, home.as_deref().unwrap_or(from), files, &adapter);
            conducts.extend(said.into_iter().map(|(action, conduct)| ((adapter.clone(), action), conduct)));
        }
        conducts
    }

    fn behaviour(&mut self, (adapter, action): &Effect, conduct: Conduct) -> Behaviour {
        let output = self
            .setting
            .charts()
            .find_map(|chart| chart.contract(adapter, action)?.output.clone());
        Behaviour {
            after: conduct.after.unwrap_or(Distribution::Fixed(0)),
            returns: conduct.returns.as_ref().and_then(|node| self.reader.written_fields(node)),
            fails: conduct.fails,
            output: output.unwrap_or_default(),
        }
    }
}
