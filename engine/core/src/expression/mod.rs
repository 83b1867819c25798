//! Expressions: Jinja's grammar, with types and without surprises. (Reference, section 10.)
//!
//! # Purpose
//! [`Expression::parse`] and [`Template::parse`] read the text once into a tree with the place of every term;
//! `references` says what an expression touches.
//!
//! # Invariants
//! - No expression text and no values panic; every evaluation ends within [`limits::FUEL_MAX`], and within what is left in its
//!   scope's [`Meter`].
//! - Spans are byte ranges of the text that was given to `parse`.

pub mod ast;
pub mod catalogue;
pub mod limits;

mod check;
mod difference;
mod evaluate;
mod explain;
mod filters;
mod functions;
mod interpolate;
mod operators;
mod parse;
mod presentation;
mod problem;
mod references;
mod said;
mod scope;
mod span;
mod template;
mod texts;
mod types;
mod wording;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use catalogue::{Filter, Function};
pub use check::{TypeScope, TypedCall};
pub use explain::{Explained, FalseClause, Seen};
pub use problem::{Problem, ProblemKind, Suggestion};
pub use references::{Path, Reference, References, Step, Use};
pub use said::Names;
pub use scope::{Call, Fault, FaultKind, Meter, Scope, Stop};
pub use span::Span;
pub use template::{Part, Template};
pub use types::Type;

use ast::Node;

/// One parsed expression. Cloning is cheap; two are equal if their text is.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Arc<str>,
    root: Arc<Node>,
}

impl Expression {
    /// Reads an expression; braces round the whole of it are allowed.
    ///
    /// # Errors
    /// Every problem found, at least one. Spans are within `source`.
    pub fn parse(source: &str) -> Result<Expression, Vec<Problem>> {
        let root = parse::parse(source)?;
        Ok(Expression {
            source: Arc::from(source),
            root: Arc::new(root),
        })
    }

    /// The text that was parsed.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The tree.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.root
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        self.source == other.source
    }
}

impl Eq for Expression {}
