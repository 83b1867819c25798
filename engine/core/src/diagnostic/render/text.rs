//! Problems with the source lines they stand in, as compilers show them.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Patch, Renderer, Snippet};

use super::super::{Diagnostic, Diagnostics, Repair, Severity, Source, Sources, Span};

/// Columns a rendering may fill before long source lines are cut.
const WIDTH_COLUMNS: usize = 160;

/// Whether the text carries terminal colours. The shell decides; the core never asks the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Plain,
    Coloured,
}

/// Every problem with its source line, a mark under what is at fault, notes, help and the mended line.
pub fn text(sources: &Sources, diagnostics: &Diagnostics, colour: Colour) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Coloured => Renderer::styled(),
    };
    let renderer = renderer.term_width(WIDTH_COLUMNS);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&report(sources, diagnostic)));
        out.push_str("\n\n");
    }
    out
}

fn report<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    if let Some(source) = sources.get(diagnostic.span.file) {
        group = group.element(snippet(source, diagnostic));
    }
    for note in &diagnostic.notes {
        match note.span {
            Some(span) if span.file == diagnostic.span.file => {}
            Some(span) => {
                let at = sources.position(span);
                let file = sources.get(span.file).map_or("?", |source| source.name());
                group = group.element(Level::NOTE.message(format!("{} ({file}:{}:{})", note.text, at.line, at.column)));
            }
            None => group = group.element(Level::NOTE.message(note.text.as_str())),
        }
    }
    let mut groups = vec![];
    match (&diagnostic.help, &diagnostic.repair) {
        (help, Some(repair)) => {
            groups.push(group);
            groups.extend(remedy(sources, help.as_deref().unwrap_or("write"), repair));
        }
        (Some(help), None) => groups.push(group.element(Level::HELP.message(help.as_str()))),
        (None, None) => groups.push(group),
    }
    groups
}

fn snippet<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Element<'a> {
    let primary = AnnotationKind::Primary
        .span(range(source, diagnostic.span))
        .label(diagnostic.label.as_deref());
    let elsewhere = diagnostic.notes.iter().filter_map(|note| {
        let span = note.span.filter(|span| span.file == diagnostic.span.file)?;
        Some(AnnotationKind::Context.span(range(source, span)).label(note.text.as_str()))
    });
    Snippet::source(source.text())
        .path(source.name())
        .annotation(primary)
        .annotations(elsewhere)
        .into()
}

fn remedy<'a>(sources: &'a Sources, help: &'a str, repair: &'a Repair) -> Option<Group<'a>> {
    let source = sources.get(repair.span.file)?;
    let patch = Patch::new(range(source, repair.span), repair.text.as_str());
    let title = Level::HELP.secondary_title(help);
    Some(title.element(Snippet::source(source.text()).path(source.name()).patch(patch)))
}

/// The bytes of a span, cut to the source and to character boundaries.
fn range(source: &Source, span: Span) -> std::ops::Range<usize> {
    let start = source.boundary(span.start);
    start..source.boundary(span.end).max(start)
}
