//! Diagnostics: what is wrong, where, and what would be right.
//!
//! # Purpose
//! Everything that reads what a person wrote answers with a value *and* its [`Diagnostics`]; this module is the record
//! of one problem, the places it names, the table of stable [codes](Code), and the ways to show it.
//!
//! # Invariants
//! - A [`Span`] is a byte range of one of the [`Sources`]; lines and columns are computed only for display.
//! - A code never changes its meaning and is never used again for another.
//! - Rendering never panics, whatever the spans: they are clamped to the source and to character boundaries.

mod code;
mod collection;
mod nearest;
mod page;
mod render;
mod source;
mod span;

pub use code::Code;
pub use collection::{DIAGNOSTICS_MAX, Diagnostics};
pub use nearest::nearest;
pub use page::{Page, PageError};
pub use render::{Colour, concise, json, text};
pub use source::{Position, Source, Sources};
pub use span::{FileId, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Cannot be used as it stands.
    Error,
    /// Can be used, and probably is not what was meant.
    Warning,
}

impl Severity {
    /// `error` or `warning`, as it is written in every rendering.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A sentence that belongs to a problem, with the second place it speaks of, if any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    pub text: String,
    /// Another place that explains the problem, such as the first of two equal keys.
    pub span: Option<Span>,
}

/// An edit that would mend the problem: the text of `span` replaced by `text`. An empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repair {
    pub span: Span,
    pub text: String,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// Where it is wrong: the narrowest text that is at fault.
    pub span: Span,
    /// A few words to stand under the marked text.
    pub label: Option<String>,
    /// What else helps to understand it.
    pub notes: Vec<Note>,
    /// What would be right.
    pub help: Option<String>,
    /// The edit that makes it so, when it is certain enough to be offered.
    pub repair: Option<Repair>,
}

impl Diagnostic {
    /// A problem that makes the source unusable.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, span, message.into())
    }

    /// A problem that leaves the source usable.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, span, message.into())
    }

    fn new(code: Code, severity: Severity, span: Span, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            span,
            label: None,
            notes: Vec::new(),
            help: None,
            repair: None,
        }
    }

    /// Words to stand under the marked text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// One more sentence.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(Note {
            text: text.into(),
            span: None,
        });
        self
    }

    /// One more sentence, about another place.
    #[must_use]
    pub fn note_at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.notes.push(Note {
            text: text.into(),
            span: Some(span),
        });
        self
    }

    /// What would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The edit that would mend it.
    #[must_use]
    pub fn repair(mut self, span: Span, text: impl Into<String>) -> Self {
        self.repair = Some(Repair { span, text: text.into() });
        self
    }
}
