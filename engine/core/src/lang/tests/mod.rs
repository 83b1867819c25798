//! Whole files: what they become, and what is told of them.

mod actions;
mod all_at_once;
mod any_text;
mod calendars;
mod contracts;
mod expressions;
mod fields;
mod files;
mod for_people;
mod forms;
mod live_tables;
mod marks;
mod migrations;
mod pages;
mod personal;
mod reference;
mod roles;
mod schedules;
mod simulations;
mod sketch;
mod states;
mod table_files;
mod tables;
mod together;
mod transitions;
mod uses;
mod views;
mod workflows;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Compiled, Resolver, compile};
use crate::chart::Chart;
use crate::diagnostic::{Colour, Diagnostic, Source, Sources, concise, text};
use sketch::sketch;

/// Files in memory.
#[derive(Default)]
struct Files(BTreeMap<String, String>);

impl Resolver for Files {
    fn resolve(&self, path: &str) -> Option<Arc<str>> {
        self.0.get(path).map(|text| text.as_str().into())
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let within = self.0.keys().filter_map(|path| path.strip_prefix(folder));
        within.filter(|rest| !rest.contains('/')).map(str::to_owned).collect()
    }
}

/// Compiles one file, with others beside it.
fn compiled(source: &str, others: &[(&str, &str)]) -> (Sources, Compiled) {
    let files = Files(
        others
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect(),
    );
    let mut sources = Sources::new();
    let main = sources.add("w.yaml", source);
    let compiled = compile(&mut sources, main, &files);
    // Every diagnostic can be shown, whatever its places.
    let _ = text(&sources, &compiled.diagnostics, Colour::Plain);
    (sources, compiled)
}

/// What is told of a file, one line each: the code, the text that is marked, the sentence.
fn told(source: &str) -> String {
    told_beside(source, &[])
}

fn told_beside(source: &str, others: &[(&str, &str)]) -> String {
    let (sources, compiled) = compiled(source, others);
    let workflow = source.starts_with("workflow:");
    assert!(
        !workflow || compiled.chart.is_none() == compiled.diagnostics.has_errors(),
        "there is a chart exactly where no error was found"
    );
    let line = |diagnostic: &Diagnostic| {
        let file = sources.get(diagnostic.span.file).map_or("", Source::name);
        let file = if file == "w.yaml" { String::new() } else { format!("{file} ") };
        format!(
            "{file}{} ‹{}› {}",
            diagnostic.code,
            sources.slice(diagnostic.span),
            diagnostic.message
        )
    };
    compiled.diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The chart of a file in which nothing is wrong.
fn chart(source: &str) -> Chart {
    let (sources, compiled) = compiled(source, &[]);
    assert_eq!(concise(&sources, &compiled.diagnostics), "", "{source}");
    compiled.chart.expect("there is a chart where nothing is wrong")
}

/// States and transitions of a file in which nothing is wrong.
fn drawn(source: &str) -> String {
    sketch(&chart(source))
}
