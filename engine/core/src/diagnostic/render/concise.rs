//! One line a problem, for editors and continuous integration.

use std::fmt::Write;

use super::super::{Diagnostics, Sources};

/// `file:line:column: error[SW-0203]: what is wrong`, in the order the problems are given.
pub fn concise(sources: &Sources, diagnostics: &Diagnostics) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let file = sources.get(diagnostic.span.file).map_or("?", |source| source.name());
        let position = sources.position(diagnostic.span);
        let severity = diagnostic.severity.as_str();
        // Writing into a String cannot fail.
        let _ = writeln!(
            out,
            "{file}:{}:{}: {severity}[{}]: {}",
            position.line, position.column, diagnostic.code, diagnostic.message
        );
    }
    out
}
