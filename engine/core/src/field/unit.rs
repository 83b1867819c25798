//! Units among what was given: any name fits the type, and which of them there are is known outside of a definition.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::problem::Problems;
use super::scalar::{CHOICES_NAMED_MAX, one_of};
use super::{Field, FieldProblem, Fields, Kind, Schema};
use crate::value::{Object, Value};

/// The units that there are, by name, each with its title. Empty: any name is one.
pub type Units = BTreeMap<Arc<str>, Option<Arc<str>>>;

/// A unit as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUnit {
    pub name: Arc<str>,
    /// It stands in a field of personal data.
    pub personal: bool,
}

impl Fields {
    /// The units among what was accepted for these fields, each once for each place where it stands.
    pub fn units(&self, taken: &Object) -> Vec<GivenUnit> {
        let mut given = Vec::new();
        self.look_for_units(
            &mut Problems::into(&mut Vec::new()),
            taken,
            false,
            &mut |_, name, personal| {
                given.push(GivenUnit {
                    name: name.clone(),
                    personal,
                });
            },
        );
        given
    }

    /// What is wrong with the units among what was accepted for these fields.
    pub fn unknown_units(&self, taken: &Object, known: &Units) -> Vec<FieldProblem> {
        let mut found = Vec::new();
        self.look_for_units(&mut Problems::into(&mut found), taken, false, &mut |problems, name, _| {
            if !known.is_empty() && !known.contains_key(name) {
                problems.push(unknown_unit(known));
            }
        });
        found
    }

    fn look_for_units(&self, problems: &mut Problems<'_>, taken: &Object, personal: bool, look: &mut Look<'_>) {
        for field in self.list.iter().filter(|field| field.may_hold_units()) {
            if let Some(value) = taken.get(&field.name) {
                problems.within(&field.name, |problems| {
                    field.schema.look_for_units(problems, value, personal || field.phi, look);
                });
            }
        }
    }
}

/// Is shown each unit with its place, and whether that is personal data.
type Look<'l> = dyn FnMut(&mut Problems<'_>, &Arc<str>, bool) + 'l;

impl Field {
    fn may_hold_units(&self) -> bool {
        self.schema.may_hold_units()
    }
}

impl Schema {
    fn may_hold_units(&self) -> bool {
        match &self.kind {
            Kind::Unit => true,
            Kind::Object { fields, .. } => fields.list.iter().any(Field::may_hold_units),
            Kind::List { items, .. } => items.may_hold_units(),
            _ => false,
        }
    }

    fn look_for_units(&self, problems: &mut Problems<'_>, value: &Value, personal: bool, look: &mut Look<'_>) {
        match (&self.kind, value) {
            (Kind::Unit, Value::Text(name)) => look(problems, name, personal),
            (Kind::Object { fields, .. }, Value::Object(taken)) => fields.look_for_units(problems, taken, personal, look),
            (Kind::List { items, .. }, Value::List(list)) => {
                for (index, item) in list.iter().enumerate() {
                    problems.at(index, |problems| items.look_for_units(problems, item, personal, look));
                }
            }
            _ => {}
        }
    }
}

/// What would be right instead of a unit that there is not, as a sentence after the field's name.
pub fn unknown_unit(known: &Units) -> String {
    let named = |(name, title): (&Arc<str>, &Option<Arc<str>>)| match title {
        Some(title) => format!("{name} ({title})"),
        None => name.to_string(),
    };
    let mut words: Vec<String> = known.iter().take(CHOICES_NAMED_MAX).map(named).collect();
    let more = known.len().saturating_sub(CHOICES_NAMED_MAX);
    if more > 0 {
        words.push(format!("{more} more units"));
    }
    one_of(&words)
}
