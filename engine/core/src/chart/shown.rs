//! What others may see of an instance's data.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Chart;

impl Chart {
    /// Whether a `let` needs only own data and states, so that others may read it.
    pub fn is_public_let(&self, name: &str) -> bool {
        self.rests_on_public(name, &mut BTreeSet::new())
    }

    /// `asked`: the names that were asked for already; none of them is private.
    fn rests_on_public(&self, name: &str, asked: &mut BTreeSet<Arc<str>>) -> bool {
        if !asked.insert(name.into()) {
            return true;
        }
        let Some((_, expression)) = self.lets.iter().find(|(let_name, _)| **let_name == *name) else {
            return false;
        };
        expression.references().variables.keys().all(|variable| {
            let variable = &**variable;
            self.data.get(variable).is_some_and(|field| !field.is_personal())
                || matches!(variable, "states" | "tags" | "key" | "id" | "now" | "today")
                || self.rests_on_public(variable, asked)
        })
    }
}
