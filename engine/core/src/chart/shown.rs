//! What others may see of an instance's data.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Chart;
use crate::expression::References;

impl Chart {
    /// Whether a live table is asked, by the expression itself.
    pub fn asks_live(&self, references: &References) -> bool {
        let mut asked = references.calls.iter().filter_map(|(_, table)| table.as_ref());
        asked.any(|table| self.tables.by_name.get(table).is_some_and(|table| table.live))
    }

    /// The same through the named values that it rests on.
    pub fn rests_on_live(&self, references: &References) -> bool {
        let mut asked = BTreeSet::new();
        let mut left: Vec<Arc<str>> = references.variables.keys().cloned().collect();
        let mut rests = self.asks_live(references);
        while let Some(name) = left.pop().filter(|_| !rests) {
            let named = self.lets.iter().find(|(known, _)| *known == name);
            if let Some((_, expression)) = named.filter(|_| asked.insert(name)) {
                let references = expression.references();
                rests = self.asks_live(&references);
                left.extend(references.variables.keys().cloned());
            }
        }
        rests
    }

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
        let references = expression.references();
        if self.asks_live(&references) {
            return false;
        }
        references.variables.keys().all(|variable| {
            let variable = &**variable;
            self.data.get(variable).is_some_and(|field| !field.is_personal())
                || matches!(variable, "states" | "tags" | "key" | "id" | "now" | "today")
                || self.rests_on_public(variable, asked)
        })
    }
}
