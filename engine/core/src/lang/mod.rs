//! YAML to a [`Chart`](crate::chart::Chart), and every problem on the way.
//!
//! # Purpose
//! [`compile`] reads a workflow's file and the files it names, checks what is written against the `grammar` of the whole language,
//! and lowers it to a chart. A bad file yields all its problems at once, each with its place.
//!
//! # Invariants
//! - No input panics, and none takes more than the limits allow.
//! - There is a chart exactly where no error was found.
//! - The chart is made of nothing but the [`Bundle`] whose digest it bears.

mod asked;
mod builtin;
mod bundle;
mod calendar;
mod compile;
mod computed;
mod conduct;
mod contract;
mod distribution;
mod editor;
mod fields;
mod free;
mod grammar;
mod loader;
mod lower;
mod marks;
mod path;
mod personal;
mod roles;
mod roles_named;
mod scope;
mod shape;
mod table;
#[cfg(test)]
mod tests;
mod together;
mod units_named;
mod uses;
mod view;

use std::sync::Arc;

pub use bundle::{Bundle, UnreadableBundle};
pub use calendar::CALENDAR_DATES_MAX;
pub use compile::{Compiled, compile, kind_of_file, read_simulation, read_test};
pub use computed::template as read_template;
pub use conduct::{Conduct, TEMPORARY, read as read_conduct, read_all as read_conducts};
pub use distribution::{WHOLE, distribution as read_distribution};
pub use editor::language_schema;
pub use fields::FIELDS_MAX;
pub use loader::PINNED_FILES_MAX;
pub use lower::{LETS_MAX, TRANSITIONS_MAX};
pub use path::join as beside;
pub use table::{DECISION_ROWS_MAX, TABLE_ROWS_MAX};
pub use together::check_together;
pub use uses::{LanguageKey, ShapeKind, Use, keys, uses};
pub use view::{Neighbour, Neighbours, check_among};

/// Finds the files that a definition names. The core reads no files itself.
pub trait Resolver {
    /// The text of the file at this path, in the terms of the main file's own name: `lab/schemas/rx.yaml` for what
    /// `lab/lens-order.yaml` calls `schemas/rx.yaml`. None when there is none, or none that may be read.
    fn resolve(&self, path: &str) -> Option<Arc<str>>;

    /// Whether these are the files of a definition as it was made, to be read byte for byte; else what is no part of a definition is left out
    /// of the one that is made of them.
    fn is_definition(&self) -> bool {
        false
    }

    /// Whether a view or a portal comes without the workflows that it shows: it is compared with those that are live where it is deployed.
    fn stands_alone(&self) -> bool {
        self.is_definition()
    }

    /// The names of the files in a folder (empty: where relative paths begin), for proposals where a name is misspelt.
    fn names(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }
}
