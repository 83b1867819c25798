//! `simulate`: many instances against staff, arrivals and durations, on the real engine and a clock that jumps.

use std::path::PathBuf;

use statewright_core::diagnostic::{Code, Colour, Sources, json, text};
use statewright_core::value::{Value, json as json_text};
use statewright_engine::simulation;

use super::*;
use crate::definition::{Folder, read};
use crate::failure::{Exit, Failure};
use crate::json::object;
use crate::table::counted;

#[derive(Debug, Args)]
pub struct Simulate {
    /// A file that begins with `simulation: NAME`
    file: PathBuf,
    /// Draw from this seed, and not from the one of the file: the same one gives the same report
    #[arg(long)]
    seed: Option<u64>,
}

impl Simulate {
    pub fn run(self, terminal: Terminal) -> Outcome {
        let name = self.file.display().to_string();
        let text_of_file = read(&self.file).map_err(|error| Failure::unreadable(&name, error))?;
        let mut sources = Sources::new();
        let main = sources.add(name, text_of_file);
        let (found, diagnostics) = simulation::read(&mut sources, main, &Folder);
        let problems = json_text::read(&json(&sources, &diagnostics)).unwrap_or(Value::Null);
        if !terminal.json && !diagnostics.is_empty() {
            terminal.say(text(&sources, &diagnostics, Colour::Coloured).trim_end());
        }
        let Some(mut simulation) = found else {
            if terminal.json {
                terminal.document(&object([("problems", problems), ("report", Value::Null)]));
            }
            let errors = counted(diagnostics.errors() as u64, "error", "errors");
            terminal.say(format_args!("{errors}: nothing was simulated"));
            return Ok(Exit::No);
        };
        simulation.seed = self.seed.unwrap_or(simulation.seed);
        let ran = simulation::run(&simulation)
            .map_err(|error| error.to_string())
            .and_then(|ran| ran);
        let report = ran.map_err(|why| Failure::no(Code::SimulationFailed, format!("Nothing can be simulated: {why}")))?;
        match terminal.json {
            true => terminal.document(&object([("problems", problems), ("report", report.value())])),
            false => terminal.data(report.words()),
        }
        Ok(if report.stopped().is_none() { Exit::Done } else { Exit::No })
    }
}
