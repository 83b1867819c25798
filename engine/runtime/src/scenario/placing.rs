//! Putting an instance into states, as files give it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use statewright_core::chart::Chart;
use statewright_core::diagnostic::{Span, nearest};
use statewright_core::step::PlacedMark;
use statewright_core::value::{Object, Value};

use super::plan::{Placed, Setting};
use super::run::Outcome;
use super::world::{Trouble, World};
use super::written::{Names, Written};
use crate::body::Party;
use crate::engine::PlaceRequest;

impl Placed {
    /// Whether anything in it names other instances.
    pub fn is_computed(&self) -> bool {
        let marks = self.marks.iter().map(|mark| &mark.values);
        self.data.iter().chain(marks).any(Written::is_computed)
    }

    /// What is asked of the engine, but for the key of the input.
    ///
    /// # Errors
    /// The sentence of what cannot be used, and its place.
    pub fn request(&self, setting: &Setting, party: &Party, names: &Names<'_>) -> Result<PlaceRequest, (Span, String)> {
        let Some(chart) = setting.chart_of(&party.workflow) else {
            return Err((self.span, format!("no file under `uses` holds `{}`", party.workflow)));
        };
        let states: Result<Vec<Arc<str>>, String> = self.states.iter().map(|name| state_path(chart, name)).collect();
        let mut marks = Vec::with_capacity(self.marks.len());
        for mark in &self.marks {
            marks.push(PlacedMark {
                name: mark.name.clone(),
                values: Value::from_fields(fields(Some(&mark.values), names)?),
                at: mark.at,
            });
        }
        Ok(PlaceRequest {
            workflow: party.workflow.clone(),
            key: party.key.clone(),
            states: states.map_err(|sentence| (self.span, sentence))?,
            data: fields(self.data.as_ref(), names)?,
            marks,
            input_key: statewright_core::identity::InputKey::of(&["scenario", "place"]),
        })
    }
}

impl World {
    /// Places an instance. Inside is the sentence with which that was refused.
    pub async fn place(&mut self, request: PlaceRequest) -> Result<Result<(), String>, Trouble> {
        let engine = self.engine();
        let request = PlaceRequest {
            input_key: self.next_input_key(),
            ..request
        };
        let answer = self.ask(async move { engine.place(request).await }).await?;
        match Outcome::of(answer) {
            Outcome::Refused { sentence, .. } => Ok(Err(sentence)),
            _ => Ok(Ok(())),
        }
    }
}

/// The fields that are written, as they are now.
///
/// # Errors
/// The sentence of what cannot be computed, and its place.
pub(crate) fn fields(written: Option<&Written>, names: &Names<'_>) -> Result<Object, (Span, String)> {
    let Some(written) = written else {
        return Ok(Object::new());
    };
    let value = written.value(names).map_err(|sentence| (written.span, sentence))?;
    match value.as_object() {
        Some(fields) => Ok(fields.clone()),
        None => Err((written.span, "these are not fields: write a mapping".into())),
    }
}

/// What a value needs in which nothing is computed.
pub(crate) fn no_names(setting: &Setting, now: Timestamp, copy: Option<u64>) -> Names<'_> {
    Names {
        variables: BTreeMap::new(),
        zone: &setting.zone,
        now,
        copy,
    }
}

/// The path of the one state whose path is this, or ends with it.
pub(crate) fn state_path(chart: &Chart, name: &str) -> Result<Arc<str>, String> {
    if let Some(state) = chart.state_at(name).filter(|_| !name.is_empty()) {
        return Ok(state.path.clone());
    }
    let ends = |path: &str| path.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    let found: Vec<&Arc<str>> = chart
        .states
        .iter()
        .map(|state| &state.path)
        .filter(|path| ends(path))
        .collect();
    match found.as_slice() {
        [path] => Ok((*path).clone()),
        [] => {
            let names = chart.states.iter().map(|state| &*state.path);
            let hint = nearest(name, names).map(|meant| format!("; did you mean `{meant}`?"));
            Err(format!(
                "`{}` has no state `{name}`{}",
                chart.workflow,
                hint.unwrap_or_default()
            ))
        }
        several => {
            let paths: Vec<String> = several.iter().map(|path| format!("`{path}`")).collect();
            Err(format!("`{name}` may be {}: write the path", paths.join(" or ")))
        }
    }
}
