//! `diagram`: a workflow drawn.

use std::path::PathBuf;

use statewright_core::diagnostic::{Code, Sources};

use super::*;
use crate::definition::examine_file;
use crate::diagram::{Format, draw};
use crate::failure::{Exit, Failure};
use crate::json::{object, text};

#[derive(Debug, Args)]
pub struct Diagram {
    /// The workflow's file
    file: PathBuf,
    /// What it is drawn as; else what the ending of the file says that is written (`.svg`, `.dot`, `.mmd`), or Mermaid
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// A file to write it to, in place of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
}

impl Diagram {
    fn format(&self) -> Format {
        let ending = self.output.as_deref().and_then(|path| path.extension()?.to_str());
        self.format.unwrap_or(match ending {
            Some("svg") => Format::Svg,
            Some("dot" | "gv") => Format::Dot,
            _ => Format::Mermaid,
        })
    }

    pub fn run(self, terminal: Terminal) -> Outcome {
        let mut sources = Sources::default();
        let name = self.file.display().to_string();
        let compiled = examine_file(&mut sources, &self.file).map_err(|error| Failure::unreadable(&name, error))?;
        let Some(chart) = &compiled.chart else {
            let message = format!("{} is no workflow that can be drawn", self.file.display());
            let failure = Failure::misused(Code::NotFound, message);
            return Err(failure.hint("`statewright check` says what is wrong with it"));
        };
        let drawn = draw(chart, self.format()).map_err(|sentence| Failure::misused(Code::NotFound, sentence))?;
        match &self.output {
            Some(path) => std::fs::write(path, &drawn).map_err(|error| unwritten(path, &error))?,
            None => terminal.answer(&object([("diagram", text(&drawn))]), || drawn.clone()),
        }
        Ok(Exit::Done)
    }
}

fn unwritten(path: &std::path::Path, why: &std::io::Error) -> Failure {
    Failure::misused(Code::FileUnreadable, format!("`{}` cannot be written: {why}", path.display()))
}
