//! The workflows that ship, in the program itself, with everything that is deployed beside them.

use std::sync::Arc;

use statewright_core::diagnostic::{Sources, concise};
use statewright_core::lang::{Bundle, Resolver, compile};

use crate::definition::Kind;

/// Files by their path, as `workflows` has them.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/workflows.rs"));

/// The file of roles of both houses.
pub fn roles(shipped: &[(Kind, Bundle)]) -> Option<&Bundle> {
    shipped
        .iter()
        .find_map(|(kind, bundle)| (*kind == Kind::Roles).then_some(bundle))
}

/// What is deployed, in the order in which it is: calendars, roles and tables first, portals last.
///
/// # Errors
/// A file that ships has an error.
pub fn shipped() -> Result<Vec<(Kind, Bundle)>, String> {
    let mut found = Vec::new();
    for (path, text) in SHIPPED.iter().filter(|(path, _)| path.ends_with(".yaml")) {
        let mut sources = Sources::new();
        let main = sources.add(*path, *text);
        let compiled = compile(&mut sources, main, &Embedded);
        if compiled.diagnostics.has_errors() {
            return Err(concise(&sources, &compiled.diagnostics));
        }
        let kind = Kind::of(&compiled);
        found.extend(compiled.bundle.map(|bundle| (kind, bundle)));
    }
    found.sort_by_key(|(kind, _)| *kind);
    Ok(found)
}

struct Embedded;

impl Resolver for Embedded {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        let found = SHIPPED.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| Arc::from(*text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_ships_compiles_and_is_there() {
        let shipped = shipped().expect("no errors");
        let count = |kind: Kind| shipped.iter().filter(|(of, _)| *of == kind).count();
        for kind in Kind::ALL {
            assert!(count(kind) > 0, "there is no {kind:?}");
        }
        let tests = SHIPPED
            .iter()
            .filter(|(path, _)| path.ends_with(".test.yaml") || path.contains("stand-ins"));
        assert_eq!(tests.count(), 0);
    }
}
