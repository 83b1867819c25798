//! Which fields hold personal data, and which of the others an instance is found by.

use std::sync::Arc;

use super::{Field, Fields, Kind, Schema};

impl Fields {
    pub fn any_is_personal(&self) -> bool {
        self.list.iter().any(Field::is_personal)
    }
}

impl Field {
    /// Whether it holds personal data, itself or anywhere inside: then it is sealed as a whole.
    pub fn is_personal(&self) -> bool {
        self.is_personal_at(&[])
    }

    /// Whether it, or what stands at a path within it, is personal data or holds some.
    pub fn is_personal_at(&self, path: &[Arc<str>]) -> bool {
        self.phi || self.schema.is_personal_at(path)
    }

    /// Whether instances are found by keyed digests of what stands in it: it is personal, and marked `index`.
    pub fn is_found_blindly(&self) -> bool {
        self.index && self.phi
    }

    /// Whether instances are found by it as it is written: it is marked `index`, or refers to others; never if it is personal.
    pub fn is_indexed(&self) -> bool {
        let is_reference = |kind: &Kind| matches!(kind, Kind::Reference { .. });
        let refers = match &self.schema.kind {
            Kind::List { items, .. } => is_reference(&items.kind),
            kind => is_reference(kind),
        };
        (self.index || refers) && !self.is_personal()
    }
}

impl Schema {
    fn is_personal_at(&self, path: &[Arc<str>]) -> bool {
        match (&self.kind, path.split_first()) {
            (Kind::Object { fields, .. }, Some((first, rest))) => {
                fields.get(first).is_some_and(|field| field.is_personal_at(rest))
            }
            (Kind::Object { fields, .. }, None) => fields.any_is_personal(),
            // the items of a list stand at the same path as the list
            (Kind::List { items, .. }, _) => items.is_personal_at(path),
            _ => false,
        }
    }
}
