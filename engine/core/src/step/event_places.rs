//! Which fields of the event an expression rests on, itself or through named values and reads.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::machine::Machine;
use crate::chart::{Lets, ReadOf};
use crate::expression::{Expression, References, Step, Template};

/// What of `event` an expression rests on.
#[derive(Debug, Default)]
pub(super) struct EventPlaces {
    pub fields: BTreeSet<Arc<str>>,
    /// It is passed on as a whole: into a function, a text.
    pub whole: bool,
    /// All other names that it rests on.
    pub names: BTreeSet<Arc<str>>,
}

impl EventPlaces {
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && !self.whole
    }

    fn take(&mut self, references: &References) {
        for path in references.variables.get("event").into_iter().flat_map(|paths| paths.keys()) {
            match path.0.first() {
                Some(Step::Field(name)) => {
                    self.fields.insert(name.clone());
                }
                _ => self.whole = true,
            }
        }
    }
}

impl Machine<'_> {
    pub(super) fn event_places(&self, expression: &Expression, lets: &[&Lets]) -> EventPlaces {
        let mut places = EventPlaces::default();
        self.gather_places(&expression.references(), lets, &mut places);
        places
    }

    fn gather_places(&self, references: &References, lets: &[&Lets], places: &mut EventPlaces) {
        places.take(references);
        for name in references.variables.keys() {
            if !places.names.insert(name.clone()) {
                continue;
            }
            if let Some(read) = self.chart.reads.get(name) {
                for asking in asked_with(&read.of) {
                    self.gather_places(&asking, lets, places);
                }
                continue;
            }
            let known = lets.iter().copied().flatten().chain(&self.chart.lets);
            for (_, inner) in known.filter(|(known, _)| known == name) {
                self.gather_places(&inner.references(), lets, places);
            }
        }
    }
}

/// What a read is looked up with.
fn asked_with(read: &ReadOf) -> Vec<References> {
    match read {
        ReadOf::Key(key) => vec![key.references()],
        ReadOf::Children { .. } => Vec::new(),
        ReadOf::Keys(keys) => vec![keys.references()],
        ReadOf::Found(find) => {
            let since = find.since.iter().map(Template::references);
            since
                .chain(find.conditions.iter().chain(&find.blind).map(|(_, value)| value.references()))
                .collect()
        }
    }
}
