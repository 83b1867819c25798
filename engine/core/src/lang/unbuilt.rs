//! What the language has and this version does not do.

use crate::diagnostic::{Code, Diagnostic, Span};

/// What becomes of a file that uses what is not built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unbuilt {
    /// Each use is an error: the file cannot be deployed.
    #[default]
    Refuse,
    /// Each use is a warning, and the chart is made without it. For tests and editors, never for deployment.
    Allow,
}

/// `what` is not built: said once for each use.
pub(super) fn diagnostic(unbuilt: Unbuilt, span: Span, what: &str) -> Diagnostic {
    let message = format!("not yet: {what}");
    let diagnostic = match unbuilt {
        Unbuilt::Refuse => Diagnostic::error(Code::NotBuilt, span, message),
        Unbuilt::Allow => Diagnostic::warning(Code::NotBuilt, span, message),
    };
    diagnostic.help("it is part of the language and was read without a fault; this version cannot run it")
}
