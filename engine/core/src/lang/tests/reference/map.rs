//! The constructs of the grammar as places of a page: what each is called there, and whether anything that is built leads to it.

use std::collections::BTreeSet;

use crate::lang::grammar::{COMBINED_FIELDS, Construct, DECIDED_FIELDS, FIELD, KINDS, Key, Shape};

/// A construct where it was first met.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub construct: &'static Construct,
    parent: Option<&'static Construct>,
    /// Whether it can be reached without passing what is not built.
    pub built: bool,
}

/// Every construct that a file may hold, once, in the order of the grammar.
pub(super) struct Map(Vec<Place>);

impl Map {
    pub(super) fn of_the_language() -> Map {
        let mut map = Map(Vec::new());
        // What is built goes first, so that a construct counts as built if one way to it is.
        for built in [true, false] {
            let mut seen = BTreeSet::new();
            for kind in KINDS {
                map.visit(kind.construct, None, (built, true), &mut seen);
                // The output of a table has two forms, which the mode tells apart and not the grammar.
                if kind.key == "table" {
                    for shape in [DECIDED_FIELDS, COMBINED_FIELDS] {
                        map.within(shape, kind.construct, (built, true), &mut seen);
                    }
                }
            }
        }
        map
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.iter()
    }

    /// What the page calls a construct: its noun; where several have one noun, with what it belongs to.
    pub(super) fn title(&self, construct: &'static Construct) -> String {
        let alike = self.0.iter().filter(|place| place.construct.noun == construct.noun).count();
        match self.place(construct).and_then(|place| place.parent) {
            Some(parent) if alike > 1 => format!("{} by {}", construct.noun, parent.noun),
            _ => construct.noun.to_owned(),
        }
    }

    /// A link to the construct's table.
    pub(super) fn link(&self, construct: &'static Construct) -> String {
        let title = self.title(construct);
        let anchor: String = title
            .to_lowercase()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        format!("[{title}](#{anchor})")
    }

    /// The construct whose table shows nothing but these keys.
    pub(super) fn owner(&self, keys: &[Key], of: &'static Construct) -> Option<&'static Construct> {
        let mut others = self.0.iter().map(|place| place.construct);
        others.find(|construct| {
            let is_alone = construct.keys.is_empty() || construct.shared.is_empty();
            // Keys are compared by what is written of them: tables of other modules may stand in memory twice.
            let said = |key: &Key| (key.name, key.meaning);
            !std::ptr::eq(*construct, of) && is_alone && construct.all().map(said).eq(keys.iter().map(said))
        })
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
pub(super) fn constructs(shape: Shape) -> Vec<&'static Construct> {
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
