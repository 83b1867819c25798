//! Where a command's words go: data to standard output, everything else to standard error.
//!
//! Colour is only ever an addition, and goes away by itself where nobody sees it: without a terminal, with `NO_COLOR`, with `TERM=dumb`.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use clap::builder::styling::{AnsiColor, Style};
use statewright_core::value::Value;
use statewright_core::value::interface::to_interface;

use crate::failure::{Exit, Failure};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const NOTE: Style = AnsiColor::Green.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// For a program: JSON on standard output, errors as JSON on standard error.
    pub json: bool,
}

impl Terminal {
    /// Data, exactly as given.
    pub fn data(self, text: impl AsRef<[u8]>) {
        let mut out = anstream::stdout().lock();
        let written = out.write_all(text.as_ref()).and_then(|()| out.flush());
        end_without_reader(written);
    }

    /// A line of data.
    pub fn line(self, text: impl Display) {
        self.data(format!("{text}\n"));
    }

    /// One JSON document, on one line.
    pub fn document(self, value: &Value) {
        self.line(to_interface(value));
    }

    /// A document for programs or words for people, whichever was asked for.
    pub fn answer(self, value: &Value, words: impl FnOnce() -> String) {
        if self.json { self.document(value) } else { self.data(words()) }
    }

    /// Something worth knowing that is not the answer.
    pub fn note(self, text: impl Display) {
        self.aside(NOTE, "note", text);
    }

    /// Something that went otherwise than meant, and what to do about it.
    pub fn warning(self, text: impl Display) {
        self.aside(WARNING, "warning", text);
    }

    /// What to do next.
    pub fn hint(self, text: impl Display) {
        self.aside(HINT, "hint", text);
    }

    /// Words on standard error, as they are.
    pub fn say(self, text: impl Display) {
        let mut err = anstream::stderr().lock();
        // Nobody is left to be told that nobody listens.
        let _ = writeln!(err, "{text}");
    }

    /// Why the command was not done.
    pub fn failure(self, failure: &Failure) {
        if self.json {
            // The engine's own no is an answer like any other, and goes where answers go.
            return match &failure.problem {
                Some(problem) => self.document(problem),
                None => self.say(to_interface(&failure.to_value())),
            };
        }
        // The engine's own no is an answer; the rest is something that went wrong.
        let word = if failure.code.starts_with("SW-22") {
            "refused"
        } else {
            "error"
        };
        self.say(format_args!("{ERROR}{word}[{}]{ERROR:#}: {}", failure.code, failure.sentence));
        for note in &failure.notes {
            // What has lines of its own has its own shape.
            let indent = if note.contains('\n') { "" } else { "  " };
            self.say(format_args!("{indent}{note}"));
        }
        if let Some(hint) = &failure.hint {
            self.say(format_args!("\n{HINT}hint{HINT:#}: {hint}"));
        }
    }

    /// A counter of long work; it shows itself on a terminal only.
    pub fn progress(self, what: &'static str) -> Progress {
        Progress {
            what,
            written: 0,
            shown: io::stderr().is_terminal() && !self.json,
        }
    }

    fn aside(self, style: Style, word: &str, text: impl Display) {
        self.say(format_args!("{style}{word}{style:#}: {text}"));
    }
}

/// How often the counter is written: often enough to be seen moving, rarely enough to cost nothing.
const PROGRESS_EVERY: u64 = 256;

/// A line that counts, and is gone when the work is.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    written: u64,
    shown: bool,
}

impl Progress {
    /// So many are done.
    pub fn at(&mut self, count: u64) {
        if self.shown && count >= self.written + PROGRESS_EVERY {
            self.written = count;
            let _ = write!(io::stderr(), "\r{count} {}", self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.written > 0 {
            let _ = write!(io::stderr(), "\r{:width$}\r", "", width = self.what.len() + 24);
        }
    }
}

/// A reader that has seen enough (`| head`) is no error; anything else about standard output cannot be told to anyone better.
fn end_without_reader(written: io::Result<()>) {
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(Exit::Done as i32),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: standard output: {error}");
            std::process::exit(Exit::No as i32);
        }
    }
}
