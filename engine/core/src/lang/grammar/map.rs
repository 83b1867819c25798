//! Every construct of the grammar, once: what each is called.

use std::collections::BTreeSet;

use super::{COMBINED_FIELDS, Construct, DECIDED_FIELDS, DECISION_ROWS, FIELD, KINDS, Shape};

/// A construct where it was first met.
#[derive(Clone, Copy)]
pub(in crate::lang) struct Place {
    pub construct: &'static Construct,
    pub parent: Option<&'static Construct>,
}

/// Every construct that a file may hold, once, in the order of the grammar.
pub(in crate::lang) struct Map(Vec<Place>);

impl Map {
    pub(in crate::lang) fn of_the_language() -> Map {
        let mut map = Map(Vec::new());
        let mut seen = BTreeSet::new();
        for kind in KINDS {
            map.visit(kind.construct, None, &mut seen);
            // The output and the rows of a table have two forms each, which other keys tell apart and not the grammar.
            if kind.key == "table" {
                for shape in [DECIDED_FIELDS, COMBINED_FIELDS, DECISION_ROWS] {
                    map.within(shape, kind.construct, &mut seen);
                }
            }
        }
        map
    }

    pub(in crate::lang) fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.iter()
    }

    /// What a construct is called: its noun; where several have one noun, with what it belongs to.
    pub(in crate::lang) fn title(&self, construct: &'static Construct) -> String {
        let alike = self.0.iter().filter(|place| place.construct.noun == construct.noun).count();
        match self.place(construct).and_then(|place| place.parent) {
            Some(parent) if alike > 1 => format!("{} by {}", construct.noun, parent.noun),
            _ => construct.noun.to_owned(),
        }
    }

    fn place(&self, construct: &'static Construct) -> Option<&Place> {
        self.0.iter().find(|place| std::ptr::eq(place.construct, construct))
    }

    fn visit(&mut self, construct: &'static Construct, parent: Option<&'static Construct>, seen: &mut BTreeSet<usize>) {
        if !seen.insert(std::ptr::from_ref(construct) as usize) {
            return;
        }
        self.0.push(Place { construct, parent });
        for key in construct.all() {
            self.within(key.shape, construct, seen);
        }
    }

    fn within(&mut self, shape: Shape, parent: &'static Construct, seen: &mut BTreeSet<usize>) {
        for construct in constructs(shape) {
            self.visit(construct, Some(parent), seen);
        }
    }
}

/// The constructs that a value of this shape may be or hold.
pub(in crate::lang) fn constructs(shape: Shape) -> Vec<&'static Construct> {
    match shape {
        Shape::Map(construct) => vec![construct],
        Shape::Names(_, inner, _) | Shape::List(inner) => constructs(*inner),
        Shape::Either(forms) => {
            let mut found: Vec<&'static Construct> = Vec::new();
            for shape in [forms.scalar, forms.list, forms.mapping].into_iter().flatten() {
                for construct in constructs(shape) {
                    if !found.iter().any(|known| std::ptr::eq(*known, construct)) {
                        found.push(construct);
                    }
                }
            }
            found
        }
        Shape::Type | Shape::Fields | Shape::Items => vec![&FIELD],
        _ => Vec::new(),
    }
}
