//! How a command ends, and what is said when it does not do what it was asked.

use std::fmt::Display;
use std::ops::{Deref, DerefMut};

use statewright_core::diagnostic::Code;
use statewright_core::value::Value;

use crate::json::{object, text, texts};

/// The three ways a command ends; nothing else is ever returned to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    /// The question was understood and the answer is no, or what was asked for could not be done.
    No = 1,
    /// The command was used wrongly: arguments, files and settings that cannot be meant.
    Misused = 2,
}

/// What a command answers.
pub type Outcome = Result<Exit, Failure>;

/// Why a command was not done, and what to do next. Boxed, since it goes through every result and is hardly ever there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Box<Words>);

/// What a failure says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub exit: Exit,
    /// `SW-NNNN`.
    pub code: String,
    /// What is wrong, as one sentence without a full stop.
    pub sentence: String,
    /// What else helps to understand it, a line each.
    pub notes: Vec<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// The problem document it came as, if it came from the engine.
    pub problem: Option<Value>,
}

impl Failure {
    /// The command was used wrongly.
    pub fn misused(code: Code, sentence: impl Into<String>) -> Self {
        Failure::of(Exit::Misused, code.as_str(), sentence)
    }

    /// It was understood and cannot be done.
    pub fn no(code: Code, sentence: impl Into<String>) -> Self {
        Failure::of(Exit::No, code.as_str(), sentence)
    }

    /// A file that cannot be read.
    pub fn unreadable(path: &str, why: impl Display) -> Self {
        Failure::misused(Code::FileUnreadable, format!("`{path}` cannot be read: {why}"))
    }

    /// A code that may be another program's: a newer server's.
    pub fn of(exit: Exit, code: &str, sentence: impl Into<String>) -> Self {
        Failure(Box::new(Words {
            exit,
            code: code.to_owned(),
            sentence: sentence.into(),
            notes: Vec::new(),
            hint: None,
            problem: None,
        }))
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// As a program reads it.
    pub fn to_value(&self) -> Value {
        object([
            ("code", text(&self.code)),
            ("error", text(&self.sentence)),
            ("hint", self.hint.as_deref().map_or(Value::Null, text)),
            ("notes", texts(&self.notes)),
        ])
    }
}

impl Deref for Failure {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Words {
        &mut self.0
    }
}
