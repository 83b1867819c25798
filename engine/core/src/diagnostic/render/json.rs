//! Problems as JSON, for programs.

use std::fmt::Write;

use super::super::{Diagnostic, Diagnostics, Severity, Sources, Span};

/// One object: `{"diagnostics": […], "errors": n, "warnings": n, "dropped": n}`.
///
/// Each problem has `code`, `severity`, `message`, `span`, `label`, `notes` (`text`, `span`), `help`, `repair` (`span`,
/// `text`); what is not there is null. A span has `file`, `start` and `end` in bytes, and `line`, `column`, `endLine`, `endColumn` from 1, columns in characters.
pub fn json(sources: &Sources, diagnostics: &Diagnostics) -> String {
    let mut out = String::from("{\"diagnostics\":[");
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_diagnostic(&mut out, sources, diagnostic);
    }
    let _ = write!(
        out,
        "],\"errors\":{},\"warnings\":{},\"dropped\":{}}}",
        diagnostics.errors(),
        diagnostics.warnings(),
        diagnostics.dropped()
    );
    out
}

fn write_diagnostic(out: &mut String, sources: &Sources, diagnostic: &Diagnostic) {
    let Diagnostic {
        code,
        severity,
        message,
        span,
        label,
        notes,
        help,
        repair,
    } = diagnostic;
    let severity: &Severity = severity;
    let _ = write!(
        out,
        "{{\"code\":\"{code}\",\"severity\":\"{}\",\"message\":",
        severity.as_str()
    );
    write_text(out, message);
    out.push_str(",\"span\":");
    write_span(out, sources, *span);
    out.push_str(",\"label\":");
    write_optional_text(out, label.as_deref());
    out.push_str(",\"notes\":[");
    for (index, note) in notes.iter().enumerate() {
        out.push_str(if index > 0 { ",{\"text\":" } else { "{\"text\":" });
        write_text(out, &note.text);
        out.push_str(",\"span\":");
        match note.span {
            Some(span) => write_span(out, sources, span),
            None => out.push_str("null"),
        }
        out.push('}');
    }
    out.push_str("],\"help\":");
    write_optional_text(out, help.as_deref());
    out.push_str(",\"repair\":");
    match repair {
        Some(repair) => {
            out.push_str("{\"span\":");
            write_span(out, sources, repair.span);
            out.push_str(",\"text\":");
            write_text(out, &repair.text);
            out.push('}');
        }
        None => out.push_str("null"),
    }
    out.push('}');
}

fn write_span(out: &mut String, sources: &Sources, span: Span) {
    let file = sources.get(span.file).map_or("?", |source| source.name());
    let start = sources.position(span);
    let end = sources.position(Span::at(span.file, span.end));
    out.push_str("{\"file\":");
    write_text(out, file);
    let _ = write!(
        out,
        ",\"start\":{},\"end\":{},\"line\":{},\"column\":{},\"endLine\":{},\"endColumn\":{}}}",
        span.start, span.end, start.line, start.column, end.line, end.column
    );
}

fn write_optional_text(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => write_text(out, text),
        None => out.push_str("null"),
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' || control == '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
