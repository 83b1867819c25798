//! What expressions use of each read: only that is looked up, and kept as a fact.
//!
//! A view that goes through a `let` or a loop is followed under its new name. Names are not told apart by where they hold: of two that
//! are alike both uses count, so that rather too much is looked up than too little.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::expression::{Path, Reference, References, Step, Use};

/// Fields from the view down.
type Fields = Vec<Arc<str>>;

#[derive(Default)]
pub(super) struct ReadUses {
    reads: BTreeSet<Arc<str>>,
    /// Name to what is used below it.
    used: BTreeMap<Arc<str>, BTreeSet<Fields>>,
    /// Name to what its value may be, or hold, a view of.
    holds: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl ReadUses {
    pub fn declare(&mut self, read: &Arc<str>) {
        self.reads.insert(read.clone());
    }

    pub fn is_read(&self, name: &str) -> bool {
        self.reads.contains(name)
    }

    pub fn add(&mut self, name: &Arc<str>, fields: impl IntoIterator<Item = Fields>) {
        let fields = fields.into_iter().filter(|fields| !fields.is_empty());
        self.used.entry(name.clone()).or_default().extend(fields);
    }

    /// What an expression uses of everything that it names.
    pub fn note(&mut self, references: &References) {
        for (name, paths) in &references.variables {
            for (path, reference) in paths {
                match self.is_read(name) {
                    true => self.add(name, [fields_below(path)]),
                    false => self.add(name, fields_within(path)),
                }
                if passes_view(path, reference) {
                    // whoever gets it may ask for what identifies it
                    self.add(name, [vec!["workflow".into()], vec!["key".into()]]);
                }
            }
        }
    }

    /// A name now stands for the value of an expression.
    pub fn bind(&mut self, name: &Arc<str>, references: &References) {
        for (variable, paths) in &references.variables {
            if paths.iter().any(|(path, reference)| passes_view(path, reference)) {
                self.holds.entry(name.clone()).or_default().insert(variable.clone());
            }
        }
    }

    /// All that is used of a read, under whatever name.
    pub fn paths_of(&self, read: &Arc<str>) -> Vec<Fields> {
        let mut names = BTreeSet::from([read.clone()]);
        loop {
            let holders = self.holds.iter().filter(|(_, held)| !held.is_disjoint(&names));
            let found: Vec<Arc<str>> = holders
                .map(|(name, _)| name.clone())
                .filter(|name| !names.contains(name))
                .collect();
            if found.is_empty() {
                break;
            }
            names.extend(found);
        }
        let all: BTreeSet<&Fields> = names.iter().filter_map(|name| self.used.get(name)).flatten().collect();
        all.into_iter().cloned().collect()
    }
}

/// Whether views are handed on as wholes: the value itself, or each of a list.
fn passes_view(path: &Path, reference: &Reference) -> bool {
    reference.usage == Use::Value && path.0.iter().all(|step| *step == Step::Each)
}

/// The fields below a view, or below each of a list of them.
fn fields_below(path: &Path) -> Fields {
    let path = path.0.strip_prefix(&[Step::Each]).unwrap_or(&path.0);
    let names = path.iter().map_while(|step| match step {
        Step::Field(name) => Some(name.clone()),
        Step::Each => None,
    });
    names.collect()
}

/// The same from any place in the path at which the view may stand, in something that was made of it.
fn fields_within(path: &Path) -> Vec<Fields> {
    (0..path.0.len())
        .map(|begin| fields_below(&Path(path.0[begin..].to_vec())))
        .collect()
}
