//! Problems with the source lines they stand in, as compilers show them.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet};

use super::super::{Diagnostic, Diagnostics, Repair, Severity, Source, Sources, Span};

/// Columns a rendering may fill before long source lines are cut.
const WIDTH_COLUMNS: usize = 160;

/// Bytes of source that are shown, or passed over between two places, for one problem. A screen holds less; the renderer looks through
/// all of it, and there may be as many problems as lines.
const WINDOW_BYTES_MAX: usize = 16 * 1024;

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
        group = group.element(snippet(sources, source, diagnostic));
    }
    for note in &diagnostic.notes {
        match note.span {
            Some(span) if is_beside(sources, diagnostic, span) => {}
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

fn snippet<'a>(sources: &Sources, source: &'a Source, diagnostic: &'a Diagnostic) -> Element<'a> {
    let beside = || {
        let spans = diagnostic.notes.iter().filter_map(|note| Some((note, note.span?)));
        spans.filter(|(_, span)| is_beside(sources, diagnostic, *span))
    };
    let mut whole = range(source, diagnostic.span);
    for (_, span) in beside() {
        let other = range(source, span);
        whole = whole.start.min(other.start)..whole.end.max(other.end);
    }
    let Some(window) = Window::round(source, whole) else {
        let at = source.position(diagnostic.span.start);
        return Origin::path(source.name()).line(at.line).char_column(at.column).into();
    };
    let primary = AnnotationKind::Primary
        .span(window.range(source, diagnostic.span))
        .label(diagnostic.label.as_deref());
    let elsewhere = beside().map(|(note, span)| {
        AnnotationKind::Context
            .span(window.range(source, span))
            .label(note.text.as_str())
    });
    window.snippet(source).annotation(primary).annotations(elsewhere).into()
}

fn remedy<'a>(sources: &'a Sources, help: &'a str, repair: &'a Repair) -> Option<Group<'a>> {
    let source = sources.get(repair.span.file)?;
    let title = Level::HELP.secondary_title(help);
    let Some(window) = Window::round(source, range(source, repair.span)) else {
        return Some(Group::with_title(title));
    };
    let patch = Patch::new(window.range(source, repair.span), repair.text.as_str());
    Some(title.element(window.snippet(source).patch(patch)))
}

/// Whether a second place is shown with the first: in the same file, and not far from it.
fn is_beside(sources: &Sources, diagnostic: &Diagnostic, span: Span) -> bool {
    let first = diagnostic.span;
    let (start, end) = (span.start.min(first.start), span.end.max(first.end));
    let window = |source| Window::round(source, range(source, Span::new(span.file, start..end)));
    span.file == first.file && sources.get(span.file).is_some_and(|source| window(source).is_some())
}

/// Whole lines of a source.
struct Window {
    bytes: Range<usize>,
    /// The first of them, counted from 1.
    line: usize,
}

impl Window {
    /// The lines of a range; None where they are too long.
    fn round(source: &Source, range: Range<usize>) -> Option<Window> {
        let line = source.position_line(range.start);
        let start = source.line_start(line);
        let last = source.position_line(range.end);
        let end = match last < source.line_count() {
            true => source.line_start(last + 1),
            false => source.text().len(),
        };
        (end - start <= WINDOW_BYTES_MAX).then_some(Window { bytes: start..end, line })
    }

    fn snippet<'a, T: Clone>(&self, source: &'a Source) -> Snippet<'a, T> {
        Snippet::source(source.text().get(self.bytes.clone()).unwrap_or(""))
            .line_start(self.line)
            .path(source.name())
    }

    /// The bytes of a span within these lines.
    fn range(&self, source: &Source, span: Span) -> Range<usize> {
        let inside = range(source, span);
        let shift = |offset: usize| offset.clamp(self.bytes.start, self.bytes.end) - self.bytes.start;
        shift(inside.start)..shift(inside.end)
    }
}

/// The bytes of a span, cut to the source and to character boundaries.
fn range(source: &Source, span: Span) -> Range<usize> {
    let start = source.boundary(span.start);
    start..source.boundary(span.end).max(start)
}
