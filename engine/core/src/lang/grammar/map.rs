//! Every construct of the grammar, once: what each is called, and whether anything that is built leads to it.

use std::collections::BTreeSet;

use super::{COMBINED_FIELDS, Construct, DECIDED_FIELDS, DECISION_ROWS, FIELD, KINDS, Shape};

/// A construct where it was first met.
#[derive(Clone, Copy)]
pub(in crate::lang) struct Place {
    pub construct: &'static Construct,
    pub parent: Option<&'static Construct>,
    /// Whether it can be reached without passing what is not built.
    pub built: bool,
}

/// Every construct that a file may hold, once, in the order of the grammar.
pub(in crate::lang) struct Map(Vec<Place>);

impl Map {
    pub(in crate::lang) fn of_the_language() -> Map {
        let mut map = Map(Vec::new());
        // What is built goes first, so that a construct counts as built if one way to it is.
        for built in [true, false] {
            let mut seen = BTreeSet::new();
            for kind in KINDS {
                map.visit(kind.construct, None, (built, true), &mut seen);
                // The output and the rows of a table have two forms each, which other keys tell apart and not the grammar.
                if kind.key == "table" {
                    for shape in [DECIDED_FIELDS, COMBINED_FIELDS, DECISION_ROWS] {
                        map.within(shape, kind.construct, (built, true), &mut seen);
                    }
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

    /// `only_built` keeps to what is built; `built` says whether the way so far is.
    fn visit(
        &mut self,
        construct: &'static Construct,
        parent: Option<&'static Construct>,
        (only_built, built): (bool, bool),
        seen: &mut BTreeSet<usize>,
    ) {
        if (only_built && !built) || !seen.insert(std::ptr::from_ref(construct) as usize) {
            return;
        }
        if self.place(construct).is_none() {
            self.0.push(Place {
                construct,
                parent,
                built,
            });
        }
        for key in construct.all() {
            self.within(key.shape, construct, (only_built, built && key.unbuilt.is_none()), seen);
        }
    }

    fn within(&mut self, shape: Shape, parent: &'static Construct, way: (bool, bool), seen: &mut BTreeSet<usize>) {
        for construct in constructs(shape) {
            self.visit(construct, Some(parent), way, seen);
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
